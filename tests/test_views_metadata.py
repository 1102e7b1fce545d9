from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from lxml import etree

from relyra_django.models import Connection
from relyra_django.saml import constants as c
from relyra_django.testing.connections import enabled_connection
from relyra_django.testing.fake_idp import FakeIdP
from relyra_django.testing.keys import signing_key
from relyra_django.trust import connections as trust
from relyra_django.trust.audit import Actor
from tests.flow import code_of

pytestmark = pytest.mark.django_db

HOST = {"host": "sp.example.com"}
KEYS = {
    name: [
        {
            "key": signing_key("rsa", name).private_key_pem,
            "certificate": signing_key("rsa", name).certificate_pem,
        }
    ]
    for name in ("signing", "decryption")
}


def metadata(client: Client, method: str = "get") -> Any:
    return getattr(client, method)("/saml/acme/metadata/", secure=True, headers=HOST)


def draft() -> Connection:
    return trust.create(public_id="acme", display_name="Acme", actor=Actor.system(), cause="test")


def test_an_enabled_connection_says_who_we_are(client: Client) -> None:
    connection = enabled_connection(FakeIdP())
    response = metadata(client)
    assert response.status_code == 200
    assert response["Content-Type"] == "application/samlmetadata+xml"
    root = etree.fromstring(response.content)
    assert root.get("entityID") == connection.sp_entity_id
    [acs] = root.iter(c.MD + "AssertionConsumerService")
    assert acs.get("Location") == "https://sp.example.com/saml/acme/acs/"


def test_it_may_be_cached_but_nobody_is_told_to_share_it(client: Client) -> None:
    enabled_connection(FakeIdP())
    response = metadata(client)
    assert response["Cache-Control"] == "max-age=3600"
    assert not response.cookies
    assert "Cookie" not in response.get("Vary", "")


def test_a_draft_has_metadata_for_the_other_side_to_begin_with(client: Client) -> None:
    draft()
    assert metadata(client).status_code == 200


def test_the_site_s_certificates_are_published(client: Client, settings: Any) -> None:
    resolver = {"BACKEND": "relyra_django.keys.SettingsKeyResolver", "OPTIONS": KEYS}
    settings.RELYRA = {**settings.RELYRA, "KEY_RESOLVER": resolver}
    enabled_connection(FakeIdP())
    root = etree.fromstring(metadata(client).content)
    uses = [key.get("use") for key in root.iter(c.MD + "KeyDescriptor")]
    assert uses == ["signing", "encryption"]
    assert b"PRIVATE" not in metadata(client).content


def test_a_refusal_is_not_cached(client: Client) -> None:
    response = metadata(client)
    assert (response.status_code, code_of(response)) == (404, "connection_unavailable")
    assert "no-store" in response["Cache-Control"]


def test_a_disabled_connection_is_not_there(client: Client) -> None:
    trust.disable(enabled_connection(FakeIdP()), actor=Actor.system(), cause="test")
    assert metadata(client).status_code == 404


def test_it_is_only_read(client: Client) -> None:
    enabled_connection(FakeIdP())
    assert metadata(client, "head").status_code == 200
    response = metadata(client, "post")
    assert (response.status_code, response["Allow"]) == (405, "GET, HEAD")
