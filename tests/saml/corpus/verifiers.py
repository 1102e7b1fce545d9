"""What each of the two signature verifiers says of a message, when both are asked."""

from __future__ import annotations

import hmac
from collections.abc import Iterator

from lxml import etree

from relyra_django.saml import RelyraError, algorithms, certificates, signature, toolkit, xml
from relyra_django.saml.signature import SignatureParts
from tests.saml.corpus.cases import Case, instant
from tests.saml.corpus.verdicts import connection_of
from tests.saml.corpus.world import NOW


def answers(case: Case, octets: bytes) -> Iterator[tuple[bool, bool]]:
    """Yield what `cryptography` and libxmlsec say of each signature that is built acceptably.

    Each is asked about each certificate of the connection, whatever the other says.
    """
    try:
        root = xml.parse(octets)
    except RelyraError:
        return
    for element in root.iter("{http://www.w3.org/2000/09/xmldsig#}Signature"):
        host = element.getparent()
        parts = _parts(element, host) if host is not None else None
        if parts is None:
            continue
        for pem in connection_of(case).idp_certificates:
            ours = _ours(case, octets, parts, pem)
            if ours is not None:
                yield ours, toolkit.verifies(element, parts.signed, pem)


def _parts(element: etree._Element, host: etree._Element) -> SignatureParts | None:
    try:
        return signature.read_structure(element, host)
    except RelyraError:
        return None


def _ours(case: Case, octets: bytes, parts: SignatureParts, pem: str) -> bool | None:
    """Verify as the judge does; None: it would refuse the algorithm or the key unasked."""
    policy, now = connection_of(case).policy, instant(case.arguments.get("now", NOW))
    try:
        method = algorithms.signature_algorithm(parts.method, policy, now)
        digest = algorithms.digest_algorithm(parts.digest_method, policy, now)
        key = certificates.load(pem).public_key
    except RelyraError:
        return None
    info = signature.canonicalize(parts.signed_info, parts.signed_info_prefixes)
    if not algorithms.verifies(key, method, parts.value, info):
        return False
    return hmac.compare_digest(digest(_content(octets, parts)).digest(), parts.digest)


def _content(octets: bytes, parts: SignatureParts) -> bytes:
    """Canonicalize what is signed, in a tree of its own: the Signature is taken out of it."""
    element = xml.parse(octets).find(parts.element.getroottree().getelementpath(parts.element))
    assert element is not None
    host, previous = element.getparent(), element.getprevious()
    assert host is not None
    tail, element.tail = element.tail or "", None
    host.remove(element)
    if previous is None:
        host.text = (host.text or "") + tail
    else:
        previous.tail = (previous.tail or "") + tail
    return signature.canonicalize(host, parts.reference_prefixes)
