"""xs:duration: what is taken, and that nothing else is."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relyra_django.saml import ErrorCode, RelyraError
from relyra_django.saml.idp_metadata.validity import MAX_DURATION, parse_duration
from relyra_django.saml.redaction import REDACTED


@pytest.mark.parametrize(
    ("text", "duration"),
    [
        ("PT0S", timedelta()),
        ("PT1S", timedelta(seconds=1)),
        ("PT1.9S", timedelta(seconds=1)),
        ("PT604800S", timedelta(days=7)),
        ("PT1H30M", timedelta(minutes=90)),
        ("P1D", timedelta(days=1)),
        ("P1M", timedelta(days=30)),
        ("P1Y", timedelta(days=365)),
        ("P1Y2M3DT4H5M6S", timedelta(days=428, hours=4, minutes=5, seconds=6)),
        ("P0Y0M0DT6H0M0.000S", timedelta(hours=6)),
        ("P100Y", timedelta(days=36_500)),
    ],
)
def test_durations(text: str, duration: timedelta) -> None:
    assert parse_duration(text) == duration


@pytest.mark.parametrize(
    ("text", "shown"), [("-P1D", "-P1D"), ("P200Y", "P200Y"), ("alice", REDACTED), ("P", REDACTED)]
)
def test_what_operators_see(text: str, shown: str) -> None:
    with pytest.raises(RelyraError) as refusal:
        parse_duration(text)
    assert refusal.value.details["actual"] == shown


@pytest.mark.parametrize(
    "text",
    [
        "", "P", "PT", "P1DT", "-P1D", "+P1D", "1D", "P1S", "PT1D", "P1H", "P1.5D", "P1M1Y",
        "P 1D", " P1D", "P1D\n", "p1d", "P1W", "P-1D", "PT1.S", "PT.5S", "P\u0661D",
        "P1000000000D", "P101Y", "PT999999999999S", "P36526D",
    ],
)  # fmt: skip
def test_what_is_none(text: str) -> None:
    with pytest.raises(RelyraError) as refusal:
        parse_duration(text)
    assert refusal.value.code is ErrorCode.INVALID_TIMESTAMP


@given(st.text(alphabet="PT-+.YMDHS0123456789 \n", max_size=24))
def test_never_anything_but_a_duration_or_a_refusal(text: str) -> None:
    try:
        duration = parse_duration(text)
    except RelyraError:
        return
    assert timedelta() <= duration <= MAX_DURATION


def test_the_longest() -> None:
    assert parse_duration(f"P{MAX_DURATION.days}D") == timedelta(days=MAX_DURATION.days)
    with pytest.raises(RelyraError):
        parse_duration(f"P{MAX_DURATION.days + 1}D")
