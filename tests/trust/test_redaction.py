from __future__ import annotations

import uuid
from datetime import UTC, datetime

import pytest

from relyra_django.models import Lifecycle
from relyra_django.saml.redaction import MAX_DEPTH, REDACTED, SENSITIVE_NAMES, TRUNCATED
from relyra_django.trust.redaction import payload, text
from tests.trust.kit import pem


def test_plain_facts_stay():
    moment = datetime(2026, 5, 5, tzinfo=UTC)
    key = uuid.UUID(int=1)
    given = {
        "a": 1,
        "b": None,
        "c": True,
        "d": [1.5, "x"],
        "e": moment,
        "f": key,
        "g": Lifecycle.NEXT,
    }
    assert payload(given) == {
        "a": 1,
        "b": None,
        "c": True,
        "d": [1.5, "x"],
        "e": "2026-05-05T00:00:00+00:00",
        "f": "00000000-0000-0000-0000-000000000001",
        "g": "next",
    }


def test_facts_of_trust_are_not_mistaken_for_secrets():
    given = {
        "idp_entity_id": "https://idp.example.org/metadata?tenant=1",
        "name_id_format": "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress",
        "fingerprint": "ab" * 32,
        "anchor": "name_id",
        "target_field": "email",
    }
    assert payload(given) == given


@pytest.mark.parametrize("name", sorted(SENSITIVE_NAMES))
def test_by_name(name):
    assert payload({name: "x"}) == {name: REDACTED}
    assert payload({name.upper(): {"deep": [1]}}) == {name.upper(): REDACTED}
    assert payload({"list": [{name: "x"}]}) == {"list": [{name: REDACTED}]}


@pytest.mark.parametrize(
    "value",
    [
        pem(),
        "-----BEGIN RSA PRIVATE KEY-----",
        "-----BEGIN PRIVATE KEY-----",
        "key: -----BEGIN EC PRIVATE KEY-----",
        "bob@example.org",
        "NameID bob@example.org was asserted",
        "x" * 513,
        "é" * 257,
        b"bytes",
        object(),
    ],
)
def test_by_value(value):
    assert payload({"a": value}) == {"a": REDACTED}
    assert payload([value]) == [REDACTED]


def test_a_name_is_redacted_like_a_value():
    assert payload({"bob@example.org": 1}) == {REDACTED: 1}


def test_just_short_enough():
    assert payload("x" * 512) == "x" * 512


def test_at_most_32_entries():
    assert len(payload({str(n): n for n in range(32)})) == 32
    bounded = payload({str(n): n for n in range(33)})
    assert len(bounded) == 32
    assert bounded["truncated"] is True
    assert payload(list(range(32))) == list(range(32))
    assert payload(list(range(33))) == [*range(31), TRUNCATED]
    assert payload({3, 1, 2}) == [1, 2, 3]


def test_bounded_depth():
    deep: object = "end"
    for _ in range(MAX_DEPTH + 2):
        deep = [deep]
    assert TRUNCATED in str(payload(deep))
    assert "end" not in str(payload(deep))


def test_what_no_database_stores():
    assert payload("a\x00b\ud800") == "ab?"
    assert text(" a\x00b\ud800 ") == "ab?"


def test_a_line_of_text():
    assert text("  Ticket 7: bob@example.org asked  ") == "Ticket 7: bob@example.org asked"
    assert text("x" * 512) == "x" * 512
    assert text("x" * 513) == REDACTED
    assert text(pem()) == REDACTED
