"""XML Signature as an identity provider writes it, by lxml and cryptography alone."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives import hashes
from lxml import etree

from relyra_django.testing.keys import HASHES, SigningKey
from relyra_django.testing.namespaces import DIGEST_METHODS, DS, ENVELOPED, EXC_C14N, SAML


@dataclass(frozen=True, kw_only=True, slots=True)
class SignatureStyle:
    """How one ds:Signature looks.

    `digest` is the hash of the signed element, `method_digest` that of the signature. `key_info` is
    a base64 certificate, or None for no KeyInfo at all.
    """

    digest: str = "sha256"
    method_digest: str = "sha256"
    key_info: str | None = None
    prefix: str | None = "ds"
    inclusive_prefixes: tuple[str, ...] = ()
    transforms: tuple[str, ...] = field(default=(ENVELOPED, EXC_C14N))


def canonical(element: etree._Element, prefixes: Sequence[str] = ()) -> bytes:
    """Canonicalize by exclusive C14N 1.0 without comments, in place, the tail left out."""
    return etree.tostring(
        element,
        method="c14n",
        exclusive=True,
        with_comments=False,
        inclusive_ns_prefixes=list(prefixes) or None,
    )


def hashed(data: bytes, name: str) -> str:
    """Hash to base64, as DigestValue holds it."""
    digest = hashes.Hash(HASHES[name]())
    digest.update(data)
    return base64.b64encode(digest.finalize()).decode()


def sign(element: etree._Element, key: SigningKey, style: SignatureStyle) -> etree._Element:
    """Sign an element by its ID, put the ds:Signature after its Issuer, and return it."""
    digest_value = hashed(canonical(element, style.inclusive_prefixes), style.digest)
    signature = _template(element, key, style, digest_value)
    _insert(element, signature)
    seal(signature, key, style.method_digest)
    return signature


def seal(signature: etree._Element, key: SigningKey, method_digest: str = "sha256") -> None:
    """Sign SignedInfo as it stands now; hostile mints use it to sign what they rewrote."""
    signed_info = signature.find(f"{{{DS}}}SignedInfo")
    value = signature.find(f"{{{DS}}}SignatureValue")
    assert signed_info is not None
    assert value is not None
    octets = key.sign(canonical(signed_info), method_digest)
    value.text = base64.b64encode(octets).decode()


def _insert(element: etree._Element, signature: etree._Element) -> None:
    issuer = element.find(f"{{{SAML}}}Issuer")
    if issuer is None:
        element.insert(0, signature)
        return
    # The white space behind Issuer belongs to the signed text: it becomes the Signature's tail.
    signature.tail, issuer.tail = issuer.tail, None
    element.insert(element.index(issuer) + 1, signature)


def _template(
    element: etree._Element, key: SigningKey, style: SignatureStyle, digest_value: str
) -> etree._Element:
    namespaces: dict[Any, str] = {style.prefix: DS}
    signature = etree.Element(f"{{{DS}}}Signature", nsmap=namespaces)
    info = _add(signature, "SignedInfo")
    _add(info, "CanonicalizationMethod", Algorithm=EXC_C14N)
    _add(info, "SignatureMethod", Algorithm=key.method(style.method_digest))
    _reference(info, element.get("ID") or "", style, digest_value)
    _add(signature, "SignatureValue")
    if style.key_info is not None:
        x509_data = _add(_add(signature, "KeyInfo"), "X509Data")
        _add(x509_data, "X509Certificate").text = style.key_info
    return signature


def _reference(info: etree._Element, id_: str, style: SignatureStyle, digest_value: str) -> None:
    reference = _add(info, "Reference", URI=f"#{id_}")
    transforms = _add(reference, "Transforms")
    for algorithm in style.transforms:
        transform = _add(transforms, "Transform", Algorithm=algorithm)
        if algorithm == EXC_C14N and style.inclusive_prefixes:
            etree.SubElement(
                transform,
                f"{{{EXC_C14N}}}InclusiveNamespaces",
                nsmap={"ec": EXC_C14N},
                PrefixList=" ".join(style.inclusive_prefixes),
            )
    _add(reference, "DigestMethod", Algorithm=DIGEST_METHODS[style.digest])
    _add(reference, "DigestValue").text = digest_value


def _add(parent: etree._Element, name: str, **attributes: str) -> etree._Element:
    return etree.SubElement(parent, f"{{{DS}}}{name}", attributes)
