"""The tools of the attacks round XML Encryption."""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from lxml import etree

from relyra_django.saml.connection import Hatch, Policy
from relyra_django.saml.errors import ErrorCode
from relyra_django.testing.encryption import Encryption
from relyra_django.testing.hostile.attack import (
    Edit,
    Hostile,
    Make,
    child,
    said,
)
from relyra_django.testing.namespaces import SAML, XENC

Change = Callable[[bytes], bytes]

KEY = f"{{{XENC}}}EncryptedKey"
ENCRYPTED_ASSERTION = f"{{{SAML}}}EncryptedAssertion"

STRANGER = "other-sp"
HATCH_OPEN = Policy(
    legacy_aes_cbc=Hatch(reason="test", expires_at=datetime(2099, 1, 1, tzinfo=UTC))
)
HATCH_OVER = Policy(
    legacy_aes_cbc=Hatch(reason="test", expires_at=datetime(2001, 1, 1, tzinfo=UTC))
)


def encrypted(sign: str | None = None, **knobs: Any) -> Make:
    """Make the provider encrypt like this; an `edit` comes before the Response is signed."""
    signed = {} if sign is None else {"sign": sign}
    return said(encrypt=Encryption(**knobs), **signed)


def saying(change: bytes | Change, sign: str | None = None) -> Make:
    return encrypted(sign, plaintext=change)


def fragment(change: Change) -> Make:
    return encrypted(fragment=True, plaintext=change)


def data_of(holder: etree._Element) -> etree._Element:
    return child(holder, "EncryptedData", XENC)


def cipher_value(parent: etree._Element) -> etree._Element:
    return child(child(parent, "CipherData", XENC), "CipherValue", XENC)


def key_of(holder: etree._Element) -> etree._Element:
    return next(holder.iter(KEY))


def octets(change: Change, of: Callable[[etree._Element], etree._Element] = data_of) -> Edit:
    def edit(holder: etree._Element) -> None:
        value = cipher_value(of(holder))
        value.text = base64.b64encode(change(base64.b64decode(value.text or ""))).decode()

    return edit


def flip(at: int) -> Change:
    return lambda octets: octets[:at] + bytes([octets[at] ^ 1]) + octets[at:][1:]


def hostile_plaintext(
    name: str, change: bytes | Change, code: ErrorCode = ErrorCode.MALFORMED_XML
) -> Hostile:
    return Hostile(name=f"encrypted-{name}", code=code, make=saying(change))
