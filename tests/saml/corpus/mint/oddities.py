"""Signatures at the edge: odd spellings that both verifiers must read in the same way."""

from __future__ import annotations

import base64
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from lxml import etree

from relyra_django.saml.errors import ErrorCode
from relyra_django.testing.namespaces import EXC_C14N
from relyra_django.testing.signing import canonical
from tests.saml.corpus.mint.draft import ALICE, Edit, Mutation, after, mutation
from tests.saml.corpus.mint.edits import (
    Part,
    canonicalization,
    digest_value,
    ds,
    growing,
    reference,
    setting,
    signature,
    signature_method,
    signature_value,
    signed_info,
    together,
    transforms,
)
from tests.saml.corpus.mint.keys import key
from tests.saml.corpus.mint.signers import REPOSITORY, XMLSEC, Style
from tests.saml.corpus.mint.trust import EC

INVALID, SHAPE = ErrorCode.INVALID_SIGNATURE, ErrorCode.AMBIGUOUS_SIGNED_NODE
TRANSFORM = ErrorCode.CANONICALIZATION_FAILED
_INCLUSIVE = f"{{{EXC_C14N}}}InclusiveNamespaces"


def _listed(find: Part, text: str | None) -> Edit:
    labels = {} if text is None else {"PrefixList": text}
    return growing(find, _INCLUSIVE, **labels)


def _exclusive(message: etree._Element) -> etree._Element:
    return transforms(message)[1]


def _octets(change: Any) -> Edit:
    """Change the octets of SignatureValue."""

    def edit(message: etree._Element) -> None:
        value = signature_value(message)
        value.text = base64.b64encode(change(base64.b64decode(value.text or ""))).decode()

    return edit


def _der(octets: bytes) -> bytes:
    half = len(octets) // 2
    return encode_dss_signature(int.from_bytes(octets[:half]), int.from_bytes(octets[half:]))


def _wide(octets: bytes) -> bytes:
    half = len(octets) // 2
    return b"\0" + octets[:half] + b"\0" + octets[half:]


def _negated(octets: bytes) -> bytes:
    """The other s that fits: whoever has one signature can make the second."""
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    r, s = octets[:32], int.from_bytes(octets[32:])
    return r + (order - s).to_bytes(32)


def _salted(length: int) -> Edit:
    """Sign by RSA-PSS with a salt of another length than the method says."""

    def edit(message: etree._Element) -> None:
        name = "http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1"
        signature_method(message).set("Algorithm", name)
        scheme = padding.PSS(padding.MGF1(hashes.SHA256()), length)
        private_key: Any = key("idp").private_key
        value = private_key.sign(canonical(signed_info(message)), scheme, hashes.SHA256())
        signature_value(message).text = base64.b64encode(value).decode()

    return edit


def _between(find: Part, text: str) -> Edit:
    """Put text before the first child."""
    return lambda message: setattr(find(message), "text", text)


def _first_step(message: etree._Element) -> etree._Element:
    return transforms(message)[0]


ODDITIES: tuple[Mutation, ...] = (
    after(
        "empty-prefix-list",
        "Harmless: an empty PrefixList.",
        ALICE,
        _listed(_exclusive, ""),
        sealed=True,
    ),
    after(
        "blank-prefix-list",
        "Harmless: a PrefixList of blanks.",
        ALICE,
        _listed(_exclusive, "   "),
        sealed=True,
    ),
    after(
        "no-prefix-list",
        "InclusiveNamespaces without PrefixList.",
        TRANSFORM,
        _listed(_exclusive, None),
        sealed=True,
    ),
    after(
        "empty-prefix-list-of-signed-info",
        "Harmless: an empty PrefixList for SignedInfo.",
        ALICE,
        _listed(canonicalization, ""),
        sealed=True,
    ),
    mutation(
        "prefix-twice",
        "Harmless: a prefix twice in the PrefixList.",
        ALICE,
        style=Style(prefixes=("xs", "xs")),
    ),
    mutation(
        "default-prefix",
        "Harmless: the default namespace in the PrefixList.",
        ALICE,
        style=Style(prefixes=("#default", "xs")),
    ),
    mutation(
        "prefix-xml",
        "Harmless: the prefix xml in the PrefixList.",
        ALICE,
        style=Style(prefixes=("xml", "xs")),
    ),
    mutation(
        "sixteen-prefixes",
        "Harmless: sixteen prefixes.",
        ALICE,
        style=Style(prefixes=("xs", *(f"p{n}" for n in range(15)))),
    ),
    mutation(
        "prefix-from-outside",
        "Harmless: a prefix that is declared on the Response.",
        ALICE,
        style=Style(prefixes=("samlp", "saml2p", "p")),
    ),
    after(
        "ids-in-signature",
        "Harmless: Ids on every part of the Signature.",
        ALICE,
        together(
            *(
                setting(find, "Id", f"_{n}")
                for n, find in enumerate((signature, signed_info, signature_value, reference))
            )
        ),
        sealed=True,
    ),
    after(
        "text-in-signed-info",
        "Harmless: text between the parts of SignedInfo.",
        ALICE,
        _between(signed_info, "x"),
        sealed=True,
    ),
    after(
        "text-in-reference",
        "Harmless: text between the parts of the Reference.",
        ALICE,
        _between(reference, "x"),
        sealed=True,
    ),
    after(
        "text-in-transforms",
        "Harmless: text between the transforms.",
        ALICE,
        _between(transforms, "x"),
        sealed=True,
    ),
    after(
        "text-in-transform",
        "Harmless: text in a transform.",
        ALICE,
        _between(_first_step, "x"),
        sealed=True,
    ),
    after(
        "text-in-method",
        "Harmless: text in SignatureMethod.",
        ALICE,
        _between(signature_method, "x"),
        sealed=True,
    ),
    after(
        "foreign-attributes",
        "Harmless: foreign attributes in the Signature.",
        ALICE,
        together(
            setting(signed_info, "{urn:x}a", "1"),
            setting(reference, "{urn:x}a", "1"),
            setting(digest_value, "{urn:x}a", "1"),
        ),
        sealed=True,
    ),
    after(
        "blank-before-algorithm",
        "A blank before the name of a transform.",
        TRANSFORM,
        setting(_exclusive, "Algorithm", " " + EXC_C14N),
        sealed=True,
    ),
    after(
        "blank-behind-uri",
        "A newline behind the URI of the Reference.",
        SHAPE,
        setting(reference, "URI", "#_assertion\n"),
        sealed=True,
    ),
    after(
        "foreign-in-enveloped",
        "A foreign element in the enveloped-signature transform.",
        TRANSFORM,
        growing(_first_step, "{urn:x}x"),
        sealed=True,
    ),
    after(
        "key-info-in-signed-info",
        "A KeyInfo in SignedInfo.",
        SHAPE,
        growing(signed_info, ds("KeyInfo")),
        sealed=True,
    ),
    after(
        "zero-before-value",
        "A zero octet before the SignatureValue.",
        INVALID,
        _octets(lambda octets: b"\0" + octets),
    ),
    after("ecdsa-in-der", "An ECDSA signature in DER.", INVALID, _octets(_der), shapes=(EC,)),
    after(
        "ecdsa-too-wide",
        "r and s with a zero octet before each.",
        INVALID,
        _octets(_wide),
        shapes=(EC,),
    ),
    after(
        "ecdsa-other-s", "Harmless: the other s that fits.", ALICE, _octets(_negated), shapes=(EC,)
    ),
    after(
        "pss-without-salt",
        "RSA-PSS without salt.",
        INVALID,
        _salted(0),
        signers=(REPOSITORY, XMLSEC),
    ),
    after(
        "pss-longer-salt",
        "RSA-PSS with a salt of 64 octets.",
        INVALID,
        _salted(64),
        signers=(REPOSITORY, XMLSEC),
    ),
)
