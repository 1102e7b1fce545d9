"""Odd logout messages that honest identity providers send, or that change nothing: accepted."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import unquote_plus

from lxml import etree

from relyra_django.testing.fake_idp import FakeIdP
from relyra_django.testing.hostile.attack import child, signature_of
from relyra_django.testing.hostile.logout_case import (
    BINDINGS,
    POST,
    REDIRECT,
    REQUEST,
    RESPONSE,
    LogoutInert,
    Make,
    edited_after_signing,
    encrypted,
    extensions,
    honest,
    said,
)
from relyra_django.testing.hostile.logout_queries import parameters, written
from relyra_django.testing.logout import MintedLogout, joined
from relyra_django.testing.namespaces import DS, SAML, SAMLP
from relyra_django.testing.response_spec import SP_ENTITY_ID, KeyInfo, Prefixes

DEFLATE = "urn:oasis:names:tc:SAML:2.0:bindings:URL-Encoding:DEFLATE"


def _both(name: str, kind: str = REQUEST, **changes: Any) -> tuple[LogoutInert, ...]:
    return _made(name, said(kind, **changes), kind)


def _made(name: str, make: Make, kind: str = REQUEST) -> tuple[LogoutInert, ...]:
    return tuple(
        LogoutInert(name=name, make=make, binding=binding, kind=kind) for binding in BINDINGS
    )


def _query(name: str, edit: Callable[[str], str], **changes: Any) -> LogoutInert:
    def make(idp: FakeIdP, **knobs: Any) -> MintedLogout:
        minted = honest(REQUEST, idp, **{**knobs, **changes})
        return minted.with_query(edit(minted.query))

    return LogoutInert(name=name, make=make, binding=REDIRECT)


def _form(name: str, edit: Callable[[etree._Element], None]) -> LogoutInert:
    return LogoutInert(name=name, make=edited_after_signing(edit), binding=POST)


def _signature_first(raw: str) -> str:
    return written(dict(reversed(parameters(raw).items())))


def _signature_unescaped(raw: str) -> str:
    """Leave the plus signs and slashes of the signature's base64 as they are."""
    values = parameters(raw)
    return written({**values, "Signature": unquote_plus(values["Signature"]).rstrip("=")})


def _signature_in_lines(raw: str) -> str:
    values = parameters(raw)
    value = unquote_plus(values["Signature"])
    lines = "\r\n".join(value[at : at + 76] for at in range(0, len(value), 76))
    return written({**values, "Signature": joined([("", lines)])[1:]})


def _admin_in_extensions(root: etree._Element) -> None:
    etree.SubElement(extensions(root), f"{{{SAML}}}NameID").text = "admin"


def _admin_in_key_info(root: etree._Element) -> None:
    info = child(signature_of(root), "KeyInfo", DS)
    etree.SubElement(info, f"{{{SAML}}}NameID").text = "admin"


def _blanks_round_issuer(root: etree._Element) -> None:
    issuer = child(root, "Issuer")
    issuer.text = f"\n  {issuer.text}\n"


def _name_on_its_own_line(root: etree._Element) -> None:
    name_id = child(root, "NameID")
    name_id.text = f"\n    {name_id.text}\n  "


def _status_detail(root: etree._Element) -> None:
    status = child(root, "Status", SAMLP)
    etree.SubElement(status, f"{{{SAMLP}}}StatusDetail").text = "admin"


LOGOUT_INERT: tuple[LogoutInert, ...] = (
    *_both("plain"),
    *_both("plain", RESPONSE),
    *_both("default-namespaces", prefixes=Prefixes.DEFAULT),
    *_both("default-namespaces", RESPONSE, prefixes=Prefixes.DEFAULT),
    *_both("indented", pretty=True),
    *_both("xml-declaration", declaration=True),
    *_both("consent", consent="urn:oasis:names:tc:SAML:2.0:consent:unspecified"),
    *_both("reason", reason="urn:oasis:names:tc:SAML:2.0:logout:user"),
    *_both("name-for-us", sp_name_qualifier=SP_ENTITY_ID),
    *_both("no-end", not_on_or_after=None),
    *_both("clocks-apart-within-skew", issue_instant=timedelta(seconds=179)),
    *_both("over-within-skew", not_on_or_after=timedelta(seconds=-179)),
    *_both("admin-in-extensions", edit=_admin_in_extensions),
    *_both("blanks-round-issuer", edit=_blanks_round_issuer),
    *_both("name-on-its-own-line", edit=_name_on_its_own_line),
    *_both("status-message", RESPONSE, status_message="admin"),
    *_both("status-detail", RESPONSE, edit=_status_detail),
    *_both("relay-state", relay_state="rs_x y+z/\u00e9&="),
    *_both("lower-case-escapes", relay_state="rs_x y+z/\u00e9&=", escapes="lower"),
    *_made("encrypted-name", encrypted()),
    *_made("encrypted-name-key-beside", encrypted(key_beside=True, transport="rsa-oaep")),
    *_made("encrypted-name-fragment", encrypted(fragment=True)),
    *_both("certificate-of-a-stranger-shown", key_info=KeyInfo.WRONG),
    *_both("no-certificate-shown", key_info=KeyInfo.NONE),
    *_both("prefix-list", inclusive_prefixes=("samlp", "#default")),
    _form("admin-in-key-info", _admin_in_key_info),
    _query("parameters-in-another-order", _signature_first, relay_state="rs_x"),
    _query("parameter-behind-the-signature", lambda raw: raw + "&client-request-id=1"),
    _query("encoding-named", lambda raw: f"{raw}&SAMLEncoding={DEFLATE}"),
    _query("encoding-named-first", lambda raw: f"SAMLEncoding={DEFLATE}&{raw}"),
    _query("signature-barely-escaped", _signature_unescaped),
    _query("signature-in-lines", _signature_in_lines),
)
