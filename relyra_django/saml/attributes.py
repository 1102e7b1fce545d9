"""The attributes of a judged assertion (Core 2.7.3)."""

from __future__ import annotations

from typing import Final

from lxml import etree

from relyra_django.saml import constants as c
from relyra_django.saml import xml
from relyra_django.saml.envelope import missing
from relyra_django.saml.errors import ErrorCode, RelyraError
from relyra_django.saml.judgement import Judgement
from relyra_django.saml.redaction import quoted
from relyra_django.saml.response import Attribute

_ATTRIBUTE: Final = c.SAML + "Attribute"
_VALUE: Final = c.SAML + "AttributeValue"
_NIL: Final = c.XSI + "nil"


def read_attributes(judgement: Judgement) -> None:
    """Collect the attributes; those of the same name and format become one.

    Raises missing_protocol_field for one without a name, invalid_attribute for an encrypted one.
    """
    merged: dict[tuple[str, str | None], Attribute] = {}
    for statement in judgement.assertion.iterchildren(c.SAML + "AttributeStatement"):
        for element in statement:
            attribute = _read(element)
            key = (attribute.name, attribute.name_format)
            merged[key] = _merge(merged[key], attribute) if key in merged else attribute
    judgement.attributes = tuple(merged.values())


def _read(element: etree._Element) -> Attribute:
    if element.tag != _ATTRIBUTE:
        raise RelyraError(
            ErrorCode.INVALID_ATTRIBUTE,
            "Only plain attributes are accepted.",
            actual=quoted(str(element.tag)),
        )
    name = element.get("Name")
    if not name:
        raise missing("An attribute has no Name.", "Name")
    return Attribute(
        name=name,
        name_format=element.get("NameFormat"),
        friendly_name=element.get("FriendlyName"),
        values=tuple(
            _value(child)
            for child in element.iterchildren(_VALUE)
            if child.get(_NIL) not in ("true", "1")
        ),
    )


def _value(element: etree._Element) -> str:
    # A value may be an element, such as the NameID of eduPersonTargetedID: its text is the value.
    return "".join(map(str, element.itertext())).strip() if len(element) else xml.value(element)


def _merge(first: Attribute, second: Attribute) -> Attribute:
    return Attribute(
        name=first.name,
        name_format=first.name_format,
        friendly_name=first.friendly_name or second.friendly_name,
        values=first.values + second.values,
    )
