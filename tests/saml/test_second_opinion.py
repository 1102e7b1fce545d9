"""What we accept, python3-saml in strict mode accepts too, and it reads the same in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st
from onelogin.saml2.errors import OneLogin_Saml2_ValidationError
from onelogin.saml2.response import OneLogin_Saml2_Response
from onelogin.saml2.settings import OneLogin_Saml2_Settings

from relyra_django.saml import RelyraError, ValidatedAssertion, validate_response
from relyra_django.saml import constants as c
from relyra_django.testing import FakeIdP
from relyra_django.testing.encryption import Encryption, sp_key
from relyra_django.testing.response_spec import ACS_URL, SP_ENTITY_ID
from tests.saml.judging import NOW, REQUEST_ID

Knobs = Mapping[str, Any]
REQUEST = {"https": "on", "http_host": "sp.example.com", "script_name": "/saml/acme/acs/"}
JUST_OVER = timedelta(seconds=-100)


@dataclass(frozen=True, kw_only=True, slots=True)
class Disagreement:
    """Something that we accept and python3-saml does not: `says` is part of what it answers."""

    name: str
    applies: Callable[[Knobs], bool]
    example: Knobs
    says: str
    reason: str

    def __str__(self) -> str:
        return self.name


DISAGREEMENTS = (
    Disagreement(
        name="no AuthnContext",
        applies=lambda knobs: knobs.get("authn_context", "") is None,
        example={"authn_context": None},
        says="saml-schema-protocol",
        reason="It holds every message to the XML schema, and there an AuthnStatement has an "
        "AuthnContext. Here the context counts only where one was asked for.",
    ),
    Disagreement(
        name="skew of the session",
        applies=lambda knobs: knobs.get("session_not_on_or_after") == JUST_OVER,
        example={"session_not_on_or_after": JUST_OVER},
        says="SessionNotOnOrAfter",
        reason="It grants 300 seconds of clock skew to Conditions and none to the session; one "
        "skew applies everywhere here, 180 seconds by default.",
    ),
    Disagreement(
        name="skew of the confirmation",
        applies=lambda knobs: knobs.get("subject_not_on_or_after") == JUST_OVER,
        example={"subject_not_on_or_after": JUST_OVER},
        says="A valid SubjectConfirmation was not found",
        reason="As for the session: it grants the confirmation no skew.",
    ),
    Disagreement(
        name="OAEP with a chosen MGF",
        applies=lambda knobs: bool(knobs.get("encrypt")) and knobs["encrypt"].mgf is not None,
        example={"encrypt": Encryption(transport="rsa-oaep", digest="sha256", mgf="sha256")},
        says="saml-schema-protocol",
        reason="Its schema is that of XML Encryption 1.0, which has no MGF element.",
    ),
)


@cache
def settings(idp: FakeIdP) -> OneLogin_Saml2_Settings:
    """Return python3-saml's strictest mode but for what it asks beyond the standard."""
    return OneLogin_Saml2_Settings(
        {
            "strict": True,
            "sp": {
                "entityId": SP_ENTITY_ID,
                "assertionConsumerService": {"url": ACS_URL},
                "privateKey": sp_key().private_key_pem,
                "x509cert": sp_key().certificate_pem,
            },
            "idp": {
                "entityId": idp.entity_id,
                "singleSignOnService": {"url": idp.sso_url},
                "x509cert": idp.certificate_pem,
            },
            "security": {
                "wantAttributeStatement": False,
                "wantNameId": False,
                "allowRepeatAttributeName": True,
                "rejectDeprecatedAlgorithm": True,
            },
        }
    )


def theirs(idp: FakeIdP, payload: str) -> OneLogin_Saml2_Response:
    """Judge it by python3-saml. Raises OneLogin_Saml2_ValidationError."""
    with time_machine.travel(NOW, tick=False):
        response = OneLogin_Saml2_Response(settings(idp), payload)
        response.is_valid({**REQUEST, "get_data": {}}, REQUEST_ID, raise_exceptions=True)
        return response


def mint(idp: FakeIdP, knobs: Knobs) -> str:
    return idp.response(**{"in_response_to": REQUEST_ID, "now": NOW, **knobs}).encoded


def ours(idp: FakeIdP, payload: str) -> ValidatedAssertion:
    return validate_response(payload, idp.connection(), request_id=REQUEST_ID, now=NOW)


def assert_reads_the_same(accepted: ValidatedAssertion, response: OneLogin_Saml2_Response) -> None:
    name = accepted.name_id
    # It takes white space off, and leaves out what is then empty.
    assert response.get_nameid() == (name and name.value.strip())
    assert response.get_nameid_format() == (name and name.format)
    assert response.get_attributes() == {
        attribute.name: [value.strip() for value in attribute.values if value.strip()]
        for attribute in accepted.attributes
    }
    assert response.get_session_index() == accepted.session_index
    assert response.get_assertion_id() == accepted.assertion_id


SECONDS = st.integers(-170, 170).map(lambda seconds: timedelta(seconds=seconds))
TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zs", "Zl", "Zp"]))
NAMES = st.one_of(TEXT.filter(bool), st.just("alice@example.org"))
HONEST_KNOBS = st.fixed_dictionaries(
    {},
    optional={
        "sign": st.sampled_from(["assertion", "response", "both"]),
        "digest": st.sampled_from(["sha256", "sha384", "sha512"]),
        "method_digest": st.sampled_from(["sha256", "sha384", "sha512"]),
        "key_info": st.sampled_from(["certificate", "none", "wrong"]),
        "inclusive_prefixes": st.sampled_from([(), ("xs",), ("saml", "samlp", "#default")]),
        "prefixes": st.sampled_from(["prefixed", "default"]),
        "pretty": st.booleans(),
        "declaration": st.booleans(),
        "name_id": st.one_of(st.none(), NAMES),
        "name_id_format": st.sampled_from([c.NAMEID_PERSISTENT, c.NAMEID_EMAIL]),
        "name_qualifier": st.sampled_from([None, "https://idp.example.org/metadata"]),
        "sp_name_qualifier": st.sampled_from([None, SP_ENTITY_ID]),
        "attributes": st.dictionaries(
            NAMES, st.one_of(st.none(), TEXT, st.lists(st.one_of(st.none(), TEXT), max_size=3))
        ),
        "attribute_name_format": st.sampled_from([None, "urn:oasis:names:tc:SAML:2.0:basic"]),
        "not_before": st.one_of(st.none(), st.just(timedelta(minutes=-5)), SECONDS),
        "not_on_or_after": st.one_of(st.none(), st.just(timedelta(minutes=10))),
        "subject_not_on_or_after": st.sampled_from([timedelta(minutes=1), JUST_OVER]),
        "issue_instant": SECONDS,
        "session_index": st.sampled_from([None, "_session"]),
        "session_not_on_or_after": st.sampled_from([None, timedelta(hours=8), JUST_OVER]),
        "authn_context": st.sampled_from([None, "urn:oasis:names:tc:SAML:2.0:ac:classes:X509"]),
        "audience": st.sampled_from(
            [SP_ENTITY_ID, ["urn:other", SP_ENTITY_ID], [[SP_ENTITY_ID], ["x", SP_ENTITY_ID]]]
        ),
        "encrypt": st.sampled_from(
            [
                None,
                Encryption(),
                Encryption(content="aes128-gcm", key_beside=True),
                Encryption(fragment=True),
                Encryption(transport="rsa-oaep", digest="sha256", mgf="sha256"),
            ]
        ),
    },
)
KEYS = st.sampled_from(["rsa", "pss", "ec", "ec384", "ec521"])


@given(KEYS, HONEST_KNOBS)
def test_what_we_accept_it_accepts(key, knobs):
    idp = FakeIdP(key=key)
    payload = mint(idp, knobs)
    try:
        accepted = ours(idp, payload)
    except RelyraError:
        return
    explained = [each.says for each in DISAGREEMENTS if each.applies(knobs)]
    try:
        response = theirs(idp, payload)
    except OneLogin_Saml2_ValidationError as refusal:
        if not any(says in str(refusal) for says in explained):
            raise
    else:
        assert_reads_the_same(accepted, response)


@pytest.mark.parametrize("key", ["rsa", "pss", "ec"])
@pytest.mark.parametrize("sign", ["assertion", "response", "both"])
@pytest.mark.parametrize("encrypt", [None, Encryption()], ids=["plain", "encrypted"])
def test_both_accept_the_honest_messages(key, sign, encrypt):
    idp = FakeIdP(key=key)
    payload = mint(idp, {"sign": sign, "encrypt": encrypt, "attributes": {"mail": "a@b"}})
    assert_reads_the_same(ours(idp, payload), theirs(idp, payload))


@pytest.mark.parametrize("disagreement", DISAGREEMENTS, ids=str)
def test_the_disagreements_are_there(disagreement):
    """One that is no more has to leave the list."""
    idp = FakeIdP()
    payload = mint(idp, disagreement.example)
    assert disagreement.reason
    assert disagreement.applies(disagreement.example)
    assert not any(disagreement.applies(each) for each in ({}, {"encrypt": Encryption()}))
    assert ours(idp, payload)
    with pytest.raises(OneLogin_Saml2_ValidationError, match=disagreement.says):
        theirs(idp, payload)


def test_it_refuses_too():
    """A control: the second opinion has one of its own."""
    idp = FakeIdP()
    stranger = FakeIdP(name="stranger")
    with pytest.raises(OneLogin_Saml2_ValidationError):
        theirs(idp, mint(stranger, {}))
    with pytest.raises(OneLogin_Saml2_ValidationError):
        theirs(idp, mint(idp, {"audience": "urn:other"}))
