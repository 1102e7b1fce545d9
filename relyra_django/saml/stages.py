"""Running the stages of a judge in order, and telling how each went."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from relyra_django.saml.errors import ErrorCode, RelyraError

T = TypeVar("T")


class Outcome(StrEnum):
    PASSED = "passed"
    FAILED = "failed"
    NOT_REACHED = "not_reached"


@dataclass(frozen=True, kw_only=True, slots=True)
class StageResult:
    """How one stage went. `expected` and `actual` are for operators, never for the visitor."""

    stage: str
    outcome: Outcome
    code: ErrorCode | None = None
    expected: object = None
    actual: object = None


Observer = Callable[[StageResult], None]


def run(
    stages: Sequence[tuple[str, Callable[[T], None]]],
    judgement: T,
    observe: Observer | None = None,
) -> None:
    """Run the stages in order over what they share.

    Raises the first refusal, and internal_protocol_error for an exception nobody foresaw.
    """
    for position, (name, stage) in enumerate(stages):
        try:
            stage(judgement)
        except RelyraError as refusal:
            report(refusal, [name for name, _ in stages[position:]], observe)
            raise
        except Exception as error:
            surprise = unforeseen(error, name)
            report(surprise, [name for name, _ in stages[position:]], observe)
            raise surprise from error
        tell(observe, name)


def tell(observe: Observer | None, stage: str) -> None:
    """Tell that a stage passed."""
    if observe is not None:
        observe(StageResult(stage=stage, outcome=Outcome.PASSED))


def report(refusal: RelyraError, rest: Sequence[str], observe: Observer | None) -> None:
    """Tell that the first of these stages failed and that the others were not reached."""
    if observe is None:
        return
    observe(
        StageResult(
            stage=rest[0],
            outcome=Outcome.FAILED,
            code=refusal.code,
            expected=refusal.details.get("expected"),
            actual=refusal.details.get("actual"),
        )
    )
    for name in rest[1:]:
        observe(StageResult(stage=name, outcome=Outcome.NOT_REACHED))


def unforeseen(error: Exception, stage: str) -> RelyraError:
    """Return the refusal that stands for an exception nobody foresaw."""
    return RelyraError(
        ErrorCode.INTERNAL_PROTOCOL_ERROR,
        "A stage failed in a way nobody foresaw.",
        stage=stage,
        reason=type(error).__name__,
    )
