"""One attempt, one log record: what came of it, and how long each stage took."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from time import perf_counter
from uuid import uuid4

from django.db import Error as DatabaseFailure

from relyra_django.exceptions import RelyraError
from relyra_django.saml.redaction import redact

logger = logging.getLogger("relyra_django.login")
page_logger = logging.getLogger("relyra_django.pages")

DETAIL_LENGTH = 200


class AttemptKind(StrEnum):
    """Which request of a login this is."""

    START = "start"
    RESPONSE = "response"
    COMPLETION = "completion"
    METADATA = "metadata"


class Outcome(StrEnum):
    STARTED = "started"
    PENDING = "pending"
    CONFIRMATION = "confirmation"
    SUCCEEDED = "succeeded"
    REJECTED = "rejected"
    FAILED = "failed"


class Attempt:
    """Measure one request of a login and log it once.

    The record carries names, ids, codes and milliseconds. It never carries a NameID, an
    attribute, a RelayState or any XML.
    """

    def __init__(self, kind: AttemptKind, *, connection_id: str = "") -> None:
        self.kind = kind
        self.connection_id = connection_id
        self.correlation_id = uuid4().hex
        self.stages: dict[str, float] = {}

    def adopt(self, correlation_id: str) -> None:
        """Go on under the id that this login began with."""
        self.correlation_id = correlation_id or self.correlation_id

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time what happens inside, in milliseconds, whether or not it raises."""
        began = perf_counter()
        try:
            yield
        finally:
            took = (perf_counter() - began) * 1000
            self.stages[name] = round(self.stages.get(name, 0) + took, 3)

    def succeed(self, outcome: Outcome) -> None:
        """Log that the request did what it was for."""
        self._log(logging.INFO, outcome)

    def refuse(self, refusal: RelyraError, *, error: BaseException | None = None) -> None:
        """Log that what came in was refused; `error` is what was raised, if not the refusal."""
        _make_discreet(error or refusal)
        self._log(logging.WARNING, Outcome.REJECTED, refusal=refusal)

    def fail(self, refusal: RelyraError, *, error: BaseException) -> None:
        """Log that we, or what we stand on, failed, with the traceback of `error`."""
        _make_discreet(error)
        self._log(logging.ERROR, Outcome.FAILED, refusal=refusal, error=error)

    def _log(
        self,
        level: int,
        outcome: Outcome,
        *,
        refusal: RelyraError | None = None,
        error: BaseException | None = None,
    ) -> None:
        facts = {
            "kind": self.kind.value,
            "outcome": outcome.value,
            "code": refusal.code.value if refusal else None,
            "connection": self.connection_id,
            "correlation_id": self.correlation_id,
            "stages": dict(self.stages),
            "details": _shown(refusal) if refusal else {},
        }
        logger.log(
            level,
            "SAML %s %s: %s connection=%s correlation_id=%s %s",
            self.kind.value,
            outcome.value,
            facts["code"] or "ok",
            self.connection_id or "-",
            self.correlation_id,
            refusal.message if refusal else "",
            extra=facts,
            exc_info=error,
        )


def _shown(refusal: RelyraError) -> dict[str, str]:
    """Return the details that hold no secret and no person, short and on one line each."""
    kept = redact(refusal.details)
    return {name: repr(value)[:DETAIL_LENGTH] for name, value in kept.items()}


def log_broken_page(error: BaseException, *, correlation_id: str) -> None:
    """Log that the page of a refusal could not be rendered, on a logger of its own.

    The attempt has its one record on the other logger, and this is no part of it.
    """
    _make_discreet(error)
    page_logger.error(
        "The page of a refusal cannot be rendered. correlation_id=%s",
        correlation_id,
        extra={"correlation_id": correlation_id},
        exc_info=error,
    )


def _make_discreet(error: BaseException) -> None:
    """Take out of an exception, and of all behind it, what may name a person.

    Error reports print the variables of a traceback, and finished frames hold the XML. Databases
    quote the row that they refuse.
    """
    for each in _behind(error):
        traceback.clear_frames(each.__traceback__)
        if isinstance(each, DatabaseFailure):
            for quoting in filter(None, (each, each.__cause__)):  # Django's and the driver's
                quoting.args = ()


def _behind(error: BaseException) -> Iterable[BaseException]:
    """Return the exception and all that led to it, each once: causes may form a cycle."""
    found: dict[int, BaseException] = {}
    waiting: list[BaseException | None] = [error]
    while waiting:
        each = waiting.pop()
        if each is None or id(each) in found:
            continue
        found[id(each)] = each
        waiting += (each.__cause__, each.__context__)
        if isinstance(each, BaseExceptionGroup):
            waiting += each.exceptions
    return found.values()
