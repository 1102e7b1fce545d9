"""The public name of a connection: a ULID, or a slug chosen at creation."""

from __future__ import annotations

import re
import secrets
import time

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32
RESERVED = frozenset({"login", "discover", "complete", "health", "test"})
MAX_LENGTH = 63

_ULID = re.compile(r"[0-9A-HJKMNP-TV-Z]{26}")
_SLUG = re.compile(r"[a-z0-9-]{3,63}")


def generate() -> str:
    """Return a new ULID: 48 bits of milliseconds, then 80 random bits."""
    number = (time.time_ns() // 1_000_000) << 80 | secrets.randbits(80)
    return "".join(ALPHABET[number >> shift & 31] for shift in range(125, -1, -5))


def is_public_id(value: object) -> bool:
    """Tell whether `value` may name a connection; case never tells two of them apart."""
    if not isinstance(value, str) or value in RESERVED:
        return False
    if _ULID.fullmatch(value):
        return True
    return bool(_SLUG.fullmatch(value)) and not _ULID.fullmatch(value.upper())


def validate(value: str) -> None:
    """Raise ValidationError unless `value` may name a connection."""
    if not is_public_id(value):
        raise ValidationError(
            _(
                "Use 3 to 63 lower-case letters, digits and hyphens. Words that the site's "
                "own addresses use, and anything that looks like a generated id, are taken."
            ),
            code="invalid_public_id",
        )
