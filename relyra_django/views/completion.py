"""The second request of a login: the visitor's own, so that their session cookie is there."""

from __future__ import annotations

from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.decorators import method_decorator

from relyra_django.login import (
    ConfirmationNeeded,
    LoginFinished,
    complete_login,
)
from relyra_django.stores import IntentKind
from relyra_django.telemetry import AttemptKind, Outcome
from relyra_django.views.body import check_body
from relyra_django.views.csrf import csrf_checked
from relyra_django.views.finish import FinishingView
from relyra_django.views.return_to import interrupted, landing_url


class CompleteLoginView(FinishingView):
    """GET <connection_id>/complete/<token>/; POST is the visitor's yes to another account."""

    kind = AttemptKind.COMPLETION
    http_method_names = ["get", "post"]

    def dispatch(self, request: HttpRequest, *args: str, **kwargs: str) -> HttpResponseBase:
        response = super().dispatch(request, *args, **kwargs)
        # The address holds the token.
        response.headers.setdefault("Referrer-Policy", "no-referrer")
        return response

    @method_decorator(csrf_checked)
    def get(self, request: HttpRequest, connection_id: str, token: str) -> HttpResponse:
        return self.complete(confirmed=False)

    def post(self, request: HttpRequest, connection_id: str, token: str) -> HttpResponse:
        check_body(request)
        return self.agreed(request)

    @method_decorator(csrf_checked)
    def agreed(self, request: HttpRequest) -> HttpResponse:
        return self.complete(confirmed=True)

    def complete(self, *, confirmed: bool) -> HttpResponse:
        outcome = complete_login(
            self.request,
            connection_id=self.attempt.connection_id,
            token=self.kwargs["token"],
            confirmed=confirmed,
            attempt=self.attempt,
            now=timezone.now(),
        )
        if isinstance(outcome, LoginFinished):
            return self.finish(outcome)
        return self.confirm(outcome)

    def confirm(self, needed: ConfirmationNeeded) -> HttpResponse:
        """Ask before somebody's session is replaced by a login that they did not begin."""
        self.attempt.succeed(Outcome.CONFIRMATION)
        context = {
            "current": _name(needed.current),
            "incoming": _name(needed.incoming),
            "stay_url": landing_url("", acs_url=needed.acs_url),
        }
        response = render(self.request, "relyra_django/confirm_login.html", context)
        # Under no-referrer browsers post `Origin: null`, which CSRF protection refuses.
        response.headers["Referrer-Policy"] = "same-origin"
        return response

    def interrupted_return_to(self) -> str:
        return interrupted(
            self.request,
            connection_id=self.attempt.connection_id,
            relay_state=self.kwargs["token"],
            kind=IntentKind.COMPLETION,
        )


def _name(user: AbstractBaseUser) -> str:
    """Return what a person would recognise: created users have random user names."""
    full_name = user.get_full_name() if hasattr(user, "get_full_name") else ""
    email = getattr(user, user.get_email_field_name(), "")
    return full_name or email or user.get_username()
