"""One-time state between a login's start and its end, in the stores that RELYRA names.

login.py calls the functions here, never a store: a store that fails, or answers what the contract
does not allow, refuses the login and never lets it through.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from typing import Any, TypeVar

from django.core.exceptions import ImproperlyConfigured
from django.core.signals import setting_changed
from django.dispatch import receiver

from relyra_django.conf import BackendEntry, get_config, load
from relyra_django.exceptions import ErrorCode, InvalidStore, RelyraError
from relyra_django.stores.base import (
    BaseReplayStore,
    BaseRequestStore,
    BaseStore,
    IntentKind,
    RequestIntent,
)
from relyra_django.stores.durable import durable

__all__ = [
    "IntentKind",
    "RequestIntent",
    "consume_intent",
    "consume_once",
    "fetch_intent",
    "put_intent",
    "replay_key",
    "replay_store",
    "request_store",
]

S = TypeVar("S", bound=BaseStore)

_SPENT = (ErrorCode.REQUEST_INTENT_CONSUMED, ErrorCode.REQUEST_INTENT_NOT_FOUND)


@lru_cache(maxsize=1)
def request_store() -> BaseRequestStore:
    """Return the store of REQUEST_STORE. Raises adapter_not_configured, InvalidStore."""
    return _build(get_config().request_store, "REQUEST_STORE", BaseRequestStore)


@lru_cache(maxsize=1)
def replay_store() -> BaseReplayStore:
    """Return the store of REPLAY_STORE. Raises adapter_not_configured, InvalidStore."""
    return _build(get_config().replay_store, "REPLAY_STORE", BaseReplayStore)


def put_intent(intent: RequestIntent) -> None:
    """Keep the intent before the browser leaves.

    Raises request_intent_consumed when its relay_state is taken, store_unavailable,
    adapter_not_configured, internal_protocol_error.
    """
    with _guarded("put_intent"):
        _call(request_store().put_intent, intent)


def fetch_intent(relay_state: str, *, kind: IntentKind) -> RequestIntent:
    """Return the pending intent; whether it is still in time is for the caller to judge.

    Raises request_intent_not_found, request_intent_consumed, request_intent_invalid,
    store_unavailable, adapter_not_configured. Only the first means that there is none.
    """
    with _guarded("fetch_intent"):
        intent = request_store().fetch_intent(relay_state, kind=kind)
        if not isinstance(intent, RequestIntent):
            raise TypeError("fetch_intent() did not return a RequestIntent.")
        if intent.relay_state != relay_state or intent.kind != kind:
            raise ValueError("fetch_intent() returned another intent.")
    return intent


def consume_intent(intent: RequestIntent) -> None:
    """Use the intent up without a message: a completion, or an error Status that correlates.

    Raises request_intent_not_found, request_intent_consumed and what put_intent() raises for
    stores that fail.
    """
    with _guarded("consume_intent"):
        _consume(intent)


def consume_once(
    *,
    replay_key: str,
    metadata: Mapping[str, Any],
    expires_at: datetime,
    intent: RequestIntent | None,
) -> None:
    """Burn the replay key, then use up the intent, if the message answers one.

    Both are committed when this returns: together when the stores share a database alias, else
    the key first. When the key is burned and the intent turns out to be used or gone, the burn
    stays and the login is refused: the user starts again. When the database fails on a shared
    alias, neither is kept. `expires_at` is until when the key must be remembered.

    Raises replayed_assertion, request_intent_consumed, request_intent_not_found,
    store_unavailable, adapter_not_configured, and internal_protocol_error inside a transaction.
    """
    with _guarded("consume_once"):
        replay = replay_store()
        with _one_transaction(replay, request_store() if intent else None):
            _call(replay.consume_replay_key, replay_key, metadata, expires_at)
            refusal = _spent(intent) if intent else None
    if refusal is not None:
        raise refusal


def replay_key(kind: str, connection_id: str, issuer: str, message_id: str) -> str:
    """Return the SHA-256, in hex, that stands for one message in the replay store.

    Each part carries its length, so that no two messages share a key by where a part ends.
    """
    digest = sha256()
    for part in (kind, connection_id, issuer, message_id):
        octets = part.encode("utf-8", "surrogatepass")
        digest.update(b"%d:" % len(octets) + octets)
    return digest.hexdigest()


@receiver(setting_changed)
def _forget(*, setting: str, **kwargs: Any) -> None:
    if setting in ("RELYRA", "DATABASES", "INSTALLED_APPS"):
        request_store.cache_clear()
        replay_store.cache_clear()


def _build(entry: BackendEntry | None, key: str, base: Callable[..., S]) -> S:
    if entry is None:
        raise RelyraError(
            ErrorCode.ADAPTER_NOT_CONFIGURED, "No store is configured.", setting=f"RELYRA {key}"
        )
    return load(entry, base, refusal=InvalidStore)


@contextmanager
def _guarded(operation: str) -> Iterator[None]:
    """Let refusals through; whatever else a store does is a refusal as well."""
    try:
        yield
    except RelyraError:
        raise
    except Exception as error:
        broken = isinstance(error, ImproperlyConfigured)
        raise RelyraError(
            ErrorCode.ADAPTER_NOT_CONFIGURED if broken else ErrorCode.STORE_UNAVAILABLE,
            "A store failed, or did not keep to its contract.",
            operation=operation,
            reason=type(error).__name__,
        ) from error


def _call(operation: Callable[..., object], *args: Any, **kwargs: Any) -> None:
    # False, or a coroutine that nobody awaits, is not a success.
    if operation(*args, **kwargs) is not None:
        raise TypeError("A store returned something where its contract says None.")


def _consume(intent: RequestIntent) -> None:
    consume = request_store().consume_intent
    _call(consume, intent.relay_state, intent.request_id, kind=intent.kind)


def _one_transaction(
    replay: BaseReplayStore, request: BaseRequestStore | None
) -> AbstractContextManager[None]:
    using = replay.using
    if using is None or request is None or request.using != using:
        return nullcontext()
    return durable(using)


def _spent(intent: RequestIntent) -> RelyraError | None:
    """Use the intent up, or return the refusal that may be raised only after the commit."""
    try:
        _consume(intent)
    except RelyraError as refusal:
        if refusal.code not in _SPENT:
            raise
        return refusal
    return None
