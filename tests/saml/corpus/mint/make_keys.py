"""Make the keys that are missing: `python -m tests.saml.corpus.mint.make_keys`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from tests.saml.corpus.cases import KEYS
from tests.saml.corpus.mint.keys import KINDS

CURVES = {"ec": ec.SECP256R1, "ec384": ec.SECP384R1, "ec521": ec.SECP521R1}
BITS = {"rsa": 2048, "rsa3072": 3072, "rsa1024": 1024}
# The attacker's certificate calls itself what the trusted one is called.
SUBJECTS = {"stranger": "idp"}
END = {"expired": datetime(2020, 1, 1, tzinfo=UTC)}


def main() -> None:
    for name, kind in (*KINDS.items(), ("dsa", "dsa")):
        if not (KEYS / f"{name}.key.pem").exists():
            _write(name, _make(kind))


def _make(kind: str) -> Any:
    if kind == "dsa":
        return dsa.generate_private_key(2048)
    if kind in CURVES:
        return ec.generate_private_key(CURVES[kind]())
    return rsa.generate_private_key(public_exponent=65537, key_size=BITS[kind])


def _write(name: str, key: Any) -> None:
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (KEYS / f"{name}.key.pem").write_bytes(private)
    (KEYS / f"{name}.crt.pem").write_bytes(_certificate(name, key))


def _certificate(name: str, key: Any) -> bytes:
    subject = x509.Name(
        [x509.NameAttribute(NameOID.COMMON_NAME, f"corpus {SUBJECTS.get(name, name)}")]
    )
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime(2000, 1, 1, tzinfo=UTC))
        .not_valid_after(END.get(name, datetime(2099, 12, 31, tzinfo=UTC)))
        .sign(key, hashes.SHA256())
    )
    return certificate.public_bytes(Encoding.PEM)


if __name__ == "__main__":
    main()
