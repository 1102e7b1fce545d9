"""Where an identity provider's metadata comes from, and what came."""

from __future__ import annotations

import uuid

from django.core.validators import MaxLengthValidator
from django.db import models
from django.db.models import CheckConstraint, Index, Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from relyra_django.models.actor import ActorColumns, ActorKind, has_text
from relyra_django.models.choices import one_of
from relyra_django.models.connection import MAX_URL_LENGTH, Connection
from relyra_django.models.history import KeptModel


class SourceKind(models.TextChoices):
    REMOTE_URL = "remote_url", _("One identity provider")
    AGGREGATE = "aggregate", _("A federation")


class RefreshCadence(models.TextChoices):
    HOURLY = "hourly", _("Every hour")
    EVERY_6H = "every_6h", _("Every six hours")
    DAILY = "daily", _("Every day")
    WEEKLY = "weekly", _("Every week")


class Outcome(models.TextChoices):
    """How one attempt to take metadata in ended."""

    REGISTERED = "registered", _("Registered")
    FETCHED = "fetched", _("Fetched")
    APPLIED = "applied", _("Applied")
    HELD = "held", _("Held for review")
    FETCH_FAILED = "fetch_failed", _("Fetch failed")
    PARSE_FAILED = "parse_failed", _("Parse failed")
    VALIDATION_FAILED = "validation_failed", _("Validation failed")
    APPLY_FAILED = "apply_failed", _("Apply failed")


class SuspensionReason(models.TextChoices):
    ENTITY_ID_DRIFT = "entity_id_drift", _("The entity ID changed")
    NEW_SIGNING_CERT = "new_signing_cert", _("A new signing certificate")
    SIGNATURE_INVALID = "signature_invalid", _("The signature is not valid")
    CORPUS_VIOLATION = "corpus_violation", _("The document is not acceptable")
    TRANSIENT_FAILURES_EXCEEDED = "transient_failures_exceeded", _("Too many failures")
    TRUST_ANCHOR_MISMATCH = "trust_anchor_mismatch", _("Signed by an unknown key")


class MetadataSource(KeptModel):
    """An address that metadata is fetched from. A federation's belongs to no one connection."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    connection = models.ForeignKey(
        Connection,
        models.PROTECT,
        null=True,
        blank=True,
        db_index=False,
        related_name="metadata_sources",
        verbose_name=_("connection"),
    )
    kind = models.CharField(
        _("kind"), max_length=16, choices=SourceKind.choices, default=SourceKind.REMOTE_URL
    )
    url = models.TextField(_("URL"), validators=[MaxLengthValidator(MAX_URL_LENGTH)])
    registered_by = models.CharField(_("registered by"), max_length=512)
    registered_reason = models.TextField(_("reason"))
    last_fetched_at = models.DateTimeField(_("last fetched at"), null=True, blank=True)
    last_outcome = models.CharField(
        _("last outcome"), max_length=32, choices=Outcome.choices, default="", blank=True
    )
    details = models.JSONField(_("details"), default=dict, blank=True)
    # Refresh
    auto_refresh_enabled = models.BooleanField(_("refresh by itself"), default=False)
    refresh_cadence = models.CharField(
        _("how often"), max_length=16, choices=RefreshCadence.choices, default=RefreshCadence.DAILY
    )
    next_refresh_at = models.DateTimeField(_("next refresh at"), null=True, blank=True)
    require_signed_metadata = models.BooleanField(_("require signed metadata"), default=True)
    metadata_trust_fingerprints = models.JSONField(
        _("pinned metadata certificates"), default=list, blank=True
    )
    unsigned_metadata_allowed_until = models.DateTimeField(
        _("unsigned metadata accepted until"), null=True, blank=True
    )
    # Health
    last_known_metadata_signing_certs = models.JSONField(
        _("last known metadata certificates"), default=list, blank=True
    )
    consecutive_failure_count = models.PositiveIntegerField(_("failures in a row"), default=0)
    first_failure_at = models.DateTimeField(_("failing since"), null=True, blank=True)
    last_success_at = models.DateTimeField(_("last success at"), null=True, blank=True)
    last_failure_error_code = models.CharField(
        _("last error code"), max_length=64, default="", blank=True
    )
    last_validity_warning_for = models.DateTimeField(
        _("last warned of this end of validity"), null=True, blank=True
    )
    # Suspended while there is a reason; until an operator resumes it when there is no date.
    auto_suspended_until = models.DateTimeField(_("suspended until"), null=True, blank=True)
    auto_suspended_reason = models.CharField(
        _("suspended because"),
        max_length=32,
        choices=SuspensionReason.choices,
        default="",
        blank=True,
    )
    lock_version = models.PositiveIntegerField(_("version"), default=1, editable=False)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)

    class Meta:
        verbose_name = _("metadata source")
        verbose_name_plural = _("metadata sources")
        default_permissions = ("add", "change", "view")
        indexes = [
            Index(fields=["auto_refresh_enabled", "next_refresh_at"], name="relyra_source_due_idx"),
        ]
        constraints = [
            # Null is never equal to null: any number of federation sources.
            UniqueConstraint(fields=["connection"], name="relyra_source_connection"),
            one_of("kind", SourceKind.values, name="relyra_source_kind"),
            one_of("last_outcome", ["", *Outcome.values], name="relyra_source_last_outcome"),
            one_of("refresh_cadence", RefreshCadence.values, name="relyra_source_cadence"),
            one_of(
                "auto_suspended_reason",
                ["", *SuspensionReason.values],
                name="relyra_source_suspended_reason",
            ),
            CheckConstraint(
                condition=Q(auto_suspended_until__isnull=True) | ~Q(auto_suspended_reason=""),
                name="relyra_source_suspended_until",
            ),
            CheckConstraint(
                condition=Q(consecutive_failure_count=0, first_failure_at__isnull=True)
                | Q(consecutive_failure_count__gt=0, first_failure_at__isnull=False),
                name="relyra_source_failing_since",
            ),
            has_text("url", name="relyra_source_url"),
            has_text("registered_by", name="relyra_source_registered_by"),
            has_text("registered_reason", name="relyra_source_registered_reason"),
        ]

    def __str__(self) -> str:
        return self.url


class RevisionOrigin(models.TextChoices):
    XML_IMPORT = "xml_import", _("Imported by hand")
    REMOTE_URL = "remote_url", _("Fetched from its source")
    AGGREGATE = "aggregate", _("Fetched from a federation")


class RevisionTrigger(models.TextChoices):
    MANUAL_IMPORT = "manual_import", _("Import")
    MANUAL_REFRESH = "manual_refresh", _("Refresh by an operator")
    SCHEDULED_REFRESH = "scheduled_refresh", _("Scheduled refresh")
    SCHEDULED_PROBE = "scheduled_probe", _("Scheduled probe")


class RevisionState(models.TextChoices):
    """pending -> applied, rejected or superseded; an attempt that failed is born `failed`."""

    PENDING = "pending", _("Waiting for approval")
    APPLIED = "applied", _("Applied")
    REJECTED = "rejected", _("Rejected")
    SUPERSEDED = "superseded", _("Superseded")
    FAILED = "failed", _("Failed")


class MetadataRevision(ActorColumns, KeptModel):
    """One attempt to take metadata in. Its content stays, its state moves; no XML is kept."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    connection = models.ForeignKey(
        Connection,
        models.PROTECT,
        null=True,
        blank=True,
        db_index=False,
        related_name="metadata_revisions",
        verbose_name=_("connection"),
    )
    metadata_source = models.ForeignKey(
        MetadataSource,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="revisions",
        verbose_name=_("metadata source"),
    )
    source_kind = models.CharField(_("origin"), max_length=16, choices=RevisionOrigin.choices)
    trigger = models.CharField(_("trigger"), max_length=32, choices=RevisionTrigger.choices)
    outcome = models.CharField(_("outcome"), max_length=32, choices=Outcome.choices)
    state = models.CharField(_("state"), max_length=16, choices=RevisionState.choices)
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    content_hash_sha256 = models.CharField(
        _("SHA-256 of the document"), max_length=64, default="", blank=True
    )
    content_length = models.PositiveIntegerField(_("size in bytes"), null=True, blank=True)
    effective_idp_entity_id = models.TextField(_("entity ID"), default="", blank=True)
    effective_idp_sso_url = models.TextField(_("single sign-on URL"), default="", blank=True)
    certificate_fingerprints = models.JSONField(_("certificates"), default=list, blank=True)
    trust_summary = models.JSONField(_("summary"), default=dict)
    candidate = models.JSONField(_("what it would change"), null=True, blank=True)
    details = models.JSONField(_("details"), default=dict, blank=True)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    class Meta:
        verbose_name = _("metadata revision")
        verbose_name_plural = _("metadata revisions")
        default_permissions = ("add", "change", "view")
        indexes = [
            Index(fields=["connection", "created_at"], name="relyra_revision_created_idx"),
        ]
        constraints = [
            one_of("source_kind", RevisionOrigin.values, name="relyra_revision_source_kind"),
            one_of("trigger", RevisionTrigger.values, name="relyra_revision_trigger"),
            one_of("outcome", Outcome.values, name="relyra_revision_outcome"),
            one_of("state", RevisionState.values, name="relyra_revision_state"),
            one_of("actor_kind", ActorKind.values, name="relyra_revision_actor_kind"),
            has_text("actor_label", name="relyra_revision_actor_label"),
            has_text("cause", name="relyra_revision_cause"),
            CheckConstraint(
                condition=Q(state=RevisionState.PENDING.value, decided_at__isnull=True)
                | (~Q(state=RevisionState.PENDING.value) & Q(decided_at__isnull=False)),
                name="relyra_revision_decided_at",
            ),
            CheckConstraint(
                condition=Q(connection__isnull=False) | Q(metadata_source__isnull=False),
                name="relyra_revision_belongs",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.trigger} {self.outcome}"
