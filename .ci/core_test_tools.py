"""Print the requirements of the `test` extra that bring in nothing of another extra."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

PYPROJECT = Path(__file__).resolve().parent.parent / "pyproject.toml"
# django-environ stays: tests/settings.py reads DATABASE_URL with it.
TEST_ONLY = {"test", "docs", "dev", "demo"}


def name(requirement: str) -> str:
    return re.split(r"[^A-Za-z0-9_.-]", requirement, maxsplit=1)[0].lower()


def main() -> None:
    extras = tomllib.loads(PYPROJECT.read_text())["project"]["optional-dependencies"]
    optional = {name(r) for extra, rs in extras.items() if extra not in TEST_ONLY for r in rs}
    print("\n".join(r for r in extras["test"] if name(r) not in optional))


if __name__ == "__main__":
    main()
