"""From bytes to the one role that is meant: parse, verify, choose."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeVar

from lxml import etree

from relyra_django.saml import constants as c
from relyra_django.saml import signature, xml
from relyra_django.saml.certificates import Certificate
from relyra_django.saml.connection import Policy
from relyra_django.saml.errors import ErrorCode, RelyraError
from relyra_django.saml.redaction import quoted

MAX_ENTITY_ID_LENGTH: Final = 1024  # Metadata 2.2.1
# EntitiesDescriptors in one another; a federation of federations has three.
MAX_NESTING: Final = 8
# How many times its own size a document may become when it is canonicalized.
MAX_GROWTH: Final = 8

_NAMESPACE = re.compile(rb"""xmlns(?::[^\s=<>"']{1,64})?\s*=\s*("[^"]*"|'[^']*')""")

T = TypeVar("T")

_ENTITY: Final = c.MD + "EntityDescriptor"
_ENTITIES: Final = c.MD + "EntitiesDescriptor"

# The elements from the root to the one meant, all of which may say how long it is valid.
Levels = tuple[etree._Element, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Document:
    """Metadata that may be read: parsed from the signed bytes where `signer` is set."""

    root: etree._Element
    signer: Certificate | None

    @property
    def fingerprint(self) -> str | None:
        """SHA-256 of the certificate that verified the document."""
        return None if self.signer is None else self.signer.fingerprint_sha256


def load(
    data: bytes, signing_certificates: Sequence[str], now: datetime, max_bytes: int
) -> Document:
    """Parse, and verify where certificates are given; what they did not sign is gone afterwards.

    Raises what xml.parse_metadata(), signature.find_signatures() and signature.verify() raise,
    metadata_wrong_root, missing_signature.
    """
    root = xml.parse_metadata(data, max_bytes=max_bytes)
    if root.tag not in (_ENTITY, _ENTITIES):
        raise RelyraError(
            ErrorCode.METADATA_WRONG_ROOT, "The document is not metadata.", actual=quoted(root.tag)
        )
    if not signing_certificates:
        return Document(root=root, signer=None)
    _check_growth(data)
    signed = _verify(root, signing_certificates, now)
    return Document(root=signed.root, signer=signed.certificate)


def choose(root: etree._Element, entity_id: str | None) -> Levels:
    """Return the way from the root to the SAML 2.0 role of the identity provider that is meant.

    Raises metadata_missing_entity_id, metadata_entity_not_found, metadata_entity_ambiguous,
    malformed_xml.
    """
    entities = [levels for levels in _walk(root) if levels[-1].tag == _ENTITY]
    if root.tag == _ENTITY:
        _check_entity_id(root)
    if entity_id is None:
        providers = [levels for levels in entities if _roles(levels[-1])]
        [*_, chosen] = _only(providers, "identity provider")
        entity_id = _check_entity_id(chosen)
    # Compared in Python, never in an XPath: an entityID may hold quotes.
    named = [levels for levels in entities if levels[-1].get("entityID") == entity_id]
    levels = _only(named, "entity of that name")
    _check_entity_id(levels[-1])
    return (*levels, _only(_roles(levels[-1]), "IDPSSODescriptor for SAML 2.0"))


def _check_growth(data: bytes) -> None:
    """Refuse what somebody else's signature would have us write out at great length.

    Canonical XML repeats a namespace on every element and attribute that is the first to use it.
    """
    longest = max(map(len, _NAMESPACE.findall(data)), default=0)
    used = data.count(b"<") - data.count(b"</") + data.count(b"=")
    if used * min(longest, xml.MAX_NAMESPACE_LENGTH) > MAX_GROWTH * (len(data) + xml.MAX_ELEMENTS):
        raise RelyraError(
            ErrorCode.MALFORMED_XML, "The metadata would grow too much when it is canonicalized."
        )


def _verify(
    root: etree._Element, signing_certificates: Sequence[str], now: datetime
) -> signature.SignedNode:
    # A member's own signature inside an aggregate decides nothing, but has its place and shape.
    hosts = frozenset(levels[-1] for levels in _walk(root))
    parts = signature.find_signatures(root, hosts).get(root)
    if parts is None:
        raise RelyraError(ErrorCode.MISSING_SIGNATURE, "The root of the metadata is not signed.")
    return signature.verify(parts, signing_certificates, Policy(), now)


def _walk(root: etree._Element) -> Iterator[Levels]:
    """Yield the way to each descriptor, in document order: the groups and the entities in them."""
    waiting: list[Levels] = [(root,)]
    while waiting:
        levels = waiting.pop()
        yield levels
        if levels[-1].tag != _ENTITIES:
            continue
        if len(levels) > MAX_NESTING:
            raise RelyraError(ErrorCode.MALFORMED_XML, "The metadata is nested too deeply.")
        inner = levels[-1].iterchildren(_ENTITY, _ENTITIES, reversed=True)
        waiting.extend((*levels, child) for child in inner)


def _roles(entity: etree._Element) -> list[etree._Element]:
    return [
        role
        for role in entity.iterfind(c.MD + "IDPSSODescriptor")
        if c.PROTOCOL_NS in role.get("protocolSupportEnumeration", "").split()
    ]


def _check_entity_id(entity: etree._Element) -> str:
    entity_id = entity.get("entityID", "")
    usable = entity_id.isprintable() and entity_id == entity_id.strip()
    if not 0 < len(entity_id) <= MAX_ENTITY_ID_LENGTH or not usable:
        raise RelyraError(
            ErrorCode.METADATA_MISSING_ENTITY_ID,
            "The entity has no usable entityID.",
            expected=MAX_ENTITY_ID_LENGTH,
            actual=len(entity_id),
        )
    return entity_id


def _only(found: Sequence[T], what: str) -> T:
    """Return the single one. Raises metadata_entity_not_found, metadata_entity_ambiguous."""
    if not found:
        raise RelyraError(
            ErrorCode.METADATA_ENTITY_NOT_FOUND, f"The metadata has no {what}.", expected=1
        )
    if len(found) > 1:
        raise RelyraError(
            ErrorCode.METADATA_ENTITY_AMBIGUOUS,
            f"The metadata has more than one {what}.",
            expected=1,
            actual=len(found),
        )
    return found[0]
