"""What metadata to mint: one honest EntityDescriptor but for what a test sets."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from lxml import etree

from relyra_django.testing.keys import SigningKey
from relyra_django.testing.namespaces import PERSISTENT, POST, REDIRECT, TRANSIENT

NO_NAMES: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, kw_only=True, slots=True)
class PublishedKey:
    """A KeyDescriptor. `certificates` are texts, base64 or whatever else; () gives a KeyValue."""

    certificates: tuple[str, ...]
    use: str | None = "signing"

    @classmethod
    def of(cls, key: SigningKey, use: str | None = "signing") -> PublishedKey:
        return cls(certificates=(key.certificate_base64,), use=use)


@dataclass(frozen=True, kw_only=True, slots=True)
class MetadataSpec:
    """The knobs of FakeIdP.metadata().

    `entity_id`, `keys` and `sso_endpoints` (pairs of binding and Location) default to the
    provider's own. `others` entities stand before it in an EntitiesDescriptor, all of them within
    `nesting` groups; either makes an aggregate. Times are written as given, on the root, the entity
    and its role. Names map a language to a text.

    `sign` signs the root with `signer`, or with the provider's own key; `edit` rewrites the tree
    before, `comments` puts one into every element that has children.
    """

    entity_id: str | None = None
    keys: tuple[PublishedKey, ...] | None = None
    sso_endpoints: tuple[tuple[str, str], ...] | None = None
    sso_bindings: tuple[str, ...] = (REDIRECT, POST)
    slo_url: str | None = None
    slo_response_url: str | None = None
    name_id_formats: tuple[str, ...] = (PERSISTENT, TRANSIENT)
    scopes: tuple[str, ...] = ()
    pattern_scopes: tuple[str, ...] = ()
    display_names: Mapping[str, str] = field(default_factory=lambda: NO_NAMES)
    organization_names: Mapping[str, str] = field(default_factory=lambda: NO_NAMES)
    want_authn_requests_signed: str | None = None
    valid_until: str | None = None
    entity_valid_until: str | None = None
    role_valid_until: str | None = None
    cache_duration: str | None = None
    entity_cache_duration: str | None = None
    role_cache_duration: str | None = None
    others: int = 0
    nesting: int = 0
    comments: bool = False
    sign: bool = False
    signer: SigningKey | None = None
    digest: str = "sha256"
    inclusive_prefixes: tuple[str, ...] = ()
    edit: Callable[[etree._Element], None] | None = None

    @property
    def is_aggregate(self) -> bool:
        return self.others > 0 or self.nesting > 0
