"""The EntityDescriptor of a fake identity provider."""

from __future__ import annotations

from lxml import etree

from relyra_django.testing.namespaces import DS, MD, PERSISTENT, POST, REDIRECT, SAMLP, TRANSIENT


def build_metadata(entity_id: str, sso_url: str, certificate_base64: str) -> bytes:
    """Describe one identity provider with one signing certificate (Metadata 2.4.3)."""
    root = etree.Element(
        f"{{{MD}}}EntityDescriptor", nsmap={"md": MD, "ds": DS}, entityID=entity_id
    )
    role = _add(root, "IDPSSODescriptor", protocolSupportEnumeration=SAMLP)
    _key_descriptor(role, certificate_base64)
    for name_id_format in (PERSISTENT, TRANSIENT):
        _add(role, "NameIDFormat").text = name_id_format
    for binding in (REDIRECT, POST):
        _add(role, "SingleSignOnService", Binding=binding, Location=sso_url)
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True)


def _key_descriptor(role: etree._Element, certificate_base64: str) -> None:
    element = _add(role, "KeyDescriptor", use="signing")
    for name in ("KeyInfo", "X509Data", "X509Certificate"):
        element = etree.SubElement(element, f"{{{DS}}}{name}")
    element.text = certificate_base64


def _add(parent: etree._Element, name: str, **attributes: str) -> etree._Element:
    return etree.SubElement(parent, f"{{{MD}}}{name}", attributes)
