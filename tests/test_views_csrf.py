from __future__ import annotations

from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from relyra_django.exceptions import ErrorCode, RelyraError
from relyra_django.views.csrf import csrf_checked

TOKEN = "c" * 32


@csrf_checked
def view(request: HttpRequest) -> HttpResponse:
    return HttpResponse("done")


def request(method: str = "POST", **fields: str) -> Any:
    made: Any = RequestFactory().generic(
        method,
        "/secret-path/",
        "&".join(f"{name}={value}" for name, value in fields.items()),
        "application/x-www-form-urlencoded",
    )
    made.COOKIES["csrftoken"] = TOKEN
    return made


def test_a_form_of_our_own_passes() -> None:
    assert view(request(csrfmiddlewaretoken=TOKEN)).status_code == 200


def test_what_changes_nothing_needs_no_token() -> None:
    assert view(request("GET")).status_code == 200


@pytest.mark.parametrize("fields", [{}, {"csrfmiddlewaretoken": "d" * 32}])
def test_a_foreign_form_is_a_refusal_and_no_page(
    fields: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(RelyraError) as refusal:
        view(request(**fields))
    assert refusal.value.code is ErrorCode.BROWSER_BINDING_MISMATCH
    assert "CSRF token" in refusal.value.details["reason"]
    assert not caplog.records
