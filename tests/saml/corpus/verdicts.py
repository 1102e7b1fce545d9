"""Ask the judge, through its public entry points, about one case."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from relyra_django.saml import (
    ConnectionSnapshot,
    Hatch,
    Policy,
    RelyraError,
    ValidatedAssertion,
    validate_response,
)
from tests.saml.corpus.cases import ACCEPTED, Case, Identity, instant, pem
from tests.saml.corpus.world import CONNECTION, NOW, REQUEST_ID


def connection_of(case: Case) -> ConnectionSnapshot:
    """Build the connection that the case is aimed at."""
    fields: dict[str, Any] = {**CONNECTION, **case.connection}
    for name in ("idp_certificates", "sp_decryption_keys"):
        fields[name] = tuple(map(pem, fields[name]))
    return ConnectionSnapshot(**fields, policy=_policy(case.policy))


def verdict(case: Case) -> tuple[str, Identity | None]:
    """Return the code, or "accepted" with what was believed."""
    try:
        believed = ENTRIES[case.entry](case)
    except RelyraError as refusal:
        return refusal.code.value, None
    return ACCEPTED, identity_of(believed)


def identity_of(believed: ValidatedAssertion) -> Identity:
    return Identity(
        name_id=believed.name_id and believed.name_id.value,
        attributes=tuple((one.name, one.values) for one in believed.attributes),
    )


def _response(case: Case) -> ValidatedAssertion:
    arguments = {"request_id": REQUEST_ID, "now": NOW, **case.arguments}
    for name in ("now", "force_authn_since"):
        if name in arguments:
            arguments[name] = instant(arguments[name])
    if "required_authn_contexts" in arguments:
        arguments["required_authn_contexts"] = tuple(arguments["required_authn_contexts"])
    return validate_response(case.payload(), connection_of(case), **arguments)


def _policy(written: Mapping[str, Any]) -> Policy:
    fields = dict(written)
    for name in ("legacy_sha1", "legacy_aes_cbc"):
        if name in fields:
            hatch = fields[name]
            fields[name] = Hatch(reason=hatch["reason"], expires_at=instant(hatch["expires_at"]))
    for name in ("accepted_name_id_formats", "scopes"):
        if name in fields:
            fields[name] = tuple(fields[name])
    return Policy(**fields)


ENTRIES = {"response": _response}
