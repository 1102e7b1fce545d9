"""Rows of CONFORMANCE.md that no other suite proves: what is not read, and what we say."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from lxml import etree
from onelogin.saml2.xml_utils import OneLogin_Saml2_XML

from relyra_django.saml import ErrorCode, authn_request, enveloped
from relyra_django.saml import constants as c
from relyra_django.testing.keys import signing_key
from tests.saml.judging import CONNECTION, assert_refused, judge, mint

AT = datetime(2026, 3, 14, 12, 0, 0, tzinfo=UTC)
ELSEWHERE = "https://elsewhere.example"


def child(parent: etree._Element, name: str, **attributes: str) -> etree._Element:
    return etree.SubElement(parent, c.SAML + name, attributes)


def part(root: etree._Element, name: str) -> etree._Element:
    return next(root.iter(c.SAML + name))


def learned(edit) -> tuple[object, ...]:
    """Return all that a login learns of a message that was edited before it was signed."""
    accepted = judge(mint(edit=edit, session_index="_s", attributes={"a": "b"}))
    return (
        accepted.name_id,
        accepted.attributes,
        accepted.authn_instant,
        accepted.authn_context_class,
        accepted.session_index,
        accepted.not_on_or_after,
    )


def base_id_beside_confirmation(root):
    confirmation = part(root, "SubjectConfirmation")
    confirmation.insert(0, confirmation.makeelement(c.SAML + "BaseID"))


def presenter(root):
    confirmation = part(root, "SubjectConfirmation")
    name = confirmation.makeelement(c.SAML + "NameID")
    name.text = "admin"
    confirmation.insert(0, name)


def address(root):
    part(root, "SubjectConfirmationData").set("Address", "192.0.2.1")


def locality(root):
    locality = part(root, "AuthnStatement").makeelement(
        c.SAML + "SubjectLocality", Address="192.0.2.1", DNSName="pc.example"
    )
    part(root, "AuthnStatement").insert(0, locality)


def authority(root):
    child(part(root, "AuthnContext"), "AuthenticatingAuthority").text = ELSEWHERE


def declaration(root):
    child(part(root, "AuthnContext"), "AuthnContextDeclRef").text = ELSEWHERE


def decision(root):
    statement = child(
        root.find(c.SAML + "Assertion"), "AuthzDecisionStatement", Resource="/", Decision="Permit"
    )
    child(statement, "Action", Namespace="urn:x").text = "everything"


def references(root):
    advice = part(root, "Conditions").makeelement(c.SAML + "Advice")
    child(advice, "AssertionIDRef").text = "_other"
    child(advice, "AssertionURIRef").text = ELSEWHERE
    part(root, "Conditions").addnext(advice)


def issuer_format(root):
    for issuer in root.iter(c.SAML + "Issuer"):
        issuer.set("Format", c.NAMEID_PERSISTENT)
        issuer.set("NameQualifier", "x")


def consent(root):
    root.set("Consent", "urn:oasis:names:tc:SAML:2.0:consent:unavailable")


def status_detail(root):
    detail = etree.SubElement(root.find(c.SAMLP + "Status"), c.SAMLP + "StatusDetail")
    child(detail, "NameID").text = "admin"


@pytest.mark.parametrize(
    "edit",
    [
        base_id_beside_confirmation,
        presenter,
        address,
        locality,
        authority,
        declaration,
        decision,
        references,
        issuer_format,
        consent,
        status_detail,
    ],
)
def test_what_is_not_read_changes_nothing(edit):
    assert learned(edit) == learned(lambda root: None)


def test_a_subject_with_a_base_id_is_refused():
    def rename(root):
        name = part(root, "NameID")
        name.tag, name.text = c.SAML + "BaseID", None

    refusal = assert_refused(ErrorCode.NAME_ID_NOT_ACCEPTED, mint(edit=rename))
    assert (refusal.details["part"], refusal.details["actual"]) == ("element", "BaseID")
    # No name at all is something else: attributes may say who it is.
    assert judge(mint(name_id=None)).name_id is None


@pytest.mark.parametrize("place", ["addprevious", "addnext"])
def test_a_base_id_beside_a_name_id_is_one_name_too_many(place):
    def beside(root):
        name = part(root, "NameID")
        getattr(name, place)(name.makeelement(c.SAML + "BaseID"))

    assert_refused(ErrorCode.MISSING_PROTOCOL_FIELD, mint(edit=beside))


def test_a_statement_without_a_context_has_none():
    accepted = judge(mint(authn_context=None))
    assert accepted.authn_context_class is None


def test_one_time_use_may_be_said_twice():
    def twice(root):
        child(part(root, "Conditions"), "OneTimeUse")
        child(part(root, "Conditions"), "OneTimeUse")

    judge(mint(edit=twice))


@pytest.mark.parametrize(("begins", "ends"), [(60, 60), (60, -60), (0, -1)])
def test_a_period_that_ends_before_it_begins(begins, ends):
    """Within the skew both bounds may hold at once; the assertion is never valid all the same."""

    def period(begins, ends):
        return mint(
            not_before=timedelta(seconds=begins),
            not_on_or_after=timedelta(seconds=ends),
            subject_not_on_or_after=timedelta(minutes=5),
        )

    judge(period(begins, begins + 1))
    assert_refused(ErrorCode.ASSERTION_EXPIRED, period(begins, ends))


@pytest.mark.parametrize("kind", ["default", "everything", "signed"])
def test_our_request_is_valid_against_the_standards_schema(kind):
    asked = {
        "default": {},
        "everything": {
            "force_authn": True,
            "name_id_format": c.NAMEID_PERSISTENT,
            "requested_authn_contexts": ("urn:a", "urn:b"),
        },
        "signed": {},
    }[kind]
    message = authn_request.build(replace(CONNECTION, **asked), request_id="id_1", now=AT).to_xml()
    if kind == "signed":
        message = enveloped.sign_message(message, key_pem=signing_key("rsa", "sp").private_key_pem)
    assert b"<!DOCTYPE" not in message
    outcome = OneLogin_Saml2_XML.validate_xml(message, "saml-schema-protocol-2.0.xsd")
    assert not isinstance(outcome, str), outcome
