from __future__ import annotations

import base64
import zlib
from urllib.parse import urlencode

import pytest

from relyra_django.testing.received_request import read_request

XML = b"""<samlp:AuthnRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol"
 xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="id_1" Version="2.0" ForceAuthn="true"
 IssueInstant="2026-01-01T00:00:00Z" Destination="https://idp.example.org/sso"
 AssertionConsumerServiceURL="https://sp.example.com/acs"><saml:Issuer> https://sp.example.com
 </saml:Issuer><samlp:NameIDPolicy Format="urn:f"/></samlp:AuthnRequest>"""


def deflated(xml: bytes) -> str:
    packer = zlib.compressobj(wbits=-15)
    return base64.b64encode(packer.compress(xml) + packer.flush()).decode()


def redirect(payload: str, **fields: str) -> str:
    return "https://idp.example.org/sso?" + urlencode({"SAMLRequest": payload, **fields})


def test_a_redirect_is_inflated_and_read() -> None:
    received = read_request(redirect(deflated(XML), RelayState="rs_1"))
    assert received.request_id == "id_1"
    assert received.issuer == "https://sp.example.com"
    assert received.acs_url == "https://sp.example.com/acs"
    assert received.destination == "https://idp.example.org/sso"
    assert received.name_id_format == "urn:f"
    assert received.force_authn is True
    assert received.relay_state == "rs_1"
    assert received.xml == XML


def test_a_form_is_read_as_it_is() -> None:
    received = read_request({"SAMLRequest": base64.b64encode(XML).decode()})
    assert received.request_id == "id_1"
    assert received.relay_state is None


def test_what_is_left_out_is_none() -> None:
    xml = XML.replace(b' ForceAuthn="true"', b"").replace(
        b'<samlp:NameIDPolicy Format="urn:f"/>', b""
    )
    received = read_request(redirect(deflated(xml)))
    assert received.force_authn is False
    assert received.name_id_format is None


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        ("https://idp.example.org/sso", "no SAMLRequest"),
        ({"RelayState": "x"}, "no SAMLRequest"),
        (redirect("%%%"), "cannot be decoded"),
        (redirect(base64.b64encode(b"plain").decode()), "cannot be decoded"),
        ({"SAMLRequest": base64.b64encode(b"plain").decode()}, "not XML"),
        ({"SAMLRequest": base64.b64encode(b"<a/>").decode()}, "no AuthnRequest but a"),
    ],
)
def test_what_cannot_be_read_is_a_value_error(request_: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read_request(request_)  # type: ignore[arg-type]
