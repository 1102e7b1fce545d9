"""What assertions and logout messages have in common, and what operators are told of it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from lxml import etree

from relyra_django.saml import ErrorCode, RelyraError, readings
from relyra_django.saml import constants as c
from relyra_django.saml.redaction import REDACTED

SP = "https://sp.example.com/metadata"
OTHER = "https://other.example.com/metadata"
OURS = "id_" + "1" * 40


def element(name: str, text: str = "", **attributes: str) -> etree._Element:
    made = etree.Element(c.SAML + name, attributes)
    made.text = text
    return made


def refused(code: ErrorCode, act, *arguments) -> dict[str, object]:
    with pytest.raises(RelyraError) as refusal:
        act(*arguments)
    assert refusal.value.code is code
    return dict(refusal.value.details)


class TestTimes:
    MOMENT = datetime(2026, 3, 14, 12, 0, tzinfo=UTC)

    def test_that_is_there(self):
        statement = element("AuthnStatement", AuthnInstant="2026-03-14T12:00:00Z")
        assert readings.instant(statement, "AuthnInstant") == self.MOMENT
        assert readings.optional_instant(statement, "AuthnInstant") == self.MOMENT

    def test_that_is_not(self):
        statement = element("AuthnStatement")
        assert readings.optional_instant(statement, "AuthnInstant") is None
        told = refused(
            ErrorCode.MISSING_PROTOCOL_FIELD, readings.instant, statement, "AuthnInstant"
        )
        assert told == {"expected": "AuthnInstant", "actual": None}


class TestName:
    def test_that_names_somebody(self):
        name = readings.name_id(
            element(
                "NameID",
                "alice",
                Format=f" {c.NAMEID_PERSISTENT}\n",
                NameQualifier="q",
                SPNameQualifier=SP,
                SPProvidedID="p",
            ),
            SP,
        )
        assert (name.value, name.format) == ("alice", c.NAMEID_PERSISTENT)
        assert (name.name_qualifier, name.sp_name_qualifier) == ("q", SP)
        assert name.sp_provided_id == "p"

    @pytest.mark.parametrize("written", [{}, {"Format": ""}, {"Format": " "}])
    def test_without_a_format(self, written):
        assert readings.name_id(element("NameID", "a", **written), SP).format == (
            c.NAMEID_UNSPECIFIED
        )

    @pytest.mark.parametrize("blank", ["", " ", "\n"])
    def test_that_names_nobody(self, blank):
        told = refused(
            ErrorCode.NAME_ID_NOT_ACCEPTED, readings.name_id, element("NameID", blank), SP
        )
        assert told == {"part": "value", "expected": None, "actual": "empty"}

    @pytest.mark.parametrize(("qualifier", "shown"), [(OTHER, OTHER), ("our friends", REDACTED)])
    def test_for_somebody_else(self, qualifier, shown):
        told = refused(
            ErrorCode.NAME_ID_NOT_ACCEPTED,
            readings.name_id,
            element("NameID", "alice", SPNameQualifier=qualifier),
            SP,
        )
        assert told == {"part": "SPNameQualifier", "expected": None, "actual": shown}

    def test_that_only_its_type_explains(self):
        readings.refuse_base_id(element("NameID", "alice"))
        told = refused(ErrorCode.NAME_ID_NOT_ACCEPTED, readings.refuse_base_id, element("BaseID"))
        assert told == {
            "part": "element",
            "expected": ("NameID", "EncryptedID"),
            "actual": "BaseID",
        }


def test_an_issuer_is_compared_as_a_whole():
    readings.check_issuer(element("Issuer", f"\n  {SP}\n"), SP)
    told = refused(
        ErrorCode.ISSUER_MISMATCH, readings.check_issuer, element("Issuer", SP + "/"), SP
    )
    assert told == {"expected": SP, "actual": SP + "/"}


def test_a_destination_is_compared_character_by_character():
    readings.check_destination(SP, SP)
    told = refused(ErrorCode.DESTINATION_MISMATCH, readings.check_destination, SP + " ", SP)
    assert told["expected"] == SP
    told = refused(ErrorCode.DESTINATION_MISMATCH, readings.check_destination, OTHER, SP)
    assert told == {"expected": SP, "actual": OTHER}


def test_the_refusals_that_both_make():
    early, late = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC)
    wrong = readings.wrong_request(OURS, OTHER)
    assert wrong.code is ErrorCode.IN_RESPONSE_TO_MISMATCH
    assert wrong.details == {"expected": OURS, "actual": OTHER}
    ahead = readings.too_early(ErrorCode.ASSERTION_NOT_YET_VALID, late, early)
    assert ahead.code is ErrorCode.ASSERTION_NOT_YET_VALID
    assert ahead.details == {"expected": early.isoformat(), "actual": late.isoformat()}
    over = readings.too_late(ErrorCode.SESSION_EXPIRED, early, late)
    assert over.code is ErrorCode.SESSION_EXPIRED
    assert over.details == {"expected": late.isoformat(), "actual": early.isoformat()}
