"""Which algorithms are allowed, and until when an exception lets SHA-1 through."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from relyra_django.saml import constants as c
from relyra_django.saml.certificates import KeyKind, PublicKey
from relyra_django.saml.connection import Hatch, Policy
from relyra_django.saml.errors import ErrorCode, RelyraError
from relyra_django.saml.redaction import quoted


class Scheme(StrEnum):
    PKCS1 = "pkcs1-v1.5"
    PSS = "pss"
    ECDSA = "ecdsa"


@dataclass(frozen=True, slots=True)
class SignatureAlgorithm:
    """A SignatureMethod: its padding or curve scheme and its hash."""

    uri: str
    scheme: Scheme
    hash: hashes.HashAlgorithm

    @property
    def key_kind(self) -> KeyKind:
        return KeyKind.EC if self.scheme is Scheme.ECDSA else KeyKind.RSA


_SIGNATURES: Final[Mapping[str, SignatureAlgorithm]] = {
    uri: SignatureAlgorithm(uri, scheme, digest)
    for uri, scheme, digest in (
        (c.RSA_SHA256, Scheme.PKCS1, hashes.SHA256()),
        (c.RSA_SHA384, Scheme.PKCS1, hashes.SHA384()),
        (c.RSA_SHA512, Scheme.PKCS1, hashes.SHA512()),
        (c.RSA_PSS_SHA256, Scheme.PSS, hashes.SHA256()),
        (c.RSA_PSS_SHA384, Scheme.PSS, hashes.SHA384()),
        (c.RSA_PSS_SHA512, Scheme.PSS, hashes.SHA512()),
        (c.ECDSA_SHA256, Scheme.ECDSA, hashes.SHA256()),
        (c.ECDSA_SHA384, Scheme.ECDSA, hashes.SHA384()),
        (c.ECDSA_SHA512, Scheme.ECDSA, hashes.SHA512()),
    )
}
# Verified only while a dated exception of the connection is open.
_LEGACY_SIGNATURE: Final = SignatureAlgorithm(c.RSA_SHA1, Scheme.PKCS1, hashes.SHA1())  # noqa: S303

_DIGESTS: Final[Mapping[str, Callable[[bytes], Any]]] = {
    c.SHA256: hashlib.sha256,
    c.SHA384: hashlib.sha384,
    c.SHA512: hashlib.sha512,
}


def signature_algorithm(uri: str, policy: Policy, now: datetime) -> SignatureAlgorithm:
    """Return the algorithm, if this connection may use it now.

    Raises deprecated_algorithm, legacy_algorithm_override_expired.
    """
    if uri in _SIGNATURES:
        return _SIGNATURES[uri]
    _refuse_unless_open(uri, c.RSA_SHA1, policy.legacy_sha1, now)
    return _LEGACY_SIGNATURE


def digest_algorithm(uri: str, policy: Policy, now: datetime) -> Callable[[bytes], Any]:
    """Return the hash function of a DigestMethod. Raises as `signature_algorithm`."""
    if uri in _DIGESTS:
        return _DIGESTS[uri]
    _refuse_unless_open(uri, c.SHA1, policy.legacy_sha1, now)
    return hashlib.sha1


def _refuse_unless_open(uri: str, legacy: str, hatch: Hatch | None, now: datetime) -> None:
    if uri != legacy or hatch is None or not hatch.reason.strip():
        raise RelyraError(
            ErrorCode.DEPRECATED_ALGORITHM, "The algorithm is not allowed.", actual=quoted(uri)
        )
    if hatch.expires_at <= now:
        raise RelyraError(
            ErrorCode.LEGACY_ALGORITHM_OVERRIDE_EXPIRED,
            "The exception that allowed this algorithm has run out.",
            actual=quoted(uri),
            expected=hatch.expires_at.isoformat(),
        )


def verifies(key: PublicKey, algorithm: SignatureAlgorithm, signature: bytes, data: bytes) -> bool:
    """Tell whether the signature over `data` is this key's, by `cryptography` alone."""
    try:
        if isinstance(key, rsa.RSAPublicKey) and algorithm.key_kind is KeyKind.RSA:
            key.verify(signature, data, _rsa_padding(algorithm), algorithm.hash)
            return True
        if not isinstance(key, rsa.RSAPublicKey) and algorithm.key_kind is KeyKind.EC:
            key.verify(_to_der(signature, key), data, ec.ECDSA(algorithm.hash))
            return True
    except (InvalidSignature, ValueError):
        return False
    return False


def _rsa_padding(algorithm: SignatureAlgorithm) -> padding.AsymmetricPadding:
    if algorithm.scheme is Scheme.PKCS1:
        return padding.PKCS1v15()
    # The 2007/05 names fix the salt to the length of the hash (RFC 9231 2.3.10).
    return padding.PSS(padding.MGF1(algorithm.hash), algorithm.hash.digest_size)


def _to_der(signature: bytes, key: ec.EllipticCurvePublicKey) -> bytes:
    """Turn XML Signature's r||s (RFC 4050 3.3) into the DER that `cryptography` reads."""
    size = (key.curve.key_size + 7) // 8
    if len(signature) != 2 * size:
        raise ValueError("r and s do not fit the curve")
    r, s = signature[:size], signature[size:]
    return encode_dss_signature(int.from_bytes(r), int.from_bytes(s))
