"""Logins through SimpleSAMLphp and npm's samlp: real messages, real HTTP, the example project."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest
import requests

from tests.idps import processes
from tests.idps.connect import WantedConnection
from tests.idps.driver import Browser, PostedResponse, edit_request
from tests.idps.example import ExampleSite, Receipt, is_signed_in, refusal, running_example
from tests.idps.processes import PEOPLE, IdentityProvider, ServiceProvider

pytestmark = pytest.mark.idp

MAKERS: dict[str, Callable[[Path], IdentityProvider]] = {
    "simplesamlphp": processes.simplesamlphp,
    "samlp": processes.samlp,
}
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
SHORT_LIFETIME = 2


@dataclass(frozen=True, kw_only=True, slots=True)
class Pair:
    """One identity provider and the connections that the site has with it.

    `plain` has the defaults, `both` asks for both signatures, `short` allows no skew and its
    assertions live SHORT_LIFETIME seconds. `other_audience` is a service provider that the
    identity provider knows and the site is not; its messages come to `plain`.
    """

    idp: IdentityProvider
    site: ExampleSite

    def connection(self, name: str) -> str:
        return f"{self.idp.kind}-{name}"

    def sp_entity_id(self, name: str) -> str:
        return f"https://sp.example.org/{self.connection(name)}"

    def login_url(self, name: str = "plain") -> str:
        return self.site.login_url(self.connection(name))

    def register(self) -> None:
        plain = self.site.acs_url(self.connection("plain"))
        both = self.site.acs_url(self.connection("both"))
        short = self.site.acs_url(self.connection("short"))
        providers = {
            self.sp_entity_id("plain"): ServiceProvider(acs_url=plain),
            self.sp_entity_id("other_audience"): ServiceProvider(
                acs_url=plain, sp_name_qualifier=False
            ),
            self.sp_entity_id("both"): ServiceProvider(acs_url=both, sign_response=True),
            self.sp_entity_id("short"): ServiceProvider(acs_url=short, lifetime=SHORT_LIFETIME),
        }
        self.idp.service_providers.update(providers)

    def wanted(self, name: str, skew: int = 180) -> WantedConnection:
        return WantedConnection(
            public_id=self.connection(name),
            idp_entity_id=self.idp.entity_id,
            idp_sso_url=self.idp.sso_url,
            certificate_pem=self.idp.certificate_pem,
            sp_entity_id=self.sp_entity_id(name),
            clock_skew_seconds=skew,
        )


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ExampleSite]:
    with running_example(tmp_path_factory.mktemp("example") / "site") as site:
        yield site


@pytest.fixture(scope="module", params=sorted(MAKERS))
def pair(
    request: pytest.FixtureRequest, site: ExampleSite, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Pair]:
    kind = request.param
    if absent := processes.why_absent(kind):
        pytest.skip(absent)
    pair = Pair(idp=MAKERS[kind](tmp_path_factory.mktemp(kind)), site=site)
    pair.register()
    site.connect([pair.wanted("plain"), pair.wanted("both"), pair.wanted("short", skew=0)])
    with ExitStack() as stack:
        stack.enter_context(processes.running_idp(pair.idp))
        yield pair


@pytest.fixture
def alice() -> Browser:
    return Browser("alice", PEOPLE["alice"].password)


def answered(browser: Browser, pair: Pair, name: str = "plain") -> PostedResponse:
    """Start at the site, sign in at the identity provider, hold its answer back."""
    return browser.sign_in(browser.start(pair.login_url(name)))


def stays_out(browser: Browser, pair: Pair) -> bool:
    return not is_signed_in(browser.get_without_following(pair.site.receipt_url))


def test_a_login_is_accepted_and_the_session_is_alice_s(pair: Pair, alice: Browser) -> None:
    response = answered(alice, pair)
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
        page = browser.post(answered(browser, pair))
        assert is_signed_in(page), refusal(page)
        accounts.add(Receipt.read(page).facts["Account"])
    assert len(accounts) == 1


def test_both_signatures_are_accepted(pair: Pair, alice: Browser) -> None:
    page = alice.post(answered(alice, pair, "both"))
    assert is_signed_in(page), refusal(page)
    assert Receipt.read(page).facts["Signature over"] == "both"


def test_the_same_post_again_is_refused(pair: Pair, alice: Browser) -> None:
    response = answered(alice, pair)
    assert is_signed_in(alice.post(response))
    status, code = refusal(alice.post(response))
    assert (status, code in USED) == (403, True), code


def test_a_replay_from_another_browser_is_refused(pair: Pair, alice: Browser) -> None:
    response = answered(alice, pair)
    assert is_signed_in(alice.post(response))
    other = Browser("alice", "not needed")
    assert refusal(other.post(response))[0] == 403
    assert stays_out(other, pair)


def test_a_changed_attribute_is_a_digest_mismatch(pair: Pair, alice: Browser) -> None:
    response = answered(alice, pair)
    changed = response.xml.replace("alice@example.org", "admin@example.org")
    assert changed != response.xml
    assert refusal(alice.post(response.with_xml(changed))) == (403, "digest_mismatch")
    assert stays_out(alice, pair)
    assert is_signed_in(alice.post(response)), "nothing was used up by the refusal"


def test_a_changed_signature_value_is_an_invalid_signature(pair: Pair, alice: Browser) -> None:
    response = answered(alice, pair)
    changed = re.sub(
        r"(<[\w:]*SignatureValue>\s*)(\w)", lambda m: m[1] + other_than(m[2]), response.xml
    )
    assert changed != response.xml
    assert refusal(alice.post(response.with_xml(changed))) == (403, "invalid_signature")
    assert stays_out(alice, pair)


def other_than(character: str) -> str:
    return "A" if character != "A" else "B"


def test_another_browser_may_not_finish_the_login(pair: Pair, alice: Browser) -> None:
    response = answered(alice, pair)
    victim = Browser("bob", "not needed")
    assert refusal(victim.post(response)) == (403, "browser_binding_mismatch")
    assert stays_out(victim, pair)


def test_an_assertion_for_another_service_provider_is_refused(pair: Pair, alice: Browser) -> None:
    """The audience is the only thing wrong: recipient, request and browser are ours."""
    sso_url = alice.start(pair.login_url())
    elsewhere = edit_request(
        sso_url, pair.sp_entity_id("plain"), pair.sp_entity_id("other_audience")
    )
    response = alice.sign_in(elsewhere)
    assert f">{pair.sp_entity_id('other_audience')}<" in response.xml
    assert refusal(alice.post(response)) == (403, "invalid_audience")
    assert stays_out(alice, pair)


def test_a_stale_response_is_refused(pair: Pair, alice: Browser) -> None:
    response = answered(alice, pair, "short")
    wait_until(max(response.attribute("NotOnOrAfter")))
    status, code = refusal(alice.post(response))
    assert (status, code in STALE) == (403, True), code
    assert stays_out(alice, pair)


def test_a_short_lived_response_in_time_is_accepted(pair: Pair, alice: Browser) -> None:
    page = alice.post(answered(alice, pair, "short"))
    assert is_signed_in(page), refusal(page)


def wait_until(instant: str) -> None:
    """Let a real clock pass a real deadline; the identity provider's processes have no other."""
    remaining = datetime.fromisoformat(instant).timestamp() - time.time()
    assert remaining < 2 * SHORT_LIFETIME
    time.sleep(max(0.0, remaining) + 0.05)


def test_a_login_at_a_disabled_or_unknown_connection_never_leaves(pair: Pair) -> None:
    answer = requests.get(pair.site.login_url("nobody-here"), allow_redirects=False, timeout=30)
    assert refusal(answer) == (404, "connection_unavailable")
