"""The loop that every judge runs: in order, to the first refusal, and nothing else gets out."""

from __future__ import annotations

import pytest

from relyra_django.saml import ErrorCode, RelyraError, StageResult, stages
from relyra_django.saml.stages import Outcome


def passes(seen: list[str]) -> None:
    seen.append("passed")


def refuses(seen: list[str]) -> None:
    raise RelyraError(ErrorCode.INVALID_AUDIENCE, "No.", expected="urn:a", actual="urn:b")


def breaks(seen: list[str]) -> None:
    raise KeyError("alice")


def test_all_pass():
    seen: list[str] = []
    heard: list[StageResult] = []
    stages.run((("one", passes), ("two", passes)), seen, heard.append)
    assert seen == ["passed", "passed"]
    assert [(result.stage, result.outcome) for result in heard] == [
        ("one", Outcome.PASSED),
        ("two", Outcome.PASSED),
    ]


def test_the_first_refusal_ends_it():
    seen: list[str] = []
    heard: list[StageResult] = []
    with pytest.raises(RelyraError) as refusal:
        stages.run((("one", passes), ("two", refuses), ("three", passes)), seen, heard.append)
    assert refusal.value.code is ErrorCode.INVALID_AUDIENCE
    assert seen == ["passed"]
    assert [result.outcome for result in heard] == [
        Outcome.PASSED,
        Outcome.FAILED,
        Outcome.NOT_REACHED,
    ]
    assert (heard[1].code, heard[1].expected, heard[1].actual) == (
        ErrorCode.INVALID_AUDIENCE,
        "urn:a",
        "urn:b",
    )


@pytest.mark.parametrize("observed", [True, False])
def test_what_nobody_foresaw_is_named_by_its_kind_alone(observed):
    heard: list[StageResult] = []
    with pytest.raises(RelyraError) as refusal:
        stages.run((("one", breaks),), [], heard.append if observed else None)
    assert refusal.value.code is ErrorCode.INTERNAL_PROTOCOL_ERROR
    assert dict(refusal.value.details) == {"stage": "one", "reason": "KeyError"}
    assert "alice" not in str(refusal.value)
    assert isinstance(refusal.value.__cause__, KeyError)
    assert [result.code for result in heard] == [ErrorCode.INTERNAL_PROTOCOL_ERROR] * observed


@pytest.mark.parametrize("stage", [refuses, breaks])
def test_every_stage_is_named(stage):
    heard: list[StageResult] = []
    with pytest.raises(RelyraError):
        stages.run(
            (("one", passes), ("two", stage), ("three", passes), ("four", refuses)),
            [],
            heard.append,
        )
    assert [(result.stage, result.outcome) for result in heard] == [
        ("one", Outcome.PASSED),
        ("two", Outcome.FAILED),
        ("three", Outcome.NOT_REACHED),
        ("four", Outcome.NOT_REACHED),
    ]
