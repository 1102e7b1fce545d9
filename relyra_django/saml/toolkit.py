"""The one door to libxmlsec: one of the two verifiers.

It does what python3-saml's signature check does, with two differences: the key is kept, where
python3-saml loads the certificate for every message; and only the ID of the signed element is
registered. The tests hold the two against each other.

The library is imported when it is first needed. Wheels of lxml and xmlsec that bring different
libxml2 refuse to load together; a system check has to be able to run and say so.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from lxml import etree

from relyra_django.saml import certificates, xml

# What a Reference may ask for, whatever the structure's own check has let through. Nothing like it
# for the SignatureMethod: RSA-PSS has no name in xmlsec.
_REFERENCE_TRANSFORMS: Final = ("ENVELOPED", "EXCL_C14N", "SHA256", "SHA384", "SHA512", "SHA1")


def load() -> Any:
    """Import the library and return it. Raises whatever it raises when it cannot work."""
    import xmlsec

    return xmlsec


def verifies(signature: etree._Element, signed: etree._Element, certificate_pem: str) -> bool:
    """Tell whether libxmlsec accepts this signature with this certificate's key.

    With a key given it looks at no KeyInfo. It says nothing about what was signed, and takes more
    than we do: ask only after the structure has been checked.
    """
    xmlsec = load()
    context = xmlsec.SignatureContext()
    context.key = _public_key(certificate_pem)
    for name in _REFERENCE_TRANSFORMS:
        context.enable_reference_transform(getattr(xmlsec.Transform, name))
    try:
        xml.note_id(signed)
        context.register_id(signed, "ID")
        context.verify(signature)
    except xmlsec.Error:
        return False
    return True


@lru_cache(maxsize=1024)
def _public_key(certificate_pem: str) -> Any:
    """Return the bare key: with its certificate, a third of a verification is copying that.

    A context copies the key before it releases the GIL, so threads may share this one.
    """
    xmlsec = load()
    key = certificates.load(certificate_pem).public_key
    pem = key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return xmlsec.Key.from_memory(pem, xmlsec.KeyFormat.PEM)
