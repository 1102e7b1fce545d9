"""The one door to python3-saml and, below it, libxmlsec: one of the two verifiers.

Both are imported when they are first needed. Wheels of lxml and xmlsec that bring different
libxml2 refuse to load together; a system check has to be able to run and say so.
"""

from __future__ import annotations

from importlib import import_module

from lxml import etree


def load() -> None:
    """Import both libraries now. Raises whatever they raise when they cannot work."""
    import_module("onelogin.saml2.utils")


def verifies(signature: etree._Element, signed: etree._Element, certificate_pem: str) -> bool:
    """Tell whether libxmlsec accepts this signature with this certificate's key.

    It says nothing about what was signed, and takes far more than we do: ask only after the
    structure has been checked.
    """
    import xmlsec
    from onelogin.saml2.errors import OneLogin_Saml2_ValidationError
    from onelogin.saml2.utils import OneLogin_Saml2_Utils

    xmlsec.tree.add_ids(signed.getroottree().getroot(), ["ID"])
    try:
        accepted = OneLogin_Saml2_Utils.validate_node_sign(
            signature, signed, cert=certificate_pem, raise_exceptions=True
        )
    except (OneLogin_Saml2_ValidationError, xmlsec.Error):
        return False
    return accepted is True
