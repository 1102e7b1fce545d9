"""The browser of `demo --check`, against a server that says what it received."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest

from example_project.demo.browser import Browser, Form, Page

FORM = """
<form method="post" action="/echo">
  <input type="hidden" name="token" value="t&amp;1">
  <input type="radio" name="who" value="ines" checked>
  <input type="radio" name="who" value="tomas">
  <button name="answer" value="honest">Sign in</button>
  <button name="answer" value="tampered">Tampered</button>
</form>
<form action="/search"><input name="q"></form>
"""
COOKIES = ("session=s; SameSite=Lax", "open=o; SameSite=None", "strict=x; SameSite=Strict")


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        if path == "/cookies":
            self.answer(200, "", [("Set-Cookie", cookie) for cookie in COOKIES])
        elif path == "/forget":
            self.answer(200, "", [("Set-Cookie", "session=; Max-Age=0")])
        elif path == "/away":
            self.answer(303, "", [("Location", "/echo?next=1")])
        elif path == "/loop":
            self.answer(302, "", [("Location", "/loop")])
        else:
            self.answer(200, FORM if path == "/form" else self.seen(""))

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        if urlsplit(self.path).path == "/acs":
            self.answer(303, "", [("Location", "/echo")])
        else:
            self.answer(200, self.seen(body))

    def seen(self, body: str) -> str:
        cookie, origin = self.headers.get("Cookie", ""), self.headers.get("Origin", "")
        return f"{self.command}|{self.path}|{cookie}|{origin}|{body}"

    def answer(self, status: int, text: str, headers: list[tuple[str, str]] | None = None) -> None:
        self.send_response(status)
        for name, value in headers or []:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def site(port: int) -> str:
    return f"http://localhost:{port}"


@pytest.fixture
def provider(port: int) -> Page:
    """A page of another site, which a form is submitted from."""
    return Page(url=f"http://127.0.0.1:{port}/form", status=200, text="", headers={})


def sent_cookies(page: Page) -> set[str]:
    return {each for each in page.text.split("|")[2].split("; ") if each}


def test_a_form_is_submitted_with_its_fields_and_the_button(site: str) -> None:
    browser = Browser()
    page = browser.get(f"{site}/form")

    echo = browser.submit(page, page.form("answer"), answer="tampered")

    command, path, _, origin, body = echo.text.split("|")
    assert (command, path, origin) == ("POST", "/echo", site)
    assert parse_qs(body) == {"token": ["t&1"], "who": ["ines"], "answer": ["tampered"]}


def test_a_get_form_becomes_a_query(site: str) -> None:
    browser = Browser()
    page = browser.get(f"{site}/form")

    echo = browser.submit(page, page.form("q"), q="a b")

    assert echo.text.startswith("GET|/search?q=a+b|")


def test_a_form_that_is_not_there_is_said_to_be_missing(site: str) -> None:
    page = Browser().get(f"{site}/form")

    with pytest.raises(LookupError, match="no form that has 'SAMLResponse'"):
        page.form("SAMLResponse")


def test_a_redirect_is_followed_with_get(site: str) -> None:
    page = Browser().get(f"{site}/away")

    assert page.url == f"{site}/echo?next=1"
    assert page.text.startswith("GET|/echo?next=1|")


def test_a_redirect_loop_ends(site: str) -> None:
    with pytest.raises(RecursionError):
        Browser().get(f"{site}/loop")


def test_cookies_go_back_to_their_host_alone(site: str, provider: Page) -> None:
    browser = Browser()
    browser.get(f"{site}/cookies")

    assert sent_cookies(browser.get(f"{site}/echo")) == {"session=s", "open=o", "strict=x"}
    assert sent_cookies(browser.get(provider.url.replace("/form", "/echo"))) == set()


def test_a_cookie_can_be_taken_back(site: str) -> None:
    browser = Browser()
    browser.get(f"{site}/cookies")
    browser.get(f"{site}/forget")

    assert "session=s" not in sent_cookies(browser.get(f"{site}/echo"))


def test_a_cross_site_post_carries_only_samesite_none(site: str, provider: Page) -> None:
    browser = Browser()
    browser.get(f"{site}/cookies")

    page = browser.submit(provider, Form(action=f"{site}/echo", method="post"))

    assert sent_cookies(page) == {"open=o"}


def test_a_same_site_post_carries_them_all(site: str) -> None:
    browser = Browser()
    page = browser.get(f"{site}/cookies")

    echo = browser.submit(page, Form(action="/echo", method="post"))

    assert sent_cookies(echo) == {"session=s", "open=o", "strict=x"}


def test_lax_cookies_come_back_with_the_redirect_after_a_cross_site_post(
    site: str, provider: Page
) -> None:
    """The completion request relies on it; Strict cookies still stay away."""
    browser = Browser()
    browser.get(f"{site}/cookies")

    page = browser.submit(provider, Form(action=f"{site}/acs", method="post"))

    assert page.text.startswith("GET|/echo|")
    assert sent_cookies(page) == {"session=s", "open=o"}
