"""Real keys and self-signed certificates, made once a process: RSA, RSA-PSS and the NIST curves."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from cryptography.x509.oid import NameOID

from relyra_django.testing.namespaces import SIGNATURE_METHODS

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey

HASHES: dict[str, type[hashes.HashAlgorithm]] = {
    "md5": hashes.MD5,
    "sha1": hashes.SHA1,
    "sha256": hashes.SHA256,
    "sha384": hashes.SHA384,
    "sha512": hashes.SHA512,
}
CURVES: dict[str, type[ec.EllipticCurve]] = {
    "ec": ec.SECP256R1,
    "ec384": ec.SECP384R1,
    "ec521": ec.SECP521R1,
}
RSA_BITS = {"rsa": 2048, "pss": 2048, "rsa3072": 3072, "rsa1024": 1024}
KEY_KINDS = (*RSA_BITS, *CURVES)
# Wide enough for any clock that a test may set.
VALIDITY = (datetime(2000, 1, 1, tzinfo=UTC), datetime(2099, 12, 31, tzinfo=UTC))


@dataclass(frozen=True, kw_only=True, slots=True)
class SigningKey:
    """A private key with its self-signed certificate. `kind` is one of KEY_KINDS."""

    kind: str
    private_key: PrivateKey = field(repr=False)
    certificate: x509.Certificate = field(repr=False)

    @property
    def family(self) -> str:
        """What SIGNATURE_METHODS is keyed by: "rsa", "pss" or "ec"."""
        return self.kind.rstrip("0123456789")

    @property
    def certificate_pem(self) -> str:
        return self.certificate.public_bytes(Encoding.PEM).decode()

    @property
    def certificate_base64(self) -> str:
        """The DER certificate as ds:X509Certificate carries it."""
        return base64.b64encode(self.certificate.public_bytes(Encoding.DER)).decode()

    @property
    def public_key_pem(self) -> bytes:
        return self.private_key.public_key().public_bytes(
            Encoding.PEM, PublicFormat.SubjectPublicKeyInfo
        )

    @property
    def private_key_pem(self) -> str:
        return self.private_key.private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
        ).decode()

    def method(self, digest: str = "sha256") -> str:
        """Name the SignatureMethod URI of this key with that hash. KeyError: there is none."""
        return SIGNATURE_METHODS[self.family, digest]

    def sign(self, data: bytes, digest: str = "sha256") -> bytes:
        """Sign as XML Signature wants it; ECDSA as r and s of fixed width (xmldsig 6.4.3)."""
        algorithm = HASHES[digest]()
        if isinstance(self.private_key, ec.EllipticCurvePrivateKey):
            return _raw_ecdsa(self.private_key, data, algorithm)
        return self.private_key.sign(data, self._padding(algorithm), algorithm)

    def _padding(self, algorithm: hashes.HashAlgorithm) -> padding.AsymmetricPadding:
        if self.family == "rsa":
            return padding.PKCS1v15()
        # RFC 6931 2.3.10: the salt is as long as the hash, and MGF1 uses the same hash.
        return padding.PSS(mgf=padding.MGF1(algorithm), salt_length=algorithm.digest_size)


def _raw_ecdsa(
    key: ec.EllipticCurvePrivateKey, data: bytes, algorithm: hashes.HashAlgorithm
) -> bytes:
    width = (key.key_size + 7) // 8
    r, s = decode_dss_signature(key.sign(data, ec.ECDSA(algorithm)))
    return r.to_bytes(width, "big") + s.to_bytes(width, "big")


@lru_cache(maxsize=64)
def signing_key(
    kind: str = "rsa", name: str = "idp", validity: tuple[datetime, datetime] = VALIDITY
) -> SigningKey:
    """Return the key of that kind and name; the same one for the life of the process."""
    private_key = _private_key(kind, name)
    return SigningKey(
        kind=kind, private_key=private_key, certificate=_self_signed(private_key, name, validity)
    )


@lru_cache(maxsize=64)
def _private_key(kind: str, name: str) -> PrivateKey:
    if kind in CURVES:
        return ec.generate_private_key(CURVES[kind]())
    if kind in RSA_BITS:
        return rsa.generate_private_key(public_exponent=65537, key_size=RSA_BITS[kind])
    raise ValueError(f"{name}: no key of kind {kind!r}; there are {', '.join(KEY_KINDS)}")


def _self_signed(
    key: PrivateKey, name: str, validity: tuple[datetime, datetime]
) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"FakeIdP {name}")])
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(validity[0])
        .not_valid_after(validity[1])
        .sign(key, hashes.SHA256())
    )
