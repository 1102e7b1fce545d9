"""Three that sign, sharing no code: our test kit, libxmlsec by its templates, and signxml."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import xmlsec
from lxml import etree
from signxml import SignatureReference, XMLSigner
from signxml.algorithms import CanonicalizationMethod

from relyra_django.testing import signing
from relyra_django.testing.keys import SigningKey
from relyra_django.testing.namespaces import DS, SAML


@dataclass(frozen=True, kw_only=True, slots=True)
class Style:
    """How a message is signed. `key_info` shows the certificate; digests are names of hashes.

    `prefixes` is the PrefixList of the Reference; signxml writes it for SignedInfo instead.
    """

    digest: str = "sha256"
    method_digest: str = "sha256"
    key_info: bool = False
    prefixes: tuple[str, ...] = ()


Sign = Callable[[etree._Element, str, SigningKey, Style], etree._Element]


@dataclass(frozen=True, kw_only=True, slots=True)
class Signer:
    """`sign(root, id, key, style)` returns the root with a Signature in the element of that ID.

    `sign_octets(octets, key)` signs a query by RSA and SHA-256.
    `samlp` and `saml` are the prefixes its messages are written with.
    """

    name: str
    sign: Sign
    samlp: str
    saml: str
    sign_octets: Callable[[bytes, SigningKey], bytes]

    def __str__(self) -> str:
        return self.name


def by_id(root: etree._Element, id_: str) -> etree._Element:
    """Return the element with this ID. LookupError: there is none, or there are two."""
    [element] = [one for one in root.iter("*") if one.get("ID") == id_] or [None]
    if element is None:
        raise LookupError(id_)
    return element


def _by_repository(root: etree._Element, id_: str, key: SigningKey, style: Style) -> etree._Element:
    shown = key.certificate_base64 if style.key_info else None
    how = signing.SignatureStyle(
        digest=style.digest,
        method_digest=style.method_digest,
        key_info=shown,
        inclusive_prefixes=style.prefixes,
    )
    signing.sign(by_id(root, id_), key, how)
    return root


_EXC = xmlsec.Transform.EXCL_C14N
_ANY = xmlsec.Transform.RSA_SHA256


def _by_xmlsec(root: etree._Element, id_: str, key: SigningKey, style: Style) -> etree._Element:
    element = by_id(root, id_)
    signature = xmlsec.template.create(root, _EXC, _ANY, ns="ds")
    reference = xmlsec.template.add_reference(
        signature, getattr(xmlsec.Transform, style.digest.upper()), uri="#" + id_
    )
    xmlsec.template.add_transform(reference, xmlsec.Transform.ENVELOPED)
    exclusive = xmlsec.template.add_transform(reference, _EXC)
    if style.prefixes:
        xmlsec.template.transform_add_c14n_inclusive_namespaces(exclusive, list(style.prefixes))
    # python-xmlsec has no names for RSA-PSS, but libxmlsec knows it.
    signature[0][1].set("Algorithm", key.method(style.method_digest))
    if style.key_info:
        xmlsec.template.add_x509_data(xmlsec.template.ensure_key_info(signature))
    _place(element, signature)
    xmlsec_context(root, key).sign(signature)
    return root


def xmlsec_context(root: etree._Element, key: SigningKey) -> Any:
    """Return a context of libxmlsec that can sign with this key and find elements by ID."""
    xmlsec.tree.add_ids(root, ["ID"])
    context = xmlsec.SignatureContext()
    context.key = xmlsec.Key.from_memory(key.private_key_pem, xmlsec.KeyFormat.PEM)
    context.key.load_cert_from_memory(key.certificate_pem, xmlsec.KeyFormat.PEM)
    return context


class _OldToo(XMLSigner):
    """signxml refuses to sign with SHA-1; a corpus needs what nobody should sign."""

    def check_deprecated_methods(self) -> None:
        return


def _by_signxml(root: etree._Element, id_: str, key: SigningKey, style: Style) -> etree._Element:
    placeholder = etree.Element(f"{{{DS}}}Signature", {"Id": "placeholder"}, nsmap={"ds": DS})
    _place(by_id(root, id_), placeholder)
    signer = _OldToo(
        signature_algorithm=key.method(style.method_digest),
        digest_algorithm=style.digest,
        c14n_algorithm=CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0,
    )
    signed = signer.sign(
        root,
        key=key.private_key_pem.encode(),
        cert=key.certificate_pem,
        # For an enveloped signature signxml honours prefixes of a Reference without writing them.
        reference_uri=[SignatureReference(URI="#" + id_, inclusive_ns_prefixes=[])],
        inclusive_ns_prefixes=list(style.prefixes) or None,
    )
    if not style.key_info:
        signature = next(
            one
            for one in signed.iter(f"{{{DS}}}Signature")
            if one.getparent() is by_id(signed, id_)
        )
        signature.remove(signature[2])
    return signed


def _place(element: etree._Element, signature: etree._Element) -> None:
    """Put the Signature behind the Issuer; the text there belongs to what is signed."""
    issuer = element.find(f"{{{SAML}}}Issuer")
    if issuer is None:
        element.insert(0, signature)
        return
    signature.tail, issuer.tail = issuer.tail, None
    issuer.addnext(signature)


def _octets_by_repository(octets: bytes, key: SigningKey) -> bytes:
    return key.sign(octets)


def _octets_by_xmlsec(octets: bytes, key: SigningKey) -> bytes:
    context = xmlsec.SignatureContext()
    context.key = xmlsec.Key.from_memory(key.private_key_pem, xmlsec.KeyFormat.PEM)
    return context.sign_binary(octets, xmlsec.Transform.RSA_SHA256)


def _octets_by_signxml(octets: bytes, key: SigningKey) -> bytes:
    raise NotImplementedError("signxml signs XML alone")


REPOSITORY = Signer(
    name="repository",
    sign=_by_repository,
    sign_octets=_octets_by_repository,
    samlp="samlp",
    saml="saml",
)
XMLSEC = Signer(
    name="xmlsec",
    sign=_by_xmlsec,
    sign_octets=_octets_by_xmlsec,
    samlp="saml2p",
    saml="saml2",
)
SIGNXML = Signer(
    name="signxml",
    sign=_by_signxml,
    sign_octets=_octets_by_signxml,
    samlp="p",
    saml="a",
)
SIGNERS = (REPOSITORY, XMLSEC, SIGNXML)
