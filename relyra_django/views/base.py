"""What all our views share: one attempt each, one page for every refusal, no transaction."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from django.contrib.auth.decorators import login_not_required
from django.dispatch import Signal
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.clickjacking import xframe_options_deny
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters
from django.views.generic import View

from relyra_django.exceptions import ErrorCode, RelyraError
from relyra_django.models.public_id import is_public_id
from relyra_django.signals import login_rejected
from relyra_django.telemetry import Attempt, AttemptKind
from relyra_django.views.refusals import as_refusal, is_our_fault, refusal_page


class EveryAlias(set[str]):
    """Every database there is: Django asks `alias in` this before it applies ATOMIC_REQUESTS."""

    def __contains__(self, alias: object) -> bool:
        return True


class RelyraView(View):
    """Base of our views: subclasses raise, and whatever is raised becomes a page with a code."""

    kind: ClassVar[AttemptKind]
    attempt: Attempt

    @classmethod
    def as_view(cls, **initkwargs: Any) -> Callable[..., HttpResponseBase]:
        """Return the view, open to visitors, uncached and outside of ATOMIC_REQUESTS.

        What a login uses up must stay used up, whatever happens later in the request. The CSRF
        middleware is told to stay out, so that its refusals are ours too: a view whose POST needs
        the protection asks for it itself (`views.csrf`).
        """
        view = cls.cached(super().as_view(**initkwargs))
        view = csrf_exempt(view)
        view = login_not_required(xframe_options_deny(sensitive_post_parameters()(view)))
        view._non_atomic_requests = EveryAlias()  # type: ignore[attr-defined]
        return view

    @staticmethod
    def cached(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
        """Forbid caching; the one view that may be cached overrides this."""
        return never_cache(view)

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self.attempt = Attempt(self.kind)
        try:
            self.attempt.connection_id = _public_id(kwargs)
            return super().dispatch(request, *args, **kwargs)
        except Exception as error:
            return self.refused(request, error)

    def http_method_not_allowed(
        self, request: HttpRequest, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        raise RelyraError(
            ErrorCode.METHOD_NOT_ALLOWED,
            "This URL does not take that method.",
            expected=self.http_method_names,
            actual=request.method,
        )

    def refused(self, request: HttpRequest, error: Exception) -> HttpResponse:
        """Log, announce and show what went wrong, by its code alone."""
        refusal = as_refusal(error)
        if is_our_fault(refusal):
            self.attempt.fail(refusal, error=error)
        else:
            self.attempt.refuse(refusal, error=error)
        self.announce(login_rejected, code=refusal.code)
        response = refusal_page(
            request, refusal, self.attempt.correlation_id, self.retry_url(refusal)
        )
        if refusal.code is ErrorCode.METHOD_NOT_ALLOWED:
            response.headers["Allow"] = ", ".join(self.http_method_names).upper()
        # The attempt is logged. Django would log the path, which may hold the token of a login.
        response._has_been_logged = True  # type: ignore[attr-defined]
        return response

    def retry_url(self, refusal: RelyraError) -> str:
        """Where "Sign in again" leads: this connection, or any other when it is not there."""
        if not self.attempt.connection_id or refusal.code is ErrorCode.CONNECTION_UNAVAILABLE:
            return reverse("relyra:start")
        url = reverse("relyra:login", args=[self.attempt.connection_id])
        # A store that failed a moment ago is not asked again.
        if is_our_fault(refusal):
            return url
        return_to = self.interrupted_return_to()
        return f"{url}?{urlencode({'next': return_to})}" if return_to else url

    def interrupted_return_to(self) -> str:
        """Return where the refused attempt wanted to go, if this browser began it."""
        return ""

    def announce(self, signal: Signal, **facts: Any) -> None:
        signal.send_robust(
            sender=type(self),
            request=self.request,
            connection_id=self.attempt.connection_id,
            correlation_id=self.attempt.correlation_id,
            **facts,
        )


def _public_id(kwargs: dict[str, Any]) -> str:
    """Return the connection that the path names, before a log or a database sees it."""
    public_id = kwargs.get("connection_id", "")
    if "connection_id" in kwargs and not is_public_id(public_id):
        raise RelyraError(ErrorCode.CONNECTION_UNAVAILABLE, "The path names no connection.")
    return str(public_id)
