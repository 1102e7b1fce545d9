"""What the knobs of a response write, read back from the bytes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from lxml import etree

from relyra_django.testing import HONEST, FakeIdP, ResponseSpec

NOW = datetime(2026, 4, 24, 16, 0, 0, tzinfo=UTC)
NAMES = {
    "p": "urn:oasis:names:tc:SAML:2.0:protocol",
    "a": "urn:oasis:names:tc:SAML:2.0:assertion",
    "xsi": "http://www.w3.org/2001/XMLSchema-instance",
}


def found(path: str, **knobs: Any) -> list[str]:
    """Mint at NOW and return the strings at the XPath."""
    root = etree.fromstring(FakeIdP().response(**{"now": NOW, **knobs}).xml)
    result: Any = root.xpath(path, namespaces=NAMES)
    return [str(one) for one in result]


NAME_ID, DATA = "//a:NameID", "//a:SubjectConfirmationData"


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("/p:Response/@Version", "2.0"),
        ("/p:Response/@Destination", "https://sp.example.com/saml/acme/acs/"),
        ("/p:Response/@IssueInstant", "2026-04-24T16:00:00Z"),
        ("/p:Response/a:Issuer/text()", "https://idp.example.org/metadata"),
        ("/p:Response/a:Assertion/a:Issuer/text()", "https://idp.example.org/metadata"),
        ("//p:StatusCode/@Value", "urn:oasis:names:tc:SAML:2.0:status:Success"),
        (NAME_ID + "/text()", "alice"),
        (NAME_ID + "/@Format", "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"),
        ("//a:SubjectConfirmation/@Method", "urn:oasis:names:tc:SAML:2.0:cm:bearer"),
        (DATA + "/@Recipient", "https://sp.example.com/saml/acme/acs/"),
        (DATA + "/@NotOnOrAfter", "2026-04-24T16:05:00Z"),
        ("//a:Conditions/@NotBefore", "2026-04-24T15:59:00Z"),
        ("//a:Conditions/@NotOnOrAfter", "2026-04-24T16:05:00Z"),
        ("//a:Audience/text()", "https://sp.example.com/saml/acme/metadata/"),
        ("//a:AuthnStatement/@AuthnInstant", "2026-04-24T16:00:00Z"),
    ],
)
def test_an_honest_response_says(path: str, value: str) -> None:
    assert found(path) == [value]


@pytest.mark.parametrize(
    "path",
    ["//@InResponseTo", "//a:AttributeStatement", "//@SPNameQualifier", "//@SessionNotOnOrAfter"],
)
def test_an_honest_response_leaves_out(path: str) -> None:
    assert found(path) == []


@pytest.mark.parametrize(
    ("knobs", "path", "values"),
    [
        ({"in_response_to": "id_1"}, "//@InResponseTo", ["id_1", "id_1"]),
        ({"in_response_to": "id_1", "subject_in_response_to": None}, "//@InResponseTo", ["id_1"]),
        ({"name_id": None}, NAME_ID, []),
        ({"name_id_format": None}, NAME_ID + "/@Format", []),
        ({"name_qualifier": "n"}, NAME_ID + "/@NameQualifier", ["n"]),
        ({"sp_name_qualifier": "s"}, NAME_ID + "/@SPNameQualifier", ["s"]),
        ({"lifetime": timedelta(hours=1)}, "//@NotOnOrAfter", ["2026-04-24T17:00:00Z"] * 2),
        ({"not_before": None}, "//@NotBefore", []),
        ({"not_on_or_after": None}, "//a:Conditions/@NotOnOrAfter", []),
        ({"not_on_or_after": NOW}, "//a:Conditions/@NotOnOrAfter", ["2026-04-24T16:00:00Z"]),
        ({"subject_not_before": timedelta(0)}, DATA + "/@NotBefore", ["2026-04-24T16:00:00Z"]),
        ({"issue_instant": timedelta(days=-1)}, "//@IssueInstant", ["2026-04-23T16:00:00Z"] * 2),
        ({"session_index": "s1"}, "//@SessionIndex", ["s1"]),
        ({"session_index": None}, "//@SessionIndex", []),
        (
            {"session_not_on_or_after": timedelta(hours=8)},
            "//@SessionNotOnOrAfter",
            ["2026-04-25T00:00:00Z"],
        ),
        ({"authn_context": "urn:c"}, "//a:AuthnContextClassRef/text()", ["urn:c"]),
        ({"authn_context": None}, "//a:AuthnContextClassRef", []),
        ({"issuer": "urn:i"}, "//a:Issuer/text()", ["urn:i", "urn:i"]),
        ({"response_issuer": None}, "/p:Response/a:Issuer", []),
        ({"destination": None}, "//@Destination", []),
        ({"recipient": "https://x/"}, "//@Recipient", ["https://x/"]),
        ({"audience": None}, "//a:AudienceRestriction", []),
        ({"audience": "urn:s"}, "//a:Audience/text()", ["urn:s"]),
        (
            {"audience": ["urn:s", "urn:t"]},
            "//a:AudienceRestriction[1]/*/text()",
            ["urn:s", "urn:t"],
        ),
        ({"audience": [["urn:s"], ["urn:t"]]}, "//a:AudienceRestriction[2]/*/text()", ["urn:t"]),
        ({"audience": [["urn:s"], "urn:t"]}, "//a:AudienceRestriction[2]/*/text()", ["urn:t"]),
        ({"response_id": "_r", "assertion_id": "_a"}, "//@ID", ["_r", "_a"]),
        ({"status_message": "no"}, "//p:StatusMessage/text()", ["no"]),
        ({"status": "urn:x"}, "//p:StatusCode/@Value", ["urn:x"]),
        ({"status": "Responder"}, "//a:Assertion", []),
        ({"with_assertion": False}, "//a:Assertion", []),
    ],
)
def test_a_knob_writes(knobs: dict[str, Any], path: str, values: list[str]) -> None:
    assert found(path, **knobs) == values


def test_a_second_status_code_stands_inside_the_first() -> None:
    knobs = {"status": "Responder", "sub_status": "AuthnFailed", "with_assertion": True}
    inner = found("/p:Response/p:Status/p:StatusCode/p:StatusCode/@Value", **knobs)
    assert inner == ["urn:oasis:names:tc:SAML:2.0:status:AuthnFailed"]
    assert len(found("//a:AuthnStatement", **knobs)) == 1


def test_attributes_take_one_value_or_several() -> None:
    attributes = {"mail": "a@example.org", "groups": ["x", "y"], "none": []}
    assert found("//a:Attribute/@Name", attributes=attributes) == ["mail", "groups", "none"]
    assert found("//a:AttributeValue/text()", attributes=attributes) == ["a@example.org", "x", "y"]


def test_no_value_is_nil() -> None:
    assert found("//a:AttributeValue/@xsi:nil", attributes={"a": None}) == ["true"]


def test_text_is_escaped() -> None:
    assert found(NAME_ID + "/text()", name_id="<&>\"'") == ["<&>\"'"]


def test_default_namespaces_leave_no_prefix() -> None:
    xml = FakeIdP().response(prefixes="default", sign="both").xml
    assert b"saml:" not in xml
    assert b"samlp:" not in xml
    assert b"ds:" not in xml


def test_pretty_is_indented_and_a_declaration_comes_first() -> None:
    assert b"\n  <samlp:Status>" in FakeIdP().response(pretty=True).xml
    assert FakeIdP().response(declaration=True).xml.startswith(b"<?xml")


def test_another_zone_is_written_in_utc() -> None:
    east = NOW.astimezone(timezone(timedelta(hours=9)))
    assert found("/p:Response/@IssueInstant", now=east) == ["2026-04-24T16:00:00Z"]


def test_edit_sees_the_response_before_it_is_signed() -> None:
    seen: list[etree._Element] = []
    FakeIdP().response(edit=seen.append)
    assert seen[0].tag == f"{{{NAMES['p']}}}Response"


def test_ids_differ_from_one_response_to_the_next() -> None:
    one, other = FakeIdP().response(), FakeIdP().response()
    ids = {one.response_id, one.assertion_id, other.response_id, other.assertion_id}
    assert len(ids) == 4


def test_a_naive_clock_is_refused() -> None:
    with pytest.raises(ValueError, match="aware"):
        ResponseSpec(now=NOW.replace(tzinfo=None))


def test_an_unknown_place_to_sign_is_refused() -> None:
    with pytest.raises(ValueError, match="sign='everything'"):
        ResponseSpec(sign="everything")


def test_an_unknown_knob_is_refused() -> None:
    with pytest.raises(TypeError):
        FakeIdP().response(nameid="alice")


def test_honest_may_be_said_out_loud() -> None:
    assert len(found("//@Destination", destination=HONEST)) == 1
