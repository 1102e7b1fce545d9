"""Signature wrapping: the signed assertion is parked, a forged one stands where it stood.

The numbers are those of the eight variants of Somorovsky and others, "On Breaking SAML" (2012).
"""

from __future__ import annotations

from copy import deepcopy

from lxml import etree

from relyra_django.saml.errors import ErrorCode
from relyra_django.testing.hostile.attack import (
    Edit,
    Hostile,
    assertion_of,
    bare,
    child,
    edited_after_signing,
    edited_before_signing,
    extensions,
    signature_of,
)
from relyra_django.testing.namespaces import DS, SAML, SAMLP
from relyra_django.testing.response_spec import new_id


def _forged(element: etree._Element) -> etree._Element:
    """Copy a Response or Assertion without signatures, under a new ID, for the user admin."""
    copy = deepcopy(element)
    copy.tail = None
    for signature in list(copy.iter(f"{{{DS}}}Signature")):
        bare(signature)
    for one in copy.iter(f"{{{SAML}}}Assertion", f"{{{SAMLP}}}Response"):
        one.set("ID", new_id())
    for name_id in copy.iter(f"{{{SAML}}}NameID"):
        name_id.text = "admin"
    return copy


def _unsigned_copy(element: etree._Element) -> etree._Element:
    """Copy what was signed, ID and all, as the enveloped transform leaves it."""
    copy = deepcopy(element)
    copy.tail = None
    bare(signature_of(copy))
    return copy


def _forge_root(root: etree._Element) -> tuple[etree._Element, etree._Element]:
    """Turn the root into a forgery; return the Signature and the genuine Response it covers."""
    genuine, signature = _unsigned_copy(root), signature_of(root)
    for one in root.iter(f"{{{SAML}}}Assertion", f"{{{SAMLP}}}Response"):
        one.set("ID", new_id())
    for name_id in root.iter(f"{{{SAML}}}NameID"):
        name_id.text = "admin"
    return signature, genuine


def _xsw1(root: etree._Element) -> None:
    signature, genuine = _forge_root(root)
    signature.append(genuine)


def _xsw2(root: etree._Element) -> None:
    signature, genuine = _forge_root(root)
    signature.addprevious(genuine)


def _xsw3(root: etree._Element) -> None:
    assertion_of(root).addprevious(_forged(assertion_of(root)))


def _xsw4(root: etree._Element) -> None:
    genuine = assertion_of(root)
    forged = _forged(genuine)
    root.replace(genuine, forged)
    forged.append(genuine)


def _xsw5(root: etree._Element) -> None:
    _, genuine = _forged_with_signature(root)
    root.append(genuine)


def _xsw6(root: etree._Element) -> None:
    forged, genuine = _forged_with_signature(root)
    signature_of(forged).append(genuine)


def _xsw7(root: etree._Element) -> None:
    extensions(root).append(_forged(assertion_of(root)))


def _xsw8(root: etree._Element) -> None:
    forged, genuine = _forged_with_signature(root)
    etree.SubElement(signature_of(forged), f"{{{DS}}}Object").append(genuine)


def _forged_with_signature(root: etree._Element) -> tuple[etree._Element, etree._Element]:
    """Forge the assertion in place, so that it keeps a Signature over the genuine one."""
    assertion = assertion_of(root)
    genuine = _unsigned_copy(assertion)
    assertion.set("ID", new_id())
    child(child(assertion, "Subject"), "NameID").text = "admin"
    return assertion, genuine


def _without_id(root: etree._Element) -> None:
    forged = _forged(assertion_of(root))
    del forged.attrib["ID"]
    assertion_of(root).addprevious(forged)


def _after_the_genuine(root: etree._Element) -> None:
    root.append(_forged(assertion_of(root)))


def _in_status_detail(root: etree._Element) -> None:
    """Park the genuine assertion where the Status may hold anything."""
    genuine = assertion_of(root)
    root.append(_forged(genuine))
    status = child(root, "Status", SAMLP)
    etree.SubElement(status, f"{{{SAMLP}}}StatusDetail").append(genuine)


def _in_advice(root: etree._Element) -> None:
    assertion = assertion_of(root)
    advice = etree.Element(f"{{{SAML}}}Advice")
    advice.append(_forged(assertion))
    child(assertion, "Conditions").addnext(advice)


def _encrypted_beside(root: etree._Element) -> None:
    etree.SubElement(root, f"{{{SAML}}}EncryptedAssertion")


def _none(root: etree._Element) -> None:
    root.remove(assertion_of(root))


def _parked_only(root: etree._Element) -> None:
    extensions(root).append(assertion_of(root))


def _wrapping(
    name: str,
    edit: Edit,
    *,
    code: ErrorCode = ErrorCode.AMBIGUOUS_ASSERTION,
    sign: str = "assertion",
) -> Hostile:
    return Hostile(name=name, code=code, make=edited_after_signing(edit, sign=sign))


WRAPPING: tuple[Hostile, ...] = (
    _wrapping("xsw1", _xsw1, sign="response"),
    # A Response cannot hold a Response: that is seen before assertions are counted.
    _wrapping("xsw2", _xsw2, code=ErrorCode.MALFORMED_XML, sign="response"),
    _wrapping("xsw3", _xsw3),
    _wrapping("xsw4", _xsw4),
    _wrapping("xsw5", _xsw5),
    _wrapping("xsw6", _xsw6),
    _wrapping("xsw7", _xsw7),
    _wrapping("xsw8", _xsw8),
    _wrapping("forged-assertion-without-id", _without_id),
    _wrapping("forged-assertion-last", _after_the_genuine),
    _wrapping("genuine-in-status-detail", _in_status_detail),
    _wrapping("encrypted-assertion-beside", _encrypted_beside),
    _wrapping("no-assertion", _none),
    _wrapping("assertion-only-in-extensions", _parked_only),
    Hostile(
        name="assertion-in-advice",
        code=ErrorCode.AMBIGUOUS_ASSERTION,
        make=edited_before_signing(_in_advice),
    ),
    Hostile(
        name="two-assertions-said-and-signed",
        code=ErrorCode.AMBIGUOUS_ASSERTION,
        make=edited_before_signing(_after_the_genuine),
    ),
)
