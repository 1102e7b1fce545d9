from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.handlers.base import BaseHandler
from django.db import (
    DatabaseError,
    InterfaceError,
    OperationalError,
    ProgrammingError,
    connections,
    transaction,
)
from django.http import HttpRequest, HttpResponse
from django.test import TestCase, TransactionTestCase, override_settings
from django.test.utils import CaptureQueriesContext

from relyra_django.exceptions import ErrorCode, InvalidStore, RelyraError
from relyra_django.stores.base import IntentKind, RequestIntent
from relyra_django.stores.database import ReplayStore, RequestStore
from relyra_django.stores.models import ReplayKey
from relyra_django.stores.models import RequestIntent as RequestIntentRow
from relyra_django.testing.store_contracts import (
    ReplayStoreContract,
    ReplayStoreRaceContract,
    RequestStoreContract,
    RequestStoreRaceContract,
    make_intent,
    refused,
)
from tests.host import models as host

KEY = "a" * 64
SECOND = timedelta(seconds=1)
both_databases = pytest.mark.django_db(databases=["default", "stores"])
# Only these tables are flushed after each test; all of them would take PostgreSQL a second.
STORE_APPS = ["relyra_django.stores", "tests.host"]
committing = pytest.mark.django_db(
    databases=["default", "stores"], transaction=True, available_apps=STORE_APPS
)


class ShippedRequestStoreTests(RequestStoreContract, TestCase):
    def make_store(self) -> RequestStore:
        return RequestStore()


class ShippedReplayStoreTests(ReplayStoreContract, TestCase):
    def make_store(self) -> ReplayStore:
        return ReplayStore()


class HostRequestStoreTests(RequestStoreContract, TestCase):
    def make_store(self) -> RequestStore:
        return RequestStore(model="host.RequestIntent")


class HostReplayStoreTests(ReplayStoreContract, TestCase):
    def make_store(self) -> ReplayStore:
        return ReplayStore(model="host.ReplayKey")


class DerivedRequestStoreTests(RequestStoreContract, TestCase):
    def make_store(self) -> RequestStore:
        return RequestStore(model="host.DerivedRequestIntent")


class DerivedReplayStoreTests(ReplayStoreContract, TestCase):
    def make_store(self) -> ReplayStore:
        return ReplayStore(model="host.DerivedReplayKey")


class RequestStoreElsewhereTests(RequestStoreContract, TestCase):
    databases = ("stores",)

    def make_store(self) -> RequestStore:
        return RequestStore(using="stores")


class ReplayStoreElsewhereTests(ReplayStoreContract, TestCase):
    databases = ("stores",)

    def make_store(self) -> ReplayStore:
        return ReplayStore(using="stores", model="host.ReplayKey")


class RequestStoreCommittingTests(
    RequestStoreContract, RequestStoreRaceContract, TransactionTestCase
):
    databases = ("stores",)
    available_apps = STORE_APPS

    def make_store(self) -> RequestStore:
        return RequestStore(using="stores")


class ReplayStoreCommittingTests(ReplayStoreContract, ReplayStoreRaceContract, TransactionTestCase):
    databases = ("stores",)
    available_apps = STORE_APPS

    def make_store(self) -> ReplayStore:
        return ReplayStore(using="stores")


def burn(store: ReplayStore, key: str = KEY, **metadata: Any) -> None:
    store.consume_replay_key(key, metadata, datetime.now(UTC) + timedelta(minutes=10))


def consume(store: RequestStore, intent: RequestIntent) -> None:
    store.consume_intent(intent.relay_state, intent.request_id, kind=intent.kind)


TRANSACTION_WORDS = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE")


@contextmanager
def statements(using: str) -> Iterator[list[str]]:
    """Collect the first word of every statement."""
    words: list[str] = []
    with CaptureQueriesContext(connections[using]) as queries:
        yield words
    for query in queries.captured_queries:
        # MySQL's driver forgets a statement that failed, and only INSERTs fail here.
        words.append((query["sql"] or "INSERT").replace("None", "INSERT").split()[0])


@committing
class TestCost:
    @pytest.mark.parametrize(
        ("requests", "replays"),
        [
            ("relyra_stores.RequestIntent", "relyra_stores.ReplayKey"),
            ("host.RequestIntent", "host.ReplayKey"),
        ],
    )
    def test_one_statement_an_operation(self, requests: str, replays: str) -> None:
        store, intent = RequestStore(using="stores", model=requests), make_intent()
        with statements("stores") as put:
            store.put_intent(intent)
        with statements("stores") as fetch:
            store.fetch_intent(intent.relay_state, kind=intent.kind)
        with statements("stores") as use:
            consume(store, intent)
        with statements("stores") as once:
            burn(ReplayStore(using="stores", model=replays))
        assert put == ["BEGIN", "INSERT", "COMMIT"]
        assert fetch == ["SELECT"]
        assert use == ["BEGIN", "UPDATE", "COMMIT"]
        assert once == ["BEGIN", "INSERT", "COMMIT"]

    def test_a_refusal_asks_once_more(self) -> None:
        store, intent = RequestStore(using="stores"), make_intent()
        store.put_intent(intent)
        consume(store, intent)
        with statements("stores") as used, refused(ErrorCode.REQUEST_INTENT_CONSUMED):
            consume(store, intent)
        assert used == ["BEGIN", "UPDATE", "SELECT", "ROLLBACK"]
        burn(ReplayStore(using="stores"))
        with statements("stores") as replayed, refused(ErrorCode.REPLAYED_ASSERTION):
            burn(ReplayStore(using="stores"))
        assert replayed == ["BEGIN", "INSERT", "ROLLBACK", "SELECT"]


@pytest.mark.django_db
class TestRows:
    def test_of_an_intent(self) -> None:
        intent = make_intent(kind=IntentKind.LOGOUT)
        RequestStore().put_intent(intent)
        row = RequestIntentRow.objects.get()
        assert (row.relay_state, row.request_id) == (intent.relay_state, intent.request_id)
        assert row.intent == intent.to_json()
        assert (row.consumed_at, row.expires_at) == (None, intent.expires_at)
        assert str(row) == intent.request_id
        consume(RequestStore(), intent)
        row.refresh_from_db()
        assert row.consumed_at is not None

    def test_of_a_replay_key(self) -> None:
        expires_at = datetime.now(UTC) + timedelta(minutes=10)
        ReplayStore().consume_replay_key(KEY, {"issuer": "idp"}, expires_at)
        row = ReplayKey.objects.get()
        assert (row.replay_key, row.expires_at) == (KEY, expires_at)
        assert row.metadata == {"v": 1, "issuer": "idp"}
        assert abs(datetime.now(UTC) - row.inserted_at) < timedelta(minutes=1)
        assert str(row) == KEY

    def test_a_damaged_row_is_refused_as_such(self) -> None:
        intent = make_intent()
        RequestStore().put_intent(intent)
        RequestIntentRow.objects.update(intent={"v": 1})
        with refused(ErrorCode.REQUEST_INTENT_INVALID):
            RequestStore().fetch_intent(intent.relay_state, kind=intent.kind)

    @pytest.mark.parametrize("name", ["kind", "relay_state", "request_id"])
    def test_a_row_whose_parts_disagree_is_never_used(self, name: str) -> None:
        intent = make_intent()
        RequestStore().put_intent(intent)
        RequestIntentRow.objects.update(intent={**intent.to_json(), name: "test"})
        with refused(ErrorCode.REQUEST_INTENT_NOT_FOUND):
            consume(
                RequestStore(), RequestStore().fetch_intent(intent.relay_state, kind=intent.kind)
            )
        assert RequestIntentRow.objects.get().consumed_at is None

    def test_another_kind_is_not_used_up(self) -> None:
        intent = make_intent()
        RequestStore().put_intent(intent)
        with refused(ErrorCode.REQUEST_INTENT_NOT_FOUND):
            consume(RequestStore(), replace(intent, kind=IntentKind.TEST))
        assert RequestIntentRow.objects.get().consumed_at is None

    @pytest.mark.parametrize("ids", [{"relay_state": "a b"}, {"request_id": ""}])
    def test_ids_that_could_not_be_found_again_are_not_kept(self, ids: dict[str, str]) -> None:
        with refused(ErrorCode.REQUEST_INTENT_INVALID):
            RequestStore().put_intent(make_intent(**ids))
        assert not RequestIntentRow.objects.exists()

    def test_a_default_manager_that_hides_rows_hides_nothing(self) -> None:
        burn(ReplayStore(model="host.ReplayKey"))
        assert not host.ReplayKey.objects.exists()
        with refused(ErrorCode.REPLAYED_ASSERTION):
            burn(ReplayStore(model="host.ReplayKey"))


@pytest.mark.django_db
def test_times_are_utc_without_use_tz() -> None:
    intent = make_intent()
    with override_settings(USE_TZ=False, TIME_ZONE="America/New_York"):
        RequestStore().put_intent(intent)
        burn(ReplayStore())
        assert RequestStore().fetch_intent(intent.relay_state, kind=intent.kind) == intent
        assert RequestStore().clear_expired(now=intent.expires_at - SECOND) == 0
        assert RequestStore().clear_expired(now=intent.expires_at + SECOND) == 1
        assert ReplayStore().clear_expired(now=datetime.now(UTC)) == 0


@both_databases
class TestAlias:
    def test_is_what_the_options_say(self) -> None:
        burn(ReplayStore(using="stores"))
        assert ReplayKey.objects.using("stores").count() == 1
        assert ReplayKey.objects.using("default").count() == 0

    def test_is_where_the_routers_write_and_reads_go_there_too(self) -> None:
        with override_settings(DATABASE_ROUTERS=["tests.test_stores_database.ReplicaRouter"]):
            store, intent = RequestStore(), make_intent()
            assert store.using == "stores"
            store.put_intent(intent)
            with statements("default") as elsewhere:
                assert store.fetch_intent(intent.relay_state, kind=intent.kind) == intent
                consume(store, intent)
        assert elsewhere == []

    def test_options_win_over_routers(self) -> None:
        with override_settings(DATABASE_ROUTERS=["tests.test_stores_database.ReplicaRouter"]):
            assert RequestStore(using="default").using == "default"


class ReplicaRouter:
    def db_for_read(self, model: Any, **hints: Any) -> str:
        return "default"

    def db_for_write(self, model: Any, **hints: Any) -> str:
        return "stores"


OPERATIONS: list[Callable[[], None]] = [
    lambda: RequestStore(using="stores").put_intent(make_intent()),
    lambda: consume(RequestStore(using="stores"), make_intent()),
    lambda: burn(ReplayStore(using="stores")),
    lambda: clear(),
]


def clear() -> None:
    ReplayStore(using="stores").clear_expired(now=datetime.now(UTC))


@committing
class TestCommittedOnTheirOwn:
    @pytest.mark.parametrize("operation", OPERATIONS)
    def test_inside_a_transaction_they_refuse(self, operation: Callable[[], None]) -> None:
        with transaction.atomic(using="stores"), refused(ErrorCode.INTERNAL_PROTOCOL_ERROR):
            operation()
        assert not RequestIntentRow.objects.using("stores").exists()
        assert not ReplayKey.objects.using("stores").exists()

    @pytest.mark.parametrize("operation", OPERATIONS)
    def test_without_autocommit_they_refuse(self, operation: Callable[[], None]) -> None:
        transaction.set_autocommit(False, using="stores")
        try:
            with refused(ErrorCode.INTERNAL_PROTOCOL_ERROR):
                operation()
        finally:
            transaction.rollback(using="stores")
            transaction.set_autocommit(True, using="stores")
        assert not RequestIntentRow.objects.using("stores").exists()
        assert not ReplayKey.objects.using("stores").exists()

    def test_reading_inside_a_transaction_is_harmless(self) -> None:
        store, intent = RequestStore(using="stores"), make_intent()
        store.put_intent(intent)
        with transaction.atomic(using="stores"):
            assert store.fetch_intent(intent.relay_state, kind=intent.kind) == intent

    def test_a_rollback_elsewhere_undoes_nothing(self) -> None:
        request, replay = RequestStore(using="stores"), ReplayStore(using="stores")
        intent = make_intent()
        request.put_intent(intent)
        with transaction.atomic(using="default"):
            burn(replay)
            consume(request, intent)
            transaction.set_rollback(True, using="default")
        with refused(ErrorCode.REPLAYED_ASSERTION):
            burn(replay)
        with refused(ErrorCode.REQUEST_INTENT_CONSUMED):
            consume(request, intent)

    def test_the_refusal_of_a_second_use_leaves_the_connection_usable(self) -> None:
        replay = ReplayStore(using="stores")
        burn(replay)
        with refused(ErrorCode.REPLAYED_ASSERTION):
            burn(replay)
        burn(replay, "b" * 64)


@committing
class TestAtomicRequests:
    @pytest.fixture(autouse=True)
    def _atomic_requests(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(connections.settings["stores"], "ATOMIC_REQUESTS", True)

    def call(self, view: Callable[[HttpRequest], HttpResponse]) -> HttpResponse:
        return BaseHandler().make_view_atomic(view)(HttpRequest())  # type: ignore[no-any-return]

    def test_a_view_in_a_transaction_is_refused(self) -> None:
        def view(request: HttpRequest) -> HttpResponse:
            burn(ReplayStore(using="stores"))
            return HttpResponse()

        with refused(ErrorCode.INTERNAL_PROTOCOL_ERROR):
            self.call(view)
        burn(ReplayStore(using="stores"))

    def test_what_an_exempt_view_has_burned_stays_burned(self) -> None:
        @transaction.non_atomic_requests(using="stores")
        def view(request: HttpRequest) -> HttpResponse:
            burn(ReplayStore(using="stores"))
            raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            self.call(view)
        with refused(ErrorCode.REPLAYED_ASSERTION):
            burn(ReplayStore(using="stores"))


@contextmanager
def failing(error: DatabaseError | InterfaceError, *, at: str) -> Iterator[None]:
    """Let the database fail at statements that begin with this word."""

    def wrapper(execute: Any, sql: str, *args: Any) -> Any:
        if sql.startswith(at):
            raise error
        return execute(sql, *args)

    with connections["stores"].execute_wrapper(wrapper):
        yield


@committing
class TestFailures:
    @pytest.mark.parametrize(
        "error",
        [
            OperationalError("gone away"),
            InterfaceError("closed"),
            ProgrammingError("no such table"),
            DatabaseError("odd"),
        ],
    )
    def test_of_any_kind_are_store_unavailable(self, error: DatabaseError) -> None:
        request, replay = RequestStore(using="stores"), ReplayStore(using="stores")
        intent = make_intent()
        request.put_intent(intent)
        with failing(error, at="SELECT"), refused(ErrorCode.STORE_UNAVAILABLE):
            request.fetch_intent(intent.relay_state, kind=intent.kind)
        with failing(error, at="UPDATE"), refused(ErrorCode.STORE_UNAVAILABLE):
            consume(request, intent)
        with failing(error, at="INSERT"), refused(ErrorCode.STORE_UNAVAILABLE):
            burn(replay)
        with failing(error, at="INSERT"), refused(ErrorCode.STORE_UNAVAILABLE):
            request.put_intent(make_intent())
        burn(replay)
        consume(request, intent)

    def test_while_asking_what_was_broken(self) -> None:
        burn(ReplayStore(using="stores"))
        down = failing(OperationalError("gone away"), at="SELECT")
        with down, refused(ErrorCode.STORE_UNAVAILABLE):
            burn(ReplayStore(using="stores"))

    def test_at_the_commit_accept_nothing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail() -> None:
            raise OperationalError("disk full")

        with monkeypatch.context() as patched:
            patched.setattr(connections["stores"], "_commit", fail)
            with refused(ErrorCode.STORE_UNAVAILABLE):
                burn(ReplayStore(using="stores"))
        burn(ReplayStore(using="stores"))

    def test_to_connect(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail(*args: Any) -> None:
            raise OperationalError("connection refused")

        connections["stores"].close()
        with monkeypatch.context() as patched:
            patched.setattr(connections["stores"], "get_new_connection", fail)
            with refused(ErrorCode.STORE_UNAVAILABLE):
                burn(ReplayStore(using="stores"))
            with refused(ErrorCode.STORE_UNAVAILABLE):
                RequestStore(using="stores").fetch_intent("rs_x", kind=IntentKind.AUTHN)
        burn(ReplayStore(using="stores"))

    def test_of_another_constraint_are_no_replay(self) -> None:
        store = ReplayStore(using="stores", model="host.StrictReplayKey")
        with refused(ErrorCode.STORE_UNAVAILABLE):
            burn(store)

    def test_keep_the_database_s_words_out_of_the_refusal(self) -> None:
        with (
            failing(OperationalError("password=hunter2"), at="INSERT"),
            pytest.raises(RelyraError) as caught,
        ):
            burn(ReplayStore(using="stores"))
        assert "hunter2" not in f"{caught.value} {dict(caught.value.details)}"
        assert caught.value.details == {"database": "stores", "reason": "OperationalError"}
        assert isinstance(caught.value.__cause__, OperationalError)


@pytest.mark.django_db
def test_clearing_stops_where_rows_cannot_be_deleted(monkeypatch: pytest.MonkeyPatch) -> None:
    burn(ReplayStore())
    monkeypatch.setattr("django.db.models.query.QuerySet.delete", lambda rows: (0, {}))
    late = datetime.now(UTC) + timedelta(hours=1)
    assert ReplayStore().clear_expired(now=late, batch_size=1) == 0


@pytest.mark.django_db
def test_clearing_reads_and_deletes_a_batch_at_a_time() -> None:
    for n in range(5):
        burn(ReplayStore(), f"{n}" * 64)
    with statements("default") as words:
        late = datetime.now(UTC) + timedelta(hours=1)
        assert ReplayStore().clear_expired(now=late, batch_size=2) == 5
    kept = [word for word in words if word not in TRANSACTION_WORDS]
    assert kept == ["SELECT", "DELETE"] * 3


class TestOptions:
    @pytest.mark.parametrize(
        "model", ["host.Nothing", "nowhere.Model", "host", "", "a.b.c", None, 7]
    )
    def test_an_unknown_model_is_refused(self, model: Any) -> None:
        with pytest.raises(InvalidStore, match="no model"):
            RequestStore(model=model)

    def test_an_unknown_alias_is_refused(self) -> None:
        with pytest.raises(InvalidStore, match="no database 'elsewhere'"):
            ReplayStore(using="elsewhere")

    def test_anything_else_is_no_option(self) -> None:
        with pytest.raises(TypeError):
            ReplayStore(table="replay_keys")  # type: ignore[call-arg]

    def test_it_is_not_single_node(self) -> None:
        assert not RequestStore.single_node
