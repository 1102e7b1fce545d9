"""The one door to python3-saml and, below it, libxmlsec: the first of the two verifiers."""

from __future__ import annotations

import xmlsec
from lxml import etree
from onelogin.saml2.errors import OneLogin_Saml2_ValidationError
from onelogin.saml2.utils import OneLogin_Saml2_Utils


def verifies(signature: etree._Element, signed: etree._Element, certificate_pem: str) -> bool:
    """Tell whether libxmlsec accepts this signature with this certificate's key.

    It says nothing about what was signed, and takes far more than we do: ask only after the
    structure has been checked.
    """
    xmlsec.tree.add_ids(signed.getroottree().getroot(), ["ID"])
    try:
        accepted = OneLogin_Saml2_Utils.validate_node_sign(
            signature, signed, cert=certificate_pem, raise_exceptions=True
        )
    except (OneLogin_Saml2_ValidationError, xmlsec.Error):
        return False
    return accepted is True
