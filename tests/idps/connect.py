"""Make enabled connections in the example project's database, as an operator would.

Run as a process of its own (`python -m tests.idps.connect`) with a JSON list of WantedConnection
on standard input.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import django


@dataclass(frozen=True, kw_only=True, slots=True)
class WantedConnection:
    """One connection; `columns` are further ones, times as ISO 8601."""

    public_id: str
    idp_entity_id: str
    idp_sso_url: str
    certificate_pem: str
    sp_entity_id: str
    slo_url: str = ""
    columns: dict[str, Any] = field(default_factory=dict)


def connect(wanted: WantedConnection) -> None:
    from relyra_django.trust import certificates, connections
    from relyra_django.trust.audit import Actor

    actor, cause = Actor.system(), "tests with real identity providers"
    connection = connections.create(
        actor=actor,
        cause=cause,
        public_id=wanted.public_id,
        display_name=wanted.public_id,
        idp_entity_id=wanted.idp_entity_id,
        idp_sso_url=wanted.idp_sso_url,
        sp_entity_id=wanted.sp_entity_id,
        slo_url=wanted.slo_url,
        provisioning="create",
        **{name: column(name, value) for name, value in wanted.columns.items()},
    )
    certificates.stage(connection, wanted.certificate_pem, actor=actor, cause=cause)
    connections.enable(connection, actor=actor, cause=cause)


def column(name: str, value: Any) -> Any:
    return datetime.fromisoformat(value) if name.endswith("_expires_at") else value


def main(listed: list[dict[str, Any]]) -> None:
    django.setup()
    for each in listed:
        connect(WantedConnection(**each))


if __name__ == "__main__":
    main(json.load(sys.stdin))
