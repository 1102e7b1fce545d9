"""Attacks on the flow that somebody tried from outside, and that must go on failing."""

from __future__ import annotations

import logging
import time
from base64 import b64encode
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlencode, urljoin

import pytest
from django.contrib.auth import get_user
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore
from django.db import OperationalError
from django.test import Client
from django.utils.log import AdminEmailHandler

from relyra_django.models import Connection
from relyra_django.testing.client import browse
from relyra_django.testing.connections import enabled_connection
from relyra_django.testing.fake_idp import FakeIdP
from relyra_django.testing.forms import read_links
from tests.flow import ACS, FORM, NOTHING, Visitor, code_of, difference, written

pytestmark = pytest.mark.django_db

NAME = "person-whom-nobody-may-see"
EMAIL = "nobody.may.see@example.com"


class GreedyBackend(ModelBackend):
    """A backend of the host's that takes whatever keywords come."""

    def authenticate(self, request: Any, **credentials: Any) -> Any:  # type: ignore[override]
        return User.objects.get(username="root")


@pytest.fixture
def idp() -> FakeIdP:
    return FakeIdP()


@pytest.fixture
def acme(idp: FakeIdP) -> Connection:
    return enabled_connection(idp)


@pytest.fixture
def visitor(idp: FakeIdP, acme: Connection) -> Visitor:
    return Visitor(idp)


@pytest.fixture
def reports(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Iterator[list[str]]:
    """What would be mailed to ADMINS about requests that fail."""
    settings.ADMINS = ["ops@example.com"]
    found: list[str] = []

    def keep(self: Any, subject: str, message: str, *args: Any, **kwargs: Any) -> None:
        found.append(message + str(kwargs.get("html_message")))

    monkeypatch.setattr(AdminEmailHandler, "send_mail", keep)
    logger, handler = logging.getLogger("django.request"), AdminEmailHandler(include_html=True)
    logger.addHandler(handler)
    yield found
    logger.removeHandler(handler)


def post_across_sites(visitor: Visitor, fields: Mapping[str, str]) -> Any:
    """Post to the ACS and stop there: the completing request is for the test to make."""
    host = {"host": "sp.example.com"}
    return visitor.client.post(ACS, urlencode(fields), FORM, secure=True, headers=host)


def test_a_planted_session_is_not_the_one_that_is_signed_in(visitor: Visitor) -> None:
    session = visitor.client.session
    session["basket"] = "three apples"
    session.save()
    visitor.login()
    assert visitor.user.is_authenticated
    assert visitor.client.session["basket"] == "three apples"
    attacker = Client()
    attacker.cookies["sessionid"] = str(session.session_key)
    assert not get_user(attacker).is_authenticated


def test_an_attacker_s_answer_does_not_fit_a_victim_s_login(visitor: Visitor, idp: FakeIdP) -> None:
    theirs = Visitor(idp).answered(name_id="attacker")
    mine = visitor.answered(name_id="victim")
    before = written()
    swapped = visitor.bring(mine, SAMLResponse=theirs.fields["SAMLResponse"])
    assert code_of(swapped) == "in_response_to_mismatch"
    assert code_of(visitor.bring(theirs)) == "browser_binding_mismatch"
    stripped = visitor.post({"SAMLResponse": theirs.fields["SAMLResponse"]})
    assert code_of(stripped) == "relay_state_missing"
    assert difference(before, written()) == NOTHING
    visitor.bring(mine)
    assert visitor.user.is_authenticated


def test_a_completion_s_token_is_no_relay_state_and_the_reverse(
    visitor: Visitor, settings: Any
) -> None:
    settings.SESSION_COOKIE_SAMESITE = "Strict"
    page = post_across_sites(visitor, visitor.answered().fields)
    link = read_links(page.content.decode())[0]
    other = visitor.answered()
    as_relay_state = visitor.bring(other, RelayState=link.split("/")[-2])
    assert code_of(as_relay_state) == "request_intent_not_found"
    url = urljoin(ACS, f"../complete/{other.fields['RelayState']}/")
    assert code_of(browse(visitor.client, url)) == "request_intent_not_found"
    browse(visitor.client, urljoin(ACS, link))
    assert visitor.user.is_authenticated


def test_names_in_the_question_are_text(idp: FakeIdP) -> None:
    enabled_connection(idp, allow_unsolicited=True)
    visitor = Visitor(idp)
    visitor.client.force_login(User.objects.create_user("<script>one()</script>"))
    given = {"givenName": "<img src=x>"}
    answer = post_across_sites(visitor, idp.response(attributes=given).form())
    page = browse(visitor.client, urljoin(ACS, answer.headers["Location"]))
    text = bytes(getattr(page, "content", b"")).decode()
    assert "&lt;script&gt;" in text
    assert "&lt;img src=x&gt;" in text
    assert "<script>" not in text
    assert "<img" not in text


def test_a_backend_that_takes_anything_signs_nobody_in(visitor: Visitor, settings: Any) -> None:
    User.objects.create_superuser("root")
    ours = settings.AUTHENTICATION_BACKENDS
    settings.AUTHENTICATION_BACKENDS = ["tests.test_review.GreedyBackend", *ours]
    assert visitor.login().status_code >= 400
    assert not visitor.user.is_authenticated
    settings.AUTHENTICATION_BACKENDS = ours
    visitor.login()
    assert visitor.user.is_authenticated


def test_a_session_that_cannot_be_saved_reports_nothing_of_the_message(
    visitor: Visitor, monkeypatch: pytest.MonkeyPatch, reports: list[str]
) -> None:
    answer = visitor.answered(name_id=NAME, attributes={"mail": EMAIL})
    visitor.client.raise_request_exception = False
    save = SessionStore.save

    def fail_at_the_end(self: SessionStore, must_create: bool = False) -> None:
        if not must_create:
            raise OperationalError("The database is gone.")
        save(self, must_create)

    monkeypatch.setattr(SessionStore, "save", fail_at_the_end)
    assert visitor.bring(answer).status_code == 500
    assert reports
    told = "".join(reports)
    for secret in (NAME, EMAIL, answer.fields["SAMLResponse"][:60], answer.fields["RelayState"]):
        assert secret not in told


@pytest.mark.parametrize("charset", ["utf-16", "utf-7", "rot13", "hex", "idna", "undefined"])
def test_no_charset_reads_the_form_differently(visitor: Visitor, charset: str) -> None:
    body = urlencode(visitor.answered().fields).encode()
    form, host = f"{FORM}; charset={charset}", {"host": "sp.example.com"}
    before = written()
    response = visitor.client.generic("POST", ACS, body, form, secure=True, headers=host)
    assert (response.status_code, code_of(response)) == (400, "invalid_binding_payload")
    assert difference(before, written()) == NOTHING


@pytest.mark.parametrize(
    "value", ["a@b@example.org", "a@EXAMPLE.ORG", "a@example.org ", "@example.org", "a@", "a"]
)
def test_a_scope_is_everything_after_the_first_at_sign(idp: FakeIdP, value: str) -> None:
    anchor = {"anchor": "attribute", "anchor_attribute": "eppn", "anchor_scoped": True}
    enabled_connection(idp, scopes=["example.org"], **anchor)
    visitor = Visitor(idp)
    refused = visitor.login(name_id=None, attributes={"eppn": value})
    assert code_of(refused) == "invalid_attribute"
    visitor.login(name_id=None, attributes={"eppn": "a@example.org"})
    assert visitor.user.is_authenticated


@pytest.mark.parametrize(
    "xml",
    [
        b"<a " + b"xmlns" * 200_000 + b"/>",
        b"<a xmlns" + b" " * 1_000_000 + b"/>",
        b"<?xml " + b"encoding " * 110_000 + b"?><a/>",
        b"<a>" * 300_000,
        b"<a>" + b"<b/>" * 200_000 + b"</a>",
    ],
    ids=["names", "blanks", "declaration", "depth", "breadth"],
)
def test_a_message_that_is_made_to_be_slow_is_refused_at_once(visitor: Visitor, xml: bytes) -> None:
    began = time.process_time()
    response = visitor.post({"SAMLResponse": b64encode(xml).decode()})
    assert (response.status_code, code_of(response)) == (400, "malformed_xml")
    assert time.process_time() - began < 2
