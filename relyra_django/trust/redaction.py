"""What of a change may be kept for good: bounded, and free of secrets and of persons."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils.functional import Promise

from relyra_django.saml import redaction
from relyra_django.saml.redaction import MAX_BYTES, REDACTED


def payload(value: Any) -> Any:
    """Return JSON that may be kept: what is not known to be harmless is redacted.

    Maps and lists hold at most 32 entries and say when something is left out.
    """
    return redaction.harmless(value, texts=(str, UUID, Promise))


def text(value: str) -> str:
    """Return a trimmed line for the actor or the cause."""
    cleaned = redaction.storable(value).strip()
    too_long = len(cleaned.encode()) > MAX_BYTES
    return REDACTED if too_long or redaction.holds_key(cleaned) else cleaned
