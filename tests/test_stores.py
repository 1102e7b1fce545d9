from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import pytest
from django.conf import settings
from django.db import OperationalError, connections, transaction
from django.test import TransactionTestCase, override_settings
from hypothesis import given
from hypothesis import strategies as st

from relyra_django import stores
from relyra_django.exceptions import ErrorCode, InvalidStore, RelyraError
from relyra_django.stores import memory
from relyra_django.stores.base import IntentKind, RequestIntent
from relyra_django.stores.database import RequestStore
from relyra_django.stores.models import ReplayKey
from relyra_django.stores.models import RequestIntent as RequestIntentRow
from relyra_django.testing.store_contracts import make_intent, race, refused
from tests.test_stores_database import STORE_APPS, committing, failing, statements

DATABASE = "relyra_django.stores.database"
MEMORY = "relyra_django.stores.memory"
HERE = "tests.test_stores"


def entry(backend: str, **options: Any) -> dict[str, Any]:
    return {"BACKEND": backend, "OPTIONS": options}


def using(request: Any, replay: Any) -> override_settings:
    changed = {"REQUEST_STORE": request, "REPLAY_STORE": replay}
    return override_settings(RELYRA={**settings.RELYRA, **changed})


def memory_stores() -> override_settings:
    return using(entry(f"{MEMORY}.RequestStore"), entry(f"{MEMORY}.ReplayStore"))


def shared_alias() -> override_settings:
    return using(
        entry(f"{DATABASE}.RequestStore", using="stores"),
        entry(f"{DATABASE}.ReplayStore", using="stores"),
    )


def two_aliases() -> override_settings:
    return using(
        entry(f"{DATABASE}.RequestStore", using="default"),
        entry(f"{DATABASE}.ReplayStore", using="stores"),
    )


def mixed_kinds() -> override_settings:
    return using(
        entry("tests.host.stores.CacheRequestStore"),
        entry(f"{DATABASE}.ReplayStore", using="stores"),
    )


def once(intent: RequestIntent | None, key: str = "a" * 64) -> None:
    stores.consume_once(
        replay_key=key,
        metadata={"issuer": "https://idp.example.org"},
        expires_at=datetime.now(UTC) + timedelta(minutes=10),
        intent=intent,
    )


class TestHandlers:
    def test_build_what_the_settings_name(self) -> None:
        with using(
            entry(f"{DATABASE}.RequestStore", model="host.RequestIntent", using="stores"),
            f"{MEMORY}.ReplayStore",
        ):
            request, replay = stores.request_store(), stores.replay_store()
            assert isinstance(request, RequestStore)
            assert (request.model._meta.label, request.using) == ("host.RequestIntent", "stores")
            assert isinstance(replay, memory.ReplayStore)

    def test_build_once_until_the_settings_change(self) -> None:
        first = stores.request_store()
        assert stores.request_store() is first
        with memory_stores():
            assert isinstance(stores.request_store(), memory.RequestStore)
        assert stores.request_store() is not first
        assert isinstance(stores.request_store(), RequestStore)

    def test_none_configured_is_refused(self) -> None:
        with using(None, None):
            with refused(ErrorCode.ADAPTER_NOT_CONFIGURED):
                stores.request_store()
            with refused(ErrorCode.ADAPTER_NOT_CONFIGURED):
                stores.replay_store()

    @pytest.mark.parametrize(
        "request_entry",
        [
            entry(f"{DATABASE}.RequestStore", table="request_intents"),
            entry(f"{DATABASE}.RequestStore", model="host.Gone"),
            entry(f"{DATABASE}.ReplayStore"),
            entry(f"{MEMORY}.RequestStore", using="default"),
            entry("tests.host.stores.Gone"),
        ],
    )
    def test_what_cannot_be_built_is_an_invalid_store(self, request_entry: Any) -> None:
        with using(request_entry, f"{MEMORY}.ReplayStore"):
            with pytest.raises(InvalidStore, match=r"REQUEST_STORE|host\.Gone"):
                stores.request_store()
            with refused(ErrorCode.ADAPTER_NOT_CONFIGURED):
                stores.put_intent(make_intent())


class TestFacade:
    @pytest.fixture(autouse=True)
    def _in_memory(self) -> Iterator[None]:
        with memory_stores():
            yield

    def test_an_intent_from_put_to_consume(self) -> None:
        intent = make_intent()
        stores.put_intent(intent)
        assert stores.fetch_intent(intent.relay_state, kind=intent.kind) == intent
        stores.consume_intent(intent)
        with refused(ErrorCode.REQUEST_INTENT_CONSUMED):
            stores.consume_intent(intent)

    def test_refusals_of_a_store_pass_as_they_are(self) -> None:
        intent = make_intent()
        with refused(ErrorCode.REQUEST_INTENT_NOT_FOUND):
            stores.fetch_intent(intent.relay_state, kind=intent.kind)
        stores.put_intent(intent)
        with refused(ErrorCode.REQUEST_INTENT_CONSUMED):
            stores.put_intent(intent)

    def test_not_configured_refuses_every_operation(self) -> None:
        intent = make_intent()
        with using(None, None):
            for operation in operations(intent):
                with refused(ErrorCode.ADAPTER_NOT_CONFIGURED):
                    operation()


def operations(intent: RequestIntent) -> list[Callable[[], object]]:
    return [
        lambda: stores.put_intent(intent),
        lambda: stores.fetch_intent(intent.relay_state, kind=intent.kind),
        lambda: stores.consume_intent(intent),
        lambda: once(intent),
        lambda: once(None),
    ]


class RaisingRequestStore(memory.RequestStore):
    """Fails in a way that the contract does not know."""

    def put_intent(self, intent: RequestIntent) -> None:
        raise ConnectionResetError("redis://:hunter2@cache")

    def fetch_intent(self, relay_state: str, *, kind: IntentKind) -> RequestIntent:
        raise KeyError(relay_state)

    def consume_intent(self, relay_state: str, request_id: str, *, kind: IntentKind) -> None:
        raise TimeoutError


class RaisingReplayStore(memory.ReplayStore):
    def consume_replay_key(
        self, key: str, metadata: Mapping[str, Any], expires_at: datetime
    ) -> None:
        raise OperationalError("gone away")


class AnsweringRequestStore(memory.RequestStore):
    """Answers True or False where the contract says None."""

    answer: Any = False

    def put_intent(self, intent: RequestIntent) -> Any:
        return self.answer

    def fetch_intent(self, relay_state: str, *, kind: IntentKind) -> Any:
        return self.answer

    def consume_intent(self, relay_state: str, request_id: str, *, kind: IntentKind) -> Any:
        return self.answer


class AnsweringReplayStore(memory.ReplayStore):
    def consume_replay_key(
        self, key: str, metadata: Mapping[str, Any], expires_at: datetime
    ) -> Any:
        return False


class NotingRequestStore(RequestStore):
    """A host's own, built on ours: it looks at the intent before it is used."""

    def consume_intent(self, relay_state: str, request_id: str, *, kind: IntentKind) -> None:
        self.fetch_intent(relay_state, kind=kind)
        super().consume_intent(relay_state, request_id, kind=kind)


class AffirmingRequestStore(AnsweringRequestStore):
    answer = True


class TestStoresThatBreakTheContract:
    @pytest.mark.parametrize(
        ("request_store", "replay_store"),
        [
            ("RaisingRequestStore", "RaisingReplayStore"),
            ("AnsweringRequestStore", "AnsweringReplayStore"),
            ("AffirmingRequestStore", "AnsweringReplayStore"),
        ],
    )
    def test_never_let_anything_through(self, request_store: str, replay_store: str) -> None:
        with using(f"{HERE}.{request_store}", f"{HERE}.{replay_store}"):
            for operation in operations(make_intent()):
                with refused(ErrorCode.STORE_UNAVAILABLE):
                    operation()

    @pytest.mark.parametrize("request_store", ["RaisingRequestStore", "AnsweringRequestStore"])
    def test_a_request_store_that_fails_after_the_burn(self, request_store: str) -> None:
        with using(f"{HERE}.{request_store}", f"{MEMORY}.ReplayStore"):
            with refused(ErrorCode.STORE_UNAVAILABLE):
                once(make_intent())
            with refused(ErrorCode.REPLAYED_ASSERTION):
                once(None)

    def test_the_refusal_names_the_operation_and_no_secret(self) -> None:
        with (
            using(f"{HERE}.RaisingRequestStore", f"{MEMORY}.ReplayStore"),
            pytest.raises(RelyraError) as caught,
        ):
            stores.put_intent(make_intent())
        assert caught.value.details == {
            "operation": "put_intent",
            "reason": "ConnectionResetError",
        }
        assert "hunter2" not in str(caught.value)
        assert isinstance(caught.value.__cause__, ConnectionResetError)

    @pytest.mark.parametrize(
        "answer",
        [
            None,
            {"relay_state": "rs_x"},
            make_intent(),
            make_intent(relay_state="rs_x", kind=IntentKind.COMPLETION),
        ],
        ids=["nothing", "a dict", "another relay state", "another kind"],
    )
    def test_only_the_intent_that_was_asked_for_is_taken(
        self, answer: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        fitting = make_intent(relay_state="rs_x")
        with using(f"{HERE}.AnsweringRequestStore", f"{MEMORY}.ReplayStore"):
            monkeypatch.setattr(AnsweringRequestStore, "answer", answer)
            with refused(ErrorCode.STORE_UNAVAILABLE):
                stores.fetch_intent("rs_x", kind=IntentKind.AUTHN)
            monkeypatch.setattr(AnsweringRequestStore, "answer", fitting)
            assert stores.fetch_intent("rs_x", kind=IntentKind.AUTHN) is fitting


ARRANGEMENTS = pytest.mark.parametrize(
    "arrangement", [shared_alias, two_aliases, mixed_kinds, memory_stores]
)


@committing
class TestConsumeOnce:
    @ARRANGEMENTS
    def test_burns_and_uses_up(self, arrangement: Callable[[], override_settings]) -> None:
        intent = make_intent()
        with arrangement():
            stores.put_intent(intent)
            once(intent)
            with refused(ErrorCode.REPLAYED_ASSERTION):
                once(intent)
            with refused(ErrorCode.REQUEST_INTENT_CONSUMED):
                stores.consume_intent(intent)

    @ARRANGEMENTS
    def test_an_unsolicited_message_has_no_intent(
        self, arrangement: Callable[[], override_settings]
    ) -> None:
        with arrangement():
            once(None)
            with refused(ErrorCode.REPLAYED_ASSERTION):
                once(None)

    @ARRANGEMENTS
    def test_a_replay_leaves_the_intent_alone(
        self, arrangement: Callable[[], override_settings]
    ) -> None:
        intent = make_intent()
        with arrangement():
            stores.put_intent(intent)
            once(None)
            with refused(ErrorCode.REPLAYED_ASSERTION):
                once(intent)
            assert stores.fetch_intent(intent.relay_state, kind=intent.kind) == intent
            once(intent, "b" * 64)

    @ARRANGEMENTS
    @pytest.mark.parametrize("put", [True, False], ids=["consumed", "not found"])
    def test_the_burn_stays_when_the_intent_is_used_or_gone(
        self, arrangement: Callable[[], override_settings], put: bool
    ) -> None:
        intent = make_intent()
        code = ErrorCode.REQUEST_INTENT_CONSUMED if put else ErrorCode.REQUEST_INTENT_NOT_FOUND
        with arrangement():
            if put:
                stores.put_intent(intent)
                stores.consume_intent(intent)
            with refused(code):
                once(intent)
            with refused(ErrorCode.REPLAYED_ASSERTION):
                once(None)

    @ARRANGEMENTS
    def test_the_kind_counts(self, arrangement: Callable[[], override_settings]) -> None:
        intent = make_intent()
        with arrangement():
            stores.put_intent(intent)
            with refused(ErrorCode.REQUEST_INTENT_NOT_FOUND):
                once(replace(intent, kind=IntentKind.COMPLETION))
            once(intent, "b" * 64)

    def test_one_transaction_on_one_alias(self) -> None:
        intent = make_intent()
        with shared_alias():
            stores.put_intent(intent)
            with statements("stores") as words:
                once(intent)
        assert words == ["BEGIN", "INSERT", "UPDATE", "COMMIT"]

    def test_two_transactions_on_two(self) -> None:
        intent = make_intent()
        with two_aliases():
            stores.put_intent(intent)
            with statements("stores") as replay, statements("default") as request:
                once(intent)
        assert replay == ["BEGIN", "INSERT", "COMMIT"]
        assert request == ["BEGIN", "UPDATE", "COMMIT"]

    def test_a_replay_on_one_alias_is_settled_after_the_rollback(self) -> None:
        intent = make_intent()
        with shared_alias():
            stores.put_intent(intent)
            once(None)
            with statements("stores") as words, refused(ErrorCode.REPLAYED_ASSERTION):
                once(intent)
        assert words == ["BEGIN", "INSERT", "ROLLBACK", "SELECT"]

    def test_a_failure_on_one_alias_keeps_neither(self) -> None:
        intent = make_intent()
        down = failing(OperationalError("gone away"), at="UPDATE")
        with shared_alias():
            stores.put_intent(intent)
            with down, refused(ErrorCode.STORE_UNAVAILABLE):
                once(intent)
            assert not ReplayKey.objects.using("stores").exists()
            once(intent)

    def test_a_failure_on_the_intent_s_own_alias_keeps_the_burn(self) -> None:
        intent = make_intent()
        down = failing(OperationalError("gone away"), at="UPDATE")
        request = entry(f"{DATABASE}.RequestStore", using="stores")
        with using(request, f"{DATABASE}.ReplayStore"):
            stores.put_intent(intent)
            with down, refused(ErrorCode.STORE_UNAVAILABLE):
                once(intent)
            with refused(ErrorCode.REPLAYED_ASSERTION):
                once(intent)

    def test_what_a_subclass_overrides_is_called_and_shares_the_transaction(self) -> None:
        intent = make_intent()
        request = entry(f"{HERE}.NotingRequestStore", using="stores")
        with using(request, entry(f"{DATABASE}.ReplayStore", using="stores")):
            stores.put_intent(intent)
            with statements("stores") as words:
                once(intent)
        assert words == ["BEGIN", "INSERT", "SELECT", "UPDATE", "COMMIT"]

    def test_a_failing_commit_keeps_neither(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail() -> None:
            raise OperationalError("disk full")

        intent = make_intent()
        with shared_alias():
            stores.put_intent(intent)
            with monkeypatch.context() as patched:
                patched.setattr(connections["stores"], "_commit", fail)
                with refused(ErrorCode.STORE_UNAVAILABLE):
                    once(intent)
            once(intent)

    @pytest.mark.parametrize("arrangement", [shared_alias, two_aliases, mixed_kinds])
    def test_inside_a_transaction_nothing_is_burned(
        self, arrangement: Callable[[], override_settings]
    ) -> None:
        intent = make_intent()
        with arrangement():
            stores.put_intent(intent)
            surrounding = transaction.atomic(using="stores")
            with surrounding, refused(ErrorCode.INTERNAL_PROTOCOL_ERROR):
                once(intent)
            once(intent)

    def test_a_rollback_of_the_project_s_own_undoes_nothing(self) -> None:
        intent = make_intent()
        with shared_alias():
            stores.put_intent(intent)
            with transaction.atomic(using="default"):
                once(intent)
                transaction.set_rollback(True, using="default")
            with refused(ErrorCode.REPLAYED_ASSERTION):
                once(intent)
            row = RequestIntentRow.objects.using("stores").get()
            assert row.consumed_at is not None


@pytest.mark.django_db
def test_it_works_inside_a_test_case() -> None:
    intent = make_intent()
    stores.put_intent(intent)
    once(intent)
    with refused(ErrorCode.REPLAYED_ASSERTION):
        once(intent)
    with refused(ErrorCode.REQUEST_INTENT_CONSUMED):
        once(intent, "b" * 64)


@contextmanager
def put(arrangement: Callable[[], override_settings]) -> Iterator[RequestIntent]:
    intent = make_intent()
    with arrangement():
        stores.put_intent(intent)
        yield intent


class ManyAtOnceTests(TransactionTestCase):
    databases = ("stores",)
    available_apps = STORE_APPS

    def test_one_message_and_one_intent_are_accepted_once(self) -> None:
        with put(shared_alias) as intent:
            outcomes = race(lambda: once(intent))
        assert sorted(outcomes) == ["", *["replayed_assertion"] * 7]

    def test_many_messages_for_one_intent_are_accepted_once(self) -> None:
        numbers = iter(range(100))
        with put(shared_alias) as intent:
            outcomes = race(lambda: once(intent, f"{next(numbers)}" * 30))
        assert sorted(outcomes) == ["", *["request_intent_consumed"] * 7]
        assert ReplayKey.objects.using("stores").count() == 8

    def test_one_message_for_many_intents_is_accepted_once(self) -> None:
        with shared_alias():
            intents = [make_intent() for _ in range(8)]
            for intent in intents:
                stores.put_intent(intent)
            pending = iter(intents)
            outcomes = race(lambda: once(next(pending)))
        assert sorted(outcomes) == ["", *["replayed_assertion"] * 7]
        open_ = RequestIntentRow.objects.using("stores").filter(consumed_at=None)
        assert open_.count() == 7


parts = st.tuples(st.text(), st.text(), st.text(), st.text())


class TestReplayKey:
    @given(parts, parts)
    def test_two_messages_share_a_key_only_if_they_are_one(
        self, one: tuple[str, str, str, str], two: tuple[str, str, str, str]
    ) -> None:
        assert (stores.replay_key(*one) == stores.replay_key(*two)) == (one == two)

    @given(st.text(alphabet="ab:1234", min_size=1, max_size=12), st.data())
    def test_no_two_ways_to_cut_one_text_share_a_key(self, text: str, data: st.DataObject) -> None:
        cuts = st.lists(st.integers(0, len(text)), min_size=3, max_size=3).map(sorted)
        one, two = (self.cut(text, data.draw(cuts)) for _ in range(2))
        assert (stores.replay_key(*one) == stores.replay_key(*two)) == (one == two)

    def cut(self, text: str, at: list[int]) -> list[str]:
        starts, ends = [0, *at], [*at, len(text)]
        return [text[start:end] for start, end in zip(starts, ends, strict=True)]

    def test_length_prefixes_cannot_be_forged(self) -> None:
        assert stores.replay_key("1:a", "", "", "") != stores.replay_key("", "1:a", "", "")
        assert stores.replay_key("a", "1:b", "", "") != stores.replay_key("a1:b", "", "", "")

    def test_is_sixty_four_hex_digits_and_stable(self) -> None:
        key = stores.replay_key("assertion", "acme", "https://idp.example.org", "_1")
        assert key == sha256(b"9:assertion4:acme23:https://idp.example.org2:_1").hexdigest()

    def test_takes_any_text(self) -> None:
        assert stores.replay_key("\ud800", "\0", "é", "😀") != stores.replay_key("?", "", "", "")
