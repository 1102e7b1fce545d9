"""What a Response is to say: every knob with the default an honest identity provider would use."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import Enum, StrEnum
from secrets import token_hex
from typing import Final

from lxml import etree

from relyra_django.testing.encryption import Encryption
from relyra_django.testing.keys import SigningKey
from relyra_django.testing.namespaces import BASIC, PASSWORD, PERSISTENT

CONNECTION_ID: Final = "acme"
SP_ENTITY_ID: Final = "https://sp.example.com/saml/acme/metadata/"
ACS_URL: Final = "https://sp.example.com/saml/acme/acs/"


class Honest(Enum):
    """The type of HONEST, because None already means that the field is left out."""

    HONEST = "honest"


HONEST: Final = Honest.HONEST
Text = str | Honest | None
Moment = datetime | timedelta | Honest | None


class Prefixes(StrEnum):
    """How elements are spelled: `saml:Assertion`, or default namespaces and no prefix at all."""

    PREFIXED = "prefixed"
    DEFAULT = "default"


class KeyInfo(StrEnum):
    """What ds:KeyInfo shows: our certificate, nothing, or somebody else's certificate."""

    CERTIFICATE = "certificate"
    NONE = "none"
    WRONG = "wrong"


def new_id() -> str:
    return "_" + token_hex(20)


@dataclass(frozen=True, kw_only=True, slots=True)
class ResponseSpec:
    """The content and shape of one Response. Every field is a keyword of `FakeIdP.response()`.

    HONEST stands for what fits the other fields, None leaves the attribute or element out. A
    timedelta counts from `now`. `in_response_to=None` makes the response unsolicited; the fields
    beginning with `response_` or `subject_` override one place where a value is said twice.

    `audience` is one entity ID, a list of them (one restriction), or a list of lists (several).
    `attributes` maps a name to its value or values; a value of None is written as xsi:nil.
    `status` takes the last word of a status URI ("Success", "Responder") or a whole URI.
    `edit` is called with the Response element before anything is signed.
    """

    acs_url: str = ACS_URL
    sp_entity_id: str = SP_ENTITY_ID
    in_response_to: str | None = None
    # Who
    name_id: str | None = "alice"
    name_id_format: str | None = PERSISTENT
    name_qualifier: str | None = None
    sp_name_qualifier: str | None = None
    attributes: Mapping[str, str | Sequence[str | None] | None] = field(default_factory=dict)
    attribute_name_format: str | None = BASIC
    # When
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    lifetime: timedelta = timedelta(minutes=5)
    not_before: Moment = timedelta(minutes=-1)
    not_on_or_after: Moment = HONEST
    subject_not_on_or_after: Moment = HONEST
    subject_not_before: Moment = None
    issue_instant: Moment = HONEST
    authn_instant: Moment = HONEST
    session_index: Text = HONEST
    session_not_on_or_after: Moment = None
    authn_context: str | None = PASSWORD
    # From whom, to whom
    issuer: Text = HONEST
    response_issuer: Text = HONEST
    destination: Text = HONEST
    recipient: Text = HONEST
    audience: str | Sequence[str] | Sequence[Sequence[str]] | Honest | None = HONEST
    response_in_response_to: Text = HONEST
    subject_in_response_to: Text = HONEST
    response_id: str = field(default_factory=new_id)
    assertion_id: str = field(default_factory=new_id)
    # Outcome
    status: str = "Success"
    sub_status: str | None = None
    status_message: str | None = None
    with_assertion: bool | Honest = HONEST
    # Signature
    sign: str = "assertion"
    key: SigningKey | str | None = None
    digest: str | None = None
    method_digest: str | None = None
    key_info: str = KeyInfo.CERTIFICATE
    inclusive_prefixes: tuple[str, ...] = ()
    # Encryption: after the assertion is signed, before the Response is
    encrypt: Encryption | None = None
    encrypt_name_id: Encryption | None = None
    # Spelling
    prefixes: str = Prefixes.PREFIXED
    pretty: bool = False
    declaration: bool = False
    edit: Callable[[etree._Element], None] | None = None

    def __post_init__(self) -> None:
        if self.sign not in {"assertion", "response", "both", "none"}:
            raise ValueError(f"sign={self.sign!r}; it is assertion, response, both or none")
        if self.now.tzinfo is None:
            raise ValueError("now must be an aware datetime")

    @property
    def has_assertion(self) -> bool:
        """Tell whether there is an assertion; by default only with the status Success."""
        if isinstance(self.with_assertion, bool):
            return self.with_assertion
        return self.status in {"Success", "urn:oasis:names:tc:SAML:2.0:status:Success"}

    def signs(self, what: str) -> bool:
        return self.sign in {what, "both"}

    def moment(self, value: Moment, honest: timedelta = timedelta(0)) -> str | None:
        """Write a time as SAML does (Core 1.3.3), in UTC with whole seconds."""
        return moment(value, self.now, honest)


def moment(value: Moment, now: datetime, honest: timedelta = timedelta(0)) -> str | None:
    """Write a time as SAML does (Core 1.3.3), in UTC with whole seconds."""
    if value is None:
        return None
    offset = honest if isinstance(value, Honest) else value
    at = now + offset if isinstance(offset, timedelta) else offset
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def said(value: Text, honest: str | None) -> str | None:
    """Choose between what was asked for and what an honest provider would say."""
    return honest if isinstance(value, Honest) else value
