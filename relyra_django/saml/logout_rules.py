"""The rules for logout messages, one function a rule (Profiles 4.4.4, Core 3.7).

Everything is read from `judgement.message`: the signed bytes, wherever there are any.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from lxml import etree

from relyra_django.saml import constants as c
from relyra_django.saml import encrypted_elements, encryption, envelope, readings, xml
from relyra_django.saml.certificates import Certificate
from relyra_django.saml.connection import DAY_SECONDS
from relyra_django.saml.envelope import missing, only
from relyra_django.saml.errors import ErrorCode, RelyraError
from relyra_django.saml.judgement import Circumstances
from relyra_django.saml.redaction import quoted
from relyra_django.saml.redirect import RedirectMessage
from relyra_django.saml.response import NameId
from relyra_django.saml.signature import SignatureParts

MAX_SESSION_INDEXES: Final = 100

_MANY: Final = frozenset({c.SAMLP + "SessionIndex", c.DS + "Signature"})
_CHILDREN: Final = {
    c.SAMLP + "LogoutRequest": _MANY | readings.NAMES | {c.SAML + "Issuer", c.SAMLP + "Extensions"},
    c.SAMLP + "LogoutResponse": frozenset(
        {c.DS + "Signature", c.SAML + "Issuer", c.SAMLP + "Extensions", c.SAMLP + "Status"}
    ),
}


@dataclass(kw_only=True, slots=True)
class LogoutJudgement(Circumstances):
    """What the stages of one judgement share. `received` may refuse, never grant."""

    payload: str | bytes
    root: str  # the element that is expected
    request_id: str | None = None

    query: RedirectMessage = field(init=False)
    relay_state: str | None = None
    received: etree._Element = field(init=False)
    parts: SignatureParts | None = None
    message: etree._Element = field(init=False)
    certificate: Certificate | None = None
    algorithms: tuple[str, ...] = ()

    issue_instant: datetime = field(init=False)
    not_on_or_after: datetime | None = None
    name_id: NameId = field(init=False)
    encrypted: bool = False
    session_indexes: tuple[str, ...] = ()
    status: tuple[str | None, str | None] = (None, None)

    @property
    def must_be_signed(self) -> bool:
        if self.root == c.SAMLP + "LogoutRequest":
            return self.policy.require_signed_logout_request
        return self.policy.require_signed_logout_response

    @property
    def replay_expires_at(self) -> datetime:
        """When the message cannot be accepted any more, whatever the policy is until then."""
        limit = self.issue_instant + timedelta(seconds=DAY_SECONDS)
        if self.not_on_or_after is not None and self.not_on_or_after < limit:
            limit = min(limit, self.not_on_or_after + self.skew)
        return limit + readings.REPLAY_MARGIN


def check_shape(judgement: LogoutJudgement) -> None:
    """The expected message, of version 2.0, with no children but its own (Core 3.7.1, 3.7.2)."""
    root = judgement.received
    if root.tag != judgement.root:
        raise RelyraError(
            ErrorCode.INVALID_LOGOUT_PAYLOAD,
            "The message is not the one that is expected here.",
            expected=judgement.root,
            actual=quoted(root.tag),
        )
    envelope.check_version_and_id(root)
    tags = [child.tag for child in root]
    allowed = _CHILDREN[judgement.root]
    if not allowed.issuperset(tags) or any(tags.count(tag) > 1 for tag in allowed - _MANY):
        raise RelyraError(ErrorCode.MALFORMED_XML, "The message has children it cannot have.")


def check_issuer(judgement: LogoutJudgement) -> None:
    """The Issuer is this connection's identity provider (Profiles 4.4.4.1)."""
    issuer = only(judgement.message.findall(c.SAML + "Issuer"), "Issuer")
    readings.check_issuer(issuer, judgement.connection.idp_entity_id)


def check_destination(judgement: LogoutJudgement) -> None:
    """Destination is our logout address, character by character (Core 3.2.1)."""
    expected, actual = judgement.connection.slo_url, judgement.message.get("Destination")
    if not expected:
        raise RelyraError(
            ErrorCode.CONNECTION_INVALID, "The connection has no logout address.", field="slo_url"
        )
    if actual is None:
        raise missing("The message has no Destination.", expected)
    readings.check_destination(actual, expected)


def check_issue_instant(judgement: LogoutJudgement) -> None:
    """The message is neither from the future nor older than the window."""
    issued = judgement.issue_instant = readings.instant(judgement.message, "IssueInstant")
    if judgement.is_ahead(issued):
        raise readings.too_early(ErrorCode.LOGOUT_MESSAGE_NOT_YET_VALID, issued, judgement.now)
    if issued < judgement.now - timedelta(seconds=judgement.policy.max_issue_age_seconds):
        raise readings.too_late(ErrorCode.LOGOUT_MESSAGE_EXPIRED, issued, judgement.now)


def check_not_on_or_after(judgement: LogoutJudgement) -> None:
    """The request is not over, where it says when it will be (Core 3.7.1)."""
    limit = readings.optional_instant(judgement.message, "NotOnOrAfter")
    if limit is not None and judgement.is_over(limit):
        raise readings.too_late(ErrorCode.LOGOUT_MESSAGE_EXPIRED, limit, judgement.now)
    judgement.not_on_or_after = limit


def read_name(judgement: LogoutJudgement) -> None:
    """One name says whose sessions end (Core 2.2, 3.7.1)."""
    found = only([child for child in judgement.message if child.tag in readings.NAMES], "NameID")
    readings.refuse_base_id(found)
    if found.tag == c.SAML + "EncryptedID":
        found = _decrypted(judgement, found)
    judgement.name_id = readings.name_id(found, judgement.connection.sp_entity_id)


def read_session_indexes(judgement: LogoutJudgement) -> None:
    """Say which sessions are meant; an empty index must not be taken for none at all."""
    found = judgement.message.findall(c.SAMLP + "SessionIndex")
    if len(found) > MAX_SESSION_INDEXES:
        raise RelyraError(
            ErrorCode.MALFORMED_XML, "There are too many SessionIndexes.", actual=len(found)
        )
    indexes = tuple(map(xml.value, found))
    if not all(index.strip() for index in indexes):
        raise missing("A SessionIndex is empty.", "SessionIndex")
    judgement.session_indexes = indexes


def check_in_response_to(judgement: LogoutJudgement) -> None:
    """The response answers our request (Profiles 4.4.4.2)."""
    actual = judgement.message.get("InResponseTo")
    if not judgement.request_id or actual != judgement.request_id:
        raise readings.wrong_request(judgement.request_id, actual)


def read_status(judgement: LogoutJudgement) -> None:
    """Say what came of the request. The last rule: who refuses here has answered our request."""
    top, second = judgement.status = envelope.status_codes(judgement.message)
    if top != c.STATUS_SUCCESS:
        raise RelyraError(
            ErrorCode.UNSUPPORTED_STATUS,
            "The identity provider did not sign the visitor out.",
            expected=c.STATUS_SUCCESS,
            actual=quoted(top),
            second_level=quoted(second),
        )


def _decrypted(judgement: LogoutJudgement, holder: etree._Element) -> etree._Element:
    """Return the NameID in it; no private key is used for what anybody may have sent."""
    if judgement.certificate is None:
        raise encryption.refused("unsigned")
    judgement.encrypted = True
    return encrypted_elements.decrypt_name_id(holder, judgement)
