"""xs:dateTime as SAML wants it: UTC, written `Z` or `+00:00`, fractions allowed (Core 1.3.3)."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import datetime

from relyra_django.saml.errors import ErrorCode, RelyraError
from relyra_django.saml.redaction import quoted

_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|\+00:00)", re.ASCII)


def parse(text: str) -> datetime:
    """Return the instant, cut to microseconds. Raises invalid_timestamp."""
    # fromisoformat alone takes more spellings than the standard has, and quotes what it refuses.
    if _INSTANT.fullmatch(text):
        with suppress(ValueError):
            return datetime.fromisoformat(text)
    raise RelyraError(
        ErrorCode.INVALID_TIMESTAMP, "A time is not UTC as SAML writes it.", actual=quoted(text)
    )
