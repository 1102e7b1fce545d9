import uuid

from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="CarelessRequestIntent",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("relay_state", models.CharField(max_length=64, verbose_name="relay state")),
                ("request_id", models.CharField(max_length=255, verbose_name="request ID")),
                ("intent", models.JSONField(verbose_name="intent")),
                (
                    "consumed_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="consumed at"),
                ),
                ("expires_at", models.DateTimeField(db_index=True, verbose_name="expires at")),
            ],
            options={
                "db_table": "sso_careless_intents",
            },
        ),
        migrations.CreateModel(
            name="Notes",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("relay_state", models.TextField()),
                ("request_id", models.CharField(max_length=20)),
                ("consumed_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="ReplayKey",
            fields=[
                ("replay_key", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("inserted_at", models.DateTimeField()),
                ("metadata", models.JSONField()),
                ("expires_at", models.DateTimeField(db_index=True)),
            ],
            options={
                "db_table": "sso_replay_keys",
            },
        ),
        migrations.CreateModel(
            name="RequestIntent",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                ("relay_state", models.CharField(max_length=100, unique=True)),
                ("request_id", models.CharField(max_length=255)),
                ("intent", models.JSONField()),
                ("consumed_at", models.DateTimeField(null=True)),
                ("expires_at", models.DateTimeField(db_index=True)),
                ("region", models.CharField(default="eu", max_length=10)),
            ],
            options={
                "db_table": "sso_request_intents",
            },
        ),
        migrations.CreateModel(
            name="DerivedReplayKey",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("replay_key", models.CharField(max_length=64, verbose_name="replay key")),
                ("inserted_at", models.DateTimeField(verbose_name="inserted at")),
                ("metadata", models.JSONField(verbose_name="metadata")),
                ("expires_at", models.DateTimeField(db_index=True, verbose_name="expires at")),
            ],
            options={
                "abstract": False,
                "constraints": [
                    models.UniqueConstraint(
                        fields=("replay_key",), name="host_derivedreplaykey_replay_key_uniq"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="DerivedRequestIntent",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("relay_state", models.CharField(max_length=64, verbose_name="relay state")),
                ("request_id", models.CharField(max_length=255, verbose_name="request ID")),
                ("intent", models.JSONField(verbose_name="intent")),
                (
                    "consumed_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="consumed at"),
                ),
                ("expires_at", models.DateTimeField(db_index=True, verbose_name="expires at")),
                ("created_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "db_table": "sso_derived_intents",
                "abstract": False,
                "constraints": [
                    models.UniqueConstraint(
                        fields=("relay_state",), name="host_derivedrequestintent_relay_state_uniq"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="StrictReplayKey",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("replay_key", models.CharField(max_length=64, verbose_name="replay key")),
                ("inserted_at", models.DateTimeField(verbose_name="inserted at")),
                ("metadata", models.JSONField(verbose_name="metadata")),
                ("expires_at", models.DateTimeField(db_index=True, verbose_name="expires at")),
                ("approved_by", models.CharField(default=None, max_length=10)),
            ],
            options={
                "abstract": False,
                "constraints": [
                    models.UniqueConstraint(
                        fields=("replay_key",), name="host_strictreplaykey_replay_key_uniq"
                    )
                ],
            },
        ),
    ]
