"""An AuthnRequest as the identity provider receives it: by redirect or by form."""

from __future__ import annotations

import base64
import binascii
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

from lxml import etree

from relyra_django.testing.namespaces import SAML, SAMLP

MAX_BYTES = 1 << 20


@dataclass(frozen=True, kw_only=True, slots=True)
class ReceivedRequest:
    """What an identity provider needs of an AuthnRequest (Core 3.4.1)."""

    request_id: str
    issuer: str
    acs_url: str
    destination: str | None
    name_id_format: str | None
    force_authn: bool
    relay_state: str | None
    xml: bytes


def read_request(request: str | Mapping[str, str]) -> ReceivedRequest:
    """Read a redirect URL or the form fields. ValueError: there is no AuthnRequest in it."""
    redirected = isinstance(request, str)
    fields = dict(parse_qsl(urlsplit(request).query)) if isinstance(request, str) else request
    if "SAMLRequest" not in fields:
        raise ValueError("There is no SAMLRequest.")
    xml = _decoded(fields["SAMLRequest"], deflated=redirected)
    return _read(xml, fields.get("RelayState"))


def _decoded(payload: str, *, deflated: bool) -> bytes:
    try:
        raw = base64.b64decode(payload, validate=True)
        return zlib.decompressobj(-15).decompress(raw, MAX_BYTES) if deflated else raw
    except (binascii.Error, zlib.error) as error:
        raise ValueError("The SAMLRequest cannot be decoded.") from error


def _read(xml: bytes, relay_state: str | None) -> ReceivedRequest:
    root = _parsed(xml)
    if root.tag != f"{{{SAMLP}}}AuthnRequest":
        raise ValueError(f"This is no AuthnRequest but {root.tag}.")
    policy = root.find(f"{{{SAMLP}}}NameIDPolicy")
    return ReceivedRequest(
        request_id=root.get("ID", ""),
        issuer=(root.findtext(f"{{{SAML}}}Issuer") or "").strip(),
        acs_url=root.get("AssertionConsumerServiceURL", ""),
        destination=root.get("Destination"),
        name_id_format=None if policy is None else policy.get("Format"),
        force_authn=root.get("ForceAuthn") in {"true", "1"},
        relay_state=relay_state,
        xml=xml,
    )


def _parsed(xml: bytes) -> etree._Element:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        return etree.fromstring(xml, parser)
    except etree.XMLSyntaxError as error:
        raise ValueError("The SAMLRequest is not XML.") from error
