from __future__ import annotations

import contextlib
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relyra_django.saml import ErrorCode, RelyraError, timestamps
from relyra_django.saml.redaction import REDACTED


@pytest.mark.parametrize(
    ("written", "microsecond"),
    [
        ("2026-03-14T12:00:00Z", 0),
        ("2026-03-14T12:00:00+00:00", 0),
        ("2026-03-14T12:00:00.5Z", 500_000),
        ("2026-03-14T12:00:00.123Z", 123_000),
        ("2026-03-14T12:00:00.1234567Z", 123_456),
        ("2026-03-14T12:00:00.999999999+00:00", 999_999),
    ],
)
def test_spellings_of_honest_identity_providers(written, microsecond):
    expected = datetime(2026, 3, 14, 12, 0, 0, microsecond, tzinfo=UTC)
    assert timestamps.parse(written) == expected


@pytest.mark.parametrize(
    "written",
    [
        "",
        "2026-03-14",
        "2026-03-14T12:00Z",
        "2026-03-14T12:00:00",
        "2026-03-14 12:00:00Z",
        "2026-03-14T12:00:00z",
        "2026-03-14T12:00:00-00:00",
        "2026-03-14T12:00:00+01:00",
        "2026-03-14T12:00:00.Z",
        "2026-03-14T12:00:00.1234567890Z",
        "2026-02-30T12:00:00Z",
        "2026-03-14T24:00:00Z",
        "2026-03-14T12:00:60Z",
        "20260314T120000Z",
        "2026-W11-6T12:00:00Z",
        "2026-03-14T12:00:00Z\n",
        "\u0662026-03-14T12:00:00Z",
        "12026-03-14T12:00:00Z",
    ],
)
def test_everything_else_is_refused(written):
    with pytest.raises(RelyraError) as refusal:
        timestamps.parse(written)
    assert refusal.value.code is ErrorCode.INVALID_TIMESTAMP


@given(st.datetimes(min_value=datetime(1000, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_what_is_written_is_read(moment):
    assert timestamps.parse(moment.isoformat().replace("+00:00", "Z")) == moment
    assert timestamps.parse(moment.isoformat()) == moment


@given(st.text(max_size=40))
def test_raises_nothing_else(written):
    with contextlib.suppress(RelyraError):
        assert timestamps.parse(written).tzinfo is UTC


@pytest.mark.parametrize(
    ("written", "shown"),
    [("", ""), ("alice", REDACTED), ("2026-13-40T99:99:99Z", "2026-13-40T99:99:99Z")],
)
def test_operators_see_a_time_that_is_wrong_and_no_other_text(written, shown):
    with pytest.raises(RelyraError) as refusal:
        timestamps.parse(written)
    assert refusal.value.details == {"actual": shown}
