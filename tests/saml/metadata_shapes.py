"""Metadata in the shapes that known identity providers publish; the words and keys are our own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lxml import etree

from relyra_django.testing.keys import SigningKey, signing_key
from relyra_django.testing.metadata import sign_metadata
from relyra_django.testing.metadata_spec import MetadataSpec
from relyra_django.testing.namespaces import (
    DS,
    EMAIL,
    MD,
    MDUI,
    PERSISTENT,
    POST,
    REDIRECT,
    SAMLP,
    SHIBMD,
    TRANSIENT,
    XSI,
)

ONE, TWO, THREE = (signing_key("rsa", name) for name in ("first", "second", "third"))
PUBLISHER = signing_key("rsa", "federation")
ENTITY = "https://login.example.com/idp"
SSO = "https://login.example.com/sso"
SLO = "https://login.example.com/slo"
FED = "http://docs.oasis-open.org/wsfed/federation/200706"
ATTRIBUTE = "urn:oasis:names:tc:SAML:metadata:attribute"
REGISTRATION = "urn:oasis:names:tc:SAML:metadata:rpi"
ARTIFACT = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Artifact"
SOAP = "urn:oasis:names:tc:SAML:2.0:bindings:SOAP"
SHIBBOLETH_1 = "urn:mace:shibboleth:1.0:profiles:AuthnRequest"


def key(certificate: SigningKey, use: str | None = None, prefix: str = "") -> str:
    """Write a KeyDescriptor as most providers do: one line, ds as the default namespace."""
    attribute = "" if use is None else f' use="{use}"'
    return (
        f'<{prefix}KeyDescriptor{attribute}><KeyInfo xmlns="{DS}"><X509Data><X509Certificate>'
        f"{certificate.certificate_base64}"
        f"</X509Certificate></X509Data></KeyInfo></{prefix}KeyDescriptor>"
    )


def endpoint(name: str, binding: str, location: str, prefix: str = "", more: str = "") -> str:
    return f'<{prefix}{name} Binding="{binding}" Location="{location}"{more}/>'


def signed(document: str, publisher: SigningKey) -> bytes:
    root = etree.fromstring(document)
    sign_metadata(root, publisher, MetadataSpec())
    return etree.tostring(root, xml_declaration=True, encoding="utf-8")


def okta() -> bytes:
    """Prefixes, one key, e-mail names, WantAuthnRequestsSigned, the same address twice."""
    return f"""<?xml version="1.0" encoding="UTF-8"?><md:EntityDescriptor entityID="{ENTITY}"
    xmlns:md="{MD}"><md:IDPSSODescriptor WantAuthnRequestsSigned="false"
    protocolSupportEnumeration="{SAMLP}">{key(ONE, "signing", "md:")}
    <md:NameIDFormat>{EMAIL}</md:NameIDFormat>
    {endpoint("SingleSignOnService", POST, SSO, "md:")}
    {endpoint("SingleSignOnService", REDIRECT, SSO, "md:")}
    </md:IDPSSODescriptor></md:EntityDescriptor>""".encode()


def google() -> bytes:
    """A date, two keys for the time of a change, no single logout."""
    return f"""<?xml version="1.0" encoding="UTF-8" standalone="no"?>
<md:EntityDescriptor xmlns:md="{MD}" entityID="{ENTITY}" validUntil="2031-05-04T09:08:07.000Z">
  <md:IDPSSODescriptor WantAuthnRequestsSigned="false" protocolSupportEnumeration="{SAMLP}">
    {key(ONE, "signing", "md:")}
    {key(TWO, "signing", "md:")}
    <md:NameIDFormat>{EMAIL}</md:NameIDFormat>
    {endpoint("SingleSignOnService", REDIRECT, SSO, "md:")}
    {endpoint("SingleSignOnService", POST, SSO, "md:")}
  </md:IDPSSODescriptor>
</md:EntityDescriptor>
""".encode()


def _tokens(role: str, use: str, keys: str) -> str:
    claim = f'<auth:ClaimType xmlns:auth="{FED}/auth" Uri="urn:example:claim" Optional="true"/>'
    return (
        f'<RoleDescriptor xmlns:xsi="{XSI}" xmlns:fed="{FED}" xsi:type="fed:{role}"'
        f' protocolSupportEnumeration="{FED}">{keys}'
        f"<fed:{use}>{claim * 20}</fed:{use}></RoleDescriptor>"
    )


def entra() -> bytes:
    """Signed with its own key, two WS-Federation roles before the one that counts, three keys."""
    keys = "".join(key(one, "signing") for one in (ONE, TWO, THREE))
    return signed(
        f'<EntityDescriptor ID="_a1b2" entityID="{ENTITY}/" xmlns="{MD}">'
        + _tokens("SecurityTokenServiceType", "ClaimTypesOffered", keys)
        + _tokens("ApplicationServiceType", "TargetScopes", keys)
        + f'<IDPSSODescriptor protocolSupportEnumeration="{SAMLP}">{keys}'
        + endpoint("SingleLogoutService", REDIRECT, SLO)
        + endpoint("SingleSignOnService", REDIRECT, SSO)
        + endpoint("SingleSignOnService", POST, SSO)
        + "</IDPSSODescriptor></EntityDescriptor>",
        ONE,
    )


def adfs() -> bytes:
    """Every role there is, encryption keys, scores of claims, lower-case addresses with a slash."""
    services = "".join(
        endpoint("AssertionConsumerService", POST, SSO, more=f' index="{n}"') for n in range(3)
    )
    claims = "".join(
        f'<Attribute xmlns="urn:oasis:names:tc:SAML:2.0:assertion" Name="urn:example:{n}"'
        f' FriendlyName="Claim {n}"/>'
        for n in range(60)
    )
    return signed(
        f'<EntityDescriptor ID="_c3d4" entityID="{ENTITY}" xmlns="{MD}">'
        + _tokens("ApplicationServiceType", "TargetScopes", key(THREE, "encryption"))
        + _tokens("SecurityTokenServiceType", "ClaimTypesOffered", key(ONE, "signing"))
        + f'<SPSSODescriptor WantAssertionsSigned="true" protocolSupportEnumeration="{SAMLP}">'
        + key(THREE, "encryption")
        + key(THREE, "signing")
        + endpoint("SingleLogoutService", REDIRECT, SLO)
        + services
        + f'</SPSSODescriptor><IDPSSODescriptor protocolSupportEnumeration="{SAMLP}">'
        + key(TWO, "encryption")
        + key(ONE, "signing")
        + endpoint("SingleLogoutService", REDIRECT, SLO)
        + endpoint("SingleLogoutService", POST, SLO)
        + f"<NameIDFormat>{EMAIL}</NameIDFormat><NameIDFormat>{PERSISTENT}</NameIDFormat>"
        + endpoint("SingleSignOnService", REDIRECT, SSO)
        + endpoint("SingleSignOnService", POST, SSO)
        + claims
        + '</IDPSSODescriptor><ContactPerson contactType="support"/></EntityDescriptor>',
        ONE,
    )


def keycloak() -> bytes:
    """A group of one, a KeyName beside the certificate, artifact and SOAP addresses first."""
    named = key(ONE, "signing", "md:").replace("<X509Data>", "<KeyName>kid</KeyName><X509Data>")
    logouts = "".join(
        endpoint("SingleLogoutService", binding, SLO, "md:")
        for binding in (POST, REDIRECT, ARTIFACT, SOAP)
    )
    logons = "".join(
        endpoint("SingleSignOnService", binding, SSO, "md:")
        for binding in (SOAP, ARTIFACT, POST, REDIRECT)
    )
    return signed(
        f'<md:EntitiesDescriptor ID="_e5f6" Name="urn:keycloak" xmlns:md="{MD}">'
        f'<md:EntityDescriptor entityID="{ENTITY}"><md:IDPSSODescriptor'
        f' WantAuthnRequestsSigned="true" protocolSupportEnumeration="{SAMLP}">{named}'
        + endpoint("ArtifactResolutionService", SOAP, SSO, "md:", ' index="0"')
        + logouts
        + f"<md:NameIDFormat>{PERSISTENT}</md:NameIDFormat>"
        + logons
        + "</md:IDPSSODescriptor></md:EntityDescriptor></md:EntitiesDescriptor>",
        ONE,
    )


def shibboleth() -> bytes:
    """Comments of its author, scopes, names in two languages, keys without use, SAML 1 beside."""
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<!-- Generated once, edited since. -->
<EntityDescriptor xmlns="{MD}" xmlns:ds="{DS}" xmlns:shibmd="{SHIBMD}" xmlns:mdui="{MDUI}"
    entityID="{ENTITY}" validUntil="2030-01-01T00:00:00.123Z">
  <IDPSSODescriptor protocolSupportEnumeration="{SAMLP} urn:oasis:names:tc:SAML:1.1:protocol">
    <Extensions>
      <shibmd:Scope regexp="false">example.org</shibmd:Scope>
      <shibmd:Scope regexp="true">^.+\\.example\\.org$</shibmd:Scope>
      <!-- Fill in the details for your IdP here -->
      <mdui:UIInfo>
        <mdui:DisplayName xml:lang="de">Universit\u00e4t</mdui:DisplayName>
        <mdui:DisplayName xml:lang="en">University</mdui:DisplayName>
        <mdui:Logo height="80" width="80">https://login.example.com/logo.png</mdui:Logo>
      </mdui:UIInfo>
    </Extensions>
    <!-- First signing certificate is BackChannel, the Second is FrontChannel -->
    {key(ONE, "signing")}{key(TWO, "signing")}{key(THREE, "encryption")}
    <!-- <SingleLogoutService Binding="{REDIRECT}" Location="{SLO}"/> -->
    <NameIDFormat>{TRANSIENT}</NameIDFormat>
    {endpoint("SingleSignOnService", SHIBBOLETH_1, SSO + "/1")}
    {endpoint("SingleSignOnService", POST, SSO)}
    {endpoint("SingleSignOnService", REDIRECT, SSO)}
  </IDPSSODescriptor>
  <AttributeAuthorityDescriptor protocolSupportEnumeration="{SAMLP}">{key(THREE)}
    {endpoint("AttributeService", SOAP, SSO)}
  </AttributeAuthorityDescriptor>
</EntityDescriptor>
""".encode()


def simplesamlphp() -> bytes:
    """A key for both uses told twice, contacts, an organization, a signature of its own."""
    return signed(
        f'<md:EntityDescriptor xmlns:md="{MD}" xmlns:ds="{DS}" entityID="{ENTITY}" ID="_g7h8">'
        f'<md:IDPSSODescriptor protocolSupportEnumeration="{SAMLP}">'
        + key(ONE, "signing", "md:")
        + key(ONE, "encryption", "md:")
        + endpoint("SingleLogoutService", REDIRECT, SLO, "md:", f' ResponseLocation="{SLO}/done"')
        + f"<md:NameIDFormat>{TRANSIENT}</md:NameIDFormat>"
        + endpoint("SingleSignOnService", REDIRECT, SSO, "md:")
        + "</md:IDPSSODescriptor><md:Organization>"
        '<md:OrganizationName xml:lang="en">example</md:OrganizationName>'
        '<md:OrganizationDisplayName xml:lang="en">Example Ltd</md:OrganizationDisplayName>'
        '<md:OrganizationURL xml:lang="en">https://example.com/</md:OrganizationURL>'
        '</md:Organization><md:ContactPerson contactType="technical">'
        "<md:GivenName>Administrator</md:GivenName>"
        "<md:EmailAddress>mailto:admin@example.com</md:EmailAddress>"
        "</md:ContactPerson></md:EntityDescriptor>",
        ONE,
    )


def edugain() -> bytes:
    """A signed federation of federations: registrations, entity attributes, comments, durations."""
    extensions = (
        f'<Extensions><r:RegistrationInfo xmlns:r="{REGISTRATION}"'
        ' registrationAuthority="https://federation.example.org/"'
        ' registrationInstant="2020-02-03T04:05:06Z"/>'
        f'<a:EntityAttributes xmlns:a="{ATTRIBUTE}">'
        '<s:Attribute xmlns:s="urn:oasis:names:tc:SAML:2.0:assertion" Name="urn:example:category">'
        "<s:AttributeValue>https://category.example.org/</s:AttributeValue></s:Attribute>"
        "</a:EntityAttributes></Extensions>"
    )
    members = "".join(
        f"<!-- member {n} -->"
        f'<EntityDescriptor entityID="https://idp{n}.example.net/idp">{extensions}'
        f'<IDPSSODescriptor protocolSupportEnumeration="{SAMLP}">{key(TWO, "signing")}'
        f"{endpoint('SingleSignOnService', REDIRECT, f'https://idp{n}.example.net/sso')}"
        "</IDPSSODescriptor></EntityDescriptor>"
        for n in range(30)
    )
    own = shibboleth().decode().partition("?>")[2].partition("-->")[2]
    return signed(
        f'<EntitiesDescriptor xmlns="{MD}" ID="_i9j0" Name="urn:example:all" cacheDuration="PT6H"'
        f' validUntil="2026-04-01T00:00:00Z"><!-- do not edit --><EntitiesDescriptor>{members}'
        f"{own}</EntitiesDescriptor></EntitiesDescriptor>",
        PUBLISHER,
    )


def pem(*keys: SigningKey) -> tuple[str, ...]:
    return tuple(one.certificate_pem for one in keys)


#: What each says beside its entity and sign-on address; `pin` is who signed it.
SHAPES: dict[Callable[[], bytes], dict[str, Any]] = {
    okta: {"signing_certificates": pem(ONE), "name_id_formats": (EMAIL,)},
    google: {"signing_certificates": pem(ONE, TWO), "slo_endpoints": ()},
    entra: {"signing_certificates": pem(ONE, TWO, THREE), "entity_id": ENTITY + "/", "pin": ONE},
    adfs: {
        "signing_certificates": pem(ONE),
        "encryption_certificates": pem(TWO),
        "name_id_formats": (EMAIL, PERSISTENT),
        "pin": ONE,
    },
    keycloak: {
        "signing_certificates": pem(ONE),
        "want_authn_requests_signed": True,
        "pin": ONE,
    },
    shibboleth: {
        "signing_certificates": pem(ONE, TWO),
        "encryption_certificates": pem(THREE),
        "display_name": "University",
        "scopes": ("example.org",),
        "slo_endpoints": (),
    },
    simplesamlphp: {
        "signing_certificates": pem(ONE),
        "encryption_certificates": pem(ONE),
        "display_name": "Example Ltd",
        "pin": ONE,
    },
    edugain: {
        "signing_certificates": pem(ONE, TWO),
        "scopes": ("example.org",),
        "pin": PUBLISHER,
    },
}
