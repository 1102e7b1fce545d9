"""The ledger: every change of trust, who made it and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self
from uuid import uuid4

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import router, transaction

from relyra_django.exceptions import ErrorCode, RelyraError
from relyra_django.models import ActorKind, AuditAction, AuditDomain, AuditEvent, Connection
from relyra_django.trust import redaction


@dataclass(frozen=True, kw_only=True, slots=True)
class Actor:
    """Who changes something. Kept as text, since people leave and the record stays."""

    kind: ActorKind
    id: str = ""
    label: str

    @classmethod
    def system(cls, label: str = "system") -> Self:
        """Return the actor for what nobody asked for by name."""
        return cls(kind=ActorKind.SYSTEM, label=label)

    @classmethod
    def command(cls, label: str) -> Self:
        """Return the actor for a management command, as whoever runs it calls themselves."""
        return cls(kind=ActorKind.COMMAND, label=label)

    @classmethod
    def from_user(cls, user: AbstractBaseUser) -> Self:
        """Return the actor for a signed-in user."""
        return cls(kind=ActorKind.USER, id=str(user.pk), label=user.get_username())


def check(*, actor: Actor, cause: str) -> None:
    """Raise invalid_connection_record, details.missing, unless both say something."""
    given = {"actor": redaction.text(actor.label), "cause": redaction.text(cause)}
    if missing := sorted(name for name, value in given.items() if not value):
        raise RelyraError(
            ErrorCode.INVALID_CONNECTION_RECORD,
            "A change of trust needs an actor and a cause.",
            reason="missing_audit_context",
            missing=missing,
            errors=dict.fromkeys(missing, "This is required."),
        )


def record(
    *,
    domain: AuditDomain,
    action: AuditAction,
    actor: Actor,
    cause: str,
    connection: Connection | None = None,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    diff: Mapping[str, Any] | None = None,
    correlation_id: str | None = None,
    using: str | None = None,
) -> AuditEvent:
    """Write one event in the caller's transaction, redacted and bounded.

    Raises invalid_connection_record without an actor or a cause, and internal_protocol_error
    outside a transaction: a change and its record stand or fall together.
    """
    check(actor=actor, cause=cause)
    alias = using or (connection and connection._state.db) or router.db_for_write(AuditEvent)
    _require_transaction(alias)
    return AuditEvent.objects.using(alias).create(
        connection=connection,
        domain=AuditDomain(domain),
        action=AuditAction(action),
        actor_kind=ActorKind(actor.kind),
        actor_id=redaction.text(actor.id)[:255],
        actor_label=redaction.text(actor.label),
        cause=redaction.text(cause),
        correlation_id=redaction.text(correlation_id or uuid4().hex)[:64],
        before_summary=redaction.payload(before or {}),
        after_summary=redaction.payload(after or {}),
        diff_summary=redaction.payload(diff or {}),
    )


def _require_transaction(alias: str) -> None:
    if not transaction.get_connection(alias).in_atomic_block:
        raise RelyraError(
            ErrorCode.INTERNAL_PROTOCOL_ERROR,
            "An audit event is written in the transaction of the change it records.",
        )
