"""The judge against the kit: every attack earns its code, everything inert says alice."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import product

import pytest

from relyra_django.saml.errors import RelyraError
from relyra_django.saml.validation import validate_response
from relyra_django.testing import HOSTILE, INERT, FakeIdP, Hostile
from relyra_django.testing.hostile import Inert

NOW = datetime(2026, 4, 24, 16, 0, 0, tzinfo=UTC)
REQUEST_ID = "id_1"
SIGNED = ("assertion", "response", "both")
KEYS = ("rsa", "pss", "ec")
JUDGED = tuple(one for one in HOSTILE if not one.second_use)


@pytest.mark.parametrize(
    ("key", "sign"), [*product(("rsa",), SIGNED), ("pss", "both"), ("ec", "both")]
)
@pytest.mark.parametrize("one", JUDGED, ids=str)
def test_every_attack_earns_its_code(one: Hostile, key: str, sign: str) -> None:
    idp = FakeIdP(key=key)
    minted = one.make(idp, in_response_to=REQUEST_ID, now=NOW, sign=sign)
    request_id = REQUEST_ID if one.solicited else None
    with pytest.raises(RelyraError) as refusal:
        validate_response(minted.encoded, one.connection(idp), request_id=request_id, now=NOW)
    assert refusal.value.code == one.code, refusal.value


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("sign", SIGNED)
def test_an_honest_message_is_accepted(sign: str, key: str) -> None:
    idp = FakeIdP(key=key)
    minted = idp.response(in_response_to=REQUEST_ID, now=NOW, sign=sign)
    judged = validate_response(minted.encoded, idp.connection(), request_id=REQUEST_ID, now=NOW)
    assert judged.name_id is not None
    assert judged.name_id.value == "alice"
    assert judged.signed == sign


@pytest.mark.parametrize("sign", SIGNED)
@pytest.mark.parametrize("one", INERT, ids=str)
def test_what_is_inert_changes_nothing(one: Inert, sign: str) -> None:
    idp = FakeIdP()
    minted = one.make(idp, in_response_to=REQUEST_ID, now=NOW, sign=sign)
    judged = validate_response(minted.encoded, idp.connection(), request_id=REQUEST_ID, now=NOW)
    assert judged.name_id is not None
    assert judged.name_id.value == "alice"
    assert judged.issuer == idp.entity_id
