"""The visitor leaves: from a link or LOGIN_URL to the identity provider."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from relyra_django.browser import recognise_or_issue
from relyra_django.exceptions import ErrorCode, RelyraError
from relyra_django.login import StartedLogin, start_login
from relyra_django.resolvers import get_resolver
from relyra_django.saml.connection import ConnectionSnapshot
from relyra_django.signals import login_started
from relyra_django.telemetry import AttemptKind, Outcome
from relyra_django.views.base import RelyraView
from relyra_django.views.return_to import checked

# Set on the way to the ACS's own host, so that a proxy which hides it cannot make a loop.
HOP = "relyra_hop"


class LoginView(RelyraView):
    """GET <connection_id>/login/?next=: send the visitor to the connection's identity provider."""

    kind = AttemptKind.START
    http_method_names = ["get"]

    def get(self, request: HttpRequest, connection_id: str) -> HttpResponse:
        with self.attempt.stage("connection"):
            connection = get_resolver().resolve(connection_id)
        if elsewhere := _host_of_the_cookie(request, connection.acs_url):
            return HttpResponseRedirect(elsewhere)
        browser = recognise_or_issue(request, connection.acs_url)
        with self.attempt.stage("request"):
            started = start_login(
                connection,
                return_to=checked(
                    request.GET.get(REDIRECT_FIELD_NAME, ""), acs_url=connection.acs_url
                ),
                browser_hash=browser.hash,
                had_session=settings.SESSION_COOKIE_NAME in request.COOKIES,
                correlation_id=self.attempt.correlation_id,
                now=timezone.now(),
            )
        response = self.leave(started, connection)
        browser.remember(response)
        return response

    def leave(self, started: StartedLogin, connection: ConnectionSnapshot) -> HttpResponse:
        """Answer with what takes the browser away."""
        self.attempt.succeed(Outcome.STARTED)
        self.announce(login_started)
        if started.redirect_url is not None:
            return HttpResponseRedirect(started.redirect_url)
        context = {
            "destination": started.destination,
            "fields": started.form,
            "connection_name": connection.display_name,
        }
        return render(self.request, "relyra_django/post_binding.html", context)


class DefaultLoginView(RelyraView):
    """GET login/?next=: the one connection there is. Made for LOGIN_URL."""

    kind = AttemptKind.START
    http_method_names = ["get"]

    def get(self, request: HttpRequest) -> HttpResponse:
        public_id = get_resolver().only_enabled()
        if public_id is None:
            raise RelyraError(
                ErrorCode.CONNECTION_UNAVAILABLE, "There is not exactly one enabled connection."
            )
        url = reverse("relyra:login", args=[public_id])
        query = request.META.get("QUERY_STRING", "")
        return HttpResponseRedirect(f"{url}?{query}" if query else url)


def _host_of_the_cookie(request: HttpRequest, acs_url: str) -> str | None:
    """Return this page at the ACS's scheme and host, if the visitor is elsewhere.

    A cookie that is set elsewhere would not come along to the ACS. After one hop we go on: then
    it is a proxy that shows us another address than the visitor's.
    """
    acs = urlsplit(acs_url)
    # What has no origin is elsewhere: a Host may name a port that cannot be.
    if HOP in request.GET or _origin(request.build_absolute_uri("/")) == _origin(acs_url):
        return None
    query = request.GET.copy()
    query[HOP] = "1"
    return f"{acs.scheme}://{acs.netloc}{request.path}?{query.urlencode()}"


def _origin(url: str) -> tuple[str, str | None, int] | None:
    try:
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        return None
    return parts.scheme, parts.hostname, port
