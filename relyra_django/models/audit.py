"""The record of every change of trust."""

from __future__ import annotations

from django.db import models
from django.db.models import Index
from django.utils.translation import gettext_lazy as _

from relyra_django.models.actor import ActorColumns, ActorKind, has_text
from relyra_django.models.choices import one_of
from relyra_django.models.connection import Connection
from relyra_django.models.history import AppendOnlyModel


class AuditDomain(models.TextChoices):
    CONNECTION = "connection", _("Connection")
    CERTIFICATE = "certificate", _("Certificate")
    METADATA = "metadata", _("Metadata")
    MAPPING = "mapping", _("Mapping")
    IDENTITY = "identity", _("Identity")
    AUDIT = "audit", _("Audit")


class AuditAction(models.TextChoices):
    CREATED = "created", _("Created")
    UPDATED = "updated", _("Updated")
    ENABLED = "enabled", _("Enabled")
    DISABLED = "disabled", _("Disabled")
    STAGED = "staged", _("Staged")
    ACTIVATED = "activated", _("Activated")
    RETIRED = "retired", _("Retired")
    REPLACED = "replaced", _("Replaced")
    DELETED = "deleted", _("Deleted")
    REGISTERED = "registered", _("Registered")
    PINNED = "pinned", _("Pinned")
    REFRESHED = "refreshed", _("Refreshed")
    APPLIED = "applied", _("Applied")
    APPROVED = "approved", _("Approved")
    REJECTED = "rejected", _("Rejected")
    SUSPENDED = "suspended", _("Suspended")
    RESUMED = "resumed", _("Resumed")
    LINKED = "linked", _("Linked")
    EXPORTED = "exported", _("Exported")
    IMPORTED = "imported", _("Imported")
    ARCHIVED = "archived", _("Archived")


class AuditEvent(ActorColumns, AppendOnlyModel):
    """One change, written by trust.audit.record() in the transaction that made it."""

    connection = models.ForeignKey(
        Connection,
        models.PROTECT,
        null=True,
        blank=True,
        db_index=False,
        related_name="audit_events",
        verbose_name=_("connection"),
    )
    domain = models.CharField(_("domain"), max_length=16, choices=AuditDomain.choices)
    action = models.CharField(_("action"), max_length=16, choices=AuditAction.choices)
    before_summary = models.JSONField(_("before"), default=dict)
    after_summary = models.JSONField(_("after"), default=dict)
    diff_summary = models.JSONField(_("difference"), default=dict)
    created_at = models.DateTimeField(_("at"), auto_now_add=True)

    class Meta:
        verbose_name = _("audit event")
        verbose_name_plural = _("audit events")
        default_permissions = ("view",)
        indexes = [
            Index(fields=["created_at"], name="relyra_audit_created_idx"),
            Index(fields=["connection", "created_at"], name="relyra_audit_connection_idx"),
            Index(fields=["connection", "domain", "created_at"], name="relyra_audit_domain_idx"),
        ]
        constraints = [
            one_of("domain", AuditDomain.values, name="relyra_audit_domain"),
            one_of("action", AuditAction.values, name="relyra_audit_action"),
            one_of("actor_kind", ActorKind.values, name="relyra_audit_actor_kind"),
            has_text("actor_label", name="relyra_audit_actor_label"),
            has_text("cause", name="relyra_audit_cause"),
        ]

    def __str__(self) -> str:
        return f"{self.domain} {self.action} by {self.actor_label}"
