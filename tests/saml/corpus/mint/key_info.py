"""KeyInfo, which never decides anything."""

from __future__ import annotations

import base64

from lxml import etree

from relyra_django.saml.errors import ErrorCode
from tests.saml.corpus.cases import pem
from tests.saml.corpus.mint.draft import (
    ALICE,
    ASSERTION,
    Edit,
    Mutation,
    Shape,
    after,
)
from tests.saml.corpus.mint.edits import (
    DS,
    ds,
    signature,
    take_out,
)
from tests.saml.corpus.mint.keys import key
from tests.saml.corpus.mint.signers import Style

SHAPE, TRANSFORM = ErrorCode.AMBIGUOUS_SIGNED_NODE, ErrorCode.CANONICALIZATION_FAILED
DIGEST, INVALID = ErrorCode.DIGEST_MISMATCH, ErrorCode.INVALID_SIGNATURE
XML, MISSING = ErrorCode.MALFORMED_XML, ErrorCode.MISSING_SIGNATURE


def _key_info(*content: str) -> Edit:
    """Show this in KeyInfo."""
    written = f'<ds:KeyInfo xmlns:ds="{DS}">{"".join(content)}</ds:KeyInfo>'

    def edit(message: etree._Element) -> None:
        for old in signature(message).findall(ds("KeyInfo")):
            take_out(old)
        signature(message).append(etree.fromstring(written))

    return edit


def _certificate(name: str) -> str:
    body = "".join(pem(f"{name}.crt").splitlines()[1:-1])
    return f"<ds:X509Data><ds:X509Certificate>{body}</ds:X509Certificate></ds:X509Data>"


def _number(value: int) -> str:
    return base64.b64encode(value.to_bytes((value.bit_length() + 7) // 8)).decode()


def _key_value(name: str) -> str:
    numbers = key(name).private_key.public_key().public_numbers()
    modulus, exponent = _number(numbers.n), _number(numbers.e)  # type: ignore[union-attr]
    return (
        f"<ds:KeyValue><ds:RSAKeyValue><ds:Modulus>{modulus}</ds:Modulus>"
        f"<ds:Exponent>{exponent}</ds:Exponent></ds:RSAKeyValue></ds:KeyValue>"
    )


_RETRIEVAL = '<ds:RetrievalMethod URI="{}"/>'
_SHOWN = {
    "certificate": ("the trusted certificate", _certificate("idp")),
    "foreign-certificate": ("a stranger's certificate", _certificate("stranger")),
    "two-certificates": ("two certificates", _certificate("stranger") + _certificate("idp")),
    "key-value": ("the key as KeyValue", _key_value("idp")),
    "foreign-key-value": ("a stranger's key as KeyValue", _key_value("stranger")),
    "key-name": ("a KeyName that is a path", "<ds:KeyName>/etc/ssl/key.pem</ds:KeyName>"),
    "subject-name": (
        "a subject's name",
        "<ds:X509Data><ds:X509SubjectName>CN=corpus idp</ds:X509SubjectName></ds:X509Data>",
    ),
    "empty": ("nothing", ""),
    "junk-certificate": (
        "a certificate that is none",
        "<ds:X509Data><ds:X509Certificate>AAAA</ds:X509Certificate></ds:X509Data>",
    ),
    "admin": (
        "a NameID",
        '<x:NameID xmlns:x="urn:oasis:names:tc:SAML:2.0:assertion">admin</x:NameID>',
    ),
}
_POINTING = {
    "retrieval-method": _RETRIEVAL.format("https://evil.example/key"),
    "retrieval-method-here": _RETRIEVAL.format("#_assertion"),
    "retrieval-method-deep": "<ds:X509Data>" + _RETRIEVAL.format("#x") + "</ds:X509Data>",
    "object-deep": "<ds:KeyName><ds:Object/></ds:KeyName>",
}

KEY_INFO: tuple[Mutation, ...] = (
    *(
        after(f"shows-{slug}", f"Harmless: KeyInfo shows {says}.", ALICE, _key_info(content))
        for slug, (says, content) in _SHOWN.items()
    ),
    *(
        after(slug, f"KeyInfo holds {slug.replace('-', ' ')}.", SHAPE, _key_info(content))
        for slug, content in _POINTING.items()
    ),
    *(
        after(
            f"stranger-shows-{slug}",
            f"A stranger signed, KeyInfo shows {says}.",
            INVALID,
            _key_info(content),
            key="stranger",
            source="CVE-2021-21239",
        )
        for slug, (says, content) in _SHOWN.items()
        if slug
        in {
            "certificate",
            "foreign-certificate",
            "two-certificates",
            "foreign-key-value",
            "key-name",
            "subject-name",
            "empty",
        }
    ),
)

WITH_CERTIFICATE = Shape(
    slug="shows-certificate",
    words="assertion signed, the signer shows its certificate",
    signed=ASSERTION.signed,
    style=Style(key_info=True),
)
