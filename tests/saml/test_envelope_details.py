"""What operators are told of a message whose shape is wrong."""

from __future__ import annotations

import pytest
from lxml import etree

from relyra_django.saml import ErrorCode, RelyraError, envelope
from relyra_django.saml import constants as c
from relyra_django.saml.redaction import REDACTED
from tests.saml.judging import assert_refused, judge, mint

RESPONSE = f'<p:Response xmlns:p="{c.PROTOCOL_NS}" xmlns:a="{c.ASSERTION_NS}" %s>%s</p:Response>'
GOOD = 'Version="2.0" ID="_r"'
STATUS = "urn:oasis:names:tc:SAML:2.0:status:"


def refused(check, attributes: str = GOOD, content: str = "") -> RelyraError:
    with pytest.raises(RelyraError) as refusal:
        check(etree.fromstring(RESPONSE % (attributes, content)))
    return refusal.value


def test_what_the_root_is():
    with pytest.raises(RelyraError) as refusal:
        envelope.check_envelope(etree.fromstring('<x xmlns="urn:x"/>'))
    assert refusal.value.details == {"expected": c.SAMLP + "Response", "actual": "{urn:x}x"}


@pytest.mark.parametrize(
    ("attributes", "expected", "actual"),
    [
        ('Version="1.1" ID="_r"', "2.0", "1.1"),
        ('ID="_r"', "2.0", None),
        ('Version="2.0"', "ID", None),
        ('Version="2.0" ID=""', "ID", ""),
        ('Version="2.0" ID="alice smith"', "ID", REDACTED),
    ],
)
def test_which_attribute_is_wrong(attributes, expected, actual):
    envelope.check_version_and_id(etree.fromstring(RESPONSE % (GOOD, "")))
    refusal = refused(envelope.check_version_and_id, attributes)
    assert refusal.code is ErrorCode.MISSING_PROTOCOL_FIELD
    assert refusal.details == {"expected": expected, "actual": actual}


def test_which_status_there_is():
    judge(mint())
    refusal = assert_refused(
        ErrorCode.UNSUPPORTED_STATUS, mint(status="Responder", sub_status="AuthnFailed")
    )
    assert refusal.details == {
        "expected": STATUS + "Success",
        "actual": STATUS + "Responder",
        "second_level": STATUS + "AuthnFailed",
    }
    refusal = assert_refused(ErrorCode.UNSUPPORTED_STATUS, mint(status="Responder"))
    assert refusal.details["second_level"] is None


@pytest.mark.parametrize("count", [0, 2, 3])
def test_how_many_status_codes_there_are(count):
    refusal = refused(
        envelope.check_status, content=f"<p:Status>{'<p:StatusCode/>' * count}</p:Status>"
    )
    assert refusal.code is ErrorCode.MISSING_PROTOCOL_FIELD
    assert refusal.message == "There must be one StatusCode."
    assert refusal.details == {"expected": 1, "actual": count}


@pytest.mark.parametrize(
    ("content", "count"),
    [
        ("", 0),
        ("<a:Assertion/><a:Assertion/>", 2),
        ("<a:Assertion/><a:EncryptedAssertion/>", 2),
        ("<p:Extensions><a:Assertion/></p:Extensions>", 1),
    ],
)
def test_how_many_assertions_there_are(content, count):
    refusal = refused(envelope.sole_assertion, content=content)
    assert refusal.code is ErrorCode.AMBIGUOUS_ASSERTION
    assert refusal.details == {"expected": 1, "actual": count}
