"""The judge as a whole: its stages, what it tells, and that nobody else can write its verdict."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from relyra_django.saml import (
    ErrorCode,
    RelyraError,
    ValidatedAssertion,
    certificates,
    validate_response,
    validation,
)
from relyra_django.saml import constants as c
from relyra_django.saml.envelope import decode_response
from relyra_django.saml.judgement import Judgement
from relyra_django.saml.response import Signed
from relyra_django.saml.signature import SignedNode
from relyra_django.saml.stages import Outcome, StageResult
from relyra_django.testing.encryption import Encryption
from tests.saml.judging import CONNECTION, IDP, NOW, REQUEST_ID, assert_refused, judge, mint

NAMES = ["decode", *(name for name, _ in validation.STAGES)]


class TestCoverage:
    @pytest.mark.parametrize("signing", ["either", "assertion", "response", "both"])
    @pytest.mark.parametrize("sign", ["none", "assertion", "response", "both"])
    def test_what_must_be_signed(self, sign, signing):
        enough = sign != "none" and (signing == "either" or signing == sign or sign == "both")
        minted, policy = mint(sign=sign), {"signing": signing}
        if enough:
            assert judge(minted, policy=policy).signed == Signed(sign)
        else:
            assert_refused(ErrorCode.MISSING_SIGNATURE, minted, policy=policy)

    def test_facts_for_the_record(self):
        accepted = judge(mint(sign="both"))
        assert accepted.algorithms == (
            "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
            "http://www.w3.org/2001/04/xmlenc#sha256",
        )
        assert len(accepted.certificate_fingerprint) == 64
        assert not accepted.encrypted

    def test_ids_are_those_of_the_message(self):
        minted = mint()
        accepted = judge(minted)
        assert accepted.response_id == minted.response_id
        assert accepted.assertion_id == minted.assertion_id


class TestObserver:
    def test_hears_every_stage_pass(self):
        heard: list[StageResult] = []
        judge(mint(), observe=heard.append)
        assert [result.stage for result in heard] == NAMES
        assert {result.outcome for result in heard} == {Outcome.PASSED}

    def test_hears_what_failed_and_what_was_not_reached(self):
        heard: list[StageResult] = []
        assert_refused(ErrorCode.INVALID_AUDIENCE, mint(audience="urn:x"), observe=heard.append)
        assert [result.stage for result in heard] == NAMES
        failed = [result for result in heard if result.outcome is Outcome.FAILED]
        assert [(result.stage, result.code) for result in failed] == [
            ("audience", ErrorCode.INVALID_AUDIENCE)
        ]
        assert failed[0].expected == CONNECTION.sp_entity_id
        assert failed[0].actual == [["urn:x"]]
        after = heard[NAMES.index("audience") + 1 :]
        assert {result.outcome for result in after} == {Outcome.NOT_REACHED}

    def test_hears_of_bytes_that_cannot_be_read(self):
        heard: list[StageResult] = []
        with pytest.raises(RelyraError):
            validate_response("%", CONNECTION, request_id=None, now=NOW, observe=heard.append)
        assert heard[0].stage == "decode"
        assert heard[0].code is ErrorCode.INVALID_BINDING_PAYLOAD
        assert [result.stage for result in heard] == NAMES


class TestVerdict:
    def test_nobody_else_can_write_one(self):
        honest = judge(mint())
        fields = {f.name: getattr(honest, f.name) for f in dataclasses.fields(honest)}
        with pytest.raises(
            TypeError, match=r"^A ValidatedAssertion is made by validate_response\(\)"
        ):
            ValidatedAssertion(**fields, seal=object())

    def test_nor_change_one(self):
        honest = judge(mint())
        with pytest.raises(dataclasses.FrozenInstanceError):
            honest.issuer = "x"  # type: ignore[misc]
        with pytest.raises((TypeError, ValueError)):
            dataclasses.replace(honest, issuer="x")

    def test_says_nothing_personal_in_its_repr(self):
        def provided(root):
            next(root.iter(c.SAML + "NameID")).set("SPProvidedID", "carol-at-ours")

        accepted = judge(
            mint(name_id="carol", attributes={"mail": "carol@example.org"}, edit=provided)
        )
        assert accepted.name_id.sp_provided_id == "carol-at-ours"
        assert "carol" not in repr(accepted)
        assert accepted.session_index
        assert accepted.session_index not in repr(accepted)
        assert "BEGIN" not in repr(accepted)

    def test_values_by_name(self):
        accepted = judge(mint(attributes={"groups": ["a", "b"]}))
        assert accepted.values("groups") == ("a", "b")
        assert accepted.values("Groups") == ()


class TestNothingElseIsRaised:
    @pytest.mark.parametrize("payload", [None, 5, object(), [], {}])
    def test_arguments_that_are_not_text(self, payload):
        with pytest.raises(RelyraError) as refusal:
            validate_response(payload, CONNECTION, request_id=None, now=NOW)
        assert refusal.value.code is ErrorCode.INTERNAL_PROTOCOL_ERROR

    @pytest.mark.parametrize("payload", ["%", mint(audience="x").encoded])
    def test_a_refusal_is_not_its_own_cause(self, payload):
        with pytest.raises(RelyraError) as refusal:
            validate_response(payload, CONNECTION, request_id=REQUEST_ID, now=NOW)
        assert refusal.value.__cause__ is not refusal.value

    def test_the_end_of_time(self):
        end = datetime(9999, 12, 31, 23, 55, tzinfo=UTC)
        minted = mint(now=end, lifetime=timedelta(minutes=4))
        assert_refused(ErrorCode.INTERNAL_PROTOCOL_ERROR, minted, now=end)

    def test_a_defect_in_a_stage(self, monkeypatch):
        def broken(judgement):
            raise ZeroDivisionError

        stages = tuple(
            (name, broken if name == "audience" else stage) for name, stage in validation.STAGES
        )
        monkeypatch.setattr(validation, "STAGES", stages)
        refusal = assert_refused(ErrorCode.INTERNAL_PROTOCOL_ERROR, mint())
        assert refusal.details == {"stage": "audience", "reason": "ZeroDivisionError"}

    @given(st.binary(max_size=400) | st.text(max_size=400))
    def test_noise(self, payload):
        with pytest.raises(RelyraError):
            validate_response(payload, CONNECTION, request_id=REQUEST_ID, now=NOW)

    @given(st.data())
    @settings(suppress_health_check=[HealthCheck.too_slow])
    def test_one_byte_changed_never_changes_the_person(self, data):
        honest = mint(response_id="_r", assertion_id="_a")
        at = data.draw(st.integers(0, len(honest.xml) - 1))
        byte = data.draw(st.integers(0, 255))
        changed = honest.with_xml(honest.xml[:at] + bytes([byte]) + honest.xml[at + 1 :])
        try:
            accepted = judge(changed)
        except RelyraError:
            return
        assert accepted.name_id == judge(honest).name_id
        assert accepted.attributes == judge(honest).attributes

    @given(st.data())
    def test_a_stretch_copied_elsewhere_never_changes_the_person(self, data):
        honest = mint(sign="both", attributes={"role": "reader"})
        size = len(honest.xml)
        start = data.draw(st.integers(0, size))
        end = data.draw(st.integers(start, size))
        at = data.draw(st.integers(0, size))
        xml = honest.xml[:at] + honest.xml[start:end] + honest.xml[at:]
        try:
            accepted = judge(honest.with_xml(xml))
        except RelyraError:
            return
        assert accepted.name_id is not None
        assert accepted.name_id.value == "alice"
        assert accepted.values("role") == ("reader",)


class TestKeys:
    @pytest.mark.parametrize("key", ["rsa", "rsa3072", "pss", "ec", "ec384", "ec521"])
    @pytest.mark.parametrize("digest", ["sha256", "sha384", "sha512"])
    def test_every_algorithm_that_is_allowed(self, key, digest):
        from relyra_django.testing.fake_idp import FakeIdP

        idp = FakeIdP(key=key, digest=digest)
        minted = idp.response(in_response_to=REQUEST_ID, now=NOW, sign="both")
        accepted = validate_response(
            minted.encoded, idp.connection(), request_id=REQUEST_ID, now=NOW
        )
        assert accepted.signed is Signed.BOTH

    def test_every_active_certificate_is_tried(self):
        from relyra_django.testing.fake_idp import FakeIdP

        strangers = tuple(
            FakeIdP(name=name, key=key).certificate_pem
            for name, key in (("old", "rsa"), ("older", "ec"))
        )
        for trusted in (
            (IDP.certificate_pem, *strangers),
            (*strangers, IDP.certificate_pem),
        ):
            judge(mint(sign="both"), idp_certificates=trusted)
        assert_refused(ErrorCode.INVALID_SIGNATURE, mint(), idp_certificates=strangers)


def test_the_core_works_without_django():
    """The package says so; a process in which Django cannot be imported proves it."""
    script = (
        "import sys\n"
        "class Hide:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.split('.')[0] == 'django': raise ImportError(name)\n"
        "sys.meta_path.insert(0, Hide())\n"
        "from relyra_django.saml import validate_response, validation, metadata, authn_request\n"
        "assert 'django' not in sys.modules\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


class TestBelts:
    """What earlier stages already refuse, and this one would refuse by itself."""

    def bound(self, **nodes):
        root = decode_response(mint(sign="response").encoded).root
        judgement = Judgement(
            received=root, connection=CONNECTION, request_id=REQUEST_ID, now=NOW, **nodes
        )
        judgement.received_assertion = root.find(c.SAML + "Assertion")
        validation.bind_signed_bytes(judgement)
        return judgement

    def signed(self, minted, tag="Assertion"):
        root = decode_response(minted.encoded).root
        element = root if tag is None else root.find(c.SAML + tag)
        certificate = certificates.load(IDP.certificate_pem)
        return SignedNode(root=element, method="", digest_method="", certificate=certificate)

    def test_what_no_signature_covers_is_not_read(self):
        with pytest.raises(RelyraError) as refusal:
            self.bound()
        assert refusal.value.code is ErrorCode.MISSING_SIGNATURE

    def test_nor_what_is_still_encrypted(self):
        encrypted = self.signed(mint(encrypt=Encryption()), tag=None)
        with pytest.raises(RelyraError) as refusal:
            self.bound(signed_response=encrypted)
        assert refusal.value.code is ErrorCode.MISSING_SIGNATURE

    def test_two_signatures_are_about_one_assertion(self):
        first, second = mint(assertion_id="_a"), mint(assertion_id="_b")
        response = self.signed(first, tag=None)
        with pytest.raises(RelyraError) as refusal:
            self.bound(signed_response=response, signed_assertion=self.signed(second))
        assert refusal.value.code is ErrorCode.AMBIGUOUS_SIGNED_NODE
        own = self.signed(first)
        judgement = self.bound(signed_response=response, signed_assertion=own)
        assert judgement.assertion is own.root
        assert judgement.header is response.root
