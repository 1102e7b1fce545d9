"""Django's CSRF protection, with a refusal of ours in place of its page."""

from __future__ import annotations

from typing import NoReturn

from django.http import HttpRequest
from django.middleware.csrf import CsrfViewMiddleware
from django.utils.decorators import decorator_from_middleware

from relyra_django.exceptions import ErrorCode, RelyraError


class CsrfCheck(CsrfViewMiddleware):
    """Raises browser_binding_mismatch where Django shows CSRF_FAILURE_VIEW and logs the path."""

    def _reject(self, request: HttpRequest, reason: str) -> NoReturn:
        raise RelyraError(
            ErrorCode.BROWSER_BINDING_MISMATCH,
            "The form was not sent from the page that we showed.",
            reason=reason,
        )


csrf_checked = decorator_from_middleware(CsrfCheck)
