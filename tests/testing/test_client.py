from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from relyra_django.models import AuditEvent, Connection
from relyra_django.saml.errors import ErrorCode
from relyra_django.testing import (
    FakeIdP,
    assert_saml_login,
    assert_saml_refused,
    enabled_connection,
    post_saml_response,
    saml_login,
    start_saml_login,
)
from relyra_django.testing.hostile import HOSTILE, Hostile

pytestmark = pytest.mark.django_db

SAMPLE = ("audience-elsewhere", "tampered-name-id", "unsigned", "xsw3", "issued-long-ago")


@pytest.fixture
def idp() -> FakeIdP:
    return FakeIdP()


@pytest.fixture
def connection(idp: FakeIdP) -> Connection:
    return enabled_connection(idp)


def test_a_login_ends_where_the_visitor_wanted_to_go(
    client: Client, idp: FakeIdP, connection: Connection
) -> None:
    response = saml_login(client, idp, "acme", next_url="/reports/")
    assert_saml_login(response)
    assert response.headers["Location"].endswith("/reports/")


def test_attributes_arrive(client: Client, idp: FakeIdP, connection: Connection) -> None:
    knobs: dict[str, Any] = {"attributes": {"email": "alice@example.org"}}
    user: Any = assert_saml_login(saml_login(client, idp, "acme", **knobs))
    assert user.email == "alice@example.org"


def test_the_same_person_is_the_same_user(
    client: Client, idp: FakeIdP, connection: Connection
) -> None:
    first = assert_saml_login(saml_login(client, idp, "acme"))
    assert_saml_login(saml_login(Client(), idp, "acme"), first)
    assert assert_saml_login(saml_login(Client(), idp, "acme", name_id="bob")) != first


def test_following_ends_on_the_page(client: Client, idp: FakeIdP, connection: Connection) -> None:
    response = saml_login(client, idp, "acme", next_url="/admin/login/", follow=True)
    assert response.status_code == 200


@pytest.mark.parametrize("samesite", ["None", "Lax", "Strict"])
@pytest.mark.parametrize("visited", [False, True], ids=["new", "visited"])
def test_every_kind_of_session_cookie(
    client: Client,
    idp: FakeIdP,
    connection: Connection,
    settings: Any,
    samesite: str,
    visited: bool,
) -> None:
    settings.SESSION_COOKIE_SAMESITE = samesite
    if visited:
        saml_login(client, idp, "acme", name_id="earlier")
    assert_saml_login(saml_login(client, idp, "acme"))


def test_a_connection_that_takes_its_request_by_post(client: Client, idp: FakeIdP) -> None:
    enabled_connection(idp, idp_sso_binding="post")
    request = start_saml_login(client, "acme")
    assert not isinstance(request, str)
    assert_saml_login(saml_login(client, idp, "acme"))


@pytest.mark.parametrize("one", [one for one in HOSTILE if one.name in SAMPLE], ids=str)
def test_an_attack_is_refused(
    client: Client, idp: FakeIdP, connection: Connection, one: Hostile
) -> None:
    response = saml_login(client, idp, "acme", mint=one.make)
    assert_saml_refused(response, one.code)
    assert not get_user_model().objects.exists()


def test_a_second_use_is_refused(client: Client, idp: FakeIdP, connection: Connection) -> None:
    answer = idp.answer(start_saml_login(client, "acme"))
    assert_saml_login(post_saml_response(client, answer.acs_url, answer.fields))
    response = post_saml_response(client, answer.acs_url, answer.fields)
    assert_saml_refused(response, ErrorCode.REQUEST_INTENT_CONSUMED)


def test_another_browser_is_refused(client: Client, idp: FakeIdP, connection: Connection) -> None:
    answer = idp.answer(start_saml_login(client, "acme"))
    response = post_saml_response(Client(), answer.acs_url, answer.fields)
    assert_saml_refused(response, ErrorCode.BROWSER_BINDING_MISMATCH)
    assert_saml_login(post_saml_response(client, answer.acs_url, answer.fields))


def test_no_such_connection_no_login(client: Client, idp: FakeIdP) -> None:
    with pytest.raises(AssertionError, match="answered 404 without an AuthnRequest"):
        saml_login(client, idp, "acme")


def test_a_refusal_is_no_login_and_a_login_no_refusal(
    client: Client, idp: FakeIdP, connection: Connection
) -> None:
    with pytest.raises(AssertionError, match="refused with 403"):
        assert_saml_login(saml_login(client, idp, "acme", audience="urn:other"))
    with pytest.raises(AssertionError, match="not refused"):
        assert_saml_refused(saml_login(client, idp, "acme"), "invalid_audience")


def test_the_wrong_code_is_noticed(client: Client, idp: FakeIdP, connection: Connection) -> None:
    response = saml_login(client, idp, "acme", audience="urn:other")
    with pytest.raises(AssertionError, match="not with digest_mismatch"):
        assert_saml_refused(response, "digest_mismatch")


def test_the_wrong_user_is_noticed(client: Client, idp: FakeIdP, connection: Connection) -> None:
    bob = assert_saml_login(saml_login(Client(), idp, "acme", name_id="bob"))
    with pytest.raises(AssertionError, match="signed in as"):
        assert_saml_login(saml_login(client, idp, "acme"), bob)


def test_a_password_login_is_no_saml_login(
    client: Client, idp: FakeIdP, connection: Connection
) -> None:
    response = saml_login(client, idp, "acme")
    user = get_user_model().objects.get()
    client.force_login(user, "django.contrib.auth.backends.ModelBackend")
    with pytest.raises(AssertionError, match="not through SAML"):
        assert_saml_login(response)


def test_the_connection_was_audited(connection: Connection) -> None:
    assert connection.status == "enabled"
    assert set(AuditEvent.objects.values_list("cause", flat=True)) == {"test"}
