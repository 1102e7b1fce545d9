"""What a lane of the fuzzer is: honest messages, a way to spoil them, and a judge."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from random import Random
from typing import Any, Protocol

from relyra_django.saml import ConnectionSnapshot

NOW = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
REQUEST_ID = "id_fuzzed"

Said = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Seed:
    """One honest message; `unsigned` names what it says in a place that no signature covers."""

    name: str
    data: bytes
    connection: ConnectionSnapshot
    now: datetime = NOW
    request_id: str | None = REQUEST_ID
    unsigned: frozenset[str] = field(default=frozenset({"response_id"}))

    def said(self, accepted: Any) -> Said:
        """Return everything that was believed, but for what nobody signed."""
        return {
            each.name: getattr(accepted, each.name)
            for each in fields(accepted)
            if each.name not in self.unsigned
        }


class Lane(Protocol):
    """`share` says how many of a hundred messages are this lane's."""

    name: str
    share: int

    def seeds(self) -> Sequence[Seed]:
        """Make the honest messages, each of which is accepted."""

    def honest(self, seed: Seed) -> str | bytes:
        """Return the payload that carries the message as it is."""

    def spoiled(self, random: Random, seed: Seed) -> str | bytes:
        """Return a payload as an attacker might make it from the message."""

    def judge(self, payload: str | bytes, seed: Seed) -> Said:
        """Return what is believed. Raises RelyraError, and AssertionError for what may not be."""
