"""Algorithms that are not allowed, and the public key as an HMAC secret."""

from __future__ import annotations

import base64
import hmac
from typing import Any

from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
)
from lxml import etree

from relyra_django.saml.errors import ErrorCode
from relyra_django.testing.namespaces import DS
from relyra_django.testing.signing import canonical
from tests.saml.corpus.cases import pem
from tests.saml.corpus.mint.draft import (
    ALICE,
    ASSERTION,
    EVERY_SHAPE,
    Edit,
    Mutation,
    mutation,
)
from tests.saml.corpus.mint.edits import (
    digest_method,
    ds,
    growing,
    setting,
    signature_method,
    signature_value,
    signed_info,
    together,
)
from tests.saml.corpus.mint.keys import key
from tests.saml.corpus.mint.signers import Style

OLD, TRANSFORM = ErrorCode.DEPRECATED_ALGORITHM, ErrorCode.CANONICALIZATION_FAILED
INVALID, SHAPE = ErrorCode.INVALID_SIGNATURE, ErrorCode.AMBIGUOUS_SIGNED_NODE
UNTRUSTED = ErrorCode.UNTRUSTED_CERTIFICATE

MORE = "http://www.w3.org/2001/04/xmldsig-more#"
SINCE_2007 = "http://www.w3.org/2007/05/xmldsig-more#"
REFUSED_METHODS = {
    "rsa-sha1": DS + "rsa-sha1",
    "dsa-sha1": DS + "dsa-sha1",
    "dsa-sha256": "http://www.w3.org/2009/xmldsig11#dsa-sha256",
    "rsa-md5": MORE + "rsa-md5",
    "rsa-ripemd160": MORE + "rsa-ripemd160",
    "rsa-sha224": MORE + "rsa-sha224",
    "ecdsa-sha1": MORE + "ecdsa-sha1",
    "ecdsa-sha224": MORE + "ecdsa-sha224",
    "pss-with-parameters": SINCE_2007 + "rsa-pss",
    "pss-sha1": SINCE_2007 + "sha1-rsa-MGF1",
    "pss-sha3-256": SINCE_2007 + "sha3-256-rsa-MGF1",
    "hmac-sha1": DS + "hmac-sha1",
    "hmac-sha256": MORE + "hmac-sha256",
    "eddsa": "http://www.w3.org/2021/04/xmldsig-more#eddsa-ed25519",
    "none": "urn:x:none",
    "empty": "",
    "without-namespace": "rsa-sha256",
    "other-case": (MORE + "RSA-SHA256"),
    "blank-behind": MORE + "rsa-sha256 ",
    "digest-uri": "http://www.w3.org/2001/04/xmlenc#sha256",
}
_REFUSED_DIGESTS = {
    "sha1": DS + "sha1",
    "md5": MORE + "md5",
    "ripemd160": "http://www.w3.org/2001/04/xmlenc#ripemd160",
    "sha224": MORE + "sha224",
    "sha3-256": SINCE_2007 + "sha3-256",
    "whirlpool": SINCE_2007 + "whirlpool",
    "none": "urn:x:none",
    "empty": "",
    "other-case": "http://www.w3.org/2001/04/xmlenc#SHA256",
    "sha384-of-xmlenc": "http://www.w3.org/2001/04/xmlenc#sha384",
}
_OPEN = {"legacy_sha1": {"reason": "migration", "expires_at": "2026-03-15T00:00:00+00:00"}}
_CLOSED = {"legacy_sha1": {"reason": "migration", "expires_at": "2026-03-14T12:00:00+00:00"}}
_NO_REASON = {"legacy_sha1": {"reason": " ", "expires_at": "2026-03-15T00:00:00+00:00"}}
_ALL_SHA1 = Style(digest="sha1", method_digest="sha1")


ALGORITHMS: tuple[Mutation, ...] = (
    *(
        mutation(
            f"method-{slug}",
            f"The SignatureMethod is {uri!r}.",
            OLD,
            after=setting(signature_method, "Algorithm", uri),
            sealed=True,
        )
        for slug, uri in REFUSED_METHODS.items()
    ),
    *(
        mutation(
            f"digest-{slug}",
            f"The DigestMethod is {uri!r}.",
            OLD,
            after=setting(digest_method, "Algorithm", uri),
            sealed=True,
        )
        for slug, uri in _REFUSED_DIGESTS.items()
    ),
    mutation(
        "signed-with-sha1", "Really signed with SHA-1.", OLD, style=_ALL_SHA1, shapes=EVERY_SHAPE
    ),
    mutation(
        "sha1-digest-only",
        "Really digested with SHA-1, signed with SHA-256.",
        OLD,
        style=Style(digest="sha1"),
    ),
    mutation(
        "sha1-method-only",
        "Really digested with SHA-256, signed with SHA-1.",
        OLD,
        style=Style(method_digest="sha1"),
    ),
    mutation(
        "sha1-hatch-expired",
        "SHA-1 with an exception that has just run out.",
        ErrorCode.LEGACY_ALGORITHM_OVERRIDE_EXPIRED,
        style=_ALL_SHA1,
        policy=_CLOSED,
    ),
    mutation(
        "sha1-hatch-without-reason",
        "SHA-1 with an exception that nobody gave a reason for.",
        OLD,
        style=_ALL_SHA1,
        policy=_NO_REASON,
    ),
    mutation(
        "sha1-hatch-open",
        "Harmless: SHA-1 with an open exception.",
        ALICE,
        style=_ALL_SHA1,
        policy=_OPEN,
        shapes=EVERY_SHAPE,
    ),
    mutation(
        "md5-hatch-open",
        "MD5 with an open exception for SHA-1.",
        OLD,
        after=setting(digest_method, "Algorithm", _REFUSED_DIGESTS["md5"]),
        sealed=True,
        policy=_OPEN,
    ),
    mutation(
        "hmac-hatch-open",
        "HMAC with SHA-1 and an open exception for SHA-1.",
        OLD,
        after=setting(signature_method, "Algorithm", REFUSED_METHODS["hmac-sha1"]),
        sealed=True,
        policy=_OPEN,
    ),
    mutation(
        "mixed",
        "Harmless: digested with SHA-512, signed with SHA-256.",
        ALICE,
        style=Style(digest="sha512"),
    ),
    mutation(
        "mixed-other-way",
        "Harmless: digested with SHA-256, signed with SHA-384.",
        ALICE,
        style=Style(method_digest="sha384"),
    ),
)


def _hmac_of(secret: bytes, hash_: str, uri: str) -> Edit:
    """Sign with what everybody knows, as a shared secret."""

    def edit(message: etree._Element) -> None:
        signature_method(message).set("Algorithm", uri)
        mac = hmac.new(secret, canonical(signed_info(message)), hash_).digest()
        signature_value(message).text = base64.b64encode(mac).decode()

    return edit


def _secrets() -> dict[str, bytes]:
    trusted: Any = key("idp")
    public = trusted.private_key.public_key()
    modulus = public.public_numbers().n
    return {
        "key-pem": public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        "key-der": public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        "key-pkcs1": public.public_bytes(Encoding.DER, PublicFormat.PKCS1),
        "modulus": modulus.to_bytes((modulus.bit_length() + 7) // 8),
        "certificate-pem": pem("idp.crt").encode(),
        "certificate-der": trusted.certificate.public_bytes(Encoding.DER),
        "certificate-base64": trusted.certificate_base64.encode(),
        "nothing": b"",
    }


_TRUNCATED = together(
    growing(signature_method, ds("HMACOutputLength"), "8"),
    _hmac_of(b"", "sha256", REFUSED_METHODS["hmac-sha256"]),
    lambda message: setattr(signature_value(message), "text", "AA=="),
)

HMAC: tuple[Mutation, ...] = (
    *(
        mutation(
            f"sha256-{name}",
            f"HMAC with SHA-256, the secret is {name}.",
            OLD,
            after=_hmac_of(secret, "sha256", REFUSED_METHODS["hmac-sha256"]),
            shapes=EVERY_SHAPE if name == "key-pem" else (ASSERTION,),
        )
        for name, secret in _secrets().items()
    ),
    mutation(
        "sha1-key-pem",
        "HMAC with SHA-1, the secret is the public key.",
        OLD,
        after=_hmac_of(_secrets()["key-pem"], "sha1", REFUSED_METHODS["hmac-sha1"]),
    ),
    mutation(
        "under-the-name-of-rsa",
        "An HMAC under the name of rsa-sha256.",
        INVALID,
        after=_hmac_of(_secrets()["key-pem"], "sha256", MORE + "rsa-sha256"),
    ),
    mutation(
        "truncated",
        "HMAC cut to eight bits by HMACOutputLength.",
        SHAPE,
        after=_TRUNCATED,
        source="CVE-2009-0217",
    ),
)
