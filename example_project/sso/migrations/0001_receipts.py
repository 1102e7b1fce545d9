import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Organisation",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("slug", models.SlugField(max_length=63, unique=True)),
                ("name", models.CharField(max_length=200)),
            ],
        ),
        migrations.CreateModel(
            name="SignInReceipt",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("subject_hash", models.CharField(max_length=64, unique=True)),
                ("connection_name", models.CharField(max_length=200)),
                ("issuer", models.TextField()),
                ("name_id", models.TextField(blank=True)),
                ("name_id_format", models.TextField(blank=True)),
                ("attributes", models.JSONField(default=list)),
                ("authn_context", models.TextField(blank=True)),
                ("authenticated_at", models.DateTimeField()),
                ("session_index", models.TextField(blank=True)),
                ("session_expires_at", models.DateTimeField(null=True)),
                ("assertion_id", models.TextField()),
                ("signed", models.CharField(max_length=16)),
                ("certificate_fingerprint", models.CharField(max_length=64)),
                ("received_at", models.DateTimeField()),
                (
                    "organisation",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        to="sso.organisation",
                    ),
                ),
            ],
        ),
    ]
