"""Encrypted messages as honest providers send them, each odd in its way."""

from __future__ import annotations

from typing import Any

from lxml import etree

from relyra_django.testing.encryption import Addressee, Encryption
from relyra_django.testing.hostile.attack import child, said
from relyra_django.testing.hostile.inert import Inert
from relyra_django.testing.keys import signing_key
from relyra_django.testing.namespaces import DS, XENC, XENC11

STRANGER = "other-sp"


def _key_info(holder: etree._Element) -> etree._Element:
    key = next(holder.iter(f"{{{XENC}}}EncryptedKey"))
    info = etree.Element(f"{{{DS}}}KeyInfo")
    child(key, "EncryptionMethod", XENC).addnext(info)
    return info


def _foreign_name(holder: etree._Element) -> None:
    etree.SubElement(_key_info(holder), f"{{{DS}}}KeyName").text = "somebody else's key"


def _foreign_certificate(holder: etree._Element) -> None:
    data = etree.SubElement(_key_info(holder), f"{{{DS}}}X509Data")
    etree.SubElement(data, f"{{{DS}}}X509Certificate").text = signing_key(
        "rsa", STRANGER
    ).certificate_base64


def _older_name_of_gcm(holder: etree._Element) -> None:
    method = child(child(holder, "EncryptedData", XENC), "EncryptionMethod", XENC)
    method.set("Algorithm", (method.get("Algorithm") or "").replace(XENC11, XENC))


def _no_pointer(holder: etree._Element) -> None:
    info = child(child(holder, "EncryptedData", XENC), "KeyInfo", DS)
    info.remove(child(info, "RetrievalMethod", DS))


def _encrypted(name: str, **knobs: Any) -> Inert:
    return Inert(name=f"encrypted-{name}", make=said(encrypt=Encryption(**knobs)))


ENCRYPTED_INERT: tuple[Inert, ...] = (
    _encrypted("assertion"),
    _encrypted("key-beside", key_beside=True),
    _encrypted("key-beside-unpointed", key_beside=True, edit=_no_pointer),
    _encrypted("foreign-key-name", edit=_foreign_name),
    _encrypted("foreign-certificate", edit=_foreign_certificate),
    _encrypted("without-type", data_type=None),
    _encrypted("gcm-of-the-older-name", edit=_older_name_of_gcm),
    _encrypted("aes128", content="aes128-gcm"),
    _encrypted("aes192", content="aes192-gcm"),
    _encrypted("oaep-mgf1p-sha256", digest="sha256"),
    _encrypted("oaep-by-default", transport="rsa-oaep"),
    _encrypted("oaep-sha256", transport="rsa-oaep", digest="sha256", mgf="sha256"),
    _encrypted("xml-declaration", plaintext=lambda xml: b"<?xml version='1.0'?>" + xml),
    _encrypted("blanks", plaintext=lambda xml: b"\n  " + xml + b"\n"),
    _encrypted("prefixes-outside", fragment=True),
    _encrypted("prefixes-outside-and-blanks", fragment=True, plaintext=lambda xml: b"\n" + xml),
    _encrypted("for-several", others=tuple(Addressee(key=STRANGER) for _ in range(2))),
    _encrypted(
        "for-several-by-name",
        others=tuple(Addressee(key=STRANGER, name="urn:other") for _ in range(7)),
    ),
    _encrypted("for-a-name-nobody-has", recipient_name="our customer"),
    Inert(name="encrypted-name-id", make=said(encrypt_name_id=Encryption())),
    Inert(
        name="encrypted-name-id-in-encrypted-assertion",
        make=said(encrypt_name_id=Encryption(key_beside=True), encrypt=Encryption()),
    ),
)
