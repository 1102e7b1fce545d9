from __future__ import annotations

from threading import Thread

import pytest
from django.db import IntegrityError, OperationalError, connections, transaction

from relyra_django.exceptions import ErrorCode, RelyraError
from relyra_django.stores.database import ReplayStore
from relyra_django.stores.durable import UnsettledError, answering, durable
from relyra_django.stores.models import ReplayKey
from relyra_django.testing.store_contracts import refused
from tests.test_stores_database import KEY, burn, committing, statements


def rows() -> int:
    return ReplayKey.objects.using("stores").count()


@committing
class TestDurable:
    def test_commits_at_its_end(self) -> None:
        with durable("stores"):
            burn(ReplayStore(using="stores"))
            assert connections["stores"].in_atomic_block
        assert not connections["stores"].in_atomic_block
        assert rows() == 1

    def test_joins_its_own_kind(self) -> None:
        with statements("stores") as words, durable("stores"):
            burn(ReplayStore(using="stores"))
            burn(ReplayStore(using="stores"), "b" * 64)
        assert words == ["BEGIN", "INSERT", "INSERT", "COMMIT"]

    def test_keeps_nothing_of_what_failed(self) -> None:
        with pytest.raises(ZeroDivisionError), durable("stores"):
            burn_and_fail()
        assert rows() == 0

    def test_does_not_join_a_plain_transaction(self) -> None:
        refusal = refused(ErrorCode.INTERNAL_PROTOCOL_ERROR)
        with transaction.atomic(using="stores"), refusal, durable("stores"):
            pytest.fail("It was entered.")

    def test_says_where_and_why_it_refuses(self) -> None:
        with transaction.atomic(using="stores"), pytest.raises(RelyraError) as caught:
            burn(ReplayStore(using="stores"))
        assert caught.value.details == {"database": "stores", "reason": "a transaction is open"}

    def test_is_forgotten_after_its_end(self) -> None:
        with durable("stores"):
            pass
        with transaction.atomic(using="stores"), refused(ErrorCode.INTERNAL_PROTOCOL_ERROR):
            burn(ReplayStore(using="stores"))

    def test_is_forgotten_after_a_failure(self) -> None:
        self.test_keeps_nothing_of_what_failed()
        self.test_is_forgotten_after_its_end()

    def test_another_alias_has_one_of_its_own(self) -> None:
        with pytest.raises(ZeroDivisionError), durable("default"):
            burn_and_fail()
        assert rows() == 1

    def test_another_thread_has_one_of_its_own(self) -> None:
        found: list[bool] = []

        def look() -> None:
            found.append(connections["stores"].in_atomic_block)
            connections.close_all()

        with durable("stores"):
            thread = Thread(target=look)
            thread.start()
            thread.join()
        assert found == [False]

    def test_settles_after_the_rollback(self) -> None:
        outside: list[bool] = []

        def settle() -> RelyraError:
            outside.append(not connections["stores"].in_atomic_block)
            return RelyraError(ErrorCode.REPLAYED_ASSERTION, "Used.")

        with refused(ErrorCode.REPLAYED_ASSERTION), durable("stores"), durable("stores"):
            raise UnsettledError(settle) from IntegrityError()
        assert outside == [True]


def burn_and_fail() -> None:
    burn(ReplayStore(using="stores"), KEY)
    raise ZeroDivisionError


def test_answering_names_the_database_and_the_kind_of_failure() -> None:
    with pytest.raises(RelyraError) as caught, answering("stores"):
        raise OperationalError("secret")
    assert caught.value.code == ErrorCode.STORE_UNAVAILABLE
    assert caught.value.details == {"database": "stores", "reason": "OperationalError"}


def test_answering_leaves_defects_alone() -> None:
    with pytest.raises(ZeroDivisionError), answering("stores"):
        raise ZeroDivisionError
