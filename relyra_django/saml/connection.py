"""What a login needs to know of one connection, frozen: the snapshot and its policy."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

DEFAULT_CLOCK_SKEW_SECONDS = 180  # SDP-G01
MAX_CLOCK_SKEW_SECONDS = 300
DAY_SECONDS = 86_400


class Signing(StrEnum):
    """Which signature a Response must carry. Whatever this says, each that is there must verify."""

    EITHER = "either"
    ASSERTION = "assertion"
    RESPONSE = "response"
    BOTH = "both"


class SsoBinding(StrEnum):
    """How the AuthnRequest travels to the identity provider."""

    REDIRECT = "redirect"
    POST = "post"


class ConnectionStatus(StrEnum):
    DRAFT = "draft"
    ENABLED = "enabled"
    DISABLED = "disabled"


class Provisioning(StrEnum):
    """What happens to an identity that is seen for the first time."""

    LINK_ONLY = "link_only"
    CREATE = "create"


class AnchorKind(StrEnum):
    """What names a person at this connection for good."""

    NAME_ID = "name_id"
    ATTRIBUTE = "attribute"


@dataclass(frozen=True, kw_only=True, slots=True)
class Hatch:
    """A dated exception to the algorithm policy; it opens nothing after `expires_at` (UTC)."""

    reason: str
    expires_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Policy:
    """How strictly one connection is judged. The defaults are the strict ones.

    Raises ValueError for a skew outside 0 to 300 s and for windows that are not positive.
    """

    signing: Signing = Signing.EITHER
    allow_unsolicited: bool = False
    allow_missing_destination: bool = False
    allow_missing_response_issuer: bool = False
    clock_skew_seconds: int = DEFAULT_CLOCK_SKEW_SECONDS
    max_lifetime_seconds: int = DAY_SECONDS
    max_issue_age_seconds: int = DAY_SECONDS
    refuse_expired_certificates: bool = False
    require_signed_logout_request: bool = True
    require_signed_logout_response: bool = True
    accepted_name_id_formats: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ()
    legacy_sha1: Hatch | None = None
    legacy_aes_cbc: Hatch | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "signing", Signing(self.signing))
        if not 0 <= self.clock_skew_seconds <= MAX_CLOCK_SKEW_SECONDS:
            raise ValueError(f"clock_skew_seconds must be 0 to {MAX_CLOCK_SKEW_SECONDS}")
        for window in (self.max_lifetime_seconds, self.max_issue_age_seconds):
            if not 0 < window <= DAY_SECONDS:
                raise ValueError(f"a window must be 1 to {DAY_SECONDS} seconds")


@dataclass(frozen=True, kw_only=True, slots=True)
class ConnectionSnapshot:
    """One connection as a login sees it: built once per request, never changed, compared by value.

    `connection_id` is the public id. Certificates and keys are PEM strings. The fields after
    `policy` serve the flows around the judge and default to what a hand-made snapshot needs.
    """

    connection_id: str
    idp_entity_id: str
    sp_entity_id: str
    acs_url: str
    idp_sso_url: str | None = None
    idp_slo_url: str | None = None
    idp_slo_response_url: str | None = None
    slo_url: str | None = None
    idp_certificates: tuple[str, ...] = field(default=(), repr=False)
    sp_decryption_keys: tuple[str, ...] = field(default=(), repr=False)
    sp_signing_key: str | None = field(default=None, repr=False)
    policy: Policy = Policy()
    # Where it came from
    record_id: str | None = None
    status: ConnectionStatus = ConnectionStatus.ENABLED
    display_name: str = ""
    organization_id: str = ""
    # What is asked of the identity provider
    idp_sso_binding: SsoBinding = SsoBinding.REDIRECT
    sign_authn_requests: bool = False
    name_id_format: str | None = None
    force_authn: bool = False
    requested_authn_contexts: tuple[str, ...] = ()
    # Who a person is here
    provisioning: Provisioning = Provisioning.LINK_ONLY
    anchor: AnchorKind = AnchorKind.NAME_ID
    anchor_attribute: str | None = None
    anchor_scoped: bool = False

    def without_private_keys(self) -> ConnectionSnapshot:
        """Return it for whoever has nothing to sign or to decrypt."""
        if not self.sp_decryption_keys and self.sp_signing_key is None:
            return self
        return replace(self, sp_decryption_keys=(), sp_signing_key=None)
