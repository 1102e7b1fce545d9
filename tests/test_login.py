from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import AnonymousUser, User
from django.contrib.sessions.backends.db import SessionStore
from django.db import IntegrityError
from django.http import HttpRequest
from django.test import RequestFactory

from relyra_django import login, stores
from relyra_django.backends import RelyraBackend
from relyra_django.browser import SECURE_COOKIE, Browser
from relyra_django.exceptions import ErrorCode, RelyraError
from relyra_django.identity import DjangoSessionAdapter
from relyra_django.login import (
    CompletionNeeded,
    ConfirmationNeeded,
    LoginFinished,
    PostedResponse,
    StartedLogin,
    aconsume_response,
    astart_login,
    complete_login,
    consume_response,
    start_login,
)
from relyra_django.models import Connection, UserIdentity
from relyra_django.resolvers import get_resolver
from relyra_django.saml.connection import ConnectionSnapshot, SsoBinding
from relyra_django.stores import IntentKind, RequestIntent
from relyra_django.telemetry import Attempt, AttemptKind
from relyra_django.testing.connections import enabled_connection
from relyra_django.testing.fake_idp import FakeIdP
from relyra_django.testing.keys import signing_key
from tests.flow import NOTHING, Written, difference, written

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 5, 6, 7, 8, 9, tzinfo=UTC)
TOKEN = "t" * 43
BROWSER = Browser(acs_url="https://sp.example.com/", token=TOKEN).hash
SIGNING = {"signing": [{"key": signing_key("rsa", "sp").private_key_pem}]}


@pytest.fixture
def idp() -> FakeIdP:
    return FakeIdP()


@pytest.fixture
def acme(idp: FakeIdP) -> Connection:
    return enabled_connection(idp, allow_unsolicited=True)


@pytest.fixture
def connection(acme: Connection) -> ConnectionSnapshot:
    return get_resolver().resolve("acme")


def start(connection: ConnectionSnapshot, **fields: Any) -> StartedLogin:
    known = {"browser_hash": BROWSER, "correlation_id": "c1", "now": NOW, "return_to": "/home/"}
    return start_login(connection, **{**known, **fields})


def kept(started: StartedLogin) -> RequestIntent:
    return stores.fetch_intent(started.relay_state, kind=IntentKind.AUTHN)


def browser(token: str = TOKEN, **cookies: str) -> HttpRequest:
    factory = RequestFactory()
    factory.cookies.load({SECURE_COOKIE: token, **cookies})
    request = factory.get("/", secure=True)
    request.session = SessionStore()  # type: ignore[assignment]
    request.user = AnonymousUser()
    return request


def attempt() -> Attempt:
    return Attempt(AttemptKind.RESPONSE)


def answer(idp: FakeIdP, started: StartedLogin, **knobs: Any) -> PostedResponse:
    fields = idp.answer(started.redirect_url or "", **{"now": NOW, **knobs}).fields
    return PostedResponse(
        connection_id="acme",
        saml_response=fields["SAMLResponse"],
        relay_state=fields["RelayState"],
    )


def unasked(idp: FakeIdP, connection: ConnectionSnapshot, **knobs: Any) -> PostedResponse:
    minted = idp.response(
        acs_url=connection.acs_url, sp_entity_id=connection.sp_entity_id, now=NOW, **knobs
    )
    return PostedResponse(connection_id="acme", saml_response=str(minted))


def refused(code: ErrorCode) -> Any:
    return pytest.raises(RelyraError, match=f"^{code}:")


# The visitor leaves


def test_the_intent_holds_what_the_answer_will_be_held_to(connection: ConnectionSnapshot) -> None:
    started = start(connection, had_session=True)
    intent = kept(started)
    assert intent == RequestIntent(
        relay_state=started.relay_state,
        kind=IntentKind.AUTHN,
        request_id=started.request_id,
        connection_id="acme",
        sp_entity_id=connection.sp_entity_id,
        acs_url=connection.acs_url,
        issued_at=NOW,
        expires_at=NOW + timedelta(seconds=900),
        return_to="/home/",
        browser_hash=BROWSER,
        had_session=True,
        correlation_id="c1",
    )


def test_the_ttl_is_the_setting_s(connection: ConnectionSnapshot, settings: Any) -> None:
    settings.RELYRA = {**settings.RELYRA, "REQUEST_TTL": 60}
    assert kept(start(connection)).expires_at == NOW + timedelta(seconds=60)


def test_what_was_asked_for_is_kept(idp: FakeIdP) -> None:
    enabled_connection(idp, force_authn=True, requested_authn_contexts=["urn:mfa"])
    intent = kept(start(get_resolver().resolve("acme")))
    assert intent.force_authn
    assert intent.requested_authn_contexts == ("urn:mfa",)


def test_no_two_logins_share_anything(connection: ConnectionSnapshot) -> None:
    first, second = start(connection), start(connection)
    assert first.relay_state != second.relay_state
    assert first.request_id != second.request_id


def test_a_redirect_carries_the_request(connection: ConnectionSnapshot, idp: FakeIdP) -> None:
    started = start(connection)
    assert started.form == {}
    received = idp.answer(started.redirect_url or "").request
    assert (received.request_id, received.issuer) == (started.request_id, connection.sp_entity_id)
    assert received.relay_state == started.relay_state


def test_a_form_carries_it_as_well(idp: FakeIdP) -> None:
    enabled_connection(idp, idp_sso_binding=SsoBinding.POST)
    started = start(get_resolver().resolve("acme"))
    assert started.redirect_url is None
    assert started.destination == idp.sso_url
    assert idp.answer(started.form).request.request_id == started.request_id


def test_a_request_is_signed_with_the_site_s_key(idp: FakeIdP, settings: Any) -> None:
    resolver = {"BACKEND": "relyra_django.keys.SettingsKeyResolver", "OPTIONS": SIGNING}
    settings.RELYRA = {**settings.RELYRA, "KEY_RESOLVER": resolver}
    enabled_connection(idp, sign_authn_requests=True)
    query = parse_qs(urlsplit(start(get_resolver().resolve("acme")).redirect_url or "").query)
    assert {"SAMLRequest", "RelayState", "SigAlg", "Signature"} == set(query)


def test_a_posted_request_is_signed_as_well(idp: FakeIdP, settings: Any) -> None:
    resolver = {"BACKEND": "relyra_django.keys.SettingsKeyResolver", "OPTIONS": SIGNING}
    settings.RELYRA = {**settings.RELYRA, "KEY_RESOLVER": resolver}
    connection = idp.connection(sign_authn_requests=True, idp_sso_binding=SsoBinding.POST)
    xml = idp.answer(start(connection).form).request.xml
    assert b"SignatureValue" in xml


@pytest.mark.parametrize("binding", SsoBinding)
def test_without_a_key_nothing_leaves_unsigned(idp: FakeIdP, binding: SsoBinding) -> None:
    connection = idp.connection(sign_authn_requests=True, idp_sso_binding=binding)
    before = written()
    with refused(ErrorCode.KEY_NOT_CONFIGURED):
        start(connection)
    assert written() == before


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("https://idp.example.org/sso?RelayState=1", ErrorCode.INVALID_IDP_SSO_URL),
        (None, ErrorCode.AUTHN_REQUEST_INVALID),
    ],
)
@pytest.mark.parametrize("binding", SsoBinding)
def test_a_login_that_cannot_leave_is_not_kept(
    url: str | None, code: ErrorCode, binding: SsoBinding
) -> None:
    connection = FakeIdP().connection(idp_sso_url=url, idp_sso_binding=binding)
    before = written()
    with refused(code):
        start(connection)
    assert written() == before


def test_a_store_that_fails_lets_nobody_leave(
    connection: ConnectionSnapshot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(intent: RequestIntent) -> None:
        raise OSError

    monkeypatch.setattr(stores.request_store(), "put_intent", fail)
    with refused(ErrorCode.STORE_UNAVAILABLE):
        start(connection)


# The answer


def test_the_answer_signs_in(connection: ConnectionSnapshot, idp: FakeIdP) -> None:
    request, started = browser(), start(connection)
    outcome = consume_response(request, answer(idp, started), attempt=attempt(), now=NOW)
    assert isinstance(outcome, LoginFinished)
    assert outcome.user == User.objects.get() == request.user
    assert (outcome.return_to, outcome.acs_url) == ("/home/", connection.acs_url)
    assert outcome.facts.connection_id == "acme"


def test_every_stage_is_timed_and_the_id_is_the_start_s(
    connection: ConnectionSnapshot, idp: FakeIdP
) -> None:
    measured = attempt()
    consume_response(browser(), answer(idp, start(connection)), attempt=measured, now=NOW)
    assert list(measured.stages) == [
        "decode",
        "connection",
        "intent",
        "validate",
        "once",
        "user",
        "session",
    ]
    assert measured.correlation_id == "c1"


@pytest.mark.parametrize(("seconds", "in_time"), [(899.999, True), (900, False), (901, False)])
def test_an_intent_lives_to_the_second(
    connection: ConnectionSnapshot, idp: FakeIdP, seconds: float, in_time: bool
) -> None:
    started, later = start(connection), NOW + timedelta(seconds=seconds)
    posted = answer(idp, started, now=later)
    if in_time:
        consume_response(browser(), posted, attempt=attempt(), now=later)
        return
    with refused(ErrorCode.REQUEST_INTENT_EXPIRED):
        consume_response(browser(), posted, attempt=attempt(), now=later)


@pytest.mark.parametrize("kind", [IntentKind.COMPLETION, IntentKind.LOGOUT, IntentKind.TEST])
def test_an_intent_of_another_kind_is_none(
    connection: ConnectionSnapshot, idp: FakeIdP, kind: IntentKind
) -> None:
    started = start(connection)
    posted = answer(idp, started)
    data = {**kept(started).to_json(), "kind": kind.value, "relay_state": "rs_" + "k" * 24}
    stores.put_intent(RequestIntent.from_json(data))
    other = PostedResponse(
        connection_id="acme",
        saml_response=posted.saml_response,
        relay_state="rs_" + "k" * 24,
    )
    with refused(ErrorCode.REQUEST_INTENT_NOT_FOUND):
        consume_response(browser(), other, attempt=attempt(), now=NOW)
    assert consume_response(browser(), posted, attempt=attempt(), now=NOW)


def test_the_message_is_read_before_anything_is_looked_up(
    connection: ConnectionSnapshot, django_assert_num_queries: Any
) -> None:
    posted = PostedResponse(connection_id="acme", saml_response="AAAA", relay_state="x")
    with django_assert_num_queries(0), refused(ErrorCode.MALFORMED_XML):
        consume_response(browser(), posted, attempt=attempt(), now=NOW)


@pytest.mark.parametrize("operation", ["fetch_intent", "consume_intent"])
def test_a_failing_request_store_never_makes_an_answer_unsolicited(
    connection: ConnectionSnapshot,
    idp: FakeIdP,
    monkeypatch: pytest.MonkeyPatch,
    operation: str,
) -> None:
    """This connection would take an unsolicited response."""
    posted = answer(idp, start(connection))

    def fail(*args: Any, **kwargs: Any) -> None:
        raise OSError

    monkeypatch.setattr(stores.request_store(), operation, fail)
    request = browser()
    with refused(ErrorCode.STORE_UNAVAILABLE):
        consume_response(request, posted, attempt=attempt(), now=NOW)
    assert User.objects.count() == 0
    assert request.session.is_empty()


def test_a_failing_replay_store_lets_nobody_in(
    connection: ConnectionSnapshot, idp: FakeIdP, monkeypatch: pytest.MonkeyPatch
) -> None:
    posted = answer(idp, start(connection))

    def fail(*args: Any, **kwargs: Any) -> None:
        raise OSError

    with monkeypatch.context() as broken, refused(ErrorCode.STORE_UNAVAILABLE):
        broken.setattr(stores.replay_store(), "consume_replay_key", fail)
        consume_response(browser(), posted, attempt=attempt(), now=NOW)
    # Nothing was kept, so the answer still counts once the store is back.
    assert consume_response(browser(), posted, attempt=attempt(), now=NOW)


class BrokenMapper:
    def map(self, *args: Any) -> Any:
        raise IntegrityError("the host's own table")


class BrokenSessions:
    def establish(self, *args: Any) -> None:
        raise KeyError("the host's own mistake")


@pytest.mark.parametrize(
    ("setting", "path", "error"),
    [
        ("USER_MAPPER", "tests.test_login.BrokenMapper", IntegrityError),
        ("SESSION_ADAPTER", "tests.test_login.BrokenSessions", KeyError),
    ],
)
def test_what_fails_after_the_use_leaves_it_used(
    connection: ConnectionSnapshot,
    idp: FakeIdP,
    settings: Any,
    setting: str,
    path: str,
    error: type[Exception],
) -> None:
    started = start(connection)
    before = written()
    settings.RELYRA = {**settings.RELYRA, setting: path}
    with pytest.raises(error):
        consume_response(browser(), answer(idp, started), attempt=attempt(), now=NOW)
    changed = difference(before, written())
    assert (changed.used_intents, changed.replay_keys, changed.sessions) == (1, 1, 0)
    with refused(ErrorCode.REQUEST_INTENT_CONSUMED):
        kept(started)


def test_without_our_backend_the_set_up_is_to_blame(
    connection: ConnectionSnapshot, idp: FakeIdP, settings: Any
) -> None:
    posted = answer(idp, start(connection))
    settings.AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]
    with refused(ErrorCode.ADAPTER_NOT_CONFIGURED):
        consume_response(browser(), posted, attempt=attempt(), now=NOW)


# One request or two


SESSION = {"sessionid": "s" * 32}


@pytest.mark.parametrize(
    ("same_site", "had_session", "cookies", "one_request"),
    [
        ("Lax", False, {}, True),
        ("Lax", True, {}, False),
        ("Lax", True, SESSION, True),
        ("None", True, SESSION, True),
        ("None", False, {}, True),
        ("Strict", False, {}, False),
        ("strict", False, {}, False),
        ("Strict", True, SESSION, False),
    ],
)
def test_where_the_session_begins(
    connection: ConnectionSnapshot,
    idp: FakeIdP,
    settings: Any,
    same_site: str,
    had_session: bool,
    cookies: Mapping[str, str],
    one_request: bool,
) -> None:
    settings.SESSION_COOKIE_SAMESITE = same_site
    posted = answer(idp, start(connection, had_session=had_session))
    outcome = consume_response(browser(**cookies), posted, attempt=attempt(), now=NOW)
    assert isinstance(outcome, LoginFinished if one_request else CompletionNeeded)


def postponed(connection: ConnectionSnapshot, idp: FakeIdP, **knobs: Any) -> str:
    posted = answer(idp, start(connection, had_session=True), **knobs)
    outcome = consume_response(browser(), posted, attempt=attempt(), now=NOW)
    assert isinstance(outcome, CompletionNeeded)
    assert outcome.browser is None
    return outcome.token


def complete(request: HttpRequest, token: str, **fields: Any) -> Any:
    known = {"connection_id": "acme", "attempt": attempt(), "now": NOW}
    return complete_login(request, token=token, **{**known, **fields})


def test_a_completion_keeps_no_message_and_no_attribute(
    connection: ConnectionSnapshot, idp: FakeIdP
) -> None:
    token = postponed(connection, idp, name_id="secret", attributes={"mail": "s@example.org"})
    intent = stores.fetch_intent(token, kind=IntentKind.COMPLETION)
    text = str(intent.to_json())
    assert "secret" not in text
    assert "s@example.org" not in text
    assert set(intent.payload) == {"backend", "facts", "unsolicited"}
    assert intent.expires_at == NOW + timedelta(seconds=60)
    assert (intent.request_id, intent.browser_hash) == (token, BROWSER)


def test_the_completing_request_signs_in_once(connection: ConnectionSnapshot, idp: FakeIdP) -> None:
    token, request = postponed(connection, idp), browser()
    outcome = complete(request, token)
    assert isinstance(outcome, LoginFinished)
    assert request.user == User.objects.get() == outcome.user
    assert outcome.return_to == "/home/"
    with refused(ErrorCode.REQUEST_INTENT_CONSUMED):
        complete(browser(), token)


@pytest.mark.parametrize(
    ("token", "changed", "code"),
    [
        ("u" * 43, {}, ErrorCode.BROWSER_BINDING_MISMATCH),
        ("", {}, ErrorCode.BROWSER_BINDING_MISMATCH),
        (TOKEN, {"connection_id": "globex"}, ErrorCode.CONNECTION_BINDING_MISMATCH),
        (TOKEN, {"now": NOW + timedelta(seconds=60)}, ErrorCode.REQUEST_INTENT_EXPIRED),
        (TOKEN, {"token": "rs_" + "z" * 24}, ErrorCode.REQUEST_INTENT_NOT_FOUND),
        (TOKEN, {"token": "\x00"}, ErrorCode.REQUEST_INTENT_NOT_FOUND),
    ],
)
def test_a_completion_that_is_refused_uses_nothing_up(
    connection: ConnectionSnapshot,
    idp: FakeIdP,
    token: str,
    changed: dict[str, Any],
    code: ErrorCode,
) -> None:
    completion = postponed(connection, idp)
    before = written()
    with refused(code):
        complete(browser(token), **{"token": completion, **changed})
    assert difference(before, written()) == NOTHING
    assert isinstance(complete(browser(), completion), LoginFinished)


def test_a_relay_state_of_an_open_login_completes_nothing(
    connection: ConnectionSnapshot,
) -> None:
    with refused(ErrorCode.REQUEST_INTENT_NOT_FOUND):
        complete(browser(), start(connection).relay_state)


@pytest.mark.parametrize("gone", [True, False])
def test_a_user_who_was_switched_off_meanwhile_is_refused(
    connection: ConnectionSnapshot, idp: FakeIdP, gone: bool
) -> None:
    token = postponed(connection, idp)
    if gone:
        User.objects.all().delete()
    else:
        User.objects.update(is_active=False)
    with refused(ErrorCode.IDENTITY_NOT_LINKED if gone else ErrorCode.USER_INACTIVE):
        complete(browser(), token)


def test_an_identity_that_was_taken_away_meanwhile_signs_nobody_in(
    connection: ConnectionSnapshot, idp: FakeIdP
) -> None:
    token = postponed(connection, idp)
    UserIdentity.objects.all().delete()
    with refused(ErrorCode.IDENTITY_NOT_LINKED):
        complete(browser(), token)
    assert User.objects.count() == 1


class Closed(RelyraBackend):
    def user_can_authenticate(self, user: Any) -> bool:
        return False


def test_the_backend_is_asked_again(
    connection: ConnectionSnapshot, idp: FakeIdP, settings: Any, monkeypatch: Any
) -> None:
    settings.AUTHENTICATION_BACKENDS = ["tests.test_login.Closed"]
    monkeypatch.setattr(Closed, "user_can_authenticate", lambda self, user: True)
    token = postponed(connection, idp)
    monkeypatch.undo()
    with refused(ErrorCode.USER_INACTIVE):
        complete(browser(), token)


class Greedy(ModelBackend):
    def authenticate(self, request: Any, **credentials: Any) -> Any:
        return User.objects.first()


def test_a_backend_that_takes_anything_signs_nobody_in(
    connection: ConnectionSnapshot, idp: FakeIdP, settings: Any
) -> None:
    User.objects.create_user("admin")
    greedy = "tests.test_login.Greedy"
    settings.AUTHENTICATION_BACKENDS = [greedy, *settings.AUTHENTICATION_BACKENDS]
    request = browser()
    with refused(ErrorCode.ADAPTER_NOT_CONFIGURED):
        consume_response(request, answer(idp, start(connection)), attempt=attempt(), now=NOW)
    assert "_auth_user_id" not in request.session


class Fickle(DjangoSessionAdapter):
    def establish(self, request: Any, user: Any, facts: Any) -> None:
        super().establish(request, user, facts)
        raise RelyraError(ErrorCode.USER_INACTIVE, "On second thoughts, no.")


def test_an_adapter_that_refuses_late_leaves_no_session(
    connection: ConnectionSnapshot, idp: FakeIdP, settings: Any
) -> None:
    settings.RELYRA = {**settings.RELYRA, "SESSION_ADAPTER": "tests.test_login.Fickle"}
    request = browser()
    with refused(ErrorCode.USER_INACTIVE):
        consume_response(request, answer(idp, start(connection)), attempt=attempt(), now=NOW)
    assert request.session.is_empty()
    assert not request.user.is_authenticated


def test_a_backend_that_was_removed_meanwhile_signs_nobody_in(
    connection: ConnectionSnapshot, idp: FakeIdP, settings: Any
) -> None:
    token = postponed(connection, idp)
    settings.AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]
    with refused(ErrorCode.ADAPTER_NOT_CONFIGURED):
        complete(browser(), token)


def test_the_identity_provider_s_limit_survives_the_detour(
    connection: ConnectionSnapshot, idp: FakeIdP
) -> None:
    limit = NOW + timedelta(hours=1)
    token = postponed(connection, idp, session_not_on_or_after=limit, session_index="_s")
    facts = complete(browser(), token).facts
    assert (facts.session_not_on_or_after, facts.session_index) == (limit, "_s")


# Nobody asked


def test_an_unsolicited_answer_is_bound_to_the_browser_that_brought_it(
    connection: ConnectionSnapshot, idp: FakeIdP
) -> None:
    outcome = consume_response(browser(""), unasked(idp, connection), attempt=attempt(), now=NOW)
    assert isinstance(outcome, CompletionNeeded)
    assert outcome.browser is not None
    with refused(ErrorCode.BROWSER_BINDING_MISMATCH):
        complete(browser(), outcome.token)
    assert complete(browser(outcome.browser.token), outcome.token)


def test_it_asks_before_it_replaces_somebody(connection: ConnectionSnapshot, idp: FakeIdP) -> None:
    outcome = consume_response(browser(), unasked(idp, connection), attempt=attempt(), now=NOW)
    assert isinstance(outcome, CompletionNeeded)
    request = browser()
    alice = User.objects.create_user("alice")
    request.session["_auth_user_id"] = str(alice.pk)
    request.session["_auth_user_backend"] = "django.contrib.auth.backends.ModelBackend"
    request.session["_auth_user_hash"] = alice.get_session_auth_hash()
    before = written()
    asked = complete(request, outcome.token)
    assert isinstance(asked, ConfirmationNeeded)
    assert asked.current == alice
    assert written() == before
    assert isinstance(complete(request, outcome.token, confirmed=True), LoginFinished)
    assert request.user == asked.incoming


# Asynchronous callers


def test_the_asynchronous_twins_do_the_same(idp: FakeIdP) -> None:
    enabled_connection(idp)
    connection = get_resolver().resolve("acme")

    async def both() -> Any:
        started = await astart_login(connection, browser_hash=BROWSER, correlation_id="c1", now=NOW)
        posted = answer(idp, started)
        return await aconsume_response(browser(), posted, attempt=attempt(), now=NOW)

    outcome = async_to_sync(both)()
    assert isinstance(outcome, LoginFinished)
    assert written() == Written(1, 1, 1, 0, 1, 1)


def test_nothing_secret_is_printed(connection: ConnectionSnapshot, idp: FakeIdP) -> None:
    posted = answer(idp, start(connection))
    assert posted.saml_response not in repr(posted)
    assert posted.relay_state not in repr(posted)
    assert "rs_x" not in repr(CompletionNeeded(token="rs_x", browser=None))


def test_the_book_reads_in_order() -> None:
    import inspect

    source = inspect.getsource(login)
    order = ["def start_login", "def consume_response", "def _judge", "def _use_up"]
    order += ["def _sign_in", "def complete_login"]
    assert sorted(order, key=source.index) == order
