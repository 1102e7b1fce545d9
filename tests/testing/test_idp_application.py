from __future__ import annotations

import base64
from io import BytesIO
from typing import Any
from urllib.parse import urlencode, urlsplit
from wsgiref.util import setup_testing_defaults
from wsgiref.validate import validator

import pytest
from django.utils import timezone

from relyra_django.saml import authn_request, bindings
from relyra_django.saml.errors import ErrorCode, RelyraError
from relyra_django.saml.validation import validate_response
from relyra_django.testing import FakeIdP, IdpApplication, IdpUser
from relyra_django.testing.forms import read_action, read_form
from relyra_django.testing.idp_application import MAX_PENDING, VARIANTS

IDP = FakeIdP(sso_url="http://127.0.0.1:8001/sso")
ALICE = IdpUser(
    username="alice",
    password="wonder<land",
    attributes={"email": "a@example.org", "groups": ["x", "y"]},
)
CONNECTION = IDP.connection()


class Browser:
    """Asks a WSGI application, under the eyes of wsgiref's validator."""

    def __init__(self, application: IdpApplication) -> None:
        self.application = application
        self.status = ""
        self.headers: dict[str, str] = {}

    def get(self, url: str) -> str:
        parts = urlsplit(url)
        return self._ask({"PATH_INFO": parts.path, "QUERY_STRING": parts.query})

    def post(self, path: str, **fields: str) -> str:
        body = urlencode(fields).encode()
        return self._ask(
            {
                "PATH_INFO": path,
                "REQUEST_METHOD": "POST",
                "CONTENT_LENGTH": str(len(body)),
                "CONTENT_TYPE": "application/x-www-form-urlencoded",
                "wsgi.input": BytesIO(body),
            }
        )

    def _ask(self, environ: dict[str, Any]) -> str:
        environ = {"QUERY_STRING": "", "SCRIPT_NAME": "", **environ}
        setup_testing_defaults(environ)
        body: Any = validator(self.application)(environ, self._started)  # type: ignore[arg-type]
        try:
            return b"".join(body).decode()
        finally:
            body.close()

    def _started(self, status: str, headers: Any, exc_info: Any = None) -> Any:
        self.status, self.headers = status, dict(headers)
        return lambda data: None


@pytest.fixture
def browser() -> Browser:
    return Browser(IdpApplication(IDP, [ALICE]))


def redirect(request_id: str = "id_1") -> str:
    request = authn_request.build(CONNECTION, request_id=request_id, now=timezone.now())
    url = bindings.encode_redirect(
        request.to_xml(), destination=request.destination, relay_state="rs_1"
    )
    return url.removeprefix("http://127.0.0.1:8001")


def sign_in(browser: Browser, url: str | None = None) -> str:
    """Go as far as the consent page; return its ticket."""
    ticket = read_form(browser.get(url or redirect()))["ticket"]
    page = browser.post("/sign-in", ticket=ticket, username="alice", password="wonder<land")
    return read_form(page)["ticket"]


def choose(browser: Browser, variant: str, url: str | None = None) -> dict[str, str]:
    return read_form(browser.post("/consent", ticket=sign_in(browser, url), variant=variant))


def judged(fields: dict[str, str]) -> Any:
    return validate_response(
        fields["SAMLResponse"], CONNECTION, request_id="id_1", now=timezone.now()
    )


def test_metadata_is_served(browser: Browser) -> None:
    assert browser.get("/metadata").encode() == IDP.metadata()
    assert browser.headers["Content-Type"] == "application/samlmetadata+xml"


def test_the_front_page_says_who_can_sign_in(browser: Browser) -> None:
    page = browser.get("/")
    assert "alice" in page
    assert "wonder" not in page


def test_the_front_page_says_what_an_operator_enters(browser: Browser) -> None:
    page = browser.get("/")
    assert all(text in page for text in (IDP.entity_id, IDP.sso_url, IDP.certificate_pem))


def test_a_person_signs_in_honestly(browser: Browser) -> None:
    page = browser.post("/consent", ticket=sign_in(browser), variant="honest")
    fields = read_form(page)
    assertion = judged(fields)
    assert browser.status == "200 OK"
    assert read_action(page) == CONNECTION.acs_url
    assert fields["RelayState"] == "rs_1"
    assert assertion.name_id.value == "alice"
    assert {one.name: one.values for one in assertion.attributes} == {
        "email": ("a@example.org",),
        "groups": ("x", "y"),
    }


def test_the_form_binding_works_too(browser: Browser) -> None:
    request = authn_request.build(CONNECTION, request_id="id_1", now=timezone.now())
    payload = base64.b64encode(request.to_xml()).decode()
    page = browser.post("/sso", SAMLRequest=payload, RelayState="rs_2")
    ticket = read_form(page)["ticket"]
    browser.post("/sign-in", ticket=ticket, username="alice", password="wonder<land")
    fields = read_form(browser.post("/consent", ticket=ticket))
    assert fields["RelayState"] == "rs_2"
    assert judged(fields).in_response_to == "id_1"


def test_consent_shows_what_will_be_told(browser: Browser) -> None:
    ticket = read_form(browser.get(redirect()))["ticket"]
    page = browser.post("/sign-in", ticket=ticket, username="alice", password="wonder<land")
    assert "a@example.org" in page
    assert "x, y" in page
    assert all(f'value="{variant.name}"' in page for variant in VARIANTS)


@pytest.mark.parametrize(
    ("variant", "code"),
    [
        ("wrong-audience", ErrorCode.INVALID_AUDIENCE),
        ("tampered", ErrorCode.DIGEST_MISMATCH),
        ("stale", ErrorCode.ASSERTION_EXPIRED),
        ("unsigned", ErrorCode.MISSING_SIGNATURE),
    ],
)
def test_a_person_may_choose_an_attack(browser: Browser, variant: str, code: ErrorCode) -> None:
    with pytest.raises(RelyraError) as refusal:
        judged(choose(browser, variant))
    assert refusal.value.code is code


def test_replay_sends_the_last_honest_answer(browser: Browser) -> None:
    first = choose(browser, "honest")
    choose(browser, "tampered")
    assert choose(browser, "replay", redirect("id_2")) == first


def test_there_is_nothing_to_replay_at_first(browser: Browser) -> None:
    page = browser.post("/consent", ticket=sign_in(browser), variant="replay")
    assert browser.status == "409 Conflict"
    assert "sign in honestly first" in page


@pytest.mark.parametrize(
    ("username", "password"), [("alice", "wrong"), ("bob", "wonder<land"), ("", ""), ("alice", "ü")]
)
def test_a_wrong_password_is_asked_for_again(
    browser: Browser, username: str, password: str
) -> None:
    ticket = read_form(browser.get(redirect()))["ticket"]
    page = browser.post("/sign-in", ticket=ticket, username=username, password=password)
    assert "Wrong name or password." in page
    assert read_form(page)["ticket"] == ticket


def test_nobody_skips_the_password(browser: Browser) -> None:
    ticket = read_form(browser.get(redirect()))["ticket"]
    page = browser.post("/consent", ticket=ticket, variant="honest")
    assert browser.status == "403 Forbidden"
    assert "SAMLResponse" not in page


def test_a_ticket_is_used_once(browser: Browser) -> None:
    ticket = sign_in(browser)
    browser.post("/consent", ticket=ticket)
    assert "is over" in browser.post("/consent", ticket=ticket)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/nowhere", "404 Not Found"),
        ("/sso", "400 Bad Request"),
        ("/sso?SAMLRequest=x", "400 Bad Request"),
        ("/sign-in", "404 Not Found"),
    ],
)
def test_what_makes_no_sense_is_answered_with_a_page(
    browser: Browser, path: str, status: str
) -> None:
    assert 'role="alert"' in browser.get(path)
    assert browser.status == status


def test_an_unknown_variant_is_refused(browser: Browser) -> None:
    browser.post("/consent", ticket=sign_in(browser), variant="nonsense")
    assert browser.status == "400 Bad Request"


def test_a_request_with_a_script_for_an_address_is_refused(browser: Browser) -> None:
    hostile_connection = IDP.connection(acs_url="javascript:alert(1)")
    request = authn_request.build(hostile_connection, request_id="id_1", now=timezone.now())
    payload = base64.b64encode(request.to_xml()).decode()
    assert "no web address" in browser.post("/sso", SAMLRequest=payload)


def test_a_large_body_is_not_read(browser: Browser) -> None:
    browser.post("/sso", SAMLRequest="x" * (1 << 18))
    assert browser.status.startswith("413 ")


def test_abandoned_logins_are_forgotten() -> None:
    application = IdpApplication(IDP, [ALICE])
    browser = Browser(application)
    first = read_form(browser.get(url := redirect()))["ticket"]
    for _ in range(MAX_PENDING):
        application._remember(url)
    assert "is over" in browser.post("/sign-in", ticket=first, username="alice", password="x")


def test_pages_escape_what_they_show() -> None:
    user = IdpUser(username="<b>", password="p", name_id='"><script>')
    browser = Browser(IdpApplication(IDP, [user]))
    assert "<b>" not in browser.get("/")
    ticket = read_form(browser.get(redirect()))["ticket"]
    page = browser.post("/sign-in", ticket=ticket, username="<b>", password="p")
    assert "<script>" not in page


def test_a_page_can_be_replaced() -> None:
    class Branded(IdpApplication):
        title = "Globex"

        def sign_in_page(self, pending: Any, error: str = "") -> str:
            return f"Welcome to {self.title}"

    assert Browser(Branded(IDP, [ALICE])).get(redirect()) == "Welcome to Globex"


def test_the_repr_shows_no_password() -> None:
    assert "wonder" not in repr(ALICE)
