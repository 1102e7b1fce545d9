"""Connections from RELYRA["CONNECTIONS"], for sites with one or a few."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

from relyra_django.conf import get_config
from relyra_django.exceptions import InvalidSettings, RelyraError
from relyra_django.models.public_id import is_public_id
from relyra_django.resolvers.base import (
    ConnectionResolver,
    refuse_unavailable,
    require_publishable,
    require_ready,
)
from relyra_django.saml import certificates
from relyra_django.saml.connection import (
    AnchorKind,
    ConnectionSnapshot,
    ConnectionStatus,
    Hatch,
    Policy,
    Provisioning,
    Signing,
    SsoBinding,
)
from relyra_django.trust import endpoints

E = TypeVar("E", bound=StrEnum)


class SettingsResolver(ConnectionResolver):
    """Reads the setting once. Raises InvalidSettings naming the connection and its key."""

    def __init__(self) -> None:
        self._connections = {
            public_id: _read_connection(public_id, written)
            for public_id, written in get_config().connections.items()
        }

    def resolve(self, connection_id: str) -> ConnectionSnapshot:
        return require_ready(self._snapshot(connection_id))

    def resolve_for_metadata(self, connection_id: str) -> ConnectionSnapshot:
        return require_publishable(self._snapshot(connection_id))

    def only_enabled(self) -> str | None:
        found = [
            public_id
            for public_id, connection in self._connections.items()
            if connection.status is ConnectionStatus.ENABLED
        ]
        return found[0] if len(found) == 1 else None

    def _snapshot(self, connection_id: str) -> ConnectionSnapshot:
        connection = self._connections.get(connection_id)
        if connection is None:
            refuse_unavailable("not_found")
        return _with_our_urls(connection)


def _with_our_urls(connection: ConnectionSnapshot) -> ConnectionSnapshot:
    """Fill in what follows from BASE_URL; the URLconf is not there yet when settings are read."""
    public_id = connection.connection_id
    return replace(
        connection,
        sp_entity_id=connection.sp_entity_id or endpoints.our_url("metadata", public_id),
        acs_url=connection.acs_url or endpoints.our_url("acs", public_id),
    )


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value or value != value.strip():
        raise ValueError("must be text without spaces around it")
    return value


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError("must be True or False")
    return value


def _seconds(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError("must be a whole number of seconds")
    return value


def _texts(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list | tuple):
        raise ValueError("must be a list of texts")
    return tuple(_text(item) for item in value)


def _one_of(enum: type[E]) -> Callable[[Any], E]:
    def read(value: Any) -> E:
        try:
            return enum(value)
        except ValueError:
            raise ValueError(f"must be one of {', '.join(enum)}") from None

    return read


def _idp_url(value: Any) -> str:
    if problem := endpoints.problem_with_idp_url(_text(value)):
        raise ValueError(f"is not usable: {problem}")
    return str(value)


def _our_url(value: Any) -> str:
    if problem := endpoints.problem_with_our_url(_text(value)):
        raise ValueError(f"is not usable: {problem}")
    return str(value)


def _certificates(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list | tuple) or not all(isinstance(item, str) for item in value):
        raise ValueError("must be a list of texts")
    return tuple(_certificate(item) for item in value)


def _certificate(value: str) -> str:
    """Read PEM, base64, or the path of a file that holds either."""
    try:
        looks_like_path = len(value) < 512 and "-----BEGIN" not in value and Path(value).is_file()
        return certificates.normalise(Path(value).read_text() if looks_like_path else value)
    except RelyraError as error:
        raise ValueError(f"holds no usable certificate: {error.message}") from error
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"names a file that cannot be read: {type(error).__name__}") from error


def _hatch(value: Any) -> Hatch:
    fields = _read(value, {"reason": _text, "expires_at": _moment})
    if len(fields) != 2:
        raise ValueError("needs reason and expires_at")
    return Hatch(**fields)


def _moment(value: Any) -> datetime:
    moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    if not isinstance(moment, datetime) or moment.tzinfo is None:
        raise ValueError("must be a time with a time zone")
    return moment


def _policy(value: Any) -> Policy:
    return Policy(**_read(value, POLICY_READERS))


Readers = Mapping[str, Callable[[Any], Any]]

POLICY_READERS: Readers = {
    "signing": _one_of(Signing),
    "allow_unsolicited": _flag,
    "allow_missing_destination": _flag,
    "allow_missing_response_issuer": _flag,
    "clock_skew_seconds": _seconds,
    "max_lifetime_seconds": _seconds,
    "max_issue_age_seconds": _seconds,
    "refuse_expired_certificates": _flag,
    "require_signed_logout_request": _flag,
    "require_signed_logout_response": _flag,
    "accepted_name_id_formats": _texts,
    "scopes": _texts,
    "legacy_sha1": _hatch,
    "legacy_aes_cbc": _hatch,
}
CONNECTION_READERS: Readers = {
    "idp_entity_id": _text,
    "sp_entity_id": _text,
    "acs_url": _our_url,
    "slo_url": _our_url,
    "idp_sso_url": _idp_url,
    "idp_sso_binding": _one_of(SsoBinding),
    "idp_slo_url": _idp_url,
    "idp_slo_response_url": _idp_url,
    "idp_certificates": _certificates,
    "policy": _policy,
    "status": _one_of(ConnectionStatus),
    "display_name": _text,
    "organization_id": _text,
    "sign_authn_requests": _flag,
    "name_id_format": _text,
    "force_authn": _flag,
    "requested_authn_contexts": _texts,
    "provisioning": _one_of(Provisioning),
    "anchor": _one_of(AnchorKind),
    "anchor_attribute": _text,
    "anchor_scoped": _flag,
}


def _read(written: Any, readers: Readers) -> dict[str, Any]:
    if not isinstance(written, Mapping):
        raise ValueError("must be a dict")
    if unknown := [repr(name) for name in written if name not in readers]:
        raise ValueError(f"has an unknown key {', '.join(unknown)}")
    return {name: _named(name, readers[name], value) for name, value in written.items()}


def _named(name: str, reader: Callable[[Any], Any], value: Any) -> Any:
    try:
        return reader(value)
    except ValueError as error:
        raise ValueError(f"{name} {error}") from error


def _read_connection(public_id: str, written: Any) -> ConnectionSnapshot:
    try:
        if not is_public_id(public_id):
            raise ValueError("is not a usable public id")
        fields: dict[str, Any] = {"idp_entity_id": "", "sp_entity_id": "", "acs_url": ""}
        fields |= _read(written, CONNECTION_READERS)
        return _consistent(ConnectionSnapshot(connection_id=public_id, **fields))
    except ValueError as error:
        raise InvalidSettings(f"RELYRA CONNECTIONS: {public_id!r} {error}.") from error


def _consistent(connection: ConnectionSnapshot) -> ConnectionSnapshot:
    by_attribute = connection.anchor is AnchorKind.ATTRIBUTE
    if by_attribute != bool(connection.anchor_attribute):
        raise ValueError("needs anchor_attribute with the anchor attribute, and only then")
    if connection.anchor_scoped and not (by_attribute and connection.policy.scopes):
        raise ValueError("may be anchor_scoped only with an attribute and with policy scopes")
    if connection.sign_authn_requests and connection.idp_sso_binding is SsoBinding.POST:
        raise ValueError("signs requests, which are sent by redirect only")
    return connection
