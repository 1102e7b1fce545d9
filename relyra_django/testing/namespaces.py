"""The URIs the fake identity provider speaks; its own copy, so signer and judge share no typo."""

from __future__ import annotations

SAMLP = "urn:oasis:names:tc:SAML:2.0:protocol"
SAML = "urn:oasis:names:tc:SAML:2.0:assertion"
MD = "urn:oasis:names:tc:SAML:2.0:metadata"
MDUI = "urn:oasis:names:tc:SAML:metadata:ui"
SHIBMD = "urn:mace:shibboleth:metadata:1.0"
XML = "http://www.w3.org/XML/1998/namespace"
DS = "http://www.w3.org/2000/09/xmldsig#"
XS = "http://www.w3.org/2001/XMLSchema"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
XENC = "http://www.w3.org/2001/04/xmlenc#"
XENC11 = "http://www.w3.org/2009/xmlenc11#"
EXC_C14N = "http://www.w3.org/2001/10/xml-exc-c14n#"
C14N = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
ENVELOPED = "http://www.w3.org/2000/09/xmldsig#enveloped-signature"

POST = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"
REDIRECT = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"
BEARER = "urn:oasis:names:tc:SAML:2.0:cm:bearer"
BASIC = "urn:oasis:names:tc:SAML:2.0:attrname-format:basic"
PASSWORD = "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport"  # noqa: S105
STATUS = "urn:oasis:names:tc:SAML:2.0:status:"

EMAIL = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress"
UNSPECIFIED = "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified"
PERSISTENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"
TRANSIENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient"

SIGNATURE_METHODS = {
    ("rsa", "sha1"): "http://www.w3.org/2000/09/xmldsig#rsa-sha1",
    ("rsa", "sha256"): "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
    ("rsa", "sha384"): "http://www.w3.org/2001/04/xmldsig-more#rsa-sha384",
    ("rsa", "sha512"): "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512",
    ("pss", "sha256"): "http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1",
    ("pss", "sha384"): "http://www.w3.org/2007/05/xmldsig-more#sha384-rsa-MGF1",
    ("pss", "sha512"): "http://www.w3.org/2007/05/xmldsig-more#sha512-rsa-MGF1",
    ("ec", "sha1"): "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha1",
    ("ec", "sha256"): "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256",
    ("ec", "sha384"): "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384",
    ("ec", "sha512"): "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha512",
    ("hmac", "sha256"): "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256",
}
DIGEST_METHODS = {
    "md5": "http://www.w3.org/2001/04/xmldsig-more#md5",
    "sha1": "http://www.w3.org/2000/09/xmldsig#sha1",
    "sha256": "http://www.w3.org/2001/04/xmlenc#sha256",
    "sha384": "http://www.w3.org/2001/04/xmldsig-more#sha384",
    "sha512": "http://www.w3.org/2001/04/xmlenc#sha512",
}

ELEMENT_TYPE = XENC + "Element"
CONTENT_TYPE = XENC + "Content"
ENCRYPTED_KEY_TYPE = XENC + "EncryptedKey"
CONTENT_METHODS = {
    "aes128-gcm": XENC11 + "aes128-gcm",
    "aes192-gcm": XENC11 + "aes192-gcm",
    "aes256-gcm": XENC11 + "aes256-gcm",
    "aes128-cbc": XENC + "aes128-cbc",
    "aes192-cbc": XENC + "aes192-cbc",
    "aes256-cbc": XENC + "aes256-cbc",
    "tripledes-cbc": XENC + "tripledes-cbc",
}
TRANSPORT_METHODS = {
    "rsa-oaep-mgf1p": XENC + "rsa-oaep-mgf1p",
    "rsa-oaep": XENC11 + "rsa-oaep",
    "rsa-1_5": XENC + "rsa-1_5",
}
MGF_METHODS = {
    "sha1": XENC11 + "mgf1sha1",
    "sha256": XENC11 + "mgf1sha256",
    "sha384": XENC11 + "mgf1sha384",
    "sha512": XENC11 + "mgf1sha512",
}
