"""Attacks on EncryptedID, and what else may not be encrypted."""

from __future__ import annotations

from typing import Any

from lxml import etree

from relyra_django.saml.errors import ErrorCode
from relyra_django.testing.encryption import Encryption, fill
from relyra_django.testing.hostile.attack import (
    Hostile,
    Make,
    assertion_of,
    bare,
    edited_after_signing,
    edited_before_signing,
    said,
)
from relyra_django.testing.hostile.encrypting import (
    STRANGER,
    data_of,
)
from relyra_django.testing.namespaces import SAML


def _named(**knobs: Any) -> Make:
    return said(encrypt_name_id=Encryption(**knobs))


def _with_name(holder: etree._Element) -> None:
    name = etree.Element(f"{{{SAML}}}NameID")
    name.text = "admin"
    holder.addprevious(name)


def _name_replaced(root: etree._Element) -> None:
    holder = next(root.iter(f"{{{SAML}}}EncryptedID"))
    bare(data_of(holder))
    fill(holder, f'<saml:NameID xmlns:saml="{SAML}">admin</saml:NameID>'.encode(), Encryption())


def _encrypted_attribute(root: etree._Element) -> None:
    statement = etree.SubElement(assertion_of(root), f"{{{SAML}}}AttributeStatement")
    fill(etree.SubElement(statement, f"{{{SAML}}}EncryptedAttribute"), b"<a/>", Encryption())


FAILED, XML = ErrorCode.DECRYPTION_FAILED, ErrorCode.MALFORMED_XML
FIELD = ErrorCode.MISSING_PROTOCOL_FIELD


NAMES: tuple[Hostile, ...] = (
    Hostile(name="encrypted-id-unreadable", code=FAILED, make=_named(recipient=STRANGER)),
    Hostile(name="encrypted-id-with-aes-cbc", code=FAILED, make=_named(content="aes256-cbc")),
    Hostile(name="encrypted-id-with-rsa-1-5", code=FAILED, make=_named(transport="rsa-1_5")),
    Hostile(
        name="encrypted-id-of-an-assertion",
        code=FIELD,
        make=_named(plaintext=f'<Assertion xmlns="{SAML}"/>'.encode()),
    ),
    Hostile(
        name="encrypted-id-of-no-namespace",
        code=FIELD,
        make=_named(plaintext=b"<NameID>admin</NameID>"),
    ),
    Hostile(name="encrypted-id-of-text", code=XML, make=_named(plaintext=b"admin")),
    Hostile(
        name="encrypted-id-with-comment",
        code=XML,
        make=_named(plaintext=lambda honest: honest.replace(b"</", b"<!----></")),
    ),
    Hostile(
        name="encrypted-id-with-element",
        code=XML,
        make=_named(plaintext=lambda honest: honest.replace(b"</", b"<x/></")),
    ),
    Hostile(name="encrypted-id-beside-name-id", code=FIELD, make=_named(edit=_with_name)),
    Hostile(
        name="encrypted-id-replaced",
        code=ErrorCode.DIGEST_MISMATCH,
        make=edited_after_signing(_name_replaced, encrypt_name_id=Encryption()),
    ),
    Hostile(
        name="encrypted-attribute",
        code=ErrorCode.INVALID_ATTRIBUTE,
        make=edited_before_signing(_encrypted_attribute),
    ),
)
