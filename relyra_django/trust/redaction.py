"""What of a change may be kept for good: bounded, and free of secrets and of persons."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from enum import Enum
from typing import Any
from uuid import UUID

from django.utils.functional import Promise

REDACTED = "[REDACTED]"
TRUNCATED = "[TRUNCATED]"
MAX_BYTES = 512
MAX_ENTRIES = 32
MAX_DEPTH = 6

SENSITIVE_NAMES = frozenset(
    {
        "anchor_value",
        "assertion_xml",
        "attributes",
        "certificate_pem",
        "certificate_pems",
        "email",
        "metadata_xml",
        "name_id",
        "nameid",
        "password",
        "pem",
        "private_key",
        "private_key_pem",
        "relay_state",
        "response_xml",
        "saml_response",
        "samlresponse",
        "sensitive",
        "session_index",
        "signed_xml",
        "subject",
        "token",
        "username",
        "xml",
    }
)
_PEM = re.compile(r"-----BEGIN [A-Z0-9 ]*(CERTIFICATE|KEY)")
_ADDRESS = re.compile(r"[^\s/@]+@[^\s/@]+\.[^\s/@]+")


def payload(value: Any, *, depth: int = 0) -> Any:
    """Return JSON that may be kept: what is not known to be harmless is redacted.

    Maps and lists hold at most 32 entries and say when something is left out.
    """
    if depth > MAX_DEPTH:
        return TRUNCATED
    if isinstance(value, Mapping):
        return _map(value, depth)
    if isinstance(value, list | tuple | set | frozenset):
        return _list(value, depth)
    return _scalar(value)


def text(value: str) -> str:
    """Return a trimmed line for the actor or the cause."""
    cleaned = _storable(value).strip()
    return REDACTED if len(cleaned.encode()) > MAX_BYTES or _PEM.search(cleaned) else cleaned


def _map(value: Mapping[Any, Any], depth: int) -> dict[str, Any]:
    kept = list(value.items())
    if truncated := len(kept) > MAX_ENTRIES:
        kept = kept[: MAX_ENTRIES - 1]
    result = {_name(key): _entry(key, item, depth) for key, item in kept}
    return {**result, "truncated": True} if truncated else result


def _name(key: Any) -> str:
    return str(_scalar(str(key)))


def _entry(key: Any, item: Any, depth: int) -> Any:
    if str(key).lower() in SENSITIVE_NAMES:
        return REDACTED
    return payload(item, depth=depth + 1)


def _list(value: list[Any] | tuple[Any, ...] | set[Any] | frozenset[Any], depth: int) -> list[Any]:
    items = sorted(value, key=str) if isinstance(value, set | frozenset) else list(value)
    if len(items) > MAX_ENTRIES:
        items = [*items[: MAX_ENTRIES - 1], TRUNCATED]
    return [payload(item, depth=depth + 1) for item in items]


def _scalar(value: Any) -> Any:
    if isinstance(value, Enum):
        value = value.value
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, str | UUID | Promise):
        return _string(str(value))
    return REDACTED


def _string(value: str) -> str:
    value = _storable(value)
    too_long = len(value.encode()) > MAX_BYTES
    return REDACTED if too_long or _PEM.search(value) or _ADDRESS.search(value) else value


def _storable(value: str) -> str:
    """Return text that every database takes: no NUL, no lone surrogate."""
    return value.replace("\x00", "").encode("utf-8", "replace").decode()
