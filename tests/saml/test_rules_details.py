"""What operators are told of a broken rule: what was expected, and what was there instead."""

from __future__ import annotations

from datetime import timedelta

import pytest
from lxml import etree

from relyra_django.saml import ErrorCode
from relyra_django.saml import constants as c
from relyra_django.saml.redaction import REDACTED
from relyra_django.testing.response_spec import ACS_URL, SP_ENTITY_ID
from tests.saml.judging import IDP, NOW, REQUEST_ID, assert_refused, judge, mint

OTHER = "https://other.example.com/"
OTHER_ID = "id_" + "2" * 40
SECOND, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)
SKEW = timedelta(seconds=180)


def add_condition(root: etree._Element) -> None:
    etree.SubElement(next(root.iter(c.SAML + "Conditions")), "{urn:x}Weather")


def at(offset: timedelta) -> str:
    return (NOW + offset).isoformat()


COMPARED = [
    (ErrorCode.ISSUER_MISMATCH, {"issuer": OTHER}, IDP.entity_id, OTHER),
    (ErrorCode.ISSUER_MISMATCH, {"response_issuer": OTHER}, IDP.entity_id, OTHER),
    (ErrorCode.DESTINATION_MISMATCH, {"destination": OTHER}, ACS_URL, OTHER),
    (ErrorCode.RECIPIENT_MISMATCH, {"recipient": OTHER}, ACS_URL, OTHER),
    (ErrorCode.RECIPIENT_MISMATCH, {"recipient": None}, ACS_URL, None),
    (
        ErrorCode.IN_RESPONSE_TO_MISMATCH,
        {"response_in_response_to": OTHER_ID},
        REQUEST_ID,
        OTHER_ID,
    ),
    (ErrorCode.IN_RESPONSE_TO_MISMATCH, {"subject_in_response_to": OTHER_ID}, REQUEST_ID, OTHER_ID),
    (ErrorCode.IN_RESPONSE_TO_MISMATCH, {"subject_in_response_to": None}, REQUEST_ID, None),
    (
        ErrorCode.INVALID_AUDIENCE,
        {"audience": [[SP_ENTITY_ID], [OTHER, "Our friend Alice"]]},
        SP_ENTITY_ID,
        [[SP_ENTITY_ID], [OTHER, REDACTED]],
    ),
    (ErrorCode.INVALID_AUDIENCE, {"audience": None}, SP_ENTITY_ID, []),
    (ErrorCode.UNSUPPORTED_CONDITION, {"edit": add_condition}, None, "{urn:x}Weather"),
    (ErrorCode.ASSERTION_EXPIRED, {"not_on_or_after": -SKEW}, at(timedelta()), at(-SKEW)),
    (ErrorCode.ASSERTION_EXPIRED, {"issue_instant": -DAY - SECOND}, at(timedelta()), None),
    (
        ErrorCode.ASSERTION_NOT_YET_VALID,
        {"not_before": SKEW + SECOND},
        at(timedelta()),
        at(SKEW + SECOND),
    ),
    (
        ErrorCode.SUBJECT_CONFIRMATION_EXPIRED,
        {"subject_not_on_or_after": -SKEW},
        at(timedelta()),
        at(-SKEW),
    ),
    (
        ErrorCode.SESSION_EXPIRED,
        {"session_not_on_or_after": -SKEW},
        at(timedelta()),
        at(-SKEW),
    ),
    (
        ErrorCode.ASSERTION_NOT_YET_VALID,
        {"authn_instant": SKEW + SECOND},
        at(timedelta()),
        at(SKEW + SECOND),
    ),
    (
        ErrorCode.ASSERTION_LIFETIME_EXCEEDED,
        {"not_on_or_after": DAY + SECOND},
        86_400,
        86_401.0,
    ),
]


@pytest.mark.parametrize(("code", "knobs", "expected", "actual"), COMPARED)
def test_both_values_are_told(code, knobs, expected, actual):
    judge(mint())
    refusal = assert_refused(code, mint(**knobs))
    assert refusal.details.get("expected") == expected
    if "issue_instant" not in knobs:
        assert refusal.details.get("actual") == actual


def test_the_context_that_was_asked_for():
    asked = {"required_authn_contexts": ("urn:a", "urn:b")}
    judge(mint(authn_context="urn:b"), **asked)
    refusal = assert_refused(ErrorCode.AUTHN_CONTEXT_MISMATCH, mint(authn_context="urn:c"), **asked)
    assert refusal.details == {"expected": ("urn:a", "urn:b"), "actual": "urn:c"}


def test_when_we_insisted_on_a_new_login():
    asked = {"force_authn_since": NOW}
    judge(mint(authn_instant=-SKEW), **asked)
    refusal = assert_refused(ErrorCode.AUTHN_TOO_OLD, mint(authn_instant=-SKEW - SECOND), **asked)
    assert refusal.details == {"expected": NOW.isoformat(), "actual": at(-SKEW - SECOND)}


@pytest.mark.parametrize(
    ("name", "facts"),
    [
        ("SPNameQualifier", {"sp_name_qualifier": OTHER}),
        ("Format", {"name_id_format": c.NAMEID_EMAIL}),
    ],
)
def test_what_does_not_fit_of_a_name(name, facts):
    policy = {"accepted_name_id_formats": (c.NAMEID_PERSISTENT,)}
    judge(mint(), policy=policy)
    refusal = assert_refused(ErrorCode.NAME_ID_NOT_ACCEPTED, mint(**facts), policy=policy)
    assert refusal.details["part"] == name
    assert refusal.details["actual"] in facts.values()
    assert refusal.details["expected"] == (None if name != "Format" else (c.NAMEID_PERSISTENT,))


@pytest.mark.parametrize(
    "name", ["Issuer", "Subject", "Conditions", "AuthnStatement", "SubjectConfirmationData"]
)
@pytest.mark.parametrize("times", [0, 2])
def test_how_many_there_are_of_what_there_must_be_one(name, times):
    def edit(root):
        assertion = root.find(c.SAML + "Assertion")
        element = next(assertion.iter(c.SAML + name))
        parent = element.getparent()
        for _ in range(times):
            parent.append(etree.fromstring(etree.tostring(element, with_tail=False)))
        parent.remove(element)

    refusal = assert_refused(ErrorCode.MISSING_PROTOCOL_FIELD, mint(edit=edit))
    assert refusal.message == f"There must be one {name}."
    assert refusal.details == {"expected": 1, "actual": times}


@pytest.mark.parametrize("name", ["NameID", "AuthnContextClassRef"])
def test_how_many_there_are_of_what_there_may_be_one(name):
    def edit(root):
        element = next(root.iter(c.SAML + name))
        element.addnext(etree.fromstring(etree.tostring(element, with_tail=False)))

    refusal = assert_refused(ErrorCode.MISSING_PROTOCOL_FIELD, mint(edit=edit))
    assert refusal.message == f"There must be one {name}."


@pytest.mark.parametrize(
    ("knobs", "expected"),
    [({"response_issuer": None}, "Issuer"), ({"destination": None}, ACS_URL)],
)
def test_what_the_envelope_lacks(knobs, expected):
    refusal = assert_refused(ErrorCode.MISSING_PROTOCOL_FIELD, mint(**knobs))
    assert refusal.details["expected"] == expected


def test_what_an_unsolicited_response_answers():
    minted = mint(in_response_to=None, response_in_response_to=OTHER_ID)
    asked = {"request_id": None, "policy": {"allow_unsolicited": True}}
    judge(mint(in_response_to=None), **asked)
    refusal = assert_refused(ErrorCode.IN_RESPONSE_TO_MISMATCH, minted, **asked)
    assert refusal.details == {"expected": None, "actual": OTHER_ID}


@pytest.mark.parametrize("name", ["IssueInstant", "AuthnInstant"])
def test_which_time_is_missing(name):
    def edit(root):
        for element in root.find(c.SAML + "Assertion").iter():
            element.attrib.pop(name, None)

    refusal = assert_refused(ErrorCode.MISSING_PROTOCOL_FIELD, mint(edit=edit))
    assert refusal.message == f"There is no {name}."
    assert refusal.details["expected"] == name


class TestEveryLimitCounts:
    """The replay key outlives the last limit, and the lifetime ends with it."""

    @pytest.mark.parametrize("limit", ["not_on_or_after", "subject_not_on_or_after"])
    def test_for_the_lifetime(self, limit):
        judge(mint(**{limit: DAY}))
        assert_refused(ErrorCode.ASSERTION_LIFETIME_EXCEEDED, mint(**{limit: DAY + SECOND}))

    @pytest.mark.parametrize("limit", ["not_on_or_after", "subject_not_on_or_after"])
    def test_for_the_replay_key(self, limit):
        accepted = judge(mint(**{limit: HOUR}))
        assert accepted.replay_expires_at == NOW + HOUR + timedelta(seconds=300)
        assert accepted.not_on_or_after == NOW + timedelta(minutes=5)


@pytest.mark.parametrize("method", ["urn:oasis:names:tc:SAML:2.0:cm:holder-of-key", "", None])
@pytest.mark.parametrize("place", ["before", "behind"])
def test_a_confirmation_by_another_method_is_passed_over(method, place):
    def edit(root):
        bearer = next(root.iter(c.SAML + "SubjectConfirmation"))
        other = etree.Element(c.SAML + "SubjectConfirmation")
        if method is not None:
            other.set("Method", method)
        (bearer.addprevious if place == "before" else bearer.addnext)(other)

    assert judge(mint(edit=edit)).not_on_or_after == NOW + timedelta(minutes=5)


def test_a_response_of_exactly_a_day_ago_is_not_too_old():
    times = {"authn_instant": -DAY, "not_on_or_after": timedelta(), "not_before": None}
    limit = {"subject_not_on_or_after": timedelta()}
    judge(mint(issue_instant=-DAY, **times, **limit))
    assert_refused(ErrorCode.ASSERTION_EXPIRED, mint(issue_instant=-DAY - SECOND, **times, **limit))


@pytest.mark.parametrize("length", [timedelta(), -SECOND])
def test_conditions_end_after_they_begin(length):
    start = timedelta(seconds=-10)
    judge(mint(not_before=start, not_on_or_after=start + SECOND))
    refusal = assert_refused(
        ErrorCode.ASSERTION_EXPIRED, mint(not_before=start, not_on_or_after=start + length)
    )
    assert refusal.details["actual"] == at(start + length)


def test_only_an_audience_is_an_audience():
    def edit(root):
        restriction = next(root.iter(c.SAML + "AudienceRestriction"))
        restriction[0].tag = "{urn:x}Audience"

    judge(mint())
    assert_refused(ErrorCode.INVALID_AUDIENCE, mint(edit=edit))


def test_a_confirmation_may_name_who_confirms():
    def edit(root):
        confirmation = next(root.iter(c.SAML + "SubjectConfirmation"))
        name = etree.Element(c.SAML + "NameID")
        name.text = "proxy"
        confirmation.insert(0, name)

    assert judge(mint(edit=edit)).name_id.value == "alice"
