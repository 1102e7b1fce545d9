"""RelayState: an opaque handle to what is stored, never a place to go (Bindings 3.4.3)."""

from __future__ import annotations

import re
import secrets

_OURS = re.compile(r"rs_[A-Za-z0-9_-]{24}", re.ASCII)


def issue() -> str:
    """Return a fresh handle: 144 random bits, 27 characters (the standard allows 80 bytes)."""
    return "rs_" + secrets.token_urlsafe(18)


def is_ours(value: str | None) -> bool:
    """Tell whether the value has the form of a handle that `issue` makes."""
    return value is not None and _OURS.fullmatch(value) is not None
