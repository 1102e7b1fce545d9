"""Other people's verifiers: the kit's signatures are worth what these say of them."""

from __future__ import annotations

import xmlsec
from lxml import etree
from signxml import DigestAlgorithm, SignatureConfiguration, SignatureMethod, XMLVerifier

from relyra_django.testing.namespaces import DS

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


def signxml_signed(xml: bytes, certificate_pem: str) -> etree._Element:
    """Return what signxml says was signed. Raises what signxml raises."""
    config = SignatureConfiguration(
        signature_methods=frozenset(SignatureMethod), digest_algorithms=frozenset(DigestAlgorithm)
    )
    result = XMLVerifier().verify(
        xml, x509_cert=certificate_pem, id_attribute="ID", expect_config=config
    )
    return result.signed_xml
