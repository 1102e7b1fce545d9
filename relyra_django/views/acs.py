"""The assertion consumer service: where the browser posts what the identity provider said."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from relyra_django.browser import session_is_strict
from relyra_django.exceptions import ErrorCode, RelyraError
from relyra_django.login import (
    CompletionNeeded,
    LoginFinished,
    PostedResponse,
    consume_response,
)
from relyra_django.stores import IntentKind
from relyra_django.telemetry import AttemptKind, Outcome
from relyra_django.views.body import check_body
from relyra_django.views.finish import FinishingView, HttpResponseSeeOther
from relyra_django.views.return_to import interrupted

FORM = "application/x-www-form-urlencoded"


class AssertionConsumerServiceView(FinishingView):
    """POST <connection_id>/acs/: without CSRF protection, for the intent is the protection."""

    kind = AttemptKind.RESPONSE
    http_method_names = ["post"]
    relay_state = ""

    @sensitive_variables()
    def post(self, request: HttpRequest, connection_id: str) -> HttpResponse:
        _check_media_type(request)
        check_body(request)
        saml_response = _field(request, "SAMLResponse")
        if not saml_response:
            raise _unreadable("There is no SAMLResponse.")
        self.relay_state = _field(request, "RelayState")
        posted = PostedResponse(
            connection_id=connection_id,
            saml_response=saml_response,
            relay_state=self.relay_state,
        )
        outcome = consume_response(request, posted, attempt=self.attempt, now=timezone.now())
        if isinstance(outcome, LoginFinished):
            return self.finish(outcome)
        return self.go_on(outcome)

    def go_on(self, needed: CompletionNeeded) -> HttpResponse:
        """Send the browser to the request that its own session cookie goes with."""
        self.attempt.succeed(Outcome.PENDING)
        url = reverse("relyra:complete", args=[self.attempt.connection_id, needed.token])
        # A Strict cookie is missing after a redirect from elsewhere; it is there when a page of
        # our own leads on.
        if session_is_strict():
            response = render(self.request, "relyra_django/completing.html", {"url": url})
        else:
            response = HttpResponseSeeOther(url)
        response.headers["Referrer-Policy"] = "no-referrer"
        if needed.browser is not None:
            needed.browser.remember(response)
        return response

    def interrupted_return_to(self) -> str:
        return interrupted(
            self.request,
            connection_id=self.attempt.connection_id,
            relay_state=self.relay_state,
            kind=IntentKind.AUTHN,
        )


def _check_media_type(request: HttpRequest) -> None:
    if request.content_type != FORM:
        raise RelyraError(
            ErrorCode.UNSUPPORTED_MEDIA_TYPE, "The body is not a form.", expected=FORM
        )


def _field(request: HttpRequest, name: str) -> str:
    """Return the value of a form field of the body, "" when it is absent; twice is refused."""
    values = request.POST.getlist(name)
    if len(values) > 1:
        raise _unreadable(f"There is more than one {name}.")
    return str(values[0]) if values else ""


def _unreadable(message: str) -> RelyraError:
    return RelyraError(ErrorCode.INVALID_BINDING_PAYLOAD, message)
