"""Stores as a host would write them: over the cache that it has already, add() as the primitive."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any

from django.core.cache import cache
from django.utils import timezone

from relyra_django.exceptions import ErrorCode, RelyraError
from relyra_django.stores.base import BaseReplayStore, BaseRequestStore, IntentKind, RequestIntent


def seconds_until(moment: datetime) -> int:
    return max(1, int((moment - timezone.now()).total_seconds()) + 1)


class CacheRequestStore(BaseRequestStore):
    def __init__(self, *, prefix: str = "sso") -> None:
        self.prefix = prefix

    def put_intent(self, intent: RequestIntent) -> None:
        text = json.dumps(intent.to_json())
        if not cache.add(self.key(intent.relay_state), text, seconds_until(intent.expires_at)):
            raise RelyraError(ErrorCode.REQUEST_INTENT_CONSUMED, "Taken.")

    def fetch_intent(self, relay_state: str, *, kind: IntentKind) -> RequestIntent:
        intent = self.find(relay_state, kind)
        if cache.get(self.key(relay_state, "used")):
            raise RelyraError(ErrorCode.REQUEST_INTENT_CONSUMED, "Used.")
        return intent

    def consume_intent(self, relay_state: str, request_id: str, *, kind: IntentKind) -> None:
        intent = self.find(relay_state, kind)
        if intent.request_id != request_id:
            raise RelyraError(ErrorCode.REQUEST_INTENT_NOT_FOUND, "Another request.")
        lifetime = seconds_until(intent.expires_at) + 60
        if not cache.add(self.key(relay_state, "used"), 1, lifetime):
            raise RelyraError(ErrorCode.REQUEST_INTENT_CONSUMED, "Used.")

    def clear_expired(self, *, now: datetime, batch_size: int = 1000) -> int:
        return 0

    def find(self, relay_state: str, kind: IntentKind) -> RequestIntent:
        text = cache.get(self.key(relay_state))
        intent = RequestIntent.from_json(json.loads(text)) if text else None
        if intent is None or intent.kind != kind:
            raise RelyraError(ErrorCode.REQUEST_INTENT_NOT_FOUND, "Unknown.")
        return intent

    def key(self, relay_state: str, suffix: str = "intent") -> str:
        digest = sha256(relay_state.encode("utf-8", "surrogatepass")).hexdigest()
        return f"{self.prefix}:{digest}:{suffix}"


class CacheReplayStore(BaseReplayStore):
    def consume_replay_key(
        self, key: str, metadata: Mapping[str, Any], expires_at: datetime
    ) -> None:
        if not cache.add(f"sso:{key}", json.dumps(dict(metadata)), seconds_until(expires_at)):
            raise RelyraError(ErrorCode.REPLAYED_ASSERTION, "Used.")

    def clear_expired(self, *, now: datetime, batch_size: int = 1000) -> int:
        return 0
