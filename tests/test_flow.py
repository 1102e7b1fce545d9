"""Whole logins, browser to session, and every way that one is refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
import time_machine
from django.contrib.auth.models import User
from django.contrib.auth.signals import user_logged_in
from django.contrib.sessions.backends.db import SessionStore
from django.core.exceptions import SuspiciousOperation
from django.test import Client, override_settings
from django.utils import timezone

from relyra_django.models import Connection
from relyra_django.saml import constants as c
from relyra_django.signals import login_succeeded
from relyra_django.stores.models import RequestIntent
from relyra_django.testing.client import browse
from relyra_django.testing.connections import enabled_connection
from relyra_django.testing.fake_idp import Answer, FakeIdP
from relyra_django.trust import connections as trust
from relyra_django.trust.audit import Actor
from tests.flow import (
    ACS,
    FORM,
    NOTHING,
    Visitor,
    Written,
    code_of,
    difference,
    statements,
    written,
)

pytestmark = pytest.mark.django_db

HTTP_SITE = {
    "RELYRA": {
        "BASE_URL": "http://localhost:8000",
        "CONNECTION_RESOLVER": "relyra_django.resolvers.DatabaseResolver",
        "REQUEST_STORE": {"BACKEND": "relyra_django.stores.database.RequestStore"},
        "REPLAY_STORE": {"BACKEND": "relyra_django.stores.database.ReplayStore"},
    },
    "ALLOWED_HOSTS": ["localhost", "testserver"],
    "SESSION_COOKIE_SECURE": False,
}


@pytest.fixture
def idp() -> FakeIdP:
    return FakeIdP()


@pytest.fixture
def acme(idp: FakeIdP) -> Connection:
    return enabled_connection(idp)


@pytest.fixture
def visitor(idp: FakeIdP, acme: Connection) -> Visitor:
    return Visitor(idp)


def begin_session(client: Client) -> SessionStore:
    """Give the browser an anonymous session with something in it."""
    session = client.session
    session["basket"] = "three apples"
    session.save()
    return session  # type: ignore[return-value]


def is_completion(response: Any) -> bool:
    return "/complete/" in response.request["PATH_INFO"]


# Logins that succeed


def test_a_visitor_without_a_session_is_signed_in_by_one_request(visitor: Visitor) -> None:
    before = written()
    response = visitor.login(name_id="alice")
    assert (response.status_code, response["Location"]) == (303, "/home/")
    assert not is_completion(response)
    assert visitor.user == User.objects.get()
    assert difference(before, written()) == Written(1, 1, 1, 0, 1, 1)


def test_a_returning_user_is_the_same_user(visitor: Visitor, idp: FakeIdP) -> None:
    visitor.login(name_id="alice")
    again = Visitor(idp)
    again.login(name_id="alice")
    assert again.user == visitor.user
    assert User.objects.count() == 1


@pytest.mark.parametrize("same_site", ["Lax", "None"])
def test_an_anonymous_session_survives_the_login(
    visitor: Visitor, settings: Any, same_site: str
) -> None:
    settings.SESSION_COOKIE_SAMESITE = same_site
    visitor.client.get("/")
    begin_session(visitor.client)
    visitor.client.cookies["sessionid"]["samesite"] = same_site
    visitor.client.cookies["sessionid"]["secure"] = True
    response = visitor.login()
    assert response["Location"] == "/home/"
    # A Lax cookie did not travel with the answer; the completing request had it.
    assert is_completion(response) is (same_site == "Lax")
    assert visitor.user.is_authenticated
    assert visitor.client.session["basket"] == "three apples"


def test_the_session_s_key_changes_with_the_login(visitor: Visitor) -> None:
    old = begin_session(visitor.client).session_key
    visitor.login()
    assert visitor.client.session.session_key != old


def test_under_strict_every_login_completes_on_a_page_of_ours(
    visitor: Visitor, settings: Any
) -> None:
    settings.SESSION_COOKIE_SAMESITE = "Strict"
    answer = visitor.answered()
    page = visitor.client.post(ACS, urlencode(answer.fields), FORM, secure=True, headers=HOST)
    assert page.status_code == 200
    assert page["Referrer-Policy"] == "no-referrer"
    assert not visitor.user.is_authenticated
    url = page.context["url"]
    assert f'href="{url}"' in page.content.decode()
    response = browse(visitor.client, "https://sp.example.com" + url)
    assert (response.status_code, response["Location"]) == (303, "/home/")
    assert visitor.user.is_authenticated


HOST = {"host": "sp.example.com"}


@override_settings(**HTTP_SITE)
def test_over_http_the_browser_is_checked_by_the_completing_request(idp: FakeIdP) -> None:
    enabled_connection(idp)
    visitor = Visitor(idp)
    response = visitor.login()
    assert is_completion(response)
    assert response["Location"] == "/home/"
    assert visitor.user.is_authenticated


@override_settings(**HTTP_SITE)
def test_over_http_another_browser_gets_no_session(idp: FakeIdP) -> None:
    enabled_connection(idp)
    victim, attacker = Visitor(idp), Visitor(idp)
    victim.leave()
    response = victim.bring(attacker.answered(name_id="mallory"))
    assert (response.status_code, code_of(response)) == (403, "browser_binding_mismatch")
    assert not victim.user.is_authenticated


def test_another_user_s_session_is_replaced_by_a_login_that_was_asked_for(
    visitor: Visitor,
) -> None:
    visitor.login(name_id="alice")
    alice, old = visitor.user, visitor.client.session.session_key
    visitor.login(name_id="bob")
    assert visitor.user != alice
    assert not SessionStore().exists(old)


def test_parallel_tabs_both_arrive(visitor: Visitor) -> None:
    first, second = visitor.answered(), visitor.answered()
    assert visitor.bring(second)["Location"] == "/home/"
    assert visitor.bring(first)["Location"] == "/home/"


def test_the_identity_provider_s_limit_ends_the_session(visitor: Visitor) -> None:
    visitor.login(session_not_on_or_after=timedelta(minutes=5))
    assert 290 <= visitor.client.session.get_expiry_age() <= 300


@pytest.mark.parametrize("sign", ["assertion", "response", "both"])
@pytest.mark.parametrize("key", ["rsa", "ec", "pss"])
def test_what_honest_providers_sign_is_accepted(sign: str, key: str) -> None:
    idp = FakeIdP(key=key)
    enabled_connection(idp)
    visitor = Visitor(idp)
    assert visitor.login(sign=sign).status_code == 303
    assert visitor.user.is_authenticated


def test_the_request_may_travel_by_post(idp: FakeIdP) -> None:
    enabled_connection(idp, idp_sso_binding="post")
    visitor = Visitor(idp)
    assert visitor.login()["Location"] == "/home/"
    assert visitor.user.is_authenticated


# What a login costs


def test_a_start_takes_two_statements(visitor: Visitor) -> None:
    visitor.leave()
    with statements() as found:
        visitor.leave()
    assert len(found) == 2, found


def test_a_returning_user_s_login_takes_at_most_ten_statements(
    visitor: Visitor, idp: FakeIdP
) -> None:
    visitor.login()
    again = Visitor(idp)
    answer = again.answered()
    with statements() as found:
        response = again.bring(answer)
    assert response.status_code == 303
    assert len(found) <= 10, found


# Logins that are refused


Attack = Callable[[Visitor, Answer], Any]


def raw(visitor: Visitor, body: str, content_type: str = FORM, url: str = ACS) -> Any:
    return visitor.client.post(url, body, content_type, secure=True, headers=HOST)


def other_browser(visitor: Visitor, answer: Answer) -> Any:
    return Visitor(visitor.idp).bring(answer)


def browser_with_its_own_login(visitor: Visitor, answer: Answer) -> Any:
    other = Visitor(visitor.idp)
    RequestIntent.objects.filter(relay_state=parse(other.leave())).delete()
    return other.bring(answer)


def parse(url: str) -> str:
    from urllib.parse import parse_qs, urlsplit

    return parse_qs(urlsplit(url).query)["RelayState"][0]


def other_connection(visitor: Visitor, answer: Answer) -> Any:
    return visitor.post(answer.fields, "https://sp.example.com/saml/globex/acs/")


def unknown_connection(visitor: Visitor, answer: Answer) -> Any:
    return visitor.post(answer.fields, "https://sp.example.com/saml/nobody/acs/")


def strange_connection(visitor: Visitor, answer: Answer) -> Any:
    return visitor.post(answer.fields, "https://sp.example.com/saml/a%00%0Ab/acs/")


def tampered(visitor: Visitor, answer: Answer) -> Any:
    return visitor.bring(answer, SAMLResponse=str(answer.minted.tampered("alice", "admin")))


def doubled_response(visitor: Visitor, answer: Answer) -> Any:
    return raw(visitor, urlencode([*answer.fields.items(), *answer.fields.items()]))


def doubled_relay_state(visitor: Visitor, answer: Answer) -> Any:
    state = answer.fields["RelayState"]
    return raw(visitor, urlencode([*answer.fields.items(), ("RelayState", state)]))


def no_response(visitor: Visitor, answer: Answer) -> Any:
    return visitor.post({"RelayState": answer.fields["RelayState"]})


def response_in_the_query(visitor: Visitor, answer: Answer) -> Any:
    return raw(visitor, "x=y", url=f"{ACS}?{urlencode(answer.fields)}")


def not_base64(visitor: Visitor, answer: Answer) -> Any:
    return visitor.bring(answer, SAMLResponse="{not base64}")


def not_xml(visitor: Visitor, answer: Answer) -> Any:
    return visitor.bring(answer, SAMLResponse="bm90IHhtbA==")


def with_doctype(visitor: Visitor, answer: Answer) -> Any:
    xml = b'<!DOCTYPE a [<!ENTITY x "y">]>' + answer.minted.xml
    return visitor.bring(answer, SAMLResponse=str(answer.minted.with_xml(xml)))


def ten_megabytes(visitor: Visitor, answer: Answer) -> Any:
    return visitor.bring(answer, SAMLResponse="A" * 10_000_000)


def two_megabytes(visitor: Visitor, answer: Answer) -> Any:
    return visitor.bring(answer, SAMLResponse="A" * 2_000_000)


def too_many_fields(visitor: Visitor, answer: Answer) -> Any:
    return raw(visitor, urlencode([(f"f{n}", "") for n in range(2000)]))


def latin_1(visitor: Visitor, answer: Answer) -> Any:
    return raw(visitor, urlencode(answer.fields), FORM + "; charset=latin-1")


def as_json(visitor: Visitor, answer: Answer) -> Any:
    return raw(visitor, "{}", "application/json")


def as_multipart(visitor: Visitor, answer: Answer) -> Any:
    return visitor.client.post(ACS, dict(answer.fields), secure=True, headers=HOST)


def by_get(visitor: Visitor, answer: Answer) -> Any:
    return browse(visitor.client, f"{ACS}?{urlencode(answer.fields)}")


def lost_relay_state(visitor: Visitor, answer: Answer) -> Any:
    return visitor.post({"SAMLResponse": answer.fields["SAMLResponse"]})


def foreign_relay_state(visitor: Visitor, answer: Answer) -> Any:
    return visitor.bring(answer, RelayState="https://evil.example/")


def unknown_relay_state(visitor: Visitor, answer: Answer) -> Any:
    return visitor.bring(answer, RelayState="rs_" + "x" * 24)


def unsolicited(visitor: Visitor, answer: Answer) -> Any:
    minted = visitor.idp.response(acs_url=ACS, sp_entity_id=answer.request.issuer)
    return visitor.post({"SAMLResponse": str(minted)})


def unsolicited_with_a_live_relay_state(visitor: Visitor, answer: Answer) -> Any:
    minted = visitor.idp.response(acs_url=ACS, sp_entity_id=answer.request.issuer)
    return visitor.bring(answer, SAMLResponse=str(minted))


def answer_to_another_request(visitor: Visitor, answer: Answer) -> Any:
    return visitor.bring(visitor.answered(), RelayState=answer.fields["RelayState"])


def expired(visitor: Visitor, answer: Answer) -> Any:
    with time_machine.travel(timezone.now() + timedelta(seconds=901), tick=False):
        return visitor.bring(answer)


def error_status(visitor: Visitor, answer: Answer) -> Any:
    # The intent of such a login ends; a Status that answers nothing of ours ends nothing.
    minted = visitor.idp.response(status="Responder", in_response_to="_other", acs_url=ACS)
    return visitor.bring(answer, SAMLResponse=str(minted))


def error_status_in_another_browser(visitor: Visitor, answer: Answer) -> Any:
    minted = visitor.idp.response(
        status="Responder", in_response_to=answer.request.request_id, acs_url=ACS
    )
    return Visitor(visitor.idp).bring(answer, SAMLResponse=str(minted))


REFUSED: list[tuple[Attack, int, str]] = [
    (other_browser, 403, "browser_binding_mismatch"),
    (browser_with_its_own_login, 403, "browser_binding_mismatch"),
    (other_connection, 403, "connection_binding_mismatch"),
    (unknown_connection, 404, "connection_unavailable"),
    (strange_connection, 404, "connection_unavailable"),
    (tampered, 403, "digest_mismatch"),
    (doubled_response, 400, "invalid_binding_payload"),
    (doubled_relay_state, 400, "invalid_binding_payload"),
    (no_response, 400, "invalid_binding_payload"),
    (response_in_the_query, 400, "invalid_binding_payload"),
    (not_base64, 400, "invalid_binding_payload"),
    (not_xml, 400, "malformed_xml"),
    (with_doctype, 400, "doctype_forbidden"),
    (ten_megabytes, 413, "payload_too_large"),
    (two_megabytes, 413, "payload_too_large"),
    (too_many_fields, 400, "invalid_binding_payload"),
    (latin_1, 400, "invalid_binding_payload"),
    (as_json, 415, "unsupported_media_type"),
    (as_multipart, 415, "unsupported_media_type"),
    (by_get, 405, "method_not_allowed"),
    (lost_relay_state, 400, "relay_state_missing"),
    (foreign_relay_state, 403, "request_intent_not_found"),
    (unknown_relay_state, 403, "request_intent_not_found"),
    (unsolicited, 403, "idp_initiated_not_allowed"),
    (unsolicited_with_a_live_relay_state, 403, "in_response_to_mismatch"),
    (answer_to_another_request, 403, "in_response_to_mismatch"),
    (expired, 403, "request_intent_expired"),
    (error_status, 403, "unsupported_status"),
    (error_status_in_another_browser, 403, "browser_binding_mismatch"),
]


@pytest.fixture
def globex(acme: Connection) -> Connection:
    idp = FakeIdP(entity_id="https://globex.example/idp", name="globex")
    return enabled_connection(idp, public_id="globex", display_name="Globex")


@pytest.mark.parametrize(
    ("attack", "status", "code"), [pytest.param(*row, id=row[0].__name__) for row in REFUSED]
)
def test_a_refusal_changes_nothing_and_the_honest_answer_still_counts(
    visitor: Visitor, globex: Connection, attack: Attack, status: int, code: str
) -> None:
    answer = visitor.answered(name_id="alice")
    if attack is answer_to_another_request:
        visitor.leave()
    before = written()
    response = attack(visitor, answer)
    assert (response.status_code, code_of(response)) == (status, code)
    changed = difference(before, written())
    # The attack itself may have begun a login of its own, which stays open.
    assert changed == Written(0, 0, 0, changed.open_intents, 0, 0)
    assert "sessionid" not in response.cookies
    assert not visitor.user.is_authenticated
    assert visitor.bring(answer)["Location"] == "/home/"
    assert visitor.user.is_authenticated


def test_a_second_use_is_refused_and_writes_nothing(visitor: Visitor) -> None:
    answer = visitor.answered()
    visitor.bring(answer)
    before = written()
    response = visitor.bring(answer)
    assert (response.status_code, code_of(response)) == (403, "request_intent_consumed")
    assert written() == before


def test_an_assertion_that_answers_two_requests_is_used_once(visitor: Visitor) -> None:
    """A replay with a live intent: only the replay key can tell."""
    first = visitor.answered(assertion_id="_same")
    second = visitor.answered(assertion_id="_same", name_id="bob")
    visitor.bring(first)
    before = written()
    response = visitor.bring(second)
    assert (response.status_code, code_of(response)) == (403, "replayed_assertion")
    assert difference(before, written()) == NOTHING


def test_an_error_status_that_answers_our_request_ends_it(visitor: Visitor) -> None:
    answer = visitor.answered()
    refusal = visitor.idp.response(
        status="Responder",
        sub_status="AuthnFailed",
        in_response_to=answer.request.request_id,
        acs_url=ACS,
        sign="none",
    )
    before = written()
    response = visitor.bring(answer, SAMLResponse=str(refusal))
    assert (response.status_code, code_of(response)) == (403, "unsupported_status")
    assert difference(before, written()) == Written(0, 0, 0, -1, 1, 0)
    assert code_of(visitor.bring(answer)) == "request_intent_consumed"


@pytest.mark.parametrize("status", ["draft", "disabled"])
def test_a_connection_that_is_not_enabled_is_not_there(
    visitor: Visitor, idp: FakeIdP, status: str
) -> None:
    answer = visitor.answered()
    actor = Actor.system()
    if status == "disabled":
        trust.disable(Connection.objects.get(), actor=actor, cause="test")
    else:
        Connection.objects.update(status=status)
    before = written()
    response = visitor.bring(answer)
    assert (response.status_code, code_of(response)) == (404, "connection_unavailable")
    assert written() == before


def test_a_connection_whose_urls_moved_refuses_what_it_asked_before(
    visitor: Visitor, acme: Connection
) -> None:
    answer = visitor.answered()
    Connection.objects.update(sp_entity_id="https://sp.example.com/moved")
    before = written()
    response = visitor.bring(answer)
    assert (response.status_code, code_of(response)) == (403, "request_intent_invalid")
    assert written() == before


def test_link_only_refuses_a_stranger_after_using_the_answer_up(idp: FakeIdP) -> None:
    enabled_connection(idp, provisioning="link_only")
    visitor = Visitor(idp)
    answer = visitor.answered()
    before = written()
    response = visitor.bring(answer)
    assert (response.status_code, code_of(response)) == (403, "identity_not_linked")
    assert difference(before, written()) == Written(0, 0, 0, -1, 1, 1)


def test_a_transient_name_id_signs_nobody_in(visitor: Visitor) -> None:
    response = visitor.login(name_id_format=c.NAMEID_TRANSIENT)
    assert (response.status_code, code_of(response)) == (403, "name_id_not_accepted")
    assert not visitor.user.is_authenticated


def test_an_inactive_user_is_refused(visitor: Visitor, idp: FakeIdP) -> None:
    visitor.login()
    User.objects.update(is_active=False)
    again = Visitor(idp)
    assert code_of(again.login()) == "user_inactive"
    assert not again.user.is_authenticated
    User.objects.update(is_active=True)
    again.login()
    assert again.user.is_authenticated


def test_a_fresh_authentication_is_insisted_on(idp: FakeIdP) -> None:
    enabled_connection(idp, force_authn=True)
    visitor = Visitor(idp)
    assert code_of(visitor.login(authn_instant=timedelta(hours=-2))) == "authn_too_old"
    assert visitor.login().status_code == 303


def test_the_authentication_context_is_insisted_on(idp: FakeIdP) -> None:
    mfa = "https://refeds.org/profile/mfa"
    enabled_connection(idp, requested_authn_contexts=[mfa])
    visitor = Visitor(idp)
    assert code_of(visitor.login()) == "authn_context_mismatch"
    assert visitor.login(authn_context=mfa).status_code == 303


# Nobody asked


@pytest.fixture
def open_acme(idp: FakeIdP) -> Iterator[Connection]:
    return enabled_connection(idp, allow_unsolicited=True)  # type: ignore[return-value]


def unasked(idp: FakeIdP, **knobs: Any) -> dict[str, str]:
    entity_id = Connection.objects.get().sp_entity_id
    return {"SAMLResponse": str(idp.response(acs_url=ACS, sp_entity_id=entity_id, **knobs))}


def test_an_unsolicited_login_goes_through_the_completing_request(
    idp: FakeIdP, open_acme: Connection, settings: Any
) -> None:
    visitor = Visitor(idp)
    response = visitor.post(unasked(idp))
    assert is_completion(response)
    assert response["Location"] == settings.LOGIN_REDIRECT_URL
    assert visitor.user.is_authenticated


def test_its_relay_state_leads_nowhere(idp: FakeIdP, open_acme: Connection, settings: Any) -> None:
    visitor = Visitor(idp)
    response = visitor.post({**unasked(idp), "RelayState": "/admin/"})
    assert response["Location"] == settings.LOGIN_REDIRECT_URL


def test_it_is_used_once(idp: FakeIdP, open_acme: Connection) -> None:
    fields = unasked(idp)
    Visitor(idp).post(fields)
    before = written()
    response = Visitor(idp).post(fields)
    assert (response.status_code, code_of(response)) == (403, "replayed_assertion")
    assert written() == before


def test_it_does_not_replace_somebody_else_without_asking(
    idp: FakeIdP, open_acme: Connection
) -> None:
    visitor = Visitor(idp)
    visitor.login(name_id="alice", attributes={"mail": "alice@example.org"})
    alice = visitor.user
    page = visitor.post(unasked(idp, name_id="bob", attributes={"mail": "bob@example.org"}))
    assert page.status_code == 200
    text = page.content.decode()
    assert "alice@example.org" in text
    assert "bob@example.org" in text
    assert visitor.user == alice
    before = written()
    again = browse(visitor.client, "https://sp.example.com" + page.request["PATH_INFO"])
    assert again.status_code == 200
    assert written() == before
    response = visitor.client.post(page.request["PATH_INFO"], secure=True, headers=HOST)
    assert response.status_code == 303
    assert visitor.user != alice


def test_it_asks_nothing_when_the_same_user_is_signed_in(
    idp: FakeIdP, open_acme: Connection
) -> None:
    visitor = Visitor(idp)
    visitor.login(name_id="alice")
    alice = visitor.user
    assert visitor.post(unasked(idp, name_id="alice")).status_code == 303
    assert visitor.user == alice


def test_the_answer_yes_needs_a_csrf_token(idp: FakeIdP, open_acme: Connection) -> None:
    visitor = Visitor(idp)
    visitor.client = Client(enforce_csrf_checks=True)
    visitor.login(name_id="alice")
    alice = visitor.user
    page = visitor.post(unasked(idp, name_id="bob"))
    path = page.request["PATH_INFO"]
    headers = {**HOST, "referer": "https://sp.example.com/"}
    assert visitor.client.post(path, secure=True, headers=headers).status_code == 403
    assert visitor.user == alice
    token = {"csrfmiddlewaretoken": str(page.context["csrf_token"])}
    assert visitor.client.post(path, token, secure=True, headers=headers).status_code == 303
    assert visitor.user != alice


# A login that cannot be finished leaves nobody signed in


def change_their_mind(**kwargs: Any) -> None:
    raise SuspiciousOperation("a receiver of the host's")


def test_a_receiver_that_raises_leaves_no_session(visitor: Visitor) -> None:
    answer = visitor.answered()
    user_logged_in.connect(change_their_mind)
    try:
        response = visitor.bring(answer)
    finally:
        user_logged_in.disconnect(change_their_mind)
    assert (response.status_code, code_of(response)) == (400, "invalid_binding_payload")
    assert not visitor.user.is_authenticated


def test_a_landing_page_that_cannot_be_redirected_to(visitor: Visitor, settings: Any) -> None:
    settings.LOGIN_REDIRECT_URL = "myapp://home"
    heard: list[str] = []

    def hear(**kwargs: Any) -> None:
        heard.append("succeeded")

    login_succeeded.connect(hear)
    response = visitor.bring(visitor.idp.answer(visitor.leave(next_url="")))
    login_succeeded.disconnect(hear)
    assert response.status_code >= 400
    assert not visitor.user.is_authenticated
    assert heard == []


def test_a_long_place_to_return_to_is_dropped_before_it_fails(visitor: Visitor) -> None:
    response = visitor.bring(visitor.idp.answer(visitor.leave(next_url="/" + "\u4e2d" * 2_040)))
    assert response.status_code == 303
    assert visitor.user.is_authenticated
