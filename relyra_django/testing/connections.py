"""Connections in the database that trust a FakeIdP."""

from __future__ import annotations

from typing import Any

from relyra_django.models import Connection
from relyra_django.testing.fake_idp import FakeIdP
from relyra_django.trust import certificates, connections
from relyra_django.trust.audit import Actor

CAUSE = "test"


def enabled_connection(idp: FakeIdP, **fields: Any) -> Connection:
    """Create and enable a connection, the way an operator would, with its audit rows.

    Unknown people are created unless `provisioning` says otherwise. `fields` are columns.
    """
    values: dict[str, Any] = {
        "public_id": "acme",
        "display_name": "Acme",
        "idp_entity_id": idp.entity_id,
        "idp_sso_url": idp.sso_url,
        "provisioning": "create",
        **fields,
    }
    actor = Actor.system()
    connection = connections.create(actor=actor, cause=CAUSE, **values)
    certificates.stage(connection, idp.certificate_pem, actor=actor, cause=CAUSE)
    return connections.enable(connection, actor=actor, cause=CAUSE)
