from __future__ import annotations

from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from relyra_django.testing.keys import KEY_KINDS, signing_key

BITS = {"rsa": 2048, "pss": 2048, "rsa3072": 3072, "rsa1024": 1024}
CURVES = {"ec": "secp256r1", "ec384": "secp384r1", "ec521": "secp521r1"}


@pytest.mark.parametrize("kind", sorted(BITS))
def test_rsa_keys_have_the_size_they_promise(kind: str) -> None:
    key = signing_key(kind).private_key
    assert isinstance(key, rsa.RSAPrivateKey)
    assert key.key_size == BITS[kind]


@pytest.mark.parametrize("kind", sorted(CURVES))
def test_ec_keys_are_on_the_curve_they_promise(kind: str) -> None:
    key = signing_key(kind).private_key
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    assert key.curve.name == CURVES[kind]


def test_every_kind_is_covered_above() -> None:
    assert set(KEY_KINDS) == {*BITS, *CURVES}


def test_a_key_is_made_once() -> None:
    assert signing_key("ec") is signing_key("ec")


def test_names_tell_keys_apart() -> None:
    assert signing_key("ec", "one").public_key_pem != signing_key("ec", "two").public_key_pem


def test_an_unknown_kind_is_named() -> None:
    with pytest.raises(ValueError, match="no key of kind 'dsa'"):
        signing_key("dsa")


@pytest.mark.parametrize("kind", ["rsa", "ec"])
def test_the_certificate_is_real_and_self_signed(kind: str) -> None:
    certificate = x509.load_pem_x509_certificate(signing_key(kind).certificate_pem.encode())
    certificate.verify_directly_issued_by(certificate)
    assert certificate.serial_number > 0


def test_the_certificate_carries_its_dates() -> None:
    dates = (datetime(2020, 1, 1, tzinfo=UTC), datetime(2021, 1, 1, tzinfo=UTC))
    certificate = signing_key("ec", "dated", dates).certificate
    assert (certificate.not_valid_before_utc, certificate.not_valid_after_utc) == dates


def test_another_date_does_not_make_another_key() -> None:
    dates = (datetime(2020, 1, 1, tzinfo=UTC), datetime(2021, 1, 1, tzinfo=UTC))
    assert signing_key("ec", "a", dates).public_key_pem == signing_key("ec", "a").public_key_pem


def test_the_private_key_can_be_given_away() -> None:
    key = signing_key("ec")
    loaded = load_pem_private_key(key.private_key_pem.encode(), None)
    assert loaded.public_key() == key.private_key.public_key()


def test_the_repr_shows_no_key() -> None:
    assert repr(signing_key("ec")) == "SigningKey(kind='ec')"


@pytest.mark.parametrize(("kind", "width"), [("ec", 64), ("ec384", 96), ("ec521", 132)])
def test_ecdsa_values_have_a_fixed_width(kind: str, width: int) -> None:
    key = signing_key(kind)
    assert {len(key.sign(bytes([n]))) for n in range(20)} == {width}


@pytest.mark.parametrize(
    ("kind", "digest", "ending"),
    [
        ("rsa", "sha256", "#rsa-sha256"),
        ("rsa1024", "sha1", "#rsa-sha1"),
        ("pss", "sha384", "#sha384-rsa-MGF1"),
        ("ec384", "sha512", "#ecdsa-sha512"),
    ],
)
def test_the_method_follows_key_and_hash(kind: str, digest: str, ending: str) -> None:
    assert signing_key(kind).method(digest).endswith(ending)


def test_there_is_no_method_for_every_hash() -> None:
    with pytest.raises(KeyError):
        signing_key("pss").method("sha1")
