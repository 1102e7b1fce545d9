from __future__ import annotations

from io import BytesIO
from typing import Any
from urllib.parse import urlencode

import pytest
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest
from django.test import RequestFactory
from django.test.client import FakePayload

from relyra_django.browser import SECURE_COOKIE
from relyra_django.models import Connection
from relyra_django.testing.connections import enabled_connection
from relyra_django.testing.fake_idp import FakeIdP
from relyra_django.views import AssertionConsumerServiceView
from relyra_django.views.body import MAX_BODY_BYTES
from tests.flow import ACS, FORM, Visitor, code_of, written

pytestmark = pytest.mark.django_db

HOST = {"host": "sp.example.com"}


@pytest.fixture
def acme() -> Connection:
    return enabled_connection(FakeIdP())


@pytest.fixture
def visitor(acme: Connection) -> Visitor:
    return Visitor(FakeIdP())


def post(visitor: Visitor, body: bytes | str, content_type: str = FORM, **extra: Any) -> Any:
    return visitor.client.post(ACS, body, content_type, secure=True, headers=HOST, **extra)


class Unread(FakePayload):
    """A body that nobody may read."""

    def read(self, *args: Any, **kwargs: Any) -> bytes:
        raise AssertionError("the body was read")


class BrokenOff(FakePayload):
    """A body whose sender went away."""

    def read(self, *args: Any, **kwargs: Any) -> bytes:
        raise OSError("connection reset")


def handle(payload: FakePayload, **environ: Any) -> Any:
    request: HttpRequest = RequestFactory(headers=HOST).generic(
        "POST",
        "/saml/acme/acs/",
        b"",
        secure=True,
        **{"wsgi.input": payload, "CONTENT_TYPE": FORM, **environ},
    )
    return AssertionConsumerServiceView.as_view()(request, connection_id="acme")


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "text/plain",
        "text/xml",
        "application/json",
        "multipart/form-data; boundary=x",
        "application/x-www-form-urlencodedx",
    ],
)
def test_only_a_form_is_taken(visitor: Visitor, content_type: str) -> None:
    answer = visitor.answered()
    response = post(visitor, urlencode(answer.fields), content_type)
    assert (response.status_code, code_of(response)) == (415, "unsupported_media_type")
    assert post(visitor, urlencode(answer.fields), FORM).status_code == 303


@pytest.mark.parametrize("content_type", [FORM + "; charset=UTF-8", FORM.upper()])
def test_a_form_may_name_its_charset(visitor: Visitor, content_type: str) -> None:
    assert post(visitor, urlencode(visitor.answered().fields), content_type).status_code == 303


@pytest.mark.parametrize("length", [str(MAX_BODY_BYTES + 1), "10000000", "9" * 18, "9" * 5000])
def test_what_says_that_it_is_too_large_is_not_read(acme: Connection, length: str) -> None:
    response = handle(Unread(b""), CONTENT_LENGTH=length)
    assert response.status_code == 413
    assert b"payload_too_large" in response.content


@pytest.mark.parametrize("length", ["-1", "abc", "1e9", "\u0661"])
def test_a_length_that_is_no_number_is_refused(acme: Connection, length: str) -> None:
    assert handle(Unread(b""), CONTENT_LENGTH=length).status_code == 400


def test_a_body_that_breaks_off_is_unreadable(acme: Connection) -> None:
    response = handle(BrokenOff(b""), CONTENT_LENGTH="10")
    assert response.status_code == 400
    assert b"invalid_binding_payload" in response.content


@pytest.mark.parametrize("limit", [None, 10_000, 50_000_000])
def test_the_host_s_own_limit_does_not_widen_ours(
    visitor: Visitor, settings: Any, limit: int | None
) -> None:
    answer = visitor.answered()
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = limit
    before = written()
    response = post(visitor, urlencode({**answer.fields, "x": "y" * MAX_BODY_BYTES}))
    assert (response.status_code, code_of(response)) == (413, "payload_too_large")
    assert written() == before
    assert post(visitor, urlencode(answer.fields)).status_code == 303


def test_a_body_without_a_length_is_measured(acme: Connection, settings: Any) -> None:
    """ASGI servers hand over chunked bodies so."""
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = None
    headers = [(b"host", b"sp.example.com"), (b"content-type", FORM.encode())]
    scope = {"type": "http", "method": "POST", "path": "/saml/acme/acs/", "query_string": b""}
    body = BytesIO(b"x=" + b"y" * MAX_BODY_BYTES)
    request = ASGIRequest({**scope, "headers": headers}, body)
    response = AssertionConsumerServiceView.as_view()(request, connection_id="acme")
    assert response.status_code == 413


def test_other_fields_do_not_matter(visitor: Visitor) -> None:
    response = post(visitor, urlencode({**visitor.answered().fields, "submit": "Go"}))
    assert response.status_code == 303


def test_an_empty_relay_state_is_none(visitor: Visitor) -> None:
    answer = visitor.answered()
    response = post(visitor, urlencode({**answer.fields, "RelayState": ""}))
    assert (response.status_code, code_of(response)) == (400, "relay_state_missing")


@pytest.mark.parametrize("field", ["SAMLResponse", "RelayState"])
def test_a_field_twice_is_refused_even_when_one_is_empty(visitor: Visitor, field: str) -> None:
    answer = visitor.answered()
    response = post(visitor, urlencode([*answer.fields.items(), (field, "")]))
    assert (response.status_code, code_of(response)) == (400, "invalid_binding_payload")
    assert post(visitor, urlencode(answer.fields)).status_code == 303


@pytest.mark.parametrize("method", ["get", "head", "put", "patch", "delete", "options"])
def test_only_post_is_taken(visitor: Visitor, method: str) -> None:
    response = getattr(visitor.client, method)(ACS, secure=True, headers=HOST)
    assert (response.status_code, response["Allow"]) == (405, "POST")


def test_no_csrf_token_is_asked_for(visitor: Visitor) -> None:
    visitor.client.handler.enforce_csrf_checks = True
    assert visitor.login().status_code == 303


def test_sign_in_again_leads_where_the_attempt_wanted_to_go(visitor: Visitor) -> None:
    answer = visitor.answered()
    response = visitor.bring(answer, SAMLResponse=str(answer.minted.tampered("alice", "admin")))
    assert response.context["retry_url"] == "/saml/acme/login/?next=%2Fhome%2F"


def test_another_browser_is_not_told_where_that_was(visitor: Visitor) -> None:
    answer = visitor.answered()
    response = Visitor(FakeIdP()).bring(answer)
    assert code_of(response) == "browser_binding_mismatch"
    assert response.context["retry_url"] == "/saml/acme/login/"


def test_a_refusal_sets_no_cookie(visitor: Visitor) -> None:
    response = Visitor(FakeIdP()).bring(visitor.answered())
    assert response.status_code == 403
    assert not response.cookies


def test_an_unsolicited_answer_brings_the_browser_its_cookie() -> None:
    idp = FakeIdP()
    connection = enabled_connection(idp, allow_unsolicited=True)
    minted = idp.response(acs_url=ACS, sp_entity_id=connection.sp_entity_id)
    response = post(Visitor(idp), urlencode({"SAMLResponse": str(minted)}))
    assert response.status_code == 303
    assert response["Location"].startswith("/saml/acme/complete/rs_")
    assert response["Referrer-Policy"] == "no-referrer"
    assert response.cookies[SECURE_COOKIE]["secure"]
