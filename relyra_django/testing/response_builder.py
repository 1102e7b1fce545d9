"""From a ResponseSpec to the samlp:Response element, unsigned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lxml import etree

from relyra_django.testing.namespaces import BEARER, SAML, SAMLP, STATUS, XS, XSI
from relyra_django.testing.response_spec import Honest, Prefixes, ResponseSpec, new_id, said


def build_response(spec: ResponseSpec, issuer: str) -> etree._Element:
    """Build the whole Response; `issuer` is the entity ID that HONEST stands for."""
    response = etree.Element(f"{{{SAMLP}}}Response", nsmap=_namespaces(spec))
    _set(response, ID=spec.response_id, Version="2.0", IssueInstant=_issued(spec))
    _set(response, Destination=said(spec.destination, spec.acs_url))
    _set(response, InResponseTo=said(spec.response_in_response_to, spec.in_response_to))
    _issuer(response, spec, said(spec.response_issuer, said(spec.issuer, issuer)))
    _status(response, spec)
    if spec.has_assertion:
        build_assertion(response, spec, issuer)
    if spec.pretty:
        etree.indent(response, "  ")
    return response


def build_assertion(response: etree._Element, spec: ResponseSpec, issuer: str) -> etree._Element:
    """Append one Assertion (Core 2.3.3)."""
    namespaces: dict[Any, str] = {"xs": XS, "xsi": XSI, **_saml(spec)}
    assertion = etree.SubElement(response, f"{{{SAML}}}Assertion", nsmap=namespaces)
    _set(assertion, ID=spec.assertion_id, Version="2.0", IssueInstant=_issued(spec))
    _issuer(assertion, spec, said(spec.issuer, issuer))
    _subject(assertion, spec)
    _conditions(assertion, spec)
    _authn_statement(assertion, spec)
    _attribute_statement(assertion, spec)
    return assertion


# Any for the prefix: lxml takes None as the default namespace, its stubs do not.
def _saml(spec: ResponseSpec) -> dict[Any, str]:
    return {None if spec.prefixes == Prefixes.DEFAULT else "saml": SAML}


def _namespaces(spec: ResponseSpec) -> dict[Any, str]:
    if spec.prefixes == Prefixes.DEFAULT:
        return {None: SAMLP}
    return {"samlp": SAMLP, "saml": SAML}


def _issued(spec: ResponseSpec) -> str | None:
    return spec.moment(spec.issue_instant)


def _set(element: etree._Element, **attributes: str | None) -> None:
    for name, value in attributes.items():
        if value is not None:
            element.set(name, value)


def _saml_child(
    parent: etree._Element,
    spec: ResponseSpec,
    name: str,
    text: str | None = None,
    attributes: Mapping[str, str | None] | None = None,
) -> etree._Element:
    child = etree.SubElement(parent, f"{{{SAML}}}{name}", nsmap=_saml(spec))
    _set(child, **(attributes or {}))
    child.text = text
    return child


def _issuer(parent: etree._Element, spec: ResponseSpec, value: str | None) -> None:
    if value is not None:
        _saml_child(parent, spec, "Issuer", value)


def _status(response: etree._Element, spec: ResponseSpec) -> None:
    status = etree.SubElement(response, f"{{{SAMLP}}}Status")
    code = etree.SubElement(status, f"{{{SAMLP}}}StatusCode", Value=_status_uri(spec.status))
    if spec.sub_status is not None:
        etree.SubElement(code, f"{{{SAMLP}}}StatusCode", Value=_status_uri(spec.sub_status))
    if spec.status_message is not None:
        etree.SubElement(status, f"{{{SAMLP}}}StatusMessage").text = spec.status_message


def _status_uri(value: str) -> str:
    return value if ":" in value else STATUS + value


def _subject(assertion: etree._Element, spec: ResponseSpec) -> None:
    subject = _saml_child(assertion, spec, "Subject")
    if spec.name_id is not None:
        qualifiers = {
            "Format": spec.name_id_format,
            "NameQualifier": spec.name_qualifier,
            "SPNameQualifier": spec.sp_name_qualifier,
        }
        _saml_child(subject, spec, "NameID", spec.name_id, qualifiers)
    bearer = _saml_child(subject, spec, "SubjectConfirmation", attributes={"Method": BEARER})
    data = {
        "NotBefore": spec.moment(spec.subject_not_before),
        "NotOnOrAfter": spec.moment(spec.subject_not_on_or_after, spec.lifetime),
        "Recipient": said(spec.recipient, spec.acs_url),
        "InResponseTo": said(spec.subject_in_response_to, spec.in_response_to),
    }
    _saml_child(bearer, spec, "SubjectConfirmationData", attributes=data)


def _conditions(assertion: etree._Element, spec: ResponseSpec) -> None:
    window = {
        "NotBefore": spec.moment(spec.not_before),
        "NotOnOrAfter": spec.moment(spec.not_on_or_after, spec.lifetime),
    }
    conditions = _saml_child(assertion, spec, "Conditions", attributes=window)
    for audiences in _restrictions(spec):
        restriction = _saml_child(conditions, spec, "AudienceRestriction")
        for audience in audiences:
            _saml_child(restriction, spec, "Audience", audience)


def _restrictions(spec: ResponseSpec) -> list[Sequence[str]]:
    audience = spec.sp_entity_id if isinstance(spec.audience, Honest) else spec.audience
    if audience is None:
        return []
    if isinstance(audience, str):
        return [[audience]]
    if all(isinstance(one, str) for one in audience):
        return [[one for one in audience if isinstance(one, str)]]
    return [[one] if isinstance(one, str) else one for one in audience]


def _authn_statement(assertion: etree._Element, spec: ResponseSpec) -> None:
    attributes = {
        "AuthnInstant": spec.moment(spec.authn_instant),
        "SessionIndex": said(spec.session_index, new_id()),
        "SessionNotOnOrAfter": spec.moment(spec.session_not_on_or_after),
    }
    statement = _saml_child(assertion, spec, "AuthnStatement", attributes=attributes)
    context = _saml_child(statement, spec, "AuthnContext")
    if spec.authn_context is not None:
        _saml_child(context, spec, "AuthnContextClassRef", spec.authn_context)


def _attribute_statement(assertion: etree._Element, spec: ResponseSpec) -> None:
    if not spec.attributes:
        return
    statement = _saml_child(assertion, spec, "AttributeStatement")
    for name, values in spec.attributes.items():
        labels = {"Name": name, "NameFormat": spec.attribute_name_format}
        attribute = _saml_child(statement, spec, "Attribute", attributes=labels)
        many = [values] if values is None or isinstance(values, str) else values
        for value in many:
            _attribute_value(attribute, spec, value)


def _attribute_value(attribute: etree._Element, spec: ResponseSpec, value: str | None) -> None:
    element = _saml_child(attribute, spec, "AttributeValue", value)
    if value is None:
        element.set(f"{{{XSI}}}nil", "true")
    else:
        element.set(f"{{{XSI}}}type", "xs:string")
