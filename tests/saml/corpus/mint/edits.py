"""Ways to find and change a part of a message, whatever its prefixes."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy

from lxml import etree

from relyra_django.testing.namespaces import DS, SAML, SAMLP

Edit = Callable[[etree._Element], object]
Part = Callable[[etree._Element], etree._Element]


def child(parent: etree._Element, name: str, namespace: str = SAML) -> etree._Element:
    """Return the first child of that name. LookupError: there is none."""
    found = parent.find(f"{{{namespace}}}{name}")
    if found is None:
        raise LookupError(f"{parent.tag} has no {name}")
    return found


def root(message: etree._Element) -> etree._Element:
    return message


def assertion(message: etree._Element) -> etree._Element:
    return child(message, "Assertion")


def part(*path: str) -> Part:
    """Return what finds the element at this path below the assertion."""

    def find(message: etree._Element) -> etree._Element:
        element = assertion(message)
        for name in path:
            element = child(element, name)
        return element

    return find


subject = part("Subject")
name_id = part("Subject", "NameID")
confirmation = part("Subject", "SubjectConfirmation")
confirmation_data = part("Subject", "SubjectConfirmation", "SubjectConfirmationData")
conditions = part("Conditions")
restriction = part("Conditions", "AudienceRestriction")
audience = part("Conditions", "AudienceRestriction", "Audience")
statement = part("AuthnStatement")
attribute = part("AttributeStatement", "Attribute")
attribute_value = part("AttributeStatement", "Attribute", "AttributeValue")


def response_issuer(message: etree._Element) -> etree._Element:
    return child(message, "Issuer")


def status(message: etree._Element) -> etree._Element:
    return child(message, "Status", SAMLP)


def status_code(message: etree._Element) -> etree._Element:
    return child(status(message), "StatusCode", SAMLP)


def signature(message: etree._Element) -> etree._Element:
    """Return the outermost signature: an inner one is covered by it."""
    found = message.find(f"{{{DS}}}Signature")
    return child(assertion(message), "Signature", DS) if found is None else found


def signed_info(message: etree._Element) -> etree._Element:
    return child(signature(message), "SignedInfo", DS)


def reference(message: etree._Element) -> etree._Element:
    return child(signed_info(message), "Reference", DS)


def transforms(message: etree._Element) -> etree._Element:
    return child(reference(message), "Transforms", DS)


def digest_value(message: etree._Element) -> etree._Element:
    return child(reference(message), "DigestValue", DS)


def digest_method(message: etree._Element) -> etree._Element:
    return child(reference(message), "DigestMethod", DS)


def signature_method(message: etree._Element) -> etree._Element:
    return child(signed_info(message), "SignatureMethod", DS)


def signature_value(message: etree._Element) -> etree._Element:
    return child(signature(message), "SignatureValue", DS)


def canonicalization(message: etree._Element) -> etree._Element:
    return child(signed_info(message), "CanonicalizationMethod", DS)


def extensions(message: etree._Element) -> etree._Element:
    """Insert samlp:Extensions where the schema wants it, before Status."""
    element = etree.Element(f"{{{SAMLP}}}Extensions")
    status(message).addprevious(element)
    return element


def extensions_first(message: etree._Element) -> etree._Element:
    """Insert samlp:Extensions behind the Issuer of any message."""
    element = etree.Element(f"{{{SAMLP}}}Extensions")
    child(message, "Issuer").addnext(element)
    return element


def advice(message: etree._Element) -> etree._Element:
    element = etree.Element(f"{{{SAML}}}Advice")
    conditions(message).addnext(element)
    return element


def status_detail(message: etree._Element) -> etree._Element:
    return etree.SubElement(status(message), f"{{{SAMLP}}}StatusDetail")


def take_out(element: etree._Element) -> etree._Element:
    """Take an element out of its parent; the text behind it goes nowhere, it has none."""
    parent = element.getparent()
    if parent is not None:
        element.tail = None
        parent.remove(element)
    return element


def setting(find: Part, name: str, value: str | None) -> Edit:
    """Set an attribute; None takes it away."""

    def edit(message: etree._Element) -> None:
        element = find(message)
        if value is None:
            del element.attrib[name]
        else:
            element.set(name, value)

    return edit


def saying(find: Part, text: str | None) -> Edit:
    def edit(message: etree._Element) -> None:
        find(message).text = text

    return edit


def admin(message: etree._Element) -> None:
    name_id(message).text = "admin"


def moved_first(find: Part) -> Edit:
    """Move an element before its siblings."""

    def edit(message: etree._Element) -> None:
        element = find(message)
        parent = element.getparent()
        assert parent is not None
        parent.insert(0, take_out(element))

    return edit


def moved_last(find: Part) -> Edit:
    """Move an element behind its siblings."""

    def edit(message: etree._Element) -> None:
        element = find(message)
        parent = element.getparent()
        assert parent is not None
        parent.append(take_out(element))

    return edit


def text_in_child(find: Part) -> Edit:
    """Hide the text in a child, where only a reader of all text finds it."""

    def edit(message: etree._Element) -> None:
        element = find(message)
        etree.SubElement(element, "{urn:x}x").text = element.text
        element.text = None

    return edit


def without(find: Part) -> Edit:
    def edit(message: etree._Element) -> None:
        take_out(find(message))

    return edit


def twice(find: Part) -> Edit:
    """Put a copy behind the element."""

    def edit(message: etree._Element) -> None:
        element = find(message)
        copy = deepcopy(element)
        copy.tail = None
        element.addnext(copy)

    return edit


def growing(find: Part, tag: str, text: str | None = None, **attributes: str) -> Edit:
    """Append a child."""

    def edit(message: etree._Element) -> None:
        etree.SubElement(find(message), tag, attributes).text = text

    return edit


def together(*edits: Edit) -> Edit:
    def edit(message: etree._Element) -> None:
        for one in edits:
            one(message)

    return edit


def saml(name: str) -> str:
    return f"{{{SAML}}}{name}"


def samlp(name: str) -> str:
    return f"{{{SAMLP}}}{name}"


def ds(name: str) -> str:
    return f"{{{DS}}}{name}"
