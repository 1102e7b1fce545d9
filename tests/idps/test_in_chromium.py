"""The same logins in a real browser, which keeps cookies from cross-site posts as browsers do."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.browser.chromium import Tab, chromium, find_chromium
from tests.idps.pairs import Pair
from tests.idps.processes import PEOPLE

pytestmark = pytest.mark.idp

USERNAME = "input[name=username]"
PASSWORD = "input[name=password]"
RECEIPT = ".cards"
CODE = "dl code"
CHANGE = ".relyra-button-quiet"


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tab]:
    if not find_chromium():
        pytest.skip("no Chromium is installed")
    with chromium(tmp_path_factory.mktemp("chromium")) as tab:
        yield tab


@pytest.fixture
def tab(browser: Tab) -> Tab:
    browser.forget()
    return browser


def sign_in(tab: Tab, url: str, person: str, *, until: str) -> None:
    """Start anywhere, sign in at the identity provider, and wait for the site's page."""
    tab.visit(url, until=PASSWORD)
    tab.fill(USERNAME, person)
    tab.fill(PASSWORD, PEOPLE[person].password)
    tab.evaluate(f"document.querySelector('{PASSWORD}').form.submit()")
    tab.wait_for(until)


def forget_the_provider(tab: Tab, pair: Pair) -> None:
    """Keep the site's session; the next person signs in at the identity provider."""
    for cookie in tab.call("Storage.getCookies")["cookies"]:
        if cookie["domain"] == "127.0.0.1":
            tab.call("Network.deleteCookies", name=cookie["name"], url=pair.idp.base_url)


def test_an_encrypted_login_ends_at_the_receipt(pair: Pair, tab: Tab) -> None:
    sign_in(tab, pair.login_url("encrypted-both"), "alice", until=RECEIPT)
    assert tab.url == pair.site.receipt_url
    assert "Alice Anders" in tab.text("h1")


def test_an_unsolicited_login_ends_at_the_receipt(pair: Pair, tab: Tab) -> None:
    sign_in(tab, pair.unsolicited_url("unsolicited"), "alice", until=RECEIPT)
    assert tab.url == pair.site.receipt_url
    assert "Alice Anders" in tab.text("h1")


def test_an_unsolicited_login_is_refused_where_it_is_not_allowed(pair: Pair, tab: Tab) -> None:
    sign_in(tab, pair.unsolicited_url("plain"), "alice", until=CODE)
    assert tab.text(CODE) == "idp_initiated_not_allowed"


def test_the_session_of_somebody_else_is_kept_until_they_agree(pair: Pair, tab: Tab) -> None:
    sign_in(tab, pair.login_url("plain"), "alice", until=RECEIPT)
    forget_the_provider(tab, pair)
    sign_in(tab, pair.unsolicited_url("unsolicited"), "bob", until=CHANGE)
    assert "You are signed in as Alice Anders" in tab.text("body")
    tab.click(CHANGE, until=RECEIPT)
    assert "Bob Berg" in tab.text("h1")
