"""The end of a login, whichever request it comes in."""

from __future__ import annotations

from http import HTTPStatus

from django.http import HttpResponse, HttpResponseRedirect

from relyra_django.identity import withdraw
from relyra_django.login import LoginFinished
from relyra_django.signals import login_succeeded
from relyra_django.telemetry import Outcome
from relyra_django.views.base import RelyraView
from relyra_django.views.return_to import landing_url


class HttpResponseSeeOther(HttpResponseRedirect):
    """303: whatever came, what follows is a GET."""

    status_code = HTTPStatus.SEE_OTHER


class FinishingView(RelyraView):
    """A view in whose request a login may end."""

    def finish(self, login: LoginFinished) -> HttpResponse:
        """Log and announce the login, and send the visitor where they wanted to go."""
        try:
            response = HttpResponseSeeOther(landing_url(login.return_to, acs_url=login.acs_url))
        except Exception:
            withdraw(self.request)
            raise
        self.attempt.succeed(Outcome.SUCCEEDED)
        self.announce(login_succeeded, user=login.user, facts=login.facts)
        return response
