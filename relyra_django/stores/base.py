"""The contract of one-time state: what is pending, and what has been used."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Self

from asgiref.sync import sync_to_async
from django.core.checks import CheckMessage

from relyra_django.exceptions import ErrorCode, RelyraError


class IntentKind(StrEnum):
    AUTHN = "authn"
    COMPLETION = "completion"
    LOGOUT = "logout"
    TEST = "test"


@dataclass(frozen=True, kw_only=True, slots=True)
class RequestIntent:
    """One attempt that this site began. Times are UTC; `connection_id` is the public id."""

    relay_state: str
    kind: IntentKind
    request_id: str
    connection_id: str
    sp_entity_id: str
    acs_url: str
    issued_at: datetime
    expires_at: datetime
    return_to: str = ""
    browser_hash: str = ""
    had_session: bool = False
    force_authn: bool = False
    requested_authn_contexts: tuple[str, ...] = ()
    correlation_id: str = ""
    payload: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        # A store that keeps the kind as text must not make a kind that nothing compares equal to.
        object.__setattr__(self, "kind", IntentKind(self.kind))

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON; `v` names the shape so that a later version can read an older row."""
        return {
            "v": 1,
            "relay_state": self.relay_state,
            "kind": self.kind.value,
            "request_id": self.request_id,
            "connection_id": self.connection_id,
            "sp_entity_id": self.sp_entity_id,
            "acs_url": self.acs_url,
            "issued_at": self.issued_at.isoformat(),
            "expires_at": self.expires_at.isoformat(),
            "return_to": self.return_to,
            "browser_hash": self.browser_hash,
            "had_session": self.had_session,
            "force_authn": self.force_authn,
            "requested_authn_contexts": list(self.requested_authn_contexts),
            "correlation_id": self.correlation_id,
            "payload": dict(self.payload),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Rebuild what `to_json` wrote. Raises RelyraError request_intent_invalid."""
        try:
            fields = {name: data[name] for name in cls.__slots__}
            fields["kind"] = IntentKind(fields["kind"])
            for name in ("issued_at", "expires_at"):
                fields[name] = datetime.fromisoformat(fields[name])
            fields["requested_authn_contexts"] = tuple(fields["requested_authn_contexts"])
            return cls(**fields)
        except (KeyError, TypeError, ValueError) as error:
            raise RelyraError(
                ErrorCode.REQUEST_INTENT_INVALID,
                "A stored intent cannot be read back.",
                reason=type(error).__name__,
            ) from error


class BaseStore(ABC):
    """What both stores share. OPTIONS of the settings entry arrive as keyword arguments."""

    #: True when the state lives in one process and is lost with it.
    single_node: bool = False

    @property
    def using(self) -> str | None:
        """Return the database alias that every write goes to, inside `stores.durable.durable()`.

        Two stores that name the same alias have their writes committed together. None: the
        store commits by itself, whatever it is made of.
        """
        return None

    def check(self) -> Sequence[CheckMessage]:
        """Return system-check messages about this store's own setup."""
        return []

    @abstractmethod
    def clear_expired(self, *, now: datetime, batch_size: int = 1000) -> int:
        """Delete what is past its expires_at, in batches; return how many entries went."""

    async def aclear_expired(self, *, now: datetime, batch_size: int = 1000) -> int:
        """See clear_expired()."""
        return await sync_to_async(self.clear_expired)(now=now, batch_size=batch_size)


class BaseRequestStore(BaseStore):
    """Keeps what is pending between the AuthnRequest and its answer.

    Every method raises RelyraError: the codes named below, or store_unavailable when the store
    itself failed. An entry answers until its expires_at; whether it is still in time is for the
    caller to judge.
    """

    @abstractmethod
    def put_intent(self, intent: RequestIntent) -> None:
        """Keep it. Raises request_intent_consumed when the relay_state is taken."""

    @abstractmethod
    def fetch_intent(self, relay_state: str, *, kind: IntentKind) -> RequestIntent:
        """Return it. Raises request_intent_not_found or request_intent_consumed."""

    @abstractmethod
    def consume_intent(self, relay_state: str, request_id: str, *, kind: IntentKind) -> None:
        """Use it up, exactly once. Raises request_intent_not_found or request_intent_consumed."""

    async def aput_intent(self, intent: RequestIntent) -> None:
        """See put_intent()."""
        await sync_to_async(self.put_intent)(intent)

    async def afetch_intent(self, relay_state: str, *, kind: IntentKind) -> RequestIntent:
        """See fetch_intent()."""
        return await sync_to_async(self.fetch_intent)(relay_state, kind=kind)

    async def aconsume_intent(self, relay_state: str, request_id: str, *, kind: IntentKind) -> None:
        """See consume_intent()."""
        await sync_to_async(self.consume_intent)(relay_state, request_id, kind=kind)


class BaseReplayStore(BaseStore):
    """Remembers what has been used."""

    @abstractmethod
    def consume_replay_key(
        self, key: str, metadata: Mapping[str, Any], expires_at: datetime
    ) -> None:
        """Take the key, exactly once until expires_at. Raises replayed_assertion."""

    async def aconsume_replay_key(
        self, key: str, metadata: Mapping[str, Any], expires_at: datetime
    ) -> None:
        """See consume_replay_key()."""
        await sync_to_async(self.consume_replay_key)(key, metadata, expires_at)
