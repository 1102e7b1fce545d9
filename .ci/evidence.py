"""Tie the files under docs/evidence to the source that they were made from.

evidence.py write FILE LINES PATH...   keep JSON lines in FILE with the hash of these paths' files
evidence.py stale                      name the evidence whose source has changed since
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
EVIDENCE = ROOT / "docs" / "evidence"


def source_hash(paths: list[str]) -> str:
    """Return the SHA-256 over names and contents of the tracked files under these paths."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--", *paths], cwd=ROOT, check=True, capture_output=True
    )
    digest = hashlib.sha256()
    for name in sorted(filter(None, listed.stdout.split(b"\0"))):
        path = ROOT / name.decode()
        if path.is_file():
            digest.update(name + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def write(file: Path, lines: Path, paths: list[str]) -> None:
    evidence = {
        "made_on": datetime.now(UTC).date().isoformat(),
        "sources": paths,
        "source_sha256": source_hash(paths),
        "results": [json.loads(line) for line in lines.read_text().splitlines()],
    }
    file.write_text(json.dumps(evidence, indent=1) + "\n")


def print_stale() -> None:
    files = sorted(EVIDENCE.glob("*.json"))
    stale = [file for file in files if is_stale(json.loads(file.read_text()))]
    print(f"evidence: {len(files)} files, {len(stale)} stale")
    for file in stale:
        print(f"stale evidence: {file.relative_to(ROOT)} (made from another source; run .ci/deep)")


def is_stale(evidence: dict[str, object]) -> bool:
    sources = evidence.get("sources")
    if not isinstance(sources, list):
        return True
    return evidence.get("source_sha256") != source_hash(sources)


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["write", file, lines, *paths]:
            write(Path(file), Path(lines), paths)
        case ["stale"]:
            print_stale()
        case _:
            raise SystemExit(__doc__)
