"""What is agreed with an identity provider, one name a connection."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

SIGNED = ("assertion", "response", "both")
DIGESTS = ("sha256", "sha512")
SHORT_LIFETIME = 2

AES128_CBC = "http://www.w3.org/2001/04/xmlenc#aes128-cbc"
AES256_CBC = "http://www.w3.org/2001/04/xmlenc#aes256-cbc"
AES128_GCM = "http://www.w3.org/2009/xmlenc11#aes128-gcm"
AES256_GCM = "http://www.w3.org/2009/xmlenc11#aes256-gcm"

PASSWORD = "urn:oasis:names:tc:SAML:2.0:ac:classes:Password"
X509 = "urn:oasis:names:tc:SAML:2.0:ac:classes:X509"
UNSPECIFIED = "urn:oasis:names:tc:SAML:2.0:ac:classes:unspecified"


@dataclass(frozen=True, kw_only=True, slots=True)
class Agreement:
    """How the provider answers this connection, and the columns of the connection here.

    `encrypts` names what is encrypted, `assertion` or `name_id`, for the site's key `recipient`
    with the algorithm `content`. `lifetime` is in seconds.
    """

    signed: str = "assertion"
    digest: str = "sha256"
    lifetime: int = 300
    encrypts: tuple[str, ...] = ()
    recipient: str = "current"
    content: str = ""
    slo_binding: str = "redirect"
    columns: Mapping[str, Any] = field(default_factory=dict)


def hatch(name: str, *, days: int) -> dict[str, str]:
    """Return the columns of a dated exception that ends in so many days."""
    ends = datetime.now(UTC) + timedelta(days=days)
    return {f"{name}_reason": "tests", f"{name}_expires_at": ends.isoformat()}


def hatches(name: str, **facts: Any) -> dict[str, Agreement]:
    """Return the agreement without the exception, with it, and with one that has run out."""
    return {
        "closed": Agreement(**facts),
        "open": Agreement(**facts, columns=hatch(name, days=30)),
        "expired": Agreement(**facts, columns=hatch(name, days=-1)),
    }


def named(prefix: str, agreements: Mapping[str, Agreement]) -> dict[str, Agreement]:
    return {f"{prefix}-{name}": agreement for name, agreement in agreements.items()}


def signatures() -> dict[str, Agreement]:
    return {
        f"{signed}-{digest}": Agreement(signed=signed, digest=digest, columns={"signing": signed})
        for signed, digest in product(SIGNED, DIGESTS)
    }


def encryption(content: str, columns: Mapping[str, Any]) -> dict[str, Agreement]:
    """Return one agreement for each signature around and inside, and for each recipient."""
    facts: dict[str, Any] = {
        "encrypts": ("assertion",),
        "content": content,
        "columns": columns,
    }
    return {
        **{f"encrypted-{signed}": Agreement(signed=signed, **facts) for signed in SIGNED},
        "encrypted-unsigned": Agreement(signed="none", **facts),
        "encrypted-too-little": Agreement(
            signed="response", **{**facts, "columns": {**columns, "signing": "assertion"}}
        ),
        "encrypted-former": Agreement(recipient="former", **facts),
        "encrypted-lost": Agreement(recipient="lost", **facts),
    }


COMMON: dict[str, Agreement] = {
    "plain": Agreement(),
    "short": Agreement(lifetime=SHORT_LIFETIME, columns={"clock_skew_seconds": 0}),
    "unsolicited": Agreement(columns={"allow_unsolicited": True}),
    "logout-by-post": Agreement(slo_binding="post"),
    "again": Agreement(columns={"force_authn": True, "clock_skew_seconds": 0}),
    "password": Agreement(columns={"requested_authn_contexts": [PASSWORD, UNSPECIFIED]}),
    "certificate": Agreement(columns={"requested_authn_contexts": [X509]}),
    "too-little": Agreement(columns={"signing": "both"}),
    "unsigned": Agreement(signed="none"),
    **signatures(),
    **named("sha1", hatches("legacy_sha1", signed="both", digest="sha1")),
}
# The installed SimpleSAMLphp encrypts for a certificate with AES-128-CBC and with nothing else.
SIMPLESAMLPHP: dict[str, Agreement] = {
    **COMMON,
    **encryption(AES128_CBC, hatch("legacy_aes_cbc", days=30)),
    **named("cbc", hatches("legacy_aes_cbc", encrypts=("assertion",))),
    **named("name-id", hatches("legacy_aes_cbc", encrypts=("name_id",))),
    "name-id-twice": Agreement(
        encrypts=("assertion", "name_id"), columns=hatch("legacy_aes_cbc", days=30)
    ),
}
SAMLP: dict[str, Agreement] = {
    **COMMON,
    **encryption(AES256_GCM, {}),
    "gcm-128": Agreement(encrypts=("assertion",), content=AES128_GCM),
    **named("cbc", hatches("legacy_aes_cbc", encrypts=("assertion",), content=AES256_CBC)),
}
AGREEMENTS: dict[str, Mapping[str, Agreement]] = {"simplesamlphp": SIMPLESAMLPHP, "samlp": SAMLP}
