from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="ReplayKey",
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
                "verbose_name": "replay key",
                "verbose_name_plural": "replay keys",
                "abstract": False,
                "constraints": [
                    models.UniqueConstraint(
                        fields=("replay_key",), name="relyra_stores_replaykey_replay_key_uniq"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="RequestIntent",
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
                "verbose_name": "request intent",
                "verbose_name_plural": "request intents",
                "abstract": False,
                "constraints": [
                    models.UniqueConstraint(
                        fields=("relay_state",), name="relyra_stores_requestintent_relay_state_uniq"
                    )
                ],
            },
        ),
    ]
