"""Logins through SimpleSAMLphp and npm's samlp: real messages, real HTTP, the example project."""

from __future__ import annotations

import re
import time
from datetime import datetime

import pytest
import requests

from tests.idps.agreements import SHORT_LIFETIME
from tests.idps.driver import Browser, edit_request
from tests.idps.example import Receipt, is_signed_in, refusal
from tests.idps.pairs import ELSEWHERE, Pair
from tests.idps.processes import PEOPLE

pytestmark = pytest.mark.idp

CLAIM = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/"
ATTRIBUTES = {
    "simplesamlphp": {
        "uid": "alice",
        "mail": "alice@example.org",
        "givenName": "Alice",
        "sn": "Anders",
        "groups": "staff, editors",
    },
    "samlp": {
        CLAIM + "nameidentifier": "alice",
        CLAIM + "emailaddress": "alice@example.org",
        CLAIM + "name": "Alice Anders",
        CLAIM + "givenname": "Alice",
        CLAIM + "surname": "Anders",
    },
}
USED = {"replayed_assertion", "request_intent_consumed"}
STALE = {"assertion_expired", "subject_confirmation_expired"}


def test_a_login_is_accepted_and_the_session_is_alice_s(pair: Pair, alice: Browser) -> None:
    response = pair.answered(alice)
    page = alice.post(response)
    assert is_signed_in(page), refusal(page)
    receipt = Receipt.read(page)
    assert receipt.attributes == ATTRIBUTES[pair.idp.kind]
    assert receipt.facts["Issuer"] == pair.idp.entity_id
    assert receipt.facts["Name identifier"] in response.xml
    assert receipt.facts["Signature over"] == "assertion"
    assert receipt.facts["Email"] == "alice@example.org"
    assert receipt.facts["Name"] == "Alice Anders"


def test_the_same_person_comes_back_to_the_same_account(pair: Pair) -> None:
    accounts = set()
    for _ in range(2):
        browser = Browser("alice", PEOPLE["alice"].password)
        page = browser.post(pair.answered(browser))
        assert is_signed_in(page), refusal(page)
        accounts.add(Receipt.read(page).facts["Account"])
    assert len(accounts) == 1


def test_the_same_post_again_is_refused(pair: Pair, alice: Browser) -> None:
    response = pair.answered(alice)
    assert is_signed_in(alice.post(response))
    status, code = refusal(alice.post(response))
    assert (status, code in USED) == (403, True), code


def test_a_replay_from_another_browser_is_refused(pair: Pair, alice: Browser) -> None:
    response = pair.answered(alice)
    assert is_signed_in(alice.post(response))
    other = Browser("alice", "not needed")
    assert refusal(other.post(response))[0] == 403
    assert pair.stays_out(other)


def test_a_changed_attribute_is_a_digest_mismatch(pair: Pair, alice: Browser) -> None:
    response = pair.answered(alice)
    changed = response.xml.replace("alice@example.org", "admin@example.org")
    assert changed != response.xml
    assert refusal(alice.post(response.with_xml(changed))) == (403, "digest_mismatch")
    assert pair.stays_out(alice)
    assert is_signed_in(alice.post(response)), "nothing was used up by the refusal"


def test_a_changed_signature_value_is_an_invalid_signature(pair: Pair, alice: Browser) -> None:
    response = pair.answered(alice)
    changed = re.sub(
        r"(<[\w:]*SignatureValue>\s*)(\w)", lambda m: m[1] + other_than(m[2]), response.xml
    )
    assert changed != response.xml
    assert refusal(alice.post(response.with_xml(changed))) == (403, "invalid_signature")
    assert pair.stays_out(alice)


def other_than(character: str) -> str:
    return "A" if character != "A" else "B"


def test_the_log_names_the_refusal_and_no_person(pair: Pair, alice: Browser) -> None:
    response = pair.answered(alice)
    name_id = Receipt.read(alice.post(response)).facts["Name identifier"]
    changed = response.with_xml(response.xml.replace("alice@example.org", "admin@example.org"))
    assert refusal(alice.post(changed))[0] == 403
    log = pair.site.log.read_text()
    assert "SAML response rejected: " in log
    for word in (name_id, "alice", "Anders", "<saml", "RelayState=", "Traceback"):
        assert word not in log


def test_another_browser_may_not_finish_the_login(pair: Pair, alice: Browser) -> None:
    response = pair.answered(alice)
    victim = Browser("bob", "not needed")
    assert refusal(victim.post(response)) == (403, "browser_binding_mismatch")
    assert pair.stays_out(victim)


def test_an_assertion_for_another_service_provider_is_refused(pair: Pair, alice: Browser) -> None:
    """The audience is the only thing wrong: recipient, request and browser are ours."""
    sso_url = alice.start(pair.login_url())
    elsewhere = edit_request(sso_url, pair.sp_entity_id("plain"), pair.sp_entity_id(ELSEWHERE))
    response = alice.sign_in(elsewhere)
    assert f">{pair.sp_entity_id('other_audience')}<" in response.xml
    assert refusal(alice.post(response)) == (403, "invalid_audience")
    assert pair.stays_out(alice)


def test_a_stale_response_is_refused(pair: Pair, alice: Browser) -> None:
    response = pair.answered(alice, "short")
    wait_until(max(response.attribute("NotOnOrAfter")))
    status, code = refusal(alice.post(response))
    assert (status, code in STALE) == (403, True), code
    assert pair.stays_out(alice)


def test_a_short_lived_response_in_time_is_accepted(pair: Pair, alice: Browser) -> None:
    page = alice.post(pair.answered(alice, "short"))
    assert is_signed_in(page), refusal(page)


def wait_until(instant: str) -> None:
    """Let a real clock pass a real deadline; the identity provider's processes have no other."""
    remaining = datetime.fromisoformat(instant).timestamp() - time.time()
    assert remaining < 2 * SHORT_LIFETIME
    time.sleep(max(0.0, remaining) + 0.05)


def test_a_login_at_a_disabled_or_unknown_connection_never_leaves(pair: Pair) -> None:
    answer = requests.get(pair.site.login_url("nobody-here"), allow_redirects=False, timeout=30)
    assert refusal(answer) == (404, "connection_unavailable")
