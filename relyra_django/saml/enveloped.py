"""Signing a message of ours for HTTP-POST: an enveloped XML Signature (Core 5.4)."""

from __future__ import annotations

import base64
import hashlib

from lxml import etree

from relyra_django.saml import constants as c
from relyra_django.saml import keys, xml
from relyra_django.saml.signature import canonicalize


def sign_message(message: bytes, *, key_pem: str) -> bytes:
    """Return the message with a Signature after its Issuer, where the schema wants it.

    The message is one of ours, with an ID. No KeyInfo: our metadata publishes the key. Raises
    key_not_configured for a key that cannot sign.
    """
    key, root = keys.load_private_key(key_pem), xml.parse(message)
    digest = hashlib.sha256(canonicalize(root)).digest()
    signature = etree.Element(c.DS + "Signature", nsmap={"ds": c.DS_NS})
    root.insert(1, signature)
    info = _signed_info(signature, keys.signature_uri(key), root.get("ID", ""), digest)
    value = keys.sign(key, canonicalize(info))
    etree.SubElement(signature, c.DS + "SignatureValue").text = _base64(value)
    return etree.tostring(root)


def _signed_info(
    signature: etree._Element, method: str, message_id: str, digest: bytes
) -> etree._Element:
    info = etree.SubElement(signature, c.DS + "SignedInfo")
    etree.SubElement(info, c.DS + "CanonicalizationMethod", Algorithm=c.EXC_C14N)
    etree.SubElement(info, c.DS + "SignatureMethod", Algorithm=method)
    reference = etree.SubElement(info, c.DS + "Reference", URI="#" + message_id)
    transforms = etree.SubElement(reference, c.DS + "Transforms")
    for algorithm in (c.ENVELOPED_SIGNATURE, c.EXC_C14N):
        etree.SubElement(transforms, c.DS + "Transform", Algorithm=algorithm)
    etree.SubElement(reference, c.DS + "DigestMethod", Algorithm=c.SHA256)
    etree.SubElement(reference, c.DS + "DigestValue").text = _base64(digest)
    return info


def _base64(octets: bytes) -> str:
    return base64.b64encode(octets).decode("ascii")
