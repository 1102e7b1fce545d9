"""Void canonicalization: a failure taken for empty output makes one signature sign everything."""

from __future__ import annotations

import base64
import hashlib
import re

from lxml import etree

from relyra_django.saml.errors import ErrorCode
from relyra_django.testing.namespaces import DIGEST_METHODS
from tests.saml.corpus.mint.draft import EVERY_SHAPE, Edit, Mutation, Octets
from tests.saml.corpus.mint.edits import attribute_value, digest_method, digest_value, name_id

XML, DIGEST = ErrorCode.MALFORMED_XML, ErrorCode.DIGEST_MISMATCH
OLD = ErrorCode.DEPRECATED_ALGORITHM
FRAGILE_LOCK = "CVE-2025-66568, CVE-2025-66475"


def declaring(name: str, declaration: str) -> Octets:
    """Add a namespace declaration to the first element of this local name."""

    def change(xml: bytes) -> bytes:
        pattern = rb"(<(?:\w+:)?%s)\b" % name.encode()
        changed, count = re.subn(pattern, rb"\1 " + declaration.encode(), xml, count=1)
        assert count == 1, name
        return changed

    return change


def empty_digest(hash_: str) -> Edit:
    """Claim that the content is the empty string."""
    value = base64.b64encode(hashlib.new(hash_).digest()).decode()

    def edit(message: etree._Element) -> None:
        digest_method(message).set("Algorithm", DIGEST_METHODS[hash_])
        digest_value(message).text = value

    return edit


def _admin(message: etree._Element) -> None:
    name_id(message).text = "admin"


def _all_of_it(message: etree._Element) -> None:
    empty_digest("sha256")(message)
    _admin(message)


# Where the ampersand is not escaped, a reader of canonical bytes takes it for SAML's own.
_ALMOST_SAML = "urn:oasis:names:tc:SAML:2.0:&#97;ssertion"


def _in_value(uri: str) -> Edit:
    def edit(message: etree._Element) -> None:
        name = etree.QName(uri, "Assertion")
        etree.SubElement(attribute_value(message), name, nsmap={"z": uri})

    return edit


_PLACES = (
    "Response",
    "Assertion",
    "NameID",
    "SignedInfo",
    "SignatureMethod",
    "AttributeValue",
    "Status",
)
_URIS = {
    "word": "relative",
    "digit": "1",
    "dots": "../x",
    "host": "//evil.example/x",
    "query": "?x",
    "fragment": "#x",
    "late-colon": "a/b:c",
    "digit-scheme": "1a:b",
    "blank-scheme": " urn:x",
}

VOID: tuple[Mutation, ...] = (
    *(
        Mutation(
            slug=f"relative-on-{name}",
            says=f"{name} declares a relative namespace URI.",
            judged=XML,
            octets=declaring(name, 'xmlns:r="relative"'),
            source=FRAGILE_LOCK,
        )
        for name in _PLACES
    ),
    *(
        Mutation(
            slug=f"relative-as-{slug}",
            says=f"The NameID declares the namespace URI {uri!r}.",
            judged=XML,
            octets=declaring("NameID", f'xmlns:r="{uri}"'),
            source=FRAGILE_LOCK,
        )
        for slug, uri in _URIS.items()
    ),
    Mutation(
        slug="undeclared-again",
        says="The NameID takes a prefix back, which only XML 1.1 may.",
        judged=XML,
        octets=declaring("NameID", 'xmlns:r=""'),
    ),
    *(
        Mutation(
            slug=f"empty-digest-{hash_}",
            says=f"The DigestValue is that of the empty string by {hash_}.",
            judged=OLD if hash_ == "sha1" else DIGEST,
            after=empty_digest(hash_),
            sealed=True,
            shapes=EVERY_SHAPE if hash_ == "sha256" else EVERY_SHAPE[:1],
            source=FRAGILE_LOCK,
        )
        for hash_ in ("sha1", "sha256", "sha384", "sha512")
    ),
    *(
        Mutation(
            slug=f"ampersand-{slug}",
            says=f"A value holds an element of the namespace {uri!r}: {why}.",
            judged=XML,
            before=_in_value(uri),
            shapes=EVERY_SHAPE,
        )
        for slug, uri, why in (
            ("alone", "urn:x&y", "libxml2 writes the ampersand as it is, and nothing can read it"),
            ("as-entity", "urn:x&amp;y", "libxml2 writes it so that it is read as another one"),
            ("as-saml", _ALMOST_SAML, "what is signed would be read as an Assertion"),
        )
    ),
    Mutation(
        slug="empty-digest-over-a-forgery",
        says="A signature over the empty string, a relative namespace URI and the user admin.",
        judged=XML,
        after=_all_of_it,
        sealed=True,
        octets=declaring("NameID", 'xmlns:r="relative"'),
        source=FRAGILE_LOCK,
    ),
)
