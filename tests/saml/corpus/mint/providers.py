"""Messages as identity providers of the field write them: every one must be accepted.

Each is a text of its own, so that spelling, order, prefixes, white space and namespaces are those
of the provider and not of ours.
"""

from __future__ import annotations

from tests.saml.corpus.cases import Identity
from tests.saml.corpus.mint import honest
from tests.saml.corpus.mint.draft import BOTH, Shape
from tests.saml.corpus.mint.signers import Style

_HEAD = (
    '<saml2p:Response xmlns:saml2p="SAMLP" Destination="ACS" ID="_response" '
    'InResponseTo="id_request" IssueInstant="2026-03-14T12:00:00.123Z" Version="2.0">'
)

OKTA = (
    _HEAD
    + """\
<saml2:Issuer xmlns:saml2="SAML" Format="urn:oasis:names:tc:SAML:2.0:nameid-format:entity">IDP\
</saml2:Issuer><saml2p:Status xmlns:saml2p="SAMLP">\
<saml2p:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></saml2p:Status>\
<saml2:Assertion xmlns:saml2="SAML" ID="_assertion" IssueInstant="2026-03-14T12:00:00.123Z" \
Version="2.0" xmlns:xs="XS">\
<saml2:Issuer Format="urn:oasis:names:tc:SAML:2.0:nameid-format:entity" xmlns:saml2="SAML">IDP\
</saml2:Issuer><saml2:Subject xmlns:saml2="SAML">\
<saml2:NameID Format="urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress">alice@example.org\
</saml2:NameID><saml2:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer">\
<saml2:SubjectConfirmationData InResponseTo="id_request" \
NotOnOrAfter="2026-03-14T12:05:00.123Z" Recipient="ACS"/></saml2:SubjectConfirmation>\
</saml2:Subject><saml2:Conditions xmlns:saml2="SAML" NotBefore="2026-03-14T11:55:00.123Z" \
NotOnOrAfter="2026-03-14T12:05:00.123Z"><saml2:AudienceRestriction><saml2:Audience>SP\
</saml2:Audience></saml2:AudienceRestriction></saml2:Conditions>\
<saml2:AuthnStatement xmlns:saml2="SAML" AuthnInstant="2026-03-14T11:30:00.000Z" \
SessionIndex="id1773489600"><saml2:AuthnContext><saml2:AuthnContextClassRef>\
urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport</saml2:AuthnContextClassRef>\
</saml2:AuthnContext></saml2:AuthnStatement>\
<saml2:AttributeStatement xmlns:saml2="SAML">\
<saml2:Attribute Name="firstName" NameFormat="urn:oasis:names:tc:SAML:2.0:attrname-format:\
unspecified"><saml2:AttributeValue xmlns:xs="XS" xmlns:xsi="XSI" xsi:type="xs:string">Alice\
</saml2:AttributeValue></saml2:Attribute>\
<saml2:Attribute Name="groups" NameFormat="urn:oasis:names:tc:SAML:2.0:attrname-format:\
unspecified"><saml2:AttributeValue xmlns:xs="XS" xmlns:xsi="XSI" xsi:type="xs:string">Everyone\
</saml2:AttributeValue><saml2:AttributeValue xmlns:xs="XS" xmlns:xsi="XSI" xsi:type="xs:string">\
Admins</saml2:AttributeValue></saml2:Attribute></saml2:AttributeStatement></saml2:Assertion>\
</saml2p:Response>"""
)

ENTRA = """\
<samlp:Response ID="_response" Version="2.0" IssueInstant="2026-03-14T12:00:00.123Z" \
Destination="ACS" InResponseTo="id_request" xmlns:samlp="SAMLP">\
<Issuer xmlns="SAML">IDP</Issuer>\
<samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/>\
</samlp:Status><Assertion ID="_assertion" IssueInstant="2026-03-14T12:00:00.118Z" Version="2.0" \
xmlns="SAML"><Issuer>IDP</Issuer><Subject>\
<NameID Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent">c2FsdGVkX18</NameID>\
<SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer">\
<SubjectConfirmationData InResponseTo="id_request" NotOnOrAfter="2026-03-14T13:00:00.018Z" \
Recipient="ACS"/></SubjectConfirmation></Subject>\
<Conditions NotBefore="2026-03-14T11:55:00.018Z" NotOnOrAfter="2026-03-14T13:00:00.018Z">\
<AudienceRestriction><Audience>SP</Audience></AudienceRestriction></Conditions>\
<AttributeStatement>\
<Attribute Name="http://schemas.microsoft.com/identity/claims/tenantid">\
<AttributeValue>6babcaad-604b-40ac-a9d7-9fd97c0b779f</AttributeValue></Attribute>\
<Attribute Name="http://schemas.microsoft.com/identity/claims/objectidentifier">\
<AttributeValue>f1aacf5d-0d7b-4e4c-8c9c-0f3d6a0d6b9a</AttributeValue></Attribute>\
<Attribute Name="http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name">\
<AttributeValue>alice@example.org</AttributeValue></Attribute></AttributeStatement>\
<AuthnStatement AuthnInstant="2026-03-14T08:15:36.951Z" SessionIndex="_assertion">\
<AuthnContext><AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:Password\
</AuthnContextClassRef></AuthnContext></AuthnStatement></Assertion></samlp:Response>"""

ADFS = """\
<samlp:Response ID="_response" Version="2.0" IssueInstant="2026-03-14T12:00:00.123Z" \
Destination="ACS" Consent="urn:oasis:names:tc:SAML:2.0:consent:unspecified" \
InResponseTo="id_request" xmlns:samlp="SAMLP"><Issuer xmlns="SAML">IDP</Issuer>\
<samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success" />\
</samlp:Status><Assertion ID="_assertion" IssueInstant="2026-03-14T12:00:00.107Z" Version="2.0" \
xmlns="SAML"><Issuer>IDP</Issuer><Subject>\
<NameID Format="urn:oasis:names:tc:SAML:2.0:nameid-format:transient">t-7</NameID>\
<SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer">\
<SubjectConfirmationData InResponseTo="id_request" NotOnOrAfter="2026-03-14T12:05:00.123Z" \
Recipient="ACS" /></SubjectConfirmation></Subject>\
<Conditions NotBefore="2026-03-14T12:00:00.107Z" NotOnOrAfter="2026-03-14T13:00:00.107Z">\
<AudienceRestriction><Audience>SP</Audience></AudienceRestriction></Conditions>\
<AttributeStatement>\
<Attribute Name="http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn">\
<AttributeValue>alice@corp.example.org</AttributeValue></Attribute>\
<Attribute Name="http://schemas.xmlsoap.org/claims/Group"><AttributeValue>Domain Users\
</AttributeValue><AttributeValue>Staff</AttributeValue></Attribute></AttributeStatement>\
<AuthnStatement AuthnInstant="2026-03-14T11:59:58.512Z"><AuthnContext><AuthnContextClassRef>\
urn:federation:authentication:windows</AuthnContextClassRef></AuthnContext></AuthnStatement>\
</Assertion></samlp:Response>"""

GOOGLE = """\
<?xml version="1.0" encoding="UTF-8"?><saml2p:Response xmlns:saml2p="SAMLP" Destination="ACS" \
ID="_response" InResponseTo="id_request" IssueInstant="2026-03-14T12:00:00.482Z" Version="2.0">\
<saml2:Issuer xmlns:saml2="SAML">IDP</saml2:Issuer><saml2p:Status><saml2p:StatusCode \
Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></saml2p:Status>\
<saml2:Assertion xmlns:saml2="SAML" ID="_assertion" IssueInstant="2026-03-14T12:00:00.482Z" \
Version="2.0"><saml2:Issuer>IDP</saml2:Issuer><saml2:Subject>\
<saml2:NameID Format="urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress">alice@example.org\
</saml2:NameID><saml2:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer">\
<saml2:SubjectConfirmationData InResponseTo="id_request" \
NotOnOrAfter="2026-03-14T12:05:00.482Z" Recipient="ACS"/></saml2:SubjectConfirmation>\
</saml2:Subject><saml2:Conditions NotBefore="2026-03-14T11:55:00.482Z" \
NotOnOrAfter="2026-03-14T12:05:00.482Z"><saml2:AudienceRestriction><saml2:Audience>SP\
</saml2:Audience></saml2:AudienceRestriction></saml2:Conditions><saml2:AttributeStatement>\
<saml2:Attribute Name="email"><saml2:AttributeValue xmlns:xs="XS" xmlns:xsi="XSI" \
xsi:type="xs:anyType">alice@example.org</saml2:AttributeValue></saml2:Attribute>\
<saml2:Attribute Name="phone"/></saml2:AttributeStatement>\
<saml2:AuthnStatement AuthnInstant="2026-03-13T07:25:31.000Z" SessionIndex="_assertion">\
<saml2:AuthnContext><saml2:AuthnContextClassRef>\
urn:oasis:names:tc:SAML:2.0:ac:classes:unspecified</saml2:AuthnContextClassRef>\
</saml2:AuthnContext></saml2:AuthnStatement></saml2:Assertion></saml2p:Response>"""

KEYCLOAK = """\
<samlp:Response xmlns:samlp="SAMLP" xmlns:saml="SAML" Destination="ACS" ID="_response" \
InResponseTo="id_request" IssueInstant="2026-03-14T12:00:00.201Z" Version="2.0">\
<saml:Issuer>IDP</saml:Issuer><samlp:Status><samlp:StatusCode \
Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status>\
<saml:Assertion xmlns="SAML" ID="_assertion" IssueInstant="2026-03-14T12:00:00.200Z" \
Version="2.0"><saml:Issuer>IDP</saml:Issuer><saml:Subject>\
<saml:NameID Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent">G-1b2c</saml:NameID>\
<saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer">\
<saml:SubjectConfirmationData InResponseTo="id_request" \
NotOnOrAfter="2026-03-14T12:04:58.200Z" Recipient="ACS"/></saml:SubjectConfirmation>\
</saml:Subject><saml:Conditions NotBefore="2026-03-14T11:59:58.200Z" \
NotOnOrAfter="2026-03-14T12:00:58.200Z"><saml:AudienceRestriction><saml:Audience>SP\
</saml:Audience></saml:AudienceRestriction></saml:Conditions>\
<saml:AuthnStatement AuthnInstant="2026-03-14T12:00:00.202Z" \
SessionIndex="2b5e::8a1f" SessionNotOnOrAfter="2026-03-14T22:00:00.202Z"><saml:AuthnContext>\
<saml:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:unspecified\
</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement><saml:AttributeStatement>\
<saml:Attribute FriendlyName="email" Name="urn:oid:1.2.840.113549.1.9.1" \
NameFormat="urn:oasis:names:tc:SAML:2.0:attrname-format:uri"><saml:AttributeValue xmlns:xs="XS" \
xmlns:xsi="XSI" xsi:type="xs:string">alice@example.org</saml:AttributeValue></saml:Attribute>\
<saml:Attribute Name="Role" NameFormat="urn:oasis:names:tc:SAML:2.0:attrname-format:basic">\
<saml:AttributeValue xmlns:xs="XS" xmlns:xsi="XSI" xsi:type="xs:string">view-profile\
</saml:AttributeValue></saml:Attribute>\
<saml:Attribute Name="Role" NameFormat="urn:oasis:names:tc:SAML:2.0:attrname-format:basic">\
<saml:AttributeValue xmlns:xs="XS" xmlns:xsi="XSI" xsi:type="xs:string">manage-account\
</saml:AttributeValue></saml:Attribute></saml:AttributeStatement></saml:Assertion>\
</samlp:Response>"""

SHIBBOLETH = """\
<?xml version="1.0" encoding="UTF-8"?>
<saml2p:Response Destination="ACS" ID="_response" InResponseTo="id_request"
    IssueInstant="2026-03-14T12:00:00.000Z" Version="2.0" xmlns:saml2p="SAMLP">
    <saml2:Issuer xmlns:saml2="SAML">IDP</saml2:Issuer>
    <saml2p:Status>
        <saml2p:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/>
    </saml2p:Status>
    <saml2:Assertion ID="_assertion" IssueInstant="2026-03-14T12:00:00.000Z" Version="2.0"
        xmlns:saml2="SAML" xmlns:xsd="XS">
        <saml2:Issuer>IDP</saml2:Issuer>
        <saml2:Subject>
            <saml2:NameID
                Format="urn:oasis:names:tc:SAML:2.0:nameid-format:transient"
                NameQualifier="IDP" SPNameQualifier="SP"
                xmlns:saml2="SAML">AAdzZWNyZXQx</saml2:NameID>
            <saml2:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer">
                <saml2:SubjectConfirmationData Address="192.0.2.7" InResponseTo="id_request"
                    NotOnOrAfter="2026-03-14T12:05:00.000Z" Recipient="ACS"/>
            </saml2:SubjectConfirmation>
        </saml2:Subject>
        <saml2:Conditions NotBefore="2026-03-14T12:00:00.000Z"
            NotOnOrAfter="2026-03-14T12:05:00.000Z">
            <saml2:AudienceRestriction>
                <saml2:Audience>SP</saml2:Audience>
            </saml2:AudienceRestriction>
        </saml2:Conditions>
        <saml2:AuthnStatement AuthnInstant="2026-03-14T11:59:59.000Z" SessionIndex="_s1">
            <saml2:SubjectLocality Address="192.0.2.7"/>
            <saml2:AuthnContext>
                <saml2:AuthnContextClassRef>
                    urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport
                </saml2:AuthnContextClassRef>
            </saml2:AuthnContext>
        </saml2:AuthnStatement>
        <saml2:AttributeStatement>
            <saml2:Attribute FriendlyName="eduPersonScopedAffiliation"
                Name="urn:oid:1.3.6.1.4.1.5923.1.1.1.9"
                NameFormat="urn:oasis:names:tc:SAML:2.0:attrname-format:uri">
                <saml2:AttributeValue xmlns:xsi="XSI" xsi:type="xsd:string"
                    >staff@example.org</saml2:AttributeValue>
                <saml2:AttributeValue xmlns:xsi="XSI" xsi:type="xsd:string"
                    >member@example.org</saml2:AttributeValue>
            </saml2:Attribute>
            <saml2:Attribute FriendlyName="eduPersonTargetedID"
                Name="urn:oid:1.3.6.1.4.1.5923.1.1.1.10"
                NameFormat="urn:oasis:names:tc:SAML:2.0:attrname-format:uri">
                <saml2:AttributeValue>
                    <saml2:NameID Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"
                        NameQualifier="IDP" SPNameQualifier="SP">x9Yq</saml2:NameID>
                </saml2:AttributeValue>
            </saml2:Attribute>
        </saml2:AttributeStatement>
    </saml2:Assertion>
</saml2p:Response>
"""

SIMPLESAMLPHP = """\
<samlp:Response xmlns:samlp="SAMLP" xmlns:saml="SAML" ID="_response" Version="2.0" \
IssueInstant="2026-03-14T12:00:00Z" Destination="ACS" InResponseTo="id_request">\
<saml:Issuer>IDP</saml:Issuer><samlp:Status><samlp:StatusCode \
Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status>\
<saml:Assertion xmlns:xsi="XSI" xmlns:xs="XS" ID="_assertion" Version="2.0" \
IssueInstant="2026-03-14T12:00:00Z"><saml:Issuer>IDP</saml:Issuer><saml:Subject>\
<saml:NameID SPNameQualifier="SP" \
Format="urn:oasis:names:tc:SAML:2.0:nameid-format:transient">_4f5a</saml:NameID>\
<saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer">\
<saml:SubjectConfirmationData NotOnOrAfter="2026-03-14T12:05:00Z" Recipient="ACS" \
InResponseTo="id_request"/></saml:SubjectConfirmation></saml:Subject>\
<saml:Conditions NotBefore="2026-03-14T11:59:30Z" NotOnOrAfter="2026-03-14T12:05:00Z">\
<saml:AudienceRestriction><saml:Audience>SP</saml:Audience></saml:AudienceRestriction>\
</saml:Conditions><saml:AuthnStatement AuthnInstant="2026-03-14T12:00:00Z" \
SessionNotOnOrAfter="2026-03-14T20:00:00Z" SessionIndex="_5b6c"><saml:AuthnContext>\
<saml:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:Password\
</saml:AuthnContextClassRef><saml:AuthenticatingAuthority>https://upstream.example.org/\
</saml:AuthenticatingAuthority></saml:AuthnContext></saml:AuthnStatement>\
<saml:AttributeStatement><saml:Attribute Name="uid" \
NameFormat="urn:oasis:names:tc:SAML:2.0:attrname-format:uri">\
<saml:AttributeValue xsi:type="xs:string">alice</saml:AttributeValue></saml:Attribute>\
<saml:Attribute Name="age" NameFormat="urn:oasis:names:tc:SAML:2.0:attrname-format:uri">\
<saml:AttributeValue xsi:type="xs:integer">42</saml:AttributeValue></saml:Attribute>\
</saml:AttributeStatement></saml:Assertion></samlp:Response>"""

_CLAIMS = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/"
_MS = "http://schemas.microsoft.com/identity/claims/"

IDENTITIES: dict[str, Identity] = {
    "okta": Identity(
        name_id="alice@example.org",
        attributes=(("firstName", ("Alice",)), ("groups", ("Everyone", "Admins"))),
    ),
    "entra": Identity(
        name_id="c2FsdGVkX18",
        attributes=(
            (_MS + "tenantid", ("6babcaad-604b-40ac-a9d7-9fd97c0b779f",)),
            (_MS + "objectidentifier", ("f1aacf5d-0d7b-4e4c-8c9c-0f3d6a0d6b9a",)),
            (_CLAIMS + "name", ("alice@example.org",)),
        ),
    ),
    "adfs": Identity(
        name_id="t-7",
        attributes=(
            (_CLAIMS + "upn", ("alice@corp.example.org",)),
            ("http://schemas.xmlsoap.org/claims/Group", ("Domain Users", "Staff")),
        ),
    ),
    "google": Identity(
        name_id="alice@example.org",
        attributes=(("email", ("alice@example.org",)), ("phone", ())),
    ),
    "keycloak": Identity(
        name_id="G-1b2c",
        attributes=(
            ("urn:oid:1.2.840.113549.1.9.1", ("alice@example.org",)),
            ("Role", ("view-profile", "manage-account")),
        ),
    ),
    "shibboleth": Identity(
        name_id="AAdzZWNyZXQx",
        attributes=(
            ("urn:oid:1.3.6.1.4.1.5923.1.1.1.9", ("staff@example.org", "member@example.org")),
            ("urn:oid:1.3.6.1.4.1.5923.1.1.1.10", ("x9Yq",)),
        ),
    ),
    "simplesamlphp": Identity(name_id="_4f5a", attributes=(("uid", ("alice",)), ("age", ("42",)))),
}
_TEXTS = {
    "okta": OKTA,
    "entra": ENTRA,
    "adfs": ADFS,
    "google": GOOGLE,
    "keycloak": KEYCLOAK,
    "shibboleth": SHIBBOLETH,
    "simplesamlphp": SIMPLESAMLPHP,
}
# What each of them signs when nobody has changed it.
_SIGNED = {
    "okta": BOTH.signed,
    "google": (honest.RESPONSE_ID,),
    "keycloak": (honest.RESPONSE_ID,),
    "shibboleth": (honest.RESPONSE_ID,),
    "simplesamlphp": BOTH.signed,
}


def _shape(name: str) -> Shape:
    text = honest.filled(_TEXTS[name])
    return Shape(
        slug=f"like-{name}",
        words=f"a message in the manner of {name}",
        signed=_SIGNED.get(name, (honest.ASSERTION_ID,)),
        text=lambda samlp, saml: text,
        style=Style(key_info=True, prefixes=("xs",) if name in {"okta", "google"} else ()),
    )


PROVIDERS: dict[str, Shape] = {name: _shape(name) for name in _TEXTS}
