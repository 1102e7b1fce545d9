"""Ask the judge, through its public entry points, about one case."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from relyra_django.saml import (
    ConnectionSnapshot,
    Hatch,
    Policy,
    RelyraError,
    ValidatedAssertion,
    parse_idp_metadata,
    validate_logout_request,
    validate_logout_response,
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
        return ACCEPTED, ENTRIES[case.entry](case)
    except RelyraError as refusal:
        return refusal.code.value, None


def identity_of(believed: ValidatedAssertion) -> Identity:
    return Identity(
        name_id=believed.name_id and believed.name_id.value,
        attributes=tuple((one.name, one.values) for one in believed.attributes),
    )


def _response(case: Case) -> Identity:
    arguments = _arguments(case, request_id=REQUEST_ID)
    return identity_of(validate_response(case.payload(), connection_of(case), **arguments))


def _logout_request(case: Case) -> Identity:
    arguments = _arguments(case, binding=case.binding)
    request = validate_logout_request(case.payload(), connection_of(case), **arguments)
    return Identity(
        name_id=request.name_id.value, attributes=(("session_index", request.session_indexes),)
    )


def _logout_response(case: Case) -> Identity:
    arguments = _arguments(case, binding=case.binding)
    response = validate_logout_response(case.payload(), connection_of(case), **arguments)
    return Identity(name_id=None, attributes=(("status", (response.status,)),))


def _metadata(case: Case) -> Identity:
    arguments = _arguments(case)
    arguments["signing_certificates"] = tuple(map(pem, arguments.get("signing_certificates", ())))
    found = parse_idp_metadata(case.content(), **arguments)
    return Identity(
        name_id=found.entity_id,
        attributes=(
            ("sso", tuple(endpoint.location for endpoint in found.sso_endpoints)),
            ("signed", (str(found.signed).lower(),)),
        ),
    )


def _arguments(case: Case, **defaults: Any) -> dict[str, Any]:
    arguments = {"now": NOW, **defaults, **case.arguments}
    for name in ("now", "force_authn_since"):
        if name in arguments:
            arguments[name] = instant(arguments[name])
    if "required_authn_contexts" in arguments:
        arguments["required_authn_contexts"] = tuple(arguments["required_authn_contexts"])
    return arguments


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


ENTRIES: Mapping[str, Callable[[Case], Identity]] = {
    "response": _response,
    "logout_request": _logout_request,
    "logout_response": _logout_response,
    "metadata": _metadata,
}
