from __future__ import annotations

import hashlib
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.hashes import SHA256, SHA384

from relyra_django.saml import ErrorCode, Hatch, Policy, RelyraError, algorithms, certificates
from relyra_django.saml import constants as c
from relyra_django.testing.keys import SigningKey, signing_key
from tests.saml.judging import NOW

SIGNATURES = {
    ("rsa", "sha256"): c.RSA_SHA256,
    ("rsa", "sha384"): c.RSA_SHA384,
    ("rsa", "sha512"): c.RSA_SHA512,
    ("pss", "sha256"): c.RSA_PSS_SHA256,
    ("pss", "sha384"): c.RSA_PSS_SHA384,
    ("pss", "sha512"): c.RSA_PSS_SHA512,
    ("ec", "sha256"): c.ECDSA_SHA256,
    ("ec384", "sha384"): c.ECDSA_SHA384,
    ("ec521", "sha512"): c.ECDSA_SHA512,
}
OPEN = Policy(legacy_sha1=Hatch(reason="old", expires_at=NOW + timedelta(seconds=1)))
DATA = b"what was signed"


def public(key: SigningKey) -> certificates.PublicKey:
    return certificates.load(key.certificate_pem).public_key


def verifies(key: SigningKey, uri: str, signature: bytes, data: bytes = DATA) -> bool:
    algorithm = algorithms.signature_algorithm(uri, OPEN, NOW)
    return algorithms.verifies(public(key), algorithm, signature, data)


@pytest.mark.parametrize(("kind", "digest"), SIGNATURES)
class TestEveryAlgorithm:
    def test_verifies_what_its_key_signed(self, kind, digest):
        key, uri = signing_key(kind), SIGNATURES[kind, digest]
        signature = key.sign(DATA, digest)
        assert verifies(key, uri, signature)
        assert not verifies(key, uri, signature, DATA + b".")
        assert not verifies(key, uri, signature[:-1] + bytes([signature[-1] ^ 1]))
        assert not verifies(signing_key(kind, "stranger"), uri, signature)

    def test_verifies_nothing_else(self, kind, digest):
        key, uri = signing_key(kind), SIGNATURES[kind, digest]
        signature = key.sign(DATA, digest)
        for other in set(SIGNATURES.values()) - {uri}:
            assert not verifies(key, other, signature)

    def test_bytes_that_are_no_signature(self, kind, digest):
        key, uri = signing_key(kind), SIGNATURES[kind, digest]
        signature = key.sign(DATA, digest)
        for broken in (b"", b"\0", signature[:-1], signature + b"\0", b"\0" * len(signature)):
            assert not verifies(key, uri, broken)


@pytest.mark.parametrize(
    "scheme",
    [
        padding.PSS(padding.MGF1(SHA256()), 20),
        padding.PSS(padding.MGF1(SHA256()), padding.PSS.MAX_LENGTH),
        padding.PSS(padding.MGF1(SHA384()), 32),
        padding.PKCS1v15(),
    ],
    ids=["short salt", "long salt", "another MGF", "another padding"],
)
def test_the_parameters_of_pss_are_fixed(scheme):
    key = signing_key("pss")
    assert verifies(key, c.RSA_PSS_SHA256, key.sign(DATA))
    made = key.private_key.sign(DATA, scheme, SHA256())
    assert not verifies(key, c.RSA_PSS_SHA256, made)


@pytest.mark.parametrize(
    ("uri", "known"), [(c.SHA256, "sha256"), (c.SHA384, "sha384"), (c.SHA512, "sha512")]
)
def test_digests(uri, known):
    found = algorithms.digest_algorithm(uri, Policy(), NOW)
    assert found(DATA).digest() == hashlib.new(known, DATA).digest()


@pytest.mark.parametrize(
    ("find", "uri"),
    [(algorithms.signature_algorithm, c.RSA_SHA1), (algorithms.digest_algorithm, c.SHA1)],
)
class TestSha1:
    def refused(self, find, uri: str, policy: Policy) -> RelyraError:
        with pytest.raises(RelyraError) as refusal:
            find(uri, policy, NOW)
        return refusal.value

    def test_only_while_the_exception_is_open(self, find, uri):
        assert find(uri, OPEN, NOW)
        refusal = self.refused(find, uri, Policy())
        assert refusal.code is ErrorCode.DEPRECATED_ALGORITHM
        assert refusal.details == {"actual": uri}

    def test_to_the_second(self, find, uri):
        hatch = Hatch(reason="old", expires_at=NOW)
        refusal = self.refused(find, uri, Policy(legacy_sha1=hatch))
        assert refusal.code is ErrorCode.LEGACY_ALGORITHM_OVERRIDE_EXPIRED
        assert refusal.details == {"actual": uri, "expected": NOW.isoformat()}

    @pytest.mark.parametrize("reason", ["", "  "])
    def test_not_without_a_reason(self, find, uri, reason):
        policy = Policy(legacy_sha1=Hatch(reason=reason, expires_at=NOW + timedelta(days=1)))
        assert self.refused(find, uri, policy).code is ErrorCode.DEPRECATED_ALGORITHM

    @pytest.mark.parametrize(
        "other", ["", "http://www.w3.org/2000/09/xmldsig#hmac-sha1", c.RSA_SHA1 + " ", "sha1"]
    )
    def test_it_opens_nothing_else(self, find, uri, other):
        assert self.refused(find, other, OPEN).code is ErrorCode.DEPRECATED_ALGORITHM


def test_sha1_signatures_of_an_open_exception():
    key = signing_key("rsa")
    assert verifies(key, c.RSA_SHA1, key.sign(DATA, "sha1"))
    assert algorithms.digest_algorithm(c.SHA1, OPEN, NOW)(DATA).digest_size == 20
