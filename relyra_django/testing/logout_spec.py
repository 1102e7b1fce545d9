"""What a logout message is to say: every knob with an honest identity provider's default."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from lxml import etree

from relyra_django.testing.encryption import Encryption
from relyra_django.testing.keys import SigningKey
from relyra_django.testing.namespaces import PERSISTENT
from relyra_django.testing.response_spec import (
    HONEST,
    SP_ENTITY_ID,
    KeyInfo,
    Moment,
    Prefixes,
    Text,
    moment,
    new_id,
)

SLO_URL: Final = "https://sp.example.com/saml/acme/slo/"
SESSION_INDEX: Final = "_session-of-alice"
ESCAPES: Final = ("upper", "lower")


@dataclass(frozen=True, kw_only=True, slots=True)
class LogoutSpec:
    """What both messages have. As ResponseSpec where the names are the same.

    `escapes` writes the query's percent escapes in "upper" or "lower" case (AD FS does), `der`
    spells an ECDSA signature of the query as Java does. `edit` is called before anything is signed.
    """

    slo_url: str = SLO_URL
    sp_entity_id: str = SP_ENTITY_ID
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    message_id: str = field(default_factory=new_id)
    version: str = "2.0"
    issue_instant: Moment = HONEST
    issuer: Text = HONEST
    destination: Text = HONEST
    consent: str | None = None
    relay_state: str | None = None
    # Signature
    sign: bool = True
    key: SigningKey | str | None = None
    digest: str | None = None
    method_digest: str | None = None
    key_info: str = KeyInfo.CERTIFICATE
    inclusive_prefixes: tuple[str, ...] = ()
    # Spelling
    prefixes: str = Prefixes.PREFIXED
    pretty: bool = False
    declaration: bool = False
    escapes: str = "upper"
    der: bool = False
    edit: Callable[[etree._Element], None] | None = None

    def __post_init__(self) -> None:
        if self.escapes not in ESCAPES:
            raise ValueError(f"escapes={self.escapes!r}; it is upper or lower")
        if self.now.tzinfo is None:
            raise ValueError("now must be an aware datetime")

    def moment(self, value: Moment, honest: timedelta = timedelta(0)) -> str | None:
        """Write a time as SAML does, in UTC with whole seconds."""
        return moment(value, self.now, honest)


@dataclass(frozen=True, kw_only=True, slots=True)
class LogoutRequestSpec(LogoutSpec):
    """The fields of `FakeIdP.logout_request()`."""

    name_id: str | None = "alice"
    name_id_format: str | None = PERSISTENT
    name_qualifier: str | None = None
    sp_name_qualifier: str | None = None
    session_indexes: tuple[str, ...] = (SESSION_INDEX,)
    not_on_or_after: Moment = HONEST
    lifetime: timedelta = timedelta(minutes=5)
    reason: str | None = None
    encrypt_name_id: Encryption | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class LogoutResponseSpec(LogoutSpec):
    """The fields of `FakeIdP.logout_response()`."""

    in_response_to: str | None = None
    status: str = "Success"
    sub_status: str | None = None
    status_message: str | None = None
