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
    """Verify as the judge does, in a tree of its own: the Signature is taken out of it."""
    connection, now = connection_of(case), instant(case.arguments.get("now", NOW))
    path = parts.element.getroottree().getelementpath(parts.element)
    root = xml.parse(octets)
    element = root.find(path)
    assert element is not None
    host = element.getparent()
    assert host is not None
    try:
        method = algorithms.signature_algorithm(parts.method, connection.policy, now)
        digest = algorithms.digest_algorithm(parts.digest_method, connection.policy, now)
        key = certificates.load(pem).public_key
    except RelyraError:
        return None
    info = signature.canonicalize(element[0], parts.signed_info_prefixes)
    if not algorithms.verifies(key, method, parts.value, info):
        return False
    tail, previous = element.tail, element.getprevious()
    element.tail = None
    host.remove(element)
    if previous is None:
        host.text = (host.text or "") + (tail or "")
    else:
        previous.tail = (previous.tail or "") + (tail or "")
    content = signature.canonicalize(host, parts.reference_prefixes)
    return hmac.compare_digest(digest(content).digest(), parts.digest)
