"""What the identity provider is told about us (Metadata 2.4)."""

from __future__ import annotations

from lxml import etree

from relyra_django.saml import certificates
from relyra_django.saml import constants as c
from relyra_django.saml.connection import ConnectionSnapshot, Signing

_NSMAP = {"md": c.METADATA_NS, "ds": c.DS_NS}
# In the order of preference; content first, as identity providers look for the first that fits.
_ENCRYPTION_METHODS = (c.AES256_GCM, c.AES128_GCM, c.RSA_OAEP_MGF1P, c.RSA_OAEP)


def sp_metadata(
    connection: ConnectionSnapshot,
    *,
    signing_certificates: tuple[str, ...] = (),
    encryption_certificates: tuple[str, ...] = (),
) -> bytes:
    """Return our EntityDescriptor for this connection; certificates are PEM.

    Raises untrusted_certificate for a certificate that cannot be read.
    """
    root = etree.Element(
        c.MD + "EntityDescriptor", {"entityID": connection.sp_entity_id}, nsmap=_NSMAP
    )
    descriptor = etree.SubElement(root, c.MD + "SPSSODescriptor", _flags(connection))
    for pem in signing_certificates:
        _add_key(descriptor, "signing", pem)
    for pem in encryption_certificates:
        key = _add_key(descriptor, "encryption", pem)
        for algorithm in _ENCRYPTION_METHODS:
            etree.SubElement(key, c.MD + "EncryptionMethod", Algorithm=algorithm)
    if connection.name_id_format:
        etree.SubElement(descriptor, c.MD + "NameIDFormat").text = connection.name_id_format
    etree.SubElement(
        descriptor,
        c.MD + "AssertionConsumerService",
        {
            "Binding": c.BINDING_POST,
            "Location": connection.acs_url,
            "index": "0",
            "isDefault": "true",
        },
    )
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def _flags(connection: ConnectionSnapshot) -> dict[str, str]:
    only_response = connection.policy.signing is Signing.RESPONSE
    return {
        "AuthnRequestsSigned": "true" if connection.sign_authn_requests else "false",
        "WantAssertionsSigned": "false" if only_response else "true",
        "protocolSupportEnumeration": c.PROTOCOL_NS,
    }


def _add_key(descriptor: etree._Element, use: str, pem: str) -> etree._Element:
    key = etree.SubElement(descriptor, c.MD + "KeyDescriptor", use=use)
    data = etree.SubElement(etree.SubElement(key, c.DS + "KeyInfo"), c.DS + "X509Data")
    lines = certificates.load(pem).pem.strip().splitlines()
    etree.SubElement(data, c.DS + "X509Certificate").text = "".join(lines[1:-1])
    return key
