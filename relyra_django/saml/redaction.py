"""What may be logged or stored of a refusal or a change: bounded, no secrets, no persons.

Two rules keep it so. `quoted` is for whoever raises: of what a message says in a place, only what
cannot name a person is repeated. `redact` is for whoever logs: whatever was raised, XML, keys,
certificates and addresses do not get through.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from enum import Enum
from typing import Any, Final
from uuid import UUID

REDACTED: Final = "[REDACTED]"
TRUNCATED: Final = "[TRUNCATED]"
MAX_BYTES: Final = 512
MAX_ENTRIES: Final = 32
MAX_DEPTH: Final = 6
MAX_QUOTED: Final = 200

# The details of a refusal that are facts of the protocol or of the configuration.
SHOWN_NAMES: Final = frozenset(
    {
        *("expected", "actual", "reason", "stage", "field", "setting", "database", "missing"),
        *("second_level", "part", "kind", "method", "operation", "fingerprint"),
    }
)
SENSITIVE_NAMES: Final = frozenset(
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
_ADDRESS = re.compile(r"[^\s/@]+(?:@|%40)[^\s/@]+\.[^\s/@]+")
# Inside of an organisation an address needs no dot.
_AT = re.compile("@|%40")
_XML = re.compile(r"<[/!?A-Za-z_]|&lt;")
# Longer than a fingerprint in hex, shorter than any key or message.
_BASE64 = re.compile(r"[A-Za-z0-9+/]{80,}")
_WHITE_SPACE = re.compile(r"\s+")

# What protocols are made of: URIs, names of elements, times and durations, versions, encodings, and
# IDs of ours.
_WORD = re.compile(
    r"""
      (?:https?|urn|api|spn|tag):[!-~]+
    | \{(?:https?|urn):[!-|~]+\}[A-Za-z_][\w.-]{0,63}
    | \d{4}-\d\d-\d\dT[\d:.+Z-]{5,24}
    | -?P(?=T?\d)(?:\d{1,9}[YMD]){0,3}(?:T(?:\d{1,9}(?:\.\d{1,9})?[HMS]){1,3})?
    | \d\.\d | html
    | (?:utf|ucs|iso|windows)-?\d[\w.-]{0,15}
    | id_[0-9a-f]{40}
    """,
    re.ASCII | re.IGNORECASE | re.VERBOSE,
)


def quoted(said: str | None) -> str | None:
    """Return what a message says, if it is a word of the protocol and not somebody's name."""
    if said is None or said == "":
        return said
    fits = len(said) <= MAX_QUOTED and _WORD.fullmatch(said) and not _AT.search(said)
    return _string(said) if fits else REDACTED


def redact(details: Mapping[str, Any]) -> dict[str, Any]:
    """Return what may be logged of a refusal's details: known names, harmless values."""
    return {
        name: harmless(value)
        for name, value in list(details.items())[:MAX_ENTRIES]
        if name in SHOWN_NAMES
    }


def harmless(value: Any, *, texts: tuple[type, ...] = (str, UUID), depth: int = 0) -> Any:
    """Return JSON that may be kept: what is not known to be harmless is redacted.

    Maps and lists hold at most 32 entries and say when something is left out. `texts` are the
    types that are written as text.
    """
    if depth > MAX_DEPTH:
        return TRUNCATED
    if isinstance(value, Mapping):
        return _map(value, texts, depth)
    if isinstance(value, list | tuple | set | frozenset):
        return _list(value, texts, depth)
    return _scalar(value, texts)


def storable(value: str) -> str:
    """Return text that every database takes: no NUL, no lone surrogate."""
    return value.replace("\x00", "").encode("utf-8", "replace").decode()


def holds_key(value: str) -> bool:
    """Tell whether there is a certificate or key in PEM in the text."""
    return _PEM.search(value) is not None


def _map(value: Mapping[Any, Any], texts: tuple[type, ...], depth: int) -> dict[str, Any]:
    kept = list(value.items())
    if truncated := len(kept) > MAX_ENTRIES:
        kept = kept[: MAX_ENTRIES - 1]
    result = {_string(str(key)): _entry(key, item, texts, depth) for key, item in kept}
    return {**result, "truncated": True} if truncated else result


def _entry(key: Any, item: Any, texts: tuple[type, ...], depth: int) -> Any:
    if str(key).lower() in SENSITIVE_NAMES:
        return REDACTED
    return harmless(item, texts=texts, depth=depth + 1)


def _list(
    value: list[Any] | tuple[Any, ...] | set[Any] | frozenset[Any],
    texts: tuple[type, ...],
    depth: int,
) -> list[Any]:
    items = sorted(value, key=str) if isinstance(value, set | frozenset) else list(value)
    if len(items) > MAX_ENTRIES:
        items = [*items[: MAX_ENTRIES - 1], TRUNCATED]
    return [harmless(item, texts=texts, depth=depth + 1) for item in items]


def _scalar(value: Any, texts: tuple[type, ...]) -> Any:
    if isinstance(value, Enum):
        value = value.value
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, texts):
        return _string(str(value))
    return REDACTED


def _string(value: str) -> str:
    value = storable(value)
    too_long = len(value.encode()) > MAX_BYTES
    return REDACTED if too_long or _is_secret(value) else value


def _is_secret(value: str) -> bool:
    if _PEM.search(value) or _ADDRESS.search(value) or _XML.search(value):
        return True
    # A key is written in lines: what stands between them does not make it shorter.
    runs = _BASE64.findall(_WHITE_SPACE.sub("", value))
    return any(all(re.search(kind, run) for kind in ("[A-Z]", "[a-z]", "[0-9]")) for run in runs)
