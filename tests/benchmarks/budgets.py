"""What fast means here: each figure as a ratio to another of the same run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

STATEMENTS: Final = {"acs": 10}
FASTER_THAN: Final = {"allauth": 3.0, "djangosaml2": 20.0}


@dataclass(frozen=True, kw_only=True, slots=True)
class Budget:
    """`figure` takes at most `at_most` times as long as `over`."""

    figure: str
    over: str
    at_most: float

    def line(self, medians: Mapping[str, float]) -> dict[str, Any]:
        ratio = medians[self.figure] / medians[self.over]
        return {
            "ratio": f"{self.figure} / {self.over}",
            "value": round(ratio, 2),
            "budget": self.at_most,
            "met": ratio <= self.at_most,
        }


def budgets(database: str) -> tuple[Budget, ...]:
    return (
        Budget(figure="validation.assertion", over="floor.check.assertion", at_most=2.4),
        Budget(figure="validation.both", over="floor.check.both", at_most=1.8),
        Budget(figure="validation.encrypted", over="floor.check.encrypted", at_most=1.8),
        Budget(figure="validation.assertion", over="python3-saml.assertion", at_most=1.0),
        Budget(figure="acs.encrypted", over="acs", at_most=1.3),
        Budget(figure="acs", over="empty", at_most=2.3 if database == "sqlite" else 1.5),
        Budget(figure="start", over="empty", at_most=0.6),
    )


def statement_line(name: str, sent: Sequence[str]) -> dict[str, Any]:
    """Count SQL statements other than BEGIN, COMMIT and savepoints."""
    line: dict[str, Any] = {"statements": name, "value": len(sent)}
    if name in STATEMENTS:
        line |= {"budget": STATEMENTS[name], "met": len(sent) <= STATEMENTS[name]}
    return line | {"sql": [" ".join(sql.split()[:3]) for sql in sent]}


def peer_line(peer: str, theirs_ms: float, ours_ms: float) -> dict[str, Any]:
    """Say how many times longer a login takes with another package."""
    ratio = theirs_ms / ours_ms
    return {
        "ratio": f"{peer} / acs",
        "value": round(ratio, 1),
        "at_least": FASTER_THAN[peer],
        "met": ratio >= FASTER_THAN[peer],
    }
