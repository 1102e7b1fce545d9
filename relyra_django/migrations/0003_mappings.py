import django.db.models.deletion
import django.db.models.functions.text
import django.db.models.lookups
from django.db import migrations, models

import relyra_django.models.digest


class Migration(migrations.Migration):
    dependencies = [
        ("relyra_django", "0002_metadata"),
    ]

    operations = [
        migrations.CreateModel(
            name="AttributeMapping",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "connection",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="attribute_mappings",
                        to="relyra_django.connection",
                        verbose_name="connection",
                    ),
                ),
                ("position", models.PositiveSmallIntegerField(default=0, verbose_name="position")),
                ("source_attribute", models.CharField(max_length=512, verbose_name="attribute")),
                (
                    "target_field",
                    models.CharField(
                        choices=[
                            ("email", "Email address"),
                            ("first_name", "First name"),
                            ("last_name", "Last name"),
                            ("display_name", "Display name"),
                            ("name_id", "NameID"),
                        ],
                        max_length=32,
                        verbose_name="field",
                    ),
                ),
                (
                    "multivalue_strategy",
                    models.CharField(
                        choices=[("first", "The first value"), ("all", "All values")],
                        default="first",
                        max_length=16,
                        verbose_name="several values",
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="updated at")),
            ],
            options={
                "verbose_name": "attribute rule",
                "verbose_name_plural": "attribute rules",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("connection", "target_field"), name="relyra_attribute_target"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "target_field__in",
                                ["email", "first_name", "last_name", "display_name", "name_id"],
                            )
                        ),
                        name="relyra_attribute_target_field",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("multivalue_strategy__in", ["first", "all"])),
                        name="relyra_attribute_multivalue",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("source_attribute", ""), _negated=True),
                        name="relyra_attribute_source",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="GroupMapping",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "connection",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="group_mappings",
                        to="relyra_django.connection",
                        verbose_name="connection",
                    ),
                ),
                ("position", models.PositiveSmallIntegerField(default=0, verbose_name="position")),
                ("source_attribute", models.CharField(max_length=512, verbose_name="attribute")),
                ("source_value", models.CharField(max_length=512, verbose_name="value")),
                (
                    "target",
                    models.CharField(
                        choices=[
                            ("group", "A group"),
                            ("is_staff", "Staff status"),
                            ("is_superuser", "Superuser status"),
                        ],
                        max_length=16,
                        verbose_name="gives",
                    ),
                ),
                (
                    "group_name",
                    models.CharField(blank=True, default="", max_length=150, verbose_name="group"),
                ),
                (
                    "rule_digest",
                    relyra_django.models.digest.DigestField(
                        editable=False,
                        max_length=64,
                        of=("source_attribute", "source_value", "target", "group_name"),
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="updated at")),
            ],
            options={
                "verbose_name": "group rule",
                "verbose_name_plural": "group rules",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("connection", "rule_digest"), name="relyra_group_rule"
                    ),
                    models.CheckConstraint(
                        condition=django.db.models.lookups.Exact(
                            django.db.models.functions.text.Length("rule_digest"), 64
                        ),
                        name="relyra_group_rule_length",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("target__in", ["group", "is_staff", "is_superuser"])),
                        name="relyra_group_target",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("target", "group"), models.Q(("group_name", ""), _negated=True)
                            ),
                            models.Q(
                                models.Q(("target", "group"), _negated=True), ("group_name", "")
                            ),
                            _connector="OR",
                        ),
                        name="relyra_group_target_name",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("source_attribute", ""), _negated=True),
                        name="relyra_group_source",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="MappingRevision",
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
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="mapping_revisions",
                        to="relyra_django.connection",
                        verbose_name="connection",
                    ),
                ),
                (
                    "action",
                    models.CharField(
                        choices=[
                            ("created", "Created"),
                            ("replaced", "Replaced"),
                            ("deleted", "Deleted"),
                        ],
                        max_length=16,
                        verbose_name="action",
                    ),
                ),
                ("before_snapshot", models.JSONField(default=dict, verbose_name="before")),
                ("after_snapshot", models.JSONField(default=dict, verbose_name="after")),
                ("diff_summary", models.JSONField(default=dict, verbose_name="difference")),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
            ],
            options={
                "verbose_name": "mapping revision",
                "verbose_name_plural": "mapping revisions",
                "default_permissions": ("view",),
                "indexes": [
                    models.Index(
                        fields=["connection", "created_at"], name="relyra_mapping_created_idx"
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("action__in", ["created", "replaced", "deleted"])),
                        name="relyra_mapping_action",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("actor_kind__in", ["user", "command", "system"])),
                        name="relyra_mapping_actor_kind",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("actor_label", ""), _negated=True),
                        name="relyra_mapping_actor_label",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("cause", ""), _negated=True),
                        name="relyra_mapping_cause",
                    ),
                ],
            },
        ),
    ]
