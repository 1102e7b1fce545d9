"""Which request of ours an answer belongs to, and whether it came back the way it left."""

from __future__ import annotations

from datetime import datetime

from django.http import HttpRequest

from relyra_django import stores
from relyra_django.browser import is_cross_site, is_same, recognise
from relyra_django.exceptions import ErrorCode, RelyraError
from relyra_django.saml import relay_state
from relyra_django.saml.connection import ConnectionSnapshot
from relyra_django.saml.envelope import DecodedResponse
from relyra_django.stores import IntentKind, RequestIntent


def answered_intent(
    message: DecodedResponse, state: str, connection: ConnectionSnapshot
) -> RequestIntent | None:
    """Return the intent that the message answers; None for a permitted unsolicited one.

    `state` is the RelayState that came along, "" for none. One of our form, or any InResponseTo,
    says that there is an intent. Not finding it is a refusal: an answer that lost its question
    never counts as one that had none.

    Raises relay_state_missing, request_intent_not_found, request_intent_consumed,
    idp_initiated_not_allowed, store_unavailable.
    """
    if relay_state.is_ours(state):
        return stores.fetch_intent(state, kind=IntentKind.AUTHN)
    if message.in_response_to is not None:
        if not state:
            raise RelyraError(ErrorCode.RELAY_STATE_MISSING, "The answer lost its RelayState.")
        raise RelyraError(ErrorCode.REQUEST_INTENT_NOT_FOUND, "The RelayState is not ours.")
    if not connection.policy.allow_unsolicited:
        raise RelyraError(
            ErrorCode.IDP_INITIATED_NOT_ALLOWED, "This connection takes no unsolicited responses."
        )
    return None


def check_connection(intent: RequestIntent, connection: ConnectionSnapshot) -> None:
    """Refuse an answer at another connection than asked, or at one that has moved since.

    Raises connection_binding_mismatch, request_intent_invalid.
    """
    check_path(intent, connection.connection_id)
    asked = (intent.acs_url, intent.sp_entity_id)
    if asked != (connection.acs_url, connection.sp_entity_id):
        raise RelyraError(
            ErrorCode.REQUEST_INTENT_INVALID,
            "The connection's own URLs have changed since the request.",
            expected=asked,
            actual=(connection.acs_url, connection.sp_entity_id),
        )


def check_path(intent: RequestIntent, connection_id: str) -> None:
    """Refuse another connection's intent. Raises connection_binding_mismatch."""
    if intent.connection_id != connection_id:
        raise RelyraError(
            ErrorCode.CONNECTION_BINDING_MISMATCH,
            "The intent belongs to another connection.",
            expected=intent.connection_id,
            actual=connection_id,
        )


def check_browser(intent: RequestIntent, request: HttpRequest) -> None:
    """Refuse another browser than the one that began. Raises browser_binding_mismatch.

    With an http ACS the cookie cannot come along with a cross-site POST; then the completing
    request checks it, and no session begins before.
    """
    if is_cross_site(intent.acs_url) or intent.kind == IntentKind.COMPLETION:
        browser = recognise(request, intent.acs_url)
        if not is_same(browser.hash, intent.browser_hash):
            raise RelyraError(
                ErrorCode.BROWSER_BINDING_MISMATCH, "Another browser began this login."
            )


def check_time(intent: RequestIntent, now: datetime) -> None:
    """Refuse what took too long. Raises request_intent_expired."""
    if intent.expires_at <= now:
        raise RelyraError(
            ErrorCode.REQUEST_INTENT_EXPIRED,
            "The login took too long.",
            expected=intent.expires_at.isoformat(),
            actual=now.isoformat(),
        )
