"""Games with the Reference: what it names, how often, with which parts."""

from __future__ import annotations

from copy import deepcopy

from lxml import etree

from relyra_django.saml.errors import ErrorCode
from tests.saml.corpus.mint.draft import (
    ALICE,
    EVERY_SHAPE,
    POLLUTION,
    Edit,
    Mutation,
    after,
)
from tests.saml.corpus.mint.edits import (
    DS,
    assertion,
    digest_method,
    digest_value,
    growing,
    moved_first,
    reference,
    setting,
    signature,
    transforms,
    twice,
    without,
)
from tests.saml.corpus.mint.honest import RESPONSE_ID

SHAPE, TRANSFORM = ErrorCode.AMBIGUOUS_SIGNED_NODE, ErrorCode.CANONICALIZATION_FAILED
DIGEST, INVALID = ErrorCode.DIGEST_MISMATCH, ErrorCode.INVALID_SIGNATURE
XML, MISSING = ErrorCode.MALFORMED_XML, ErrorCode.MISSING_SIGNATURE


def _second_reference(uri: str, first: bool) -> Edit:
    def edit(message: etree._Element) -> None:
        other = deepcopy(reference(message))
        other.set("URI", uri)
        (reference(message).addprevious if first else reference(message).addnext)(other)

    return edit


def _other(message: etree._Element) -> None:
    """Refer to the element that the Signature does not stand in."""
    host = signature(message).getparent()
    other = assertion(message) if host is message else message
    reference(message).set("URI", "#" + other.get("ID", ""))


_URIS = {
    "document": "",
    "blank": " ",
    "hash-only": "#",
    "xpointer-root": "#xpointer(/)",
    "xpointer-id": "#xpointer(id('_assertion'))",
    "without-hash": "_assertion",
    "other-case": "#_ASSERTION",
    "blank-behind": "#_assertion ",
    "prefix": "#_assert",
    "external": "https://evil.example/x.xml",
    "file": "file:///etc/hostname",
    "external-with-fragment": "https://evil.example/x.xml#_assertion",
    "percent-encoded": "#%5Fassertion",
    "nowhere": "#_nowhere",
}

REFERENCES: tuple[Mutation, ...] = (
    *(
        Mutation(
            slug=f"uri-{slug}",
            says=f"The Reference has the URI {uri!r}.",
            judged=SHAPE,
            after=setting(reference, "URI", uri),
            sealed=slug not in {"document", "xpointer-root", "xpointer-id"},
            resigned=slug in {"document", "xpointer-root", "xpointer-id"},
        )
        for slug, uri in _URIS.items()
    ),
    after(
        "no-uri",
        "The Reference has no URI.",
        SHAPE,
        setting(reference, "URI", None),
        sealed=True,
        shapes=EVERY_SHAPE,
    ),
    after(
        "other-element",
        "The Reference names an element that the Signature is not in.",
        SHAPE,
        _other,
        sealed=True,
        shapes=EVERY_SHAPE,
    ),
    after("none", "No Reference.", SHAPE, without(reference), sealed=True),
    after(
        "two", "The same Reference twice.", SHAPE, twice(reference), sealed=True, shapes=EVERY_SHAPE
    ),
    after(
        "second-to-response",
        "A second Reference, to the Response.",
        SHAPE,
        _second_reference("#" + RESPONSE_ID, first=False),
        sealed=True,
        source="CVE-2026-33487",
    ),
    after(
        "first-elsewhere",
        "A Reference to elsewhere before the right one.",
        SHAPE,
        _second_reference("#_nowhere", first=True),
        sealed=True,
        source="CVE-2026-33487",
    ),
    after(
        "no-transforms", "A Reference without Transforms.", SHAPE, without(transforms), sealed=True
    ),
    after(
        "no-digest-method",
        "A Reference without DigestMethod.",
        SHAPE,
        without(digest_method),
        sealed=True,
    ),
    after(
        "no-digest-value",
        "A Reference without DigestValue.",
        SHAPE,
        without(digest_value),
        sealed=True,
    ),
    after(
        "two-digest-values",
        "Two DigestValues.",
        SHAPE,
        twice(digest_value),
        sealed=True,
        shapes=EVERY_SHAPE,
        source=POLLUTION,
    ),
    after("two-digest-methods", "Two DigestMethods.", SHAPE, twice(digest_method), sealed=True),
    after("two-transforms", "Two lists of Transforms.", SHAPE, twice(transforms), sealed=True),
    after(
        "digest-first",
        "DigestValue before DigestMethod.",
        SHAPE,
        moved_first(digest_value),
        sealed=True,
    ),
    after(
        "foreign-child",
        "A foreign element in the Reference.",
        SHAPE,
        growing(reference, "{urn:x}x"),
        sealed=True,
    ),
    after(
        "with-type",
        "Harmless: a Reference with a Type.",
        ALICE,
        setting(reference, "Type", DS + "Object"),
        sealed=True,
    ),
    after(
        "with-id",
        "Harmless: a Reference with an Id.",
        ALICE,
        setting(reference, "Id", "_reference"),
        sealed=True,
    ),
)
