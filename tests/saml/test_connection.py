from __future__ import annotations

import dataclasses
from datetime import UTC, datetime

import pytest

from relyra_django.saml import ConnectionSnapshot, Hatch, Policy
from relyra_django.saml.connection import Signing

MINIMAL = {"connection_id": "c", "idp_entity_id": "i", "sp_entity_id": "s", "acs_url": "a"}


def test_the_defaults_are_the_strict_ones():
    policy = Policy()
    assert policy.signing is Signing.EITHER
    assert policy.clock_skew_seconds == 180
    assert policy.max_lifetime_seconds == policy.max_issue_age_seconds == 86_400
    assert policy.require_signed_logout_request
    assert policy.require_signed_logout_response
    lenient = [name for name in Policy.__slots__ if getattr(policy, name) is False]
    assert lenient == [
        "allow_unsolicited",
        "allow_missing_destination",
        "allow_missing_response_issuer",
        "refuse_expired_certificates",
    ]
    assert policy.legacy_sha1 is policy.legacy_aes_cbc is None


@pytest.mark.parametrize("seconds", [0, 1, 180, 299, 300])
def test_a_clock_skew_that_may_be(seconds):
    assert Policy(clock_skew_seconds=seconds).clock_skew_seconds == seconds


@pytest.mark.parametrize("seconds", [-1, 301, 3600])
def test_a_clock_skew_that_may_not(seconds):
    with pytest.raises(ValueError, match=r"^clock_skew_seconds must be 0 to 300$"):
        Policy(clock_skew_seconds=seconds)


@pytest.mark.parametrize("name", ["max_lifetime_seconds", "max_issue_age_seconds"])
@pytest.mark.parametrize("seconds", [1, 86_400])
def test_a_window_that_may_be(name, seconds):
    assert getattr(Policy(**{name: seconds}), name) == seconds


@pytest.mark.parametrize("name", ["max_lifetime_seconds", "max_issue_age_seconds"])
@pytest.mark.parametrize("seconds", [-1, 0, 86_401])
def test_a_window_that_may_not(name, seconds):
    with pytest.raises(ValueError, match=r"^a window must be 1 to 86400 seconds$"):
        Policy(**{name: seconds})


def test_signing_is_one_of_four_words():
    assert Policy(signing="both").signing is Signing.BOTH
    with pytest.raises(ValueError, match="neither"):
        Policy(signing="neither")


def test_a_snapshot_shows_no_keys_and_cannot_be_changed():
    hatch = Hatch(reason="old", expires_at=datetime(2026, 1, 1, tzinfo=UTC))
    snapshot = ConnectionSnapshot(
        **MINIMAL,
        idp_certificates=("pem of theirs",),
        sp_decryption_keys=("pem of ours",),
        sp_signing_key="pem of ours",
        policy=Policy(legacy_sha1=hatch),
    )
    assert "pem" not in repr(snapshot)
    assert snapshot == dataclasses.replace(snapshot)
    with pytest.raises(dataclasses.FrozenInstanceError):
        snapshot.acs_url = "b"


def test_without_private_keys_everything_else_is_left():
    bare = ConnectionSnapshot(**MINIMAL, idp_certificates=("c",))
    assert bare.without_private_keys() is bare
    for keys in ({"sp_decryption_keys": ("k",)}, {"sp_signing_key": "k"}):
        assert dataclasses.replace(bare, **keys).without_private_keys() == bare
