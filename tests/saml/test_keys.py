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
