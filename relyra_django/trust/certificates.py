"""Certificates: stage, activate, retire. Each is one transaction with its audit row."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from relyra_django.models import (
    AuditAction,
    AuditDomain,
    Certificate,
    CertificateUse,
    Connection,
    Lifecycle,
    Party,
)
from relyra_django.models.certificate import LIFECYCLE_TIMESTAMPS
from relyra_django.saml import certificates as x509
from relyra_django.saml.connection import ConnectionStatus
from relyra_django.trust import audit, locking, summary, validation
from relyra_django.trust.audit import Actor

MANUAL = "manual"


def stage(
    connection: Connection, pem: str, *, actor: Actor, cause: str, source: str = MANUAL
) -> Certificate:
    """Add one of the identity provider's signing certificates, as `next`.

    On a draft it is active at once. One that is there already is returned as it is. Raises
    untrusted_certificate, and invalid_connection_record with reason "certificate_retired" for
    one that has been retired: what was taken out of trust does not come back unnoticed.
    """
    audit.check(actor=actor, cause=cause)
    facts = x509.load(pem)
    if known := _all(connection).filter(fingerprint_sha256=facts.fingerprint_sha256).first():
        return _not_retired(known)
    with locking.changing(connection) as row:
        before = summary.of_certificates(_all(row))
        certificate, is_new = _get_or_add(row, facts, source)
        if is_new:
            _record(AuditAction.STAGED, certificate, actor, cause, before)
    return _not_retired(certificate)


def activate(certificate: Certificate, *, actor: Actor, cause: str) -> Certificate:
    """Trust a staged certificate beside those that are active; return it as it is now.

    Raises invalid_connection_record with reason "invalid_lifecycle_transition".
    """
    audit.check(actor=actor, cause=cause)
    with locking.changing(certificate.connection) as row:
        current = _all(row).get(pk=certificate.pk)
        _require(current, Lifecycle.NEXT, target=Lifecycle.ACTIVE)
        return _move(current, Lifecycle.ACTIVE, AuditAction.ACTIVATED, actor, cause)


def retire(certificate: Certificate, *, actor: Actor, cause: str) -> Certificate:
    """Take a certificate, staged or active, out of trust for good; return it as it is now.

    Raises invalid_connection_record: reason "last_active_certificate" when none that is
    unexpired would be left, or "invalid_lifecycle_transition".
    """
    audit.check(actor=actor, cause=cause)
    with locking.changing(certificate.connection) as row:
        current = _all(row).get(pk=certificate.pk)
        _require(current, Lifecycle.NEXT, Lifecycle.ACTIVE, target=Lifecycle.RETIRED)
        if current.lifecycle == Lifecycle.ACTIVE:
            _refuse_last(current, now=timezone.now())
        return _move(current, Lifecycle.RETIRED, AuditAction.RETIRED, actor, cause)


def _all(connection: Connection) -> QuerySet[Certificate]:
    return Certificate.objects.using(locking.alias_of(connection)).filter(connection=connection)


def _get_or_add(
    connection: Connection, facts: x509.Certificate, source: str
) -> tuple[Certificate, bool]:
    is_draft = connection.status == ConnectionStatus.DRAFT
    lifecycle = Lifecycle.ACTIVE if is_draft else Lifecycle.NEXT
    return _all(connection).get_or_create(
        fingerprint_sha256=facts.fingerprint_sha256,
        defaults={
            "connection": connection,
            "pem": facts.pem,
            "party": Party.IDP,
            "use": CertificateUse.SIGNING,
            "lifecycle": lifecycle,
            LIFECYCLE_TIMESTAMPS[lifecycle]: timezone.now(),
            "not_before": facts.not_before,
            "not_after": facts.not_after,
            "source": source,
        },
    )


def _not_retired(certificate: Certificate) -> Certificate:
    if certificate.lifecycle == Lifecycle.RETIRED:
        text = _("This certificate has been retired. It cannot be added again.")
        raise validation.refusal({"certificate": text}, reason="certificate_retired")
    return certificate


def _require(certificate: Certificate, *expected: Lifecycle, target: Lifecycle) -> None:
    if certificate.lifecycle not in expected:
        text = _("The certificate is %(state)s.") % {"state": certificate.get_lifecycle_display()}
        raise validation.refusal(
            {"certificate": text},
            reason="invalid_lifecycle_transition",
            fingerprint=certificate.fingerprint_sha256,
            actual=certificate.lifecycle,
            expected=target.value,
        )


def _refuse_last(certificate: Certificate, *, now: datetime) -> None:
    others = _all(certificate.connection).filter(
        party=certificate.party, use=certificate.use, lifecycle=Lifecycle.ACTIVE
    )
    left = [other.not_after for other in others if other.pk != certificate.pk]
    if not left or (certificate.not_after > now and max(left) <= now):
        text = _("This is the last active certificate that has not expired. Activate another.")
        raise validation.refusal({"certificate": text}, reason="last_active_certificate")


def _move(
    certificate: Certificate, target: Lifecycle, action: AuditAction, actor: Actor, cause: str
) -> Certificate:
    before = summary.of_certificates(_all(certificate.connection))
    certificate.lifecycle = target
    for lifecycle, column in LIFECYCLE_TIMESTAMPS.items():
        setattr(certificate, column, timezone.now() if lifecycle is target else None)
    certificate.save()
    _record(action, certificate, actor, cause, before)
    return certificate


def _record(
    action: AuditAction,
    certificate: Certificate,
    actor: Actor,
    cause: str,
    before: Mapping[str, Any],
) -> None:
    audit.record(
        domain=AuditDomain.CERTIFICATE,
        action=action,
        actor=actor,
        cause=cause,
        connection=certificate.connection,
        before=before,
        after=summary.of_certificates(_all(certificate.connection)),
        diff={
            "fingerprint": certificate.fingerprint_sha256,
            "target_state": certificate.lifecycle,
        },
    )
