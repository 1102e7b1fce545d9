"""Logins that begin at the identity provider's portal."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest

from tests.idps.driver import Browser
from tests.idps.example import is_signed_in, refusal
from tests.idps.pairs import Pair, accepted
from tests.idps.processes import PEOPLE

pytestmark = pytest.mark.idp


def test_an_unsolicited_response_is_refused(pair: Pair, alice: Browser) -> None:
    response = pair.unsolicited(alice, "plain")
    assert not response.attribute("InResponseTo")
    assert refusal(alice.post(response)) == (403, "idp_initiated_not_allowed")
    assert pair.stays_out(alice)


def test_an_unsolicited_response_is_accepted_where_that_is_allowed(
    pair: Pair, alice: Browser
) -> None:
    response = pair.unsolicited(alice, "unsolicited")
    assert not response.attribute("InResponseTo")
    assert accepted(alice.post(response)).facts["Email"] == "alice@example.org"


def test_the_same_connection_still_takes_what_it_asked_for(pair: Pair, alice: Browser) -> None:
    accepted(alice.post(pair.answered(alice, "unsolicited")))


def test_an_answer_cannot_pass_for_one_that_nobody_asked_for(pair: Pair, alice: Browser) -> None:
    """Without its RelayState an answer is refused, in the browser that asked and in others."""
    response = pair.answered(alice, "unsolicited")
    del response.fields["RelayState"]
    for browser in (alice, Browser("bob", "not needed")):
        assert refusal(browser.post(response)) == (400, "relay_state_missing")
        assert pair.stays_out(browser)


@pytest.mark.parametrize("state", ["https://elsewhere.example/", "/admin/", "x" * 80])
def test_a_relay_state_that_is_not_ours_leads_nowhere(
    pair: Pair, alice: Browser, state: str
) -> None:
    response = pair.unsolicited(alice, "unsolicited", state)
    assert response.fields["RelayState"] == state
    accepted(alice.post(response))


def test_a_second_use_is_refused_in_any_browser(pair: Pair, alice: Browser) -> None:
    response = pair.unsolicited(alice, "unsolicited")
    accepted(alice.post(response))
    other = Browser("bob", "not needed")
    for browser in (alice, other):
        assert refusal(browser.post(response)) == (403, "replayed_assertion")
    assert pair.stays_out(other)


def test_only_the_browser_that_posted_can_complete_and_only_once(
    pair: Pair, alice: Browser
) -> None:
    answer = alice.post_without_following(pair.unsolicited(alice, "unsolicited"))
    assert answer.status_code == 303
    url = pair.site.base_url + urlsplit(answer.headers["Location"]).path
    assert "/complete/" in url
    assert pair.stays_out(alice), "nobody is signed in by the post itself"
    other = Browser("bob", "not needed")
    assert refusal(other.get(url)) == (403, "browser_binding_mismatch")
    assert pair.stays_out(other)
    accepted(alice.get(url))
    assert refusal(alice.get(url)) == (403, "request_intent_consumed")


def test_another_account_takes_the_session_over_only_when_asked(
    pair: Pair, alice: Browser, bob: Browser
) -> None:
    accepted(alice.post(pair.answered(alice)))
    page = alice.post(pair.unsolicited(bob, "unsolicited"))
    assert page.status_code == 200
    assert "You are signed in as <strong>Alice Anders</strong>" in page.text
    assert accepted(alice.get(pair.site.receipt_url)).facts["Name"] == "Alice Anders"
    assert accepted(alice.press(page)).facts["Name"] == "Bob Berg"


def test_the_same_account_is_not_asked(pair: Pair) -> None:
    browser = Browser("alice", PEOPLE["alice"].password)
    accepted(browser.post(pair.unsolicited(browser, "unsolicited")))
    page = browser.post(pair.unsolicited(browser, "unsolicited"))
    assert is_signed_in(page)
