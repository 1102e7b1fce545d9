"""Connections: create, update, enable, disable. Each is one transaction with its audit row."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from django.db import IntegrityError, router, transaction
from django.utils.translation import gettext_lazy as _

from relyra_django.exceptions import RelyraError
from relyra_django.models import (
    AuditAction,
    AuditDomain,
    CertificateUse,
    Connection,
    Lifecycle,
    Party,
)
from relyra_django.models.public_id import is_public_id
from relyra_django.saml import certificates
from relyra_django.saml.connection import ConnectionStatus
from relyra_django.trust import audit, endpoints, locking, summary, validation
from relyra_django.trust.audit import Actor
from relyra_django.trust.validation import EDITABLE_FIELDS

REQUIRED_FIELDS = ("sp_entity_id", "acs_url", "idp_entity_id", "idp_sso_url")


def create(*, actor: Actor, cause: str, using: str | None = None, **fields: Any) -> Connection:
    """Create a draft. A public id that is absent or blank is generated.

    Raises invalid_connection_record with details.errors: a text for each field.
    """
    audit.check(actor=actor, cause=cause)
    _refuse_unknown(fields, allowed=("public_id", *EDITABLE_FIELDS))
    connection = _draft(fields)
    validation.check(connection)
    alias = using or router.db_for_write(Connection)
    with transaction.atomic(using=alias):
        _insert(connection, alias)
        diff = {"changed_fields": sorted(fields), "status_transition": "->draft"}
        _record(AuditAction.CREATED, connection, actor, cause, before={}, diff=diff)
    return connection


def update(
    connection: Connection, *, actor: Actor, cause: str, lock_version: int, **fields: Any
) -> Connection:
    """Change what may be edited and return the row as it is now.

    `lock_version` is the one the operator has seen. Neither the status nor certificates nor
    mapping rules can be changed here. A change of nothing is not recorded. Raises
    invalid_connection_record, details.reason "invalid", "not_ready" or "conflict".
    """
    audit.check(actor=actor, cause=cause)
    _refuse_unknown(fields, allowed=EDITABLE_FIELDS)
    if _changes_nothing(connection, lock_version, fields):
        return connection
    with locking.changing(connection, lock_version=lock_version) as row:
        before = summary.of_connection(row)
        for name, value in fields.items():
            setattr(row, name, value)
        fill_in(row)
        validation.check(row)
        if row.status == ConnectionStatus.ENABLED:
            _require_ready(row)
        row.save()
        diff = {"changed_fields": _changed(before, summary.of_connection(row))}
        _record(AuditAction.UPDATED, row, actor, cause, before=before, diff=diff)
    return row


def enable(connection: Connection, *, actor: Actor, cause: str) -> Connection:
    """Let people sign in through it, once it is ready; return the row as it is now.

    Raises invalid_connection_record: reason "not_ready" with details.errors, a text for each
    field that is missing, or "invalid_transition".
    """
    audit.check(actor=actor, cause=cause)
    with locking.changing(connection) as row:
        validation.check(row)
        _require_ready(row)
        _move(row, ConnectionStatus.ENABLED, AuditAction.ENABLED, actor, cause)
    return row


def disable(connection: Connection, *, actor: Actor, cause: str) -> Connection:
    """Refuse every login through it from the next request on; return the row as it is now."""
    audit.check(actor=actor, cause=cause)
    with locking.changing(connection) as row:
        _move(row, ConnectionStatus.DISABLED, AuditAction.DISABLED, actor, cause)
    return row


def fill_in(connection: Connection) -> None:
    """Name this site by its metadata URL where it has no name yet."""
    if not connection.sp_entity_id:
        connection.sp_entity_id = endpoints.our_url("metadata", connection.public_id)


def find_missing(connection: Connection) -> dict[str, Any]:
    """Return what keeps the connection from being enabled: a text for each field."""
    effective = {
        "sp_entity_id": connection.sp_entity_id,
        "acs_url": connection.acs_url or endpoints.our_url("acs", connection.public_id),
        "idp_entity_id": connection.idp_entity_id,
        "idp_sso_url": connection.idp_sso_url,
    }
    errors = {name: MISSING[name] for name in REQUIRED_FIELDS if not effective[name]}
    if not is_public_id(connection.public_id):
        errors["public_id"] = MISSING["public_id"]
    if problem := _problem_with_certificates(connection):
        errors["certificates"] = problem
    return errors


MISSING = {
    "public_id": _("The public id is not usable."),
    "sp_entity_id": _("Our entity ID is required before the connection can be enabled."),
    "acs_url": _("Set BASE_URL in the settings, or enter our ACS URL here."),
    "idp_entity_id": _("The identity provider's entity ID is required."),
    "idp_sso_url": _("The identity provider's single sign-on URL is required."),
}


def _draft(fields: Mapping[str, Any]) -> Connection:
    given = {name: value for name, value in fields.items() if name != "public_id" or value}
    connection = Connection(**given)
    fill_in(connection)
    return connection


def _insert(connection: Connection, alias: str) -> None:
    try:
        with transaction.atomic(using=alias):
            connection.save(using=alias, force_insert=True)
    except IntegrityError as error:
        if not Connection.objects.using(alias).filter(public_id=connection.public_id).exists():
            raise
        text = _("Another connection has this public id.")
        raise validation.refusal({"public_id": text}, reason="invalid") from error


def _refuse_unknown(fields: Mapping[str, Any], *, allowed: Collection[str]) -> None:
    errors = {name: _refusal_for(name) for name in fields if name not in allowed}
    if errors:
        raise validation.refusal(errors, reason="invalid")


def _refusal_for(name: str) -> Any:
    match name:
        case "status":
            return _("The status changes only by enabling and disabling.")
        case "certificates":
            return _("Certificates are staged, activated and retired one by one.")
        case "public_id":
            return _("A connection keeps its public id.")
    return _("This cannot be changed here.")


def _changes_nothing(connection: Connection, lock_version: int, fields: Mapping[str, Any]) -> bool:
    """Compare in Python: a collation may hold `Acme` and `acme` equal."""
    rows = Connection.objects.using(locking.alias_of(connection))
    row = rows.filter(pk=connection.pk, lock_version=lock_version).first()
    return row is not None and all(getattr(row, name) == fields[name] for name in fields)


def _require_ready(connection: Connection) -> None:
    if errors := find_missing(connection):
        raise validation.refusal(errors, reason="not_ready")


def _problem_with_certificates(connection: Connection) -> Any:
    active = connection.certificates.filter(
        party=Party.IDP, use=CertificateUse.SIGNING, lifecycle=Lifecycle.ACTIVE
    )
    pems = list(active.values_list("pem", flat=True))
    if not pems:
        return _("Add the certificate that the identity provider signs with.")
    try:
        for pem in pems:
            certificates.load(pem)
    except RelyraError as error:
        return error.message
    return None


def _move(
    row: Connection, status: ConnectionStatus, action: AuditAction, actor: Actor, cause: str
) -> None:
    if row.status == status:
        text = _("The connection has this status already.")
        raise validation.refusal({"status": text}, reason="invalid_transition")
    before = summary.of_connection(row)
    row.status = status.value
    row.save()
    diff = {
        "changed_fields": ["status"],
        "status_transition": f"{before['connection']['status']}->{row.status}",
    }
    _record(action, row, actor, cause, before=before, diff=diff)


def _changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    return sorted(
        name
        for part in ("connection", "policy")
        for name in before[part]
        if name != "lock_version" and before[part][name] != after[part][name]
    )


def _record(
    action: AuditAction,
    connection: Connection,
    actor: Actor,
    cause: str,
    *,
    before: Mapping[str, Any],
    diff: Mapping[str, Any],
) -> None:
    audit.record(
        domain=AuditDomain.CONNECTION,
        action=action,
        actor=actor,
        cause=cause,
        connection=connection,
        before=before,
        after=summary.of_connection(connection),
        diff=diff,
    )
