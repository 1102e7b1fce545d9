"""Tie the files under docs/evidence to the source that they were made from.

evidence.py write FILE LINES PATH...   keep JSON lines in FILE with the hash of these paths' files
evidence.py merge FILE LINES PATH      keep JSON lines in FILE, each of one "source" under PATH and
                                       with its "source_sha256"; those of other sources stay
evidence.py stale                      name the evidence whose source has changed since
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

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


def merge(file: Path, lines: Path, path: str) -> None:
    known = json.loads(file.read_text())["results"] if file.exists() else []
    fresh = [json.loads(line) for line in lines.read_text().splitlines()]
    for result in fresh:
        result["made_on"] = datetime.now(UTC).date().isoformat()
    by_source = {result["source"]: result for result in [*known, *fresh]}
    results = [by_source[name] for name in sorted(by_source) if (ROOT / name).exists()]
    file.write_text(json.dumps({"sources_each": path, "results": results}, indent=1) + "\n")


def print_stale() -> None:
    files = sorted(EVIDENCE.glob("*.json"))
    stale = {file: stale_parts(json.loads(file.read_text())) for file in files}
    print(f"evidence: {len(files)} files, {sum(map(bool, stale.values()))} stale")
    for file, parts in stale.items():
        for part in parts:
            print(f"stale evidence: {file.relative_to(ROOT)}{part} (run .ci/deep)")


def stale_parts(evidence: dict[str, Any]) -> list[str]:
    """Say which parts of a file of evidence were made from another source; "" is the whole."""
    if "sources_each" not in evidence:
        sources = evidence.get("sources")
        same = isinstance(sources, list) and evidence.get("source_sha256") == source_hash(sources)
        return [] if same else [""]
    made = {result["source"]: result["source_sha256"] for result in evidence["results"]}
    return [
        f": {name}"
        for name in with_functions(evidence["sources_each"])
        if made.get(name) != hashlib.sha256((ROOT / name).read_bytes()).hexdigest()
    ]


def with_functions(path: str) -> list[str]:
    """Return the modules under this path that have a function in them."""
    modules = sorted((ROOT / path).rglob("*.py"))
    return [str(module.relative_to(ROOT)) for module in modules if "def " in module.read_text()]


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["write", file, lines, *paths]:
            write(Path(file), Path(lines), paths)
        case ["merge", file, lines, path]:
            merge(Path(file), Path(lines), path)
        case ["stale"]:
            print_stale()
        case _:
            raise SystemExit(__doc__)
