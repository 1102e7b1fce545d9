from __future__ import annotations

import base64
from dataclasses import FrozenInstanceError

import pytest

from relyra_django.testing import Minted

MINTED = Minted(xml=b"<a>alice alice</a>", response_id="_r", assertion_id="_a")


def test_the_form_field_is_base64() -> None:
    assert base64.b64decode(MINTED.encoded, validate=True) == MINTED.xml
    assert str(MINTED) == MINTED.encoded


def test_a_payload_stands_for_itself() -> None:
    assert Minted(xml=b"", payload="%").encoded == "%"


def test_the_form_has_a_relay_state_only_when_there_is_one() -> None:
    assert MINTED.form() == {"SAMLResponse": MINTED.encoded}
    assert MINTED.form("rs_1") == {"SAMLResponse": MINTED.encoded, "RelayState": "rs_1"}


def test_tampering_replaces_once() -> None:
    assert MINTED.tampered("alice", "admin").xml == b"<a>admin alice</a>"


def test_tampering_replaces_all_when_told_to() -> None:
    assert MINTED.tampered(b"alice", b"admin", count=-1).xml == b"<a>admin admin</a>"


def test_tampering_keeps_the_ids_and_the_original() -> None:
    assert MINTED.tampered("alice", "admin").assertion_id == "_a"
    assert b"admin" not in MINTED.xml


def test_tampering_with_nothing_is_an_error() -> None:
    with pytest.raises(ValueError, match="b'bob' is not in the message"):
        MINTED.tampered("bob", "admin")


def test_it_is_frozen() -> None:
    with pytest.raises(FrozenInstanceError):
        MINTED.xml = b""  # type: ignore[misc]
