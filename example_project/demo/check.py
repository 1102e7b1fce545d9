"""`manage.py demo --check`: a login between the demo's two processes, without a browser."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Set
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path

from django.core.management.base import OutputWrapper

from example_project.demo.browser import Browser, Page
from example_project.demo.plan import Plan
from example_project.demo.ports import free_port
from example_project.demo.processes import running

PERSON = "ines"
SIGN_IN = "/saml/login/?next=/receipt/"
CODE = re.compile(r"<dd><code>(\w+)</code></dd>")
TEXT_ONLY = re.compile(r"<(style|script|head).*?</\1>|<[^>]+>", re.DOTALL)
SEEN_CHARACTERS = 300
USED = frozenset({"replayed_assertion", "request_intent_consumed"})


class UnexpectedError(Exception):
    """A step ended elsewhere than it should; the text says what was seen."""


@dataclass(kw_only=True, slots=True)
class Visit:
    """One run of the steps: a visitor's browser, and the answer that signed it in."""

    plan: Plan
    browser: Browser = field(default_factory=Browser)
    accepted: Page | None = None

    def answer(self, kind: str) -> Page:
        """Go from the site to the provider; return its page that posts that kind of answer."""
        chooser = self.browser.get(self.plan.site_url + SIGN_IN)
        consent = self.browser.submit(chooser, chooser.form("username"), username=PERSON)
        return self.browser.submit(consent, consent.form("variant"), variant=kind)

    def post(self, answer: Page, browser: Browser | None = None) -> Page:
        """Post the answer to the site as its page would."""
        return (browser or self.browser).submit(answer, answer.form("SAMLResponse"))

    def is_signed_in(self) -> bool:
        """Say whether the site shows the receipt, or sends the browser to the provider."""
        page = self.browser.get(f"{self.plan.site_url}/receipt/")
        return page.url == f"{self.plan.site_url}/receipt/" and page.status == 200


def home(visit: Visit) -> str:
    page = visit.browser.get(visit.plan.site_url)
    expect(page.status == 200 and "/saml/login/" in page.text, page, "the home page")
    expect(not visit.is_signed_in(), page, "nobody signed in")
    return visit.plan.site_url


def honest(visit: Visit) -> str:
    visit.accepted = visit.answer("honest")
    page = visit.post(visit.accepted)
    expect(page.status == 200 and page.url.endswith("/receipt/"), page, "the receipt")
    for fact in ("Ines Moreau", "ines.moreau@ashdown.example", "engineering"):
        expect(fact in page.text, page, fact)
    return "signed in as Ines Moreau, her receipt shows what was asserted"


def same_answer_again(visit: Visit) -> str:
    if visit.accepted is None:
        raise UnexpectedError("No answer was accepted, so none can be posted again.")
    return refused(visit.post(visit.accepted), USED)


def sign_out(visit: Visit) -> str:
    page = visit.browser.get(f"{visit.plan.site_url}/receipt/")
    page = visit.browser.submit(page, page.form("csrfmiddlewaretoken"))
    expect(page.status == 200 and not visit.is_signed_in(), page, "the home page, signed out")
    return "and signed out"


def wrong_audience(visit: Visit) -> str:
    return refused_for(visit, "wrong-audience", {"invalid_audience"})


def tampered(visit: Visit) -> str:
    return refused_for(visit, "tampered", {"digest_mismatch"})


def replayed(visit: Visit) -> str:
    return refused_for(visit, "replay", USED)


def another_browser(visit: Visit) -> str:
    page = visit.post(visit.answer("honest"), Browser())
    code = refused(page, {"browser_binding_mismatch"})
    return stays_out(visit, page, code)


STEPS: tuple[tuple[str, Callable[[Visit], str]], ...] = (
    ("home page", home),
    ("honest answer", honest),
    ("the same answer again", same_answer_again),
    ("sign out", sign_out),
    ("wrong audience", wrong_audience),
    ("tampered answer", tampered),
    ("replayed answer", replayed),
    ("another browser", another_browser),
)


def refused_for(visit: Visit, kind: str, codes: Set[str]) -> str:
    page = visit.post(visit.answer(kind))
    return stays_out(visit, page, refused(page, codes))


def refused(page: Page, codes: Set[str]) -> str:
    """Return the code that the page shows. Raises UnexpectedError when it is none of these."""
    found = CODE.search(page.text)
    code = found[1] if found else ""
    expect(code in codes, page, " or ".join(sorted(codes)))
    expect(page.status == 403, page, "status 403")
    return f"refused, {code}"


def stays_out(visit: Visit, page: Page, outcome: str) -> str:
    expect(not visit.is_signed_in(), page, "nobody signed in")
    return outcome


def expect(held: bool, page: Page, expected: str) -> None:
    if not held:
        text = " ".join(TEXT_ONLY.sub(" ", page.text).split())[:SEEN_CHARACTERS]
        raise UnexpectedError(f"expected {expected}; {page.url} answered {page.status}: {text}")


def check(stdout: OutputWrapper) -> bool:
    """Run every step on fresh processes, ports and files; say whether all of them held."""
    with tempfile.TemporaryDirectory(prefix="fernway-") as directory:
        site_port = free_port()
        plan = Plan(
            directory=Path(directory),
            site_port=site_port,
            idp_port=free_port(taken=frozenset({site_port})),
        )
        with running(plan):
            stdout.write(f"site {plan.site_url}, identity provider {plan.idp_url}")
            visit = Visit(plan=plan)
            # No step is skipped: a failure shows what else still holds.
            failed = [name for name, step in STEPS if not take(name, step, visit, stdout)]
            if failed:
                stdout.write((plan.directory / "site.log").read_text(errors="replace")[-4000:])
    stdout.write("login failed" if failed else "login ok")
    return not failed


def take(name: str, step: Callable[[Visit], str], visit: Visit, stdout: OutputWrapper) -> bool:
    """Run one step and print how it ended."""
    try:
        outcome = step(visit)
    except (UnexpectedError, LookupError, HTTPException, OSError, RecursionError) as error:
        stdout.write(f"failed  {name}: {error}")
        return False
    stdout.write(f"ok      {name}: {outcome}")
    return True
