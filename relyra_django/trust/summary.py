"""A connection and its certificates as the ledger shows them: facts of trust, no secrets."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from relyra_django.models import Certificate, Connection, Lifecycle
from relyra_django.trust.validation import POLICY_FIELDS, PROFILE_FIELDS


def of_connection(connection: Connection) -> dict[str, Any]:
    """Return the whole of what trust.connections may change, in three parts."""
    certificates = list(connection.certificates.all())
    return {
        "connection": {
            "public_id": connection.public_id,
            "status": connection.status,
            "lock_version": connection.lock_version,
            "active_metadata_revision": connection.active_metadata_revision_id,
            "last_known_good_metadata_revision": connection.last_known_good_metadata_revision_id,
            **{name: getattr(connection, name) for name in PROFILE_FIELDS},
        },
        "policy": {name: getattr(connection, name) for name in POLICY_FIELDS},
        "certificates": {
            "count": len(certificates),
            "active": [c.fingerprint_sha256 for c in certificates if _is_active(c)],
        },
    }


def of_certificates(certificates: Iterable[Certificate]) -> dict[str, Any]:
    """Return every certificate of a connection, and the fingerprints by state."""
    ordered = sorted(certificates, key=lambda each: each.fingerprint_sha256)
    return {
        "certificates": [_certificate(each) for each in ordered],
        **{
            state.value: [each.fingerprint_sha256 for each in ordered if each.lifecycle == state]
            for state in Lifecycle
        },
    }


def _certificate(certificate: Certificate) -> dict[str, Any]:
    return {
        "fingerprint": certificate.fingerprint_sha256,
        "state": certificate.lifecycle,
        "party": certificate.party,
        "use": certificate.use,
        "source": certificate.source,
        "not_after": certificate.not_after,
    }


def _is_active(certificate: Certificate) -> bool:
    return certificate.lifecycle == Lifecycle.ACTIVE
