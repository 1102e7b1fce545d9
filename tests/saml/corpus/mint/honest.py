"""The honest message, as text: what every mutation begins with."""

from __future__ import annotations

from relyra_django.testing.namespaces import DS, SAML, SAMLP, XS, XSI
from tests.saml.corpus.world import ACS_URL, IDP, SLO_URL, SP_ENTITY_ID

RESPONSE_ID = "_response"
ASSERTION_ID = "_assertion"

_RESPONSE = """\
<samlp:Response xmlns:samlp="SAMLP" xmlns:saml="SAML" ID="_response" Version="2.0" \
IssueInstant="2026-03-14T12:00:00Z" Destination="ACS" InResponseTo="id_request">\
<saml:Issuer>IDP</saml:Issuer>\
<samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/>\
</samlp:Status>\
<saml:Assertion xmlns:xs="XS" xmlns:xsi="XSI" ID="_assertion" Version="2.0" \
IssueInstant="2026-03-14T12:00:00Z">\
<saml:Issuer>IDP</saml:Issuer>\
<saml:Subject>\
<saml:NameID Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent">alice</saml:NameID>\
<saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer">\
<saml:SubjectConfirmationData NotOnOrAfter="2026-03-14T12:05:00Z" Recipient="ACS" \
InResponseTo="id_request"/>\
</saml:SubjectConfirmation>\
</saml:Subject>\
<saml:Conditions NotBefore="2026-03-14T11:59:00Z" NotOnOrAfter="2026-03-14T12:05:00Z">\
<saml:AudienceRestriction><saml:Audience>SP</saml:Audience></saml:AudienceRestriction>\
</saml:Conditions>\
<saml:AuthnStatement AuthnInstant="2026-03-14T12:00:00Z" SessionIndex="_session">\
<saml:AuthnContext><saml:AuthnContextClassRef>\
urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport\
</saml:AuthnContextClassRef></saml:AuthnContext>\
</saml:AuthnStatement>\
<saml:AttributeStatement>\
<saml:Attribute Name="mail" NameFormat="urn:oasis:names:tc:SAML:2.0:attrname-format:basic">\
<saml:AttributeValue xsi:type="xs:string">alice@example.org</saml:AttributeValue>\
</saml:Attribute>\
</saml:AttributeStatement>\
</saml:Assertion>\
</samlp:Response>"""

# Words in capitals in a text stand for these.
WORDS = {
    "SAMLP": SAMLP,
    "SAML": SAML,
    "XSI": XSI,
    "XS": XS,
    "DS": DS,
    "ACS": ACS_URL,
    "SLO": SLO_URL,
    "IDP": IDP,
    "SP": SP_ENTITY_ID,
}


def filled(text: str, **words: str) -> str:
    """Write the URLs and namespaces in the places of their words: `"ACS"`, `>SP<` and so on."""
    for word, value in {**WORDS, **words}.items():
        text = text.replace(f'"{word}"', f'"{value}"').replace(f">{word}<", f">{value}<")
    return text


def respelt(text: str, samlp: str, saml: str) -> str:
    """Give the two SAML namespaces other prefixes."""
    for old, new in (("samlp", samlp), ("saml", saml)):
        text = text.replace(f"{old}:", f"{new}:").replace(f"xmlns:{old}=", f"xmlns:{new}=")
    return text


def response(samlp: str = "samlp", saml: str = "saml") -> str:
    """Return the honest answer to REQUEST_ID at NOW."""
    return filled(respelt(_RESPONSE, samlp, saml))
