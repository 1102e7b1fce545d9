"""The keys of the corpus: made once, kept as PEM files, worth nothing to anybody."""

from __future__ import annotations

from functools import cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from relyra_django.testing.keys import SigningKey
from tests.saml.corpus.cases import pem

# idp: the trusted one. idp-b: that of another tenant. stranger: nobody's, under the name of idp.
KINDS = {
    "idp": "rsa",
    "idp-b": "rsa",
    "stranger": "rsa",
    "rsa3072": "rsa3072",
    "ec": "ec",
    "ec384": "ec384",
    "ec521": "ec521",
    "weak": "rsa1024",
    "expired": "rsa",
    "federation": "rsa",
    "sp": "rsa",
}


@cache
def key(name: str, *, pss: bool = False) -> SigningKey:
    """Return the key of that name; `pss` makes an RSA key sign with RSA-PSS."""
    private_key: Any = load_pem_private_key(pem(f"{name}.key").encode(), None)
    certificate = x509.load_pem_x509_certificate(pem(f"{name}.crt").encode())
    kind = "pss" if pss else KINDS[name]
    return SigningKey(kind=kind, private_key=private_key, certificate=certificate)
