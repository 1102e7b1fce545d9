import django.db.models.deletion
from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

TABLE = "relyra_django_auditevent"
TRIGGER = "relyra_audit_append_only"


def forbid_changes(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Let PostgreSQL itself refuse what the model refuses."""
    if schema_editor.connection.vendor != "postgresql":
        return
    schema_editor.execute(
        f"CREATE OR REPLACE FUNCTION {TRIGGER}() RETURNS trigger LANGUAGE plpgsql AS $$ "
        f"BEGIN RAISE EXCEPTION '{TABLE} is append-only' "
        "USING ERRCODE = 'integrity_constraint_violation'; END $$"
    )
    schema_editor.execute(
        f"CREATE TRIGGER {TRIGGER} BEFORE UPDATE OR DELETE ON {TABLE} "
        f"FOR EACH ROW EXECUTE FUNCTION {TRIGGER}()"
    )


def allow_changes(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    if schema_editor.connection.vendor != "postgresql":
        return
    schema_editor.execute(f"DROP TRIGGER {TRIGGER} ON {TABLE}")
    schema_editor.execute(f"DROP FUNCTION {TRIGGER}()")


class Migration(migrations.Migration):
    dependencies = [
        ("relyra_django", "0003_mappings"),
    ]

    operations = [
        migrations.CreateModel(
            name="AuditEvent",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
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
                    "connection",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="audit_events",
                        to="relyra_django.connection",
                        verbose_name="connection",
                    ),
                ),
                (
                    "domain",
                    models.CharField(
                        choices=[
                            ("connection", "Connection"),
                            ("certificate", "Certificate"),
                            ("metadata", "Metadata"),
                            ("mapping", "Mapping"),
                            ("identity", "Identity"),
                            ("audit", "Audit"),
                        ],
                        max_length=16,
                        verbose_name="domain",
                    ),
                ),
                (
                    "action",
                    models.CharField(
                        choices=[
                            ("created", "Created"),
                            ("updated", "Updated"),
                            ("enabled", "Enabled"),
                            ("disabled", "Disabled"),
                            ("staged", "Staged"),
                            ("activated", "Activated"),
                            ("retired", "Retired"),
                            ("replaced", "Replaced"),
                            ("deleted", "Deleted"),
                            ("registered", "Registered"),
                            ("pinned", "Pinned"),
                            ("refreshed", "Refreshed"),
                            ("applied", "Applied"),
                            ("approved", "Approved"),
                            ("rejected", "Rejected"),
                            ("suspended", "Suspended"),
                            ("resumed", "Resumed"),
                            ("linked", "Linked"),
                            ("exported", "Exported"),
                            ("imported", "Imported"),
                            ("archived", "Archived"),
                        ],
                        max_length=16,
                        verbose_name="action",
                    ),
                ),
                ("before_summary", models.JSONField(default=dict, verbose_name="before")),
                ("after_summary", models.JSONField(default=dict, verbose_name="after")),
                ("diff_summary", models.JSONField(default=dict, verbose_name="difference")),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="at")),
            ],
            options={
                "verbose_name": "audit event",
                "verbose_name_plural": "audit events",
                "default_permissions": ("view",),
                "indexes": [
                    models.Index(fields=["created_at"], name="relyra_audit_created_idx"),
                    models.Index(
                        fields=["connection", "created_at"], name="relyra_audit_connection_idx"
                    ),
                    models.Index(
                        fields=["connection", "domain", "created_at"],
                        name="relyra_audit_domain_idx",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "domain__in",
                                [
                                    "connection",
                                    "certificate",
                                    "metadata",
                                    "mapping",
                                    "identity",
                                    "audit",
                                ],
                            )
                        ),
                        name="relyra_audit_domain",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "action__in",
                                [
                                    "created",
                                    "updated",
                                    "enabled",
                                    "disabled",
                                    "staged",
                                    "activated",
                                    "retired",
                                    "replaced",
                                    "deleted",
                                    "registered",
                                    "pinned",
                                    "refreshed",
                                    "applied",
                                    "approved",
                                    "rejected",
                                    "suspended",
                                    "resumed",
                                    "linked",
                                    "exported",
                                    "imported",
                                    "archived",
                                ],
                            )
                        ),
                        name="relyra_audit_action",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("actor_kind__in", ["user", "command", "system"])),
                        name="relyra_audit_actor_kind",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("actor_label", ""), _negated=True),
                        name="relyra_audit_actor_label",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("cause", ""), _negated=True), name="relyra_audit_cause"
                    ),
                ],
            },
        ),
        migrations.RunPython(forbid_changes, allow_changes),
    ]
