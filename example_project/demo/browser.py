"""As much of a browser as a SAML login needs: cookies with SameSite, redirects, forms."""

from __future__ import annotations

import http.client
from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.cookies import Morsel, SimpleCookie
from urllib.parse import urlencode, urljoin, urlsplit

TIMEOUT_SECONDS = 30
MAX_REDIRECTS = 10
REDIRECTS = frozenset({301, 302, 303})


@dataclass(kw_only=True, slots=True)
class Form:
    """A form of a page, its fields as they stand; `buttons` are the named submit buttons."""

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)
    buttons: list[tuple[str, str]] = field(default_factory=list)


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "form":
            method = values.get("method", "get").lower()
            self.forms.append(Form(action=values.get("action", ""), method=method))
        elif self.forms and values.get("name"):
            self._field(tag, values)

    def _field(self, tag: str, values: Mapping[str, str]) -> None:
        name, value = values["name"], values.get("value", "")
        if tag == "button":
            self.forms[-1].buttons.append((name, value))
        elif tag == "input" and (values.get("type") != "radio" or "checked" in values):
            self.forms[-1].fields[name] = value


@dataclass(frozen=True, kw_only=True, slots=True)
class Page:
    """What a browser ended up with."""

    url: str
    status: int
    text: str
    headers: Mapping[str, str]

    @property
    def forms(self) -> list[Form]:
        parser = _Forms()
        parser.feed(self.text)
        return parser.forms

    def form(self, name: str) -> Form:
        """Return the form with a field or button of that name. LookupError: there is none."""
        for form in self.forms:
            if name in form.fields or name in dict(form.buttons):
                return form
        raise LookupError(f"{self.url} answered {self.status} with no form that has {name!r}")


class Browser:
    """Keeps cookies by host and honours SameSite: none but `None` goes with a cross-site POST."""

    def __init__(self) -> None:
        self._cookies: dict[str, dict[str, Morsel[str]]] = {}

    def get(self, url: str) -> Page:
        return self._open("GET", url, None, url)

    def submit(self, page: Page, form: Form, **chosen: str) -> Page:
        """Submit a form of that page with the chosen values, a button's among them."""
        url = urljoin(page.url, form.action)
        fields = {**form.fields, **chosen}
        if form.method == "get":
            return self._open("GET", f"{url}?{urlencode(fields)}", None, page.url)
        return self._open("POST", url, urlencode(fields), page.url)

    def _open(self, method: str, url: str, body: str | None, initiator: str) -> Page:
        for _ in range(MAX_REDIRECTS):
            page = self._request(method, url, body, initiator)
            if page.status not in REDIRECTS:
                return page
            method, url, body = "GET", urljoin(url, page.headers["location"]), None
        raise RecursionError(f"{url}: more than {MAX_REDIRECTS} redirects")

    def _request(self, method: str, url: str, body: str | None, initiator: str) -> Page:
        parts = urlsplit(url)
        headers = {"Accept": "text/html", "Cookie": self._sent(method, url, initiator)}
        if body is not None:
            origin = urlsplit(initiator)
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            headers["Origin"] = f"{origin.scheme}://{origin.netloc}"
        target = parts._replace(scheme="", netloc="", fragment="").geturl() or "/"
        connection = http.client.HTTPConnection(
            parts.hostname or "", parts.port, timeout=TIMEOUT_SECONDS
        )
        try:
            connection.request(method, target, body, headers)
            response = connection.getresponse()
            self._keep(url, response.headers.get_all("Set-Cookie", []))
            text = response.read().decode("utf-8", "replace")
            found = {name.lower(): value for name, value in response.getheaders()}
            return Page(url=url, status=response.status, text=text, headers=found)
        finally:
            connection.close()

    def _sent(self, method: str, url: str, initiator: str) -> str:
        allowed = {"none", "lax", "strict"}
        if _host(url) != _host(initiator):
            allowed = {"none"} if method == "POST" else {"none", "lax"}
        return "; ".join(
            f"{each.key}={each.coded_value}"
            for each in self._cookies.get(_host(url), {}).values()
            if (each["samesite"] or "lax").lower() in allowed
        )

    def _keep(self, url: str, headers: list[str]) -> None:
        kept = self._cookies.setdefault(_host(url), {})
        for header in headers:
            for name, morsel in SimpleCookie(header).items():
                if morsel["max-age"] == "0":
                    kept.pop(name, None)
                else:
                    kept[name] = morsel


def _host(url: str) -> str:
    return urlsplit(url).hostname or ""
