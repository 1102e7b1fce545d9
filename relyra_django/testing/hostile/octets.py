"""Attacks on the bytes and on the parser, before any meaning."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from lxml import etree

from relyra_django.saml.errors import ErrorCode
from relyra_django.testing.fake_idp import FakeIdP
from relyra_django.testing.hostile.attack import (
    Edit,
    Hostile,
    Make,
    assertion_of,
    child,
    edited_after_signing,
    extensions,
)
from relyra_django.testing.minted import Minted

LAUGHS = b"<!DOCTYPE r [<!ENTITY a 'ha'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;'>]>"
XXE = b"<!DOCTYPE r [<!ENTITY x SYSTEM 'file:///etc/hostname'>]>"


def _bytes(change: Callable[[bytes], bytes]) -> Make:
    def make(idp: FakeIdP, **honest: Any) -> Minted:
        minted = idp.response(**honest)
        return minted.with_xml(change(minted.xml))

    return make


def _field(change: Callable[[str], str]) -> Make:
    def make(idp: FakeIdP, **honest: Any) -> Minted:
        minted = idp.response(**honest)
        return replace(minted, payload=change(minted.encoded))

    return make


def _before(prologue: bytes) -> Make:
    return _bytes(lambda xml: prologue + xml)


def _in_name_id(insert: bytes) -> Make:
    """Cut the NameID in two, the way of the comment attacks of 2018."""

    def make(idp: FakeIdP, **honest: Any) -> Minted:
        name_id = f"{honest.get('name_id', 'alice')}.evil.example"
        minted = idp.response(**{**honest, "name_id": name_id})
        return minted.tampered(b".evil.example</", insert + b".evil.example</")

    return make


def _in_extensions(fill: Edit) -> Make:
    return edited_after_signing(lambda root: fill(extensions(root)))


def _deep(parent: etree._Element, levels: int = 60) -> None:
    for _ in range(levels):
        parent = etree.SubElement(parent, "{urn:x}d")


def _wide(parent: etree._Element) -> None:
    for _ in range(10_001):
        etree.SubElement(parent, "{urn:x}w")


def _many_attributes(parent: etree._Element) -> None:
    etree.SubElement(parent, "{urn:x}a", {f"a{n}": "" for n in range(40)})


def _many_namespaces(parent: etree._Element) -> None:
    for n in range(4_001):
        etree.SubElement(parent, f"{{urn:n{n}}}n", nsmap={f"n{n}": f"urn:n{n}"})


def _long(parent: etree._Element) -> None:
    etree.SubElement(parent, "{urn:x}t").text = "a" * (1 << 20)


def _relative_namespace(root: etree._Element) -> None:
    name_id = child(child(assertion_of(root), "Subject"), "NameID")
    name_id.set("{urn:placeholder}x", "")


def _with_relative_namespace(idp: FakeIdP, **honest: Any) -> Minted:
    minted = edited_after_signing(_relative_namespace)(idp, **honest)
    return minted.tampered(b'"urn:placeholder"', b'"placeholder"')


def _same_id(attribute: str) -> Make:
    def edit(parent: etree._Element) -> None:
        root = parent.getparent()
        assert root is not None
        etree.SubElement(parent, "{urn:x}i", {attribute: assertion_of(root).get("ID", "")})

    return _in_extensions(edit)


def _undeclared_entity(xml: bytes) -> bytes:
    return xml.replace(b"</saml:NameID>", b"&admin;</saml:NameID>").replace(
        b"</NameID>", b"&admin;</NameID>"
    )


def _as_utf16(xml: bytes) -> bytes:
    return xml.decode().encode("utf-16")


def _declared(encoding: str) -> Make:
    return _before(f"<?xml version='1.0' encoding='{encoding}'?>".encode())


BINDING, XML = ErrorCode.INVALID_BINDING_PAYLOAD, ErrorCode.MALFORMED_XML
DOCTYPE, TWICE = ErrorCode.DOCTYPE_FORBIDDEN, ErrorCode.DUPLICATE_XML_ID

OCTETS: tuple[Hostile, ...] = (
    Hostile(name="empty-field", code=BINDING, make=_field(lambda _: "")),
    Hostile(name="not-base64", code=BINDING, make=_field(lambda _: "%% not base64 %%")),
    Hostile(
        name="base64-with-junk", code=BINDING, make=_field(lambda text: text[:40] + "*" + text[40:])
    ),
    Hostile(name="base64-url-safe", code=BINDING, make=_field(lambda text: "-_" + text[2:])),
    Hostile(name="not-xml", code=XML, make=_bytes(lambda _: b"hello")),
    Hostile(name="truncated", code=XML, make=_bytes(lambda xml: xml[:-20])),
    Hostile(name="base64-twice", code=XML, make=_bytes(base64.b64encode)),
    Hostile(name="two-roots", code=XML, make=_bytes(lambda xml: xml + xml)),
    Hostile(name="doctype", code=DOCTYPE, make=_before(b"<!DOCTYPE r>")),
    Hostile(name="doctype-lower-case", code=XML, make=_before(b"<!doctype r>")),
    Hostile(name="external-entity", code=DOCTYPE, make=_before(XXE)),
    Hostile(name="billion-laughs", code=DOCTYPE, make=_before(LAUGHS)),
    Hostile(
        name="entity-declaration",
        code=ErrorCode.ENTITY_EXPANSION_FORBIDDEN,
        make=_before(b"<!ENTITY a 'b'>"),
    ),
    Hostile(name="undeclared-entity", code=XML, make=_bytes(_undeclared_entity)),
    Hostile(name="utf-16", code=XML, make=_bytes(_as_utf16)),
    Hostile(name="utf-16-hides-doctype", code=XML, make=_bytes(lambda xml: _as_utf16(XXE + xml))),
    Hostile(name="latin-1-declared", code=XML, make=_declared("ISO-8859-1")),
    Hostile(name="utf-7-declared", code=XML, make=_declared("UTF-7")),
    Hostile(name="xml-1.1", code=XML, make=_before(b"<?xml version='1.1'?>")),
    Hostile(name="comment-in-name-id", code=XML, make=_in_name_id(b"<!---->")),
    Hostile(name="instruction-in-name-id", code=XML, make=_in_name_id(b"<?x?>")),
    Hostile(name="comment-before-root", code=XML, make=_before(b"<!-- -->")),
    Hostile(name="instruction-before-root", code=XML, make=_before(b"<?x y?>")),
    Hostile(name="relative-namespace", code=XML, make=_with_relative_namespace),
    Hostile(name="depth-bomb", code=XML, make=_in_extensions(_deep)),
    Hostile(name="element-bomb", code=XML, make=_in_extensions(_wide)),
    Hostile(name="attribute-bomb", code=XML, make=_in_extensions(_many_attributes)),
    Hostile(name="namespace-bomb", code=XML, make=_in_extensions(_many_namespaces)),
    Hostile(name="oversized", code=ErrorCode.PAYLOAD_TOO_LARGE, make=_in_extensions(_long)),
    Hostile(name="duplicate-id", code=TWICE, make=_same_id("ID")),
    Hostile(name="duplicate-id-spelt-Id", code=TWICE, make=_same_id("Id")),
    Hostile(name="duplicate-id-spelt-id", code=TWICE, make=_same_id("id")),
    Hostile(
        name="duplicate-xml-id",
        code=TWICE,
        make=_same_id("{http://www.w3.org/XML/1998/namespace}id"),
    ),
)
