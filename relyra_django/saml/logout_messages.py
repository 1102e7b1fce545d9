"""What a logout message that was judged good says."""

from __future__ import annotations

from dataclasses import InitVar, dataclass, field
from datetime import datetime

from relyra_django.saml.response import JUDGED, NameId


@dataclass(frozen=True, kw_only=True, slots=True)
class LogoutMessage:
    """What both messages carry. Times are UTC; `relay_state` comes with the Redirect binding only.

    `algorithms` are those of signature and encryption; `certificate_fingerprint` names the
    certificate that signed. They are empty and None when `signed` is False. Only the judge can
    make one: TypeError for anybody else.
    """

    connection_id: str
    message_id: str
    issuer: str
    issue_instant: datetime
    relay_state: str | None = field(repr=False)
    signed: bool
    algorithms: tuple[str, ...]
    certificate_fingerprint: str | None
    replay_expires_at: datetime
    seal: InitVar[object]

    def __post_init__(self, seal: object) -> None:
        if seal is not JUDGED:
            raise TypeError("A logout message is made by its judge alone.")


@dataclass(frozen=True, kw_only=True, slots=True)
class LogoutRequest(LogoutMessage):
    """The identity provider asks to end somebody's sessions (Core 3.7.1).

    An empty `session_indexes` means all of the person's sessions. A request with `signed=False`
    may have been sent by anybody: it ends no session, whatever the policy let through.
    """

    name_id: NameId
    session_indexes: tuple[str, ...] = field(repr=False)
    not_on_or_after: datetime | None
    reason: str | None = field(repr=False)
    encrypted: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class LogoutResponse(LogoutMessage):
    """The identity provider answers our LogoutRequest with success (Core 3.7.2).

    `partial`: it could not sign the person out everywhere.
    """

    in_response_to: str
    status: str
    second_level_status: str | None
    partial: bool
