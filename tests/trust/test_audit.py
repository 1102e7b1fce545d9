from __future__ import annotations

import pytest
from django.db import connection as database
from django.db import transaction

from relyra_django.exceptions import ErrorCode, RelyraError
from relyra_django.models import AuditAction, AuditDomain, AuditEvent, Connection
from relyra_django.trust.audit import Actor, record

ACTOR = Actor.system()


def written(**fields):
    given = {
        "domain": AuditDomain.CONNECTION,
        "action": AuditAction.CREATED,
        "actor": ACTOR,
        "cause": "Ticket 7",
    }
    return record(**{**given, **fields})


@pytest.mark.django_db
class TestRecord:
    def test_one_row(self, django_assert_num_queries):
        connection = Connection.objects.create()
        with django_assert_num_queries(1):
            event = written(
                connection=connection,
                before={"status": "draft"},
                after={"status": "enabled"},
                diff={"changed_fields": ["status"]},
                correlation_id="abc",
            )
        stored = AuditEvent.objects.get()
        assert stored == event
        assert stored.connection == connection
        assert (stored.domain, stored.action) == ("connection", "created")
        assert (stored.actor_kind, stored.actor_id, stored.actor_label) == ("system", "", "system")
        assert stored.cause == "Ticket 7"
        assert stored.correlation_id == "abc"
        assert stored.before_summary == {"status": "draft"}
        assert stored.after_summary == {"status": "enabled"}
        assert stored.diff_summary == {"changed_fields": ["status"]}

    def test_a_correlation_id_is_made(self):
        assert len(written().correlation_id) == 32
        assert written().correlation_id != written().correlation_id

    def test_without_a_connection(self):
        assert written(domain=AuditDomain.AUDIT, action=AuditAction.ARCHIVED).connection is None

    def test_redacted(self):
        event = written(after={"name_id": "bob", "ok": 1}, diff={"who": "bob@example.org"})
        assert event.after_summary == {"name_id": "[REDACTED]", "ok": 1}
        assert event.diff_summary == {"who": "[REDACTED]"}

    @pytest.mark.parametrize(
        ("fields", "missing"),
        [
            ({"cause": ""}, ["cause"]),
            ({"cause": " \n"}, ["cause"]),
            ({"cause": "\x00"}, ["cause"]),
            ({"actor": Actor.system("")}, ["actor"]),
            ({"actor": Actor.command(" "), "cause": ""}, ["actor", "cause"]),
        ],
    )
    def test_actor_and_cause_are_mandatory(self, fields, missing):
        with pytest.raises(RelyraError) as caught:
            written(**fields)
        assert caught.value.code is ErrorCode.INVALID_CONNECTION_RECORD
        assert caught.value.details["missing"] == missing
        assert list(caught.value.details["errors"]) == missing
        assert not AuditEvent.objects.exists()

    def test_words_that_are_none(self):
        with pytest.raises(ValueError, match="login"):
            written(domain="login")
        with pytest.raises(ValueError, match="looked"):
            written(action="looked")


@pytest.mark.django_db(transaction=True)
class TestTransaction:
    def test_it_is_the_callers(self):
        with transaction.atomic():
            written()
            transaction.set_rollback(True)
        assert not AuditEvent.objects.exists()
        with transaction.atomic():
            written()
        assert AuditEvent.objects.count() == 1

    def test_there_must_be_one(self):
        assert not database.in_atomic_block
        with pytest.raises(RelyraError) as caught:
            written()
        assert caught.value.code is ErrorCode.INTERNAL_PROTOCOL_ERROR
        assert not AuditEvent.objects.exists()


class TestActor:
    def test_a_user(self, django_user_model):
        actor = Actor.from_user(django_user_model(pk=7, username="ops"))
        assert (actor.kind, actor.id, actor.label) == ("user", "7", "ops")

    def test_a_command(self):
        assert Actor.command("root@host").kind == "command"

    def test_the_system(self):
        assert (Actor.system().kind, Actor.system().label) == ("system", "system")
