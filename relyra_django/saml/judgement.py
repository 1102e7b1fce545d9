"""What the stages of one judgement share, filled in as they pass."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from lxml import etree

from relyra_django.saml import constants as c
from relyra_django.saml.connection import ConnectionSnapshot, Policy
from relyra_django.saml.decryption import Keyring
from relyra_django.saml.response import Attribute, NameId
from relyra_django.saml.signature import SignatureParts, SignedNode

_NEVER: Final = datetime.max.replace(tzinfo=UTC)


@dataclass(kw_only=True, slots=True)
class Circumstances:
    """Before which connection a message is judged, and at which moment (UTC).

    `keyring` is what may be decrypted with, counted over the whole message.
    """

    connection: ConnectionSnapshot
    now: datetime
    keyring: Keyring = field(init=False)
    encryption_algorithms: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        self.keyring = Keyring(connection=self.connection)

    @property
    def policy(self) -> Policy:
        return self.connection.policy

    @property
    def skew(self) -> timedelta:
        return timedelta(seconds=self.policy.clock_skew_seconds)

    def is_over(self, not_on_or_after: datetime) -> bool:
        """Tell whether a time limit has passed, however far our clocks differ."""
        return self.now - self.skew >= not_on_or_after

    def is_ahead(self, instant: datetime) -> bool:
        """Tell whether an instant lies in the future, however far our clocks differ."""
        return instant > self.now + self.skew


@dataclass(kw_only=True, slots=True)
class Judgement(Circumstances):
    """One Response before one connection at one moment.

    `received` is the tree as it came: it may refuse, never grant. `assertion` is parsed from the
    signed bytes and is the only source of what a login learns; `header` is the Response to read,
    the signed one where there is one. `received_assertion` may be an EncryptedAssertion; then
    `decrypted_assertion` is what was in it, and has none of the `received_ids`.
    """

    received: etree._Element
    request_id: str | None
    force_authn_since: datetime | None = None
    required_authn_contexts: tuple[str, ...] = ()

    signatures: dict[etree._Element, SignatureParts] = field(default_factory=dict)
    signed_response: SignedNode | None = None
    signed_assertion: SignedNode | None = None
    header: etree._Element = field(init=False)
    received_assertion: etree._Element = field(init=False)
    decrypted_assertion: etree._Element = field(init=False)
    received_ids: list[str] = field(init=False)
    assertion: etree._Element = field(init=False)

    name_id: NameId | None = None
    attributes: tuple[Attribute, ...] = ()
    not_on_or_after: datetime = _NEVER
    replay_expires_at: datetime = field(init=False)
    authn_instant: datetime = field(init=False)
    authn_context_class: str | None = None
    session_index: str | None = None
    session_not_on_or_after: datetime | None = None

    @property
    def is_encrypted(self) -> bool:
        return self.received_assertion.tag == c.SAML + "EncryptedAssertion"
