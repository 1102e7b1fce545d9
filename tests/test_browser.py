from __future__ import annotations

from http.cookies import Morsel

import pytest
from django.http import HttpResponse
from django.test import RequestFactory, override_settings

from relyra_django.browser import (
    LOOPBACK_COOKIE,
    SECURE_COOKIE,
    Browser,
    is_cross_site,
    is_same,
    recognise,
    recognise_or_issue,
)

HTTPS_ACS = "https://sp.example.com/saml/acme/acs/"
HTTP_ACS = "http://localhost:8000/saml/acme/acs/"
TOKEN = "t" * 43


def remembered(browser: Browser) -> dict[str, Morsel[str]]:
    response = HttpResponse()
    browser.remember(response)
    return dict(response.cookies)


def request(**cookies: str) -> object:
    factory = RequestFactory()
    factory.cookies.load(cookies)
    return factory.get("/")


def test_the_secure_cookie_is_host_only_and_travels_cross_site() -> None:
    [(name, cookie)] = remembered(Browser(acs_url=HTTPS_ACS, token=TOKEN)).items()
    assert name == "__Host-relyra"
    assert cookie.value == TOKEN
    # What a browser demands of a __Host- cookie: RFC 6265bis 4.1.3.2.
    assert (cookie["secure"], cookie["path"], cookie["domain"]) == (True, "/", "")
    assert (cookie["httponly"], cookie["samesite"]) == (True, "None")


def test_the_loopback_cookie_is_lax_because_none_would_need_https() -> None:
    [(name, cookie)] = remembered(Browser(acs_url=HTTP_ACS, token=TOKEN)).items()
    assert name == "relyra_browser"
    assert (cookie["secure"], cookie["httponly"], cookie["samesite"]) == ("", True, "Lax")


@pytest.mark.parametrize("ttl", [60, 900])
def test_the_cookie_lives_as_long_as_an_intent(ttl: int) -> None:
    with override_settings(RELYRA={"BASE_URL": "https://sp.example.com", "REQUEST_TTL": ttl}):
        [cookie] = remembered(Browser(acs_url=HTTPS_ACS, token=TOKEN)).values()
    assert cookie["max-age"] == ttl


@pytest.mark.parametrize(
    ("acs_url", "crosses"), [(HTTPS_ACS, True), (HTTP_ACS, False), ("HTTPS://SP.EXAMPLE/acs", True)]
)
def test_the_scheme_of_the_acs_url_decides(acs_url: str, crosses: bool) -> None:
    assert is_cross_site(acs_url) is crosses


@pytest.mark.parametrize("secure", [True, False])
def test_how_the_request_came_does_not_decide(secure: bool) -> None:
    factory = RequestFactory()
    factory.cookies.load({SECURE_COOKIE: TOKEN})
    assert recognise(factory.get("/", secure=secure), HTTPS_ACS).token == TOKEN


def test_a_browser_without_a_cookie_is_given_a_random_one() -> None:
    first = recognise_or_issue(request(), HTTPS_ACS)  # type: ignore[arg-type]
    second = recognise_or_issue(request(), HTTPS_ACS)  # type: ignore[arg-type]
    assert len(first.token) == 43
    assert first.token != second.token


def test_parallel_tabs_share_a_token() -> None:
    again = recognise_or_issue(request(**{SECURE_COOKIE: TOKEN}), HTTPS_ACS)  # type: ignore[arg-type]
    assert again.token == TOKEN


@pytest.mark.parametrize("token", ["", "short", "t" * 44, "t" * 42 + "é", "t" * 42 + "=", "t" * 42])
def test_a_token_of_another_form_is_none(token: str) -> None:
    factory = RequestFactory(headers={"cookie": f"{SECURE_COOKIE}={token}"})
    assert recognise(factory.get("/"), HTTPS_ACS).token == ""
    assert recognise(request(**{SECURE_COOKIE: TOKEN}), HTTPS_ACS).token == TOKEN  # type: ignore[arg-type]


def test_the_loopback_cookie_does_not_count_for_an_https_acs() -> None:
    # A sibling host can set any name, except one that begins with __Host-.
    planted = request(**{LOOPBACK_COOKIE: TOKEN})
    assert recognise(planted, HTTPS_ACS).token == ""  # type: ignore[arg-type]
    assert recognise(planted, HTTP_ACS).token == TOKEN  # type: ignore[arg-type]


def test_the_hash_says_nothing_of_the_token() -> None:
    browser = Browser(acs_url=HTTPS_ACS, token=TOKEN)
    assert len(browser.hash) == 64
    assert TOKEN not in browser.hash + repr(browser)


def test_a_browser_without_a_token_is_nobody_s() -> None:
    nobody = Browser(acs_url=HTTPS_ACS, token="")
    assert nobody.hash == ""
    assert not is_same(nobody.hash, "")
    assert not is_same(nobody.hash, Browser(acs_url=HTTPS_ACS, token=TOKEN).hash)


def test_only_the_same_browser_is_the_same() -> None:
    mine, other = (Browser(acs_url=HTTPS_ACS, token=token).hash for token in (TOKEN, "u" * 43))
    assert is_same(mine, mine)
    assert not is_same(mine, other)
    assert not is_same(mine + "0", mine)


@pytest.mark.parametrize("blank", ["\u2000", "\u00a0", "\u3000", "\x0b", "\x1f"])
@pytest.mark.parametrize("with_ours", [True, False])
def test_a_neighbour_cannot_plant_a_name_that_looks_like_ours(blank: str, with_ours: bool) -> None:
    """A cookie named with a blank is not a __Host- cookie to the browser, and not to us."""
    planted = f"{blank}{SECURE_COOKIE}={'p' * 43}"
    header = f"{SECURE_COOKIE}={TOKEN}; {planted}" if with_ours else planted
    wsgi_header = header.encode().decode("latin-1")
    asked = RequestFactory().get("/", HTTP_COOKIE=wsgi_header)
    assert recognise(asked, HTTPS_ACS).token == (TOKEN if with_ours else "")
    assert recognise_or_issue(asked, HTTPS_ACS).token != "p" * 43


def test_two_cookies_of_one_name_are_nobody_s() -> None:
    header = f"{SECURE_COOKIE}={TOKEN}; {SECURE_COOKIE}={'p' * 43}"
    assert recognise(RequestFactory().get("/", HTTP_COOKIE=header), HTTPS_ACS).token == ""


@pytest.mark.parametrize("header", ["{}={}", "a=b; {}={}", "{}={};a=b", " {}\t= {} "])
def test_the_header_is_read_as_browsers_write_it(header: str) -> None:
    asked = RequestFactory().get("/", HTTP_COOKIE=header.format(SECURE_COOKIE, TOKEN))
    assert recognise(asked, HTTPS_ACS).token == TOKEN
