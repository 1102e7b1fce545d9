"""From a LogoutSpec to the message as it travels: a signed form field and a signed query string."""

from __future__ import annotations

import base64
import re
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self
from urllib.parse import quote_plus

from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from lxml import etree

from relyra_django.testing.encryption import encrypt
from relyra_django.testing.keys import SigningKey
from relyra_django.testing.logout_spec import LogoutRequestSpec, LogoutResponseSpec, LogoutSpec
from relyra_django.testing.namespaces import SAML, SAMLP, STATUS
from relyra_django.testing.response_spec import Prefixes, said
from relyra_django.testing.signing import SignatureStyle, sign

Pairs = Sequence[tuple[str, str]]


@dataclass(frozen=True, kw_only=True, slots=True)
class MintedLogout:
    """A logout message by both bindings. `xml` is signed, `unsigned_xml` is what `query` carries.

    `parameter` is SAMLRequest or SAMLResponse. `payload` overrides the form field.
    """

    parameter: str
    xml: bytes
    unsigned_xml: bytes
    query: str
    message_id: str = ""
    payload: str | None = None

    @property
    def encoded(self) -> str:
        """The base64 text of the form field (Bindings 3.5.4)."""
        return encoded(self.xml) if self.payload is None else self.payload

    def carried(self, binding: str) -> str:
        """What to judge: the form field for "post", the raw query string for "redirect"."""
        return {"post": self.encoded, "redirect": self.query}[binding]

    def form(self, relay_state: str | None = None) -> dict[str, str]:
        """The fields the browser posts."""
        fields = {self.parameter: self.encoded}
        return fields if relay_state is None else {**fields, "RelayState": relay_state}

    def with_xml(self, xml: bytes) -> Self:
        return replace(self, xml=xml)

    def with_query(self, query: str) -> Self:
        return replace(self, query=query)


def mint_logout(
    spec: LogoutRequestSpec | LogoutResponseSpec,
    issuer: str,
    key: SigningKey,
    style: SignatureStyle,
) -> MintedLogout:
    """Build the message and sign it, unless the spec says not to, as each binding wants it."""
    root = _build(spec, issuer)
    if spec.edit is not None:
        spec.edit(root)
    unsigned = etree.tostring(root, encoding="UTF-8", xml_declaration=spec.declaration)
    signed = etree.fromstring(unsigned)
    if spec.sign:
        sign(signed, key, style)
    parameter = "SAMLRequest" if isinstance(spec, LogoutRequestSpec) else "SAMLResponse"
    pairs = [(parameter, deflated(unsigned)), *relay_state_pair(spec.relay_state)]
    return MintedLogout(
        parameter=parameter,
        xml=etree.tostring(signed, encoding="UTF-8", xml_declaration=spec.declaration),
        unsigned_xml=unsigned,
        query=query(
            pairs,
            key if spec.sign else None,
            digest=style.method_digest,
            escapes=spec.escapes,
            der=spec.der,
        ),
        message_id=spec.message_id,
    )


def query(
    pairs: Pairs,
    key: SigningKey | None = None,
    *,
    digest: str = "sha256",
    escapes: str = "upper",
    der: bool = False,
) -> str:
    """Write the raw query string; with a key, SigAlg and Signature follow (Bindings 3.4.4.1)."""
    if key is None:
        return joined(pairs, escapes)
    octets = joined([*pairs, ("SigAlg", key.method(digest))], escapes)
    value = key.sign(octets.encode(), digest)
    if der:
        half = len(value) // 2
        r, s = int.from_bytes(value[:half], "big"), int.from_bytes(value[half:], "big")
        value = encode_dss_signature(r, s)
    return f"{octets}&{joined([('Signature', encoded(value))], escapes)}"


def joined(pairs: Pairs, escapes: str = "upper") -> str:
    """Join parameters, each value escaped as `escapes` says."""
    return "&".join(f"{name}={_escaped(value, escapes)}" for name, value in pairs)


def relay_state_pair(relay_state: str | None) -> Pairs:
    return () if relay_state is None else (("RelayState", relay_state),)


def deflated(xml: bytes) -> str:
    """Encode a message as the Redirect binding does, not yet escaped."""
    compressor = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return encoded(compressor.compress(xml) + compressor.flush())


def encoded(octets: bytes) -> str:
    return base64.b64encode(octets).decode("ascii")


def _escaped(value: str, escapes: str) -> str:
    written = quote_plus(value)
    if escapes == "upper":
        return written
    return re.sub("%[0-9A-F]{2}", lambda found: found[0].lower(), written)


def _build(spec: LogoutRequestSpec | LogoutResponseSpec, issuer: str) -> etree._Element:
    is_request = isinstance(spec, LogoutRequestSpec)
    name = "LogoutRequest" if is_request else "LogoutResponse"
    root = etree.Element(f"{{{SAMLP}}}{name}", nsmap=_namespaces(spec))
    _set(root, ID=spec.message_id, Version=spec.version, IssueInstant=_issued(spec))
    _set(root, Destination=said(spec.destination, spec.slo_url), Consent=spec.consent)
    written = said(spec.issuer, issuer)
    if written is not None:
        _saml_child(root, spec, "Issuer", written)
    if isinstance(spec, LogoutRequestSpec):
        _request(root, spec)
    else:
        _response(root, spec)
    if spec.pretty:
        etree.indent(root, "  ")
    return root


def _request(root: etree._Element, spec: LogoutRequestSpec) -> None:
    _set(root, NotOnOrAfter=spec.moment(spec.not_on_or_after, spec.lifetime), Reason=spec.reason)
    if spec.name_id is not None:
        name_id = _saml_child(root, spec, "NameID", spec.name_id)
        _set(
            name_id,
            Format=spec.name_id_format,
            NameQualifier=spec.name_qualifier,
            SPNameQualifier=spec.sp_name_qualifier,
        )
        if spec.encrypt_name_id is not None:
            encrypt(name_id, "EncryptedID", spec.encrypt_name_id)
    for index in spec.session_indexes:
        etree.SubElement(root, f"{{{SAMLP}}}SessionIndex").text = index


def _response(root: etree._Element, spec: LogoutResponseSpec) -> None:
    _set(root, InResponseTo=spec.in_response_to)
    status = etree.SubElement(root, f"{{{SAMLP}}}Status")
    code = etree.SubElement(status, f"{{{SAMLP}}}StatusCode", Value=_status_uri(spec.status))
    if spec.sub_status is not None:
        etree.SubElement(code, f"{{{SAMLP}}}StatusCode", Value=_status_uri(spec.sub_status))
    if spec.status_message is not None:
        etree.SubElement(status, f"{{{SAMLP}}}StatusMessage").text = spec.status_message


# Any for the prefix: lxml takes None as the default namespace, its stubs do not.
def _namespaces(spec: LogoutSpec) -> Mapping[Any, str]:
    if spec.prefixes == Prefixes.DEFAULT:
        return {None: SAMLP}
    return {"samlp": SAMLP, "saml": SAML}


def _saml_child(root: etree._Element, spec: LogoutSpec, name: str, text: str) -> etree._Element:
    default: dict[Any, str] = {None: SAML}
    namespaces = default if spec.prefixes == Prefixes.DEFAULT else None
    child = etree.SubElement(root, f"{{{SAML}}}{name}", nsmap=namespaces)
    child.text = text
    return child


def _issued(spec: LogoutSpec) -> str | None:
    return spec.moment(spec.issue_instant)


def _set(element: etree._Element, **attributes: str | None) -> None:
    for name, value in attributes.items():
        if value is not None:
            element.set(name, value)


def _status_uri(value: str) -> str:
    return value if ":" in value else STATUS + value
