"""Other people's libraries: what the kit signs and encrypts is worth what these say of it."""

from __future__ import annotations

import xmlsec
from lxml import etree
from signxml import DigestAlgorithm, SignatureConfiguration, SignatureMethod, XMLVerifier

from relyra_django.testing.encryption import sp_key
from relyra_django.testing.keys import SigningKey
from relyra_django.testing.namespaces import DS, XENC

SIGNATURE = f"{{{DS}}}Signature"


def signatures(xml: bytes) -> list[etree._Element]:
    return list(etree.fromstring(xml).iter(SIGNATURE))


def xmlsec_accepts(xml: bytes, certificate_pem: str) -> bool:
    """Tell whether libxmlsec verifies every signature of the document, and there is one."""
    found = signatures(xml)
    for signature in found:
        xmlsec.tree.add_ids(signature.getroottree().getroot(), ["ID"])
        context = xmlsec.SignatureContext()
        context.key = xmlsec.Key.from_memory(certificate_pem, xmlsec.KeyFormat.CERT_PEM)
        try:
            context.verify(signature)
        except xmlsec.Error:
            return False
    return bool(found)


def xmlsec_reads(holder: etree._Element, key: SigningKey | None = None) -> bytes:
    """Have libxmlsec decrypt; it wants the EncryptedKey inside, and no Type to return bytes."""
    [data] = holder.findall(f"{{{XENC}}}EncryptedData")
    key_info = data.find(f"{{{DS}}}KeyInfo")
    assert key_info is not None
    for method in key_info.findall(f"{{{DS}}}RetrievalMethod"):
        key_info.remove(method)
    for beside in holder.findall(f"{{{XENC}}}EncryptedKey"):
        key_info.append(beside)
    data.attrib.pop("Type", None)
    manager = xmlsec.KeysManager()
    manager.add_key(xmlsec.Key.from_memory((key or sp_key()).private_key_pem, xmlsec.KeyFormat.PEM))
    plaintext: bytes = xmlsec.EncryptionContext(manager).decrypt(data)
    return plaintext


def signxml_signed(xml: bytes, certificate_pem: str) -> etree._Element:
    """Return what signxml says was signed. Raises what signxml raises."""
    config = SignatureConfiguration(
        signature_methods=frozenset(SignatureMethod), digest_algorithms=frozenset(DigestAlgorithm)
    )
    result = XMLVerifier().verify(
        xml, x509_cert=certificate_pem, id_attribute="ID", expect_config=config
    )
    return result.signed_xml
