import uuid

import django.core.validators
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("relyra_django", "0001_connections"),
    ]

    operations = [
        migrations.CreateModel(
            name="MetadataSource",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "connection",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="metadata_sources",
                        to="relyra_django.connection",
                        verbose_name="connection",
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("remote_url", "One identity provider"),
                            ("aggregate", "A federation"),
                        ],
                        default="remote_url",
                        max_length=16,
                        verbose_name="kind",
                    ),
                ),
                (
                    "url",
                    models.TextField(
                        validators=[django.core.validators.MaxLengthValidator(2048)],
                        verbose_name="URL",
                    ),
                ),
                ("registered_by", models.CharField(max_length=512, verbose_name="registered by")),
                ("registered_reason", models.TextField(verbose_name="reason")),
                (
                    "last_fetched_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="last fetched at"),
                ),
                (
                    "last_outcome",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("registered", "Registered"),
                            ("fetched", "Fetched"),
                            ("applied", "Applied"),
                            ("held", "Held for review"),
                            ("fetch_failed", "Fetch failed"),
                            ("parse_failed", "Parse failed"),
                            ("validation_failed", "Validation failed"),
                            ("apply_failed", "Apply failed"),
                        ],
                        default="",
                        max_length=32,
                        verbose_name="last outcome",
                    ),
                ),
                ("details", models.JSONField(blank=True, default=dict, verbose_name="details")),
                (
                    "auto_refresh_enabled",
                    models.BooleanField(default=False, verbose_name="refresh by itself"),
                ),
                (
                    "refresh_cadence",
                    models.CharField(
                        choices=[
                            ("hourly", "Every hour"),
                            ("every_6h", "Every six hours"),
                            ("daily", "Every day"),
                            ("weekly", "Every week"),
                        ],
                        default="daily",
                        max_length=16,
                        verbose_name="how often",
                    ),
                ),
                (
                    "next_refresh_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="next refresh at"),
                ),
                (
                    "require_signed_metadata",
                    models.BooleanField(default=True, verbose_name="require signed metadata"),
                ),
                (
                    "metadata_trust_fingerprints",
                    models.JSONField(
                        blank=True, default=list, verbose_name="pinned metadata certificates"
                    ),
                ),
                (
                    "unsigned_metadata_allowed_until",
                    models.DateTimeField(
                        blank=True, null=True, verbose_name="unsigned metadata accepted until"
                    ),
                ),
                (
                    "last_known_metadata_signing_certs",
                    models.JSONField(
                        blank=True, default=list, verbose_name="last known metadata certificates"
                    ),
                ),
                (
                    "consecutive_failure_count",
                    models.PositiveIntegerField(default=0, verbose_name="failures in a row"),
                ),
                (
                    "first_failure_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="failing since"),
                ),
                (
                    "last_success_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="last success at"),
                ),
                (
                    "last_failure_error_code",
                    models.CharField(
                        blank=True, default="", max_length=64, verbose_name="last error code"
                    ),
                ),
                (
                    "last_validity_warning_for",
                    models.DateTimeField(
                        blank=True, null=True, verbose_name="last warned of this end of validity"
                    ),
                ),
                (
                    "auto_suspended_until",
                    models.DateTimeField(blank=True, null=True, verbose_name="suspended until"),
                ),
                (
                    "auto_suspended_reason",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("entity_id_drift", "The entity ID changed"),
                            ("new_signing_cert", "A new signing certificate"),
                            ("signature_invalid", "The signature is not valid"),
                            ("corpus_violation", "The document is not acceptable"),
                            ("transient_failures_exceeded", "Too many failures"),
                            ("trust_anchor_mismatch", "Signed by an unknown key"),
                        ],
                        default="",
                        max_length=32,
                        verbose_name="suspended because",
                    ),
                ),
                (
                    "lock_version",
                    models.PositiveIntegerField(default=1, editable=False, verbose_name="version"),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="updated at")),
            ],
            options={
                "verbose_name": "metadata source",
                "verbose_name_plural": "metadata sources",
                "default_permissions": ("add", "change", "view"),
                "indexes": [
                    models.Index(
                        fields=["auto_refresh_enabled", "next_refresh_at"],
                        name="relyra_source_due_idx",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("connection",), name="relyra_source_connection"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["remote_url", "aggregate"])),
                        name="relyra_source_kind",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "last_outcome__in",
                                [
                                    "",
                                    "registered",
                                    "fetched",
                                    "applied",
                                    "held",
                                    "fetch_failed",
                                    "parse_failed",
                                    "validation_failed",
                                    "apply_failed",
                                ],
                            )
                        ),
                        name="relyra_source_last_outcome",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("refresh_cadence__in", ["hourly", "every_6h", "daily", "weekly"])
                        ),
                        name="relyra_source_cadence",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "auto_suspended_reason__in",
                                [
                                    "",
                                    "entity_id_drift",
                                    "new_signing_cert",
                                    "signature_invalid",
                                    "corpus_violation",
                                    "transient_failures_exceeded",
                                    "trust_anchor_mismatch",
                                ],
                            )
                        ),
                        name="relyra_source_suspended_reason",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("auto_suspended_until__isnull", True),
                            models.Q(("auto_suspended_reason", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="relyra_source_suspended_until",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("consecutive_failure_count", 0), ("first_failure_at__isnull", True)
                            ),
                            models.Q(
                                ("consecutive_failure_count__gt", 0),
                                ("first_failure_at__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="relyra_source_failing_since",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("url", ""), _negated=True), name="relyra_source_url"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("registered_by", ""), _negated=True),
                        name="relyra_source_registered_by",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("registered_reason", ""), _negated=True),
                        name="relyra_source_registered_reason",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="MetadataRevision",
            fields=[
                (
                    "actor_kind",
                    models.CharField(
                        choices=[("user", "User"), ("command", "Command"), ("system", "System")],
                        max_length=16,
                        verbose_name="kind of actor",
                    ),
                ),
                (
                    "actor_id",
                    models.CharField(
                        blank=True, default="", max_length=255, verbose_name="actor id"
                    ),
                ),
                ("actor_label", models.CharField(max_length=512, verbose_name="actor")),
                ("cause", models.TextField(verbose_name="cause")),
                (
                    "correlation_id",
                    models.CharField(
                        blank=True, default="", max_length=64, verbose_name="correlation id"
                    ),
                ),
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "connection",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="metadata_revisions",
                        to="relyra_django.connection",
                        verbose_name="connection",
                    ),
                ),
                (
                    "metadata_source",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="revisions",
                        to="relyra_django.metadatasource",
                        verbose_name="metadata source",
                    ),
                ),
                (
                    "source_kind",
                    models.CharField(
                        choices=[
                            ("xml_import", "Imported by hand"),
                            ("remote_url", "Fetched from its source"),
                            ("aggregate", "Fetched from a federation"),
                        ],
                        max_length=16,
                        verbose_name="origin",
                    ),
                ),
                (
                    "trigger",
                    models.CharField(
                        choices=[
                            ("manual_import", "Import"),
                            ("manual_refresh", "Refresh by an operator"),
                            ("scheduled_refresh", "Scheduled refresh"),
                            ("scheduled_probe", "Scheduled probe"),
                        ],
                        max_length=32,
                        verbose_name="trigger",
                    ),
                ),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("registered", "Registered"),
                            ("fetched", "Fetched"),
                            ("applied", "Applied"),
                            ("held", "Held for review"),
                            ("fetch_failed", "Fetch failed"),
                            ("parse_failed", "Parse failed"),
                            ("validation_failed", "Validation failed"),
                            ("apply_failed", "Apply failed"),
                        ],
                        max_length=32,
                        verbose_name="outcome",
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("pending", "Waiting for approval"),
                            ("applied", "Applied"),
                            ("rejected", "Rejected"),
                            ("superseded", "Superseded"),
                            ("failed", "Failed"),
                        ],
                        max_length=16,
                        verbose_name="state",
                    ),
                ),
                (
                    "decided_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="decided at"),
                ),
                (
                    "content_hash_sha256",
                    models.CharField(
                        blank=True,
                        default="",
                        max_length=64,
                        verbose_name="SHA-256 of the document",
                    ),
                ),
                (
                    "content_length",
                    models.PositiveIntegerField(
                        blank=True, null=True, verbose_name="size in bytes"
                    ),
                ),
                (
                    "effective_idp_entity_id",
                    models.TextField(blank=True, default="", verbose_name="entity ID"),
                ),
                (
                    "effective_idp_sso_url",
                    models.TextField(blank=True, default="", verbose_name="single sign-on URL"),
                ),
                (
                    "certificate_fingerprints",
                    models.JSONField(blank=True, default=list, verbose_name="certificates"),
                ),
                ("trust_summary", models.JSONField(default=dict, verbose_name="summary")),
                (
                    "candidate",
                    models.JSONField(blank=True, null=True, verbose_name="what it would change"),
                ),
                ("details", models.JSONField(blank=True, default=dict, verbose_name="details")),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
            ],
            options={
                "verbose_name": "metadata revision",
                "verbose_name_plural": "metadata revisions",
                "default_permissions": ("add", "change", "view"),
                "indexes": [
                    models.Index(
                        fields=["connection", "created_at"], name="relyra_revision_created_idx"
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("source_kind__in", ["xml_import", "remote_url", "aggregate"])
                        ),
                        name="relyra_revision_source_kind",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "trigger__in",
                                [
                                    "manual_import",
                                    "manual_refresh",
                                    "scheduled_refresh",
                                    "scheduled_probe",
                                ],
                            )
                        ),
                        name="relyra_revision_trigger",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "outcome__in",
                                [
                                    "registered",
                                    "fetched",
                                    "applied",
                                    "held",
                                    "fetch_failed",
                                    "parse_failed",
                                    "validation_failed",
                                    "apply_failed",
                                ],
                            )
                        ),
                        name="relyra_revision_outcome",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "state__in",
                                ["pending", "applied", "rejected", "superseded", "failed"],
                            )
                        ),
                        name="relyra_revision_state",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("actor_kind__in", ["user", "command", "system"])),
                        name="relyra_revision_actor_kind",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("actor_label", ""), _negated=True),
                        name="relyra_revision_actor_label",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("cause", ""), _negated=True),
                        name="relyra_revision_cause",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("decided_at__isnull", True), ("state", "pending")),
                            models.Q(
                                models.Q(("state", "pending"), _negated=True),
                                ("decided_at__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="relyra_revision_decided_at",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("connection__isnull", False),
                            ("metadata_source__isnull", False),
                            _connector="OR",
                        ),
                        name="relyra_revision_belongs",
                    ),
                ],
            },
        ),
        migrations.AddField(
            model_name="connection",
            name="federation_source",
            field=models.ForeignKey(
                blank=True,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="federated_connections",
                to="relyra_django.metadatasource",
                verbose_name="federation source",
            ),
        ),
        migrations.AddField(
            model_name="connection",
            name="active_metadata_revision",
            field=models.ForeignKey(
                blank=True,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="relyra_django.metadatarevision",
                verbose_name="active metadata revision",
            ),
        ),
        migrations.AddField(
            model_name="connection",
            name="last_known_good_metadata_revision",
            field=models.ForeignKey(
                blank=True,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="relyra_django.metadatarevision",
                verbose_name="last known good metadata revision",
            ),
        ),
        migrations.AddField(
            model_name="certificate",
            name="metadata_revision",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="certificates",
                to="relyra_django.metadatarevision",
                verbose_name="metadata revision",
            ),
        ),
    ]
