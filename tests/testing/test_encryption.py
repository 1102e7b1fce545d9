"""The kit's encryption, read by libxmlsec: it must be what real providers send."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
import xmlsec
from lxml import etree

from relyra_django.testing import Addressee, Encryption, FakeIdP
from relyra_django.testing.encryption import KEY_BYTES
from relyra_django.testing.keys import signing_key
from relyra_django.testing.namespaces import SAML, XENC
from tests.testing.verifiers import SIGNATURE, xmlsec_accepts, xmlsec_reads

NOW = datetime(2026, 4, 24, 16, 0, 0, tzinfo=UTC)
IDP = FakeIdP()
SP = signing_key("rsa", "sp")
OTHER = signing_key("rsa", "other-sp")


def minted(**knobs: Any) -> etree._Element:
    return etree.fromstring(IDP.response(**{"now": NOW, "in_response_to": "id_1", **knobs}).xml)


def encrypted_assertion(root: etree._Element) -> etree._Element:
    [holder] = root.findall(f"{{{SAML}}}EncryptedAssertion")
    return holder


@pytest.mark.parametrize("content", KEY_BYTES)
def test_libxmlsec_reads_every_content_algorithm(content: str) -> None:
    root = minted(encrypt=Encryption(content=content))
    assert b">alice<" in xmlsec_reads(encrypted_assertion(root))


@pytest.mark.parametrize(
    "knobs",
    [
        {"transport": "rsa-oaep-mgf1p"},
        {"transport": "rsa-oaep-mgf1p", "digest": "sha256"},
        {"transport": "rsa-oaep"},
        {"transport": "rsa-oaep", "digest": "sha256", "mgf": "sha256"},
        {"transport": "rsa-oaep", "digest": "sha1", "mgf": "sha1"},
        {"transport": "rsa-oaep", "digest": "sha512", "mgf": "sha384"},
        {"transport": "rsa-1_5"},
        {"key_beside": True},
        {"data_type": None},
    ],
    ids=str,
)
def test_libxmlsec_reads_every_transport_and_shape(knobs: dict[str, Any]) -> None:
    root = minted(encrypt=Encryption(**knobs))
    assert b">alice<" in xmlsec_reads(encrypted_assertion(root))


def test_nothing_is_left_to_read() -> None:
    minted_ = IDP.response(now=NOW, encrypt=Encryption())
    assert b"alice" not in minted_.xml
    assert b"Assertion " not in minted_.xml


@pytest.mark.parametrize("sign", ["assertion", "both"])
def test_the_assertion_is_signed_before_it_is_encrypted(sign: str) -> None:
    plaintext = xmlsec_reads(encrypted_assertion(minted(encrypt=Encryption(), sign=sign)))
    assert xmlsec_accepts(plaintext, IDP.certificate_pem)


@pytest.mark.parametrize("sign", ["response", "both"])
def test_the_response_is_signed_after_the_assertion_is_encrypted(sign: str) -> None:
    response = IDP.response(now=NOW, encrypt=Encryption(), sign=sign)
    assert len(list(etree.fromstring(response.xml).iter(SIGNATURE))) == 1
    assert xmlsec_accepts(response.xml, IDP.certificate_pem)


def test_several_recipients_stand_first_and_are_named() -> None:
    others = (Addressee(key=OTHER, name="urn:other"),)
    root = minted(encrypt=Encryption(others=others, recipient_name="urn:sp"))
    keys = list(root.iter(f"{{{XENC}}}EncryptedKey"))
    assert [key.get("Recipient") for key in keys] == ["urn:other", "urn:sp"]
    assert b">alice<" in xmlsec_reads(encrypted_assertion(root), OTHER)


def test_the_wrong_key_reads_nothing() -> None:
    holder = encrypted_assertion(minted(encrypt=Encryption(recipient=OTHER)))
    with pytest.raises(xmlsec.Error):
        xmlsec_reads(holder, SP)


def test_only_rsa_keys_are_encrypted_for() -> None:
    with pytest.raises(TypeError, match="ec"):
        minted(encrypt=Encryption(recipient=signing_key("ec", "sp")))


def test_a_name_id_is_encrypted_inside_the_signed_assertion() -> None:
    response = IDP.response(now=NOW, encrypt_name_id=Encryption())
    assert xmlsec_accepts(response.xml, IDP.certificate_pem)
    [holder] = etree.fromstring(response.xml).iter(f"{{{SAML}}}EncryptedID")
    assert etree.fromstring(xmlsec_reads(holder)).text == "alice"


def test_both_at_once() -> None:
    root = minted(encrypt=Encryption(), encrypt_name_id=Encryption())
    plaintext = xmlsec_reads(encrypted_assertion(root))
    assert b"alice" not in plaintext
    [holder] = etree.fromstring(plaintext).iter(f"{{{SAML}}}EncryptedID")
    assert b">alice<" in xmlsec_reads(holder)


def test_a_fragment_leans_on_the_namespaces_round_it() -> None:
    plaintext = xmlsec_reads(encrypted_assertion(minted(encrypt=Encryption(fragment=True))))
    assert plaintext.startswith(b"<saml:Assertion")
    assert b'xmlns:saml="' not in plaintext.partition(b">")[0]


def test_a_hostile_plaintext() -> None:
    assert xmlsec_reads(encrypted_assertion(minted(encrypt=Encryption(plaintext=b"x")))) == b"x"
    upper = Encryption(plaintext=bytes.upper)
    assert b">ALICE<" in xmlsec_reads(encrypted_assertion(minted(encrypt=upper)))


def test_an_edit_comes_before_the_response_is_signed() -> None:
    def mark(holder: etree._Element) -> None:
        holder.set("edited", "yes")

    response = IDP.response(now=NOW, encrypt=Encryption(edit=mark), sign="response")
    assert b'edited="yes"' in response.xml
    assert xmlsec_accepts(response.xml, IDP.certificate_pem)


def test_the_connection_holds_the_key() -> None:
    assert IDP.connection().sp_decryption_keys == (SP.private_key_pem,)
