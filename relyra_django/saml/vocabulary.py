"""The names that messages are made of: one that uses no others teaches libxml2 nothing new."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

# In a well-formed document every name stands in one of these places, or before `="`. Text that
# looks like one only makes the answer more careful. Each pattern begins with something to look
# for and stops soon, so that it runs through the bytes once, whatever they are.
_TAG = re.compile(rb"<([^\s/>]+)")
_DISTANT_VALUE = re.compile(rb"""=\s+["']""")
_NAMESPACE = re.compile(rb"""xmlns(?::[^\s=<>"']{1,64})?\s*=\s*(?:"([^"]*)"|'([^']*)')""")

_PREFIXES: Final = frozenset(
    b"dsig ds e ec enc md saml saml1 saml2 saml2p samlp xenc xenc11 xml xmlns xs xsd xsi".split()
)
_NAMES: Final = frozenset(
    b"""
    ?xml version encoding standalone xmlns lang space base

    Response Issuer Extensions Status StatusCode StatusMessage StatusDetail Value
    ID Version IssueInstant Destination Consent InResponseTo
    LogoutRequest LogoutResponse Reason

    Assertion EncryptedAssertion Subject BaseID NameID EncryptedID NameQualifier SPNameQualifier
    SPProvidedID Format SubjectConfirmation Method SubjectConfirmationData NotBefore NotOnOrAfter
    Recipient Address Conditions Condition AudienceRestriction Audience OneTimeUse ProxyRestriction
    Count Advice AssertionIDRef AssertionURIRef AuthnStatement AuthnInstant SessionIndex
    SessionNotOnOrAfter SubjectLocality DNSName AuthnContext AuthnContextClassRef AuthnContextDecl
    AuthnContextDeclRef AuthenticatingAuthority AttributeStatement Attribute EncryptedAttribute Name
    NameFormat FriendlyName OriginalIssuer AttributeValue type nil

    Signature SignedInfo CanonicalizationMethod SignatureMethod SignatureValue Reference
    Transforms Transform DigestMethod DigestValue KeyInfo KeyName KeyValue RSAKeyValue Modulus
    Exponent X509Data X509Certificate X509SubjectName X509IssuerSerial X509IssuerName
    X509SerialNumber Algorithm URI Id Type InclusiveNamespaces PrefixList RetrievalMethod

    EncryptedData EncryptedKey EncryptionMethod CipherData CipherValue ReferenceList DataReference
    CarriedKeyName KeySize MGF X509SKI
    """.split()
)
_URIS: Final = frozenset(
    b"""
    urn:oasis:names:tc:SAML:2.0:protocol
    urn:oasis:names:tc:SAML:2.0:assertion
    http://www.w3.org/2000/09/xmldsig#
    http://www.w3.org/2001/04/xmlenc#
    http://www.w3.org/2009/xmlenc11#
    http://www.w3.org/2001/10/xml-exc-c14n#
    http://www.w3.org/2001/XMLSchema
    http://www.w3.org/2001/XMLSchema-instance
    """.split()
)


def uses_only_known_names(data: bytes) -> bool:
    """Tell whether a well-formed document has no element, attribute or namespace but SAML's own."""
    if _DISTANT_VALUE.search(data):
        return False
    names = {*_TAG.findall(data), *_before(data, b'="'), *_before(data, b"='")}
    uris = {double or single for double, single in _NAMESPACE.findall(data)}
    return all(map(_is_known, names)) and _URIS.issuperset(uris)


def _before(data: bytes, sign: bytes) -> Iterator[bytes]:
    """Yield the word that stands before each of these signs."""
    for piece in data.split(sign)[:-1]:
        yield (piece.rsplit(None, 1) or [b""])[-1]


@lru_cache(maxsize=512)
def _is_known(name: bytes) -> bool:
    prefix, colon, local = name.rpartition(b":")
    if prefix == b"xmlns":
        return local in _PREFIXES
    return local in _NAMES and (not colon or prefix in _PREFIXES)
