from __future__ import annotations

import re
import uuid
from datetime import UTC, datetime

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import IntegrityError, models, transaction
from django.db.models import ProtectedError

from relyra_django.models import (
    AttributeMapping,
    AuditEvent,
    Certificate,
    Connection,
    GroupMapping,
    ImmutableRecordError,
    MappingRevision,
    MetadataRevision,
    MetadataSource,
    UserIdentity,
)
from relyra_django.models import public_id as public_ids
from relyra_django.models.choices import labelled
from relyra_django.models.digest import digest_of
from relyra_django.models.policy import PolicyColumns
from relyra_django.saml.connection import ConnectionStatus, Hatch, Policy, Signing

MOMENT = datetime(2026, 5, 5, 12, tzinfo=UTC)
OURS = [model for model in apps.get_models() if model._meta.app_label == "relyra_django"]
APPEND_ONLY = [AuditEvent, MappingRevision]
KEPT = [Connection, Certificate, MetadataSource, MetadataRevision, *APPEND_ONLY]


def audit_event(**fields):
    given = {
        "domain": "connection",
        "action": "created",
        "actor_kind": "system",
        "actor_label": "system",
        "cause": "test",
    }
    return AuditEvent(**{**given, **fields})


def certificate(connection, **fields):
    given = {
        "connection": connection,
        "fingerprint_sha256": uuid.uuid4().hex * 2,
        "pem": "pem",
        "lifecycle": "active",
        "activated_at": MOMENT,
        "not_before": MOMENT,
        "not_after": MOMENT,
        "source": "manual",
    }
    return Certificate(**{**given, **fields})


def source(**fields):
    given = {
        "url": "https://idp.example.org/metadata",
        "registered_by": "ops",
        "registered_reason": "test",
    }
    return MetadataSource(**{**given, **fields})


def revision(**fields):
    given = {
        "source_kind": "xml_import",
        "trigger": "manual_import",
        "outcome": "applied",
        "state": "applied",
        "decided_at": MOMENT,
        "actor_kind": "system",
        "actor_label": "system",
        "cause": "test",
    }
    return MetadataRevision(**{**given, **fields})


def mapping_revision(**fields):
    given = {
        "action": "created",
        "actor_kind": "user",
        "actor_label": "ops",
        "cause": "test",
    }
    return MappingRevision(**{**given, **fields})


def identity(user, **fields):
    given = {
        "user": user,
        "subject_hash": uuid.uuid4().hex * 2,
        "connection_public_id": "acme",
        "issuer": "https://idp.example.org",
        "anchor_kind": "name_id",
        "anchor": "bob",
    }
    return UserIdentity(**{**given, **fields})


def is_refused(row):
    """Tell whether the database itself refuses the row."""
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        return True
    return False


@pytest.fixture
def connection(db):
    return Connection.objects.create()


class TestPublicId:
    def test_a_generated_one_is_a_ulid(self):
        generated = {public_ids.generate() for _ in range(200)}
        assert len(generated) == 200
        assert all(re.fullmatch("[0-7][0-9A-HJKMNP-TV-Z]{25}", each) for each in generated)
        assert all(public_ids.is_public_id(each) for each in generated)

    def test_it_begins_with_the_time(self, monkeypatch):
        monkeypatch.setattr(public_ids.time, "time_ns", lambda: 1469918176385 * 1_000_000)
        assert public_ids.generate().startswith("01ARYZ6S41")

    @pytest.mark.parametrize("value", ["acme", "a-1", "123", "x" * 63, "login-2", "0" * 27])
    def test_slugs(self, value):
        assert public_ids.is_public_id(value)
        public_ids.validate(value)

    @pytest.mark.parametrize(
        "value",
        [
            "",
            "ab",
            "x" * 64,
            "Acme",
            "acme ",
            "acme\n",
            "ac/me",
            "acmé",
            "a_b",
            "login",
            "discover",
            "complete",
            "health",
            "test",
            "01aryz6s41tsv4rrffq69g5fav",
            "01ARYZ6S41TSV4RRFFQ69G5FAU",
            "01ARYZ6S41TSV4RRFFQ69G5FA",
            "ac\x00me",
            None,
            7,
        ],
    )
    def test_what_is_none(self, value):
        assert not public_ids.is_public_id(value)
        with pytest.raises(ValidationError):
            public_ids.validate(value)

    def test_it_is_generated_and_unique(self, connection):
        assert public_ids.is_public_id(connection.public_id)
        assert is_refused(Connection(public_id=connection.public_id))
        assert not is_refused(Connection(public_id="another"))

    def test_it_never_changes(self, connection):
        connection.public_id = "another"
        with pytest.raises(ImmutableRecordError):
            connection.save()
        stored = Connection.objects.get(pk=connection.pk)
        stored.public_id = "another"
        with pytest.raises(ImmutableRecordError):
            stored.save()
        with pytest.raises(ImmutableRecordError):
            Connection.objects.update(public_id="another")
        assert Connection.objects.filter(public_id="another").count() == 0

    def test_everything_else_does(self, connection):
        connection.display_name = "Acme"
        connection.save()
        Connection.objects.update(display_name="Acme Corp")
        deferred = Connection.objects.only("display_name").get(pk=connection.pk)
        assert deferred.display_name == "Acme Corp"
        deferred.save()


class TestKeys:
    def test_aggregates_have_uuids(self):
        for model in [Connection, Certificate, MetadataSource, MetadataRevision, UserIdentity]:
            assert isinstance(model._meta.pk, models.UUIDField)

    def test_rows_and_records_have_numbers(self):
        for model in [AuditEvent, MappingRevision, AttributeMapping, GroupMapping]:
            assert isinstance(model._meta.pk, models.BigAutoField)

    def test_nothing_is_conditional(self):
        """MariaDB has neither partial indexes nor conditional constraints."""
        for model in OURS:
            assert all(index.condition is None for index in model._meta.indexes)
            unique = [c for c in model._meta.constraints if isinstance(c, models.UniqueConstraint)]
            assert all(c.condition is None and not c.expressions for c in unique)
            assert not model._meta.unique_together
            assert not [f.name for f in model._meta.fields if f.unique and not f.primary_key]

    def test_uniqueness_is_over_bounded_columns(self):
        bounded = (
            models.UUIDField,
            models.ForeignKey,
        )
        words = {"public_id", "target_field"}
        for model in OURS:
            for constraint in model._meta.constraints:
                if not isinstance(constraint, models.UniqueConstraint):
                    continue
                for name in constraint.fields:
                    field = model._meta.get_field(name)
                    digest = field.max_length == 64 if hasattr(field, "max_length") else False
                    assert isinstance(field, bounded) or digest or name in words

    def test_every_word_column_is_closed_by_a_constraint(self):
        for model in OURS:
            text = " ".join(str(constraint) for constraint in model._meta.constraints)
            for field in model._meta.fields:
                if field.choices:
                    assert f"{field.name}__in" in text, (model, field.name)

    def test_foreign_keys_protect(self):
        for model in OURS:
            for field in model._meta.fields:
                if isinstance(field, models.ForeignKey) and field.name != "user":
                    assert field.remote_field.on_delete is models.PROTECT

    def test_names_of_constraints_are_ours_and_unique(self):
        names = [c.name for model in OURS for c in model._meta.constraints]
        names += [index.name for model in OURS for index in model._meta.indexes]
        assert len(names) == len(set(names))
        assert all(name.startswith("relyra_") for name in names)


class TestNothingIsDeleted:
    @pytest.mark.parametrize("model", KEPT)
    def test_not_by_a_queryset(self, model, db):
        with pytest.raises(ImmutableRecordError):
            model.objects.all().delete()

    @pytest.mark.parametrize("model", KEPT)
    def test_not_by_the_row(self, model):
        with pytest.raises(ImmutableRecordError):
            model().delete()

    @pytest.mark.parametrize("model", [Connection, Certificate, MetadataSource, AuditEvent])
    def test_no_such_permission(self, model):
        assert "delete" not in model._meta.default_permissions

    def test_a_connection_holds_its_rules(self, connection):
        AttributeMapping.objects.create(
            connection=connection, source_attribute="mail", target_field="email"
        )
        with pytest.raises(ProtectedError):
            models.deletion.Collector(using="default").collect([connection])

    def test_a_users_identities_go_with_them(self, db, django_user_model):
        user = django_user_model.objects.create(username="bob")
        identity(user).save()
        user.delete()
        assert not UserIdentity.objects.exists()


class TestAppendOnly:
    def test_a_row_is_written_once(self, db):
        event = audit_event()
        event.save()
        event.cause = "another"
        with pytest.raises(ImmutableRecordError):
            event.save()
        with pytest.raises(ImmutableRecordError):
            AuditEvent.objects.get().save()
        assert AuditEvent.objects.get().cause == "test"

    def test_nor_by_a_queryset(self, db):
        audit_event().save()
        with pytest.raises(ImmutableRecordError):
            AuditEvent.objects.update(cause="another")
        with pytest.raises(ImmutableRecordError):
            AuditEvent.objects.bulk_update([AuditEvent.objects.get()], ["cause"])
        with pytest.raises(ImmutableRecordError):
            AuditEvent.objects.bulk_create([audit_event()], update_conflicts=True)
        with pytest.raises(ImmutableRecordError):
            AuditEvent.objects.update_or_create(domain="connection", defaults={"cause": "x"})
        assert [event.cause for event in AuditEvent.objects.all()] == ["test"]

    def test_rows_are_added_in_bulk(self, db):
        AuditEvent.objects.bulk_create([audit_event(), audit_event()])
        assert AuditEvent.objects.count() == 2

    def test_mapping_revisions_as_well(self, connection):
        mapping_revision(connection=connection).save()
        with pytest.raises(ImmutableRecordError):
            MappingRevision.objects.get().save()


class TestConstraints:
    @pytest.mark.parametrize(
        "fields",
        [
            {"status": "open"},
            {"status": ""},
            {"provider_preset": "other"},
            {"idp_sso_binding": "artifact"},
            {"signed_request_encoding": ""},
            {"provisioning": "always"},
            {"anchor": "email"},
            {"anchor": "attribute"},
            {"anchor_attribute": "uid"},
            {"anchor_scoped": True},
            {"signing": "none"},
            {"clock_skew_seconds": 301},
            {"max_lifetime_seconds": 0},
            {"max_lifetime_seconds": 86_401},
            {"max_issue_age_seconds": 0},
            {"lock_version": 0},
            {"legacy_sha1_reason": "old AD FS"},
            {"legacy_sha1_expires_at": MOMENT},
            {"legacy_aes_cbc_reason": "old AD FS"},
        ],
    )
    def test_connection(self, db, fields):
        assert is_refused(Connection(**fields))

    @pytest.mark.parametrize(
        "fields",
        [
            {"status": "enabled"},
            {"provider_preset": "okta"},
            {"anchor": "attribute", "anchor_attribute": "uid", "anchor_scoped": True},
            {"clock_skew_seconds": 300, "max_lifetime_seconds": 86_400},
            {"legacy_sha1_reason": "old AD FS", "legacy_sha1_expires_at": MOMENT},
        ],
    )
    def test_connection_positive(self, db, fields):
        assert not is_refused(Connection(**fields))

    @pytest.mark.parametrize(
        "fields",
        [
            {"fingerprint_sha256": "abc"},
            {"party": "other"},
            {"use": "both"},
            {"lifecycle": "expired"},
            {"lifecycle": "next"},
            {"lifecycle": "retired"},
            {"activated_at": None},
            {"staged_at": MOMENT},
            {"retired_at": MOMENT},
            {"lifecycle": "next", "staged_at": MOMENT},
        ],
    )
    def test_certificate(self, connection, fields):
        assert is_refused(certificate(connection, **fields))

    @pytest.mark.parametrize(
        "fields",
        [
            {},
            {"lifecycle": "next", "activated_at": None, "staged_at": MOMENT},
            {"lifecycle": "retired", "activated_at": None, "retired_at": MOMENT},
            {"party": "sp", "use": "encryption"},
        ],
    )
    def test_certificate_positive(self, connection, fields):
        assert not is_refused(certificate(connection, **fields))

    def test_a_fingerprint_is_there_once_a_connection(self, connection):
        first = certificate(connection)
        first.save()
        assert is_refused(certificate(connection, fingerprint_sha256=first.fingerprint_sha256))
        other = Connection.objects.create()
        assert not is_refused(certificate(other, fingerprint_sha256=first.fingerprint_sha256))

    @pytest.mark.parametrize(
        "fields",
        [
            {"kind": "file"},
            {"last_outcome": "fine"},
            {"refresh_cadence": "never"},
            {"auto_suspended_reason": "bored"},
            {"auto_suspended_until": MOMENT},
            {"consecutive_failure_count": 1},
            {"first_failure_at": MOMENT},
            {"url": ""},
            {"registered_by": ""},
            {"registered_reason": ""},
        ],
    )
    def test_source(self, db, fields):
        assert is_refused(source(**fields))

    def test_a_connection_has_one_source_and_a_federation_any_number(self, connection):
        assert not is_refused(source(connection=connection))
        assert is_refused(source(connection=connection))
        assert not is_refused(source(kind="aggregate"))
        assert not is_refused(source(kind="aggregate"))

    @pytest.mark.parametrize(
        "fields",
        [
            {"source_kind": "post"},
            {"trigger": "whim"},
            {"outcome": "fine"},
            {"state": "open"},
            {"state": "pending"},
            {"decided_at": None},
            {"actor_kind": "ghost"},
            {"actor_label": ""},
            {"cause": ""},
            {"connection": None},
        ],
    )
    def test_revision(self, connection, fields):
        assert is_refused(revision(**{"connection": connection, **fields}))

    def test_revision_positive(self, connection):
        assert not is_refused(revision(connection=connection))
        pending = {"state": "pending", "outcome": "held", "decided_at": None, "candidate": {"a": 1}}
        assert not is_refused(revision(connection=connection, **pending))
        federation = source(kind="aggregate")
        federation.save()
        assert not is_refused(revision(metadata_source=federation))

    def test_a_connection_may_come_from_a_federation(self, db):
        federation = source(kind="aggregate")
        federation.save()
        connection = Connection.objects.create(federation_source=federation)
        assert list(federation.federated_connections.all()) == [connection]

    @pytest.mark.parametrize(
        "fields",
        [
            {"domain": "login"},
            {"action": "looked"},
            {"actor_kind": ""},
            {"actor_label": ""},
            {"cause": ""},
        ],
    )
    def test_audit_event(self, db, fields):
        assert is_refused(audit_event(**fields))
        assert not is_refused(audit_event())

    @pytest.mark.parametrize(
        "fields", [{"action": "changed"}, {"actor_label": ""}, {"cause": ""}, {"actor_kind": "x"}]
    )
    def test_mapping_revision(self, connection, fields):
        assert is_refused(mapping_revision(connection=connection, **fields))

    def test_one_attribute_rule_a_field(self, connection):
        def rule(**fields):
            given = {"source_attribute": "mail", "target_field": "email"}
            return AttributeMapping(connection=connection, **{**given, **fields})

        assert not is_refused(rule())
        assert is_refused(rule(source_attribute="emailAddress"))
        assert is_refused(rule(target_field="is_superuser"))
        assert is_refused(rule(target_field="first_name", multivalue_strategy="last"))
        assert is_refused(rule(target_field="first_name", source_attribute=""))

    def test_group_rules(self, connection):
        def rule(**fields):
            given = {
                "source_attribute": "groups",
                "source_value": "Admins",
                "target": "group",
                "group_name": "Admins",
            }
            return GroupMapping(connection=connection, **{**given, **fields})

        assert not is_refused(rule())
        assert is_refused(rule())
        assert not is_refused(rule(source_value="admins"))
        assert not is_refused(rule(source_value="Admins "))
        assert not is_refused(rule(group_name="admins"))
        assert not is_refused(rule(target="is_staff", group_name=""))
        assert is_refused(rule(target="is_staff", group_name="x"))
        assert is_refused(rule(group_name="", source_value="other"))
        assert is_refused(rule(target="role"))

    def test_rules_get_their_digest_in_bulk(self, connection):
        rules = [
            GroupMapping(
                connection=connection,
                source_attribute="groups",
                source_value=value,
                target="is_staff",
            )
            for value in ("a", "b")
        ]
        GroupMapping.objects.bulk_create(rules)
        stored = set(GroupMapping.objects.values_list("rule_digest", flat=True))
        assert stored == {digest_of("groups", each, "is_staff", "") for each in ("a", "b")}

    def test_identity(self, db, django_user_model):
        user = django_user_model.objects.create(username="bob")
        first = identity(user)
        assert not is_refused(first)
        assert is_refused(identity(user, subject_hash=first.subject_hash))
        assert is_refused(identity(user, subject_hash="abc"))
        assert is_refused(identity(user, anchor_kind="email"))
        assert not is_refused(identity(user, connection=None, anchor="bob "))


class TestOrganization:
    def test_its_digest_follows(self, db):
        connection = Connection.objects.create(organization_id="Acme")
        assert connection.organization_digest == digest_of("Acme")
        connection.organization_id = "acme"
        connection.save()
        found = Connection.objects.get(organization_digest=digest_of("acme"))
        assert found.organization_id == "acme"
        assert not Connection.objects.filter(organization_digest=digest_of("Acme")).exists()

    def test_it_is_not_changed_without_it(self, connection):
        with pytest.raises(ImmutableRecordError):
            Connection.objects.update(organization_id="acme")

    def test_parts_do_not_run_together(self):
        assert digest_of("ab", "c") != digest_of("a", "bc")
        assert digest_of("a") == digest_of("a")
        assert len(digest_of("\ud800")) == 64


class TestPolicy:
    def test_the_defaults_are_the_strict_ones(self):
        assert Connection().to_policy() == Policy()

    def test_every_switch_has_its_column(self):
        columns = {field.name for field in PolicyColumns._meta.get_fields()}
        for name in Policy.__slots__:
            assert {name, f"{name}_reason"} & columns

    def test_columns_become_the_policy(self):
        policy = Connection(
            signing="both",
            allow_unsolicited=True,
            clock_skew_seconds=10,
            scopes=["example.org"],
            legacy_sha1_reason="old",
            legacy_sha1_expires_at=MOMENT,
        ).to_policy()
        assert policy.signing is Signing.BOTH
        assert policy.allow_unsolicited
        assert policy.clock_skew_seconds == 10
        assert policy.scopes == ("example.org",)
        assert policy.legacy_sha1 == Hatch(reason="old", expires_at=MOMENT)
        assert policy.legacy_aes_cbc is None

    @pytest.mark.parametrize(
        "fields", [{"signing": "none"}, {"scopes": "example.org"}, {"scopes": [1]}, {"scopes": {}}]
    )
    def test_what_no_policy_may_hold(self, fields):
        with pytest.raises(ValueError, match=r".+"):
            Connection(**fields).to_policy()


def test_a_label_for_each_word():
    with pytest.raises(TypeError, match="disabled"):
        labelled({ConnectionStatus.DRAFT: "Draft", ConnectionStatus.ENABLED: "Enabled"})


def test_names(connection):
    assert str(connection) == connection.public_id
    connection.display_name = "Acme"
    assert str(connection) == "Acme"
    assert str(certificate(connection, fingerprint_sha256="ab")) == "ab"
    assert "bob" not in str(UserIdentity(anchor="bob", connection_public_id="acme"))


def test_no_migration_is_missing(db):
    call_command("makemigrations", "relyra_django", check=True, dry_run=True, verbosity=0)
