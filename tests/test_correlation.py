from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.http import HttpRequest
from django.test import RequestFactory

from relyra_django.browser import LOOPBACK_COOKIE, SECURE_COOKIE, Browser
from relyra_django.correlation import (
    answered_intent,
    check_browser,
    check_connection,
    check_path,
    check_time,
)
from relyra_django.exceptions import ErrorCode, RelyraError
from relyra_django.saml.connection import ConnectionSnapshot, Policy
from relyra_django.saml.envelope import DecodedResponse, decode_response
from relyra_django.stores import IntentKind, RequestIntent, consume_intent, put_intent
from relyra_django.testing.fake_idp import FakeIdP

NOW = datetime(2026, 5, 6, 7, 8, 9, tzinfo=UTC)
IDP = FakeIdP()
STRICT = IDP.connection()
OPEN = IDP.connection(policy=Policy(allow_unsolicited=True))
STATE = "rs_" + "x" * 24
TOKEN = "t" * 43
HTTP_ACS = "http://localhost:8000/saml/acme/acs/"


def message(**knobs: Any) -> DecodedResponse:
    return decode_response(str(IDP.response(**knobs)))


def intent(**fields: Any) -> RequestIntent:
    made = RequestIntent(
        relay_state=STATE,
        kind=IntentKind.AUTHN,
        request_id="id_1",
        connection_id=STRICT.connection_id,
        sp_entity_id=STRICT.sp_entity_id,
        acs_url=STRICT.acs_url,
        issued_at=NOW,
        expires_at=NOW + timedelta(minutes=15),
        browser_hash=Browser(acs_url=STRICT.acs_url, token=TOKEN).hash,
    )
    return replace(made, **fields)


def refused(code: ErrorCode) -> Any:
    return pytest.raises(RelyraError, match=f"^{code}:")


def browser(name: str, token: str) -> HttpRequest:
    factory = RequestFactory()
    factory.cookies.load({name: token})
    return factory.get("/")


@pytest.mark.django_db
@pytest.mark.parametrize("connection", [STRICT, OPEN])
@pytest.mark.parametrize("in_response_to", ["id_1", "id_other", None])
def test_a_relay_state_of_ours_names_the_intent(
    connection: ConnectionSnapshot, in_response_to: str | None
) -> None:
    """What the message says of itself is for the judge, once it is read from signed bytes."""
    put_intent(intent())
    found = answered_intent(message(in_response_to=in_response_to), STATE, connection)
    assert found == intent()


@pytest.mark.django_db
@pytest.mark.parametrize("in_response_to", ["id_1", None])
def test_one_that_is_not_found_is_never_an_unsolicited_answer(in_response_to: str | None) -> None:
    with refused(ErrorCode.REQUEST_INTENT_NOT_FOUND):
        answered_intent(message(in_response_to=in_response_to), STATE, OPEN)
    put_intent(intent())
    consume_intent(intent())
    with refused(ErrorCode.REQUEST_INTENT_CONSUMED):
        answered_intent(message(in_response_to=in_response_to), STATE, OPEN)


@pytest.mark.parametrize(
    "knobs",
    [
        {"in_response_to": "id_1"},
        {"in_response_to": "id_1", "subject_in_response_to": None},
        {"in_response_to": "id_1", "response_in_response_to": None},
        {"in_response_to": ""},
    ],
)
@pytest.mark.parametrize(
    ("state", "code"),
    [
        ("", ErrorCode.RELAY_STATE_MISSING),
        ("https://evil.example/", ErrorCode.REQUEST_INTENT_NOT_FOUND),
        (STATE + "x", ErrorCode.REQUEST_INTENT_NOT_FOUND),
        (STATE[:-1], ErrorCode.REQUEST_INTENT_NOT_FOUND),
        (STATE + "\n", ErrorCode.REQUEST_INTENT_NOT_FOUND),
    ],
)
def test_any_in_response_to_makes_an_answer_solicited(
    knobs: dict[str, Any], state: str, code: ErrorCode
) -> None:
    with refused(code):
        answered_intent(message(**knobs), state, OPEN)


@pytest.mark.parametrize("state", ["", "/landing/", "opaque"])
def test_what_refers_to_nothing_is_unsolicited(state: str) -> None:
    with refused(ErrorCode.IDP_INITIATED_NOT_ALLOWED):
        answered_intent(message(), state, STRICT)
    assert answered_intent(message(), state, OPEN) is None


def test_an_answer_comes_to_the_connection_that_asked() -> None:
    check_path(intent(), STRICT.connection_id)
    check_connection(intent(), STRICT)
    for check in (check_connection, lambda i, c: check_path(i, c.connection_id)):
        with refused(ErrorCode.CONNECTION_BINDING_MISMATCH):
            check(intent(), replace(STRICT, connection_id="globex"))


@pytest.mark.parametrize("moved", ["acs_url", "sp_entity_id"])
def test_a_connection_that_moved_meanwhile_asks_again(moved: str) -> None:
    with refused(ErrorCode.REQUEST_INTENT_INVALID):
        check_connection(intent(), replace(STRICT, **{moved: "https://moved.example/"}))


@pytest.mark.parametrize("kind", [IntentKind.AUTHN, IntentKind.COMPLETION])
def test_the_browser_that_left_comes_back(kind: IntentKind) -> None:
    check_browser(intent(kind=kind), browser(SECURE_COOKIE, TOKEN))
    for name, token in ((SECURE_COOKIE, "u" * 43), (SECURE_COOKIE, ""), (LOOPBACK_COOKIE, TOKEN)):
        with refused(ErrorCode.BROWSER_BINDING_MISMATCH):
            check_browser(intent(kind=kind), browser(name, token))


def test_an_intent_without_a_browser_is_nobody_s() -> None:
    with refused(ErrorCode.BROWSER_BINDING_MISMATCH):
        check_browser(intent(browser_hash=""), browser(SECURE_COOKIE, ""))


def test_over_http_the_completing_request_is_where_it_is_checked() -> None:
    check_browser(intent(acs_url=HTTP_ACS), browser(LOOPBACK_COOKIE, ""))
    completion = intent(acs_url=HTTP_ACS, kind=IntentKind.COMPLETION)
    check_browser(completion, browser(LOOPBACK_COOKIE, TOKEN))
    with refused(ErrorCode.BROWSER_BINDING_MISMATCH):
        check_browser(completion, browser(LOOPBACK_COOKIE, ""))


@pytest.mark.parametrize(("late", "in_time"), [(-1, True), (0, False), (1, False)])
def test_time_is_up_at_the_very_moment(late: int, in_time: bool) -> None:
    now = intent().expires_at + timedelta(microseconds=late)
    if in_time:
        check_time(intent(), now)
        return
    with refused(ErrorCode.REQUEST_INTENT_EXPIRED):
        check_time(intent(), now)
