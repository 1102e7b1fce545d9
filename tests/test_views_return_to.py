from __future__ import annotations

from typing import Any

import pytest
from django.test import override_settings

from relyra_django.views.return_to import checked, landing_url

ACS = "https://sp.example.com/saml/acme/acs/"
HOME = {"BASE_URL": "https://sp.example.com"}


@pytest.fixture(autouse=True)
def _site(settings: Any) -> None:
    settings.RELYRA = {**HOME, "RETURN_TO_HOSTS": ["app.example.com:8443"]}
    settings.LOGIN_REDIRECT_URL = "/welcome/"


@pytest.mark.parametrize(
    "url",
    [
        "/",
        "/reports/?a=1&b=2#top",
        "/über/",
        "relative/",
        "https://sp.example.com/x",
        "https://app.example.com:8443/x",
    ],
)
def test_a_place_of_ours_is_kept(url: str) -> None:
    assert checked(url, acs_url=ACS) == url
    assert landing_url(url, acs_url=ACS) == url


@pytest.mark.parametrize(
    "url",
    [
        "",
        " ",
        "https://evil.example/",
        "//evil.example/",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "http:///evil.example",
        "http://sp.example.com/x",
        "https://sp.example.com@evil.example/",
        "https://sp.example.com.evil.example/",
        "https://app.example.com/x",
        "javascript:alert(1)",
        "data:text/html,x",
        "/a\x00b",
        "/a\r\nSet-Cookie: b=c",
        "/a\tb",
        "/\u202egnp",
        "/" + "a" * 2048,
        "https://[::1",
    ],
)
def test_any_other_place_is_not(url: str) -> None:
    assert checked(url, acs_url=ACS) == ""
    assert landing_url(url, acs_url=ACS) == "/welcome/"


def test_it_is_checked_again_when_it_is_read() -> None:
    stored = checked("https://app.example.com:8443/x", acs_url=ACS)
    with override_settings(RELYRA=HOME):
        assert landing_url(stored, acs_url=ACS) == "/welcome/"


def test_without_a_base_url_the_acs_names_the_site() -> None:
    with override_settings(RELYRA={}):
        assert checked("https://sp.example.com/x", acs_url=ACS)
        assert not checked("https://other.example.com/x", acs_url=ACS)


def test_an_http_site_may_lead_to_http() -> None:
    with override_settings(RELYRA={"BASE_URL": "http://localhost:8000"}):
        assert checked("http://localhost:8000/x", acs_url="http://localhost:8000/acs/")
        assert not checked("http://localhost:9000/x", acs_url="http://localhost:8000/acs/")


def test_the_fallback_may_be_a_view_s_name(settings: Any) -> None:
    settings.LOGIN_REDIRECT_URL = "relyra:start"
    assert landing_url("", acs_url=ACS) == "/saml/login/"
