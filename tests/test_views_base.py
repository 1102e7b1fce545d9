from __future__ import annotations

import logging
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from traceback import walk_tb
from typing import Any
from urllib.parse import urlencode

import pytest
from django import VERSION
from django.core.exceptions import PermissionDenied
from django.core.handlers.base import BaseHandler
from django.db import OperationalError, connections
from django.http import Http404, HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.urls import URLPattern
from django.utils.log import AdminEmailHandler
from django.views.debug import ExceptionReporter

from relyra_django import resolvers, signals, urls, views
from relyra_django.exceptions import ErrorCode, RelyraError
from relyra_django.testing.connections import enabled_connection
from relyra_django.testing.fake_idp import FakeIdP
from relyra_django.views import AssertionConsumerServiceView
from relyra_django.views.base import EveryAlias
from tests.flow import FORM, Visitor, Written, code_of, difference, written

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


REFUSING = (
    ("/saml/login/", "put", "GET"),
    ("/saml/login/", "post", "GET"),
    ("/saml/login/", "head", "GET"),
    ("/saml/acme/login/", "post", "GET"),
    ("/saml/acme/login/", "delete", "GET"),
    ("/saml/acme/acs/", "put", "POST"),
    ("/saml/acme/complete/rs_x/", "put", "GET, POST"),
    ("/saml/acme/metadata/", "post", "GET, HEAD"),
)


@pytest.mark.django_db
@pytest.mark.parametrize(("path", "method", "allowed"), REFUSING)
def test_a_method_is_refused_by_us_and_not_by_the_csrf_middleware(
    path: str, method: str, allowed: str
) -> None:
    client: Any = Client(enforce_csrf_checks=True)
    response = getattr(client, method)(path, secure=True, headers=HOST)
    assert (response.status_code, response["Allow"]) == (405, allowed)
    assert code_of(response) == "method_not_allowed"


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


def broken_page(request: HttpRequest) -> dict[str, Any]:
    """A context processor that asks a database which is not there."""
    raise OperationalError("no database")


@pytest.fixture
def _broken_pages(settings: Any) -> None:
    [engine] = deepcopy(settings.TEMPLATES)
    engine["OPTIONS"]["context_processors"].append("tests.test_views_base.broken_page")
    settings.TEMPLATES = [engine]


@pytest.fixture
def _uncollected_files(settings: Any, tmp_path: Path) -> None:
    manifest = "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"
    settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": manifest}}
    settings.STATIC_ROOT = str(tmp_path)


class Reports(AdminEmailHandler):
    """Keeps what the administrators would be mailed."""

    def __init__(self) -> None:
        super().__init__(include_html=True)
        self.setLevel(logging.ERROR)
        self.sent: list[str] = []

    def send_mail(self, subject: str, message: str, *args: Any, **kwargs: Any) -> None:
        self.sent.append(subject + message + str(kwargs["html_message"]))


@pytest.fixture
def reports(settings: Any) -> Iterator[list[str]]:
    settings.ADMINS = ["ops@example.com"] if VERSION >= (6,) else [("Ops", "ops@example.com")]
    handler = Reports()
    logging.getLogger().addHandler(handler)
    yield handler.sent
    logging.getLogger().removeHandler(handler)


@pytest.mark.django_db
@pytest.mark.parametrize("breakage", ["_broken_pages", "_uncollected_files"])
def test_a_refusal_whose_page_cannot_be_rendered_is_plain_text(
    request: pytest.FixtureRequest, breakage: str, reports: list[str]
) -> None:
    idp = FakeIdP()
    enabled_connection(idp)
    visitor = Visitor(idp)
    answer = visitor.answered(name_id="alice-the-secret", audience="https://wrong.example")
    whole = visitor.bring(answer)
    request.getfixturevalue(breakage)
    bare = visitor.bring(answer)
    assert whole.status_code == bare.status_code == 403
    assert bare["Content-Type"] == "text/plain; charset=utf-8"
    assert b"invalid_audience" in bare.content
    different = {"Content-Type", "Content-Length", "Expires", "Vary"}
    assert set(bare.headers) - different == set(whole.headers) - different
    assert bare["Cache-Control"] == whole["Cache-Control"]
    [report] = reports
    assert "The page of a refusal cannot be rendered" in report
    for hidden in (answer.fields["SAMLResponse"][:60], "alice", answer.fields["RelayState"]):
        assert hidden not in report


@pytest.mark.django_db
@pytest.mark.usefixtures("_broken_pages")
def test_a_plain_refusal_says_when_to_come_back(settings: Any, client: Client) -> None:
    settings.RELYRA = {}
    response = client.get("/saml/acme/login/", secure=True, headers=HOST)
    assert (response.status_code, response["Retry-After"]) == (503, "30")
    assert b"adapter_not_configured" in response.content


class OutOfReach(AssertionConsumerServiceView):
    """One whose refusals fail themselves, so that Django reports the error."""

    def refused(self, request: HttpRequest, error: Exception) -> HttpResponse:
        raise error


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("times", "code", "frame"),
    [(1, ErrorCode.MALFORMED_XML, "post"), (2, ErrorCode.INVALID_BINDING_PAYLOAD, "_field")],
)
def test_no_report_of_django_s_own_holds_the_message(
    rf: RequestFactory, times: int, code: ErrorCode, frame: str
) -> None:
    message = "PHNlY3JldC8+" * 8
    body = urlencode([("SAMLResponse", message)] * times)
    request = rf.post("/", body, FORM, secure=True, headers=HOST)
    with pytest.raises(RelyraError) as caught:
        OutOfReach.as_view()(request, connection_id="acme")
    assert caught.value.code is code
    reporter = ExceptionReporter(request, caught.type, caught.value, caught.tb)
    ours = [each for each in reporter.get_traceback_frames() if "/views/" in each["filename"]]
    assert frame in [each["function"] for each in ours]
    assert message not in str([each["vars"] for each in ours])


@pytest.mark.django_db
def test_the_token_of_a_login_is_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    token = "rs_" + "x" * 24
    path = f"/saml/acme/complete/{token}/"
    response = Client().get(path, secure=True, headers=HOST)
    assert response.status_code == 403
    assert {record.name for record in caplog.records} == {"relyra_django.login"}
    assert token not in caplog.text


class TurningAway:
    error: Exception

    def turn_away(self, *args: Any) -> Any:
        raise self.error

    map = decide = establish = turn_away


@pytest.mark.django_db
@pytest.mark.parametrize("key", ["USER_MAPPER", "PROVISIONING_POLICY", "SESSION_ADAPTER"])
@pytest.mark.parametrize("error", [PermissionDenied("not alice"), Http404("no tenant of alice")])
def test_what_a_site_s_own_code_denies_is_a_refusal(
    settings: Any, monkeypatch: pytest.MonkeyPatch, key: str, error: Exception
) -> None:
    monkeypatch.setattr(TurningAway, "error", error, raising=False)
    idp = FakeIdP()
    enabled_connection(idp)
    settings.RELYRA = {**settings.RELYRA, key: "tests.test_views_base.TurningAway"}
    visitor = Visitor(idp)
    response = visitor.login()
    assert (response.status_code, code_of(response)) == (403, "identity_not_linked")
    assert not visitor.user.is_authenticated
    frames = [frame for frame, _ in walk_tb(error.__traceback__)]
    assert frames[-1].f_code.co_name == "turn_away"
    assert not frames[-1].f_locals


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
