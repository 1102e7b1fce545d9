"""EncryptedAssertion and EncryptedID: from ciphertext to an element in a document of its own.

Anybody has our public key, so a plaintext is a stranger's: it passes the one parser, with the
limits of a message. It is never moved into another tree, where it would lose its namespaces.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from html import escape
from typing import Final

from lxml import etree

from relyra_django.saml import constants as c
from relyra_django.saml import decryption, encryption, envelope, xml
from relyra_django.saml.errors import ErrorCode, RelyraError
from relyra_django.saml.judgement import Circumstances

_ASSERTIONS: Final = (c.SAML + "Assertion", c.SAML + "EncryptedAssertion")
_UNDECLARED_PREFIX: Final = etree.ErrorTypes.NS_ERR_UNDEFINED_NAMESPACE


@dataclass(frozen=True, kw_only=True, slots=True)
class Plaintext:
    """What an element held; `authenticated`: nobody changed it after it was encrypted."""

    octets: bytes = field(repr=False)
    holder: etree._Element
    authenticated: bool


def decrypt(holder: etree._Element, judgement: Circumstances) -> Plaintext:
    """Decrypt what is in an EncryptedAssertion or EncryptedID.

    Raises decryption_failed, key_not_configured.
    """
    judgement.keyring.admit(holder)
    data = encryption.read(holder, judgement.policy, judgement.now)
    octets = decryption.decrypt(data, judgement.keyring)
    judgement.encryption_algorithms += data.algorithms
    return Plaintext(octets=octets, holder=holder, authenticated=data.content.authenticated)


def read_assertion(plaintext: Plaintext, *, taken: Collection[str]) -> etree._Element:
    """Return the one Assertion that the plaintext is; `taken` are the IDs of the document round it.

    Raises what xml.parse() raises, ambiguous_assertion, missing_protocol_field, duplicate_xml_id.
    """
    assertion = _parse(plaintext)
    further = next(assertion.iterdescendants(*_ASSERTIONS), None)
    if assertion.tag != c.SAML + "Assertion" or further is not None:
        raise RelyraError(
            ErrorCode.AMBIGUOUS_ASSERTION, "What was encrypted is not one assertion.", expected=1
        )
    envelope.check_version_and_id(assertion)
    if not set(taken).isdisjoint(xml.ids(assertion)):
        raise RelyraError(ErrorCode.DUPLICATE_XML_ID, "An ID is used inside and outside.")
    return assertion


def decrypt_name_id(holder: etree._Element, judgement: Circumstances) -> etree._Element:
    """Return the NameID in an EncryptedID that a verified signature covers (Core 2.2.4).

    Raises as `decrypt`, what xml.parse() raises, and missing_protocol_field for anything else.
    """
    name_id = _parse(decrypt(holder, judgement))
    if name_id.tag != c.SAML + "NameID":
        raise envelope.missing("An EncryptedID holds no NameID.", "NameID")
    return name_id


def _parse(plaintext: Plaintext) -> etree._Element:
    """Return the element that the plaintext is.

    Only one that uses prefixes from outside is parsed inside an element that declares them.
    """
    try:
        return xml.parse(plaintext.octets)
    except RelyraError as refusal:
        if getattr(refusal.__cause__, "code", None) != _UNDECLARED_PREFIX:
            raise
    return _parse_inside(plaintext)


def _parse_inside(plaintext: Plaintext) -> etree._Element:
    start, end = _tags(plaintext.holder)
    root = xml.parse(start + plaintext.octets + end)
    if len(root) != 1 or any((text or "").strip() for text in (root.text, root[0].tail)):
        raise RelyraError(ErrorCode.MALFORMED_XML, "What was encrypted is not one element.")
    return root[0]


def _tags(holder: etree._Element) -> tuple[bytes, bytes]:
    """Write the tags of an element that declares what is in scope where the plaintext was.

    By hand: a parser and lxml's own builder need not agree on which namespaces are URIs.
    """
    name = etree.QName(holder).localname
    name = f"{holder.prefix}:{name}" if holder.prefix else name
    declarations = "".join(
        f' xmlns{":" + prefix if prefix else ""}="{escape(uri)}"'
        for prefix, uri in holder.nsmap.items()
    )
    return f"<{name}{declarations}>".encode(), f"</{name}>".encode()
