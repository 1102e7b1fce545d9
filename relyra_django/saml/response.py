"""What a Response that was judged good says."""

from __future__ import annotations

from dataclasses import InitVar, dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

from relyra_django.saml.connection import ConnectionSnapshot

# Whoever holds this has run every stage; it is handed to nobody but the judge.
JUDGED: Final = object()


class Signed(StrEnum):
    """Which element a verified signature covered."""

    ASSERTION = "assertion"
    RESPONSE = "response"
    BOTH = "both"


@dataclass(frozen=True, kw_only=True, slots=True)
class NameId:
    """The subject's name and its qualifiers (Core 2.2.2)."""

    value: str = field(repr=False)
    format: str
    name_qualifier: str | None = None
    sp_name_qualifier: str | None = None
    sp_provided_id: str | None = field(default=None, repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Attribute:
    """An attribute; values of the same name and format are merged in document order."""

    name: str
    name_format: str | None = None
    friendly_name: str | None = None
    values: tuple[str, ...] = field(default=(), repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class ValidatedAssertion:
    """Read from the bytes that were signed, after every rule held. Times are UTC.

    `connection` is without its private keys. `response_id` alone may come from an envelope that
    nobody signed; it is for the record. Only the judge can make one: TypeError for anybody else.
    """

    connection: ConnectionSnapshot = field(repr=False)
    issuer: str
    assertion_id: str
    response_id: str
    in_response_to: str | None
    name_id: NameId | None
    attributes: tuple[Attribute, ...]
    authn_instant: datetime
    authn_context_class: str | None
    session_index: str | None = field(repr=False)
    session_not_on_or_after: datetime | None
    not_on_or_after: datetime
    replay_expires_at: datetime
    unsolicited: bool
    signed: Signed
    encrypted: bool
    algorithms: tuple[str, ...]
    certificate_fingerprint: str
    seal: InitVar[object]

    def __post_init__(self, seal: object) -> None:
        if seal is not JUDGED:
            raise TypeError("A ValidatedAssertion is made by validate_response() alone.")

    @property
    def connection_id(self) -> str:
        """The public id of the connection that judged it."""
        return self.connection.connection_id

    def values(self, name: str) -> tuple[str, ...]:
        """Return the values of every attribute with this name, in document order."""
        return tuple(v for a in self.attributes if a.name == name for v in a.values)
