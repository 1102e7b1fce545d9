"""X.509 certificates as pinned keys: read once, measured, kept parsed."""

from __future__ import annotations

import re
import threading
import warnings
from base64 import b64decode
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import NoReturn

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import PublicKeyAlgorithmOID

from relyra_django.saml.errors import ErrorCode, RelyraError

MAX_TEXT_LENGTH = 65_536
MIN_RSA_BITS = 2048
EC_CURVES = frozenset({"secp256r1", "secp384r1", "secp521r1"})

PublicKey = RSAPublicKey | EllipticCurvePublicKey

# No dash in the body: a text of nothing but first lines would be read from each to its end.
_BLOCK = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----([^-]*)-----END \1-----")
_WHITESPACE = re.compile(r"[ \t\r\n]+")
# catch_warnings() swaps a list that belongs to the whole process.
_warning_filters = threading.Lock()


class KeyKind(StrEnum):
    RSA = "rsa"
    EC = "ec"


@dataclass(frozen=True, kw_only=True, slots=True)
class Certificate:
    """One certificate and what its key is. Times are UTC; `key_bits` is modulus or curve size."""

    pem: str = field(repr=False)
    fingerprint_sha256: str  # lower-case hex of the DER
    subject: str
    not_before: datetime
    not_after: datetime
    key_kind: KeyKind
    key_bits: int
    public_key: PublicKey = field(repr=False, compare=False)


@lru_cache(maxsize=1024)
def load(text: str) -> Certificate:
    """Return the one certificate in `text`, PEM or bare base64, and keep it parsed.

    Raises RelyraError untrusted_certificate with details.reason: too_large, private_key,
    several_certificates, unreadable, key_too_small, unsupported_curve, unsupported_key.
    Validity dates decide nothing here: the pinned key does (IIP-MD12).
    """
    certificate = _parse(_der(text))
    if certificate.public_key_algorithm_oid == PublicKeyAlgorithmOID.RSASSA_PSS:
        # Such a key may not make other signatures, and the verifiers differ on what that means.
        _refuse("unsupported_key", "The key is bound to RSA-PSS.", "rsassa-pss", "rsa, ec")
    try:
        public_key = _accept_key(certificate.public_key())
        return _facts(certificate, public_key)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise _unreadable(error) from error


def normalise(text: str) -> str:
    """Return `text` as PEM in lines of 64, ending with a newline. Raises as load() does."""
    return load(text).pem


def _der(text: str) -> bytes:
    if len(text) > MAX_TEXT_LENGTH:
        _refuse("too_large", "The certificate is far longer than any certificate is.")
    if "PRIVATE KEY" in text:
        _refuse("private_key", "A private key was given where a certificate belongs.")
    blocks = _BLOCK.findall(text) or [("CERTIFICATE", text)]
    if len(blocks) > 1:
        _refuse("several_certificates", "Give one certificate at a time.", actual=len(blocks))
    [(_label, body)] = blocks
    try:
        return b64decode(_WHITESPACE.sub("", body), validate=True)
    except ValueError as error:
        raise _unreadable(error) from error


def _parse(der: bytes) -> x509.Certificate:
    try:
        with _warning_filters, warnings.catch_warnings():
            # Honest identity providers still use certificates with a serial number of zero.
            warnings.simplefilter("ignore")
            return x509.load_der_x509_certificate(der)
    except (ValueError, UnsupportedAlgorithm, x509.InvalidVersion) as error:
        raise _unreadable(error) from error


def _accept_key(key: object) -> PublicKey:
    if isinstance(key, RSAPublicKey):
        if key.key_size < MIN_RSA_BITS:
            _refuse("key_too_small", "The RSA key is too small.", key.key_size, MIN_RSA_BITS)
        return key
    if not isinstance(key, EllipticCurvePublicKey):
        _refuse("unsupported_key", "The key is neither RSA nor EC.", type(key).__name__, "rsa, ec")
    if key.curve.name not in EC_CURVES:
        _refuse("unsupported_curve", "The curve is not one of NIST's.", key.curve.name)
    return key


def _facts(certificate: x509.Certificate, public_key: PublicKey) -> Certificate:
    return Certificate(
        pem=certificate.public_bytes(Encoding.PEM).decode("ascii"),
        fingerprint_sha256=certificate.fingerprint(SHA256()).hex(),
        subject=_subject(certificate),
        not_before=certificate.not_valid_before_utc,
        not_after=certificate.not_valid_after_utc,
        key_kind=KeyKind.RSA if isinstance(public_key, RSAPublicKey) else KeyKind.EC,
        key_bits=public_key.key_size,
        public_key=public_key,
    )


def _subject(certificate: x509.Certificate) -> str:
    """A name nobody can read is no reason to refuse a pinned key."""
    try:
        return certificate.subject.rfc4514_string()
    except ValueError:
        return ""


def _refuse(reason: str, message: str, actual: object = None, expected: object = None) -> NoReturn:
    raise RelyraError(
        ErrorCode.UNTRUSTED_CERTIFICATE, message, reason=reason, actual=actual, expected=expected
    )


def _unreadable(error: Exception) -> RelyraError:
    return RelyraError(
        ErrorCode.UNTRUSTED_CERTIFICATE,
        "The text is not an X.509 certificate in PEM or base64.",
        reason="unreadable",
        actual=type(error).__name__,
    )
