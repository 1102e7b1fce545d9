from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest
from django.contrib.auth.models import User
from django.test import Client

from relyra_django.models import Connection
from relyra_django.testing.client import browse
from relyra_django.testing.connections import enabled_connection
from relyra_django.testing.fake_idp import FakeIdP
from relyra_django.trust import connections as trust
from relyra_django.trust.audit import Actor
from tests.flow import ACS, FORM, NOTHING, Visitor, code_of, difference, written
from tests.test_views_acs import BrokenOff

pytestmark = pytest.mark.django_db

HOST = {"host": "sp.example.com"}
ORIGIN = "https://sp.example.com"
CSRF = "c" * 32


@pytest.fixture
def acme() -> Connection:
    return enabled_connection(FakeIdP(), allow_unsolicited=True)


@pytest.fixture
def visitor(acme: Connection) -> Visitor:
    visitor = Visitor(FakeIdP())
    session = visitor.client.session
    session["basket"] = "three apples"
    session.save()
    return visitor


def postponed(visitor: Visitor) -> str:
    """Bring an answer without the session's cookie; return where the login goes on."""
    fields = visitor.answered(name_id="alice").fields
    session = visitor.client.cookies.pop("sessionid")
    response = visitor.client.post(ACS, urlencode(fields), FORM, secure=True, headers=HOST)
    visitor.client.cookies["sessionid"] = session.value
    return str(response["Location"])


def unasked(visitor: Visitor, name_id: str) -> Any:
    entity_id = Connection.objects.get().sp_entity_id
    minted = visitor.idp.response(acs_url=ACS, sp_entity_id=entity_id, name_id=name_id)
    return visitor.post({"SAMLResponse": str(minted)})


def test_the_visitor_s_own_request_signs_in(visitor: Visitor) -> None:
    path = postponed(visitor)
    assert not visitor.user.is_authenticated
    response = browse(visitor.client, ORIGIN + path)
    assert (response.status_code, response.headers["Location"]) == (303, "/home/")
    assert response.headers["Referrer-Policy"] == "no-referrer"
    assert "no-store" in response.headers["Cache-Control"]
    assert visitor.user == User.objects.get()
    assert visitor.client.session["basket"] == "three apples"


def test_it_does_so_once(visitor: Visitor) -> None:
    path = postponed(visitor)
    browse(visitor.client, ORIGIN + path)
    response: Any = browse(visitor.client, ORIGIN + path)
    assert (response.status_code, code_of(response)) == (403, "request_intent_consumed")
    assert response["Referrer-Policy"] == "no-referrer"


def test_the_address_is_no_use_in_another_browser(visitor: Visitor) -> None:
    path = postponed(visitor)
    thief = Visitor(visitor.idp)
    thief.leave()
    before = written()
    response: Any = browse(thief.client, ORIGIN + path)
    assert (response.status_code, code_of(response)) == (403, "browser_binding_mismatch")
    assert difference(before, written()) == NOTHING
    assert not thief.user.is_authenticated
    browse(visitor.client, ORIGIN + path)
    assert visitor.user.is_authenticated


def test_a_connection_that_was_shut_meanwhile_signs_nobody_in(visitor: Visitor) -> None:
    path, acme = postponed(visitor), Connection.objects.get()
    trust.disable(acme, actor=Actor.system(), cause="incident")
    before = written()
    response: Any = browse(visitor.client, ORIGIN + path)
    assert (response.status_code, code_of(response)) == (404, "connection_unavailable")
    assert difference(before, written()) == NOTHING
    trust.enable(Connection.objects.get(), actor=Actor.system(), cause="all clear")
    assert browse(visitor.client, ORIGIN + path).status_code == 303


@pytest.mark.parametrize("method", ["head", "options", "put", "delete"])
def test_a_preview_uses_nothing_up(visitor: Visitor, method: str) -> None:
    path = postponed(visitor)
    before = written()
    response = getattr(visitor.client, method)(path, secure=True, headers=HOST)
    assert (response.status_code, response["Allow"]) == (405, "GET, POST")
    assert written() == before
    assert browse(visitor.client, ORIGIN + path).status_code == 303


@pytest.mark.parametrize("token", ["x", "rs_" + "x" * 24, "rs_%00", "a b"])
def test_a_token_that_is_none_is_not_found(visitor: Visitor, token: str) -> None:
    response: Any = browse(visitor.client, f"{ORIGIN}/saml/acme/complete/{token}/")
    assert (response.status_code, code_of(response)) == (403, "request_intent_not_found")


def test_another_connection_s_path_completes_nothing(visitor: Visitor) -> None:
    enabled_connection(FakeIdP(name="globex"), public_id="globex", idp_entity_id="https://g.x")
    path = postponed(visitor).replace("/acme/", "/globex/")
    response: Any = browse(visitor.client, ORIGIN + path)
    assert (response.status_code, code_of(response)) == (403, "connection_binding_mismatch")


def test_sign_in_again_leads_on_while_the_completion_is_open(visitor: Visitor) -> None:
    path = postponed(visitor)
    User.objects.update(is_active=False)
    response: Any = browse(visitor.client, ORIGIN + path)
    assert code_of(response) == "user_inactive"
    assert response.context["retry_url"] == "/saml/acme/login/?next=%2Fhome%2F"


def test_the_question_names_both_and_offers_to_stay(visitor: Visitor, settings: Any) -> None:
    settings.LOGIN_REDIRECT_URL = "/welcome/"
    browse(visitor.client, ORIGIN + postponed(visitor))
    User.objects.update(first_name="Alice", last_name="<Liddell>")
    page = unasked(visitor, "bob")
    text = page.content.decode()
    assert "Alice &lt;Liddell&gt;" in text
    assert User.objects.get(saml_identities__anchor="bob").get_username() in text
    assert 'href="/welcome/"' in text
    assert "csrfmiddlewaretoken" in text
    assert "bob" not in page.request["PATH_INFO"]


def drop_csrf_middleware(visitor: Visitor, settings: Any) -> None:
    settings.MIDDLEWARE = [each for each in settings.MIDDLEWARE if "csrf" not in each]
    cookies, visitor.client = visitor.client.cookies, Client()  # one that loads it anew
    visitor.client.cookies = cookies


def agree(visitor: Visitor, body: bytes | str, **extra: Any) -> Any:
    """Post the visitor's yes to a login that waits, with CSRF protection on."""
    path = postponed(visitor)
    visitor.client.handler.enforce_csrf_checks = True
    visitor.client.cookies["csrftoken"] = CSRF
    content_type = extra.pop("content_type", FORM)
    headers = {**HOST, "origin": ORIGIN}
    return visitor.client.post(path, body, content_type, secure=True, headers=headers, **extra)


def test_a_yes_from_our_own_page(visitor: Visitor) -> None:
    response = agree(visitor, f"csrfmiddlewaretoken={CSRF}")
    assert response.status_code == 303
    assert visitor.user.is_authenticated


@pytest.mark.parametrize("middleware", [True, False])
@pytest.mark.parametrize(
    ("extra", "status", "code"),
    [
        ({"body": ""}, 403, "browser_binding_mismatch"),
        ({"body": "csrfmiddlewaretoken=x"}, 403, "browser_binding_mismatch"),
        ({"body": "x=" + "y" * 3_000_000}, 413, "payload_too_large"),
        ({"body": "", "CONTENT_LENGTH": "9" * 5000}, 413, "payload_too_large"),
        ({"body": "", "CONTENT_LENGTH": "x"}, 400, "invalid_binding_payload"),
        ({"body": "x", "wsgi.input": BrokenOff(b"x")}, 400, "invalid_binding_payload"),
        ({"body": "&".join(["a=b"] * 1001)}, 400, "invalid_binding_payload"),
        ({"body": "x", "content_type": "multipart/form-data"}, 400, "invalid_binding_payload"),
    ],
)
def test_a_yes_that_cannot_be_taken_is_refused_with_a_page_of_ours(
    visitor: Visitor, settings: Any, middleware: bool, extra: Any, status: int, code: str
) -> None:
    if not middleware:
        drop_csrf_middleware(visitor, settings)
    response = agree(visitor, **extra)
    assert (response.status_code, code_of(response)) == (status, code)
    assert response["X-Frame-Options"] == "DENY"
    assert "no-store" in response["Cache-Control"]
    assert response["Referrer-Policy"] == "no-referrer"
    assert not visitor.user.is_authenticated


def test_a_foreign_yes_is_not_logged_with_its_token(
    visitor: Visitor, caplog: pytest.LogCaptureFixture
) -> None:
    agree(visitor, "")
    assert "browser_binding_mismatch" in caplog.text
    assert "/complete/" not in caplog.text


def test_the_question_brings_its_token_without_the_middleware(
    visitor: Visitor, settings: Any
) -> None:
    browse(visitor.client, ORIGIN + postponed(visitor))
    visitor.client.cookies.pop("csrftoken", None)
    drop_csrf_middleware(visitor, settings)
    assert "csrftoken" in unasked(visitor, "bob").cookies


def test_browsers_send_an_origin_with_the_answer(visitor: Visitor) -> None:
    """Under no-referrer it would be `null`, and CSRF protection would refuse every yes."""
    browse(visitor.client, ORIGIN + postponed(visitor))
    page = unasked(visitor, "bob")
    assert page["Referrer-Policy"] == "same-origin"
    assert "no-store" in page["Cache-Control"]
    assert page["X-Frame-Options"] == "DENY"
