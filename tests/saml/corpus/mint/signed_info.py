"""Games with what stands in a Signature, and with SignedInfo."""

from __future__ import annotations

from copy import deepcopy

from lxml import etree

from relyra_django.saml.errors import ErrorCode
from tests.saml.corpus.mint.draft import (
    ALICE,
    ASSERTION,
    EVERY_SHAPE,
    POLLUTION,
    RESPONSE,
    ZEROS,
    Mutation,
    after,
)
from tests.saml.corpus.mint.edits import (
    DS,
    admin,
    canonicalization,
    child,
    ds,
    extensions,
    growing,
    moved_first,
    moved_last,
    reference,
    setting,
    signature,
    signature_method,
    signature_value,
    signed_info,
    text_in_child,
    together,
    twice,
    without,
)

SHAPE, TRANSFORM = ErrorCode.AMBIGUOUS_SIGNED_NODE, ErrorCode.CANONICALIZATION_FAILED
DIGEST, INVALID = ErrorCode.DIGEST_MISMATCH, ErrorCode.INVALID_SIGNATURE
XML, MISSING = ErrorCode.MALFORMED_XML, ErrorCode.MISSING_SIGNATURE


def _forged_info_first(message: etree._Element) -> None:
    """A SignedInfo over forged content stands before the one that was signed."""
    forged = deepcopy(signed_info(message))
    child(child(forged, "Reference", DS), "DigestValue", DS).text = ZEROS
    signature(message).insert(0, forged)
    admin(message)


def _forged_info_last(message: etree._Element) -> None:
    forged = deepcopy(signed_info(message))
    child(child(forged, "Reference", DS), "DigestValue", DS).text = ZEROS
    signature(message).append(forged)
    admin(message)


def _info_in_object(message: etree._Element) -> None:
    etree.SubElement(signature(message), ds("Object")).append(signed_info(message))


def _info_in_key_info(message: etree._Element) -> None:
    etree.SubElement(signature(message), ds("KeyInfo")).append(deepcopy(signed_info(message)))


def _info_in_extensions(message: etree._Element) -> None:
    extensions(message).append(deepcopy(signed_info(message)))


SIGNED_INFO: tuple[Mutation, ...] = (
    after(
        "two", "Two SignedInfo.", SHAPE, twice(signed_info), shapes=EVERY_SHAPE, source=POLLUTION
    ),
    after(
        "forged-first",
        "A forged SignedInfo before the signed one.",
        SHAPE,
        _forged_info_first,
        shapes=EVERY_SHAPE,
        source=POLLUTION,
    ),
    after(
        "forged-last",
        "A forged SignedInfo behind the signed one.",
        SHAPE,
        _forged_info_last,
        source=POLLUTION,
    ),
    after("none", "No SignedInfo.", SHAPE, without(signed_info)),
    after("in-object", "SignedInfo inside an Object.", SHAPE, _info_in_object),
    after(
        "copy-in-key-info",
        "Harmless: KeyInfo holds a copy of SignedInfo.",
        ALICE,
        _info_in_key_info,
    ),
    after(
        "copy-in-extensions",
        "Harmless: Extensions hold a copy of SignedInfo.",
        ALICE,
        _info_in_extensions,
    ),
    after("last", "SignedInfo behind SignatureValue.", SHAPE, moved_last(signed_info)),
    after(
        "reference-first",
        "The Reference comes first in SignedInfo.",
        SHAPE,
        moved_first(reference),
        sealed=True,
    ),
    after(
        "method-first",
        "SignatureMethod comes before CanonicalizationMethod.",
        SHAPE,
        moved_first(signature_method),
        sealed=True,
    ),
    after(
        "no-canonicalization",
        "No CanonicalizationMethod.",
        SHAPE,
        without(canonicalization),
        sealed=True,
    ),
    after("no-method", "No SignatureMethod.", SHAPE, without(signature_method), sealed=True),
    after(
        "two-canonicalizations",
        "Two CanonicalizationMethods.",
        SHAPE,
        twice(canonicalization),
        sealed=True,
    ),
    after("two-methods", "Two SignatureMethods.", SHAPE, twice(signature_method), sealed=True),
    after(
        "foreign-child",
        "A foreign element in SignedInfo.",
        SHAPE,
        growing(signed_info, "{urn:x}x"),
        sealed=True,
    ),
    after(
        "method-with-parameter",
        "A parameter in SignatureMethod.",
        SHAPE,
        growing(signature_method, ds("HMACOutputLength"), "0"),
        sealed=True,
    ),
    after(
        "look-alike",
        "SignedInfo of a foreign namespace before the real one.",
        SHAPE,
        lambda message: signature(message).insert(0, etree.Element("{urn:x}SignedInfo")),
    ),
    after(
        "method-without-algorithm",
        "SignatureMethod without Algorithm.",
        ErrorCode.DEPRECATED_ALGORITHM,
        setting(signature_method, "Algorithm", None),
        sealed=True,
    ),
    after(
        "canonicalization-without-algorithm",
        "CanonicalizationMethod without Algorithm.",
        TRANSFORM,
        setting(canonicalization, "Algorithm", None),
        sealed=True,
    ),
    after("two-values", "Two SignatureValues.", SHAPE, twice(signature_value)),
    after("no-value", "No SignatureValue.", SHAPE, without(signature_value)),
    after(
        "child-in-value",
        "An element in SignatureValue.",
        SHAPE,
        growing(signature_value, "{urn:x}x"),
    ),
    after(
        "value-in-child",
        "SignatureValue inside an element of its own.",
        SHAPE,
        text_in_child(signature_value),
    ),
    after(
        "emptied",
        "A Signature that holds nothing.",
        SHAPE,
        lambda message: signature(message).clear(),
    ),
    after("object", "An Object in the Signature.", SHAPE, growing(signature, ds("Object"))),
    after(
        "manifest",
        "A Manifest in an Object of the Signature.",
        SHAPE,
        lambda message: etree.SubElement(
            etree.SubElement(signature(message), ds("Object")), ds("Manifest")
        ).set("Id", "m"),
    ),
    after(
        "foreign-in-signature",
        "A foreign element in the Signature.",
        SHAPE,
        growing(signature, "{urn:x}x"),
    ),
    after(
        "two-key-infos",
        "Two KeyInfos.",
        SHAPE,
        together(growing(signature, ds("KeyInfo")), growing(signature, ds("KeyInfo"))),
    ),
    after(
        "key-info-first",
        "KeyInfo before SignedInfo.",
        SHAPE,
        lambda message: signature(message).insert(0, etree.Element(ds("KeyInfo"))),
    ),
    after(
        "two-signatures",
        "Two copies of the Signature on one element.",
        SHAPE,
        twice(signature),
        shapes=(ASSERTION, RESPONSE),
    ),
    after(
        "signature-in-signature",
        "A Signature inside the Signature.",
        SHAPE,
        lambda message: signature(message).append(deepcopy(signature(message))),
    ),
)
