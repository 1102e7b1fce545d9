from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest import TestCase

import pytest
from django.conf import settings
from django.test import override_settings

from relyra_django.exceptions import ErrorCode
from relyra_django.stores import memory
from relyra_django.testing.store_contracts import (
    ReplayStoreContract,
    ReplayStoreRaceContract,
    RequestStoreContract,
    RequestStoreRaceContract,
    make_intent,
    refused,
)

LOGGER = "relyra_django.stores.memory"
REPLAY = (
    "relyra_django.stores.memory.ReplayStore is single-node only and provides non-durable replay "
    "protection; use a database or shared cache store for production-safe replay guarantees."
)
REQUEST = (
    "relyra_django.stores.memory.RequestStore is single-node only and provides non-durable replay "
    "protection; use a database or shared cache store for production-safe request intent semantics."
)


class TestRequestStore(RequestStoreContract, RequestStoreRaceContract):
    def make_store(self) -> memory.RequestStore:
        return memory.RequestStore()


class TestReplayStore(ReplayStoreContract, ReplayStoreRaceContract):
    def make_store(self) -> memory.ReplayStore:
        return memory.ReplayStore()


class RequestStoreUnderUnittest(RequestStoreContract, TestCase):
    def make_store(self) -> memory.RequestStore:
        return memory.RequestStore()


class ReplayStoreUnderUnittest(ReplayStoreContract, TestCase):
    def make_store(self) -> memory.ReplayStore:
        return memory.ReplayStore()


def use_request_store() -> None:
    store, intent = memory.RequestStore(), make_intent()
    store.put_intent(intent)
    store.fetch_intent(intent.relay_state, kind=intent.kind)
    store.consume_intent(intent.relay_state, intent.request_id, kind=intent.kind)


def use_replay_store() -> None:
    memory.ReplayStore().consume_replay_key("a" * 64, {}, datetime.now(UTC))


class TestSingleNodeWarning:
    @pytest.mark.parametrize(
        ("use", "texts"), [(use_request_store, [REQUEST] * 3), (use_replay_store, [REPLAY])]
    )
    def test_on_every_operation_when_asked_for(
        self, use: Callable[[], None], texts: list[str], caplog: pytest.LogCaptureFixture
    ) -> None:
        with override_settings(RELYRA={**settings.RELYRA, "SINGLE_NODE_WARNING": True}):
            use()
        assert caplog.record_tuples == [(LOGGER, logging.WARNING, text) for text in texts]

    @pytest.mark.parametrize("debug", [True, False])
    def test_silent_otherwise_whatever_debug_says(
        self, debug: bool, caplog: pytest.LogCaptureFixture
    ) -> None:
        with override_settings(DEBUG=debug):
            use_request_store()
            use_replay_store()
        assert caplog.records == []

    def test_both_stores_declare_it(self) -> None:
        assert memory.RequestStore.single_node
        assert memory.ReplayStore.single_node


class TestSweeping:
    """It cannot grow for ever, with nobody calling clear_expired()."""

    def fill(self, count: int, expires_at: datetime, mark: str = "") -> None:
        store = memory.ReplayStore()
        for n in range(count):
            store.consume_replay_key(f"{mark}{n}", {}, expires_at)

    def test_what_has_expired_goes_as_others_come(self) -> None:
        past = datetime.now(UTC) - timedelta(seconds=1)
        self.fill(20_000, past)
        assert len(memory._replay_keys.entries) <= 1024

    def test_what_has_not_expired_stays(self) -> None:
        future = datetime.now(UTC) + timedelta(hours=1)
        self.fill(3000, future)
        self.fill(3000, datetime.now(UTC) - timedelta(seconds=1), mark="old")
        store = memory.ReplayStore()
        for n in range(3000):
            with refused(ErrorCode.REPLAYED_ASSERTION):
                store.consume_replay_key(f"{n}", {}, future)

    def test_intents_are_swept_too(self) -> None:
        store = memory.RequestStore()
        for _ in range(1500):
            store.put_intent(make_intent(expires_at=datetime.now(UTC) - timedelta(seconds=1)))
        assert len(memory._intents.entries) < 1024


@pytest.mark.parametrize("payload", [{"when": datetime(2026, 1, 1, tzinfo=UTC)}, {"s": {1}}])
def test_what_a_database_could_not_keep_fails_in_development(payload: dict[str, Any]) -> None:
    with pytest.raises(TypeError):
        memory.RequestStore().put_intent(make_intent(payload=payload))


def test_clear_forgets_everything() -> None:
    use_replay_store()
    memory.clear()
    use_replay_store()
