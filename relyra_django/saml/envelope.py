"""Bytes and shape: from a form field to a Response that holds one assertion in its place."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, cast

from lxml import etree

from relyra_django.saml import bindings, xml
from relyra_django.saml import constants as c
from relyra_django.saml.errors import ErrorCode, RelyraError
from relyra_django.saml.redaction import quoted

_assertions = etree.XPath(
    "//saml:Assertion | //saml:EncryptedAssertion", namespaces={"saml": c.ASSERTION_NS}
)

_ENCRYPTED: Final = (c.SAML + "EncryptedAssertion", c.SAML + "EncryptedID")
_ONCE: Final = frozenset({c.SAML + "Issuer", c.SAMLP + "Extensions", c.SAMLP + "Status"})
# How many signatures there may be is for the signature's own stage to say.
_CHILDREN: Final = _ONCE | {c.DS + "Signature", c.SAML + "Assertion", c.SAML + "EncryptedAssertion"}


@dataclass(frozen=True, slots=True)
class DecodedResponse:
    """A parsed message that nothing has been believed of yet; for one judgement."""

    root: etree._Element

    @property
    def in_response_to(self) -> str | None:
        """Any InResponseTo the message carries: it makes the response a solicited one."""
        if (outer := self.root.get("InResponseTo")) is not None:
            return outer
        return next(
            (
                answered
                for data in self.root.iterfind(f".//{c.SAML}SubjectConfirmationData")
                if (answered := data.get("InResponseTo")) is not None
            ),
            None,
        )

    @property
    def is_encrypted(self) -> bool:
        """Whether anything in it may have to be decrypted."""
        return next(self.root.iter(*_ENCRYPTED), None) is not None

    @property
    def outer_in_response_to(self) -> str | None:
        """The InResponseTo of the envelope itself."""
        return self.root.get("InResponseTo")


def decode_response(payload: str | bytes) -> DecodedResponse:
    """Decode and parse the SAMLResponse form field.

    Raises invalid_binding_payload and what xml.parse() raises.
    """
    return DecodedResponse(xml.parse(bindings.decode_post(payload)))


def check_envelope(root: etree._Element) -> None:
    """Check the root's name, version and ID, and that it has no children but its own.

    Raises missing_protocol_field, malformed_xml (Core 3.2.2).
    """
    if root.tag != c.SAMLP + "Response":
        raise missing("The message is not a Response.", c.SAMLP + "Response", quoted(root.tag))
    check_version_and_id(root)
    tags = [child.tag for child in root]
    if not _CHILDREN.issuperset(tags) or any(tags.count(tag) > 1 for tag in _ONCE):
        raise RelyraError(ErrorCode.MALFORMED_XML, "The Response has children it cannot have.")


def check_version_and_id(element: etree._Element) -> None:
    """Check what every message and assertion carries. Raises missing_protocol_field."""
    if element.get("Version") != "2.0":
        raise missing("The version is not 2.0.", "2.0", quoted(element.get("Version")))
    if not xml.is_ncname(element.get("ID", "")):
        raise missing("There is no usable ID.", "ID", quoted(element.get("ID")))


def check_status(root: etree._Element) -> None:
    """Refuse everything but success; the message's own words stay in the message.

    Raises unsupported_status (second-level code in the details), missing_protocol_field
    (Core 3.2.2.2).
    """
    top, second = status_codes(root)
    if top != c.STATUS_SUCCESS:
        raise RelyraError(
            ErrorCode.UNSUPPORTED_STATUS,
            "The identity provider did not sign the visitor in.",
            expected=c.STATUS_SUCCESS,
            actual=quoted(top),
            second_level=quoted(second),
        )


def status_codes(root: etree._Element) -> tuple[str | None, str | None]:
    """Return the top-level and the second-level status. Raises missing_protocol_field."""
    code = only(root.findall(f"{c.SAMLP}Status/{c.SAMLP}StatusCode"), "StatusCode")
    second = code.find(c.SAMLP + "StatusCode")
    return code.get("Value"), None if second is None else second.get("Value")


def sole_assertion(root: etree._Element) -> etree._Element:
    """Return the one assertion there is, encrypted or not, a direct child of the Response.

    Raises ambiguous_assertion.
    """
    found = cast("list[etree._Element]", _assertions(root))
    if len(found) != 1 or found[0].getparent() is not root:
        raise RelyraError(
            ErrorCode.AMBIGUOUS_ASSERTION,
            "There must be one assertion, directly in the Response.",
            expected=1,
            actual=len(found),
        )
    return found[0]


def only(elements: Iterable[etree._Element], name: str) -> etree._Element:
    """Return the single element. Raises missing_protocol_field for none and for several."""
    found = list(elements)
    if len(found) != 1:
        raise missing(f"There must be one {name}.", 1, len(found))
    return found[0]


def missing(message: str, expected: object, actual: object = None) -> RelyraError:
    """Return the refusal of a message that lacks what the standard asks for."""
    return RelyraError(ErrorCode.MISSING_PROTOCOL_FIELD, message, expected=expected, actual=actual)
