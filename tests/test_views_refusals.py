from __future__ import annotations

from http import HTTPStatus

import pytest
from django.core.exceptions import (
    BadRequest,
    DisallowedHost,
    ImproperlyConfigured,
    PermissionDenied,
    RequestDataTooBig,
    TooManyFieldsSent,
)
from django.db import DataError, InterfaceError, OperationalError
from django.http import Http404, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.test import RequestFactory

from relyra_django.exceptions import ErrorCode, InvalidSettings, RelyraError
from relyra_django.views import refusals
from relyra_django.views.refusals import STATUS, as_refusal, is_our_fault, refusal_page


@pytest.mark.parametrize("code", ErrorCode)
def test_every_code_has_a_status(code: ErrorCode) -> None:
    assert STATUS[code] in (400, 403, 404, 405, 413, 415, 500, 503)


def test_no_code_is_listed_twice() -> None:
    listed = [*refusals.MALFORMED, *refusals.REFUSED, *refusals.UNAVAILABLE, *refusals.ALONE]
    assert len(listed) == len(set(listed)) == len(STATUS)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (RequestDataTooBig(), ErrorCode.PAYLOAD_TOO_LARGE),
        (TooManyFieldsSent(), ErrorCode.INVALID_BINDING_PAYLOAD),
        (BadRequest(), ErrorCode.INVALID_BINDING_PAYLOAD),
        (DisallowedHost(), ErrorCode.INVALID_BINDING_PAYLOAD),
        (UnreadablePostError(), ErrorCode.INVALID_BINDING_PAYLOAD),
        (MultiPartParserError(), ErrorCode.INVALID_BINDING_PAYLOAD),
        (PermissionDenied(), ErrorCode.IDENTITY_NOT_LINKED),
        (Http404(), ErrorCode.IDENTITY_NOT_LINKED),
        (OperationalError(), ErrorCode.STORE_UNAVAILABLE),
        (InterfaceError(), ErrorCode.STORE_UNAVAILABLE),
        (DataError(), ErrorCode.STORE_UNAVAILABLE),
        (ImproperlyConfigured("x"), ErrorCode.ADAPTER_NOT_CONFIGURED),
        (InvalidSettings("x"), ErrorCode.ADAPTER_NOT_CONFIGURED),
        (KeyError("x"), ErrorCode.INTERNAL_PROTOCOL_ERROR),
        (OSError(), ErrorCode.INTERNAL_PROTOCOL_ERROR),
    ],
)
def test_whatever_is_raised_has_a_code(error: Exception, code: ErrorCode) -> None:
    assert as_refusal(error).code is code


def test_a_refusal_is_itself() -> None:
    refusal = RelyraError(ErrorCode.INVALID_AUDIENCE, "Another service.")
    assert as_refusal(refusal) is refusal


@pytest.mark.parametrize(
    ("code", "ours"),
    [
        (ErrorCode.INVALID_SIGNATURE, False),
        (ErrorCode.CONNECTION_UNAVAILABLE, False),
        (ErrorCode.STORE_UNAVAILABLE, True),
        (ErrorCode.INTERNAL_PROTOCOL_ERROR, True),
    ],
)
def test_what_came_in_is_told_from_what_failed_here(code: ErrorCode, ours: bool) -> None:
    assert is_our_fault(RelyraError(code, "x")) is ours


@pytest.mark.parametrize("code", ErrorCode)
def test_the_page_shows_the_code_and_no_detail(code: ErrorCode) -> None:
    refusal = RelyraError(code, "For operators <b>only</b>.", actual="alice@example.org")
    request = RequestFactory().get("/")
    response = refusal_page(request, refusal, "c0ffee", "/saml/acme/login/?next=%2Fa%26b")
    text = response.content.decode()
    assert response.status_code == STATUS[code]
    for shown in (code.value, "c0ffee", 'href="/saml/acme/login/?next=%2Fa%26b"'):
        assert shown in text
    for hidden in ("alice", "operators"):
        assert hidden not in text
    assert "no-store" in response["Cache-Control"]


def test_what_may_pass_says_when_to_come_back() -> None:
    for code, status in STATUS.items():
        page = refusal_page(RequestFactory().get("/"), RelyraError(code, "x"), "c", "/")
        assert page.has_header("Retry-After") is (status is HTTPStatus.SERVICE_UNAVAILABLE)
