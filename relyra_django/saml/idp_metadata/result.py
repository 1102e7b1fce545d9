"""What the metadata of an identity provider says."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from relyra_django.saml.connection import SsoBinding


class CertificateUse(StrEnum):
    """The `use` of a KeyDescriptor; without one the key serves for both (Metadata 2.4.1.1)."""

    SIGNING = "signing"
    ENCRYPTION = "encryption"
    BOTH = "both"


@dataclass(frozen=True, kw_only=True, slots=True)
class Endpoint:
    """An address of the identity provider. A logout response goes to `response_location`.

    Where the metadata has no ResponseLocation it is the Location (Metadata 2.2.2).
    """

    binding: SsoBinding
    location: str
    response_location: str


@dataclass(frozen=True, kw_only=True, slots=True)
class UnusableCertificate:
    """A certificate that was left out. `position` counts the role's KeyDescriptors from 1.

    `reason` is one of those of certificates.load(), or: no_certificate (a key in another form),
    chain (the issuers of the certificate before it), unknown_use.
    """

    position: int
    use: CertificateUse | None
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class IdpMetadata:
    """One identity provider, as the document describes it. Times are UTC.

    Endpoints, formats, certificates (PEM) and scopes are in document order, without repeats; there
    is at least one SSO endpoint and one signing certificate. `display_name` is "" where there is
    none. `ignored_scopes` are regular expressions and texts that are no scope. `valid_until` is
    the earliest, `cache_duration` the shortest, of all levels. `certificate_fingerprint` is that of
    the certificate that verified the document (SHA-256, hex), if `signed`.
    """

    entity_id: str
    display_name: str
    sso_endpoints: tuple[Endpoint, ...]
    slo_endpoints: tuple[Endpoint, ...]
    name_id_formats: tuple[str, ...]
    signing_certificates: tuple[str, ...] = field(repr=False)
    encryption_certificates: tuple[str, ...] = field(repr=False)
    unusable_certificates: tuple[UnusableCertificate, ...]
    scopes: tuple[str, ...]
    ignored_scopes: tuple[str, ...]
    want_authn_requests_signed: bool
    valid_until: datetime | None
    cache_duration: timedelta | None
    signed: bool
    certificate_fingerprint: str | None

    @property
    def sso_endpoint(self) -> Endpoint:
        """Where to send an AuthnRequest: the first HTTP-Redirect, else the first HTTP-POST."""
        return _preferred(self.sso_endpoints)

    @property
    def slo_endpoint(self) -> Endpoint | None:
        """Where to send logout messages, chosen likewise; None: there is no single logout."""
        return _preferred(self.slo_endpoints) if self.slo_endpoints else None


def _preferred(endpoints: tuple[Endpoint, ...]) -> Endpoint:
    # min() keeps the first of equals.
    return min(endpoints, key=lambda endpoint: endpoint.binding is not SsoBinding.REDIRECT)
