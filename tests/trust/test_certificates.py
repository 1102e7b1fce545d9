from __future__ import annotations

import pytest

from relyra_django.exceptions import ErrorCode, RelyraError
from relyra_django.models import AuditEvent, Certificate, Connection
from relyra_django.saml import certificates as x509
from relyra_django.trust import audit, certificates, connections
from tests.trust.kit import ACTOR, draft, enabled, pem

pytestmark = pytest.mark.django_db

WHY = {"actor": ACTOR, "cause": "Rollover"}


def refusal(call, *args, reason):
    events = AuditEvent.objects.count()
    states = list(Certificate.objects.order_by("pk").values())
    with pytest.raises(RelyraError) as caught:
        call(*args, **WHY)
    assert caught.value.code is ErrorCode.INVALID_CONNECTION_RECORD
    assert caught.value.details["reason"] == reason
    assert caught.value.details["errors"]
    assert AuditEvent.objects.count() == events
    assert list(Certificate.objects.order_by("pk").values()) == states
    return caught.value.details


def timestamps(certificate):
    columns = ("staged_at", "activated_at", "retired_at")
    return [name for name in columns if getattr(certificate, name)]


class TestStage:
    def test_on_a_draft_it_is_active_at_once(self):
        connection = draft()
        certificate = certificates.stage(connection, pem(), **WHY)
        facts = x509.load(pem())
        stored = Certificate.objects.get()
        assert stored == certificate
        assert stored.connection == connection
        assert stored.lifecycle == "active"
        assert timestamps(stored) == ["activated_at"]
        assert stored.fingerprint_sha256 == facts.fingerprint_sha256
        assert stored.pem == facts.pem
        assert (stored.not_before, stored.not_after) == (facts.not_before, facts.not_after)
        assert (stored.party, stored.use, stored.source) == ("idp", "signing", "manual")

    @pytest.mark.parametrize("make", [enabled, lambda: connections.disable(enabled(), **WHY)])
    def test_else_it_is_next(self, make):
        certificate = certificates.stage(make(), pem("new"), **WHY)
        assert certificate.lifecycle == "next"
        assert timestamps(certificate) == ["staged_at"]

    def test_its_event(self):
        connection = enabled()
        certificate = certificates.stage(connection, pem("new"), source="import", **WHY)
        event = AuditEvent.objects.latest("pk")
        assert (event.domain, event.action, event.cause) == ("certificate", "staged", "Rollover")
        assert event.connection == connection
        assert event.diff_summary == {
            "fingerprint": certificate.fingerprint_sha256,
            "target_state": "next",
        }
        assert event.before_summary["next"] == []
        assert event.after_summary["next"] == [certificate.fingerprint_sha256]
        assert "BEGIN" not in str(event.after_summary)

    def test_it_counts_as_a_change_of_the_connection(self):
        connection = draft()
        certificates.stage(connection, pem(), **WHY)
        assert Connection.objects.get().lock_version == connection.lock_version + 1

    def test_bare_base64_is_the_same_certificate(self):
        connection = draft()
        first = certificates.stage(connection, pem(), **WHY)
        body = "".join(pem().splitlines()[1:-1])
        assert certificates.stage(connection, body, **WHY) == first

    def test_again_changes_nothing(self):
        connection = enabled()
        active = connection.certificates.get()
        staged = certificates.stage(connection, pem("new"), **WHY)
        events = AuditEvent.objects.count()
        version = Connection.objects.get().lock_version
        again = certificates.stage(connection, pem(), **WHY)
        assert (again, again.lifecycle, again.activated_at) == (
            active,
            "active",
            active.activated_at,
        )
        assert certificates.stage(connection, pem("new"), **WHY).lifecycle == "next"
        assert staged.staged_at == Certificate.objects.get(pk=staged.pk).staged_at
        assert AuditEvent.objects.count() == events
        assert Connection.objects.get().lock_version == version

    def test_a_retired_one_stays_retired(self):
        connection = enabled()
        staged = certificates.stage(connection, pem("new"), **WHY)
        certificates.activate(staged, **WHY)
        certificates.retire(connection.certificates.exclude(pk=staged.pk).get(), **WHY)
        refusal(certificates.stage, connection, pem(), reason="certificate_retired")

    @pytest.mark.parametrize("text", ["", "hello", "-----BEGIN CERTIFICATE-----"])
    def test_what_is_no_certificate(self, text):
        connection = draft()
        with pytest.raises(RelyraError) as caught:
            certificates.stage(connection, text, **WHY)
        assert caught.value.code is ErrorCode.UNTRUSTED_CERTIFICATE
        assert not Certificate.objects.exists()
        assert Connection.objects.get().lock_version == 1

    def test_not_without_a_cause(self):
        connection = draft()
        with pytest.raises(RelyraError) as caught:
            certificates.stage(connection, pem(), actor=ACTOR, cause="")
        assert caught.value.details["missing"] == ["cause"]
        assert not Certificate.objects.exists()

    def test_it_falls_with_its_event(self, monkeypatch):
        connection = draft()

        def fail(**kwargs):
            raise RuntimeError

        monkeypatch.setattr(audit, "record", fail)
        with pytest.raises(RuntimeError):
            certificates.stage(connection, pem(), **WHY)
        assert not Certificate.objects.exists()
        assert Connection.objects.get().lock_version == 1


class TestActivate:
    def test_beside_the_one_that_is_active(self):
        connection = enabled()
        staged = certificates.stage(connection, pem("new"), **WHY)
        active = certificates.activate(staged, **WHY)
        assert active.lifecycle == "active"
        assert timestamps(active) == ["activated_at"]
        assert connection.certificates.filter(lifecycle="active").count() == 2
        event = AuditEvent.objects.latest("pk")
        assert (event.action, event.diff_summary["target_state"]) == ("activated", "active")
        assert event.before_summary["next"] == [staged.fingerprint_sha256]
        assert len(event.after_summary["active"]) == 2

    def test_only_from_next(self):
        connection = enabled()
        active = connection.certificates.get()
        details = refusal(certificates.activate, active, reason="invalid_lifecycle_transition")
        assert (details["actual"], details["expected"]) == ("active", "active")
        assert details["fingerprint"] == active.fingerprint_sha256

    def test_the_row_decides_not_what_the_caller_holds(self):
        connection = enabled()
        staged = certificates.stage(connection, pem("new"), **WHY)
        certificates.activate(staged, **WHY)
        staged.lifecycle = "next"
        refusal(certificates.activate, staged, reason="invalid_lifecycle_transition")


class TestRetire:
    def two_active(self, *, days=3650):
        connection = enabled()
        old = connection.certificates.get()
        new = certificates.stage(connection, pem("new", days=days), **WHY)
        return old, certificates.activate(new, **WHY)

    def test_one_of_two(self):
        old, new = self.two_active()
        retired = certificates.retire(old, **WHY)
        assert retired.lifecycle == "retired"
        assert timestamps(retired) == ["retired_at"]
        event = AuditEvent.objects.latest("pk")
        assert event.action == "retired"
        assert event.after_summary["active"] == [new.fingerprint_sha256]
        assert event.after_summary["retired"] == [old.fingerprint_sha256]

    def test_not_the_last(self):
        active = enabled().certificates.get()
        refusal(certificates.retire, active, reason="last_active_certificate")

    def test_not_the_last_although_it_has_expired(self):
        connection = draft()
        expired = certificates.stage(connection, pem("old", days=-1), **WHY)
        refusal(certificates.retire, expired, reason="last_active_certificate")

    def test_not_when_only_expired_ones_would_be_left(self):
        old, new = self.two_active(days=-1)
        refusal(certificates.retire, old, reason="last_active_certificate")
        assert certificates.retire(new, **WHY).lifecycle == "retired"

    def test_others_of_another_kind_do_not_count(self):
        connection = enabled()
        active = connection.certificates.get()
        other = certificates.stage(connection, pem("sp"), **WHY)
        certificates.activate(other, **WHY)
        Certificate.objects.filter(pk=other.pk).update(party="sp")
        refusal(certificates.retire, active, reason="last_active_certificate")

    def test_one_that_was_staged_by_mistake(self):
        connection = enabled()
        staged = certificates.stage(connection, pem("wrong"), **WHY)
        assert certificates.retire(staged, **WHY).lifecycle == "retired"

    def test_not_twice(self):
        old, _new = self.two_active()
        certificates.retire(old, **WHY)
        refusal(certificates.retire, old, reason="invalid_lifecycle_transition")

    def test_cost(self, django_assert_max_num_queries):
        old, _new = self.two_active()
        old = Certificate.objects.get(pk=old.pk)
        with django_assert_max_num_queries(12):
            certificates.retire(old, **WHY)
