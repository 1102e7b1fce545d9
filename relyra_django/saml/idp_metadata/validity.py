"""How long metadata may be used: validUntil and cacheDuration of every level (Metadata 2.3.1)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from lxml import etree

from relyra_django.saml import timestamps
from relyra_django.saml.errors import ErrorCode, RelyraError
from relyra_django.saml.redaction import quoted

MAX_DURATION: Final = timedelta(days=36_525)  # a hundred years: more is a mistake

_DURATION = re.compile(
    r"P(?=.)(?:(\d{1,9})Y)?(?:(\d{1,9})M)?(?:(\d{1,9})D)?"
    r"(?:T(?=.)(?:(\d{1,9})H)?(?:(\d{1,9})M)?(?:(\d{1,9})(?:\.\d{1,9})?S)?)?",
    re.ASCII,
)
# A year and a month as long as they usually are; fractions of a second change no schedule.
_SECONDS: Final = (31_536_000, 2_592_000, 86_400, 3_600, 60, 1)


def check_valid_until(levels: Iterable[etree._Element], now: datetime) -> datetime | None:
    """Return the earliest validUntil there is. Raises metadata_expired, invalid_timestamp."""
    written = [level.get("validUntil") for level in levels]
    limits = [timestamps.parse(each) for each in written if each is not None]
    if not limits:
        return None
    earliest = min(limits)
    if now >= earliest:
        raise RelyraError(
            ErrorCode.METADATA_EXPIRED,
            "The metadata is no longer valid.",
            expected=now.isoformat(),
            actual=earliest.isoformat(),
        )
    return earliest


def cache_duration(levels: Iterable[etree._Element]) -> timedelta | None:
    """Return the shortest cacheDuration there is. Raises invalid_timestamp."""
    written = [level.get("cacheDuration") for level in levels]
    durations = [parse_duration(each) for each in written if each is not None]
    return min(durations) if durations else None


def parse_duration(text: str) -> timedelta:
    """Return an xs:duration of up to a hundred years, in whole seconds.

    Raises invalid_timestamp, for negative ones too.
    """
    match = _DURATION.fullmatch(text)
    if match is not None:
        amounts = (int(amount or 0) for amount in match.groups())
        seconds = sum(amount * unit for amount, unit in zip(amounts, _SECONDS, strict=True))
        if seconds <= MAX_DURATION.total_seconds():
            return timedelta(seconds=seconds)
    raise RelyraError(
        ErrorCode.INVALID_TIMESTAMP, "A duration is not one that is taken.", actual=quoted(text)
    )
