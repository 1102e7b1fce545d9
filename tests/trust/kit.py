"""Certificates and connections for the tests of trust."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from relyra_django.models import Connection
from relyra_django.trust import certificates, connections
from relyra_django.trust.audit import Actor

ACTOR = Actor.system("the suite")
READY = {
    "display_name": "Acme",
    "idp_entity_id": "https://idp.example.org/metadata",
    "idp_sso_url": "https://idp.example.org/sso",
}


@cache
def pem(name: str = "idp", *, days: int = 3650) -> str:
    """Return a certificate that ends `days` from now; the same one for the same arguments."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    key = ec.generate_private_key(ec.SECP256R1())
    end = datetime.now(UTC) + timedelta(days=days)
    certificate = x509.CertificateBuilder(
        issuer_name=subject,
        subject_name=subject,
        public_key=key.public_key(),
        serial_number=x509.random_serial_number(),
        not_valid_before=end - timedelta(days=4000),
        not_valid_after=end,
    ).sign(key, hashes.SHA256())
    return certificate.public_bytes(Encoding.PEM).decode()


def draft(**fields) -> Connection:
    return connections.create(actor=ACTOR, cause="setup", **{**READY, **fields})


def enabled(**fields) -> Connection:
    connection = draft(**fields)
    certificates.stage(connection, pem(), actor=ACTOR, cause="setup")
    return connections.enable(connection, actor=ACTOR, cause="setup")
