from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from lxml import etree

from relyra_django.saml import ErrorCode, RelyraError, authn_request, xml
from relyra_django.saml import constants as c
from tests.saml.judging import CONNECTION

AT = datetime(2026, 3, 14, 12, 0, 0, 987_654, tzinfo=UTC)


def built(**changes) -> etree._Element:
    connection = replace(CONNECTION, **changes)
    return etree.fromstring(authn_request.build(connection, request_id="id_1", now=AT).to_xml())


def test_by_default_it_asks_for_nothing_special():
    root = built()
    assert root.tag == c.SAMLP + "AuthnRequest"
    assert dict(root.attrib) == {
        "ID": "id_1",
        "Version": "2.0",
        "IssueInstant": "2026-03-14T12:00:00Z",
        "Destination": CONNECTION.idp_sso_url,
        "ProtocolBinding": c.BINDING_POST,
        "AssertionConsumerServiceURL": CONNECTION.acs_url,
    }
    assert [(child.tag, child.text) for child in root] == [
        (c.SAML + "Issuer", CONNECTION.sp_entity_id)
    ]


def test_what_a_connection_may_ask_for():
    root = built(
        force_authn=True,
        name_id_format=c.NAMEID_PERSISTENT,
        requested_authn_contexts=("urn:a", "urn:b"),
    )
    assert root.get("ForceAuthn") == "true"
    policy = root.find(c.SAMLP + "NameIDPolicy")
    assert policy.get("Format") == c.NAMEID_PERSISTENT
    contexts = root.find(c.SAMLP + "RequestedAuthnContext")
    assert contexts.get("Comparison") == "exact"
    assert [child.text for child in contexts] == ["urn:a", "urn:b"]


def test_values_are_escaped():
    hostile = "https://idp.example.org/?a=1&b=\"<x>'"
    root = built(idp_sso_url=hostile, sp_entity_id="urn:<&>")
    assert root.get("Destination") == hostile
    assert root[0].text == "urn:<&>"


@pytest.mark.parametrize("field", ["idp_sso_url", "sp_entity_id", "acs_url"])
@pytest.mark.parametrize("blank", ["", None])
def test_incomplete_connection(field, blank):
    with pytest.raises(RelyraError) as refusal:
        built(**{field: blank})
    assert refusal.value.code is ErrorCode.AUTHN_REQUEST_INVALID
    assert refusal.value.details == {"field": field}


def test_ids_are_fresh_ncnames():
    issued = {authn_request.issue_id() for _ in range(100)}
    assert len(issued) == 100
    assert all(xml.is_ncname(each) for each in issued)


def test_ids_have_160_random_bits_and_the_standards_prefixes():
    issued = authn_request.issue_id()
    assert issued.startswith("id_")
    assert len(bytes.fromhex(issued.removeprefix("id_"))) == 20


def test_names_are_spelled_as_the_schema_has_them():
    """Identity providers that look for `samlp:` by its prefix are out there."""
    root = built(name_id_format=c.NAMEID_PERSISTENT, requested_authn_contexts=("urn:a",))
    assert root.nsmap == {"samlp": c.PROTOCOL_NS, "saml": c.ASSERTION_NS}
    assert dict(root.find(c.SAMLP + "NameIDPolicy").attrib) == {
        "Format": c.NAMEID_PERSISTENT,
        "AllowCreate": "true",
    }
    [asked] = root.find(c.SAMLP + "RequestedAuthnContext")
    assert asked.tag == c.SAML + "AuthnContextClassRef"
