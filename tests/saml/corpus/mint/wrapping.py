"""Signature wrapping: what was signed is parked, what is read is forged.

The numbers are those of the eight variants of Somorovsky and others, "On Breaking SAML" (2012),
carried over to what each shape has signed: the assertion, or the Response.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass

from lxml import etree

from relyra_django.saml.errors import ErrorCode
from tests.saml.corpus.mint.draft import ASSERTION, EVERY_SHAPE, RESPONSE, Edit, Mutation
from tests.saml.corpus.mint.edits import DS as DS_NAMESPACE
from tests.saml.corpus.mint.edits import (
    advice,
    assertion,
    attribute_value,
    child,
    confirmation_data,
    ds,
    extensions,
    saml,
    samlp,
    signature,
    statement,
    status_detail,
    take_out,
)

TWO, CHILDREN = ErrorCode.AMBIGUOUS_ASSERTION, ErrorCode.MALFORMED_XML
PLACE = ErrorCode.AMBIGUOUS_SIGNED_NODE
DIGEST, MISSING = ErrorCode.DIGEST_MISMATCH, ErrorCode.MISSING_SIGNATURE
PAPER = "On Breaking SAML, 2012; CVE-2024-45409, CVE-2025-47949"


@dataclass(frozen=True, kw_only=True, slots=True)
class Forgery:
    """A message turned into one for admin, and the parts of the genuine one it was made from."""

    assertion: etree._Element
    signature: etree._Element
    genuine: etree._Element
    genuine_unsigned: etree._Element


def forge(message: etree._Element) -> Forgery:
    """Make the message a forgery in place: no signature, other IDs, the user admin."""
    host = signature(message).getparent()
    assert host is not None
    genuine = _copy(host)
    unsigned = _copy(host)
    own = take_out(child(unsigned, "Signature", DS_NAMESPACE))
    disguise(message)
    return Forgery(
        assertion=assertion(message), signature=own, genuine=genuine, genuine_unsigned=unsigned
    )


def disguise(element: etree._Element) -> None:
    """Take every signature out of it and make it speak of admin under other IDs."""
    for one in list(element.iter(ds("Signature"))):
        take_out(one)
    for one in element.iter(saml("Assertion"), samlp("Response")):
        one.set("ID", "_forged_" + etree.QName(one).localname.lower())
    for one in element.iter(saml("NameID")):
        one.text = "admin"


def forged_assertion(message: etree._Element) -> etree._Element:
    copy = _copy(assertion(message))
    disguise(copy)
    return copy


def _copy(element: etree._Element) -> etree._Element:
    copy = deepcopy(element)
    copy.tail = None
    return copy


def _xsw1(message: etree._Element) -> None:
    forgery = forge(message)
    message.insert(1, forgery.signature)
    forgery.signature.append(forgery.genuine_unsigned)


def _xsw2(message: etree._Element) -> None:
    forgery = forge(message)
    message.insert(1, forgery.signature)
    forgery.signature.addprevious(forgery.genuine_unsigned)


def _xsw3(message: etree._Element) -> None:
    forgery = forge(message)
    forgery.assertion.addnext(forgery.genuine)


def _xsw4(message: etree._Element) -> None:
    forgery = forge(message)
    forgery.assertion.append(forgery.genuine)


def _xsw5(message: etree._Element) -> None:
    forgery = forge(message)
    forgery.assertion.insert(1, forgery.signature)
    message.append(forgery.genuine_unsigned)


def _xsw6(message: etree._Element) -> None:
    forgery = forge(message)
    forgery.assertion.insert(1, forgery.signature)
    forgery.signature.append(forgery.genuine_unsigned)


def _xsw7(message: etree._Element) -> None:
    forgery = forge(message)
    extensions(message).append(take_out(forgery.assertion))
    message.append(forgery.genuine)


def _xsw8(message: etree._Element) -> None:
    forgery = forge(message)
    forgery.assertion.insert(1, forgery.signature)
    etree.SubElement(forgery.signature, ds("Object")).append(forgery.genuine_unsigned)


_VARIANTS: tuple[tuple[Edit, str, bool], ...] = (
    (_xsw1, "The genuine element is inside the Signature of a forged Response.", False),
    (_xsw2, "The genuine element stands before the Signature of a forged Response.", True),
    (_xsw3, "The forged assertion stands before the genuine, signed element.", True),
    (_xsw4, "The forged assertion holds the genuine, signed element.", False),
    (_xsw5, "The forged assertion has the Signature, the genuine element is last.", True),
    (_xsw6, "The forged assertion has the Signature, which holds the genuine element.", False),
    (_xsw7, "Extensions hold the forged assertion, the genuine element is last.", True),
    (_xsw8, "The Signature of the forged assertion has the genuine element as Object.", False),
)


def _numbered(number: int, edit: Edit, says: str, beside: bool) -> list[Mutation]:
    """A Response beside other children of a Response is seen before assertions are counted."""
    return [
        Mutation(
            slug=f"xsw{number}-{shape.slug}",
            says=f"XSW{number}, {shape.words}: {says}",
            judged=CHILDREN if beside and shape is not ASSERTION else TWO,
            after=edit,
            shapes=(shape,),
            source=PAPER,
        )
        for shape in EVERY_SHAPE
    ]


def _in_object(message: etree._Element) -> etree._Element:
    return etree.SubElement(_bare_signature(message), ds("Object"))


def _in_key_info(message: etree._Element) -> etree._Element:
    return etree.SubElement(_bare_signature(message), ds("KeyInfo"))


def _bare_signature(message: etree._Element) -> etree._Element:
    """Return a Signature on the Response: the genuine one, or a copy of the assertion's."""
    found = message.find(ds("Signature"))
    if found is None:
        found = etree.Element(ds("Signature"))
        message.insert(1, found)
    return found


def _in_context(message: etree._Element) -> etree._Element:
    return etree.SubElement(child(statement(message), "AuthnContext"), saml("AuthnContextDecl"))


_PLACES: dict[str, Callable[[etree._Element], etree._Element]] = {
    "extensions": extensions,
    "status-detail": status_detail,
    "advice": advice,
    "object": _in_object,
    "key-info": _in_key_info,
    "attribute-value": attribute_value,
    "confirmation-data": confirmation_data,
    "authn-context": _in_context,
}


def _parked(find: Callable[[etree._Element], etree._Element]) -> Edit:
    """Forge the message and park the genuine assertion somewhere in it."""

    def edit(message: etree._Element) -> None:
        genuine = _copy(assertion(message))
        disguise(message)
        find(message).append(genuine)

    return edit


def _smuggled(find: Callable[[etree._Element], etree._Element]) -> Edit:
    """Leave the message as it is and put a forged assertion somewhere in it."""

    def edit(message: etree._Element) -> None:
        forged = forged_assertion(message)
        find(message).append(forged)

    return edit


def _kin() -> list[Mutation]:
    parked = [
        Mutation(
            slug=f"genuine-in-{name}",
            says=f"The genuine, signed assertion is parked in {name} of a forged message.",
            judged=TWO,
            after=_parked(find),
            source="CVE-2024-45409 and kin",
        )
        for name, find in _PLACES.items()
    ]
    smuggled = [
        Mutation(
            slug=f"forged-in-{name}",
            says=f"A forged assertion is smuggled into {name} of the genuine message.",
            judged=TWO,
            after=_smuggled(find),
            shapes=(ASSERTION, RESPONSE),
        )
        for name, find in _PLACES.items()
    ]
    return parked + smuggled


def _last(message: etree._Element) -> None:
    message.append(forged_assertion(message))


def _without_id(message: etree._Element) -> None:
    forged = forged_assertion(message)
    del forged.attrib["ID"]
    assertion(message).addprevious(forged)


def _same_id(message: etree._Element) -> None:
    """The forged assertion takes the ID that the Reference names; the genuine one loses its own."""
    forged = forged_assertion(message)
    forged.set("ID", assertion(message).get("ID", ""))
    del assertion(message).attrib["ID"]
    assertion(message).addprevious(forged)


def _only_forged(message: etree._Element) -> None:
    """The signature is still there, what it signed is not."""
    own = signature(message)
    disguise(message)
    assertion(message).insert(1, own)


def _forged_under_its_id(message: etree._Element) -> None:
    own = signature(message)
    identifier = assertion(message).get("ID", "")
    disguise(message)
    assertion(message).set("ID", identifier)
    assertion(message).insert(1, own)


def _signature_on_the_response(message: etree._Element) -> None:
    message.insert(1, signature(message))


def _signature_on_both(message: etree._Element) -> None:
    message.insert(1, deepcopy(signature(message)))


def _signature_last_in_extensions(message: etree._Element) -> None:
    own = signature(message)
    extensions(message).append(own)


def _encrypted_beside(message: etree._Element) -> None:
    etree.SubElement(message, saml("EncryptedAssertion"))


def _forged_beside_encrypted(message: etree._Element) -> None:
    genuine = take_out(assertion(message))
    disguise(genuine)
    message.append(genuine)
    etree.SubElement(message, saml("EncryptedAssertion"))


def _inner_response(message: etree._Element) -> None:
    """A forged Response round the genuine one, which keeps its place and its signature."""
    genuine = _copy(message)
    disguise(message)
    take_out(assertion(message))
    message.append(genuine)


def _in_soap(message: etree._Element) -> None:
    inner = _copy(message)
    for one in list(message):
        message.remove(one)
    message.attrib.clear()
    message.tag = "{http://schemas.xmlsoap.org/soap/envelope/}Envelope"
    message.append(inner)


_OTHERS = (
    Mutation(
        slug="forged-last",
        says="A forged assertion comes last.",
        judged=TWO,
        after=_last,
        shapes=EVERY_SHAPE,
    ),
    Mutation(
        slug="forged-without-id",
        says="A forged assertion without ID comes first.",
        judged=TWO,
        after=_without_id,
        source="CVE-2026-25922",
    ),
    Mutation(
        slug="forged-takes-the-id",
        says="A forged assertion takes the ID of the genuine one.",
        judged=TWO,
        after=_same_id,
    ),
    Mutation(
        slug="signed-element-gone",
        says="Only the Signature of the genuine assertion is left, "
        "on a forged one with another ID.",
        judged=PLACE,
        after=_only_forged,
    ),
    Mutation(
        slug="signed-element-replaced",
        says="The assertion is replaced by a forged one with the same ID and Signature.",
        judged=DIGEST,
        after=_forged_under_its_id,
    ),
    Mutation(
        slug="signature-moved-to-response",
        says="The Signature of the assertion stands on the Response.",
        judged=PLACE,
        after=_signature_on_the_response,
    ),
    Mutation(
        slug="signature-copied-to-response",
        says="The Response carries a copy of the assertion's Signature.",
        judged=PLACE,
        after=_signature_on_both,
    ),
    Mutation(
        slug="signature-in-extensions",
        says="The Signature stands in Extensions.",
        judged=PLACE,
        after=_signature_last_in_extensions,
        shapes=(ASSERTION, RESPONSE),
    ),
    Mutation(
        slug="encrypted-beside",
        says="An EncryptedAssertion stands beside the assertion.",
        judged=TWO,
        after=_encrypted_beside,
        shapes=(ASSERTION, RESPONSE),
    ),
    Mutation(
        slug="forged-beside-encrypted",
        says="A forged plain assertion stands beside an EncryptedAssertion.",
        judged=TWO,
        after=_forged_beside_encrypted,
    ),
    Mutation(
        slug="response-in-response",
        says="A forged Response holds the genuine one instead of an assertion.",
        judged=CHILDREN,
        after=_inner_response,
        shapes=EVERY_SHAPE,
    ),
    Mutation(
        slug="in-soap-envelope",
        says="The message is wrapped in a SOAP Envelope.",
        judged=ErrorCode.MISSING_PROTOCOL_FIELD,
        after=_in_soap,
    ),
)

WRAPPING: tuple[Mutation, ...] = (
    *(
        mutation
        for number, (edit, says, beside) in enumerate(_VARIANTS, 1)
        for mutation in _numbered(number, edit, says, beside)
    ),
    *_OTHERS,
)

PARKED: tuple[Mutation, ...] = tuple(_kin())
