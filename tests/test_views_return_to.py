from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import RequestFactory, override_settings
from django.utils import timezone

from relyra_django.browser import SECURE_COOKIE, Browser
from relyra_django.stores import IntentKind, RequestIntent, put_intent
from relyra_django.views.return_to import checked, interrupted, landing_url

ACS = "https://sp.example.com/saml/acme/acs/"
HOME = {"BASE_URL": "https://sp.example.com"}
REPLAY = {"BACKEND": "relyra_django.stores.database.ReplayStore"}


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


# A login that was refused


TOKEN = "t" * 43
RELAY_STATE = "rs_" + "x" * 24


@pytest.fixture
def open_login(db: None, settings: Any) -> None:
    store = {"BACKEND": "relyra_django.stores.database.RequestStore"}
    settings.RELYRA = {**HOME, "REQUEST_STORE": store, "REPLAY_STORE": REPLAY}
    put_intent(
        RequestIntent(
            relay_state=RELAY_STATE,
            kind=IntentKind.AUTHN,
            request_id="id_1",
            connection_id="acme",
            sp_entity_id="https://sp.example.com",
            acs_url=ACS,
            issued_at=timezone.now(),
            expires_at=timezone.now() + timedelta(minutes=1),
            return_to="/home/",
            browser_hash=Browser(acs_url=ACS, token=TOKEN).hash,
        )
    )


@pytest.mark.usefixtures("open_login")
@pytest.mark.parametrize(
    ("token", "changed", "found"),
    [
        (TOKEN, {}, "/home/"),
        ("u" * 43, {}, ""),
        ("", {}, ""),
        (TOKEN, {"connection_id": "globex"}, ""),
        (TOKEN, {"relay_state": "https://evil.example/"}, ""),
        (TOKEN, {"relay_state": "rs_" + "y" * 24}, ""),
        (TOKEN, {"kind": IntentKind.COMPLETION}, ""),
    ],
)
def test_the_browser_that_began_may_learn_where_it_wanted_to_go(
    token: str, changed: dict[str, Any], found: str
) -> None:
    factory = RequestFactory()
    factory.cookies.load({SECURE_COOKIE: token})
    known = {"connection_id": "acme", "relay_state": RELAY_STATE, "kind": IntentKind.AUTHN}
    assert interrupted(factory.get("/"), **{**known, **changed}) == found
