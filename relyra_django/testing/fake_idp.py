"""FakeIdP: an identity provider in one object, whose signatures are real."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from lxml import etree

from relyra_django.saml.connection import ConnectionSnapshot
from relyra_django.testing.encryption import encrypt, sp_key
from relyra_django.testing.keys import VALIDITY, SigningKey, signing_key
from relyra_django.testing.logout import MintedLogout, mint_logout
from relyra_django.testing.logout_spec import (
    SLO_URL,
    LogoutRequestSpec,
    LogoutResponseSpec,
    LogoutSpec,
)
from relyra_django.testing.metadata import build_metadata, sign_metadata
from relyra_django.testing.metadata_spec import MetadataSpec
from relyra_django.testing.minted import Minted
from relyra_django.testing.namespaces import SAML
from relyra_django.testing.received_request import ReceivedRequest, read_request
from relyra_django.testing.response_builder import build_response
from relyra_django.testing.response_spec import (
    ACS_URL,
    CONNECTION_ID,
    SP_ENTITY_ID,
    KeyInfo,
    Prefixes,
    ResponseSpec,
)
from relyra_django.testing.signing import SignatureStyle, sign


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What the browser is to post: `fields` to `acs_url`."""

    acs_url: str
    fields: Mapping[str, str]
    minted: Minted
    request: ReceivedRequest


@dataclass(frozen=True, kw_only=True, slots=True)
class FakeIdP:
    """An identity provider for tests. Two with equal fields sign with the same key.

    `key` is a kind of KEY_KINDS ("rsa", "pss", "ec", "ec384", "ec521", "rsa3072", and "rsa1024"
    to be refused), `digest` the hash of signature and digest, `name` tells apart several keys of
    one kind, `validity` dates the certificate.
    """

    entity_id: str = "https://idp.example.org/metadata"
    sso_url: str = "https://idp.example.org/sso"
    key: str = "rsa"
    digest: str = "sha256"
    name: str = "idp"
    validity: tuple[datetime, datetime] = field(default=VALIDITY)

    @property
    def signing_key(self) -> SigningKey:
        return signing_key(self.key, self.name, self.validity)

    @property
    def certificate_pem(self) -> str:
        return self.signing_key.certificate_pem

    def metadata(self, **knobs: Any) -> bytes:
        """Serve the metadata that an operator would import. The knobs are those of MetadataSpec."""
        spec = MetadataSpec(**knobs)
        root = build_metadata(spec, self.entity_id, self.sso_url, self.signing_key)
        if spec.edit is not None:
            spec.edit(root)
        root = _as_parsed(root)
        if spec.sign:
            sign_metadata(root, spec.signer or self.signing_key, spec)
        return serialized(root, declaration=True)

    def connection(self, **overrides: Any) -> ConnectionSnapshot:
        """Return an enabled connection that trusts this provider; it fits `response()` as is."""
        fields: dict[str, Any] = {
            "connection_id": CONNECTION_ID,
            "idp_entity_id": self.entity_id,
            "sp_entity_id": SP_ENTITY_ID,
            "acs_url": ACS_URL,
            "idp_sso_url": self.sso_url,
            "slo_url": SLO_URL,
            "idp_certificates": (self.certificate_pem,),
            "sp_decryption_keys": (sp_key().private_key_pem,),
        }
        return ConnectionSnapshot(**{**fields, **overrides})

    def response(self, **knobs: Any) -> Minted:
        """Mint a signed Response. The knobs are the fields of ResponseSpec; others: TypeError."""
        spec = ResponseSpec(**knobs)
        root = build_response(spec, self.entity_id)
        if spec.edit is not None:
            spec.edit(root)
        root = _as_parsed(root)
        self.sign_response(root, spec)
        return Minted(
            xml=serialized(root, declaration=spec.declaration),
            response_id=spec.response_id,
            assertion_id=spec.assertion_id,
        )

    def logout_request(self, **knobs: Any) -> MintedLogout:
        """Mint a signed LogoutRequest. The knobs are the fields of LogoutRequestSpec."""
        return self._logout(LogoutRequestSpec(**knobs))

    def logout_response(self, **knobs: Any) -> MintedLogout:
        """Mint a signed LogoutResponse. The knobs are the fields of LogoutResponseSpec."""
        return self._logout(LogoutResponseSpec(**knobs))

    def _logout(self, spec: LogoutRequestSpec | LogoutResponseSpec) -> MintedLogout:
        return mint_logout(spec, self.entity_id, self._key(spec), self.signature_style(spec))

    def sign_response(self, root: etree._Element, spec: ResponseSpec) -> None:
        """Sign and encrypt what the spec asks for.

        The NameID is encrypted before the assertion is signed, the assertion after that, and the
        Response is signed last: its signature covers the ciphertext.
        """
        key, style = self._key(spec), self.signature_style(spec)
        assertion = root.find(f"{{{SAML}}}Assertion")
        name_id = root.find(f"{{{SAML}}}Assertion/{{{SAML}}}Subject/{{{SAML}}}NameID")
        if spec.encrypt_name_id is not None and name_id is not None:
            encrypt(name_id, "EncryptedID", spec.encrypt_name_id)
        if spec.signs("assertion") and assertion is not None:
            sign(assertion, key, style)
        if spec.encrypt is not None and assertion is not None:
            encrypt(assertion, "EncryptedAssertion", spec.encrypt)
        if spec.signs("response"):
            sign(root, key, style)

    def signature_style(self, spec: ResponseSpec | LogoutSpec) -> SignatureStyle:
        key = self._key(spec)
        shown = {
            KeyInfo.CERTIFICATE: key.certificate_base64,
            KeyInfo.WRONG: signing_key("rsa", "stranger").certificate_base64,
            KeyInfo.NONE: None,
        }
        return SignatureStyle(
            digest=spec.digest or self.digest,
            method_digest=spec.method_digest or self.digest,
            key_info=shown[KeyInfo(spec.key_info)],
            prefix=None if spec.prefixes == Prefixes.DEFAULT else "ds",
            inclusive_prefixes=spec.inclusive_prefixes,
        )

    def answer(
        self,
        request: str | Mapping[str, str],
        *,
        mint: Callable[..., Minted] | None = None,
        **knobs: Any,
    ) -> Answer:
        """Answer an AuthnRequest given as the redirect's URL or as the fields of its form.

        InResponseTo, the ACS URL and the audience are those of the request; `knobs` override them.
        `mint` is called instead of `response`: the `make` of a Hostile, for one.
        ValueError: there is no readable AuthnRequest in it.
        """
        received = read_request(request)
        honest = {
            "acs_url": received.acs_url,
            "sp_entity_id": received.issuer,
            "in_response_to": received.request_id,
        }
        minted = (mint or FakeIdP.response)(self, **{**honest, **knobs})
        return Answer(
            acs_url=received.acs_url,
            fields=minted.form(received.relay_state),
            minted=minted,
            request=received,
        )

    def _key(self, spec: ResponseSpec | LogoutSpec) -> SigningKey:
        if isinstance(spec.key, str):
            return signing_key(spec.key, self.name, self.validity)
        return spec.key or self.signing_key


def _as_parsed(root: etree._Element) -> etree._Element:
    """Return the tree a parser makes: lxml canonicalizes only with prefixes that one has met."""
    etree.fromstring(b'<a xmlns:x="#default"/>')
    return etree.fromstring(etree.tostring(root))


def serialized(root: etree._Element, *, declaration: bool = False) -> bytes:
    """Write the message in UTF-8, with or without the XML declaration."""
    return etree.tostring(root, encoding="UTF-8", xml_declaration=declaration)
