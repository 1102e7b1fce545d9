"""Judge the whole corpus, print the counts, and exit with 1 on any surprise.

python -m tests.saml.corpus
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable

from tests.saml.corpus.cases import Case, load
from tests.saml.corpus.verdicts import verdict


def table(cases: Iterable[Case]) -> str:
    """Count the cases per class and signer."""
    cases = list(cases)
    signers = sorted({case.signer for case in cases})
    counts = Counter((case.class_, case.signer) for case in cases)
    totals = Counter(case.class_ for case in cases)
    lines = [f"{'class':20}" + "".join(f"{signer:>12}" for signer in signers) + f"{'all':>8}"]
    for class_ in sorted(totals):
        row = "".join(f"{counts[class_, signer]:12}" for signer in signers)
        lines.append(f"{class_:20}{row}{totals[class_]:8}")
    row = "".join(f"{sum(case.signer == signer for case in cases):12}" for signer in signers)
    return "\n".join([*lines, f"{'all':20}{row}{len(cases):8}"])


def surprises(cases: Iterable[Case]) -> list[str]:
    """Say of each case that was not judged as expected what happened instead."""
    found = []
    for case in cases:
        code, identity = verdict(case)
        if code != case.expected or (not case.hostile and identity != case.identity):
            found.append(f"{case}: expected {case.expected}, was {code} {identity or ''}")
    return found


def main() -> int:
    cases = load()
    wrong = surprises(cases)
    print(table(cases))
    hostile = sum(case.hostile for case in cases)
    print(
        f"corpus: {len(cases)} cases, {hostile} hostile, {len(cases) - hostile} honest,"
        f" {len(wrong)} surprises"
    )
    print("\n".join(wrong), end="\n" if wrong else "")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
