"""A browser without a screen: cookies, redirects, login forms, and a hand on the message."""

from __future__ import annotations

import base64
import re
import zlib
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit

import requests
from lxml import html

TIMEOUT = 60


@dataclass(frozen=True, kw_only=True, slots=True)
class PostedResponse:
    """The form that the identity provider's page would post to the assertion consumer service."""

    url: str
    fields: dict[str, str]

    @property
    def xml(self) -> str:
        return base64.b64decode(self.fields["SAMLResponse"]).decode()

    def with_xml(self, xml: str) -> PostedResponse:
        encoded = base64.b64encode(xml.encode()).decode()
        return replace(self, fields={**self.fields, "SAMLResponse": encoded})

    def attribute(self, name: str) -> list[str]:
        """Return every value of this XML attribute, in document order."""
        return re.findall(rf'\b{name}="([^"]*)"', self.xml)


@dataclass(frozen=True, kw_only=True, slots=True)
class LogoutMessage:
    """What an identity provider has the browser bring: a form field or a raw query string."""

    binding: str
    payload: str


class Browser:
    """One visitor; `username` and `password` go into the identity provider's form."""

    def __init__(self, username: str, password: str) -> None:
        self.username = username
        self.password = password
        self.http = requests.Session()

    def start(self, login_url: str) -> str:
        """Return where the login view sends this browser."""
        answer = self.http.get(login_url, allow_redirects=False, timeout=TIMEOUT)
        assert answer.status_code == 302, f"{answer.status_code}: {answer.text[:500]}"
        return answer.headers["Location"]

    def sign_in(self, sso_url: str) -> PostedResponse:
        """Sign in at the identity provider and return what it would have the browser post."""
        answer = self.http.get(sso_url, timeout=TIMEOUT)
        for _ in range(5):
            page: Any = html.document_fromstring(answer.content)
            form = page.forms[0]
            fields = {name: str(value) for name, value in form.form_values()}
            action = urljoin(answer.url, form.action or answer.url)
            if "SAMLResponse" in fields:
                return PostedResponse(url=action, fields=fields)
            answer = self.http.post(action, data=self._fill(form, fields), timeout=TIMEOUT)
        raise AssertionError(f"no SAMLResponse, last at {answer.url}: {answer.text[:1000]}")

    def sign_out(self, url: str, address: str) -> LogoutMessage:
        """Go to `url` and on, until the identity provider sends the browser to `address`."""
        for _ in range(5):
            answer = self.get_without_following(url)
            if answer.status_code == 200:
                form: Any = html.document_fromstring(answer.content).forms[0]
                assert form.action == address, answer.text[:1000]
                fields = dict(form.form_values())
                payload = fields.get("SAMLRequest") or fields["SAMLResponse"]
                return LogoutMessage(binding="post", payload=str(payload))
            url = urljoin(url, answer.headers["Location"])
            if url.startswith(f"{address}?"):
                return LogoutMessage(binding="redirect", payload=urlsplit(url).query)
        raise AssertionError(f"no logout message, last at {url}")

    def _fill(self, form: html.FormElement, fields: dict[str, str]) -> dict[str, str]:
        typed = {"text": self.username, "password": self.password}
        for field in form.xpath(".//input[@name]"):
            kind = field.get("type", "text")
            if kind in typed:
                fields[field.get("name")] = typed[kind]
        return fields

    def post(self, response: PostedResponse) -> requests.Response:
        """Post it and follow to the page at the end."""
        return self.http.post(response.url, data=response.fields, timeout=TIMEOUT)

    def post_without_following(self, response: PostedResponse) -> requests.Response:
        return self.http.post(
            response.url, data=response.fields, allow_redirects=False, timeout=TIMEOUT
        )

    def press(self, page: requests.Response) -> requests.Response:
        """Press the button of the page's one form."""
        form: Any = html.document_fromstring(page.content).forms[0]
        action = urljoin(page.url, form.action or page.url)
        return self.http.post(action, data=dict(form.form_values()), timeout=TIMEOUT)

    def get(self, url: str) -> requests.Response:
        return self.http.get(url, timeout=TIMEOUT)

    def get_without_following(self, url: str) -> requests.Response:
        return self.http.get(url, allow_redirects=False, timeout=TIMEOUT)


def edit_request(sso_url: str, old: str, new: str) -> str:
    """Return the redirect with text in its AuthnRequest replaced; nothing signs it by default."""
    parts = urlsplit(sso_url)
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    xml = zlib.decompress(base64.b64decode(query["SAMLRequest"]), -15).decode()
    assert old in xml
    query["SAMLRequest"] = deflated(xml.replace(old, new))
    return parts._replace(query=urlencode(query)).geturl()


def deflated(xml: str) -> str:
    deflate = zlib.compressobj(wbits=-15)
    return base64.b64encode(deflate.compress(xml.encode()) + deflate.flush()).decode()
