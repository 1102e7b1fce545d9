"""One-time state in this process, for development and for the first login on one node."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from threading import Lock
from typing import Any

from relyra_django.conf import get_config
from relyra_django.exceptions import ErrorCode, RelyraError
from relyra_django.stores.base import (
    BaseReplayStore,
    BaseRequestStore,
    IntentKind,
    RequestIntent,
)

logger = logging.getLogger(__name__)

REPLAY_WARNING = (
    "relyra_django.stores.memory.ReplayStore is single-node only and provides non-durable replay "
    "protection; use a database or shared cache store for production-safe replay guarantees."
)
REQUEST_WARNING = (
    "relyra_django.stores.memory.RequestStore is single-node only and provides non-durable replay "
    "protection; use a database or shared cache store for production-safe request intent semantics."
)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Entry:
    expires_at: datetime
    intent: str = ""
    request_id: str = ""
    consumed: bool = False


@dataclass(slots=True)
class _Shelf:
    """Entries under one lock. It sweeps as often as it doubles, so it stays near what is alive."""

    entries: dict[str, _Entry] = field(default_factory=dict)
    lock: Lock = field(default_factory=Lock)
    sweep_at: int = 1024

    def add(self, key: str, entry: _Entry) -> bool:
        with self.lock:
            if len(self.entries) >= self.sweep_at:
                self.sweep(datetime.now(UTC))
                self.sweep_at = max(1024, 2 * len(self.entries))
            return self.entries.setdefault(key, entry) is entry

    def sweep(self, now: datetime) -> int:
        expired = [key for key, entry in self.entries.items() if entry.expires_at < now]
        for key in expired:
            del self.entries[key]
        return len(expired)

    def clear_expired(self, now: datetime) -> int:
        with self.lock:
            return self.sweep(now)


_intents = _Shelf()
_replay_keys = _Shelf()


def clear() -> None:
    """Forget everything. For tests."""
    for shelf in (_intents, _replay_keys):
        with shelf.lock:
            shelf.entries.clear()


class RequestStore(BaseRequestStore):
    """Pending intents of this process; gone when it ends, unknown to its neighbours."""

    single_node = True

    def put_intent(self, intent: RequestIntent) -> None:
        """Keep it, as JSON text: what a database could not keep fails here too."""
        _warn(REQUEST_WARNING)
        entry = _Entry(
            intent=json.dumps(intent.to_json()),
            request_id=intent.request_id,
            expires_at=intent.expires_at,
        )
        if not _intents.add(intent.relay_state, entry):
            raise _refusal(ErrorCode.REQUEST_INTENT_CONSUMED)

    def fetch_intent(self, relay_state: str, *, kind: IntentKind) -> RequestIntent:
        """Return it."""
        _warn(REQUEST_WARNING)
        entry, intent = _open(relay_state, kind)
        if entry.consumed:
            raise _refusal(ErrorCode.REQUEST_INTENT_CONSUMED)
        return intent

    def consume_intent(self, relay_state: str, request_id: str, *, kind: IntentKind) -> None:
        """Use it up while nobody else looks."""
        _warn(REQUEST_WARNING)
        with _intents.lock:
            entry, _ = _open(relay_state, kind)
            if entry.request_id != request_id:
                raise _refusal(ErrorCode.REQUEST_INTENT_NOT_FOUND)
            if entry.consumed:
                raise _refusal(ErrorCode.REQUEST_INTENT_CONSUMED)
            _intents.entries[relay_state] = replace(entry, consumed=True)

    def clear_expired(self, *, now: datetime, batch_size: int = 1000) -> int:
        """Forget what is past its expires_at, in one go."""
        return _intents.clear_expired(now)


class ReplayStore(BaseReplayStore):
    """Used messages of this process; forgotten when it ends."""

    single_node = True

    def consume_replay_key(
        self, key: str, metadata: Mapping[str, Any], expires_at: datetime
    ) -> None:
        """Take the key. The metadata are not kept."""
        _warn(REPLAY_WARNING)
        if not _replay_keys.add(key, _Entry(expires_at=expires_at)):
            raise _refusal(ErrorCode.REPLAYED_ASSERTION)

    def clear_expired(self, *, now: datetime, batch_size: int = 1000) -> int:
        """Forget what is past its expires_at, in one go."""
        return _replay_keys.clear_expired(now)


def _open(relay_state: str, kind: IntentKind) -> tuple[_Entry, RequestIntent]:
    entry = _intents.entries.get(relay_state)
    if entry is not None:
        intent = RequestIntent.from_json(json.loads(entry.intent))
        if intent.kind == kind:
            return entry, intent
    raise _refusal(ErrorCode.REQUEST_INTENT_NOT_FOUND)


_MESSAGES = {
    ErrorCode.REQUEST_INTENT_NOT_FOUND: "There is no such intent.",
    ErrorCode.REQUEST_INTENT_CONSUMED: "The intent has been used, or its relay state is taken.",
    ErrorCode.REPLAYED_ASSERTION: "The message has been used before.",
}


def _refusal(code: ErrorCode) -> RelyraError:
    return RelyraError(code, _MESSAGES[code])


def _warn(text: str) -> None:
    if get_config().single_node_warning:
        logger.warning(text)
