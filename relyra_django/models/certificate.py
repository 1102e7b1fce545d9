"""The certificates a connection trusts, has trusted, or will trust."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import CheckConstraint, Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from relyra_django.models.choices import is_digest, one_of
from relyra_django.models.connection import Connection
from relyra_django.models.history import KeptModel


class Party(models.TextChoices):
    IDP = "idp", _("Identity provider")
    SP = "sp", _("This site")


class CertificateUse(models.TextChoices):
    SIGNING = "signing", _("Signing")
    ENCRYPTION = "encryption", _("Encryption")


class Lifecycle(models.TextChoices):
    """next -> active -> retired; several may be active at once during a rollover."""

    NEXT = "next", _("Next")
    ACTIVE = "active", _("Active")
    RETIRED = "retired", _("Retired")


LIFECYCLE_TIMESTAMPS = {
    Lifecycle.NEXT: "staged_at",
    Lifecycle.ACTIVE: "activated_at",
    Lifecycle.RETIRED: "retired_at",
}


def _only_its_own_timestamp(lifecycle: Lifecycle) -> Q:
    condition = Q(lifecycle=lifecycle.value)
    for state, column in LIFECYCLE_TIMESTAMPS.items():
        condition &= Q(**{f"{column}__isnull": state is not lifecycle})
    return condition


class Certificate(KeptModel):
    """A public certificate; private keys are never in the database."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    connection = models.ForeignKey(
        Connection,
        models.PROTECT,
        # The unique constraint begins with this column.
        db_index=False,
        related_name="certificates",
        verbose_name=_("connection"),
    )
    fingerprint_sha256 = models.CharField(_("SHA-256 fingerprint"), max_length=64)
    pem = models.TextField(_("certificate"))
    party = models.CharField(_("owner"), max_length=8, choices=Party.choices, default=Party.IDP)
    use = models.CharField(
        _("use"), max_length=16, choices=CertificateUse.choices, default=CertificateUse.SIGNING
    )
    lifecycle = models.CharField(_("state"), max_length=16, choices=Lifecycle.choices)
    staged_at = models.DateTimeField(_("staged at"), null=True, blank=True)
    activated_at = models.DateTimeField(_("activated at"), null=True, blank=True)
    retired_at = models.DateTimeField(_("retired at"), null=True, blank=True)
    not_before = models.DateTimeField(_("valid from"))
    not_after = models.DateTimeField(_("valid until"))
    source = models.CharField(_("source"), max_length=255)
    metadata_revision = models.ForeignKey(
        "MetadataRevision",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="certificates",
        verbose_name=_("metadata revision"),
    )
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)

    class Meta:
        verbose_name = _("certificate")
        verbose_name_plural = _("certificates")
        default_permissions = ("add", "view")
        permissions = [
            ("activate_certificate", "Can activate certificate"),
            ("retire_certificate", "Can retire certificate"),
        ]
        constraints = [
            UniqueConstraint(
                fields=["connection", "fingerprint_sha256"], name="relyra_certificate_fingerprint"
            ),
            is_digest("fingerprint_sha256", name="relyra_certificate_fingerprint_length"),
            one_of("party", Party.values, name="relyra_certificate_party"),
            one_of("use", CertificateUse.values, name="relyra_certificate_use"),
            one_of("lifecycle", Lifecycle.values, name="relyra_certificate_lifecycle"),
            CheckConstraint(
                condition=_only_its_own_timestamp(Lifecycle.NEXT)
                | _only_its_own_timestamp(Lifecycle.ACTIVE)
                | _only_its_own_timestamp(Lifecycle.RETIRED),
                name="relyra_certificate_lifecycle_timestamp",
            ),
        ]

    def __str__(self) -> str:
        return self.fingerprint_sha256
