"""Print the first line of README.md's code blocks that holds the given word, as it stands."""

from __future__ import annotations

import re
import sys
from pathlib import Path

README = Path(__file__).resolve().parent.parent / "README.md"


def find_command(text: str, word: str) -> str:
    """Return the command, a trailing backslash's next lines included. Raises SystemExit."""
    for block in re.findall(r"^```\w*\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
        for line in block.replace("\\\n", " ").splitlines():
            if word in line:
                return str(line).removeprefix("$ ")
    raise SystemExit(f"README.md has no line with {word!r} in a code block")


if __name__ == "__main__":
    print(find_command(README.read_text(), sys.argv[1]))
