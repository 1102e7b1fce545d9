"""What hostile metadata is: an honest document, one thing wrong with it, and the code it earns."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from lxml import etree

from relyra_django.saml.errors import ErrorCode
from relyra_django.testing.fake_idp import FakeIdP, serialized
from relyra_django.testing.hostile.attack import Edit
from relyra_django.testing.keys import SigningKey, signing_key
from relyra_django.testing.namespaces import DS, MD

MakeMetadata = Callable[[FakeIdP], bytes]


@dataclass(frozen=True, kw_only=True, slots=True)
class MetadataCase:
    """One document for parse_idp_metadata(). `make(idp)` mints it.

    `code` is what a strict reader answers; None: it accepts the document. `arguments(idp)` are the
    keywords to read it with, beside `now`: the provider's entity ID unless `entity_id` gives
    another or None, and the certificates of `trusted`, the federation's by default.
    """

    name: str
    make: MakeMetadata
    code: ErrorCode | None = None
    entity_id: Callable[[FakeIdP], str | None] = field(default=lambda idp: idp.entity_id)
    trusted: Callable[[FakeIdP], tuple[str, ...]] = field(
        default=lambda idp: (federation_key().certificate_pem,)
    )

    def __str__(self) -> str:
        return self.name

    def arguments(self, idp: FakeIdP) -> dict[str, Any]:
        return {"entity_id": self.entity_id(idp), "signing_certificates": self.trusted(idp)}


def federation_key() -> SigningKey:
    """Return the key that publishes the metadata: nobody's that is in it."""
    return signing_key("rsa", "federation")


def no_name(idp: FakeIdP) -> None:
    """No entity is asked for."""


def no_pins(idp: FakeIdP) -> tuple[str, ...]:
    """Nothing has to be signed."""
    return ()


def published(**knobs: Any) -> MakeMetadata:
    """Mint it, signed by the federation, with these knobs of MetadataSpec."""

    def make(idp: FakeIdP) -> bytes:
        return idp.metadata(**{"sign": True, "signer": federation_key(), **knobs})

    return make


def said_by_federation(edit: Edit, **knobs: Any) -> MakeMetadata:
    """Rewrite the tree, then sign it: the signature is fine, the document is not."""
    return published(edit=edit, **knobs)


def rewritten(edit: Edit, **knobs: Any) -> MakeMetadata:
    """Rewrite the tree of a signed document, as an attacker on the way would."""

    def make(idp: FakeIdP) -> bytes:
        root = etree.fromstring(published(**knobs)(idp))
        edit(root)
        return serialized(root.getroottree().getroot(), declaration=True)

    return make


def octets(change: Callable[[bytes], bytes], **knobs: Any) -> MakeMetadata:
    """Change the bytes of a signed document."""
    return lambda idp: change(published(**knobs)(idp))


def role_of(root: etree._Element) -> etree._Element:
    """Return the role of the last identity provider, which is the provider's own."""
    return list(root.iter(f"{{{MD}}}IDPSSODescriptor"))[-1]


def entity_of(root: etree._Element) -> etree._Element:
    parent = role_of(root).getparent()
    assert parent is not None
    return parent


def certificate_of(root: etree._Element) -> etree._Element:
    return next(role_of(root).iter(f"{{{DS}}}X509Certificate"))
