"""One logout message to be judged: an attack with the code it earns, or an oddity that is none."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from lxml import etree

from relyra_django.saml.connection import ConnectionSnapshot, Policy
from relyra_django.saml.errors import ErrorCode
from relyra_django.saml.logout import validate_logout_request, validate_logout_response
from relyra_django.saml.logout_messages import LogoutRequest, LogoutResponse
from relyra_django.testing.encryption import Encryption
from relyra_django.testing.fake_idp import FakeIdP, serialized
from relyra_django.testing.hostile.attack import Edit, child
from relyra_django.testing.keys import signing_key
from relyra_django.testing.logout import MintedLogout
from relyra_django.testing.namespaces import SAML, SAMLP

Make = Callable[..., MintedLogout]

POST, REDIRECT = "post", "redirect"
REQUEST, RESPONSE = "request", "response"
BINDINGS = (POST, REDIRECT)
#: What a lax connection takes without a signature; one that is there must verify all the same.
UNSIGNED_ALLOWED = {"require_signed_logout_request": False, "require_signed_logout_response": False}


@dataclass(frozen=True, kw_only=True, slots=True)
class LogoutCase:
    """A logout message. `make(idp, **knobs)` mints it from the knobs of an honest one.

    `binding` is "post" or "redirect": how it has to be judged. `kind` is the judge it is sent to,
    "request" or "response". `policy` are fields of the connection's Policy.
    """

    name: str
    make: Make
    binding: str
    kind: str = REQUEST
    policy: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.name}-{self.kind}-{self.binding}"

    def connection(self, idp: FakeIdP, **overrides: Any) -> ConnectionSnapshot:
        """Return the connection it is sent to."""
        return idp.connection(**{"policy": Policy(**self.policy), **overrides})

    def mint(self, idp: FakeIdP, *, now: datetime, request_id: str) -> MintedLogout:
        """Mint it; a response answers `request_id` unless that is what is wrong with it."""
        honest: dict[str, Any] = {"now": now}
        if self.kind == RESPONSE:
            honest["in_response_to"] = request_id
        return self.make(idp, **honest)

    def judge(
        self, idp: FakeIdP, *, now: datetime, request_id: str = "id_logout"
    ) -> LogoutRequest | LogoutResponse:
        """Mint it and have it judged. Raises RelyraError when it is refused."""
        payload = self.mint(idp, now=now, request_id=request_id).carried(self.binding)
        connection = self.connection(idp)
        if self.kind == REQUEST:
            return validate_logout_request(payload, connection, binding=self.binding, now=now)
        return validate_logout_response(
            payload, connection, binding=self.binding, request_id=request_id, now=now
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class LogoutAttack(LogoutCase):
    """One attack; `code` is what a strict service provider answers."""

    code: ErrorCode


@dataclass(frozen=True, kw_only=True, slots=True)
class LogoutInert(LogoutCase):
    """One odd but acceptable message: it must be accepted and say what an honest one says."""


def honest(kind: str, idp: FakeIdP, **knobs: Any) -> MintedLogout:
    """Mint the message that this judge is there for."""
    return (idp.logout_request if kind == REQUEST else idp.logout_response)(**knobs)


def said(kind: str = REQUEST, **changes: Any) -> Make:
    """Make the identity provider itself say something else, and sign it."""
    return lambda idp, **knobs: honest(kind, idp, **{**knobs, **changes})


def by_a_stranger(idp: FakeIdP, **knobs: Any) -> MintedLogout:
    """Sign with a key that no connection trusts."""
    return honest(REQUEST, idp, **{**knobs, "key": signing_key("rsa", "stranger")})


def encrypted(recipient: str = "sp", **options: Any) -> Make:
    """Encrypt the NameID for the RSA key of that name; `options` are fields of Encryption.

    `sign` may be among them.
    """
    changes = {"sign": options.pop("sign", True)}

    def make(idp: FakeIdP, **knobs: Any) -> MintedLogout:
        encryption = Encryption(recipient=signing_key("rsa", recipient), **options)
        return honest(REQUEST, idp, **{**knobs, **changes, "encrypt_name_id": encryption})

    return make


def edited_after_signing(edit: Edit, kind: str = REQUEST) -> Make:
    """Rewrite the tree of a signed form field, as an attacker on the way would."""

    def make(idp: FakeIdP, **knobs: Any) -> MintedLogout:
        minted = honest(kind, idp, **knobs)
        root = etree.fromstring(minted.xml)
        edit(root)
        return minted.with_xml(serialized(root))

    return make


def extensions(root: etree._Element) -> etree._Element:
    """Insert samlp:Extensions where the schema wants it, before the name or the status."""
    element = etree.Element(f"{{{SAMLP}}}Extensions")
    later = {f"{{{SAML}}}NameID", f"{{{SAML}}}EncryptedID", f"{{{SAMLP}}}Status"}
    place = next(at for at, one in enumerate(root) if one.tag in later)
    root.insert(place, element)
    return element


def name_id_of(root: etree._Element) -> etree._Element:
    return child(root, "NameID")
