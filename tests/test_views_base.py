from __future__ import annotations

import logging
from typing import Any

import pytest
from django.core.handlers.base import BaseHandler
from django.db import OperationalError, connections
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import URLPattern

from relyra_django import resolvers, signals, urls, views
from relyra_django.exceptions import ErrorCode
from relyra_django.testing.connections import enabled_connection
from relyra_django.testing.fake_idp import FakeIdP
from relyra_django.views.base import EveryAlias
from tests.flow import Visitor, Written, code_of, difference, written

HOST = {"host": "sp.example.com"}
PATTERNS: list[URLPattern] = urls.urlpatterns
BY_NAME = pytest.mark.parametrize("pattern", PATTERNS, ids=lambda pattern: pattern.name)


def ordinary(request: HttpRequest) -> HttpResponse:
    return HttpResponse()


@pytest.fixture
def _atomic_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(connections.settings["default"], "ATOMIC_REQUESTS", True)
    other = {**connections.settings["default"]}
    monkeypatch.setitem(connections.settings, "other", other)


@BY_NAME
@pytest.mark.usefixtures("_atomic_requests")
def test_no_view_is_wrapped_in_a_transaction_on_any_database(pattern: URLPattern) -> None:
    handler = BaseHandler()
    assert handler.make_view_atomic(pattern.callback) is pattern.callback
    assert handler.make_view_atomic(ordinary) is not ordinary


def test_a_host_may_still_decorate_a_view() -> None:
    aliases = EveryAlias()
    aliases.add("default")
    assert "anything" in aliases


@pytest.mark.django_db(transaction=True)
def test_what_was_used_stays_used_when_the_request_fails(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(connections["default"].settings_dict, "ATOMIC_REQUESTS", True)
    settings.RELYRA = {
        **settings.RELYRA,
        "SESSION_ADAPTER": "tests.test_login.BrokenSessions",
    }
    idp = FakeIdP()
    enabled_connection(idp)
    visitor = Visitor(idp)
    answer = visitor.answered()
    before = written()
    visitor.client.raise_request_exception = False
    assert visitor.bring(answer).status_code == 500
    assert difference(before, written()) == Written(1, 1, 0, -1, 1, 1)
    assert code_of(visitor.bring(answer)) == "request_intent_consumed"


@BY_NAME
def test_every_view_is_open_to_visitors(pattern: URLPattern) -> None:
    assert pattern.callback.login_required is False


@BY_NAME
def test_only_the_acs_is_exempt_from_csrf_protection(pattern: URLPattern) -> None:
    exempt = getattr(pattern.callback, "csrf_exempt", False)
    assert exempt is (pattern.name == "acs")


@pytest.mark.django_db
def test_a_site_that_requires_login_everywhere_still_lets_visitors_sign_in(settings: Any) -> None:
    middleware = "django.contrib.auth.middleware.LoginRequiredMiddleware"
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, middleware]
    settings.LOGIN_URL = "relyra:start"
    idp = FakeIdP()
    enabled_connection(idp)
    visitor = Visitor(idp)
    sent = visitor.client.get("/admin/", secure=True, headers=HOST)
    assert sent["Location"].endswith("?next=/admin/")
    assert visitor.login().status_code == 303
    assert visitor.user.is_authenticated


@pytest.mark.django_db
def test_the_pages_cannot_be_framed() -> None:
    response = Client().get("/saml/nobody/login/", secure=True, headers=HOST)
    assert response["X-Frame-Options"] == "DENY"


class Resolver(resolvers.ConnectionResolver):
    error: Exception

    def resolve(self, connection_id: str) -> Any:
        raise self.error

    def resolve_for_metadata(self, connection_id: str) -> Any:
        raise self.error


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (OperationalError("no database"), 503, "store_unavailable"),
        (RuntimeError("secret"), 503, "resolver_failed"),
    ],
)
def test_what_we_stand_on_may_fail(
    settings: Any, client: Client, error: Exception, status: int, code: str
) -> None:
    Resolver.error = error
    settings.RELYRA = {**settings.RELYRA, "CONNECTION_RESOLVER": "tests.test_views_base.Resolver"}
    response = client.get("/saml/acme/login/", secure=True, headers=HOST)
    assert (response.status_code, code_of(response)) == (status, code)
    assert b"secret" not in response.content
    assert response["Retry-After"]


class BrokenMapper:
    def map(self, assertion: Any, connection: Any) -> Any:
        raise LookupError("a mistake of the host's")


@pytest.mark.django_db
def test_a_defect_is_a_500_with_a_code_and_a_traceback_without_values(
    settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    settings.RELYRA = {**settings.RELYRA, "USER_MAPPER": "tests.test_views_base.BrokenMapper"}
    idp = FakeIdP()
    enabled_connection(idp)
    response = Visitor(idp).login(name_id="alice-the-secret")
    assert (response.status_code, code_of(response)) == (500, "internal_protocol_error")
    [record] = [r for r in caplog.records if r.__dict__.get("code") == "internal_protocol_error"]
    assert record.levelno == logging.ERROR
    assert record.exc_info is not None
    assert record.exc_info[0] is LookupError
    traceback = record.exc_info[2]
    while traceback is not None:
        assert "alice-the-secret" not in repr(traceback.tb_frame.f_locals)
        traceback = traceback.tb_next


@pytest.mark.django_db
def test_every_attempt_is_one_record(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="relyra_django.login")
    idp = FakeIdP()
    enabled_connection(idp)
    visitor = Visitor(idp)
    visitor.login(name_id="alice-the-secret")
    records = [r.__dict__ for r in caplog.records if r.name == "relyra_django.login"]
    assert [(r["kind"], r["outcome"]) for r in records] == [
        ("start", "started"),
        ("response", "succeeded"),
    ]
    assert records[0]["correlation_id"] == records[1]["correlation_id"]
    for record in records:
        assert "alice" not in str(record)
        assert "rs_" not in str(record)


@pytest.mark.django_db
def test_a_refusal_is_announced_with_its_code() -> None:
    heard: list[Any] = []

    def listen(sender: Any, **facts: Any) -> None:
        heard.append((facts["connection_id"], facts["code"]))

    signals.login_rejected.connect(listen)
    try:
        Client().get("/saml/nobody/acs/", secure=True, headers=HOST)
    finally:
        signals.login_rejected.disconnect(listen)
    assert heard == [("nobody", ErrorCode.METHOD_NOT_ALLOWED)]


@pytest.mark.django_db
def test_a_success_is_announced_with_the_user_and_the_facts() -> None:
    heard: list[Any] = []

    def listen(sender: Any, **facts: Any) -> None:
        heard.append(facts)

    idp = FakeIdP()
    enabled_connection(idp)
    visitor = Visitor(idp)
    signals.login_succeeded.connect(listen)
    try:
        visitor.login()
    finally:
        signals.login_succeeded.disconnect(listen)
    [facts] = heard
    assert facts["user"] == visitor.user
    assert facts["facts"].connection_id == facts["connection_id"] == "acme"
    assert facts["request"].user == visitor.user


def test_the_names_are_exported() -> None:
    assert set(views.__all__) == {
        "AssertionConsumerServiceView",
        "CompleteLoginView",
        "DefaultLoginView",
        "LoginView",
        "MetadataView",
    }
