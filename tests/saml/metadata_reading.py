"""One provider, one publisher, one moment, and a short way to have metadata read."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from relyra_django.saml import ErrorCode, IdpMetadata, RelyraError, parse_idp_metadata
from relyra_django.testing.fake_idp import FakeIdP
from relyra_django.testing.keys import signing_key

NOW = datetime(2026, 3, 14, 12, 0, 0, tzinfo=UTC)
IDP = FakeIdP()
FEDERATION = signing_key("rsa", "federation")
PINS = (FEDERATION.certificate_pem,)


def publish(**knobs: Any) -> bytes:
    """Mint metadata signed by the federation."""
    return IDP.metadata(**{"sign": True, "signer": FEDERATION, **knobs})


def read(data: bytes, **arguments: Any) -> IdpMetadata:
    return parse_idp_metadata(data, **{"now": NOW, **arguments})


def said(**knobs: Any) -> IdpMetadata:
    """Read what unsigned metadata with these knobs says."""
    return read(IDP.metadata(**knobs))


def assert_refused(code: ErrorCode, data: bytes, **arguments: Any) -> RelyraError:
    """The metadata is refused with exactly this code."""
    with pytest.raises(RelyraError) as refusal:
        read(data, **arguments)
    assert refusal.value.code is code, refusal.value
    return refusal.value
