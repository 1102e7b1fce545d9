from __future__ import annotations

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction

from relyra_django.models import AuditEvent


def our_tables():
    return {n for n in connection.introspection.table_names() if n.startswith("relyra_django_")}


@pytest.mark.django_db(transaction=True)
def test_back_and_forth():
    before = our_tables()
    assert "relyra_django_connection" in before
    try:
        call_command("migrate", "relyra_django", "zero", verbosity=0)
        assert our_tables() == set()
    finally:
        call_command("migrate", "relyra_django", verbosity=0)
    assert our_tables() == before


@pytest.fixture
def event(db):
    return AuditEvent.objects.create(
        domain="connection",
        action="created",
        actor_kind="system",
        actor_label="system",
        cause="test",
    )


@pytest.mark.postgres
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE relyra_django_auditevent SET cause = 'another'",
        "DELETE FROM relyra_django_auditevent",
    ],
)
def test_postgresql_itself_keeps_the_ledger(event, statement):
    with (
        pytest.raises(IntegrityError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
    assert AuditEvent.objects.get().cause == "test"


@pytest.mark.postgres
def test_postgresql_lets_events_in(event):
    event.pk = None
    event._state.adding = True
    event.save()
    assert AuditEvent.objects.count() == 2
