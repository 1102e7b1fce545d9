"""The contract of a resolver, and what every answer of one must be."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import NoReturn, TypeVar

from django.db import Error as DatabaseFailure

from relyra_django.exceptions import ErrorCode, RelyraError
from relyra_django.saml import certificates
from relyra_django.saml.connection import AnchorKind, ConnectionSnapshot, ConnectionStatus

T = TypeVar("T")

RUNTIME_FIELDS = ("idp_entity_id", "sp_entity_id", "acs_url", "idp_sso_url")
METADATA_FIELDS = ("sp_entity_id", "acs_url")


class ConnectionResolver(ABC):
    """Finds connections. OPTIONS of CONNECTION_RESOLVER arrive as keyword arguments.

    Asked on every login: an answer that is kept must not outlive a change of the connection.
    Anything raised that is neither a RelyraError nor a database error becomes resolver_failed.
    """

    @abstractmethod
    def resolve(self, connection_id: str) -> ConnectionSnapshot:
        """Return the enabled connection with this public id, ready for a login.

        Raises connection_unavailable (unknown, draft and disabled alike; details.reason says
        which) and connection_invalid.
        """

    @abstractmethod
    def resolve_for_metadata(self, connection_id: str) -> ConnectionSnapshot:
        """Return it for our metadata: a draft as well, which may lack all of the other side."""

    def only_enabled(self) -> str | None:
        """Return the public id of the single enabled connection, None when that is not one."""
        return None


class CheckedResolver(ConnectionResolver):
    """Asks a resolver and trusts it with nothing."""

    def __init__(self, resolver: ConnectionResolver) -> None:
        self.resolver = resolver

    def resolve(self, connection_id: str) -> ConnectionSnapshot:
        snapshot = _ask(lambda: self.resolver.resolve(connection_id))
        return require_ready(_require_snapshot(snapshot, connection_id))

    def resolve_for_metadata(self, connection_id: str) -> ConnectionSnapshot:
        snapshot = _ask(lambda: self.resolver.resolve_for_metadata(connection_id))
        return require_publishable(_require_snapshot(snapshot, connection_id))

    def only_enabled(self) -> str | None:
        public_id: object = _ask(self.resolver.only_enabled)
        if public_id is None or isinstance(public_id, str):
            return public_id
        raise _failed("only_enabled() is neither a public id nor None.", public_id)


def refuse_unavailable(reason: str) -> NoReturn:
    """Raise connection_unavailable; the visitor cannot tell one reason from another."""
    raise RelyraError(
        ErrorCode.CONNECTION_UNAVAILABLE, "The connection is not available.", reason=reason
    )


def require_ready(snapshot: ConnectionSnapshot) -> ConnectionSnapshot:
    """Return it when a login may use it: being enabled once is not being ready now."""
    if snapshot.status is not ConnectionStatus.ENABLED:
        refuse_unavailable(snapshot.status.value)
    _require_fields(snapshot, RUNTIME_FIELDS)
    _require_anchor(snapshot)
    if not snapshot.idp_certificates:
        _refuse_invalid("missing_certificates", "No active certificate is there to verify with.")
    try:
        for pem in snapshot.idp_certificates:
            certificates.load(pem)
    except RelyraError as error:
        _refuse_invalid("invalid_certificates", error.message, cause=error.details["reason"])
    return snapshot


def require_publishable(snapshot: ConnectionSnapshot) -> ConnectionSnapshot:
    """Return it when its metadata may be shown."""
    if snapshot.status is ConnectionStatus.DISABLED:
        refuse_unavailable(snapshot.status.value)
    _require_fields(snapshot, METADATA_FIELDS)
    return snapshot


def _require_fields(snapshot: ConnectionSnapshot, names: tuple[str, ...]) -> None:
    if missing := [name for name in names if not getattr(snapshot, name)]:
        _refuse_invalid(
            "missing_runtime_fields", "The connection lacks what a login needs.", missing=missing
        )


def _require_anchor(snapshot: ConnectionSnapshot) -> None:
    """Refuse what would name people otherwise than its author meant, or check no scope."""
    by_attribute = snapshot.anchor == AnchorKind.ATTRIBUTE
    if by_attribute and not snapshot.anchor_attribute:
        _refuse_invalid("invalid_anchor", "The attribute that people are known by has no name.")
    if snapshot.anchor_scoped and not by_attribute:
        _refuse_invalid("invalid_anchor", "Only an attribute can be scoped, and it is a NameID.")


def _refuse_invalid(reason: str, message: str, **details: object) -> NoReturn:
    raise RelyraError(ErrorCode.CONNECTION_INVALID, message, reason=reason, **details)


def _ask(question: Callable[[], T]) -> T:
    try:
        return question()
    except RelyraError:
        raise
    except DatabaseFailure as error:
        raise RelyraError(
            ErrorCode.STORE_UNAVAILABLE,
            "The database did not answer for the connection.",
            reason=type(error).__name__,
        ) from error
    except Exception as error:
        raise _failed("The connection resolver failed.", error) from error


def _require_snapshot(snapshot: object, connection_id: str) -> ConnectionSnapshot:
    if not isinstance(snapshot, ConnectionSnapshot):
        raise _failed("The connection resolver returned something else.", snapshot)
    if snapshot.connection_id != connection_id:
        raise _failed("The connection resolver returned another connection.", snapshot)
    return snapshot


def _failed(message: str, actual: object) -> RelyraError:
    return RelyraError(ErrorCode.RESOLVER_FAILED, message, actual=type(actual).__name__)
