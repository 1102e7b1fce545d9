"""The demo's pages over HTTP: what a visitor, a signed-in person and an operator see."""

from __future__ import annotations

import re

import pytest

from example_project.demo.browser import Browser, Page
from example_project.demo.check import Visit
from example_project.demo.plan import IDP_ENTITY_ID, OPERATOR

pytestmark = pytest.mark.processes

INES = "8f1c7a52-0f64-4d0e-9b61-2f3a5cf0a1d7"
PERSISTENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"
PASSWORD = "urn:oasis:names:tc:SAML:2.0:ac:classes:Password"
RSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256"
INLINE = re.compile(r"<script(?![^>]*\bsrc=)|<style|\bstyle=|\bon\w+=|https?://(?!localhost|127)")


def chooser(visit: Visit) -> Page:
    return visit.browser.get(f"{visit.plan.site_url}/receipt/")


def consent(visit: Visit, person: str) -> Page:
    page = chooser(visit)
    return visit.browser.submit(page, page.form("username"), username=person)


def sign_in(visit: Visit, person: str = "ines") -> Page:
    page = consent(visit, person)
    return visit.post(visit.browser.submit(page, page.form("variant"), variant="honest"))


def links(page: Page) -> list[str]:
    return re.findall(r'(?:href|src)="([^"#]+)"', page.text)


def test_the_home_page_offers_to_sign_in_and_names_the_customer(visit: Visit) -> None:
    page = visit.browser.get(visit.plan.site_url)

    assert page.status == 200
    assert "Sign in with your company" in page.text
    assert "Ashdown Instruments" in page.text


def test_the_home_page_knows_who_is_signed_in(visit: Visit) -> None:
    sign_in(visit)

    page = visit.browser.get(visit.plan.site_url)

    assert "Open your sign-in receipt" in page.text
    assert "Sign out" in page.text


def test_a_page_that_needs_a_user_leads_to_the_provider(visit: Visit) -> None:
    page = chooser(visit)

    assert page.url.startswith(f"{visit.plan.idp_url}/sso?SAMLRequest=")
    assert "Ines Moreau" in page.text
    assert "Tomás Berg" in page.text


def test_the_provider_says_what_it_will_tell(visit: Visit) -> None:
    page = consent(visit, "tomas")

    assert "Continue to Fernway as Tomás Berg" in page.text
    assert "finance, approvers" in page.text


def test_the_receipt_shows_what_was_asserted(visit: Visit) -> None:
    page = sign_in(visit)

    assert page.url == f"{visit.plan.site_url}/receipt/"
    for fact in (INES, PERSISTENT, IDP_ENTITY_ID, PASSWORD, "givenName", "engineering, travellers"):
        assert fact in page.text
    assert "Signed in as Ines Moreau" in page.text
    assert "ines.moreau@ashdown.example" in page.text
    assert "no limit asserted" not in page.text


def test_the_receipt_shows_what_proved_it(visit: Visit) -> None:
    page = sign_in(visit)

    for algorithm in (RSA_SHA256, SHA256):
        assert f"<code>{algorithm}</code>" in page.text
    assert "<dt>Encrypted</dt><dd>no</dd>" in page.text


def test_two_people_have_two_receipts(visit: Visit) -> None:
    other = Visit(plan=visit.plan)
    sign_in(visit)

    page = sign_in(other, "tomas")

    assert "Signed in as Tomás Berg" in page.text
    assert "Ines" not in page.text
    assert "Ines Moreau" in visit.browser.get(f"{visit.plan.site_url}/receipt/").text


def test_a_second_sign_in_finds_the_same_account(visit: Visit) -> None:
    account = re.compile(r"<code>(saml-\w+)</code>")
    first = account.search(sign_in(visit).text)
    second = account.search(sign_in(Visit(plan=visit.plan)).text)

    assert first is not None
    assert second is not None
    assert first[1] == second[1]


def test_signing_out_takes_a_post(visit: Visit) -> None:
    sign_in(visit)

    page = visit.browser.get(f"{visit.plan.site_url}/sign-out/")

    assert page.status == 405
    assert visit.is_signed_in()


def test_a_refusal_shows_the_code_in_the_clothes_of_the_site(visit: Visit) -> None:
    page = visit.post(visit.answer("wrong-audience"))

    assert page.status == 403
    assert "<code>invalid_audience</code>" in page.text
    assert "sso/site.css" in page.text
    assert INES not in page.text
    assert "Moreau" not in page.text


def test_after_a_refusal_one_can_sign_in_again(visit: Visit) -> None:
    visit.post(visit.answer("tampered"))

    assert sign_in(visit).url == f"{visit.plan.site_url}/receipt/"


def test_replaying_needs_something_to_replay(visit: Visit) -> None:
    """Run alone it is told so; after another test there is an earlier answer, and it is refused."""
    page = visit.answer("replay")

    assert page.status in (200, 409)
    if page.status == 409:
        assert "Sign in once, then come back." in page.text


def test_the_operator_signs_in_with_the_printed_password(visit: Visit) -> None:
    page = visit.browser.get(f"{visit.plan.site_url}/admin/")
    password = visit.plan.operator_password

    page = visit.browser.submit(page, page.form("username"), username=OPERATOR, password=password)

    assert page.status == 200
    assert page.url == f"{visit.plan.site_url}/admin/"


def test_the_operators_receipt_says_that_nobody_asserted_anything(visit: Visit) -> None:
    page = visit.browser.get(f"{visit.plan.site_url}/admin/")
    password = visit.plan.operator_password
    visit.browser.submit(page, page.form("username"), username=OPERATOR, password=password)

    page = visit.browser.get(f"{visit.plan.site_url}/receipt/")

    assert "no identity provider asserted anything" in page.text


def test_a_wrong_password_opens_nothing(visit: Visit) -> None:
    page = visit.browser.get(f"{visit.plan.site_url}/admin/")

    page = visit.browser.submit(page, page.form("username"), username=OPERATOR, password="guessed")

    assert "/admin/login/" in page.url


def test_no_page_has_inline_code_or_reaches_for_another_host(visit: Visit) -> None:
    pages = [
        visit.browser.get(visit.plan.site_url),
        chooser(visit),
        consent(visit, "ines"),
        visit.answer("honest"),
        visit.post(visit.answer("tampered")),
        sign_in(visit),
    ]

    for page in pages:
        assert not INLINE.search(re.sub(r"<code>.*?</code>", "", page.text)), page.url


def test_everything_a_page_links_to_is_there(visit: Visit) -> None:
    for start in (visit.browser.get(visit.plan.site_url), chooser(visit)):
        origin = start.url.split("/sso?")[0].rstrip("/")
        for link in links(start):
            assert Browser().get(origin + link).status == 200, link


def test_the_site_sends_a_strict_policy(visit: Visit) -> None:
    page = visit.browser.get(visit.plan.site_url)

    policy = page.headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy


def test_the_provider_says_when_there_is_nothing(visit: Visit) -> None:
    page = visit.browser.get(f"{visit.plan.idp_url}/nothing")

    assert page.status == 404
    assert "There is nothing here." in page.text


def test_the_provider_sends_lost_visitors_to_the_site(visit: Visit) -> None:
    page = visit.browser.get(visit.plan.idp_url)

    assert visit.plan.site_url in links(page)
