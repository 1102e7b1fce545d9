import uuid

import django.db.models.deletion
import django.db.models.functions.text
import django.db.models.lookups
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("auth", "__first__"),
        ("relyra_django", "0004_audit"),
    ]

    operations = [
        migrations.CreateModel(
            name="UserIdentity",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "subject_hash",
                    models.CharField(editable=False, max_length=64, verbose_name="hash"),
                ),
                (
                    "connection",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="identities",
                        to="relyra_django.connection",
                        verbose_name="connection",
                    ),
                ),
                (
                    "connection_public_id",
                    models.CharField(max_length=63, verbose_name="connection id"),
                ),
                ("issuer", models.CharField(max_length=1024, verbose_name="issuer")),
                (
                    "anchor_kind",
                    models.CharField(
                        choices=[("name_id", "The NameID"), ("attribute", "An attribute")],
                        max_length=16,
                        verbose_name="known by",
                    ),
                ),
                (
                    "anchor_name",
                    models.CharField(
                        blank=True, default="", max_length=512, verbose_name="attribute"
                    ),
                ),
                ("anchor", models.TextField(verbose_name="value")),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="saml_identities",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="user",
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
            ],
            options={
                "verbose_name": "identity",
                "verbose_name_plural": "identities",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("subject_hash",), name="relyra_identity_subject_hash"
                    ),
                    models.CheckConstraint(
                        condition=django.db.models.lookups.Exact(
                            django.db.models.functions.text.Length("subject_hash"), 64
                        ),
                        name="relyra_identity_subject_hash_length",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("anchor_kind__in", ["name_id", "attribute"])),
                        name="relyra_identity_anchor_kind",
                    ),
                ],
            },
        ),
    ]
