"""Fail unless the wheel holds what git holds of the package, and nothing else."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = "relyra_django/"
MUST_HAVE = {PACKAGE + "py.typed", PACKAGE + "migrations/__init__.py"}


def main(wheel: str) -> bool:
    listed = subprocess.run(
        ["git", "ls-files", "--", PACKAGE], cwd=ROOT, check=True, capture_output=True, text=True
    )
    tracked = set(listed.stdout.splitlines())
    packed = {name for name in ZipFile(wheel).namelist() if ".dist-info/" not in name}
    problems = [f"not in the wheel: {name}" for name in sorted((tracked | MUST_HAVE) - packed)]
    problems += [f"only in the wheel: {name}" for name in sorted(packed - tracked)]
    print("\n".join(problems) or f"the wheel holds the {len(packed)} files of the package")
    return not problems


if __name__ == "__main__":
    sys.exit(not main(sys.argv[1]))
