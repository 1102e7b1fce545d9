"""Run by tests/test_custom_user_model.py, under the settings beside it."""

from __future__ import annotations

import pytest
from django.contrib.auth import get_user

from relyra_django.testing.client import saml_login
from relyra_django.testing.connections import enabled_connection
from relyra_django.testing.fake_idp import FakeIdP
from tests.people.models import Person

pytestmark = pytest.mark.django_db


@pytest.fixture
def idp() -> FakeIdP:
    idp = FakeIdP()
    enabled_connection(idp)
    return idp


def test_a_person_is_created_under_their_address(client, idp) -> None:
    attributes = {"mail": "Alice@Example.ORG", "sn": "Liddell-Hargreaves", "givenName": "Alice"}
    response = saml_login(client, idp, "acme", attributes=attributes)
    assert response.status_code == 303
    [person] = Person.objects.all()
    assert get_user(client) == person
    assert (person.email, person.last_name) == ("Alice@example.org", "Liddell-Ha")
    assert not person.has_usable_password()


@pytest.mark.parametrize("taken", ["admin@example.org", "Admin@example.org", "ADMIN@EXAMPLE.ORG"])
def test_an_address_that_is_taken_is_a_conflict(client, idp, taken) -> None:
    Person.objects.create(email=taken, is_superuser=True)
    response = saml_login(client, idp, "acme", attributes={"mail": "admin@example.org"})
    assert response.status_code == 403
    assert b"identity_conflict" in response.content
    assert not get_user(client).is_authenticated
    assert Person.objects.count() == 1


@pytest.mark.parametrize("mail", [None, "", "no address", "a" * 60 + "@" + "b" * 30 + ".example"])
def test_without_a_usable_address_nobody_is_created(client, idp, mail) -> None:
    response = saml_login(client, idp, "acme", attributes={"mail": mail} if mail else {})
    assert response.status_code == 403
    assert b"invalid_attribute" in response.content
    assert not Person.objects.exists()


def test_the_name_id_stays_the_anchor(client, idp) -> None:
    saml_login(client, idp, "acme", attributes={"mail": "alice@example.org"})
    saml_login(client, idp, "acme", attributes={"mail": "married@example.org"})
    assert Person.objects.get().email == "alice@example.org"
