"""What every store must do, as tests. Mix a contract into a test case and say how to make a store.

    class MyRequestStoreTests(RequestStoreContract, TestCase):
        def make_store(self):
            return MyRequestStore()

Works with unittest, Django's TestCase and pytest alike. The race contracts write from several
threads: for a store in a database mix them into TransactionTestCase.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from secrets import token_urlsafe
from threading import Barrier
from typing import Any

from django.db import connections

from relyra_django.exceptions import ErrorCode, RelyraError
from relyra_django.stores.base import BaseReplayStore, BaseRequestStore, IntentKind, RequestIntent

SECOND = timedelta(seconds=1)
THREADS = 8


def make_intent(**fields: Any) -> RequestIntent:
    """Return a fresh intent that uses every field; `fields` replaces some."""
    now = datetime.now(UTC)
    values: dict[str, Any] = {
        "relay_state": f"rs_{token_urlsafe(18)}",
        "kind": IntentKind.AUTHN,
        "request_id": f"id_{token_urlsafe(24)}",
        "connection_id": "acme",
        "sp_entity_id": "https://sp.example.com/saml/acme/metadata/",
        "acs_url": "https://sp.example.com/saml/acme/acs/",
        "issued_at": now,
        "expires_at": now + timedelta(minutes=15),
        "return_to": "/réports/?page=2&sort=%C3%A9",
        "browser_hash": "b" * 64,
        "had_session": True,
        "force_authn": True,
        "requested_authn_contexts": ("urn:one", "urn:two"),
        "correlation_id": "c0ffee",
        "payload": {"user": "7", "nested": {"list": [1, None, "ü 😀"]}, "empty": ""},
    }
    return RequestIntent(**{**values, **fields})


@contextmanager
def refused(code: ErrorCode) -> Iterator[None]:
    """Expect a RelyraError with this code."""
    try:
        yield
    except RelyraError as error:
        if error.code != code:
            raise AssertionError(f"{error.code} was raised, not {code}") from error
        return
    raise AssertionError(f"{code} was not raised")


class RequestStoreContract:
    """The contract of BaseRequestStore."""

    #: Set it where the storage forgets by itself, so that clear_expired() has nothing to do.
    expires_by_itself = False

    def make_store(self) -> BaseRequestStore:
        """Return the store under test; stores made in one test share their entries."""
        raise NotImplementedError

    def _put(self, **fields: Any) -> RequestIntent:
        intent = make_intent(**fields)
        self.make_store().put_intent(intent)
        return intent

    def _fetch(self, intent: RequestIntent) -> RequestIntent:
        return self.make_store().fetch_intent(intent.relay_state, kind=intent.kind)

    def _consume(self, intent: RequestIntent) -> None:
        self.make_store().consume_intent(intent.relay_state, intent.request_id, kind=intent.kind)

    def test_every_field_of_every_kind_comes_back(self) -> None:
        for kind in IntentKind:
            intent = self._put(kind=kind)
            assert self._fetch(intent) == intent

    def test_fetching_uses_nothing_up(self) -> None:
        intent = self._put()
        assert self._fetch(intent) == self._fetch(intent)
        self._consume(intent)

    def test_consumed_once(self) -> None:
        intent = self._put()
        self._consume(intent)
        with refused(ErrorCode.REQUEST_INTENT_CONSUMED):
            self._consume(intent)
        with refused(ErrorCode.REQUEST_INTENT_CONSUMED):
            self._fetch(intent)

    def test_unknown_is_not_found(self) -> None:
        self._put()
        with refused(ErrorCode.REQUEST_INTENT_NOT_FOUND):
            self._fetch(make_intent())
        with refused(ErrorCode.REQUEST_INTENT_NOT_FOUND):
            self._consume(make_intent())

    def test_another_kind_is_not_found_and_uses_nothing_up(self) -> None:
        for kind in IntentKind:
            intent = self._put(kind=kind)
            for other in set(IntentKind) - {kind}:
                with refused(ErrorCode.REQUEST_INTENT_NOT_FOUND):
                    self._fetch(replace(intent, kind=other))
                with refused(ErrorCode.REQUEST_INTENT_NOT_FOUND):
                    self._consume(replace(intent, kind=other))
            self._consume(intent)

    def test_another_request_id_is_not_found_and_uses_nothing_up(self) -> None:
        intent = self._put()
        for request_id in ("id_other", "", intent.request_id.swapcase(), intent.request_id + " "):
            with refused(ErrorCode.REQUEST_INTENT_NOT_FOUND):
                self._consume(replace(intent, request_id=request_id))
        self._consume(intent)
        with refused(ErrorCode.REQUEST_INTENT_NOT_FOUND):
            self._consume(replace(intent, request_id="id_other"))

    def test_another_spelling_is_not_found_and_uses_nothing_up(self) -> None:
        intent = self._put()
        name = intent.relay_state
        for twin in (name.swapcase(), name + " ", f" {name}", name[:-1], name + "\0"):
            with refused(ErrorCode.REQUEST_INTENT_NOT_FOUND):
                self._fetch(replace(intent, relay_state=twin))
            with refused(ErrorCode.REQUEST_INTENT_NOT_FOUND):
                self._consume(replace(intent, relay_state=twin))
        self._consume(intent)

    def test_hostile_relay_states_are_not_found(self) -> None:
        for name in ("", "\0", "rs_\ud800", "😀", "x" * 1000, "' OR 1=1 --", "%", "rs_\n"):
            with refused(ErrorCode.REQUEST_INTENT_NOT_FOUND):
                self._fetch(make_intent(relay_state=name))
            with refused(ErrorCode.REQUEST_INTENT_NOT_FOUND):
                self._consume(make_intent(relay_state=name))

    def test_a_relay_state_is_put_once(self) -> None:
        first = self._put()
        second = make_intent(relay_state=first.relay_state)
        with refused(ErrorCode.REQUEST_INTENT_CONSUMED):
            self.make_store().put_intent(second)
        assert self._fetch(first) == first
        self._consume(first)
        with refused(ErrorCode.REQUEST_INTENT_CONSUMED):
            self.make_store().put_intent(second)

    def test_entries_do_not_know_each_other(self) -> None:
        used, open_ = self._put(), self._put()
        self._consume(used)
        assert self._fetch(open_) == open_

    def test_what_has_not_expired_is_not_cleared(self) -> None:
        intent, used = self._put(), self._put()
        self._consume(used)
        self.make_store().clear_expired(now=intent.expires_at - SECOND)
        assert self._fetch(intent) == intent
        with refused(ErrorCode.REQUEST_INTENT_CONSUMED):
            self._fetch(used)

    def test_what_has_expired_is_cleared_in_batches(self) -> None:
        if self.expires_by_itself:
            return
        now = datetime.now(UTC)
        expired = [self._put(expires_at=now + timedelta(minutes=n)) for n in range(5)]
        alive = self._put(expires_at=now + timedelta(hours=1))
        store = self.make_store()
        assert store.clear_expired(now=now + timedelta(minutes=30), batch_size=2) == 5
        assert store.clear_expired(now=now + timedelta(minutes=30), batch_size=2) == 0
        for intent in expired:
            with refused(ErrorCode.REQUEST_INTENT_NOT_FOUND):
                self._fetch(intent)
        assert self._fetch(alive) == alive


class ReplayStoreContract:
    """The contract of BaseReplayStore."""

    #: Set it where the storage forgets by itself, so that clear_expired() has nothing to do.
    expires_by_itself = False

    def make_store(self) -> BaseReplayStore:
        """Return the store under test; stores made in one test share their entries."""
        raise NotImplementedError

    def _burn(self, key: str, expires_at: datetime | None = None, **metadata: Any) -> None:
        expires_at = expires_at or datetime.now(UTC) + timedelta(minutes=10)
        self.make_store().consume_replay_key(key, metadata, expires_at)

    def test_taken_once(self) -> None:
        self._burn("a" * 64)
        for _ in range(2):
            with refused(ErrorCode.REPLAYED_ASSERTION):
                self._burn("a" * 64)

    def test_keys_do_not_know_each_other(self) -> None:
        self._burn("a" * 64)
        self._burn("a" * 63 + "b")

    def test_metadata_and_lifetime_do_not_make_it_another_key(self) -> None:
        self._burn("a" * 64, issuer="https://idp.example.org", nested={"n": [1, "ü"]})
        with refused(ErrorCode.REPLAYED_ASSERTION):
            self._burn("a" * 64, datetime.now(UTC) + timedelta(hours=9), issuer="https://other")

    def test_what_has_not_expired_is_not_cleared(self) -> None:
        expires_at = datetime.now(UTC) + timedelta(minutes=10)
        self._burn("a" * 64, expires_at)
        self.make_store().clear_expired(now=expires_at - SECOND)
        with refused(ErrorCode.REPLAYED_ASSERTION):
            self._burn("a" * 64, expires_at)

    def test_what_has_expired_is_cleared_in_batches(self) -> None:
        if self.expires_by_itself:
            return
        now = datetime.now(UTC)
        for n in range(5):
            self._burn(f"{n}" * 64, now + timedelta(minutes=n))
        self._burn("a" * 64, now + timedelta(hours=1))
        store = self.make_store()
        assert store.clear_expired(now=now + timedelta(minutes=30), batch_size=2) == 5
        assert store.clear_expired(now=now + timedelta(minutes=30), batch_size=2) == 0
        with refused(ErrorCode.REPLAYED_ASSERTION):
            self._burn("a" * 64)


class RequestStoreRaceContract:
    """Of many who use one intent at the same moment, one succeeds."""

    def make_store(self) -> BaseRequestStore:
        """Return the store under test; called in every thread."""
        raise NotImplementedError

    def test_consumed_once_by_many(self) -> None:
        intent = make_intent()
        self.make_store().put_intent(intent)

        def consume() -> None:
            store = self.make_store()
            store.consume_intent(intent.relay_state, intent.request_id, kind=intent.kind)

        assert sorted(race(consume)) == _one_wins(ErrorCode.REQUEST_INTENT_CONSUMED)

    def test_put_once_by_many(self) -> None:
        intent = make_intent()
        outcomes = race(lambda: self.make_store().put_intent(intent))
        assert sorted(outcomes) == _one_wins(ErrorCode.REQUEST_INTENT_CONSUMED)


class ReplayStoreRaceContract:
    """Of many who bring one message at the same moment, one succeeds."""

    def make_store(self) -> BaseReplayStore:
        """Return the store under test; called in every thread."""
        raise NotImplementedError

    def test_taken_once_by_many(self) -> None:
        expires_at = datetime.now(UTC) + timedelta(minutes=10)
        outcomes = race(lambda: self.make_store().consume_replay_key("a" * 64, {}, expires_at))
        assert sorted(outcomes) == _one_wins(ErrorCode.REPLAYED_ASSERTION)


def race(act: Callable[[], object]) -> list[str]:
    """Call it in eight threads at once; return "" or the refusal's code for each."""
    barrier = Barrier(THREADS)

    def run() -> str:
        try:
            barrier.wait(timeout=30)
            act()
        except RelyraError as error:
            return error.code
        finally:
            connections.close_all()
        return ""

    with ThreadPoolExecutor(THREADS) as pool:
        return [future.result() for future in [pool.submit(run) for _ in range(THREADS)]]


def _one_wins(code: ErrorCode) -> list[str]:
    return ["", *[code.value] * (THREADS - 1)]
