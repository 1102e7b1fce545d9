from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.dispatch import receiver
from django.test import Client

from relyra_django import signals
from relyra_django.browser import SECURE_COOKIE, Browser
from relyra_django.models import Connection
from relyra_django.stores import IntentKind, RequestIntent, fetch_intent
from relyra_django.testing.connections import enabled_connection
from relyra_django.testing.fake_idp import FakeIdP
from relyra_django.testing.forms import read_action, read_form
from tests.flow import code_of, written

pytestmark = pytest.mark.django_db

HOST = {"host": "sp.example.com"}


@pytest.fixture
def acme() -> Connection:
    return enabled_connection(FakeIdP())


def visit(client: Client, path: str = "/saml/acme/login/", **options: Any) -> Any:
    return client.get(path, **{"secure": True, "headers": HOST, **options})


def intent_of(response: Any) -> RequestIntent:
    [state] = parse_qs(urlsplit(response["Location"]).query)["RelayState"]
    return fetch_intent(state, kind=IntentKind.AUTHN)


def test_a_visitor_is_redirected_with_a_cookie(client: Client, acme: Connection) -> None:
    response = visit(client)
    assert response.status_code == 302
    assert response["Location"].startswith("https://idp.example.org/sso?SAMLRequest=")
    assert "no-store" in response["Cache-Control"]
    token = client.cookies[SECURE_COOKIE].value
    assert intent_of(response).browser_hash == Browser(acs_url="https://x", token=token).hash


def test_no_session_is_begun(client: Client, acme: Connection) -> None:
    response = visit(client)
    assert set(response.cookies) == {SECURE_COOKIE}
    assert not intent_of(response).had_session


def test_a_session_at_the_start_is_remembered(client: Client, acme: Connection) -> None:
    client.cookies["sessionid"] = "s" * 32
    assert intent_of(visit(client)).had_session


def test_parallel_tabs_keep_one_cookie_and_renew_it(client: Client, acme: Connection) -> None:
    first = visit(client).cookies[SECURE_COOKIE]
    second = visit(client).cookies[SECURE_COOKIE]
    assert first.value == second.value
    assert second["max-age"] == 900


@pytest.mark.parametrize(
    ("wanted", "kept"),
    [("/reports/", "/reports/"), ("https://evil.example/", ""), ("", ""), ("/a\x00", "")],
)
def test_next_is_checked_before_it_is_kept(
    client: Client, acme: Connection, wanted: str, kept: str
) -> None:
    assert intent_of(visit(client, query_params={"next": wanted})).return_to == kept


def test_a_form_is_posted_without_inline_script(client: Client) -> None:
    idp = FakeIdP()
    enabled_connection(idp, idp_sso_binding="post", display_name="Acme <b>")
    response = visit(client)
    text = response.content.decode()
    assert read_action(text) == idp.sso_url
    assert set(read_form(text)) == {"SAMLRequest", "RelayState"}
    assert "onload" not in text
    assert "Acme &lt;b&gt;" in text
    assert text.count("<script") == text.count('<script src="/static/relyra_django/')
    assert "<noscript>" in text
    assert SECURE_COOKIE in response.cookies


@pytest.mark.parametrize(
    ("secure", "host"),
    [(True, "testserver"), (False, "sp.example.com"), (False, "testserver")],
)
def test_a_login_that_begins_elsewhere_moves_to_the_acs_s_host(
    client: Client, acme: Connection, secure: bool, host: str
) -> None:
    before = written()
    hop = visit(client, "/saml/acme/login/?next=/x/%3Fa", secure=secure, headers={"host": host})
    assert hop.status_code == 302
    assert hop["Location"].startswith("https://sp.example.com/saml/acme/login/?")
    assert SECURE_COOKIE not in hop.cookies
    assert written() == before
    path = hop["Location"].removeprefix("https://sp.example.com")
    assert intent_of(visit(client, path)).return_to == "/x/?a"


def test_it_moves_once_then_it_is_the_proxy_that_shows_another_address(
    client: Client, acme: Connection
) -> None:
    hop = visit(client, secure=False, headers={"host": "testserver"})
    path = hop["Location"].removeprefix("https://sp.example.com")
    response = visit(client, path, secure=False, headers={"host": "testserver"})
    assert "SAMLRequest" in response["Location"]
    assert response.cookies[SECURE_COOKIE]["secure"]


def test_a_default_port_is_no_other_host(client: Client, acme: Connection) -> None:
    response = visit(client, headers={"host": "sp.example.com:443"})
    assert "SAMLRequest" in response["Location"]


@pytest.mark.parametrize("port", ["99999", "9" * 5000])
def test_a_port_that_cannot_be_is_elsewhere(client: Client, acme: Connection, port: str) -> None:
    response = visit(client, headers={"host": f"sp.example.com:{port}"})
    assert response.status_code == 302
    assert response["Location"].startswith("https://sp.example.com/saml/acme/login/?")


def test_a_host_that_is_not_allowed_is_not_followed(client: Client, acme: Connection) -> None:
    assert visit(client, headers={"host": "evil.example"}).status_code == 400


@pytest.mark.parametrize("method", ["post", "put", "delete", "head", "options"])
def test_only_get_begins_a_login(client: Client, acme: Connection, method: str) -> None:
    before = written()
    response = getattr(client, method)("/saml/acme/login/", secure=True, headers=HOST)
    assert (response.status_code, response["Allow"]) == (405, "GET")
    assert written() == before


@pytest.mark.parametrize("path", ["/saml/nobody/login/", "/saml/a%00/login/", "/saml/A/login/"])
def test_an_unknown_connection_is_not_there(client: Client, acme: Connection, path: str) -> None:
    response = visit(client, path)
    assert (response.status_code, code_of(response)) == (404, "connection_unavailable")
    assert response.context["retry_url"] == "/saml/login/"


def test_the_public_id_is_compared_exactly(client: Client, acme: Connection) -> None:
    assert visit(client, "/saml/ACME/login/").status_code == 404
    assert visit(client).status_code == 302


def test_without_settings_every_login_is_refused(client: Client, settings: Any) -> None:
    settings.RELYRA = {}
    response = visit(client)
    assert (response.status_code, code_of(response)) == (503, "adapter_not_configured")
    assert response["Retry-After"]


def test_the_default_login_is_the_one_connection(client: Client, acme: Connection) -> None:
    response = visit(client, "/saml/login/?next=/x/")
    assert (response.status_code, response["Location"]) == (302, "/saml/acme/login/?next=/x/")
    assert visit(client, "/saml/login/")["Location"] == "/saml/acme/login/"


def test_with_none_or_several_there_is_no_default(client: Client) -> None:
    assert visit(client, "/saml/login/").status_code == 404
    idp = FakeIdP()
    for public_id in ("acme", "globex"):
        enabled_connection(idp, public_id=public_id, idp_entity_id=f"https://{public_id}.example")
    response = visit(client, "/saml/login/")
    assert (response.status_code, code_of(response)) == (404, "connection_unavailable")


def test_a_start_is_announced(client: Client, acme: Connection) -> None:
    heard: list[dict[str, Any]] = []

    @receiver(signals.login_started)
    def listen(sender: Any, **facts: Any) -> None:
        heard.append(facts)
        raise RuntimeError("a listener of the host's that fails")

    try:
        response = visit(client)
    finally:
        signals.login_started.disconnect(listen)
    assert response.status_code == 302
    [facts] = heard
    assert facts["connection_id"] == "acme"
    assert facts["correlation_id"] == intent_of(response).correlation_id
