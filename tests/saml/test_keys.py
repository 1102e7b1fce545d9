from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from relyra_django.saml import ErrorCode, RelyraError, keys
from relyra_django.saml import constants as c


def pem(key, encryption=None) -> str:
    return key.private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, encryption or NoEncryption()
    ).decode()


@pytest.mark.parametrize(
    "make",
    [
        lambda: rsa.generate_private_key(65537, 2048),
        lambda: ec.generate_private_key(ec.SECP256R1()),
        lambda: ec.generate_private_key(ec.SECP384R1()),
        lambda: ec.generate_private_key(ec.SECP521R1()),
    ],
)
def test_keys_that_can_sign(make):
    text = pem(make())
    key = keys.load_private_key(text)
    assert keys.load_private_key(text) is key
    assert keys.sign(key, b"x")
    assert keys.signature_uri(key) in {c.RSA_SHA256, c.ECDSA_SHA256}


@pytest.mark.parametrize(
    "make",
    [
        lambda: pem(rsa.generate_private_key(65537, 1024)),
        lambda: pem(ec.generate_private_key(ec.SECP256K1())),
        lambda: pem(ed25519.Ed25519PrivateKey.generate()),
        lambda: pem(ec.generate_private_key(ec.SECP256R1()), BestAvailableEncryption(b"secret")),
        lambda: "",
        lambda: "-----BEGIN PRIVATE KEY-----\nsecret\n-----END PRIVATE KEY-----",
        lambda: "\u00e9",
    ],
)
def test_keys_that_cannot(make):
    text = make()
    with pytest.raises(RelyraError) as refusal:
        keys.load_private_key(text)
    assert refusal.value.code is ErrorCode.KEY_NOT_CONFIGURED
    assert refusal.value.__cause__ is None
    assert "secret" not in f"{refusal.value}{refusal.value.details}"


@pytest.mark.parametrize(
    ("make", "uri", "size"),
    [
        (lambda: rsa.generate_private_key(65537, 2048), c.RSA_SHA256, 256),
        (lambda: ec.generate_private_key(ec.SECP256R1()), c.ECDSA_SHA256, 64),
        (lambda: ec.generate_private_key(ec.SECP384R1()), c.ECDSA_SHA256, 96),
        (lambda: ec.generate_private_key(ec.SECP521R1()), c.ECDSA_SHA256, 132),
    ],
)
def test_each_key_has_its_algorithm_and_its_width(make, uri, size):
    key = keys.load_private_key(pem(make()))
    assert keys.signature_uri(key) == uri
    assert len(keys.sign(key, b"x")) == size


def test_operators_see_of_what_kind_the_key_is():
    unfit = pem(ed25519.Ed25519PrivateKey.generate())
    with pytest.raises(RelyraError) as refusal:
        keys.load_private_key(unfit)
    assert refusal.value.details == {"kind": "Ed25519PrivateKey"}
    with pytest.raises(RelyraError) as refusal:
        keys.load_private_key("no key")
    assert refusal.value.details == {"kind": "ValueError"}
