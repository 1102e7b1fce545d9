"""The contracts on a host's own stores, and on stores that break them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from relyra_django.exceptions import ErrorCode, RelyraError
from relyra_django.stores import memory
from relyra_django.stores.base import IntentKind, RequestIntent
from relyra_django.testing import store_contracts
from relyra_django.testing.store_contracts import (
    ReplayStoreContract,
    ReplayStoreRaceContract,
    RequestStoreContract,
    RequestStoreRaceContract,
    race,
    refused,
)
from tests.host.stores import CacheReplayStore, CacheRequestStore


class TestCacheRequestStore(RequestStoreContract, RequestStoreRaceContract):
    expires_by_itself = True

    def make_store(self) -> CacheRequestStore:
        return CacheRequestStore()


class TestCacheReplayStore(ReplayStoreContract, ReplayStoreRaceContract):
    expires_by_itself = True

    def make_store(self) -> CacheReplayStore:
        return CacheReplayStore()


class KindBlindStore(memory.RequestStore):
    def consume_intent(self, relay_state: str, request_id: str, *, kind: IntentKind) -> None:
        for each in IntentKind:
            try:
                return super().consume_intent(relay_state, request_id, kind=each)
            except RelyraError as error:
                last = error
        raise last


class ForgetfulStore(memory.RequestStore):
    def fetch_intent(self, relay_state: str, *, kind: IntentKind) -> RequestIntent:
        return replace(super().fetch_intent(relay_state, kind=kind), return_to="")


class EagerStore(memory.RequestStore):
    def clear_expired(self, *, now: datetime, batch_size: int = 1000) -> int:
        count = len(memory._intents.entries)
        memory.clear()
        return count


class OverwritingStore(memory.RequestStore):
    def put_intent(self, intent: RequestIntent) -> None:
        memory._intents.entries.pop(intent.relay_state, None)
        super().put_intent(intent)


class LenientReplayStore(memory.ReplayStore):
    def consume_replay_key(
        self, key: str, metadata: Mapping[str, Any], expires_at: datetime
    ) -> None:
        if key not in memory._replay_keys.entries:
            super().consume_replay_key(key, metadata, expires_at)


@pytest.mark.parametrize(
    ("store", "test"),
    [
        (KindBlindStore, "test_another_kind_is_not_found_and_uses_nothing_up"),
        (ForgetfulStore, "test_every_field_of_every_kind_comes_back"),
        (EagerStore, "test_what_has_not_expired_is_not_cleared"),
        (EagerStore, "test_what_has_expired_is_cleared_in_batches"),
        (OverwritingStore, "test_a_relay_state_is_put_once"),
    ],
)
def test_the_contract_catches_a_broken_request_store(
    store: type[memory.RequestStore], test: str
) -> None:
    contract = RequestStoreContract()
    contract.make_store = store  # type: ignore[method-assign]
    with pytest.raises((AssertionError, RelyraError)):
        getattr(contract, test)()
    memory.clear()
    contract.make_store = memory.RequestStore  # type: ignore[method-assign]
    getattr(contract, test)()


def test_the_contract_catches_a_broken_replay_store() -> None:
    contract = ReplayStoreContract()
    contract.make_store = LenientReplayStore  # type: ignore[method-assign]
    with pytest.raises(AssertionError, match="was not raised"):
        contract.test_taken_once()


def test_make_store_has_no_default() -> None:
    for contract in (
        RequestStoreContract(),
        ReplayStoreContract(),
        RequestStoreRaceContract(),
        ReplayStoreRaceContract(),
    ):
        with pytest.raises(NotImplementedError):
            contract.make_store()


class TestRefused:
    def test_takes_the_named_code(self) -> None:
        with refused(ErrorCode.REPLAYED_ASSERTION):
            raise RelyraError(ErrorCode.REPLAYED_ASSERTION, "Used.")

    def test_takes_no_other_code(self) -> None:
        with (
            pytest.raises(AssertionError, match="store_unavailable was raised"),
            refused(ErrorCode.REPLAYED_ASSERTION),
        ):
            raise RelyraError(ErrorCode.STORE_UNAVAILABLE, "Down.")

    def test_takes_no_silence(self) -> None:
        with (
            pytest.raises(AssertionError, match="was not raised"),
            refused(ErrorCode.REPLAYED_ASSERTION),
        ):
            pass

    def test_lets_other_errors_through(self) -> None:
        with pytest.raises(ZeroDivisionError), refused(ErrorCode.REPLAYED_ASSERTION):
            raise ZeroDivisionError


def test_a_race_is_run_by_everyone() -> None:
    assert race(lambda: None) == [""] * store_contracts.THREADS


def test_the_contracts_do_without_pytest() -> None:
    assert not hasattr(store_contracts, "pytest")
