"""One connection, one moment, and a short way to mint a Response and have it judged."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from relyra_django.saml import ErrorCode, Policy, RelyraError, ValidatedAssertion, validate_response
from relyra_django.testing.fake_idp import FakeIdP
from relyra_django.testing.minted import Minted

NOW = datetime(2026, 3, 14, 12, 0, 0, tzinfo=UTC)
REQUEST_ID = "id_request"
IDP = FakeIdP()
CONNECTION = IDP.connection()


def mint(**knobs: Any) -> Minted:
    """Mint the honest answer to REQUEST_ID at NOW, but for the knobs."""
    return IDP.response(**{"in_response_to": REQUEST_ID, "now": NOW, **knobs})


def judge(minted: Minted, **changes: Any) -> ValidatedAssertion:
    """Judge it before CONNECTION at NOW; `policy` and fields of the snapshot may be changed."""
    arguments = {
        name: changes.pop(name)
        for name in ("force_authn_since", "required_authn_contexts", "observe")
        if name in changes
    }
    request_id = changes.pop("request_id", REQUEST_ID)
    now = changes.pop("now", NOW)
    policy = Policy(**changes.pop("policy", {}))
    connection = IDP.connection(**{"policy": policy, **changes})
    return validate_response(
        minted.encoded, connection, request_id=request_id, now=now, **arguments
    )


def assert_refused(code: ErrorCode, minted: Minted, **changes: Any) -> RelyraError:
    """The judge refuses with exactly this code."""
    with pytest.raises(RelyraError) as refusal:
        judge(minted, **changes)
    assert refusal.value.code is code, refusal.value
    return refusal.value
