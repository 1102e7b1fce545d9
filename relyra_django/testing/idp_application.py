"""A small identity provider for people: a WSGI application with a sign-in form and a consent page.

    GET  /metadata    the EntityDescriptor
    GET  /sso         an AuthnRequest by redirect; POST /sso takes the form binding
    POST /sign-in     name and password
    POST /consent     the variant to answer with: honest, or one of several attacks

For development and tests only: it answers whoever asks. Subclass it and replace the methods that
end in `_page` to give it another face.
"""

from __future__ import annotations

import hmac
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from secrets import token_urlsafe
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from relyra_django.testing.fake_idp import FakeIdP
from relyra_django.testing.hostile import hostile
from relyra_django.testing.idp_pages import IdpPages
from relyra_django.testing.minted import Minted
from relyra_django.testing.received_request import read_request

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

MAX_BODY = 1 << 18
MAX_PENDING = 1_000


@dataclass(frozen=True, kw_only=True, slots=True)
class IdpUser:
    """Somebody who can sign in here, and what is asserted about them."""

    username: str
    password: str = field(repr=False)
    name_id: str = ""
    attributes: Mapping[str, str | Sequence[str]] = field(default_factory=dict)

    @property
    def subject(self) -> str:
        return self.name_id or self.username


@dataclass(frozen=True, kw_only=True, slots=True)
class Variant:
    """One way to answer. `make` mints it; None sends the last honest answer once more."""

    name: str
    label: str
    make: Callable[..., Minted] | None


VARIANTS: tuple[Variant, ...] = (
    Variant(name="honest", label="An honest response", make=FakeIdP.response),
    Variant(
        name="wrong-audience",
        label="Meant for another service",
        make=hostile("audience-elsewhere").make,
    ),
    Variant(
        name="tampered",
        label="Another name written in after signing",
        make=hostile("tampered-name-id").make,
    ),
    Variant(name="stale", label="Issued too long ago", make=hostile("issued-long-ago").make),
    Variant(name="unsigned", label="Without a signature", make=hostile("unsigned").make),
    Variant(name="replay", label="The last response once more", make=None),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Pending:
    """A login in progress: the AuthnRequest as it came, and who has signed in so far."""

    ticket: str
    request: str | Mapping[str, str]
    user: IdpUser | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class IdpRequest:
    """What the pages see of an HTTP request."""

    method: str
    path: str
    query: str
    fields: Mapping[str, str]

    @property
    def url(self) -> str:
        return f"{self.path}?{self.query}"


@dataclass(frozen=True, kw_only=True, slots=True)
class IdpResponse:
    body: bytes
    status: HTTPStatus = HTTPStatus.OK
    content_type: str = "text/html; charset=utf-8"


class IdpError(Exception):
    """The person at the browser is told `str(error)`."""

    def __init__(self, message: str, status: HTTPStatus = HTTPStatus.BAD_REQUEST) -> None:
        super().__init__(message)
        self.status = status


class IdpApplication(IdpPages):
    """The WSGI application. `idp.sso_url` should be the address of its /sso.

    The first of `variants` is the honest one.
    """

    variants: Sequence[Variant] = VARIANTS

    def __init__(self, idp: FakeIdP, users: Iterable[IdpUser]) -> None:
        self.idp = idp
        self.users = {user.username: user for user in users}
        self._pending: dict[str, Pending] = {}
        self._last: tuple[str, Mapping[str, str]] | None = None
        self._lock = threading.Lock()
        self.routes: dict[tuple[str, str], Callable[[IdpRequest], IdpResponse]] = {
            ("GET", "/"): self.index,
            ("GET", "/metadata"): self.metadata,
            ("GET", "/sso"): self.sso,
            ("POST", "/sso"): self.sso,
            ("POST", "/sign-in"): self.sign_in,
            ("POST", "/consent"): self.consent,
        }

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        try:
            response = self.respond(_read(environ))
        except IdpError as error:
            page = self.error_page(str(error))
            response = IdpResponse(body=page.encode(), status=error.status)
        status = f"{response.status.value} {response.status.phrase}"
        headers = [
            ("Content-Type", response.content_type),
            ("Content-Length", str(len(response.body))),
            ("Cache-Control", "no-store"),
        ]
        start_response(status, headers)
        return [response.body]

    def respond(self, request: IdpRequest) -> IdpResponse:
        """Route one request. IdpError: the page that says so is shown."""
        route = self.routes.get((request.method, request.path))
        if route is None:
            raise IdpError("There is nothing here.", HTTPStatus.NOT_FOUND)
        return route(request)

    def index(self, request: IdpRequest) -> IdpResponse:
        return _page(self.index_page())

    def metadata(self, request: IdpRequest) -> IdpResponse:
        return IdpResponse(body=self.idp.metadata(), content_type="application/samlmetadata+xml")

    def sso(self, request: IdpRequest) -> IdpResponse:
        """Take an AuthnRequest by either binding and ask who is there."""
        asked = request.url if request.method == "GET" else dict(request.fields)
        self._check_request(asked)
        return _page(self.sign_in_page(self._remember(asked)))

    def sign_in(self, request: IdpRequest) -> IdpResponse:
        """Check name and password; the next page asks how to answer."""
        pending = self._recall(request)
        user = self.users.get(request.fields.get("username", ""))
        given = request.fields.get("password", "").encode()
        if user is None or not hmac.compare_digest(user.password.encode(), given):
            return _page(self.sign_in_page(pending, error="Wrong name or password."))
        pending = replace(pending, user=user)
        self._keep(pending)
        return _page(self.consent_page(pending))

    def consent(self, request: IdpRequest) -> IdpResponse:
        """Answer with the chosen variant: a page that posts itself to the service provider."""
        pending = self._recall(request)
        if pending.user is None:
            raise IdpError("Sign in first.", HTTPStatus.FORBIDDEN)
        variant = self._variant(request.fields.get("variant", "honest"))
        acs_url, fields = self.answer(pending, pending.user, variant)
        self._forget(pending)
        return _page(self.post_page(acs_url, fields))

    def answer(
        self, pending: Pending, user: IdpUser, variant: Variant
    ) -> tuple[str, Mapping[str, str]]:
        """Return the ACS URL and what the browser is to post there."""
        if variant.make is None:
            return self._once_more()
        answer = self.idp.answer(
            pending.request, mint=variant.make, name_id=user.subject, attributes=user.attributes
        )
        posted = answer.acs_url, answer.fields
        if variant is self.variants[0]:
            self._last = posted
        return posted

    def _once_more(self) -> tuple[str, Mapping[str, str]]:
        if self._last is None:
            message = "There is no earlier response to send again: sign in honestly first."
            raise IdpError(message, HTTPStatus.CONFLICT)
        return self._last

    def _check_request(self, asked: str | Mapping[str, str]) -> None:
        try:
            acs_url = read_request(asked).acs_url
        except ValueError as error:
            raise IdpError(str(error)) from error
        if urlsplit(acs_url).scheme not in {"http", "https"}:
            raise IdpError("The request names no web address to answer to.")

    def _variant(self, name: str) -> Variant:
        for variant in self.variants:
            if variant.name == name:
                return variant
        raise IdpError("There is no such way to answer.")

    def _remember(self, asked: str | Mapping[str, str]) -> Pending:
        pending = Pending(ticket=token_urlsafe(16), request=asked)
        self._keep(pending)
        return pending

    def _keep(self, pending: Pending) -> None:
        with self._lock:
            self._pending[pending.ticket] = pending
            while len(self._pending) > MAX_PENDING:
                del self._pending[next(iter(self._pending))]

    def _recall(self, request: IdpRequest) -> Pending:
        with self._lock:
            pending = self._pending.get(request.fields.get("ticket", ""))
        if pending is None:
            raise IdpError("This sign-in is over. Start again at the service.")
        return pending

    def _forget(self, pending: Pending) -> None:
        with self._lock:
            self._pending.pop(pending.ticket, None)


def _page(text: str) -> IdpResponse:
    return IdpResponse(body=text.encode())


def _read(environ: Mapping[str, Any]) -> IdpRequest:
    method = str(environ["REQUEST_METHOD"])
    body = b""
    if method == "POST":
        length = int(environ.get("CONTENT_LENGTH") or 0)
        if length > MAX_BODY:
            raise IdpError("That is too much.", HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        body = environ["wsgi.input"].read(length)
    return IdpRequest(
        method=method,
        path=str(environ.get("PATH_INFO") or "/"),
        query=str(environ.get("QUERY_STRING", "")),
        fields=dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)),
    )
