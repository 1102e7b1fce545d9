"""Each rule by itself: the honest message passes, the same message but for one thing does not."""

from __future__ import annotations

from datetime import timedelta

import pytest
from lxml import etree

from relyra_django.saml import ErrorCode
from relyra_django.saml import constants as c
from relyra_django.testing import Encryption
from relyra_django.testing.response_spec import ACS_URL, SP_ENTITY_ID
from tests.saml.judging import IDP, NOW, REQUEST_ID, assert_refused, judge, mint

SECOND = timedelta(seconds=1)
SKEW = timedelta(seconds=180)
NEAR_MISSES = [
    ACS_URL + "/",
    ACS_URL[:-1],
    ACS_URL + "?x=1",
    ACS_URL + "#x",
    ACS_URL.upper(),
    ACS_URL.replace("https", "http"),
    ACS_URL.replace("sp.example.com", "sp.example.com:443"),
    ACS_URL.replace("sp.example.com", "sp.example.com.evil.example"),
    ACS_URL.replace("sp.example.com", "SP.example.com"),
    "https://evil.example/?" + ACS_URL,
    " " + ACS_URL,
    ACS_URL + " ",
    "",
]


def test_honest_response_is_accepted():
    accepted = judge(mint())
    assert accepted.name_id is not None
    assert accepted.name_id.value == "alice"
    assert accepted.connection_id == "acme"
    assert accepted.issuer == IDP.entity_id
    assert accepted.in_response_to == REQUEST_ID
    assert not accepted.unsolicited


class TestIssuer:
    @pytest.mark.parametrize("sign", ["assertion", "both"])
    @pytest.mark.parametrize(
        "issuer", ["https://idp.example.org/Metadata", "https://idp.example.org/metadata/", "x"]
    )
    def test_another_issuer(self, issuer, sign):
        judge(mint(sign=sign))
        assert_refused(ErrorCode.ISSUER_MISMATCH, mint(sign=sign, issuer=issuer))
        assert_refused(ErrorCode.ISSUER_MISMATCH, mint(sign=sign, response_issuer=issuer))

    def test_assertion_without_issuer(self):
        assert_refused(
            ErrorCode.MISSING_PROTOCOL_FIELD, mint(issuer=None, response_issuer=IDP.entity_id)
        )

    def test_white_space_round_the_issuer(self):
        def indent(root: etree._Element) -> None:
            for issuer in root.iter(c.SAML + "Issuer"):
                issuer.text = f"\n  {issuer.text}\n"

        judge(mint(edit=indent))

    def test_response_without_issuer_is_for_the_policy(self):
        unsigned = mint(response_issuer=None)
        assert_refused(ErrorCode.MISSING_PROTOCOL_FIELD, unsigned)
        judge(unsigned, policy={"allow_missing_response_issuer": True})

    def test_no_policy_lets_a_signed_response_lack_its_issuer(self):
        signed = mint(response_issuer=None, sign="both")
        assert_refused(
            ErrorCode.MISSING_PROTOCOL_FIELD, signed, policy={"allow_missing_response_issuer": True}
        )

    @pytest.mark.parametrize("sign", ["assertion", "response"])
    def test_no_policy_lets_the_envelope_of_an_encrypted_assertion_lack_its_issuer(self, sign):
        policy = {"allow_missing_response_issuer": True}
        judge(mint(sign=sign, encrypt=Encryption()), policy=policy)
        anonymous = mint(sign=sign, encrypt=Encryption(), response_issuer=None)
        assert_refused(ErrorCode.MISSING_PROTOCOL_FIELD, anonymous, policy=policy)

    def test_the_policy_excuses_absence_and_not_another_value(self):
        assert_refused(
            ErrorCode.ISSUER_MISMATCH,
            mint(response_issuer="https://other.example"),
            policy={"allow_missing_response_issuer": True},
        )


class TestDestination:
    @pytest.mark.parametrize("destination", NEAR_MISSES)
    @pytest.mark.parametrize("sign", ["assertion", "response"])
    def test_near_misses(self, destination, sign):
        judge(mint(sign=sign))
        assert_refused(ErrorCode.DESTINATION_MISMATCH, mint(sign=sign, destination=destination))

    def test_absence_is_for_the_policy_while_the_response_is_unsigned(self):
        absent = mint(destination=None)
        assert_refused(ErrorCode.MISSING_PROTOCOL_FIELD, absent)
        judge(absent, policy={"allow_missing_destination": True})
        assert_refused(
            ErrorCode.MISSING_PROTOCOL_FIELD,
            mint(destination=None, sign="response"),
            policy={"allow_missing_destination": True},
        )
        assert_refused(
            ErrorCode.DESTINATION_MISMATCH,
            mint(destination="https://other.example/"),
            policy={"allow_missing_destination": True},
        )


class TestInResponseTo:
    def test_both_places_count_in_a_solicited_login(self):
        judge(mint())
        for place in ("response_in_response_to", "subject_in_response_to"):
            for wrong in (None, "", "id_other", REQUEST_ID + " "):
                assert_refused(ErrorCode.IN_RESPONSE_TO_MISMATCH, mint(**{place: wrong}))

    def test_an_empty_request_is_answered_by_nobody(self):
        empty = mint(in_response_to="")
        assert_refused(ErrorCode.IN_RESPONSE_TO_MISMATCH, empty, request_id="")

    def test_unsolicited_is_for_the_policy(self):
        unsolicited = mint(in_response_to=None)
        refusal = assert_refused(ErrorCode.IDP_INITIATED_NOT_ALLOWED, unsolicited, request_id=None)
        assert refusal.details == {}
        accepted = judge(unsolicited, request_id=None, policy={"allow_unsolicited": True})
        assert accepted.unsolicited
        assert accepted.in_response_to is None

    @pytest.mark.parametrize("place", ["response_in_response_to", "subject_in_response_to"])
    def test_unsolicited_that_answers_somebody(self, place):
        assert_refused(
            ErrorCode.IN_RESPONSE_TO_MISMATCH,
            mint(in_response_to=None, **{place: "id_x"}),
            request_id=None,
            policy={"allow_unsolicited": True},
        )

    def test_unsolicited_cannot_stand_in_for_an_answer(self):
        assert_refused(
            ErrorCode.IN_RESPONSE_TO_MISMATCH,
            mint(in_response_to=None),
            policy={"allow_unsolicited": True},
        )


class TestTimes:
    def test_expired_at_equality(self):
        minted = mint(not_on_or_after=NOW, subject_not_on_or_after=timedelta(hours=1))
        judge(minted, now=NOW + SKEW - SECOND)
        assert_refused(ErrorCode.ASSERTION_EXPIRED, minted, now=NOW + SKEW)

    def test_confirmation_expired_at_equality(self):
        minted = mint(subject_not_on_or_after=NOW, not_on_or_after=timedelta(hours=1))
        judge(minted, now=NOW + SKEW - SECOND)
        assert_refused(ErrorCode.SUBJECT_CONFIRMATION_EXPIRED, minted, now=NOW + SKEW)

    def test_not_yet_valid_past_equality(self):
        minted = mint(
            not_before=NOW,
            issue_instant=timedelta(minutes=-10),
            authn_instant=timedelta(minutes=-10),
        )
        judge(minted, now=NOW - SKEW)
        assert_refused(ErrorCode.ASSERTION_NOT_YET_VALID, minted, now=NOW - SKEW - SECOND)

    def test_the_skew_is_the_connections(self):
        minted = mint(lifetime=timedelta(seconds=10))
        judge(minted, now=NOW + timedelta(seconds=60))
        assert_refused(
            ErrorCode.ASSERTION_EXPIRED,
            minted,
            now=NOW + timedelta(seconds=60),
            policy={"clock_skew_seconds": 0},
        )

    @pytest.mark.parametrize("bound", ["not_before", "not_on_or_after"])
    def test_either_bound_of_the_conditions_may_lack(self, bound):
        judge(mint(**{bound: None}))

    def test_issued_more_than_a_day_ago(self):
        lifetime = {"lifetime": timedelta(hours=23)}
        judge(
            mint(
                issue_instant=timedelta(hours=-23),
                not_on_or_after=timedelta(minutes=5),
                subject_not_on_or_after=timedelta(minutes=5),
            )
        )
        assert_refused(
            ErrorCode.ASSERTION_EXPIRED, mint(issue_instant=timedelta(hours=-24, seconds=-1))
        )
        assert_refused(
            ErrorCode.ASSERTION_EXPIRED,
            mint(issue_instant=timedelta(minutes=-2), **lifetime),
            policy={"max_issue_age_seconds": 60},
        )

    def test_issued_in_the_future(self):
        judge(mint(issue_instant=SKEW))
        assert_refused(ErrorCode.ASSERTION_NOT_YET_VALID, mint(issue_instant=SKEW + SECOND))

    def test_good_for_more_than_a_day(self):
        judge(mint(lifetime=timedelta(hours=24)))
        assert_refused(
            ErrorCode.ASSERTION_LIFETIME_EXCEEDED, mint(lifetime=timedelta(hours=24, seconds=1))
        )
        assert_refused(
            ErrorCode.ASSERTION_LIFETIME_EXCEEDED,
            mint(lifetime=timedelta(seconds=61)),
            policy={"max_lifetime_seconds": 60},
        )

    def test_replay_key_outlives_the_last_limit_by_the_cap_of_the_skew(self):
        accepted = judge(
            mint(
                not_on_or_after=timedelta(minutes=2), subject_not_on_or_after=timedelta(minutes=9)
            ),
            policy={"clock_skew_seconds": 0},
        )
        assert accepted.replay_expires_at == NOW + timedelta(minutes=14)
        assert accepted.not_on_or_after == NOW + timedelta(minutes=2)


class TestConfirmation:
    @pytest.mark.parametrize("recipient", [None, *NEAR_MISSES])
    def test_recipient(self, recipient):
        judge(mint())
        assert_refused(ErrorCode.RECIPIENT_MISMATCH, mint(recipient=recipient))

    def test_not_before_is_forbidden(self):
        assert_refused(
            ErrorCode.SUBJECT_CONFIRMATION_INVALID, mint(subject_not_before=timedelta(minutes=-5))
        )

    def test_not_on_or_after_is_required(self):
        assert_refused(
            ErrorCode.SUBJECT_CONFIRMATION_INVALID,
            mint(subject_not_on_or_after=None),
        )

    def test_another_method_is_no_confirmation(self):
        def holder_of_key(root: etree._Element) -> None:
            confirmation = next(root.iter(c.SAML + "SubjectConfirmation"))
            confirmation.set("Method", "urn:oasis:names:tc:SAML:2.0:cm:holder-of-key")

        assert_refused(ErrorCode.SUBJECT_CONFIRMATION_INVALID, mint(edit=holder_of_key))

    def test_no_data(self):
        def empty(root: etree._Element) -> None:
            confirmation = next(root.iter(c.SAML + "SubjectConfirmation"))
            confirmation.remove(confirmation[0])

        assert_refused(ErrorCode.MISSING_PROTOCOL_FIELD, mint(edit=empty))

    @pytest.mark.parametrize("position", [0, 1])
    def test_one_that_fits_is_enough(self, position):
        judge(mint(edit=_another_confirmation(position, Recipient="https://other.example/")))

    def test_none_that_fits_gives_the_reason_of_the_first(self):
        edit = _another_confirmation(0, Recipient="https://other.example/")
        assert_refused(ErrorCode.RECIPIENT_MISMATCH, mint(edit=edit, subject_in_response_to="x"))


def _another_confirmation(position: int, **changes: str):
    def edit(root: etree._Element) -> None:
        honest = next(root.iter(c.SAML + "SubjectConfirmation"))
        other = etree.fromstring(etree.tostring(honest))
        other[0].attrib.update(changes)
        (honest.addprevious if position == 0 else honest.addnext)(other)

    return edit


class TestConditions:
    def test_required(self):
        def without(root: etree._Element) -> None:
            conditions = next(root.iter(c.SAML + "Conditions"))
            conditions.getparent().remove(conditions)

        assert_refused(ErrorCode.MISSING_PROTOCOL_FIELD, mint(edit=without))

    @pytest.mark.parametrize("name", ["OneTimeUse", "ProxyRestriction"])
    def test_known_ones_are_kept(self, name):
        judge(mint(edit=_condition(c.SAML + name)))

    @pytest.mark.parametrize(
        "tag", [c.SAML + "Condition", "{urn:x}OneTimeUse", c.SAML + "Delegate"]
    )
    def test_unknown_ones_are_refused(self, tag):
        assert_refused(ErrorCode.UNSUPPORTED_CONDITION, mint(edit=_condition(tag)))


def _condition(tag: str):
    def edit(root: etree._Element) -> None:
        etree.SubElement(next(root.iter(c.SAML + "Conditions")), tag)

    return edit


class TestAudience:
    @pytest.mark.parametrize(
        "audience",
        [
            SP_ENTITY_ID,
            [SP_ENTITY_ID, "https://other.example"],
            ["https://other.example", SP_ENTITY_ID],
            [[SP_ENTITY_ID], ["x", SP_ENTITY_ID]],
        ],
    )
    def test_each_restriction_names_us(self, audience):
        judge(mint(audience=audience))

    @pytest.mark.parametrize(
        "audience",
        [
            None,
            [],
            [[]],
            "https://other.example",
            SP_ENTITY_ID + "/",
            SP_ENTITY_ID[:-1],
            SP_ENTITY_ID.upper(),
            [[SP_ENTITY_ID], ["https://other.example"]],
        ],
    )
    def test_any_restriction_that_does_not(self, audience):
        assert_refused(ErrorCode.INVALID_AUDIENCE, mint(audience=audience))


class TestSubject:
    def test_qualifiers_are_kept(self):
        accepted = judge(mint(name_qualifier="q", sp_name_qualifier=SP_ENTITY_ID))
        assert accepted.name_id is not None
        assert accepted.name_id.name_qualifier == "q"
        assert accepted.name_id.sp_name_qualifier == SP_ENTITY_ID

    def test_an_empty_qualifier_is_none(self):
        accepted = judge(mint(sp_name_qualifier=""))
        assert accepted.name_id is not None
        assert accepted.name_id.sp_name_qualifier is None

    def test_a_name_for_another_service(self):
        assert_refused(
            ErrorCode.NAME_ID_NOT_ACCEPTED, mint(sp_name_qualifier="https://other.example")
        )

    def test_formats_are_for_the_policy(self):
        policy = {"accepted_name_id_formats": (c.NAMEID_PERSISTENT,)}
        judge(mint(name_id_format=c.NAMEID_PERSISTENT), policy=policy)
        for refused in (c.NAMEID_EMAIL, c.NAMEID_TRANSIENT, None):
            assert_refused(
                ErrorCode.NAME_ID_NOT_ACCEPTED, mint(name_id_format=refused), policy=policy
            )

    def test_a_part_of_a_format_is_another_one(self):
        part = mint(name_id_format=c.NAMEID_PERSISTENT[:-4])
        for accepted in ((c.NAMEID_PERSISTENT,), c.NAMEID_PERSISTENT):
            policy = {"accepted_name_id_formats": accepted}
            assert_refused(ErrorCode.NAME_ID_NOT_ACCEPTED, part, policy=policy)

    def test_absent_format_is_unspecified(self):
        accepted = judge(mint(name_id_format=None))
        assert accepted.name_id is not None
        assert accepted.name_id.format == c.NAMEID_UNSPECIFIED

    def test_absent_name(self):
        assert judge(mint(name_id=None)).name_id is None

    @pytest.mark.parametrize("blank", ["", " ", "\n \n", "\t"])
    def test_empty_name(self, blank):
        assert_refused(ErrorCode.NAME_ID_NOT_ACCEPTED, mint(name_id=blank))

    @pytest.mark.parametrize("name", ["bob ", " bob", "BOB", "bo\u0301b", "b\u00f3b", "x" * 256])
    def test_names_are_kept_to_the_letter(self, name):
        accepted = judge(mint(name_id=name))
        assert accepted.name_id is not None
        assert accepted.name_id.value == name

    @pytest.mark.parametrize(
        ("written", "read"),
        [("\n    bob\n  ", "bob"), ("\n bob", "\n bob"), ("bob\n", "bob\n"), ("\nbob \n", "bob")],
    )
    def test_only_indentation_is_taken_off(self, written, read):
        accepted = judge(mint(name_id=written))
        assert accepted.name_id is not None
        assert accepted.name_id.value == read

    def test_an_element_in_the_name(self):
        def nest(root: etree._Element) -> None:
            etree.SubElement(next(root.iter(c.SAML + "NameID")), "{urn:x}b").text = "x"

        assert_refused(ErrorCode.MALFORMED_XML, mint(edit=nest))

    def test_two_names(self):
        def twice(root: etree._Element) -> None:
            name = next(root.iter(c.SAML + "NameID"))
            name.addnext(etree.fromstring(etree.tostring(name)))

        assert_refused(ErrorCode.MISSING_PROTOCOL_FIELD, mint(edit=twice))

    def test_encrypted_name(self):
        def encrypt(root: etree._Element) -> None:
            next(root.iter(c.SAML + "NameID")).tag = c.SAML + "EncryptedID"

        assert_refused(ErrorCode.DECRYPTION_FAILED, mint(edit=encrypt))

    def test_no_subject(self):
        def without(root: etree._Element) -> None:
            subject = next(root.iter(c.SAML + "Subject"))
            subject.getparent().remove(subject)

        assert_refused(ErrorCode.MISSING_PROTOCOL_FIELD, mint(edit=without))


class TestAuthnStatement:
    def test_facts_are_kept(self):
        accepted = judge(
            mint(
                session_index="_s1",
                session_not_on_or_after=timedelta(hours=8),
                authn_instant=timedelta(minutes=-3),
            )
        )
        assert accepted.session_index == "_s1"
        assert accepted.session_not_on_or_after == NOW + timedelta(hours=8)
        assert accepted.authn_instant == NOW - timedelta(minutes=3)

    def test_session_over(self):
        minted = mint(session_not_on_or_after=NOW)
        judge(minted, now=NOW + SKEW - SECOND)
        assert_refused(ErrorCode.SESSION_EXPIRED, minted, now=NOW + SKEW)

    def test_authenticated_in_the_future(self):
        assert_refused(ErrorCode.ASSERTION_NOT_YET_VALID, mint(authn_instant=SKEW + SECOND))

    def test_authenticated_before_we_insisted(self):
        old = mint(authn_instant=timedelta(hours=-1))
        judge(old)
        judge(mint(), force_authn_since=NOW)
        assert_refused(ErrorCode.AUTHN_TOO_OLD, old, force_authn_since=NOW)

    def test_authenticated_within_the_second_that_we_insisted_in(self):
        """An instant without a fraction lies before the moment that it stands for."""
        exact = {"policy": {"clock_skew_seconds": 0}, "now": NOW + SECOND}
        judge(mint(), force_authn_since=NOW + timedelta(milliseconds=999), **exact)
        assert_refused(ErrorCode.AUTHN_TOO_OLD, mint(), force_authn_since=NOW + SECOND, **exact)

    @pytest.mark.parametrize("times", [0, 2])
    def test_one_statement(self, times):
        def edit(root: etree._Element) -> None:
            statement = next(root.iter(c.SAML + "AuthnStatement"))
            statement.addnext(etree.fromstring(etree.tostring(statement)))
            if not times:
                for each in list(root.iter(c.SAML + "AuthnStatement")):
                    each.getparent().remove(each)

        assert_refused(ErrorCode.MISSING_PROTOCOL_FIELD, mint(edit=edit))

    def test_context_that_was_asked_for(self):
        mfa = "https://refeds.org/profile/mfa"
        accepted = judge(mint(authn_context=mfa), required_authn_contexts=(mfa, "x"))
        assert accepted.authn_context_class == mfa
        for other in (None, mfa + "/", "x "):
            if other != "x ":
                assert_refused(
                    ErrorCode.AUTHN_CONTEXT_MISMATCH,
                    mint(authn_context=other),
                    required_authn_contexts=(mfa,),
                )

    def test_a_part_of_what_was_asked_for_is_something_else(self):
        """A string in place of the tuple is a mistake, and must not be a lenient one."""
        strong = "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport"
        weak = mint(authn_context=strong.removesuffix("ProtectedTransport"))
        judge(mint(authn_context=strong), required_authn_contexts=(strong,))
        for required in ((strong,), strong):
            assert_refused(ErrorCode.AUTHN_CONTEXT_MISMATCH, weak, required_authn_contexts=required)

    @pytest.mark.parametrize("attribute", ["AuthnInstant", "SessionNotOnOrAfter"])
    @pytest.mark.parametrize(
        "written", ["yesterday", "2026-03-14", "2026-03-14T12:00:00", "2026-03-14T12:00:00+01:00"]
    )
    def test_a_time_that_is_none(self, attribute, written):
        def edit(root: etree._Element) -> None:
            next(root.iter(c.SAML + "AuthnStatement")).set(attribute, written)

        assert_refused(ErrorCode.INVALID_TIMESTAMP, mint(edit=edit))

    def test_missing_instant(self):
        assert_refused(ErrorCode.MISSING_PROTOCOL_FIELD, mint(authn_instant=None))
