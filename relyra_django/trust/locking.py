"""One writer at a time to a connection and what hangs off it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import router, transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from relyra_django.exceptions import ErrorCode, RelyraError
from relyra_django.models import Connection
from relyra_django.trust import validation


def alias_of(connection: Connection) -> str:
    """Return the database alias that a change of this connection goes to."""
    return connection._state.db or router.db_for_write(Connection, instance=connection)


@contextmanager
def changing(connection: Connection, *, lock_version: int | None = None) -> Iterator[Connection]:
    """Yield the row as it is now, locked, in a transaction; its lock_version is one higher.

    Raises connection_not_found, and invalid_connection_record with reason "conflict" when the
    row is no longer the version that the caller has seen.
    """
    alias = alias_of(connection)
    with transaction.atomic(using=alias):
        rows = Connection.objects.using(alias).filter(pk=connection.pk)
        expected = rows if lock_version is None else rows.filter(lock_version=lock_version)
        # An UPDATE takes the row's lock on every database; select_for_update() not on SQLite.
        if not expected.update(lock_version=F("lock_version") + 1):
            raise _conflict() if rows.exists() else _not_found(connection)
        yield rows.get()


def _conflict() -> RelyraError:
    message = _("Somebody else changed this connection in the meantime. Review it and try again.")
    return validation.refusal({"lock_version": message}, reason="conflict")


def _not_found(connection: Connection) -> RelyraError:
    return RelyraError(
        ErrorCode.CONNECTION_NOT_FOUND, "There is no such connection.", actual=str(connection.pk)
    )
