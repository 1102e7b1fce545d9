"""Writes that commit by themselves, so that nothing which fails later can undo them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar

from django.db import Error, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from relyra_django.exceptions import ErrorCode, RelyraError

_held: ContextVar[BaseDatabaseWrapper | None] = ContextVar("relyra_held", default=None)


class UnsettledError(Exception):
    """A constraint was broken; `settle` finds out which one, once the rollback is done."""

    def __init__(self, settle: Callable[[], RelyraError]) -> None:
        super().__init__("A constraint was broken.")
        self.settle = settle


@contextmanager
def durable(using: str) -> Iterator[None]:
    """Hold one transaction on the alias; inside another durable() on it, be part of that one.

    Raises internal_protocol_error when a transaction of somebody else's is open there, as its
    rollback would undo the write, and store_unavailable when the database fails.
    """
    connection = connections[using]
    if _held.get() is connection:
        yield
        return
    try:
        with answering(using), _transaction(connection):
            yield
    except UnsettledError as unsettled:
        raise unsettled.settle() from unsettled.__cause__


@contextmanager
def answering(using: str) -> Iterator[None]:
    """Turn any failure of the database into store_unavailable."""
    try:
        yield
    except Error as error:
        raise unavailable(using, error) from error


def unavailable(using: str, error: BaseException) -> RelyraError:
    """Return the refusal for a database that failed; its own words stay in the cause."""
    return RelyraError(
        ErrorCode.STORE_UNAVAILABLE,
        "The store's database failed.",
        database=using,
        reason=type(error).__name__,
    )


@contextmanager
def _transaction(connection: BaseDatabaseWrapper) -> Iterator[None]:
    # Without autocommit, atomic() leaves the commit to a caller who may never give it.
    if not connection.in_atomic_block and not connection.get_autocommit():
        raise _surrounded(connection, "autocommit is off")
    with ExitStack() as stack:
        try:
            stack.enter_context(transaction.atomic(using=connection.alias, durable=True))
        except RuntimeError as error:
            raise _surrounded(connection, "a transaction is open") from error
        stack.callback(_held.reset, _held.set(connection))
        yield


def _surrounded(connection: BaseDatabaseWrapper, reason: str) -> RelyraError:
    return RelyraError(
        ErrorCode.INTERNAL_PROTOCOL_ERROR,
        "A store was called where its write would not be committed by itself.",
        database=connection.alias,
        reason=reason,
    )
