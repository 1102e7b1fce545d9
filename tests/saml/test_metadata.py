from __future__ import annotations

from dataclasses import replace

import pytest
from lxml import etree
from onelogin.saml2.xml_utils import OneLogin_Saml2_XML

from relyra_django.saml import ErrorCode, Policy, RelyraError, metadata, xml
from relyra_django.saml import constants as c
from relyra_django.saml.connection import Signing
from tests.saml.judging import CONNECTION, IDP

BODY = "".join(IDP.certificate_pem.strip().splitlines()[1:-1])


def described(connection=CONNECTION, **keys) -> etree._Element:
    return xml.parse(metadata.sp_metadata(connection, **keys))


def test_minimum():
    root = described()
    assert root.get("entityID") == CONNECTION.sp_entity_id
    descriptor = root.find(c.MD + "SPSSODescriptor")
    assert descriptor.get("AuthnRequestsSigned") == "false"
    assert descriptor.get("WantAssertionsSigned") == "true"
    assert [child.tag for child in descriptor] == [c.MD + "AssertionConsumerService"]
    assert dict(descriptor[0].attrib) == {
        "Binding": c.BINDING_POST,
        "Location": CONNECTION.acs_url,
        "index": "0",
        "isDefault": "true",
    }


def test_keys_and_format():
    root = described(
        replace(CONNECTION, sign_authn_requests=True, name_id_format=c.NAMEID_PERSISTENT),
        signing_certificates=(IDP.certificate_pem,),
        encryption_certificates=(IDP.certificate_pem,),
    )
    descriptor = root[0]
    assert descriptor.get("AuthnRequestsSigned") == "true"
    keys = descriptor.findall(c.MD + "KeyDescriptor")
    assert [key.get("use") for key in keys] == ["signing", "encryption"]
    shown = [key.findtext(f"{c.DS}KeyInfo/{c.DS}X509Data/{c.DS}X509Certificate") for key in keys]
    assert shown == [BODY, BODY]
    assert descriptor.findtext(c.MD + "NameIDFormat") == c.NAMEID_PERSISTENT


@pytest.mark.parametrize(
    ("signing", "wanted"),
    [("either", "true"), ("assertion", "true"), ("both", "true"), ("response", "false")],
)
def test_says_whether_assertions_must_be_signed(signing, wanted):
    root = described(replace(CONNECTION, policy=Policy(signing=Signing(signing))))
    assert root[0].get("WantAssertionsSigned") == wanted


def test_values_are_escaped():
    root = described(replace(CONNECTION, sp_entity_id='urn:"<&>'))
    assert root.get("entityID") == 'urn:"<&>'


def test_certificate_that_is_none():
    with pytest.raises(RelyraError) as refusal:
        described(signing_certificates=("x",))
    assert refusal.value.code is ErrorCode.UNTRUSTED_CERTIFICATE


def test_says_how_to_encrypt():
    certificates = (IDP.certificate_pem,)
    root = described(signing_certificates=certificates, encryption_certificates=certificates)
    signing, encryption = root[0].findall(c.MD + "KeyDescriptor")
    methods = [method.get("Algorithm") for method in encryption.findall(c.MD + "EncryptionMethod")]
    assert methods == [
        "http://www.w3.org/2009/xmlenc11#aes256-gcm",
        "http://www.w3.org/2009/xmlenc11#aes128-gcm",
        "http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p",
        "http://www.w3.org/2009/xmlenc11#rsa-oaep",
    ]
    assert signing.find(c.MD + "EncryptionMethod") is None


def test_valid_against_the_standards_schema():
    document = metadata.sp_metadata(
        CONNECTION,
        signing_certificates=(IDP.certificate_pem,),
        encryption_certificates=(IDP.certificate_pem,),
    )
    outcome = OneLogin_Saml2_XML.validate_xml(document, "saml-schema-metadata-2.0.xsd")
    assert not isinstance(outcome, str), outcome


def test_is_spelled_as_other_software_expects():
    """A declaration, and the prefixes that people look for with grep."""
    document = metadata.sp_metadata(CONNECTION)
    assert document.startswith(b"<?xml version='1.0' encoding='UTF-8'?>\n<md:EntityDescriptor ")
    assert etree.fromstring(document).nsmap == {"md": c.METADATA_NS, "ds": c.DS_NS}
