"""XML Signature, strictly: structure before crypto, two verifiers, and only the signed bytes after.

One shape is accepted (SAML Core 5.4): a Signature that is a child of what it signs, with one
Reference to it, enveloped-signature and exclusive canonicalization.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NoReturn, cast

from lxml import etree

from relyra_django.saml import algorithms, certificates, toolkit, xml
from relyra_django.saml import constants as c
from relyra_django.saml.algorithms import SignatureAlgorithm
from relyra_django.saml.certificates import Certificate
from relyra_django.saml.connection import Policy
from relyra_django.saml.errors import ErrorCode, RelyraError

MAX_PREFIXES: Final = 16
_WHITE_SPACE: Final = b" \t\r\n"

_INDIRECTIONS: Final = (c.DS + "RetrievalMethod", c.DS + "Object", c.DS + "Manifest")
_SIGNED_INFO: Final = [
    c.DS + "CanonicalizationMethod",
    c.DS + "SignatureMethod",
    c.DS + "Reference",
]
_REFERENCE: Final = [c.DS + "Transforms", c.DS + "DigestMethod", c.DS + "DigestValue"]


@dataclass(frozen=True, kw_only=True, slots=True)
class SignatureParts:
    """A ds:Signature whose structure is the one accepted."""

    element: etree._Element
    signed: etree._Element
    signed_info: etree._Element
    method: str
    digest_method: str
    value: bytes
    digest: bytes
    signed_info_prefixes: tuple[str, ...]
    reference_prefixes: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class SignedNode:
    """An element parsed from exactly the bytes whose digest was signed: the only thing to read."""

    root: etree._Element
    method: str
    digest_method: str
    certificate: Certificate


def find_signatures(
    root: etree._Element, hosts: Collection[etree._Element]
) -> dict[etree._Element, SignatureParts]:
    """Return the signature of each host that has one.

    Every Signature of the document is looked at, used or not: each must be a child of one of
    `hosts`, at most one each. Raises ambiguous_signed_node, canonicalization_failed.
    """
    found: dict[etree._Element, SignatureParts] = {}
    for element in root.iter(c.DS + "Signature"):
        host = element.getparent()
        if host is None or host not in hosts or host in found:
            _ambiguous("A signature stands where none may.")
        found[host] = read_structure(element, host)
    return found


def read_structure(element: etree._Element, signed: etree._Element) -> SignatureParts:
    """Check the structure of one Signature and take it apart; no key is touched.

    Raises ambiguous_signed_node, canonicalization_failed.
    """
    tags = [child.tag for child in element]
    if tags[:2] != [c.DS + "SignedInfo", c.DS + "SignatureValue"] or tags[2:] not in (
        [],
        [c.DS + "KeyInfo"],
    ):
        _ambiguous("A signature has parts it cannot have.")
    if next(element.iter(*_INDIRECTIONS), None) is not None:
        _ambiguous("A signature points away from itself.")
    signed_info = element[0]
    _expect(signed_info, _SIGNED_INFO)
    canonicalization, method, reference = signed_info
    _expect(method, [])
    _expect(reference, _REFERENCE)
    transforms, digest_method, digest_value = reference
    _expect(digest_method, [])
    _check_reference(reference, signed)
    return SignatureParts(
        element=element,
        signed=signed,
        signed_info=signed_info,
        method=method.get("Algorithm", ""),
        digest_method=digest_method.get("Algorithm", ""),
        value=_base64(element[1], ErrorCode.INVALID_SIGNATURE),
        digest=_base64(digest_value, ErrorCode.DIGEST_MISMATCH),
        signed_info_prefixes=_prefixes(canonicalization),
        reference_prefixes=_transform_prefixes(transforms),
    )


def verify(
    parts: SignatureParts, trusted: Sequence[str], policy: Policy, now: datetime
) -> SignedNode:
    """Verify with `cryptography` and with libxmlsec, and return what was signed.

    The Signature is taken out of its tree: verify the outermost first, and each of them once.
    `trusted` holds the connection's certificates (PEM); all are tried, KeyInfo never is. Raises
    deprecated_algorithm, legacy_algorithm_override_expired, untrusted_certificate,
    certificate_expired, canonicalization_failed, invalid_signature, digest_mismatch, and
    internal_protocol_error when the two verifiers disagree.
    """
    method = algorithms.signature_algorithm(parts.method, policy, now)
    digest = algorithms.digest_algorithm(parts.digest_method, policy, now)
    # The cheap question first: without one of our keys nobody has us canonicalize their content.
    pin = _fitting_pin(parts, method, pins(trusted, policy, now))
    # libxmlsec sees the tree as it came; taking the Signature out changes what is round it.
    accepted = toolkit.verifies(parts.element, parts.signed, pin.pem)
    content = _signed_content(parts)
    intact = hmac.compare_digest(digest(content).digest(), parts.digest)
    if accepted != intact:
        raise RelyraError(
            ErrorCode.INTERNAL_PROTOCOL_ERROR,
            "The two signature verifiers disagree.",
            reason="verifier_disagreement",
            method=parts.method,
        )
    if not intact:
        raise RelyraError(ErrorCode.DIGEST_MISMATCH, "The content is not what was signed.")
    return SignedNode(
        root=xml.parse_canonical(content),
        method=parts.method,
        digest_method=parts.digest_method,
        certificate=pin,
    )


def canonicalize(element: etree._Element, prefixes: Sequence[str] = ()) -> bytes:
    """Return exclusive canonical XML, in place: a copy would lose the namespaces round it.

    Raises canonicalization_failed, for empty output too.
    """
    try:
        content = etree.tostring(
            element,
            method="c14n",
            exclusive=True,
            with_comments=False,
            inclusive_ns_prefixes=list(prefixes) or None,
        )
    except (etree.LxmlError, ValueError) as error:
        raise _uncanonical("Canonicalization failed.") from error
    if not content:
        raise _uncanonical("Canonicalization left nothing.")
    return content


def _fitting_pin(
    parts: SignatureParts, method: SignatureAlgorithm, pins: Sequence[Certificate]
) -> Certificate:
    """Return the certificate whose key signed the SignedInfo. Raises invalid_signature."""
    signed_info = canonicalize(parts.signed_info, parts.signed_info_prefixes)
    for pin in pins:
        if algorithms.verifies(pin.public_key, method, parts.value, signed_info):
            return pin
    raise RelyraError(
        ErrorCode.INVALID_SIGNATURE,
        "No active certificate of this connection made the signature.",
        expected=[pin.fingerprint_sha256 for pin in pins],
    )


def pins(trusted: Sequence[str], policy: Policy, now: datetime) -> list[Certificate]:
    """Return the certificates (PEM) whose keys are tried at `now`.

    Raises untrusted_certificate, certificate_expired.
    """
    loaded = [certificates.load(pem) for pem in trusted]
    if not loaded:
        raise RelyraError(
            ErrorCode.UNTRUSTED_CERTIFICATE, "The connection has no active certificate."
        )
    if not policy.refuse_expired_certificates:
        return loaded
    if not (current := [pin for pin in loaded if pin.not_before <= now < pin.not_after]):
        raise RelyraError(
            ErrorCode.CERTIFICATE_EXPIRED,
            "Every active certificate of this connection is out of its dates.",
            actual=[pin.not_after.isoformat() for pin in loaded],
        )
    return current


def _signed_content(parts: SignatureParts) -> bytes:
    _take_out(parts.element)
    return canonicalize(parts.signed, parts.reference_prefixes)


def _take_out(element: etree._Element) -> None:
    """Take the element out of its parent, for good; the text after it is content and stays."""
    parent, before = cast("etree._Element", element.getparent()), element.getprevious()
    tail = element.tail
    element.tail = None
    parent.remove(element)
    if before is None:
        parent.text = (parent.text or "") + (tail or "") or None
    else:
        before.tail = (before.tail or "") + (tail or "") or None


def _check_reference(reference: etree._Element, signed: etree._Element) -> None:
    identifier = signed.get("ID", "")
    if not xml.is_ncname(identifier) or reference.get("URI") != "#" + identifier:
        _ambiguous("A signature refers to something else than its parent.")


def _transform_prefixes(transforms: etree._Element) -> tuple[str, ...]:
    steps = [(step.tag, step.get("Algorithm")) for step in transforms]
    transform = c.DS + "Transform"
    # Exactly these two: enveloped-signature alone would mean inclusive canonicalization.
    if steps != [(transform, c.ENVELOPED_SIGNATURE), (transform, c.EXC_C14N)] or len(transforms[0]):
        raise _uncanonical("The transforms are not enveloped-signature and exc-c14n.")
    return _prefixes(transforms[1])


def _prefixes(canonicalization: etree._Element) -> tuple[str, ...]:
    if canonicalization.get("Algorithm") != c.EXC_C14N:
        raise _uncanonical("The canonicalization is not exc-c14n.")
    if not len(canonicalization):
        return ()
    inclusive = canonicalization[0]
    if len(canonicalization) > 1 or inclusive.tag != c.EC + "InclusiveNamespaces" or len(inclusive):
        raise _uncanonical("The canonicalization has parameters it cannot have.")
    # libxmlsec takes no element without a list, and knows no separator but blanks: two readers must
    # read one list.
    written = inclusive.get("PrefixList")
    prefixes = tuple(filter(None, (written or "").split(" ")))
    if (
        written is None
        or len(prefixes) > MAX_PREFIXES
        or not all(prefix == "#default" or xml.is_ncname(prefix) for prefix in prefixes)
    ):
        raise _uncanonical("The list of inclusive prefixes is not acceptable.")
    return prefixes


def _expect(element: etree._Element, tags: list[str]) -> None:
    if [child.tag for child in element] != tags:
        _ambiguous("A signature is not built as SAML builds it.")


def _base64(element: etree._Element, code: ErrorCode) -> bytes:
    if len(element):
        _ambiguous("A value in a signature is not text alone.")
    try:
        compact = (element.text or "").encode("ascii", "replace").translate(None, _WHITE_SPACE)
        decoded = base64.b64decode(compact, validate=True)
    except ValueError as error:
        raise RelyraError(code, "A value in a signature is not base64.") from error
    # One spelling a value: nothing for two decoders to read differently.
    if base64.b64encode(decoded) != compact:
        raise RelyraError(code, "A value in a signature is not canonical base64.")
    return decoded


def _ambiguous(message: str) -> NoReturn:
    raise RelyraError(ErrorCode.AMBIGUOUS_SIGNED_NODE, message)


def _uncanonical(message: str) -> RelyraError:
    return RelyraError(ErrorCode.CANONICALIZATION_FAILED, message)
