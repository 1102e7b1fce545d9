"""The demo's round trip in a real Chromium: two processes, two origins, a cross-site POST."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from example_project.demo.plan import Plan
from example_project.demo.ports import free_port
from example_project.demo.processes import running
from tests.browser.chromium import Tab, chromium, find_chromium

pytestmark = pytest.mark.browser

SIGN_IN = ".hero .button"
PERSON = "button[name=username][value=ines]"
HONEST = "button[name=variant][value=honest]"
RECEIPT = ".cards"
REFUSED = "a[href*='/login/']"
CODE = "dl code"
BAD_ANSWERS = {
    "wrong-audience": {"invalid_audience"},
    "tampered": {"digest_mismatch"},
    "replay": {"replayed_assertion", "request_intent_consumed"},
}


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plan]:
    site_port = free_port()
    plan = Plan(
        directory=tmp_path_factory.mktemp("demo"),
        site_port=site_port,
        idp_port=free_port(taken=frozenset({site_port})),
    )
    with running(plan):
        yield plan


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tab]:
    if not find_chromium():
        pytest.skip("no Chromium is installed")
    with chromium(tmp_path_factory.mktemp("chromium")) as tab:
        yield tab


@pytest.fixture
def tab(browser: Tab, demo: Plan) -> Tab:
    browser.forget()
    browser.console.clear()
    browser.visit(demo.site_url, until=SIGN_IN)
    return browser


def sign_in(tab: Tab) -> None:
    """Go to the identity provider, up to its consent page."""
    tab.click(SIGN_IN, until=PERSON)
    tab.click(PERSON, until=HONEST)


def send(tab: Tab, variant: str, *, until: str) -> None:
    tab.click(f"button[name=variant][value={variant}]", until=until)


def nobody_is_signed_in(tab: Tab, demo: Plan) -> bool:
    tab.visit(f"{demo.site_url}/receipt/", until=PERSON)
    return tab.url.startswith(demo.idp_url)


def test_signing_in_ends_at_the_receipt(tab: Tab, demo: Plan) -> None:
    sign_in(tab)
    assert tab.url.startswith(demo.idp_url)
    send(tab, "honest", until=RECEIPT)
    assert tab.url == f"{demo.site_url}/receipt/"
    assert "Ines Moreau" in tab.text("h1")
    assert "ines.moreau@ashdown.example" in tab.text(RECEIPT)
    assert tab.cookies()["sessionid"]["httpOnly"]
    assert tab.console == []


@pytest.mark.parametrize("variant", sorted(BAD_ANSWERS))
def test_a_bad_answer_is_refused_with_its_code(tab: Tab, demo: Plan, variant: str) -> None:
    sign_in(tab)
    send(tab, "honest", until=RECEIPT)  # there is something to replay, and a way to be accepted
    tab.forget()
    tab.visit(demo.site_url, until=SIGN_IN)
    sign_in(tab)
    send(tab, variant, until=REFUSED)
    assert tab.text(CODE) in BAD_ANSWERS[variant]
    assert nobody_is_signed_in(tab, demo)


def test_signing_in_again_after_a_refusal_works(tab: Tab) -> None:
    sign_in(tab)
    send(tab, "tampered", until=REFUSED)
    tab.click(REFUSED, until=PERSON)
    tab.click(PERSON, until=HONEST)
    send(tab, "honest", until=RECEIPT)


def test_another_visitor_cannot_use_an_answer(tab: Tab, demo: Plan) -> None:
    sign_in(tab)
    tab.forget()
    send(tab, "honest", until=REFUSED)
    assert tab.text(CODE) == "browser_binding_mismatch"
    assert nobody_is_signed_in(tab, demo)
