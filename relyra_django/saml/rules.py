"""The rules of the Web Browser SSO profile, one function a rule (Profiles 4.1.4, Core 2 and 3).

Everything a login learns is read from `judgement.assertion`, the signed bytes parsed again.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from lxml import etree

from relyra_django.saml import constants as c
from relyra_django.saml import encrypted_elements, readings, timestamps, xml
from relyra_django.saml.envelope import missing, only
from relyra_django.saml.errors import ErrorCode, RelyraError
from relyra_django.saml.judgement import Judgement
from relyra_django.saml.redaction import quoted

_CONDITIONS: Final = frozenset(
    c.SAML + name for name in ("AudienceRestriction", "OneTimeUse", "ProxyRestriction")
)


def check_issuers(judgement: Judgement) -> None:
    """Both Issuers are this connection's identity provider (Profiles 4.1.4.2)."""
    expected = judgement.connection.idp_entity_id
    issuer = only(judgement.assertion.iterchildren(c.SAML + "Issuer"), "Issuer")
    outer = next(judgement.header.iterchildren(c.SAML + "Issuer"), None)
    excused = judgement.policy.allow_missing_response_issuer and not judgement.is_encrypted
    if outer is None and not _unsigned_may_lack(judgement, excused):
        raise missing("The Response has no Issuer.", "Issuer")
    readings.check_issuer(issuer, expected)
    if outer is not None:
        readings.check_issuer(outer, expected)


def check_destination(judgement: Judgement) -> None:
    """Destination is our ACS URL, character by character (Core 3.2.2, Bindings 3.5.5.2)."""
    actual = judgement.header.get("Destination")
    if actual is None:
        if _unsigned_may_lack(judgement, judgement.policy.allow_missing_destination):
            return
        raise missing("The Response has no Destination.", judgement.connection.acs_url)
    readings.check_destination(actual, judgement.connection.acs_url)


def check_in_response_to(judgement: Judgement) -> None:
    """The Response answers our request, or no request at all (Profiles 4.1.4.3, 4.1.5).

    The copy in the signed SubjectConfirmationData is compared with the bearer confirmation; here
    the envelope's, and for an unsolicited response every one there is.
    """
    actual = judgement.header.get("InResponseTo")
    if judgement.request_id is None:
        inner = judgement.assertion.iterfind(f".//{c.SAML}SubjectConfirmationData[@InResponseTo]")
        if actual is not None or next(inner, None) is not None:
            raise readings.wrong_request(None, actual)
        if not judgement.policy.allow_unsolicited:
            raise RelyraError(
                ErrorCode.IDP_INITIATED_NOT_ALLOWED,
                "Nothing was asked, and this connection takes no unsolicited responses.",
            )
    elif not judgement.request_id or actual != judgement.request_id:
        raise readings.wrong_request(judgement.request_id, actual)


def check_issue_instants(judgement: Judgement) -> None:
    """Neither the Response nor the assertion is from the future or older than the window."""
    oldest = judgement.now - timedelta(seconds=judgement.policy.max_issue_age_seconds)
    for element in (judgement.header, judgement.assertion):
        issued = readings.instant(element, "IssueInstant")
        if judgement.is_ahead(issued):
            raise readings.too_early(ErrorCode.ASSERTION_NOT_YET_VALID, issued, judgement.now)
        if issued < oldest:
            raise readings.too_late(ErrorCode.ASSERTION_EXPIRED, issued, judgement.now)


def check_subject(judgement: Judgement) -> None:
    """Read the NameID, where there is one (Core 2.2, 2.4.1)."""
    subject = only(judgement.assertion.iterchildren(c.SAML + "Subject"), "Subject")
    found = [child for child in subject if child.tag in readings.NAMES]
    if not found:
        return
    element = only(found, "NameID")
    readings.refuse_base_id(element)
    if element.tag == c.SAML + "EncryptedID":
        element = encrypted_elements.decrypt_name_id(element, judgement)
    name_id = judgement.name_id = readings.name_id(element, judgement.connection.sp_entity_id)
    # A tuple: in a string that somebody gave in its place, every part of a format would do.
    accepted = tuple(judgement.policy.accepted_name_id_formats)
    if accepted and name_id.format not in accepted:
        raise readings.unfit_name("Format", quoted(name_id.format), accepted)


def check_confirmation(judgement: Judgement) -> None:
    """One bearer confirmation fits; the others may be anybody's (Profiles 4.1.4.2)."""
    refusals: list[RelyraError] = []
    for confirmation in judgement.assertion.iterfind(
        f"{c.SAML}Subject/{c.SAML}SubjectConfirmation"
    ):
        if confirmation.get("Method") != c.CM_BEARER:
            continue
        try:
            limit = _confirm_bearer(judgement, confirmation)
        except RelyraError as refusal:
            refusals.append(refusal)
        else:
            judgement.not_on_or_after = min(judgement.not_on_or_after, limit)
            return
    if refusals:
        raise refusals[0]
    raise _unconfirmed("There is no bearer confirmation.")


def check_conditions(judgement: Judgement) -> None:
    """The assertion holds now, and sets no condition that we cannot keep (Core 2.5.1)."""
    conditions = only(judgement.assertion.iterchildren(c.SAML + "Conditions"), "Conditions")
    for condition in conditions:
        if condition.tag not in _CONDITIONS:
            raise RelyraError(
                ErrorCode.UNSUPPORTED_CONDITION,
                "The assertion sets a condition that is not known here.",
                actual=quoted(condition.tag),
            )
    not_before = readings.optional_instant(conditions, "NotBefore")
    if not_before is not None and judgement.is_ahead(not_before):
        raise readings.too_early(ErrorCode.ASSERTION_NOT_YET_VALID, not_before, judgement.now)
    not_on_or_after = readings.optional_instant(conditions, "NotOnOrAfter")
    if not_on_or_after is not None:
        # Within the skew an end before the beginning would pass both comparisons (Core 2.5.1.2).
        backwards = not_before is not None and not_before >= not_on_or_after
        if backwards or judgement.is_over(not_on_or_after):
            raise readings.too_late(ErrorCode.ASSERTION_EXPIRED, not_on_or_after, judgement.now)
        judgement.not_on_or_after = not_on_or_after


def check_audience(judgement: Judgement) -> None:
    """Every AudienceRestriction, of at least one, names us (Core 2.5.1.4)."""
    expected = judgement.connection.sp_entity_id
    restrictions = [
        [xml.token(audience) for audience in restriction.iterchildren(c.SAML + "Audience")]
        for restriction in judgement.assertion.iterfind(
            f"{c.SAML}Conditions/{c.SAML}AudienceRestriction"
        )
    ]
    if not restrictions or any(expected not in audiences for audiences in restrictions):
        raise RelyraError(
            ErrorCode.INVALID_AUDIENCE,
            "The assertion was made for another service.",
            expected=expected,
            actual=[list(map(quoted, audiences)) for audiences in restrictions],
        )


def check_lifetime(judgement: Judgement) -> None:
    """The assertion is good for a day at most; its last limit says how long its key is kept."""
    limits = [
        timestamps.parse(limit)
        for element in judgement.assertion.iter(
            c.SAML + "Conditions", c.SAML + "SubjectConfirmationData"
        )
        if (limit := element.get("NotOnOrAfter")) is not None
    ]
    lifetime = max(limits) - readings.instant(judgement.assertion, "IssueInstant")
    if lifetime > timedelta(seconds=judgement.policy.max_lifetime_seconds):
        raise RelyraError(
            ErrorCode.ASSERTION_LIFETIME_EXCEEDED,
            "The assertion is good for longer than this connection accepts.",
            expected=judgement.policy.max_lifetime_seconds,
            actual=lifetime.total_seconds(),
        )
    # Only now: a limit at the end of the calendar leaves no room for the margin.
    judgement.replay_expires_at = max(limits) + readings.REPLAY_MARGIN


def check_authn_statement(judgement: Judgement) -> None:
    """Somebody authenticated, when and how we asked for it (Core 2.7.2, 3.4.1)."""
    statement = only(judgement.assertion.iterchildren(c.SAML + "AuthnStatement"), "AuthnStatement")
    instant = judgement.authn_instant = readings.instant(statement, "AuthnInstant")
    if judgement.is_ahead(instant):
        raise readings.too_early(ErrorCode.ASSERTION_NOT_YET_VALID, instant, judgement.now)
    since = judgement.force_authn_since
    # Many write whole seconds, as our requests do: what was at once must not seem earlier.
    if since is not None and instant < since.replace(microsecond=0) - judgement.skew:
        raise readings.too_late(ErrorCode.AUTHN_TOO_OLD, instant, since)
    judgement.session_index = statement.get("SessionIndex")
    limit = judgement.session_not_on_or_after = readings.optional_instant(
        statement, "SessionNotOnOrAfter"
    )
    if limit is not None and judgement.is_over(limit):
        raise readings.too_late(ErrorCode.SESSION_EXPIRED, limit, judgement.now)


def check_authn_context(judgement: Judgement) -> None:
    """The context is one of those that were asked for, where any were (Core 3.3.2.2.1)."""
    found = judgement.assertion.findall(
        f"{c.SAML}AuthnStatement/{c.SAML}AuthnContext/{c.SAML}AuthnContextClassRef"
    )
    if found:
        judgement.authn_context_class = xml.token(only(found, "AuthnContextClassRef"))
    # As above: `...:Password` is a part of `...:PasswordProtectedTransport`.
    required = tuple(judgement.required_authn_contexts)
    if required and judgement.authn_context_class not in required:
        raise RelyraError(
            ErrorCode.AUTHN_CONTEXT_MISMATCH,
            "The visitor did not authenticate the way that was asked for.",
            expected=required,
            actual=quoted(judgement.authn_context_class),
        )


def _confirm_bearer(judgement: Judgement, confirmation: etree._Element) -> datetime:
    data = only(
        confirmation.iterchildren(c.SAML + "SubjectConfirmationData"), "SubjectConfirmationData"
    )
    if data.get("NotBefore") is not None:
        raise _unconfirmed("A bearer confirmation must not have NotBefore.")
    if data.get("NotOnOrAfter") is None:
        raise _unconfirmed("A bearer confirmation must have NotOnOrAfter.")
    if data.get("Recipient") != judgement.connection.acs_url:
        raise RelyraError(
            ErrorCode.RECIPIENT_MISMATCH,
            "The confirmation was meant for another address.",
            expected=judgement.connection.acs_url,
            actual=quoted(data.get("Recipient")),
        )
    if data.get("InResponseTo") != judgement.request_id:
        raise readings.wrong_request(judgement.request_id, data.get("InResponseTo"))
    limit = readings.instant(data, "NotOnOrAfter")
    if judgement.is_over(limit):
        raise readings.too_late(ErrorCode.SUBJECT_CONFIRMATION_EXPIRED, limit, judgement.now)
    return limit


def _unsigned_may_lack(judgement: Judgement, allowed: bool) -> bool:
    return allowed and judgement.signed_response is None


def _unconfirmed(message: str) -> RelyraError:
    return RelyraError(ErrorCode.SUBJECT_CONFIRMATION_INVALID, message)
