"""One-time state in any Django database: the shipped tables, or a host's own."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any, ClassVar

from django.conf import settings
from django.core.checks import CheckMessage
from django.db import IntegrityError, connections, models, router
from django.utils import timezone

from relyra_django.exceptions import ErrorCode, InvalidStore, RelyraError
from relyra_django.stores.base import (
    BaseReplayStore,
    BaseRequestStore,
    BaseStore,
    IntentKind,
    RequestIntent,
)
from relyra_django.stores.durable import UnsettledError, answering, durable, unavailable
from relyra_django.stores.host_model import Column, check_model, check_sqlite, find_model

# What no column could hold is not looked up: some databases answer NUL or U+1F600 with an error.
_STORABLE = re.compile(r"[\x21-\x7e]{1,255}")


class DatabaseStore(BaseStore):
    """What both database stores share.

    `model` is "app_label.Model"; `using` a database alias, by default the one that the routers
    name for writes. Raises InvalidStore when there is no such model or alias.
    """

    columns: ClassVar[tuple[Column, ...]]
    key: ClassVar[str]

    def __init__(self, *, model: str, using: str | None = None) -> None:
        self.model = find_model(model)
        if using is not None and using not in connections:
            raise InvalidStore(f"There is no database {using!r} for a store.")
        self._using = using

    @property
    def using(self) -> str:
        """Return the alias that is written to; it is also the one that is read."""
        return self._using or router.db_for_write(self.model)

    def check(self) -> Sequence[CheckMessage]:
        """Return what is wrong with the model, or with SQLite's settings."""
        return check_model(self.model, self.columns, self.key) + check_sqlite(self.using)

    def clear_expired(self, *, now: datetime, batch_size: int = 1000) -> int:
        """Delete what is past its expires_at; each batch is a transaction of its own."""
        total = 0
        while True:
            found, deleted = self._clear_batch(column_time(now), batch_size)
            total += deleted
            if found < batch_size or not deleted:
                return total

    def _clear_batch(self, now: datetime, size: int) -> tuple[int, int]:
        expired = self.rows().filter(expires_at__lt=now)
        with durable(self.using):
            found = list(expired.order_by("expires_at").values_list("pk", flat=True)[:size])
            # Once more by time: a row may have been replaced since it was found.
            deleted = expired.filter(pk__in=found).delete()[1] if found else {}
        return len(found), deleted.get(self.model._meta.label, 0)

    def rows(self) -> models.QuerySet[Any]:
        """Return every row, on the alias where writes go."""
        return self.model._base_manager.using(self.using)

    def insert(self, taken: RelyraError, **values: Any) -> None:
        """Insert one row. Raises `taken` when its key is there already."""
        try:
            self.rows().create(**values)
        except IntegrityError as error:
            key = {self.key: values[self.key]}
            raise UnsettledError(partial(self._settle, taken, key, error)) from error

    def _settle(
        self, taken: RelyraError, key: Mapping[str, str], error: IntegrityError
    ) -> RelyraError:
        # A NOT NULL or a foreign key of the host's may have been broken instead.
        with answering(self.using):
            return taken if self.rows().filter(**key).exists() else unavailable(self.using, error)


class RequestStore(DatabaseStore, BaseRequestStore):
    """Pending intents: one INSERT, one SELECT, one conditional UPDATE."""

    columns = (
        Column(name="relay_state", kind=models.CharField, length=64),
        Column(name="request_id", kind=models.CharField, length=255),
        Column(name="intent", kind=models.JSONField),
        Column(name="consumed_at", kind=models.DateTimeField, null=True),
        Column(name="expires_at", kind=models.DateTimeField),
    )
    key = "relay_state"

    def __init__(
        self, *, model: str = "relyra_stores.RequestIntent", using: str | None = None
    ) -> None:
        super().__init__(model=model, using=using)

    def put_intent(self, intent: RequestIntent) -> None:
        """Keep it. Raises request_intent_consumed, request_intent_invalid, store_unavailable."""
        if not _storable(intent.relay_state, intent.request_id):
            raise RelyraError(ErrorCode.REQUEST_INTENT_INVALID, "The intent's ids cannot be kept.")
        with durable(self.using):
            self.insert(
                _consumed("The relay state is taken."),
                relay_state=intent.relay_state,
                request_id=intent.request_id,
                intent=intent.to_json(),
                expires_at=column_time(intent.expires_at),
            )

    def fetch_intent(self, relay_state: str, *, kind: IntentKind) -> RequestIntent:
        """Return it, read from the alias where writes go."""
        with answering(self.using):
            intent, consumed = self._read(relay_state, kind)
        if consumed:
            raise _consumed("The intent has been used.")
        return intent

    def consume_intent(self, relay_state: str, request_id: str, *, kind: IntentKind) -> None:
        """Use it up: of all who try at once, one UPDATE finds the row still open."""
        with durable(self.using):
            if not self._mark(relay_state, request_id, kind):
                intent, consumed = self._read(relay_state, kind)
                if consumed and intent.request_id == request_id:
                    raise _consumed("The intent has been used.")
                raise _not_found()

    def _mark(self, relay_state: str, request_id: str, kind: IntentKind) -> int:
        if not _storable(relay_state, request_id):
            return 0
        open_row: dict[str, Any] = {
            "relay_state": relay_state,
            "request_id": request_id,
            "consumed_at": None,
            "intent__kind": kind.value,
        }
        if connections[self.using].vendor == "mysql":
            # Its collations fold case and blanks in columns; JSON is compared octet by octet.
            open_row |= {"intent__relay_state": relay_state, "intent__request_id": request_id}
        return self.rows().filter(**open_row).update(consumed_at=column_time(datetime.now(UTC)))

    def _read(self, relay_state: str, kind: IntentKind) -> tuple[RequestIntent, bool]:
        rows = self.rows().filter(relay_state=relay_state).values_list("intent", "consumed_at")
        for data, consumed_at in rows[:1] if _storable(relay_state) else ():
            intent = RequestIntent.from_json(data)
            if intent.relay_state == relay_state and intent.kind == kind:
                return intent, consumed_at is not None
        raise _not_found()


class ReplayStore(DatabaseStore, BaseReplayStore):
    """Used messages: one INSERT that a unique constraint lets through once."""

    columns = (
        Column(name="replay_key", kind=models.CharField, length=64),
        Column(name="inserted_at", kind=models.DateTimeField),
        Column(name="metadata", kind=models.JSONField),
        Column(name="expires_at", kind=models.DateTimeField),
    )
    key = "replay_key"

    def __init__(self, *, model: str = "relyra_stores.ReplayKey", using: str | None = None) -> None:
        super().__init__(model=model, using=using)

    def consume_replay_key(
        self, key: str, metadata: Mapping[str, Any], expires_at: datetime
    ) -> None:
        """Take the key. A row past its expires_at still counts until it is cleared."""
        taken = RelyraError(ErrorCode.REPLAYED_ASSERTION, "The message has been used before.")
        with durable(self.using):
            self.insert(
                taken,
                replay_key=key,
                inserted_at=column_time(datetime.now(UTC)),
                metadata={"v": 1, **metadata},
                expires_at=column_time(expires_at),
            )


def column_time(value: datetime) -> datetime:
    """Return the time as a column takes it: without USE_TZ naive, and UTC all the same."""
    return value if settings.USE_TZ else timezone.make_naive(value, UTC)


def _storable(*values: str) -> bool:
    return all(_STORABLE.fullmatch(value) for value in values)


def _consumed(message: str) -> RelyraError:
    return RelyraError(ErrorCode.REQUEST_INTENT_CONSUMED, message)


def _not_found() -> RelyraError:
    return RelyraError(ErrorCode.REQUEST_INTENT_NOT_FOUND, "There is no such intent.")
