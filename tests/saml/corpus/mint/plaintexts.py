"""What a stranger may encrypt for us, and names that are encrypted alone."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from lxml import etree

from relyra_django.saml.errors import ErrorCode
from relyra_django.testing.encryption import fill
from relyra_django.testing.namespaces import SAML
from tests.saml.corpus.mint.draft import Mutation, mutation
from tests.saml.corpus.mint.edits import (
    ds,
    saml,
    take_out,
)
from tests.saml.corpus.mint.encrypted import (
    BOTH_ENCRYPTED,
    BY_HAND,
    DIGEST,
    FAILED,
    FIELD,
    INNER,
    MISSING,
    NAMED,
    TWO,
    XML,
    how,
)
from tests.saml.corpus.mint.encryptors import Change, for_us
from tests.saml.corpus.mint.keys import key
from tests.saml.corpus.mint.wrapping import disguise


def _admin(xml: bytes) -> bytes:
    return xml.replace(b">alice<", b">admin<")


def _unsigned(xml: bytes) -> bytes:
    element = etree.fromstring(xml)
    for one in list(element.iter(ds("Signature"))):
        take_out(one)
    return etree.tostring(element)


def _forged(xml: bytes) -> bytes:
    element = etree.fromstring(xml)
    disguise(element)
    return etree.tostring(element)


def _wrapped(xml: bytes) -> bytes:
    """XSW4: the genuine assertion inside a forged one."""
    genuine, forged = etree.fromstring(xml), etree.fromstring(xml)
    disguise(forged)
    forged.append(genuine)
    return etree.tostring(forged)


def _under_another_id(xml: bytes) -> bytes:
    return xml.replace(b'ID="_assertion"', b'ID="_other"', 1)


def _as_response(xml: bytes) -> bytes:
    return b'<p:Response xmlns:p="urn:oasis:names:tc:SAML:2.0:protocol">%s</p:Response>' % xml


def _plaintext(slug: str, says: str, text: object, judged: object = XML, **more: Any) -> Mutation:
    return how(slug, says, judged, plaintext=text, **more)


_OPENING = b'<a:EncryptedAssertion xmlns:a="%s"/>' % SAML.encode()
_PLAINTEXTS = (
    _plaintext("empty", "Nothing is encrypted.", b""),
    _plaintext("text", "Text is encrypted.", b"alice"),
    _plaintext("junk", "Random octets are encrypted.", bytes(range(128, 256))),
    _plaintext(
        "doctype",
        "A DOCTYPE before the encrypted assertion.",
        lambda xml: b"<!DOCTYPE r>" + xml,
        ErrorCode.DOCTYPE_FORBIDDEN,
    ),
    _plaintext(
        "external-entity",
        "An external entity in the encrypted assertion.",
        lambda xml: (
            b'<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/hostname">]>'
            + xml.replace(b">alice<", b">&x;<")
        ),
        ErrorCode.DOCTYPE_FORBIDDEN,
    ),
    _plaintext(
        "comment", "A comment before the encrypted assertion.", lambda xml: b"<!-- -->" + xml
    ),
    _plaintext(
        "comment-in-name",
        "A comment in the NameID of the encrypted assertion.",
        lambda xml: xml.replace(b">alice<", b">ali<!---->ce<"),
    ),
    _plaintext("instruction", "A processing instruction.", lambda xml: b"<?x y?>" + xml),
    _plaintext("two-roots", "The assertion twice.", lambda xml: xml + xml),
    _plaintext("utf-16", "The assertion in UTF-16.", lambda xml: xml.decode().encode("utf-16")),
    _plaintext("deep", "A bomb of levels.", b"<a>" * 60 + b"</a>" * 60),
    _plaintext("wide", "A bomb of elements.", b"<a>" + b"<b/>" * 10_001 + b"</a>"),
    _plaintext(
        "relative-namespace",
        "A relative namespace URI.",
        lambda xml: xml.replace(b":NameID ", b':NameID xmlns:r="relative" ', 1),
    ),
    _plaintext("something-else", "Some element that is no assertion.", b"<a/>", TWO),
    _plaintext("a-response", "A whole Response.", _as_response, TWO),
    _plaintext("encrypted-again", "An EncryptedAssertion.", _OPENING, TWO),
    _plaintext(
        "saml-1",
        "An assertion of SAML 1.1.",
        b'<Assertion xmlns="urn:oasis:names:tc:SAML:1.0:assertion"/>',
        TWO,
    ),
    _plaintext(
        "without-id",
        "An assertion without ID.",
        b'<Assertion xmlns="%s" Version="2.0"/>' % SAML.encode(),
        FIELD,
    ),
    _plaintext("unsigned", "An assertion that nobody signed.", _unsigned, MISSING),
    _plaintext("forged", "A forged assertion that nobody signed.", _forged, MISSING),
    _plaintext(
        "changed",
        "The signed assertion, changed before it was encrypted.",
        _admin,
        DIGEST,
        shapes=(INNER, BOTH_ENCRYPTED),
    ),
    _plaintext("wrapped", "XSW4 inside of what is encrypted.", _wrapped, TWO),
    _plaintext(
        "other-id",
        "The assertion under another ID than its Reference names.",
        _under_another_id,
        ErrorCode.AMBIGUOUS_SIGNED_NODE,
    ),
    _plaintext(
        "id-of-the-response",
        "The assertion has the ID of the Response.",
        lambda xml: xml.replace(b'ID="_assertion"', b'ID="_response"', 1),
        ErrorCode.DUPLICATE_XML_ID,
    ),
)


def _name(slug: str, says: str, judged: object, **knobs: Any) -> Mutation:
    return mutation(slug, says, judged, name_encryption=for_us(**knobs), shapes=(NAMED,))  # type: ignore[arg-type]


def _name_beside(holder: etree._Element) -> None:
    holder.addprevious(deepcopy(_NAME))


_NAME = etree.Element(saml("NameID"))
_NAME.text = "admin"
_NAMES = (
    _name(
        "name-for-a-stranger",
        "The NameID is encrypted for somebody else.",
        FAILED,
        recipient=key("stranger"),
    ),
    _name("name-by-cbc", "The NameID is encrypted by AES-CBC.", FAILED, content="aes256-cbc"),
    _name("name-by-rsa-1-5", "The NameID is encrypted by RSA 1.5.", FAILED, transport="rsa-1_5"),
    _name(
        "name-is-an-assertion",
        "An Assertion is encrypted as NameID.",
        FIELD,
        plaintext=b'<Assertion xmlns="%s"/>' % SAML.encode(),
    ),
    _name(
        "name-of-no-namespace",
        "A NameID of no namespace is encrypted.",
        FIELD,
        plaintext=b"<NameID>admin</NameID>",
    ),
    _name("name-is-text", "Text is encrypted as NameID.", XML, plaintext=b"admin"),
    _name(
        "name-with-comment",
        "A comment in the encrypted NameID.",
        XML,
        plaintext=lambda xml: xml.replace(b">alice<", b">ali<!---->ce<"),
    ),
    _name(
        "name-with-element",
        "An element in the encrypted NameID.",
        XML,
        plaintext=lambda xml: xml.replace(b">alice<", b"><x/>alice<"),
    ),
    _name(
        "name-empty",
        "An empty NameID is encrypted.",
        ErrorCode.NAME_ID_NOT_ACCEPTED,
        plaintext=lambda xml: xml.replace(b">alice<", b"><"),
    ),
    _name("name-beside", "A plain NameID beside the encrypted one.", FIELD, edit=_name_beside),
    mutation(
        "name-replaced",
        "The encrypted NameID is replaced on the way.",
        DIGEST,
        shapes=(NAMED,),
        after=lambda m: _refill_name(m),
    ),
)


def _refill_name(message: etree._Element) -> None:
    holder = next(message.iter(saml("EncryptedID")))
    holder[:] = []
    fill(holder, b'<NameID xmlns="%s">admin</NameID>' % SAML.encode(), for_us())


def _fragment(slug: str, says: str, change: Change) -> Mutation:
    """Use prefixes of the holder, so that the plaintext has to be read inside a wrapper."""
    return how(slug, says, XML, fragment=True, plaintext=change, signers=BY_HAND)


_CLOSING = b"</saml:EncryptedAssertion>"
_FRAGMENTS = (
    _fragment(
        "closes-the-wrapper",
        "The plaintext closes what is put round it.",
        lambda xml: xml.replace(b">alice<", b">admin<") + _CLOSING,
    ),
    _fragment(
        "closes-and-opens",
        "The plaintext closes what is put round it and opens it again.",
        lambda xml: b"<saml:Advice/>" + _CLOSING + b"<saml:EncryptedAssertion>" + xml,
    ),
    _fragment(
        "two-in-the-wrapper",
        "Two elements in what is put round them.",
        lambda xml: b"<saml:Advice/>" + xml,
    ),
    _fragment(
        "text-in-the-wrapper",
        "Text beside the element in what is put round it.",
        lambda xml: b"x" + xml,
    ),
    _fragment(
        "comment-in-the-wrapper",
        "A comment in what is put round it.",
        lambda xml: b"<saml:Advice/><!-- -->",
    ),
    _fragment(
        "prefix-of-nobody", "A prefix that nobody declares.", lambda xml: b"<nobody:Assertion/>"
    ),
)

ENCRYPTED_PLAINTEXTS: tuple[Mutation, ...] = (*_PLAINTEXTS, *_FRAGMENTS, *_NAMES)
