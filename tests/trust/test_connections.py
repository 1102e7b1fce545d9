from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.conf import settings
from django.test import override_settings

from relyra_django.exceptions import ErrorCode, RelyraError
from relyra_django.models import AuditEvent, Certificate, Connection
from relyra_django.models.public_id import is_public_id
from relyra_django.trust import audit, certificates, connections, locking, validation
from relyra_django.trust.audit import Actor
from tests.trust.kit import ACTOR, READY, draft, enabled, pem

pytestmark = pytest.mark.django_db

WHY = {"actor": ACTOR, "cause": "Ticket 7"}


def refusal(call, *args, reason, **kwargs):
    events = AuditEvent.objects.count()
    with pytest.raises(RelyraError) as caught:
        call(*args, **kwargs)
    assert caught.value.code is ErrorCode.INVALID_CONNECTION_RECORD
    assert caught.value.details["reason"] == reason
    assert AuditEvent.objects.count() == events
    assert all(isinstance(text, str) and text for text in caught.value.details["errors"].values())
    return caught.value.details["errors"]


def update(connection, **fields):
    return connections.update(
        connection, **{**WHY, "lock_version": connection.lock_version, **fields}
    )


class TestCreate:
    def test_a_draft_with_its_defaults(self):
        connection = connections.create(**WHY)
        stored = Connection.objects.get()
        assert stored == connection
        assert stored.status == "draft"
        assert is_public_id(stored.public_id)
        assert stored.lock_version == 1
        metadata = f"https://sp.example.com/saml/{stored.public_id}/metadata/"
        assert stored.sp_entity_id == metadata

    def test_its_audit_row(self):
        actor = Actor.command("root")
        connection = connections.create(actor=actor, cause="New customer", public_id="acme")
        event = AuditEvent.objects.get()
        assert event.connection == connection
        assert (event.domain, event.action) == ("connection", "created")
        assert (event.actor_kind, event.actor_label, event.cause) == (
            "command",
            "root",
            "New customer",
        )
        assert event.before_summary == {}
        assert event.after_summary["connection"]["public_id"] == "acme"
        assert event.after_summary["policy"]["signing"] == "either"
        assert event.diff_summary == {
            "changed_fields": ["public_id"],
            "status_transition": "->draft",
        }

    def test_a_chosen_public_id(self):
        assert connections.create(**WHY, public_id="acme").public_id == "acme"
        assert is_public_id(connections.create(**WHY, public_id="").public_id)

    @pytest.mark.parametrize("public_id", ["login", "Acme", "a", "01aryz6s41tsv4rrffq69g5fav"])
    def test_a_public_id_that_is_none(self, public_id):
        assert "public_id" in refusal(
            connections.create, **WHY, public_id=public_id, reason="invalid"
        )

    def test_a_public_id_that_is_taken(self):
        draft(public_id="acme")
        errors = refusal(connections.create, **WHY, public_id="acme", reason="invalid")
        assert list(errors) == ["public_id"]
        assert Connection.objects.count() == 1

    def test_a_given_entity_id_stays(self):
        assert draft(sp_entity_id="urn:acme:sp").sp_entity_id == "urn:acme:sp"

    def test_without_base_url_there_is_no_default(self):
        with override_settings(RELYRA={**settings.RELYRA, "BASE_URL": None}):
            assert draft().sp_entity_id == ""

    @pytest.mark.parametrize(
        "fields",
        [
            {"status": "enabled"},
            {"certificates": []},
            {"id": "x"},
            {"lock_version": 7},
            {"attribute_mappings": []},
            {"surprise": 1},
        ],
    )
    def test_what_is_not_given_here(self, fields):
        assert list(refusal(connections.create, **WHY, **fields, reason="invalid")) == list(fields)
        assert not Connection.objects.exists()

    @pytest.mark.parametrize("cause", ["", "  "])
    def test_not_without_a_cause(self, cause):
        with pytest.raises(RelyraError) as caught:
            connections.create(actor=ACTOR, cause=cause)
        assert caught.value.details["missing"] == ["cause"]
        assert not Connection.objects.exists()


class TestValidation:
    @pytest.mark.parametrize(
        ("fields", "wrong"),
        [
            ({"idp_sso_url": "http://idp.example.org/sso"}, "idp_sso_url"),
            ({"idp_sso_url": "https://idp.example.org/?RelayState=x"}, "idp_sso_url"),
            ({"idp_slo_url": "https://u:p@idp.example.org/"}, "idp_slo_url"),
            ({"acs_url": "/acs"}, "acs_url"),
            ({"slo_url": "nowhere"}, "slo_url"),
            ({"idp_entity_id": " https://idp.example.org"}, "idp_entity_id"),
            ({"idp_entity_id": "https://idp\n.example.org"}, "idp_entity_id"),
            ({"sp_entity_id": "x" * 1025}, "sp_entity_id"),
            ({"display_name": None}, "display_name"),
            ({"display_name": "x" * 256}, "display_name"),
            ({"provider_preset": "other"}, "provider_preset"),
            ({"signing": "none"}, "signing"),
            ({"clock_skew_seconds": 301}, "clock_skew_seconds"),
            ({"clock_skew_seconds": "soon"}, "clock_skew_seconds"),
            ({"clock_skew_seconds": -1}, "clock_skew_seconds"),
            ({"max_lifetime_seconds": 0}, "max_lifetime_seconds"),
            ({"max_issue_age_seconds": 86_401}, "max_issue_age_seconds"),
            ({"allow_unsolicited": "perhaps"}, "allow_unsolicited"),
            ({"scopes": "example.org"}, "scopes"),
            ({"scopes": [""]}, "scopes"),
            ({"scopes": ["a"] * 33}, "scopes"),
            ({"accepted_name_id_formats": [1]}, "accepted_name_id_formats"),
            ({"requested_authn_contexts": None}, "requested_authn_contexts"),
            ({"legacy_sha1_reason": "old"}, "legacy_sha1_reason"),
            ({"legacy_sha1_expires_at": datetime(2027, 1, 1, tzinfo=UTC)}, "legacy_sha1_reason"),
            ({"anchor": "attribute"}, "anchor_attribute"),
            ({"anchor_attribute": "uid"}, "anchor_attribute"),
            ({"anchor_scoped": True}, "anchor_scoped"),
            (
                {"anchor": "attribute", "anchor_attribute": "eppn", "anchor_scoped": True},
                "scopes",
            ),
        ],
    )
    def test_one_error_a_field(self, fields, wrong):
        assert wrong in refusal(connections.create, **WHY, **fields, reason="invalid")
        assert not Connection.objects.exists()

    @pytest.mark.parametrize(
        "fields",
        [
            {"idp_sso_url": "http://localhost:9000/sso"},
            {"clock_skew_seconds": 300},
            {"legacy_sha1_reason": "x", "legacy_sha1_expires_at": datetime(2027, 1, 1, tzinfo=UTC)},
            {
                "anchor": "attribute",
                "anchor_attribute": "eppn",
                "anchor_scoped": True,
                "scopes": ["example.org"],
            },
            {"idp_sso_binding": "post"},
            {"idp_sso_binding": "post", "sign_authn_requests": True},
            {"sign_authn_requests": True},
        ],
    )
    def test_positive(self, fields):
        connection = connections.create(**WHY, **fields)
        for name, value in fields.items():
            assert getattr(connection, name) == value

    def test_every_wrong_field_at_once(self):
        errors = refusal(
            connections.create,
            **WHY,
            idp_sso_url="nowhere",
            anchor_scoped=True,
            scopes="x",
            reason="invalid",
        )
        assert set(errors) == {"idp_sso_url", "anchor_scoped", "scopes"}

    def test_every_column_of_the_model_is_somebodys(self):
        managed = {
            "id",
            "public_id",
            "organization_digest",
            "status",
            "lock_version",
            "created_at",
            "updated_at",
            "federation_source",
            "active_metadata_revision",
            "last_known_good_metadata_revision",
        }
        columns = {field.name for field in Connection._meta.concrete_fields}
        assert columns == managed | set(validation.EDITABLE_FIELDS)


class TestUpdate:
    def test_the_row_and_its_event(self):
        connection = draft()
        changed = update(connection, display_name="Acme Corp", clock_skew_seconds=60)
        stored = Connection.objects.get()
        assert (stored.display_name, stored.clock_skew_seconds) == ("Acme Corp", 60)
        assert stored.lock_version == changed.lock_version == 2
        event = AuditEvent.objects.latest("pk")
        assert (event.action, event.cause) == ("updated", "Ticket 7")
        assert event.before_summary["connection"]["display_name"] == "Acme"
        assert event.after_summary["connection"]["display_name"] == "Acme Corp"
        assert event.diff_summary == {"changed_fields": ["clock_skew_seconds", "display_name"]}

    def test_a_change_of_nothing_is_not_recorded(self):
        connection = draft()
        same = update(connection, display_name="Acme")
        assert same.lock_version == 1
        assert AuditEvent.objects.count() == 1

    def test_an_empty_entity_id_is_the_metadata_url(self):
        connection = draft(public_id="acme", sp_entity_id="urn:sp")
        changed = update(connection, sp_entity_id="")
        assert changed.sp_entity_id == "https://sp.example.com/saml/acme/metadata/"

    def test_case_is_a_change(self):
        assert update(draft(), display_name="ACME").lock_version == 2

    def test_two_operators(self):
        connection = draft()
        update(connection, display_name="First")
        errors = refusal(
            connections.update,
            connection,
            **WHY,
            lock_version=1,
            display_name="Second",
            reason="conflict",
        )
        assert list(errors) == ["lock_version"]
        assert Connection.objects.get().display_name == "First"

    def test_a_row_that_is_gone(self):
        ghost = Connection(lock_version=1)
        with pytest.raises(RelyraError) as caught:
            update(ghost, display_name="x")
        assert caught.value.code is ErrorCode.CONNECTION_NOT_FOUND

    @pytest.mark.parametrize("name", ["status", "certificates", "public_id", "id", "lock_versions"])
    def test_what_is_not_changed_here(self, name):
        connection = draft()
        errors = refusal(
            connections.update, connection, **WHY, lock_version=1, **{name: "x"}, reason="invalid"
        )
        assert list(errors) == [name]
        assert Connection.objects.get().status == "draft"

    def test_a_refusal_changes_nothing(self):
        connection = draft()
        refusal(
            connections.update, connection, **WHY, lock_version=1, signing="none", reason="invalid"
        )
        stored = Connection.objects.get()
        assert (stored.signing, stored.lock_version) == ("either", 1)

    def test_an_enabled_one_stays_ready(self):
        connection = enabled()
        errors = refusal(
            connections.update,
            connection,
            **WHY,
            lock_version=connection.lock_version,
            idp_sso_url="",
            reason="not_ready",
        )
        assert list(errors) == ["idp_sso_url"]
        assert update(connection, idp_sso_url="https://idp.example.org/new").status == "enabled"

    def test_the_change_falls_with_its_event(self, monkeypatch):
        connection = draft()

        def fail(**kwargs):
            raise RuntimeError

        monkeypatch.setattr(audit, "record", fail)
        with pytest.raises(RuntimeError):
            update(connection, display_name="Other")
        assert Connection.objects.get().display_name == "Acme"
        assert Connection.objects.get().lock_version == 1

    def test_cost(self, django_assert_max_num_queries):
        connection = draft()
        with django_assert_max_num_queries(11):
            update(connection, display_name="Other")


class TestEnable:
    def test_when_it_is_ready(self):
        connection = draft()
        certificates.stage(connection, pem(), **WHY)
        changed = connections.enable(connection, **WHY)
        assert changed.status == Connection.objects.get().status == "enabled"
        event = AuditEvent.objects.latest("pk")
        assert event.action == "enabled"
        assert event.diff_summary["status_transition"] == "draft->enabled"
        assert event.after_summary["certificates"]["count"] == 1

    def test_one_error_for_each_missing_field(self):
        with override_settings(RELYRA={**settings.RELYRA, "BASE_URL": None}):
            connection = connections.create(**WHY)
            errors = refusal(connections.enable, connection, **WHY, reason="not_ready")
        assert set(errors) == {
            "sp_entity_id",
            "acs_url",
            "idp_entity_id",
            "idp_sso_url",
            "certificates",
        }
        assert Connection.objects.get().status == "draft"

    @pytest.mark.parametrize("name", ["idp_entity_id", "idp_sso_url"])
    def test_one_missing_field(self, name):
        connection = draft(**{name: ""})
        certificates.stage(connection, pem(), **WHY)
        assert list(refusal(connections.enable, connection, **WHY, reason="not_ready")) == [name]

    def test_an_override_stands_in_for_base_url(self):
        with override_settings(RELYRA={**settings.RELYRA, "BASE_URL": None}):
            connection = draft(acs_url="https://sp.example.com/acs", sp_entity_id="urn:sp")
            certificates.stage(connection, pem(), **WHY)
            assert connections.enable(connection, **WHY).status == "enabled"

    @pytest.mark.parametrize(
        "fields",
        [{"lifecycle": "next", "activated_at": None}, {"party": "sp"}, {"use": "encryption"}],
    )
    def test_another_certificate_does_not_count(self, fields):
        connection = draft()
        certificate = certificates.stage(connection, pem(), **WHY)
        Certificate.objects.filter(pk=certificate.pk).update(
            **{**fields, **({"staged_at": certificate.activated_at} if len(fields) > 1 else {})}
        )
        errors = refusal(connections.enable, connection, **WHY, reason="not_ready")
        assert list(errors) == ["certificates"]

    def test_a_certificate_that_cannot_be_read(self):
        connection = draft()
        certificates.stage(connection, pem(), **WHY)
        Certificate.objects.update(pem="broken")
        errors = refusal(connections.enable, connection, **WHY, reason="not_ready")
        assert list(errors) == ["certificates"]

    def test_an_expired_certificate_is_the_pinned_key_all_the_same(self):
        connection = draft()
        certificates.stage(connection, pem("old", days=-1), **WHY)
        assert connections.enable(connection, **WHY).status == "enabled"

    def test_not_twice(self):
        refusal(connections.enable, enabled(), **WHY, reason="invalid_transition")

    def test_not_without_a_cause(self):
        connection = draft()
        certificates.stage(connection, pem(), **WHY)
        with pytest.raises(RelyraError):
            connections.enable(connection, actor=ACTOR, cause=" ")
        assert Connection.objects.get().status == "draft"


class TestDisable:
    def test_and_enable_again(self):
        connection = connections.disable(enabled(), **WHY)
        assert connection.status == "disabled"
        event = AuditEvent.objects.latest("pk")
        assert (event.action, event.diff_summary["status_transition"]) == (
            "disabled",
            "enabled->disabled",
        )
        assert connections.enable(connection, **WHY).status == "enabled"

    def test_a_draft(self):
        assert connections.disable(draft(), **WHY).status == "disabled"

    def test_whatever_is_missing(self):
        connection = enabled()
        Connection.objects.update(idp_sso_url="")
        assert connections.disable(connection, **WHY).status == "disabled"

    def test_not_twice(self):
        connection = connections.disable(enabled(), **WHY)
        refusal(connections.disable, connection, **WHY, reason="invalid_transition")


def test_the_lock_counts_every_change():
    connection = draft()
    with locking.changing(connection) as row:
        assert row.lock_version == 2
    with locking.changing(connection, lock_version=2) as row:
        assert row.lock_version == 3


def test_ready_is_what_the_kit_says():
    assert connections.find_missing(draft(**READY)).keys() == {"certificates"}
