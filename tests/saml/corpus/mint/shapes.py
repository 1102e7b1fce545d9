"""Honest messages: the twins that everything hostile is compared with."""

from __future__ import annotations

import re

from lxml import etree

from tests.saml.corpus.cases import Identity
from tests.saml.corpus.mint.answers import UNSOLICITED
from tests.saml.corpus.mint.draft import (
    ALICE,
    ASSERTION,
    EVERY_SHAPE,
    Mutation,
    Shape,
    honest_twin,
    mutation,
)
from tests.saml.corpus.mint.edits import assertion, attribute, ds, root, saml, setting, statement
from tests.saml.corpus.mint.encrypted import SHAPES as ENCRYPTED_SHAPES
from tests.saml.corpus.mint.key_info import WITH_CERTIFICATE
from tests.saml.corpus.mint.providers import IDENTITIES, PROVIDERS
from tests.saml.corpus.mint.signers import Style
from tests.saml.corpus.mint.trust import EC


def _signed_with(
    slug: str, words: str, key: str, hash_: str = "sha256", pss: bool = False
) -> Shape:
    return Shape(
        slug=slug,
        words=f"assertion signed with {words}",
        signed=ASSERTION.signed,
        key=key,
        pss=pss,
        style=Style(digest=hash_, method_digest=hash_),
        connection={"idp_certificates": [f"{key}.crt"]},
    )


KINDS = (
    EC,
    _signed_with("ec384", "P-384 and SHA-384", "ec384", "sha384"),
    _signed_with("ec521", "P-521 and SHA-512", "ec521", "sha512"),
    _signed_with("rsa3072", "RSA of 3072 bits", "rsa3072"),
    _signed_with("rsa-sha384", "RSA and SHA-384", "idp", "sha384"),
    _signed_with("rsa-sha512", "RSA and SHA-512", "idp", "sha512"),
    _signed_with("pss", "RSA-PSS and SHA-256", "idp", pss=True),
    _signed_with("pss-sha384", "RSA-PSS and SHA-384", "idp", "sha384", pss=True),
    _signed_with("pss-sha512", "RSA-PSS and SHA-512", "idp", "sha512", pss=True),
)

HONEST: tuple[Mutation, ...] = (
    *(
        honest_twin(shape)
        for shape in (*EVERY_SHAPE, *UNSOLICITED, *ENCRYPTED_SHAPES, WITH_CERTIFICATE, *KINDS)
    ),
    *(honest_twin(shape, IDENTITIES[name]) for name, shape in PROVIDERS.items()),
)


def _indented(message: etree._Element) -> None:
    etree.indent(message, "    ")


def _with_crlf(message: etree._Element) -> None:
    """Line ends as Windows writes them; in the signed text they are character references."""
    etree.indent(message, "\r  ")


def _unqualified(message: etree._Element) -> None:
    etree.cleanup_namespaces(message)


def _one_line_each(xml: bytes) -> bytes:
    """Break lines inside of tags, where a parser sees nothing."""
    return xml.replace(b" ID=", b"\n  ID=").replace(b" Version=", b"\r\n\tVersion=")


def _single_quoted(xml: bytes) -> bytes:
    return xml.replace(b'"', b"'")


def _empty_tags_closed(xml: bytes) -> bytes:
    return re.sub(rb"<([\w:]+StatusCode)([^>]*)/>", rb"<\1\2></\1>", xml)


def _signature_last(message: etree._Element) -> None:
    for one in list(message.iter(ds("Signature"))):
        parent = one.getparent()
        assert parent is not None
        parent.append(one)


def _signature_first(message: etree._Element) -> None:
    for one in list(message.iter(ds("Signature"))):
        parent = one.getparent()
        assert parent is not None
        parent.insert(0, one)


def _many_groups(message: etree._Element) -> None:
    for n in range(500):
        value = etree.SubElement(attribute(message), saml("AttributeValue"))
        value.text = f"group-{n}"


_ALL_GROUPS = ("alice@example.org", *(f"group-{n}" for n in range(500)))

VARIETY: tuple[Mutation, ...] = (
    mutation(
        "signature-last",
        "Harmless: the Signature comes last.",
        ALICE,
        after=_signature_last,
        shapes=EVERY_SHAPE[:2],
    ),
    mutation(
        "signature-first",
        "Harmless: the Signature comes before the Issuer.",
        ALICE,
        after=_signature_first,
        shapes=EVERY_SHAPE[:2],
    ),
    mutation(
        "crlf",
        "Harmless: lines end as on Windows, which no parser passes on.",
        ALICE,
        before=_indented,
        octets=lambda xml: xml.replace(b"\n", b"\r\n"),
        shapes=EVERY_SHAPE,
    ),
    mutation(
        "text-between",
        "Harmless: text between the parts of the assertion, signed.",
        ALICE,
        before=lambda message: setattr(statement(message), "tail", "admin"),
    ),
    mutation(
        "many-groups",
        "Harmless: 500 groups.",
        Identity(name_id="alice", attributes=(("mail", _ALL_GROUPS),)),
        before=_many_groups,
        compressed=True,
    ),
    mutation(
        "indented",
        "Harmless: indented before signing.",
        ALICE,
        before=_indented,
        shapes=EVERY_SHAPE,
    ),
    mutation(
        "carriage-returns",
        "Harmless: signed with carriage returns in it.",
        ALICE,
        before=_with_crlf,
        shapes=EVERY_SHAPE,
    ),
    mutation(
        "namespaces-in-place",
        "Harmless: no namespace declared that is not used.",
        ALICE,
        before=_unqualified,
        shapes=EVERY_SHAPE,
    ),
    mutation(
        "lines-in-tags", "Harmless: line breaks inside of tags.", ALICE, octets=_one_line_each
    ),
    mutation("single-quotes", "Harmless: single quotes.", ALICE, octets=_single_quoted),
    mutation(
        "empty-tags-closed",
        "Harmless: an empty element as two tags.",
        ALICE,
        octets=_empty_tags_closed,
    ),
    mutation(
        "prefix-list",
        "Harmless: a PrefixList.",
        ALICE,
        shapes=EVERY_SHAPE,
        style=Style(prefixes=("xs", "xsi")),
    ),
    mutation(
        "sha512",
        "Harmless: SHA-512.",
        ALICE,
        shapes=EVERY_SHAPE,
        style=Style(digest="sha512", method_digest="sha512", key_info=True),
    ),
    mutation(
        "language",
        "Harmless: a language on the Response.",
        ALICE,
        before=setting(root, "{http://www.w3.org/XML/1998/namespace}lang", "en"),
    ),
    mutation(
        "preserved-space",
        "Harmless: white space is to be preserved.",
        ALICE,
        before=setting(assertion, "{http://www.w3.org/XML/1998/namespace}space", "preserve"),
    ),
)
