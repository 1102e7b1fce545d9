"""Write the data: what is missing, one class anew, or everything.

    python -m tests.saml.corpus.generate [--all] [CLASS ...]

Manifests are always written and files that no case has are removed. Signatures with a random part
come out different each time, so what is there stays unless it is asked for.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping

from tests.saml.corpus.cases import DATA, manifest_of
from tests.saml.corpus.mint.classes import DRAFTS
from tests.saml.corpus.mint.draft import Draft


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("classes", nargs="*", metavar="CLASS", choices=[*DRAFTS, []])
    parser.add_argument("--all", action="store_true", help="make every file anew")
    options = parser.parse_args()
    written = 0
    for class_, drafts in DRAFTS.items():
        anew = options.all or class_ in options.classes
        written += write(class_, drafts, anew=anew)
    for path in orphans(DRAFTS):
        path.unlink()
    print(f"{sum(map(len, DRAFTS.values()))} cases, {written} files written")


def write(class_: str, drafts: tuple[Draft, ...], *, anew: bool) -> int:
    """Write the files and the manifest of one class; return how many files were made."""
    (DATA / class_).mkdir(parents=True, exist_ok=True)
    missing = [draft for draft in drafts if anew or not draft.case.path.exists()]
    for draft in missing:
        try:
            draft.write()
        except Exception as error:
            error.add_note(f"while making {draft.case}")
            raise
    manifest_of(class_).write_text(manifest(drafts))
    return len(missing)


def manifest(drafts: tuple[Draft, ...]) -> str:
    return json.dumps([draft.case.write() for draft in drafts], indent=1, ensure_ascii=False) + "\n"


def orphans(drafts: Mapping[str, tuple[Draft, ...]]) -> list:
    """Return the files that no case has."""
    known = {draft.case.path for group in drafts.values() for draft in group}
    known |= {manifest_of(class_) for class_ in drafts}
    return [path for path in DATA.rglob("*") if path.is_file() and path not in known]


if __name__ == "__main__":
    main()
