"""Keys that are not trusted, are too small, or do another kind of signature."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import (
    load_pem_private_key,
)
from lxml import etree

from relyra_django.saml.errors import ErrorCode
from relyra_django.testing.signing import canonical
from tests.saml.corpus.cases import pem
from tests.saml.corpus.mint.algorithms import MORE, REFUSED_METHODS, SINCE_2007
from tests.saml.corpus.mint.draft import (
    ALICE,
    ASSERTION,
    EVERY_SHAPE,
    Mutation,
    Shape,
    mutation,
)
from tests.saml.corpus.mint.edits import (
    setting,
    signature_method,
    signature_value,
    signed_info,
)
from tests.saml.corpus.mint.keys import key
from tests.saml.corpus.mint.signers import Style

OLD, TRANSFORM = ErrorCode.DEPRECATED_ALGORITHM, ErrorCode.CANONICALIZATION_FAILED
INVALID, SHAPE = ErrorCode.INVALID_SIGNATURE, ErrorCode.AMBIGUOUS_SIGNED_NODE
UNTRUSTED = ErrorCode.UNTRUSTED_CERTIFICATE


def _dsa(message: etree._Element) -> None:
    """Sign with a real DSA key."""
    signature_method(message).set("Algorithm", REFUSED_METHODS["dsa-sha256"])
    dsa: Any = load_pem_private_key(pem("dsa.key").encode(), None)
    r, s = decode_dss_signature(dsa.sign(canonical(signed_info(message)), hashes.SHA256()))
    signature_value(message).text = base64.b64encode(r.to_bytes(32) + s.to_bytes(32)).decode()


def _raw_hash(message: etree._Element) -> None:
    """Offer the hash itself as the signature."""
    value = hashlib.sha256(canonical(signed_info(message))).digest()
    signature_value(message).text = base64.b64encode(value).decode()


def _pss_under_pkcs1(message: etree._Element) -> None:
    trusted: Any = key("idp")
    pss = padding.PSS(padding.MGF1(hashes.SHA256()), 32)
    value = trusted.private_key.sign(canonical(signed_info(message)), pss, hashes.SHA256())
    signature_value(message).text = base64.b64encode(value).decode()


def _pkcs1_under_pss(message: etree._Element) -> None:
    signature_method(message).set("Algorithm", SINCE_2007 + "sha256-rsa-MGF1")
    value = key("idp").sign(canonical(signed_info(message)))
    signature_value(message).text = base64.b64encode(value).decode()


EC = Shape(
    slug="ec",
    words="assertion signed with P-256",
    signed=ASSERTION.signed,
    key="ec",
    connection={"idp_certificates": ["ec.crt"]},
)


def _zero(message: etree._Element) -> None:
    """r = s = 0, which careless implementations take."""
    signature_value(message).text = base64.b64encode(bytes(64)).decode()


def _trusting(*names: str) -> dict[str, list[str]]:
    return {"idp_certificates": [f"{name}.crt" for name in names]}


KEYS: tuple[Mutation, ...] = (
    mutation(
        "stranger",
        "A key that nobody trusts, under the name of the trusted one.",
        INVALID,
        key="stranger",
        shapes=EVERY_SHAPE,
    ),
    mutation(
        "stranger-shows-own",
        "A stranger shows the certificate it signed with.",
        INVALID,
        key="stranger",
        style=Style(key_info=True),
    ),
    mutation(
        "other-tenant",
        "The key of another tenant's identity provider.",
        INVALID,
        key="idp-b",
        shapes=EVERY_SHAPE,
    ),
    mutation("ec-for-rsa", "An EC key signs, an RSA certificate is trusted.", INVALID, key="ec"),
    mutation(
        "rsa-for-ec",
        "An RSA key signs, an EC certificate is trusted.",
        INVALID,
        connection=_trusting("ec"),
    ),
    mutation(
        "other-curve",
        "A P-384 key signs, a P-256 certificate is trusted.",
        INVALID,
        key="ec384",
        connection=_trusting("ec"),
    ),
    mutation(
        "ecdsa-named-rsa",
        "An RSA signature is called ECDSA.",
        INVALID,
        after=setting(signature_method, "Algorithm", MORE + "ecdsa-sha256"),
        sealed=True,
    ),
    mutation(
        "ecdsa-zero",
        "An ECDSA signature of zeros.",
        INVALID,
        after=_zero,
        shapes=(EC,),
        source="CVE-2022-21449",
    ),
    mutation("dsa", "A DSA key signs.", OLD, after=_dsa),
    mutation("raw-hash", "The hash itself as the signature.", INVALID, after=_raw_hash),
    mutation(
        "pss-called-pkcs1",
        "RSA-PSS under the name of PKCS #1 v1.5.",
        INVALID,
        after=_pss_under_pkcs1,
    ),
    mutation(
        "pkcs1-called-pss",
        "PKCS #1 v1.5 under the name of RSA-PSS.",
        INVALID,
        after=_pkcs1_under_pss,
    ),
    mutation(
        "rsa-1024",
        "An RSA key of 1024 bits, trusted.",
        UNTRUSTED,
        key="weak",
        connection=_trusting("weak"),
    ),
    mutation(
        "rsa-1024-beside",
        "A trusted RSA key of 1024 bits beside the right one.",
        UNTRUSTED,
        connection=_trusting("idp", "weak"),
    ),
    mutation(
        "dsa-pinned",
        "The trusted certificate holds a DSA key.",
        UNTRUSTED,
        connection=_trusting("dsa"),
    ),
    mutation(
        "no-certificate", "The connection trusts no certificate.", UNTRUSTED, connection=_trusting()
    ),
    mutation(
        "expired-refused",
        "The certificate has expired, and the policy says that this counts.",
        ErrorCode.CERTIFICATE_EXPIRED,
        key="expired",
        connection=_trusting("expired"),
        policy={"refuse_expired_certificates": True},
    ),
    mutation(
        "expired",
        "Harmless: the certificate has expired, the key is pinned.",
        ALICE,
        key="expired",
        connection=_trusting("expired"),
    ),
    mutation(
        "rollover-second",
        "Harmless: the second of two certificates fits.",
        ALICE,
        connection=_trusting("idp-b", "idp"),
    ),
    mutation(
        "rollover-mixed",
        "Harmless: an EC certificate beside the RSA one that fits.",
        ALICE,
        connection=_trusting("ec", "ec521", "idp"),
    ),
    mutation(
        "expired-beside",
        "Harmless: an expired certificate beside the one that fits.",
        ALICE,
        connection=_trusting("expired", "idp"),
        policy={"refuse_expired_certificates": True},
    ),
)
