from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from django.core.exceptions import RequestDataTooBig
from django.core.handlers.asgi import ASGIRequest
from django.test import RequestFactory

from relyra_django.exceptions import ErrorCode, RelyraError
from relyra_django.views.body import MAX_BODY_BYTES, check_body

FORM = "application/x-www-form-urlencoded"


def posted(body: bytes, **environ: Any) -> Any:
    return RequestFactory().generic("POST", "/", body, FORM, **environ)


def test_a_body_stays_readable(settings: Any) -> None:
    request = posted(b"a=b")
    check_body(request)
    assert request.POST["a"] == "b"


@pytest.mark.parametrize("length", ["0", "", "3", "000000000000000003"])
def test_a_length_is_a_decimal_number(length: str) -> None:
    check_body(posted(b"a=b", CONTENT_LENGTH=length))


@pytest.mark.parametrize("length", ["-1", "+1", "1_0", "0x1", " 1", "\u0661", "1,1"])
def test_anything_else_is_no_length(length: str) -> None:
    with pytest.raises(RelyraError) as refusal:
        check_body(posted(b"a=b", CONTENT_LENGTH=length))
    assert refusal.value.code is ErrorCode.INVALID_BINDING_PAYLOAD


@pytest.mark.parametrize("length", [str(MAX_BODY_BYTES + 1), "9" * 18, "9" * 19, "9" * 5000])
def test_too_long_by_its_own_words(length: str) -> None:
    with pytest.raises(RelyraError) as refusal:
        check_body(posted(b"a=b", CONTENT_LENGTH=length))
    assert refusal.value.code is ErrorCode.PAYLOAD_TOO_LARGE


def test_too_long_without_saying_so(settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = None
    scope = {"type": "http", "method": "POST", "path": "/", "query_string": b"", "headers": []}
    check_body(ASGIRequest(scope, BytesIO(b"x" * MAX_BODY_BYTES)))
    with pytest.raises(RelyraError) as refusal:
        check_body(ASGIRequest(scope, BytesIO(b"x" * (MAX_BODY_BYTES + 1))))
    assert refusal.value.code is ErrorCode.PAYLOAD_TOO_LARGE


def test_a_host_may_allow_less(settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 2
    with pytest.raises(RequestDataTooBig):
        check_body(posted(b"a=b"))
