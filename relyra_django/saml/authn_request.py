"""The question to the identity provider (Core 3.4.1)."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime

from lxml import etree

from relyra_django.saml import constants as c
from relyra_django.saml.connection import ConnectionSnapshot
from relyra_django.saml.errors import ErrorCode, RelyraError

_NSMAP = {"samlp": c.PROTOCOL_NS, "saml": c.ASSERTION_NS}


def issue_id() -> str:
    """Return a fresh message ID: an NCName with 160 random bits (Core 1.3.4)."""
    return "id_" + secrets.token_hex(20)


@dataclass(frozen=True, kw_only=True, slots=True)
class AuthnRequest:
    """What is asked. By default no NameID format, no context and no index (SDP-SP04, SDP-SP07)."""

    request_id: str
    issue_instant: datetime
    destination: str
    issuer: str
    acs_url: str
    name_id_format: str | None = None
    force_authn: bool = False
    requested_authn_contexts: tuple[str, ...] = ()

    def to_xml(self) -> bytes:
        """Return the message as UTF-8 bytes."""
        root = etree.Element(c.SAMLP + "AuthnRequest", self._attributes(), nsmap=_NSMAP)
        etree.SubElement(root, c.SAML + "Issuer").text = self.issuer
        if self.name_id_format:
            etree.SubElement(
                root,
                c.SAMLP + "NameIDPolicy",
                {"Format": self.name_id_format, "AllowCreate": "true"},
            )
        if self.requested_authn_contexts:
            context = etree.SubElement(root, c.SAMLP + "RequestedAuthnContext", Comparison="exact")
            for name in self.requested_authn_contexts:
                etree.SubElement(context, c.SAML + "AuthnContextClassRef").text = name
        return etree.tostring(root)

    def _attributes(self) -> dict[str, str]:
        attributes = {
            "ID": self.request_id,
            "Version": "2.0",
            "IssueInstant": self.issue_instant.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "Destination": self.destination,
            "ProtocolBinding": c.BINDING_POST,
            "AssertionConsumerServiceURL": self.acs_url,
        }
        return attributes | ({"ForceAuthn": "true"} if self.force_authn else {})


def build(connection: ConnectionSnapshot, *, request_id: str, now: datetime) -> AuthnRequest:
    """Return the request that this connection sends; `now` is UTC.

    Raises authn_request_invalid when the connection lacks what a request needs.
    """
    for field in ("idp_sso_url", "sp_entity_id", "acs_url"):
        if not getattr(connection, field):
            raise RelyraError(
                ErrorCode.AUTHN_REQUEST_INVALID, "The connection is incomplete.", field=field
            )
    return AuthnRequest(
        request_id=request_id,
        issue_instant=now,
        destination=connection.idp_sso_url or "",
        issuer=connection.sp_entity_id,
        acs_url=connection.acs_url,
        name_id_format=connection.name_id_format,
        force_authn=connection.force_authn,
        requested_authn_contexts=connection.requested_authn_contexts,
    )
