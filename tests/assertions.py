"""Validated assertions for tests: minted by FakeIdP and judged, for there is no other way."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from relyra_django.saml.connection import ConnectionSnapshot
from relyra_django.saml.response import ValidatedAssertion
from relyra_django.saml.validation import validate_response
from relyra_django.testing.fake_idp import FakeIdP

IDP = FakeIdP()
REQUEST_ID = "id_1"


def snapshot(**fields: Any) -> ConnectionSnapshot:
    return IDP.connection(**{"provisioning": "create", **fields})


def validated(connection: ConnectionSnapshot | None = None, **knobs: Any) -> ValidatedAssertion:
    """Return what the judge made of an honest response with these knobs."""
    return validate_response(
        str(IDP.response(in_response_to=REQUEST_ID, **knobs)),
        connection or snapshot(),
        request_id=REQUEST_ID,
        now=datetime.now(UTC),
    )
