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
HONEST = "button[value=honest]"
RECEIPT = ".cards"
REFUSAL = "#relyra-code"
REFUSED = {
    "wrong_audience": {"invalid_audience"},
    "tampered": {"digest_mismatch"},
    "replayed": {"replayed_assertion", "request_intent_consumed"},
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


def answer(tab: Tab, kind: str, *, until: str) -> None:
    tab.click(SIGN_IN, until=HONEST)
    tab.click(f"button[value={kind}]", until=until)


def test_signing_in_ends_at_the_receipt(tab: Tab, demo: Plan) -> None:
    tab.click(SIGN_IN, until=HONEST)
    assert tab.url.startswith(demo.idp_url)
    tab.click(HONEST, until=RECEIPT)
    assert tab.url == f"{demo.site_url}/receipt/"
    assert "Ines Moreau" in tab.text("h1")
    assert "ines.moreau@ashdown.example" in tab.text(RECEIPT)
    assert tab.cookies()["sessionid"]["httpOnly"]
    assert tab.console == []


@pytest.mark.parametrize("kind", sorted(REFUSED))
def test_a_bad_answer_is_refused_with_its_code(tab: Tab, demo: Plan, kind: str) -> None:
    answer(tab, kind, until=REFUSAL)
    assert tab.text(REFUSAL) in REFUSED[kind]
    tab.visit(f"{demo.site_url}/receipt/", until=HONEST)  # nobody is signed in
    assert tab.url.startswith(demo.idp_url)


def test_signing_in_again_after_a_refusal_works(tab: Tab) -> None:
    answer(tab, "tampered", until=REFUSAL)
    tab.click(".refusal a", until=HONEST)
    tab.click(HONEST, until=RECEIPT)


def test_another_visitor_cannot_use_an_answer(tab: Tab, demo: Plan) -> None:
    tab.click(SIGN_IN, until=HONEST)
    tab.forget()
    tab.click(HONEST, until=REFUSAL)
    assert tab.text(REFUSAL) == "browser_binding_mismatch"
    tab.visit(demo.site_url, until=SIGN_IN)
