"""Logout messages of the kit, verified by others than the judge."""

from __future__ import annotations

import base64
import zlib
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs

import pytest
from lxml import etree
from onelogin.saml2.utils import OneLogin_Saml2_Utils
from signxml import XMLVerifier

from relyra_django.testing import FakeIdP, MintedLogout
from relyra_django.testing.encryption import Encryption
from relyra_django.testing.logout_spec import LogoutRequestSpec, LogoutResponseSpec
from relyra_django.testing.namespaces import SAML, SAMLP

NOW = datetime(2026, 3, 14, 12, 0, 0, tzinfo=UTC)
IDP = FakeIdP()


def carried(minted: MintedLogout) -> etree._Element:
    [value] = parse_qs(minted.query)[minted.parameter]
    return etree.fromstring(zlib.decompress(base64.b64decode(value), -15))


@pytest.mark.parametrize("make", [IDP.logout_request, IDP.logout_response])
def test_a_form_field_that_others_verify(make) -> None:
    minted = make(now=NOW)
    verified = XMLVerifier().verify(minted.xml, x509_cert=IDP.certificate_pem)
    assert verified.signed_xml.get("ID") == minted.message_id
    assert base64.b64decode(minted.encoded) == minted.xml
    assert minted.form("rs") == {minted.parameter: minted.encoded, "RelayState": "rs"}
    assert minted.form() == {minted.parameter: minted.encoded}


@pytest.mark.parametrize("escapes", ["upper", "lower"])
def test_a_query_that_others_verify(escapes: str) -> None:
    minted = IDP.logout_request(now=NOW, relay_state="rs x/+", escapes=escapes)
    octets, _, _ = minted.query.partition("&Signature=")
    values = {name: value for name, [value] in parse_qs(minted.query).items()}
    arguments = (octets, base64.b64decode(values["Signature"]), IDP.certificate_pem)
    assert OneLogin_Saml2_Utils.validate_binary_sign(*arguments, values["SigAlg"])
    assert values["RelayState"] == "rs x/+"
    assert ("%2b" in minted.query or "%2f" in minted.query) is (escapes == "lower")


def test_what_a_request_says() -> None:
    root = carried(IDP.logout_request(now=NOW, session_indexes=("_1", "_2"), reason="urn:r"))
    assert root.tag == f"{{{SAMLP}}}LogoutRequest"
    assert root.get("NotOnOrAfter") == "2026-03-14T12:05:00Z"
    assert root.get("Reason") == "urn:r"
    assert root.findtext(f"{{{SAML}}}NameID") == "alice"
    assert [one.text for one in root.iterfind(f"{{{SAMLP}}}SessionIndex")] == ["_1", "_2"]


def test_what_a_response_says() -> None:
    minted = IDP.logout_response(
        now=NOW, in_response_to="id_1", sub_status="PartialLogout", status_message="so so"
    )
    root = carried(minted)
    assert root.get("InResponseTo") == "id_1"
    codes = [code.get("Value", "") for code in root.iter(f"{{{SAMLP}}}StatusCode")]
    assert [code.rpartition(":")[2] for code in codes] == ["Success", "PartialLogout"]
    assert "so so" in minted.xml.decode()


def test_an_encrypted_name() -> None:
    minted = IDP.logout_request(now=NOW, encrypt_name_id=Encryption())
    assert b">alice<" not in minted.xml + minted.unsigned_xml
    assert carried(minted).find(f"{{{SAML}}}EncryptedID") is not None


def test_unsigned() -> None:
    minted = IDP.logout_request(now=NOW, sign=False)
    assert b"Signature" not in minted.xml
    assert set(parse_qs(minted.query)) == {"SAMLRequest"}


@pytest.mark.parametrize("spec", [LogoutRequestSpec, LogoutResponseSpec])
def test_knobs_that_cannot_be(spec) -> None:
    spec(now=NOW, escapes="lower", issue_instant=timedelta(0))
    for knobs in ({"escapes": "mixed"}, {"now": NOW.replace(tzinfo=None)}):
        with pytest.raises(ValueError, match=r"escapes|now"):
            spec(**knobs)
    with pytest.raises(TypeError):
        spec(nonsense=1)


def test_a_binding_that_is_none() -> None:
    with pytest.raises(KeyError):
        IDP.logout_request(now=NOW).carried("soap")
