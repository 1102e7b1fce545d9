"""The login, from top to bottom. Read this first.

start_login()       a visitor leaves for the identity provider; an intent remembers them
consume_response()  the browser brings the answer: it is judged, used up, and becomes a user
complete_login()    where the session cookie cannot travel with the answer, one more request

Every refusal is a RelyraError, and a refused login has changed nothing that it does not name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, cast

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth import authenticate, get_user, get_user_model, load_backend
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import router, transaction
from django.http import HttpRequest
from django.utils.module_loading import import_string
from django.views.decorators.debug import sensitive_variables

from relyra_django import correlation, stores
from relyra_django.browser import (
    Browser,
    is_cross_site,
    recognise_or_issue,
    session_is_strict,
)
from relyra_django.conf import get_config
from relyra_django.exceptions import ErrorCode, RelyraError
from relyra_django.identity import SessionAdapter, SessionFacts, linked_user, withdraw
from relyra_django.keys import get_key_resolver, with_decryption_keys
from relyra_django.resolvers import get_resolver
from relyra_django.saml import authn_request, bindings, relay_state
from relyra_django.saml.connection import ConnectionSnapshot, SsoBinding
from relyra_django.saml.envelope import DecodedResponse, decode_response
from relyra_django.saml.enveloped import sign_message
from relyra_django.saml.response import ValidatedAssertion
from relyra_django.saml.validation import validate_decoded
from relyra_django.stores import IntentKind, RequestIntent
from relyra_django.telemetry import Attempt

COMPLETION_TTL = timedelta(seconds=60)


@dataclass(frozen=True, kw_only=True, slots=True)
class StartedLogin:
    """Where to send the browser: to `redirect_url`, or to `destination` with `form` as POST."""

    request_id: str
    relay_state: str
    destination: str
    redirect_url: str | None = None
    form: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class PostedResponse:
    """What a browser posted to the ACS of one connection; no RelayState is ""."""

    connection_id: str
    saml_response: str = field(repr=False)
    relay_state: str = field(default="", repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class LoginFinished:
    """The user is signed in. `return_to` is as it was stored: check it again."""

    user: AbstractBaseUser
    facts: SessionFacts
    return_to: str
    acs_url: str


@dataclass(frozen=True, kw_only=True, slots=True)
class CompletionNeeded:
    """The user is known. The session begins when the browser comes back with `token`.

    `browser` is to be remembered; None for one that has its cookie already.
    """

    token: str = field(repr=False)
    browser: Browser | None


@dataclass(frozen=True, kw_only=True, slots=True)
class ConfirmationNeeded:
    """Nobody here asked for this login, and somebody else is signed in. Nothing is used up."""

    current: AbstractBaseUser
    incoming: AbstractBaseUser
    acs_url: str


# The visitor leaves.


def start_login(
    connection: ConnectionSnapshot,
    *,
    return_to: str = "",
    browser_hash: str,
    had_session: bool = False,
    correlation_id: str,
    now: datetime,
) -> StartedLogin:
    """Ask the identity provider who the visitor is; the intent is kept before anything leaves.

    `return_to` has been checked by the caller. Raises authn_request_invalid,
    invalid_idp_sso_url, key_not_configured, store_unavailable, adapter_not_configured.
    """
    request = authn_request.build(connection, request_id=authn_request.issue_id(), now=now)
    intent = RequestIntent(
        relay_state=relay_state.issue(),
        kind=IntentKind.AUTHN,
        request_id=request.request_id,
        connection_id=connection.connection_id,
        sp_entity_id=connection.sp_entity_id,
        acs_url=connection.acs_url,
        issued_at=now,
        expires_at=now + timedelta(seconds=get_config().request_ttl),
        return_to=return_to,
        browser_hash=browser_hash,
        had_session=had_session,
        force_authn=request.force_authn,
        requested_authn_contexts=request.requested_authn_contexts,
        correlation_id=correlation_id,
    )
    started = _addressed(request, intent.relay_state, connection)
    stores.put_intent(intent)
    return started


def _addressed(
    request: authn_request.AuthnRequest, state: str, connection: ConnectionSnapshot
) -> StartedLogin:
    """Put the request into the binding that the identity provider takes."""
    started = StartedLogin(
        request_id=request.request_id, relay_state=state, destination=request.destination
    )
    xml, key = request.to_xml(), _signing_key(connection)
    if connection.idp_sso_binding == SsoBinding.POST:
        bindings.check_destination(request.destination)
        signed = sign_message(xml, key_pem=key) if key else xml
        form = {"SAMLRequest": bindings.encode_post(signed), "RelayState": state}
        return replace(started, form=form)
    url = bindings.encode_redirect(
        xml, destination=request.destination, relay_state=state, signing_key_pem=key
    )
    return replace(started, redirect_url=url)


def _signing_key(connection: ConnectionSnapshot) -> str | None:
    if not connection.sign_authn_requests:
        return None
    if pair := get_key_resolver().signing_key(connection):
        return pair.private_key_pem
    raise RelyraError(
        ErrorCode.KEY_NOT_CONFIGURED, "Requests are to be signed and there is no signing key."
    )


# The browser brings the answer.


@sensitive_variables()
def consume_response(
    request: HttpRequest, posted: PostedResponse, *, attempt: Attempt, now: datetime
) -> LoginFinished | CompletionNeeded:
    """Judge the answer, use it up, and sign in whom it is about.

    The order is the promise. Whatever is refused before `_use_up` has burned nothing; whatever
    fails after it costs the visitor a new login and never allows a second use.
    """
    with attempt.stage("decode"):
        message = decode_response(posted.saml_response)
    with attempt.stage("connection"):
        connection = get_resolver().resolve(posted.connection_id)
    with attempt.stage("intent"):
        intent = correlation.answered_intent(message, posted.relay_state, connection)
        if intent is not None:
            correlation.check_connection(intent, connection)
            attempt.adopt(intent.correlation_id)
            correlation.check_browser(intent, request)
            correlation.check_time(intent, now)
    with attempt.stage("validate"):
        if message.is_encrypted:
            connection = with_decryption_keys(connection)
        assertion = _judge(message, connection, intent, now)
    with attempt.stage("once"):
        _use_up(assertion, intent)
    with attempt.stage("user"):
        user = _authenticate(request, assertion)
    with attempt.stage("session"):
        if intent is not None and _ends_here(request, intent):
            return _sign_in(request, user, SessionFacts.of(assertion, user), intent)
        return _postpone(request, user, assertion, intent, attempt.correlation_id, now)


def _judge(
    message: DecodedResponse,
    connection: ConnectionSnapshot,
    intent: RequestIntent | None,
    now: datetime,
) -> ValidatedAssertion:
    try:
        return validate_decoded(
            message,
            connection,
            request_id=intent.request_id if intent else None,
            now=now,
            force_authn_since=intent.issued_at if intent and intent.force_authn else None,
            required_authn_contexts=intent.requested_authn_contexts if intent else (),
        )
    except RelyraError as refusal:
        if intent and refusal.code is ErrorCode.UNSUPPORTED_STATUS:
            _end_refused(intent, message)
        raise


def _end_refused(intent: RequestIntent, message: DecodedResponse) -> None:
    """Use up the intent of a login that the identity provider itself refused.

    Only where it surely answers our request in the browser that made it: nobody else may end
    somebody's login.
    """
    if is_cross_site(intent.acs_url) and message.outer_in_response_to == intent.request_id:
        stores.consume_intent(intent)


def _use_up(assertion: ValidatedAssertion, intent: RequestIntent | None) -> None:
    """Burn the assertion, then the intent; both are committed before there is any user."""
    key = stores.replay_key(
        "login", assertion.connection_id, assertion.issuer, assertion.assertion_id
    )
    stores.consume_once(
        replay_key=key,
        metadata={"kind": "login", "connection_id": assertion.connection_id},
        expires_at=assertion.replay_expires_at,
        intent=intent,
    )


def _authenticate(request: HttpRequest, assertion: ValidatedAssertion) -> AbstractBaseUser:
    user = authenticate(request, validated_assertion=assertion)
    # A backend of somebody else's may have taken the assertion for credentials of its own.
    if user is None or not hasattr(user, "relyra_identity"):
        raise RelyraError(
            ErrorCode.ADAPTER_NOT_CONFIGURED,
            "RelyraBackend did not get to take the assertion.",
            expected="relyra_django.backends.RelyraBackend",
        )
    return user


# The session begins: here, or in the visitor's own next request.


def _ends_here(request: HttpRequest, intent: RequestIntent) -> bool:
    """Tell whether this cross-site POST is a request of the visitor's own session.

    It is when the session's cookie came along, or when there was none at the start. A Strict
    cookie is missing at a start from elsewhere too, so under Strict nothing is known.
    """
    if not is_cross_site(intent.acs_url) or session_is_strict():
        return False
    return settings.SESSION_COOKIE_NAME in request.COOKIES or not intent.had_session


def _sign_in(
    request: HttpRequest, user: AbstractBaseUser, facts: SessionFacts, intent: RequestIntent
) -> LoginFinished:
    try:
        # One commit for the session and for what login() notes of the user.
        with transaction.atomic(using=router.db_for_write(get_user_model())):
            _adapter(get_config().session_adapter).establish(request, user, facts)
    except Exception:
        withdraw(request)
        raise
    return LoginFinished(user=user, facts=facts, return_to=intent.return_to, acs_url=intent.acs_url)


@lru_cache(maxsize=4)
def _adapter(path: str) -> SessionAdapter:
    return cast("SessionAdapter", import_string(path)())


def _postpone(
    request: HttpRequest,
    user: AbstractBaseUser,
    assertion: ValidatedAssertion,
    intent: RequestIntent | None,
    correlation_id: str,
    now: datetime,
) -> CompletionNeeded:
    """Keep who was recognised, for the same browser and one minute. No XML, no attributes."""
    connection, token = assertion.connection, relay_state.issue()
    # The browser of an unsolicited answer may be new here.
    browser = recognise_or_issue(request, connection.acs_url)
    completion = RequestIntent(
        relay_state=token,
        kind=IntentKind.COMPLETION,
        request_id=token,
        connection_id=connection.connection_id,
        sp_entity_id=connection.sp_entity_id,
        acs_url=connection.acs_url,
        issued_at=now,
        expires_at=now + COMPLETION_TTL,
        return_to=intent.return_to if intent else "",
        browser_hash=intent.browser_hash if intent else browser.hash,
        correlation_id=correlation_id,
        payload={
            "backend": user.backend,
            "facts": SessionFacts.of(assertion, user).to_json(),
            "unsolicited": assertion.unsolicited,
        },
    )
    stores.put_intent(completion)
    return CompletionNeeded(token=token, browser=None if intent else browser)


@sensitive_variables()
def complete_login(
    request: HttpRequest,
    *,
    connection_id: str,
    token: str,
    confirmed: bool = False,
    attempt: Attempt,
    now: datetime,
) -> LoginFinished | ConfirmationNeeded:
    """Sign in whom consume_response() recognised, in the visitor's own session.

    `confirmed` says that the visitor agreed to an unsolicited login in place of their own.
    Raises request_intent_not_found, request_intent_consumed, request_intent_expired,
    connection_binding_mismatch, browser_binding_mismatch, connection_unavailable,
    identity_not_linked, user_inactive, store_unavailable.
    """
    with attempt.stage("intent"):
        intent = _postponed(token)
        correlation.check_path(intent, connection_id)
        attempt.adopt(intent.correlation_id)
        correlation.check_browser(intent, request)
        correlation.check_time(intent, now)
    with attempt.stage("connection"):
        # An operator may have shut it in between.
        get_resolver().resolve(connection_id)
    with attempt.stage("user"):
        user = _recalled(intent)
        if intent.payload["unsolicited"] and not confirmed:
            current = get_user(request)
            if current.is_authenticated and current.pk != user.pk:
                return ConfirmationNeeded(current=current, incoming=user, acs_url=intent.acs_url)
    with attempt.stage("once"):
        stores.consume_intent(intent)
    with attempt.stage("session"):
        return _sign_in(request, user, SessionFacts.from_json(intent.payload["facts"]), intent)


def _postponed(token: str) -> RequestIntent:
    if not relay_state.is_ours(token):
        raise RelyraError(ErrorCode.REQUEST_INTENT_NOT_FOUND, "The token is not ours.")
    return stores.fetch_intent(token, kind=IntentKind.COMPLETION)


def _recalled(intent: RequestIntent) -> AbstractBaseUser:
    """Return the user as they are now. Raises identity_not_linked, user_inactive."""
    user = linked_user(intent.payload["facts"]["identity_id"])
    path = intent.payload["backend"]
    if path not in settings.AUTHENTICATION_BACKENDS:
        raise RelyraError(ErrorCode.ADAPTER_NOT_CONFIGURED, "The backend is gone.", expected=path)
    may_sign_in = getattr(load_backend(path), "user_can_authenticate", None)
    if may_sign_in is not None and not may_sign_in(user):
        raise RelyraError(ErrorCode.USER_INACTIVE, "The backend does not let the user in.")
    user.backend = path
    return user


# For asynchronous callers; sync_to_async() keeps to one thread, as database connections need.


async def astart_login(connection: ConnectionSnapshot, **kwargs: Any) -> StartedLogin:
    """See start_login()."""
    return await sync_to_async(start_login)(connection, **kwargs)


async def aconsume_response(
    request: HttpRequest, posted: PostedResponse, **kwargs: Any
) -> LoginFinished | CompletionNeeded:
    """See consume_response()."""
    return await sync_to_async(consume_response)(request, posted, **kwargs)
