"""Bombs: too deep, too many, too long; and what is just small enough."""

from __future__ import annotations

import re

from relyra_django.saml.errors import ErrorCode
from tests.saml.corpus.mint.draft import ALICE, Mutation, Octets, octets
from tests.saml.corpus.mint.signers import REPOSITORY

XML, FIELD = ErrorCode.MALFORMED_XML, ErrorCode.INVALID_BINDING_PAYLOAD
DOCTYPE, ENTITY = ErrorCode.DOCTYPE_FORBIDDEN, ErrorCode.ENTITY_EXPANSION_FORBIDDEN
TOO_LARGE = ErrorCode.PAYLOAD_TOO_LARGE

_ONE = (REPOSITORY,)


def _in_extensions(content: bytes) -> Octets:
    """Put this before Status, in an Extensions element."""

    def change(xml: bytes) -> bytes:
        match = re.search(rb"<(\w+):Status>", xml)
        assert match is not None
        name = match[1] + b":Extensions"
        return xml[: match.start()] + b"<%s>%s</%s>" % (name, content, name) + xml[match.start() :]

    return change


def _nested(levels: int) -> bytes:
    return b'<x xmlns="urn:x">' + b"<x>" * (levels - 1) + b"</x>" * levels


def _attributes(count: int) -> bytes:
    return b"<x xmlns='urn:x' %s/>" % b" ".join(b'a%d=""' % n for n in range(count))


def _namespaces(count: int) -> bytes:
    return b"".join(b"<x xmlns='urn:n%d'/>" % n for n in range(count))


def _amount(slug: str, says: str, content: bytes, judged: object = XML) -> Mutation:
    return octets(slug, says, _in_extensions(content), judged, signers=_ONE, compressed=True)


AMOUNTS: tuple[Mutation, ...] = (
    _amount("depth-39", "41 levels.", _nested(39)),
    _amount("depth-60", "60 levels.", _nested(58)),
    _amount("depth-300", "More levels than libxml2 itself takes.", _nested(300)),
    _amount("depth-38", "Harmless: 40 levels.", _nested(38), ALICE),
    _amount(
        "elements", "More than 10,000 elements.", b"<x xmlns='urn:x'>" + b"<x/>" * 10_001 + b"</x>"
    ),
    _amount(
        "many-elements",
        "Harmless: 9,900 elements.",
        b"<x xmlns='urn:x'>" + b"<x>%s</x>" % (b"t" * 40) * 9_900 + b"</x>",
        ALICE,
    ),
    _amount("attributes-33", "33 attributes on an element.", _attributes(33)),
    _amount("attributes-10000", "10,000 attributes on an element.", _attributes(10_000)),
    _amount("attributes-32", "Harmless: 32 attributes on an element.", _attributes(32), ALICE),
    _amount("namespaces", "More than 4,000 namespace declarations.", _namespaces(4_001)),
    _amount(
        "namespace-too-long",
        "A namespace of 257 characters.",
        b"<x xmlns='urn:%s'/>" % (b"x" * 253),
    ),
    _amount(
        "namespace-long",
        "Harmless: a namespace of 256 characters.",
        b"<x xmlns='urn:%s'/>" % (b"x" * 252),
        ALICE,
    ),
    _amount(
        "text-above-1-mib",
        "More than 1 MiB of text.",
        b"<x xmlns='urn:x'>" + b"a" * 1_048_576 + b"</x>",
        TOO_LARGE,
    ),
    _amount(
        "long-text",
        "Harmless: 900,000 characters of text.",
        b"<x xmlns='urn:x'>" + b"a" * 900_000 + b"</x>",
        ALICE,
    ),
    _amount(
        "attributes-everywhere",
        "More than 20,000 attributes in all.",
        b"<x xmlns='urn:x'>" + b"<x a='' b='' c=''/>" * 6_700 + b"</x>",
    ),
)
