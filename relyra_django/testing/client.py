"""Sign in through a FakeIdP with django.test.Client, over the same requests a browser makes.

The client keeps cookies back where a browser would: what the identity provider has the browser
post is a cross-site request, and there only SameSite=None cookies travel.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from http.cookies import Morsel
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

from django.http import HttpResponseBase
from django.test import Client
from django.urls import Resolver404, resolve, reverse

from relyra_django.conf import get_config
from relyra_django.testing.fake_idp import FakeIdP
from relyra_django.testing.forms import read_form, read_links
from relyra_django.testing.minted import Minted

MAX_HOPS = 5
FORM = "application/x-www-form-urlencoded"


def saml_login(
    client: Client,
    idp: FakeIdP,
    connection_id: str,
    *,
    next_url: str = "",
    follow: bool = False,
    mint: Callable[..., Minted] | None = None,
    **knobs: Any,
) -> HttpResponseBase:
    """Sign in, and return the redirect to where the visitor wanted to go, or the refusal.

    `knobs` are those of FakeIdP.response(): name_id, attributes and so on; `mint` is the `make`
    of a Hostile. `follow=True` goes on to the page the visitor ends on. AssertionError: the login
    did not even leave for the identity provider.
    """
    request = start_saml_login(client, connection_id, next_url=next_url)
    answer = idp.answer(request, mint=mint, **knobs)
    response = post_saml_response(client, answer.acs_url, answer.fields)
    return _followed(client, response, answer.acs_url) if follow else response


def start_saml_login(
    client: Client, connection_id: str, *, next_url: str = ""
) -> str | Mapping[str, str]:
    """Open the login URL; return the redirect to the identity provider, or its form's fields."""
    query = f"?{urlencode({'next': next_url})}" if next_url else ""
    url = site_url(reverse("relyra:login", args=[connection_id]) + query)
    for _ in range(MAX_HOPS):
        response = browse(client, url)
        location = response.headers.get("Location", "")
        if "SAMLRequest=" in urlsplit(location).query:
            return location
        if not location:
            return _request_form(response, url)
        url = urljoin(url, location)
    raise AssertionError(f"{url} redirects without end")


def post_saml_response(client: Client, acs_url: str, fields: Mapping[str, str]) -> HttpResponseBase:
    """Post to the ACS from the identity provider's site, and make the completing request."""
    kept_back = _cross_site(client)
    response = client.post(acs_url, urlencode(fields), FORM, **_addressed(acs_url))
    _restore(client, kept_back)
    completion = _completion_url(response, acs_url)
    return browse(client, completion) if completion else response


def browse(client: Client, url: str) -> HttpResponseBase:
    """GET an absolute URL on the host and scheme that it names."""
    return client.get(url, **_addressed(url))


def site_url(path: str) -> str:
    """Return the path on this site: under the origin of BASE_URL, else of the test client."""
    base = urlsplit(get_config().base_url or "http://testserver")
    return f"{base.scheme}://{base.netloc}{path}"


def _addressed(url: str) -> dict[str, Any]:
    parts = urlsplit(url)
    return {"secure": parts.scheme == "https", "headers": {"host": parts.netloc}}


def _request_form(response: HttpResponseBase, url: str) -> Mapping[str, str]:
    fields = read_form(_text(response))
    if "SAMLRequest" not in fields:
        raise AssertionError(f"{url} answered {response.status_code} without an AuthnRequest")
    return fields


def _text(response: HttpResponseBase) -> str:
    return bytes(getattr(response, "content", b"")).decode("utf-8", "replace")


def _completion_url(response: HttpResponseBase, acs_url: str) -> str | None:
    """Find the request that completes a login, in the redirect or in the page that moves on."""
    location = response.headers.get("Location")
    links = [location] if location else read_links(_text(response))
    return next((urljoin(acs_url, link) for link in links if _completes(link)), None)


def _completes(link: str) -> bool:
    try:
        match = resolve(urlsplit(link).path)
    except Resolver404:
        return False
    return match.url_name == "complete" and "relyra" in match.app_names


def _followed(client: Client, response: HttpResponseBase, url: str) -> HttpResponseBase:
    for _ in range(MAX_HOPS):
        location = response.headers.get("Location")
        if location is None:
            break
        url = urljoin(url, location)
        response = browse(client, url)
    return response


def _cross_site(client: Client) -> dict[str, Morsel[str]]:
    """Take out the cookies that a browser does not send with a cross-site POST."""
    kept_back = {name: one for name, one in client.cookies.items() if not _crosses_sites(one)}
    for name in kept_back:
        del client.cookies[name]
    return kept_back


def _crosses_sites(cookie: Morsel[str]) -> bool:
    return cookie["samesite"].lower() == "none" and bool(cookie["secure"])


def _restore(client: Client, kept_back: Mapping[str, Morsel[str]]) -> None:
    for name, cookie in kept_back.items():
        if name not in client.cookies:
            client.cookies[name] = cookie
