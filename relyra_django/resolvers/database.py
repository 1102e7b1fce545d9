"""Connections from the database, read anew on every login."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from django.db import router
from django.db.models import F, FilteredRelation, Q

from relyra_django.exceptions import ErrorCode, RelyraError
from relyra_django.models import CertificateUse, Connection, Lifecycle, Party
from relyra_django.models.policy import texts
from relyra_django.models.public_id import is_public_id
from relyra_django.resolvers.base import (
    ConnectionResolver,
    refuse_unavailable,
    require_publishable,
    require_ready,
)
from relyra_django.saml.connection import (
    AnchorKind,
    ConnectionSnapshot,
    ConnectionStatus,
    Provisioning,
    SsoBinding,
)
from relyra_django.trust import endpoints

TRUSTED = Q(
    certificates__party=Party.IDP.value,
    certificates__use=CertificateUse.SIGNING.value,
    certificates__lifecycle=Lifecycle.ACTIVE.value,
)
PUBLIC_ID = "?"  # stands for the one that is asked for; no public id looks like it


class DatabaseResolver(ConnectionResolver):
    """Reads a connection and its active certificates in one query and keeps nothing."""

    def __init__(self, using: str | None = None) -> None:
        self.using = using

    def resolve(self, connection_id: str) -> ConnectionSnapshot:
        return require_ready(self._snapshot(connection_id))

    def resolve_for_metadata(self, connection_id: str) -> ConnectionSnapshot:
        return require_publishable(self._snapshot(connection_id))

    def only_enabled(self) -> str | None:
        rows = Connection.objects.using(self.alias())
        enabled = rows.filter(status=ConnectionStatus.ENABLED.value)
        found = list(enabled.values_list("public_id", flat=True)[:2])
        return found[0] if len(found) == 1 else None

    def alias(self) -> str:
        """Return the database that is asked: where trust is changed.

        A replica that lags would still trust a certificate that has just been retired.
        """
        return self.using or router.db_for_write(Connection)

    def _snapshot(self, connection_id: str) -> ConnectionSnapshot:
        if not is_public_id(connection_id):
            refuse_unavailable("not_found")
        alias = self.alias()
        sql, params = _statement(alias)
        given = [connection_id if each == PUBLIC_ID else each for each in params]
        rows: Iterable[Any] = Connection.objects.using(alias).raw(sql, given)
        # A collation may hold `Acme` and `acme` equal.
        found = [row for row in rows if row.public_id == connection_id]
        if not found:
            refuse_unavailable("not_found")
        return _freeze(found[0], tuple(row.trusted_pem for row in found if row.trusted_pem))


@lru_cache(maxsize=8)
def _statement(alias: str) -> tuple[str, tuple[object, ...]]:
    """Compile the one query once: building it costs far more than running it.

    It gives a row for each active certificate, or a single one without any, its PEM null.
    """
    rows = (
        Connection.objects.using(alias)
        .filter(public_id=PUBLIC_ID)
        .annotate(trusted=FilteredRelation("certificates", condition=TRUSTED))
        .annotate(trusted_pem=F("trusted__pem"))
        .order_by("trusted__activated_at", "trusted__created_at")
    )
    sql, params = rows.query.get_compiler(using=alias).as_sql()
    return sql, tuple(params)


def _freeze(row: Connection, pems: tuple[str, ...]) -> ConnectionSnapshot:
    try:
        return _to_snapshot(row, pems)
    except (TypeError, ValueError) as error:
        raise RelyraError(
            ErrorCode.CONNECTION_INVALID,
            "The connection's record holds what no connection may.",
            reason="invalid_record",
            actual=type(error).__name__,
        ) from error


def _to_snapshot(row: Connection, pems: tuple[str, ...]) -> ConnectionSnapshot:
    return ConnectionSnapshot(
        connection_id=row.public_id,
        record_id=str(row.pk),
        status=ConnectionStatus(row.status),
        display_name=row.display_name,
        organization_id=row.organization_id,
        sp_entity_id=row.sp_entity_id,
        acs_url=row.acs_url or endpoints.our_url("acs", row.public_id),
        slo_url=row.slo_url or None,
        idp_entity_id=row.idp_entity_id,
        idp_sso_url=row.idp_sso_url or None,
        idp_sso_binding=SsoBinding(row.idp_sso_binding),
        idp_slo_url=row.idp_slo_url or None,
        idp_slo_response_url=row.idp_slo_response_url or None,
        idp_certificates=pems,
        policy=row.to_policy(),
        sign_authn_requests=row.sign_authn_requests,
        name_id_format=row.name_id_format or None,
        force_authn=row.force_authn,
        requested_authn_contexts=texts(row.requested_authn_contexts),
        provisioning=Provisioning(row.provisioning),
        anchor=AnchorKind(row.anchor),
        anchor_attribute=row.anchor_attribute or None,
        anchor_scoped=row.anchor_scoped,
    )
