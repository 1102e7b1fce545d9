"""Digests and signature values that do not fit, and content that was changed."""

from __future__ import annotations

import base64
from collections.abc import Callable

from lxml import etree

from relyra_django.saml.errors import ErrorCode
from tests.saml.corpus.mint.draft import (
    ALICE,
    ASSERTION,
    BOTH,
    EVERY_SHAPE,
    RESPONSE,
    ZEROS,
    Edit,
    Mutation,
    after,
)
from tests.saml.corpus.mint.edits import (
    DS,
    Part,
    admin,
    assertion,
    child,
    digest_method,
    digest_value,
    growing,
    name_id,
    saml,
    setting,
    signature,
    signature_value,
    text_in_child,
    without,
)

SHAPE, TRANSFORM = ErrorCode.AMBIGUOUS_SIGNED_NODE, ErrorCode.CANONICALIZATION_FAILED
DIGEST, INVALID = ErrorCode.DIGEST_MISMATCH, ErrorCode.INVALID_SIGNATURE
XML, MISSING = ErrorCode.MALFORMED_XML, ErrorCode.MISSING_SIGNATURE


def _break_inner(message: etree._Element) -> None:
    """Both values are checked: the outer signature stays as it was, and fails first."""
    inner = child(child(assertion(message), "Signature", DS), "SignatureValue", DS)
    inner.text = flipped((inner.text or "").strip())


def _value(find: Part, change: Callable[[str], str]) -> Edit:
    def edit(message: etree._Element) -> None:
        element = find(message)
        element.text = change((element.text or "").strip())

    return edit


def flipped(text: str) -> str:
    octets = bytearray(base64.b64decode(text))
    octets[0] ^= 1
    return base64.b64encode(octets).decode()


def _cut(text: str) -> str:
    return base64.b64encode(base64.b64decode(text)[:-1]).decode()


def _longer(text: str) -> str:
    return base64.b64encode(base64.b64decode(text) + b"\0").decode()


def _lower(text: str) -> str:
    return text.swapcase()


_SPOILT: dict[str, tuple[str, Callable[[str], str]]] = {
    "flipped": ("has one bit changed", flipped),
    "cut": ("lacks its last octet", _cut),
    "longer": ("has an octet more", _longer),
    "empty": ("is empty", lambda _: ""),
    "other-case": ("is in the other case", _lower),
    "junk": ("holds a character of no alphabet", lambda text: text[:8] + "*" + text[8:]),
    "url-safe": ("is in the alphabet for URLs", lambda text: "-_" + text[2:]),
    "no-padding": ("lacks its padding", lambda text: text.replace("\n", "").rstrip("=")),
    "form-feed": ("holds a no-break space", lambda text: text[:8] + "\u00a0" + text[8:]),
    "padded-more": ("has too much padding", lambda text: text + "===="),
}

DIGESTS: tuple[Mutation, ...] = (
    *(
        after(
            f"digest-{slug}",
            f"The DigestValue {says}; SignedInfo is signed so.",
            DIGEST,
            _value(digest_value, change),
            sealed=True,
        )
        for slug, (says, change) in _SPOILT.items()
    ),
    *(
        after(
            f"value-{slug}", f"The SignatureValue {says}.", INVALID, _value(signature_value, change)
        )
        for slug, (says, change) in _SPOILT.items()
    ),
    after(
        "digest-of-another",
        "The digest is that of the Response.",
        DIGEST,
        _value(digest_value, lambda _: ZEROS),
        sealed=True,
        shapes=EVERY_SHAPE,
    ),
    after(
        "digest-changed-only",
        "The DigestValue is changed, SignedInfo is not signed anew.",
        INVALID,
        _value(digest_value, lambda _: ZEROS),
        shapes=EVERY_SHAPE,
    ),
    after(
        "child-in-digest",
        "An element in DigestValue.",
        SHAPE,
        growing(digest_value, "{urn:x}x"),
        sealed=True,
    ),
    after(
        "digest-in-child",
        "DigestValue inside an element of its own.",
        SHAPE,
        text_in_child(digest_value),
        sealed=True,
    ),
    after(
        "method-with-child",
        "An element in DigestMethod.",
        SHAPE,
        growing(digest_method, "{urn:x}x"),
        sealed=True,
    ),
    after(
        "name-id-changed",
        "The NameID is changed after signing.",
        DIGEST,
        admin,
        shapes=EVERY_SHAPE,
    ),
    after(
        "attribute-added",
        "An attribute is added after signing.",
        DIGEST,
        growing(
            lambda m: child(assertion(m), "AttributeStatement"), saml("Attribute"), Name="admin"
        ),
        shapes=EVERY_SHAPE,
    ),
    after(
        "conditions-removed",
        "The Conditions are taken out after signing.",
        DIGEST,
        without(lambda m: child(assertion(m), "Conditions")),
    ),
    after(
        "status-changed",
        "The status of a signed Response is changed.",
        DIGEST,
        growing(
            lambda m: child(m, "Status", "urn:oasis:names:tc:SAML:2.0:protocol"),
            "{urn:oasis:names:tc:SAML:2.0:protocol}StatusMessage",
            "x",
        ),
        shapes=(RESPONSE, BOTH),
    ),
    after(
        "destination-changed",
        "The Destination of a signed Response is changed.",
        DIGEST,
        setting(lambda m: m, "Destination", "https://sp.example.com/saml/beta/acs/"),
        shapes=(RESPONSE, BOTH),
    ),
    after(
        "blank-added",
        "A blank line is added inside the signed element.",
        DIGEST,
        lambda message: setattr(child(assertion(message), "Subject"), "tail", "\n"),
    ),
    after(
        "prefix-changed",
        "The signed element gets another prefix.",
        DIGEST,
        lambda message: setattr(name_id(message), "tag", "{urn:x}NameID"),
    ),
    after(
        "values-in-lines",
        "Harmless: the values are broken into lines with CRLF.",
        ALICE,
        _value(signature_value, lambda text: "\r\n".join(["", text[:60], text[60:], ""])),
    ),
    after(
        "digest-with-blanks",
        "Harmless: blanks round and in the DigestValue.",
        ALICE,
        _value(digest_value, lambda text: f"\n  {text[:9]} \t{text[9:]} \r\n"),
        sealed=True,
    ),
    after(
        "outer-broken",
        "Both are signed, the Response's SignatureValue is broken.",
        INVALID,
        _value(signature_value, flipped),
        shapes=(BOTH,),
    ),
    after(
        "inner-broken",
        "Both are signed, the assertion's SignatureValue is broken.",
        DIGEST,
        lambda message: _break_inner(message),
        shapes=(BOTH,),
        sealed=False,
    ),
    after(
        "inner-stripped",
        "Both are signed, the assertion's Signature is taken out.",
        DIGEST,
        lambda message: without(lambda m: child(assertion(m), "Signature", DS))(message),
        shapes=(BOTH,),
    ),
    after(
        "outer-stripped",
        "Harmless: both are signed, the Response's Signature is taken out.",
        ALICE,
        without(signature),
        shapes=(BOTH,),
    ),
    after(
        "stripped",
        "The Signature is taken out.",
        MISSING,
        without(signature),
        shapes=(ASSERTION, RESPONSE),
    ),
)
