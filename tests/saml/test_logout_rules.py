"""The rules of logout messages: what operators are told, and what is allowed at the very edge."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from lxml import etree

from relyra_django.saml import ErrorCode, Policy, RelyraError
from relyra_django.saml import constants as c
from relyra_django.saml.logout import validate_logout_request, validate_logout_response
from relyra_django.testing.encryption import Encryption
from relyra_django.testing.logout_spec import SLO_URL
from tests.saml.judging import IDP, NOW

OURS, OTHER = "id_" + "1" * 40, "id_" + "2" * 40
ELSEWHERE = "https://elsewhere.example.net/"
SECOND, DAY, SKEW = timedelta(seconds=1), timedelta(days=1), timedelta(seconds=180)
Edit = Callable[[etree._Element], None]


def request(connection: dict[str, Any] | None = None, **knobs: Any) -> Any:
    minted = IDP.logout_request(**{"now": NOW, **knobs})
    trusting = IDP.connection(**{"policy": Policy(), **(connection or {})})
    return validate_logout_request(minted.encoded, trusting, binding="post", now=NOW)


def response(**knobs: Any) -> Any:
    minted = IDP.logout_response(**{"now": NOW, "in_response_to": OURS, **knobs})
    return validate_logout_response(
        minted.encoded, IDP.connection(), binding="post", request_id=OURS, now=NOW
    )


def refusal_of(judge: Callable[..., Any], *arguments: Any, **knobs: Any) -> RelyraError:
    with pytest.raises(RelyraError) as refusal:
        judge(*arguments, **knobs)
    return refusal.value


def told(refusal: RelyraError) -> tuple[ErrorCode, str, dict[str, Any]]:
    return refusal.code, refusal.message, dict(refusal.details)


def add(tag: str, times: int = 1) -> Edit:
    def edit(root: etree._Element) -> None:
        for _ in range(times):
            etree.SubElement(root, tag)

    return edit


def drop(tag: str) -> Edit:
    return lambda root: root.remove(root.find(tag))


class TestShape:
    def test_the_other_message(self):
        minted = IDP.logout_response(now=NOW, in_response_to=OURS)
        refusal = refusal_of(
            validate_logout_request, minted.encoded, IDP.connection(), binding="post", now=NOW
        )
        assert told(refusal) == (
            ErrorCode.INVALID_LOGOUT_PAYLOAD,
            "The message is not the one that is expected here.",
            {"expected": c.SAMLP + "LogoutRequest", "actual": c.SAMLP + "LogoutResponse"},
        )

    @pytest.mark.parametrize(
        ("judge", "edit"),
        [
            (request, add("{urn:x}Other")),
            (request, add(c.SAMLP + "Status")),
            (request, add(c.SAML + "Assertion")),
            (request, add(c.SAML + "Issuer")),
            (request, add(c.SAML + "NameID")),
            (request, add(c.SAMLP + "Extensions", 2)),
            (response, add(c.SAML + "NameID")),
            (response, add(c.SAMLP + "SessionIndex")),
            (response, add(c.SAML + "Issuer")),
            (response, add(c.SAMLP + "Status")),
            (response, add(c.SAMLP + "Extensions", 2)),
        ],
    )
    def test_children_it_cannot_have(self, judge, edit):
        assert told(refusal_of(judge, edit=edit)) == (
            ErrorCode.MALFORMED_XML,
            "The message has children it cannot have.",
            {},
        )

    @pytest.mark.parametrize("judge", [request, response])
    def test_one_of_everything(self, judge):
        def edit(root: etree._Element) -> None:
            root.insert(1, etree.Element(c.SAMLP + "Extensions"))

        assert judge(edit=edit).signed


class TestAddresses:
    def test_no_issuer_or_another(self):
        assert told(refusal_of(request, edit=drop(c.SAML + "Issuer"))) == (
            ErrorCode.MISSING_PROTOCOL_FIELD,
            "There must be one Issuer.",
            {"expected": 1, "actual": 0},
        )
        refusal = refusal_of(response, issuer=ELSEWHERE)
        assert refusal.details == {"expected": IDP.entity_id, "actual": ELSEWHERE}

    def test_no_destination_or_another(self):
        assert told(refusal_of(request, destination=None)) == (
            ErrorCode.MISSING_PROTOCOL_FIELD,
            "The message has no Destination.",
            {"expected": SLO_URL, "actual": None},
        )
        refusal = refusal_of(response, destination=ELSEWHERE)
        assert refusal.details == {"expected": SLO_URL, "actual": ELSEWHERE}

    def test_an_empty_destination_is_another_one(self):
        assert refusal_of(request, destination="").code is ErrorCode.DESTINATION_MISMATCH

    def test_no_logout_address(self):
        assert told(refusal_of(request, {"slo_url": None})) == (
            ErrorCode.CONNECTION_INVALID,
            "The connection has no logout address.",
            {"field": "slo_url"},
        )


class TestTimes:
    @pytest.mark.parametrize(
        ("code", "knob", "offset", "last"),
        [
            (ErrorCode.LOGOUT_MESSAGE_NOT_YET_VALID, "issue_instant", SKEW + SECOND, SKEW),
            (ErrorCode.LOGOUT_MESSAGE_EXPIRED, "issue_instant", -DAY - SECOND, -DAY),
            (ErrorCode.LOGOUT_MESSAGE_EXPIRED, "not_on_or_after", -SKEW, -SKEW + SECOND),
        ],
    )
    def test_when_it_is_and_when_it_should_be(self, code, knob, offset, last):
        assert request(**{knob: last}).signed
        refusal = refusal_of(request, **{knob: offset})
        assert refusal.code is code
        assert refusal.details["expected"] == NOW.isoformat()
        assert refusal.details["actual"] == (NOW + offset).isoformat()

    @pytest.mark.parametrize("judge", [request, response])
    def test_no_time_at_all(self, judge):
        refusal = refusal_of(judge, issue_instant=None)
        assert told(refusal)[::2] == (
            ErrorCode.MISSING_PROTOCOL_FIELD,
            {"expected": "IssueInstant", "actual": None},
        )


class TestWho:
    def test_nobody(self):
        assert told(refusal_of(request, edit=drop(c.SAML + "NameID"))) == (
            ErrorCode.MISSING_PROTOCOL_FIELD,
            "There must be one NameID.",
            {"expected": 1, "actual": 0},
        )

    def test_two_of_different_kinds(self):
        refusal = refusal_of(request, edit=add(c.SAML + "EncryptedID"))
        assert refusal.code is ErrorCode.MISSING_PROTOCOL_FIELD
        assert refusal.details == {"expected": 1, "actual": 2}

    def test_somebody_else_s_name(self):
        refusal = refusal_of(request, sp_name_qualifier=ELSEWHERE)
        assert refusal.code is ErrorCode.NAME_ID_NOT_ACCEPTED
        assert refusal.details["part"] == "SPNameQualifier"

    def test_a_name_of_another_type(self):
        def edit(root: etree._Element) -> None:
            root.find(c.SAML + "NameID").tag = c.SAML + "BaseID"

        assert refusal_of(request, edit=edit).details["part"] == "element"

    def test_an_encrypted_name_that_nobody_signed(self):
        policy = {"policy": Policy(require_signed_logout_request=False)}
        assert request(policy, sign=False).encrypted is False
        refusal = refusal_of(request, policy, sign=False, encrypt_name_id=Encryption())
        assert told(refusal)[::2] == (ErrorCode.DECRYPTION_FAILED, {"reason": "unsigned"})

    def test_which_sessions(self):
        most = tuple(map(str, range(100)))
        assert request(session_indexes=most).session_indexes == most
        assert told(refusal_of(request, session_indexes=(*most, "x"))) == (
            ErrorCode.MALFORMED_XML,
            "There are too many SessionIndexes.",
            {"actual": 101},
        )

    @pytest.mark.parametrize("indexes", [("",), (" \n",), ("_1", "")])
    def test_an_empty_index_is_not_all_of_them(self, indexes):
        assert told(refusal_of(request, session_indexes=indexes)) == (
            ErrorCode.MISSING_PROTOCOL_FIELD,
            "A SessionIndex is empty.",
            {"expected": "SessionIndex", "actual": None},
        )


class TestAnswer:
    def test_to_another_request(self):
        refusal = refusal_of(response, in_response_to=OTHER)
        assert refusal.code is ErrorCode.IN_RESPONSE_TO_MISMATCH
        assert refusal.details == {"expected": OURS, "actual": OTHER}

    @pytest.mark.parametrize("second", [None, "RequestDenied"])
    def test_that_says_no(self, second):
        refusal = refusal_of(response, status="Responder", sub_status=second)
        status = "urn:oasis:names:tc:SAML:2.0:status:"
        assert told(refusal) == (
            ErrorCode.UNSUPPORTED_STATUS,
            "The identity provider did not sign the visitor out.",
            {
                "expected": c.STATUS_SUCCESS,
                "actual": status + "Responder",
                "second_level": second and status + second,
            },
        )
