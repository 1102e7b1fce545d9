"""What operators are told of a logout message that never got as far as the rules."""

from __future__ import annotations

from typing import Any

import pytest
from lxml import etree

from relyra_django.saml import ErrorCode, Policy, RelyraError, logout
from relyra_django.saml import constants as c
from relyra_django.testing import MintedLogout
from relyra_django.testing.signing import SignatureStyle, sign
from tests.saml.judging import IDP, NOW

LAX = Policy(require_signed_logout_request=False, require_signed_logout_response=False)


def request(**knobs: Any) -> MintedLogout:
    return IDP.logout_request(**{"now": NOW, **knobs})


def judge(payload: str, binding: Any, policy: Policy | None = None) -> Any:
    connection = IDP.connection(policy=policy or Policy())
    return logout.validate_logout_request(payload, connection, binding=binding, now=NOW)


def told(*arguments: Any) -> tuple[ErrorCode, str, dict[str, Any]]:
    with pytest.raises(RelyraError) as refusal:
        judge(*arguments)
    return refusal.value.code, refusal.value.message, dict(refusal.value.details)


def without(query: str, name: str) -> str:
    return "&".join(piece for piece in query.split("&") if not piece.startswith(name + "="))


def test_another_binding():
    assert told(request().encoded, "soap") == (
        ErrorCode.INVALID_BINDING,
        "Logout messages come by these bindings only.",
        {"expected": ("post", "redirect")},
    )


def test_another_parameter():
    minted = IDP.logout_response(now=NOW, in_response_to="id_x")
    assert told(minted.query, "redirect") == (
        ErrorCode.INVALID_LOGOUT_PAYLOAD,
        "The parameter is not the one that is expected here.",
        {"expected": "SAMLRequest", "actual": "SAMLResponse"},
    )


def test_an_unsigned_form():
    minted = request(sign=False)
    assert told(minted.encoded, "post") == (
        ErrorCode.MISSING_SIGNATURE,
        "The message is not signed.",
        {},
    )
    assert judge(minted.encoded, "post", LAX).signed is False


@pytest.mark.parametrize("policy", [Policy(), LAX])
@pytest.mark.parametrize("name", ["SigAlg", "Signature"])
def test_half_a_signature_is_refused_whatever_the_policy_says(name, policy):
    query = request().query
    assert judge(query, "redirect", policy).algorithms == (c.RSA_SHA256,)
    assert told(without(query, name), "redirect", policy) == (
        ErrorCode.MISSING_SIGNATURE,
        "The query is not signed, or not wholly.",
        {},
    )


def test_an_unsigned_query():
    query = request(sign=False).query
    assert told(query, "redirect")[0] is ErrorCode.MISSING_SIGNATURE
    judged = judge(query, "redirect", LAX)
    assert (judged.signed, judged.certificate_fingerprint, judged.algorithms) == (False, None, ())


@pytest.mark.parametrize("policy", [Policy(), LAX])
def test_a_signature_inside_of_a_query(policy):
    def edit(root: etree._Element) -> None:
        sign(root, IDP.signing_key, SignatureStyle())

    assert told(request(edit=edit).query, "redirect", policy) == (
        ErrorCode.AMBIGUOUS_SIGNED_NODE,
        "A message in a query string has an XML signature.",
        {},
    )


@pytest.mark.parametrize("binding", ["post", "redirect"])
def test_the_stage_that_failed_by_a_defect_is_named(binding):
    code, _, details = told(None, binding)
    assert code is ErrorCode.INTERNAL_PROTOCOL_ERROR
    assert details["stage"] == {"post": "decode", "redirect": "query"}[binding]
