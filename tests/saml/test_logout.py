"""The judges of logout messages: what they read, what they refuse, and in which order."""

from __future__ import annotations

import base64
from contextlib import suppress
from dataclasses import FrozenInstanceError, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from relyra_django.saml import (
    ErrorCode,
    Hatch,
    LogoutRequest,
    LogoutResponse,
    Policy,
    RelyraError,
    logout,
    redirect,
    validate_logout_request,
    validate_logout_response,
)
from relyra_django.saml import constants as c
from relyra_django.testing import FakeIdP, MintedLogout
from relyra_django.testing.encryption import Encryption
from relyra_django.testing.logout import deflated, joined
from relyra_django.testing.logout_spec import SESSION_INDEX
from tests.saml.judging import IDP, NOW

REQUEST_ID = "id_logout"
BINDINGS = ("post", "redirect")
LAX = {"require_signed_logout_request": False, "require_signed_logout_response": False}
FINGERPRINT = IDP.signing_key.certificate.fingerprint(hashes.SHA256()).hex()
LAST_SECOND = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)

both_bindings = pytest.mark.parametrize("binding", BINDINGS)


def request(**knobs: Any) -> MintedLogout:
    return IDP.logout_request(**{"now": NOW, **knobs})


def response(**knobs: Any) -> MintedLogout:
    return IDP.logout_response(**{"now": NOW, "in_response_to": REQUEST_ID, **knobs})


def judge(minted: MintedLogout, binding: str, *, now: datetime = NOW, **changes: Any) -> Any:
    """Judge a request or a response before a connection with these fields and this `policy`."""
    request_id = changes.pop("request_id", REQUEST_ID)
    policy = Policy(**changes.pop("policy", {}))
    connection = IDP.connection(**{"policy": policy, **changes})
    payload = minted.carried(binding)
    if minted.parameter == "SAMLRequest":
        return validate_logout_request(payload, connection, binding=binding, now=now)
    return validate_logout_response(
        payload, connection, binding=binding, request_id=request_id, now=now
    )


def assert_refused(
    code: ErrorCode, minted: MintedLogout, binding: str, **changes: Any
) -> RelyraError:
    with pytest.raises(RelyraError) as refusal:
        judge(minted, binding, **changes)
    assert refusal.value.code is code, refusal.value
    return refusal.value


@both_bindings
class TestWhatIsRead:
    def test_of_a_request(self, binding):
        minted = request(
            reason="urn:oasis:names:tc:SAML:2.0:logout:user",
            name_qualifier="https://idp.example.org/metadata",
            sp_name_qualifier="https://sp.example.com/saml/acme/metadata/",
            session_indexes=("_1", "_2"),
        )
        judged = judge(minted, binding)
        assert isinstance(judged, LogoutRequest)
        assert judged.connection_id == "acme"
        assert judged.message_id == minted.message_id
        assert judged.issuer == IDP.entity_id
        assert judged.issue_instant == NOW
        assert judged.signed is True
        assert judged.certificate_fingerprint == FINGERPRINT
        assert judged.name_id.value == "alice"
        assert judged.name_id.format == c.NAMEID_PERSISTENT
        assert judged.name_id.name_qualifier == "https://idp.example.org/metadata"
        assert judged.name_id.sp_name_qualifier == "https://sp.example.com/saml/acme/metadata/"
        assert judged.session_indexes == ("_1", "_2")
        assert judged.not_on_or_after == NOW + timedelta(minutes=5)
        assert judged.reason == "urn:oasis:names:tc:SAML:2.0:logout:user"
        assert judged.encrypted is False

    def test_of_a_response(self, binding):
        minted = response()
        judged = judge(minted, binding)
        assert isinstance(judged, LogoutResponse)
        assert (judged.connection_id, judged.issuer) == ("acme", IDP.entity_id)
        assert judged.message_id == minted.message_id
        assert judged.in_response_to == REQUEST_ID
        assert (judged.status, judged.second_level_status) == (c.STATUS_SUCCESS, None)
        assert (judged.signed, judged.partial) == (True, False)

    def test_what_may_be_left_out(self, binding):
        judged = judge(request(session_indexes=(), not_on_or_after=None), binding)
        assert judged.session_indexes == ()
        assert (judged.not_on_or_after, judged.reason, judged.relay_state) == (None, None, None)

    def test_algorithms(self, binding):
        digest = (c.SHA256,) if binding == "post" else ()
        assert judge(request(), binding).algorithms == (c.RSA_SHA256, *digest)
        judged = judge(request(encrypt_name_id=Encryption()), binding)
        assert judged.algorithms[-2:] == (c.AES256_GCM, c.RSA_OAEP_MGF1P)

    def test_an_encrypted_name(self, binding):
        judged = judge(request(encrypt_name_id=Encryption(), name_qualifier="q"), binding)
        assert judged.encrypted is True
        assert (judged.name_id.value, judged.name_id.name_qualifier) == ("alice", "q")

    def test_partial(self, binding):
        judged = judge(response(sub_status="PartialLogout"), binding)
        assert judged.partial is True
        assert judged.second_level_status == c.STATUS_PARTIAL_LOGOUT
        assert judge(response(sub_status="Other"), binding).partial is False

    def test_relay_state_travels_in_the_query_only(self, binding):
        expected = "rs x+y" if binding == "redirect" else None
        assert judge(request(relay_state="rs x+y"), binding).relay_state == expected
        assert judge(response(relay_state="rs x+y"), binding).relay_state == expected

    def test_nothing_personal_is_shown(self, binding):
        judged = judge(request(name_id="alice-the-secret", relay_state="rs_secret"), binding)
        assert "secret" not in repr(judged)
        assert SESSION_INDEX not in repr(judged)

        def provided(root):
            next(root.iter(c.SAML + "NameID")).set("SPProvidedID", "alice-at-ours")

        said = judge(request(reason="alice said so", edit=provided), binding)
        assert (said.reason, said.name_id.sp_provided_id) == ("alice said so", "alice-at-ours")
        assert "alice" not in repr(said)

    def test_results_are_frozen_and_nobody_else_makes_them(self, binding):
        judged = judge(request(), binding)
        with pytest.raises(FrozenInstanceError):
            judged.signed = False
        with pytest.raises(TypeError, match=r"^A logout message is made by its judge alone\.$"):
            replace(judged, seal=None)
        with pytest.raises(TypeError):
            replace(judge(response(), binding), seal=object())


@both_bindings
class TestSignature:
    def test_unsigned_is_refused(self, binding):
        for minted in (request(sign=False), response(sign=False)):
            assert_refused(ErrorCode.MISSING_SIGNATURE, minted, binding)

    def test_each_switch_is_for_one_message(self, binding):
        only_request = {"require_signed_logout_request": False}
        only_response = {"require_signed_logout_response": False}
        judged = judge(request(sign=False), binding, policy=only_request)
        assert judged.signed is False
        assert (judged.certificate_fingerprint, judged.algorithms) == (None, ())
        assert judge(response(sign=False), binding, policy=only_response).signed is False
        missing = ErrorCode.MISSING_SIGNATURE
        assert_refused(missing, request(sign=False), binding, policy=only_response)
        assert_refused(missing, response(sign=False), binding, policy=only_request)

    def test_one_that_is_there_must_verify_whatever_the_policy_says(self, binding):
        other = FakeIdP(name="stranger").logout_request(now=NOW)
        assert_refused(ErrorCode.INVALID_SIGNATURE, other, binding, policy=LAX)
        assert judge(request(), binding, policy=LAX).signed is True

    def test_unsigned_messages_obey_the_rules_all_the_same(self, binding):
        for code, knobs in {
            ErrorCode.ISSUER_MISMATCH: {"issuer": "https://other.example.net/"},
            ErrorCode.DESTINATION_MISMATCH: {"destination": "https://other.example.net/"},
            ErrorCode.LOGOUT_MESSAGE_EXPIRED: {"issue_instant": timedelta(days=-2)},
        }.items():
            assert_refused(code, request(sign=False, **knobs), binding, policy=LAX)
            assert_refused(code, response(sign=False, **knobs), binding, policy=LAX)

    def test_no_private_key_is_used_for_an_unsigned_name(self, binding):
        minted = request(sign=False, encrypt_name_id=Encryption())
        refusal = assert_refused(ErrorCode.DECRYPTION_FAILED, minted, binding, policy=LAX)
        assert refusal.details["reason"] == "unsigned"
        no_key = {"policy": LAX, "sp_decryption_keys": ("no key at all",)}
        assert_refused(ErrorCode.DECRYPTION_FAILED, minted, binding, **no_key)

    def test_the_second_certificate_will_do(self, binding):
        trusted = (FakeIdP(name="next").certificate_pem, IDP.certificate_pem)
        assert judge(request(), binding, idp_certificates=trusted).signed
        assert_refused(
            ErrorCode.INVALID_SIGNATURE, request(), binding, idp_certificates=trusted[:1]
        )
        assert_refused(ErrorCode.UNTRUSTED_CERTIFICATE, request(), binding, idp_certificates=())

    def test_sha1_needs_the_hatch(self, binding):
        minted = request(method_digest="sha1", digest="sha1")
        hatch = Hatch(reason="old", expires_at=NOW + timedelta(days=1))
        assert c.RSA_SHA1 in judge(minted, binding, policy={"legacy_sha1": hatch}).algorithms
        assert_refused(ErrorCode.DEPRECATED_ALGORITHM, minted, binding)

    def test_an_expired_certificate(self, binding):
        past = (NOW - timedelta(days=2), NOW - timedelta(days=1))
        idp = FakeIdP(name="past", validity=past)
        minted, trusted = idp.logout_request(now=NOW), (idp.certificate_pem,)
        assert judge(minted, binding, idp_certificates=trusted).signed
        strict = {"policy": {"refuse_expired_certificates": True}, "idp_certificates": trusted}
        assert_refused(ErrorCode.CERTIFICATE_EXPIRED, minted, binding, **strict)


class TestOnlyWhatWasSignedIsRead:
    def test_a_post_is_read_from_the_signed_bytes(self):
        """What lies in the signature is not covered by it, and is not in what is read."""
        minted = request()
        root = etree.fromstring(minted.xml)
        info = root.find(f"{c.DS}Signature/{c.DS}KeyInfo")
        etree.SubElement(info, c.SAML + "NameID").text = "admin"
        judged = judge(minted.with_xml(etree.tostring(root)), "post")
        assert judged.name_id.value == "alice"

    def test_a_stranger_s_query_is_never_inflated(self, monkeypatch):
        seen = []
        inflate = redirect.inflate
        monkeypatch.setattr(redirect, "inflate", lambda octets: seen.append(1) or inflate(octets))
        stranger = FakeIdP(name="stranger").logout_request(now=NOW)
        assert_refused(ErrorCode.INVALID_SIGNATURE, stranger, "redirect")
        assert_refused(ErrorCode.MISSING_SIGNATURE, request(sign=False), "redirect")
        assert seen == []
        judge(request(), "redirect")
        assert seen == [1]

    @given(st.data())
    def test_a_changed_octet_of_the_query_changes_nothing_or_is_refused(self, data):
        minted = data.draw(st.sampled_from(QUERIES))
        at = data.draw(st.integers(0, len(minted.query) - 1))
        octet = chr(data.draw(st.integers(0, 255)))
        changed = minted.with_query(minted.query[:at] + octet + minted.query[at + 1 :])
        expected = judge(minted, "redirect")
        with suppress(RelyraError):
            assert judge(changed, "redirect") == expected

    @given(st.data())
    def test_a_changed_octet_of_the_form_changes_nothing_or_is_refused(self, data):
        minted = data.draw(st.sampled_from(QUERIES))
        at = data.draw(st.integers(0, len(minted.xml) - 1))
        octet = bytes([data.draw(st.integers(0, 255))])
        changed = minted.with_xml(minted.xml[:at] + octet + minted.xml[at + 1 :])
        expected = judge(minted, "post")
        with suppress(RelyraError):
            assert judge(changed, "post") == expected

    @given(st.lists(st.integers(0, 9), min_size=1, max_size=8))
    def test_pieces_in_any_order_change_nothing_or_are_refused(self, order):
        minted = QUERIES[0]
        pieces = minted.query.split("&")
        shuffled = "&".join(pieces[at % len(pieces)] for at in order)
        expected = judge(minted, "redirect")
        with suppress(RelyraError):
            assert judge(minted.with_query(shuffled), "redirect") == expected


QUERIES = (
    IDP.logout_request(now=NOW, relay_state="rs x"),
    IDP.logout_request(now=NOW, escapes="lower"),
    IDP.logout_response(now=NOW, in_response_to=REQUEST_ID),
)


@both_bindings
class TestTimes:
    def test_the_window(self, binding):
        for make in (request, response):
            minted = make(issue_instant=-timedelta(hours=1))
            assert judge(minted, binding, policy={"max_issue_age_seconds": 3600})
            assert_refused(
                ErrorCode.LOGOUT_MESSAGE_EXPIRED,
                minted,
                binding,
                policy={"max_issue_age_seconds": 3599},
            )

    def test_the_future(self, binding):
        for make in (request, response):
            assert judge(make(issue_instant=timedelta(seconds=180)), binding)
            ahead = make(issue_instant=timedelta(seconds=181))
            assert_refused(ErrorCode.LOGOUT_MESSAGE_NOT_YET_VALID, ahead, binding)

    def test_the_end(self, binding):
        assert judge(request(not_on_or_after=timedelta(seconds=-179)), binding)
        over = request(not_on_or_after=timedelta(seconds=-180))
        assert_refused(ErrorCode.LOGOUT_MESSAGE_EXPIRED, over, binding)

    @pytest.mark.parametrize(
        ("not_on_or_after", "policy", "expected"),
        [
            (None, {}, timedelta(days=1)),
            (None, {"max_issue_age_seconds": 60}, timedelta(seconds=60)),
            (timedelta(minutes=5), {}, timedelta(minutes=8)),
            (timedelta(minutes=5), {"clock_skew_seconds": 0}, timedelta(minutes=5)),
            (timedelta(minutes=5), {"max_issue_age_seconds": 60}, timedelta(seconds=60)),
            (timedelta(hours=23, minutes=59), {}, timedelta(days=1)),
            (LAST_SECOND, {}, timedelta(days=1)),
        ],
    )
    def test_how_long_it_must_be_remembered(self, binding, not_on_or_after, policy, expected):
        minted = request(not_on_or_after=not_on_or_after)
        judged = judge(minted, binding, policy=policy)
        assert judged.replay_expires_at >= NOW + expected + timedelta(seconds=300)
        last = NOW + expected - timedelta(seconds=1)
        assert judge(minted, binding, policy=policy, now=last)
        over = NOW + expected + timedelta(seconds=1)
        assert_refused(ErrorCode.LOGOUT_MESSAGE_EXPIRED, minted, binding, policy=policy, now=over)

    @pytest.mark.parametrize(
        ("not_on_or_after", "policy", "expected"),
        [
            (None, {}, timedelta(days=1)),
            (None, {"max_issue_age_seconds": 60}, timedelta(days=1)),
            (timedelta(minutes=5), {}, timedelta(minutes=8)),
            (timedelta(minutes=5), {"clock_skew_seconds": 0}, timedelta(minutes=5)),
            (timedelta(minutes=5), {"max_issue_age_seconds": 60}, timedelta(minutes=8)),
            (timedelta(hours=23, minutes=59), {}, timedelta(days=1)),
            (LAST_SECOND, {"max_issue_age_seconds": 60}, timedelta(days=1)),
        ],
    )
    def test_and_no_longer(self, binding, not_on_or_after, policy, expected):
        judged = judge(request(not_on_or_after=not_on_or_after), binding, policy=policy)
        assert judged.replay_expires_at == NOW + expected + timedelta(seconds=300)

    def test_a_policy_that_is_loosened_later_lets_none_in_that_is_forgotten(self, binding):
        for not_on_or_after in (None, timedelta(minutes=5)):
            minted = request(not_on_or_after=not_on_or_after)
            strict = {"max_issue_age_seconds": 60, "clock_skew_seconds": 0}
            forgotten = judge(minted, binding, policy=strict).replay_expires_at
            loose = {"clock_skew_seconds": 300}
            assert judge(minted, binding, policy=loose, now=NOW + timedelta(minutes=9))
            assert_refused(
                ErrorCode.LOGOUT_MESSAGE_EXPIRED, minted, binding, policy=loose, now=forgotten
            )

    def test_a_response_must_be_remembered_for_the_window(self, binding):
        assert judge(response(), binding).replay_expires_at == NOW + timedelta(days=1, seconds=300)


@both_bindings
class TestRules:
    def test_a_connection_without_a_logout_address(self, binding):
        for slo_url in (None, ""):
            refusal = assert_refused(
                ErrorCode.CONNECTION_INVALID, request(), binding, slo_url=slo_url
            )
            assert refusal.details["field"] == "slo_url"

    def test_another_connection_s_message(self, binding):
        other = {"slo_url": "https://sp.example.com/saml/other/slo/"}
        assert_refused(ErrorCode.DESTINATION_MISMATCH, request(), binding, **other)
        other = {"idp_entity_id": "https://other.example.net/"}
        assert_refused(ErrorCode.ISSUER_MISMATCH, request(), binding, **other)

    @pytest.mark.parametrize("request_id", ["", None, "id_other", REQUEST_ID + " "])
    def test_a_response_answers_the_request(self, binding, request_id):
        code = ErrorCode.IN_RESPONSE_TO_MISMATCH
        assert_refused(code, response(), binding, request_id=request_id)
        for in_response_to in ("", None):
            minted = response(in_response_to=in_response_to)
            assert_refused(code, minted, binding, request_id=request_id)

    def test_status_is_the_last_of_all_rules(self, binding):
        refused = response(status="Responder", sub_status="RequestDenied", status_message="secret")
        refusal = assert_refused(ErrorCode.UNSUPPORTED_STATUS, refused, binding)
        assert refusal.details["second_level"].endswith(":RequestDenied")
        assert "secret" not in str(refusal.details)
        other = {"request_id": "id_other"}
        assert_refused(ErrorCode.IN_RESPONSE_TO_MISMATCH, refused, binding, **other)
        for knobs, code in (
            ({"issuer": "x:y"}, ErrorCode.ISSUER_MISMATCH),
            ({"destination": "x:y"}, ErrorCode.DESTINATION_MISMATCH),
            ({"issue_instant": timedelta(days=-2)}, ErrorCode.LOGOUT_MESSAGE_EXPIRED),
            ({"sign": False}, ErrorCode.MISSING_SIGNATURE),
        ):
            assert_refused(code, response(status="Responder", **knobs), binding)

    def test_names_are_not_in_the_details(self, binding):
        for knobs in ({"session_indexes": ("",)}, {"sp_name_qualifier": "x:y"}):
            with pytest.raises(RelyraError) as refusal:
                judge(request(name_id="alice-the-secret", **knobs), binding)
            assert "secret" not in str(refusal.value.details)

    def test_session_indexes_are_bounded(self, binding):
        most = tuple(map(str, range(100)))
        assert judge(request(session_indexes=most), binding).session_indexes == most
        assert_refused(ErrorCode.MALFORMED_XML, request(session_indexes=(*most, "x")), binding)

    def test_white_space_of_an_indented_message(self, binding):
        def indent(root):
            for element in (root.find(c.SAML + "NameID"), root.find(c.SAMLP + "SessionIndex")):
                element.text = f"\n    {element.text}\n  "

        judged = judge(request(edit=indent), binding)
        assert (judged.name_id.value, judged.session_indexes) == ("alice", (SESSION_INDEX,))

    def test_a_blank_counts(self, binding):
        judged = judge(request(name_id="alice ", session_indexes=(" _1",)), binding)
        assert (judged.name_id.value, judged.session_indexes) == ("alice ", (" _1",))


class TestWhateverComes:
    @pytest.mark.parametrize("binding", ["POST", "", "soap", None, 3, [], b"post"])
    def test_another_binding(self, binding):
        minted = request()
        for judged in (
            lambda: validate_logout_request(
                minted.encoded, IDP.connection(), binding=binding, now=NOW
            ),
            lambda: validate_logout_response(
                minted.encoded, IDP.connection(), binding=binding, request_id="x", now=NOW
            ),
        ):
            with pytest.raises(RelyraError) as refusal:
                judged()
            assert refusal.value.code is ErrorCode.INVALID_BINDING

    @pytest.mark.parametrize("payload", [None, 3, [], object()])
    @both_bindings
    def test_what_nobody_foresaw(self, payload, binding):
        with pytest.raises(RelyraError) as refusal:
            validate_logout_request(payload, IDP.connection(), binding=binding, now=NOW)
        assert refusal.value.code is ErrorCode.INTERNAL_PROTOCOL_ERROR
        assert refusal.value.details["stage"] == logout.ARRIVAL[binding][0][0]

    @both_bindings
    def test_a_clock_without_a_zone(self, binding):
        naive = NOW.replace(tzinfo=None)
        assert_refused(ErrorCode.INTERNAL_PROTOCOL_ERROR, request(), binding, now=naive)

    @both_bindings
    @given(st.one_of(st.text(max_size=300), st.binary(max_size=300)))
    def test_no_input_raises_anything_else(self, binding, payload):
        connection = IDP.connection(policy=Policy(**LAX))
        with pytest.raises(RelyraError) as refusal:
            validate_logout_request(payload, connection, binding=binding, now=NOW)
        assert refusal.value.code is not ErrorCode.INTERNAL_PROTOCOL_ERROR

    @both_bindings
    @given(st.binary(max_size=300))
    def test_no_message_raises_anything_else(self, binding, xml):
        connection = IDP.connection(policy=Policy(**LAX))
        pairs = [("SAMLResponse", deflated(xml))]
        payload = base64.b64encode(xml) if binding == "post" else joined(pairs)
        with pytest.raises(RelyraError) as refusal:
            validate_logout_response(
                payload, connection, binding=binding, request_id=REQUEST_ID, now=NOW
            )
        assert refusal.value.code is not ErrorCode.INTERNAL_PROTOCOL_ERROR

    def test_payloads_may_be_bytes(self):
        minted = request()
        for payload, binding in ((minted.encoded, "post"), (minted.query, "redirect")):
            judged = validate_logout_request(
                payload.encode(), IDP.connection(), binding=binding, now=NOW
            )
            assert judged.name_id.value == "alice"


def test_the_stages_can_be_read():
    """The signature before the message by redirect; the status after everything."""
    names = {binding: [name for name, _ in stages] for binding, stages in logout.ARRIVAL.items()}
    assert names["post"][-1] == "signature_verify"
    assert names["redirect"].index("signature_verify") < names["redirect"].index("decode")
    assert logout.RESPONSE_RULES[-1][0] == "status"
