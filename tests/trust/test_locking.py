from __future__ import annotations

import threading

import pytest
from django.db import connection as database

from relyra_django.exceptions import RelyraError
from relyra_django.models import Certificate, Connection
from relyra_django.trust import certificates, connections
from tests.trust.kit import ACTOR, enabled, pem

WHY = {"actor": ACTOR, "cause": "test"}
# SQLite in memory is one connection; its writers queue anyway.
TWO_SESSIONS = [
    pytest.param(vendor, marks=getattr(pytest.mark, vendor)) for vendor in ("postgres", "mariadb")
]


def at_once(*calls):
    """Run each call in a session of its own, started together; return what each came to."""
    barrier = threading.Barrier(len(calls))
    outcomes = []

    def run(call):
        barrier.wait(timeout=10)
        try:
            call()
            outcomes.append("done")
        except RelyraError as error:
            outcomes.append(error.details["reason"])
        finally:
            database.close()

    threads = [threading.Thread(target=run, args=[call]) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    return sorted(outcomes)


@pytest.mark.parametrize("vendor", TWO_SESSIONS)
@pytest.mark.django_db(transaction=True)
class TestTwoSessions:
    def test_do_not_retire_the_last_two(self, vendor):
        connection = enabled()
        certificates.activate(certificates.stage(connection, pem("new"), **WHY), **WHY)
        first, second = Certificate.objects.all()
        outcomes = at_once(
            lambda: certificates.retire(first, **WHY), lambda: certificates.retire(second, **WHY)
        )
        assert outcomes == ["done", "last_active_certificate"]
        assert Certificate.objects.filter(lifecycle="active").count() == 1

    def test_do_not_both_update(self, vendor):
        connection = enabled()

        def rename(name):
            version = connection.lock_version
            connections.update(connection, **WHY, lock_version=version, display_name=name)

        outcomes = at_once(lambda: rename("First"), lambda: rename("Second"))
        assert outcomes == ["conflict", "done"]
        assert Connection.objects.get().lock_version == connection.lock_version + 1

    def test_stage_one_certificate_once(self, vendor):
        connection, new = enabled(), pem("new")

        def stage():
            certificates.stage(connection, new, **WHY)

        assert at_once(stage, stage) == ["done", "done"]
        assert Certificate.objects.count() == 2
