import uuid

import django.core.validators
import django.db.models.deletion
import django.db.models.functions.text
import django.db.models.lookups
from django.db import migrations, models

import relyra_django.models.digest
import relyra_django.models.public_id


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Connection",
            fields=[
                (
                    "signing",
                    models.CharField(
                        choices=[
                            ("either", "The assertion or the response"),
                            ("assertion", "The assertion"),
                            ("response", "The response"),
                            ("both", "The assertion and the response"),
                        ],
                        default="either",
                        max_length=16,
                        verbose_name="what must be signed",
                    ),
                ),
                (
                    "allow_unsolicited",
                    models.BooleanField(
                        default=False, verbose_name="allow logins begun at the IdP"
                    ),
                ),
                (
                    "allow_missing_destination",
                    models.BooleanField(
                        default=False, verbose_name="allow a response without Destination"
                    ),
                ),
                (
                    "allow_missing_response_issuer",
                    models.BooleanField(
                        default=False, verbose_name="allow a response without Issuer"
                    ),
                ),
                (
                    "clock_skew_seconds",
                    models.PositiveSmallIntegerField(
                        default=180, verbose_name="clock skew in seconds"
                    ),
                ),
                (
                    "max_lifetime_seconds",
                    models.PositiveIntegerField(
                        default=86400, verbose_name="longest life of an assertion in seconds"
                    ),
                ),
                (
                    "max_issue_age_seconds",
                    models.PositiveIntegerField(
                        default=86400, verbose_name="greatest age of a message in seconds"
                    ),
                ),
                (
                    "refuse_expired_certificates",
                    models.BooleanField(
                        default=False, verbose_name="refuse signatures of expired certificates"
                    ),
                ),
                (
                    "require_signed_logout_request",
                    models.BooleanField(
                        default=True, verbose_name="require signed logout requests"
                    ),
                ),
                (
                    "require_signed_logout_response",
                    models.BooleanField(
                        default=True, verbose_name="require signed logout responses"
                    ),
                ),
                (
                    "accepted_name_id_formats",
                    models.JSONField(
                        blank=True, default=list, verbose_name="accepted NameID formats"
                    ),
                ),
                ("scopes", models.JSONField(blank=True, default=list, verbose_name="scopes")),
                (
                    "legacy_sha1_reason",
                    models.CharField(
                        blank=True,
                        default="",
                        max_length=512,
                        verbose_name="reason for accepting SHA-1",
                    ),
                ),
                (
                    "legacy_sha1_expires_at",
                    models.DateTimeField(
                        blank=True, null=True, verbose_name="SHA-1 accepted until"
                    ),
                ),
                (
                    "legacy_aes_cbc_reason",
                    models.CharField(
                        blank=True,
                        default="",
                        max_length=512,
                        verbose_name="reason for accepting AES-CBC",
                    ),
                ),
                (
                    "legacy_aes_cbc_expires_at",
                    models.DateTimeField(
                        blank=True, null=True, verbose_name="AES-CBC accepted until"
                    ),
                ),
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "public_id",
                    models.CharField(
                        default=relyra_django.models.public_id.generate,
                        max_length=63,
                        validators=[relyra_django.models.public_id.validate],
                        verbose_name="public id",
                    ),
                ),
                (
                    "organization_id",
                    models.CharField(
                        blank=True, default="", max_length=255, verbose_name="organization"
                    ),
                ),
                (
                    "organization_digest",
                    relyra_django.models.digest.DigestField(
                        editable=False, max_length=64, of=("organization_id",)
                    ),
                ),
                (
                    "display_name",
                    models.CharField(blank=True, default="", max_length=255, verbose_name="name"),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("draft", "Draft"),
                            ("enabled", "Enabled"),
                            ("disabled", "Disabled"),
                        ],
                        default="draft",
                        editable=False,
                        max_length=16,
                        verbose_name="status",
                    ),
                ),
                (
                    "provider_preset",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("okta", "Okta"),
                            ("entra", "Microsoft Entra ID"),
                            ("google_workspace", "Google Workspace"),
                            ("adfs", "AD FS"),
                        ],
                        default="",
                        max_length=32,
                        verbose_name="identity provider",
                    ),
                ),
                (
                    "sp_entity_id",
                    models.CharField(
                        blank=True, default="", max_length=1024, verbose_name="our entity ID"
                    ),
                ),
                (
                    "acs_url",
                    models.TextField(
                        blank=True,
                        default="",
                        validators=[django.core.validators.MaxLengthValidator(2048)],
                        verbose_name="our ACS URL",
                    ),
                ),
                (
                    "slo_url",
                    models.TextField(
                        blank=True,
                        default="",
                        validators=[django.core.validators.MaxLengthValidator(2048)],
                        verbose_name="our single logout URL",
                    ),
                ),
                (
                    "idp_entity_id",
                    models.CharField(
                        blank=True, default="", max_length=1024, verbose_name="entity ID"
                    ),
                ),
                (
                    "idp_sso_url",
                    models.TextField(
                        blank=True,
                        default="",
                        validators=[django.core.validators.MaxLengthValidator(2048)],
                        verbose_name="single sign-on URL",
                    ),
                ),
                (
                    "idp_sso_binding",
                    models.CharField(
                        choices=[("redirect", "HTTP Redirect"), ("post", "HTTP POST")],
                        default="redirect",
                        max_length=16,
                        verbose_name="single sign-on binding",
                    ),
                ),
                (
                    "idp_slo_url",
                    models.TextField(
                        blank=True,
                        default="",
                        validators=[django.core.validators.MaxLengthValidator(2048)],
                        verbose_name="single logout URL",
                    ),
                ),
                (
                    "idp_slo_response_url",
                    models.TextField(
                        blank=True,
                        default="",
                        validators=[django.core.validators.MaxLengthValidator(2048)],
                        verbose_name="single logout response URL",
                    ),
                ),
                (
                    "sign_authn_requests",
                    models.BooleanField(default=False, verbose_name="sign requests"),
                ),
                (
                    "signed_request_encoding",
                    models.CharField(
                        choices=[
                            ("rfc3986_upper", "RFC 3986, upper-case hexadecimal"),
                            ("adfs_lower", "AD FS, lower-case hexadecimal"),
                        ],
                        default="rfc3986_upper",
                        max_length=16,
                        verbose_name="encoding of signed requests",
                    ),
                ),
                (
                    "name_id_format",
                    models.CharField(
                        blank=True,
                        default="",
                        max_length=255,
                        verbose_name="requested NameID format",
                    ),
                ),
                (
                    "force_authn",
                    models.BooleanField(
                        default=False, verbose_name="ask people to authenticate again"
                    ),
                ),
                (
                    "requested_authn_contexts",
                    models.JSONField(
                        blank=True, default=list, verbose_name="requested authentication contexts"
                    ),
                ),
                (
                    "provisioning",
                    models.CharField(
                        choices=[
                            ("link_only", "Only people who are already linked"),
                            ("create", "Create a user at the first login"),
                        ],
                        default="link_only",
                        max_length=16,
                        verbose_name="unknown people",
                    ),
                ),
                (
                    "anchor",
                    models.CharField(
                        choices=[("name_id", "The NameID"), ("attribute", "An attribute")],
                        default="name_id",
                        max_length=16,
                        verbose_name="people are known by",
                    ),
                ),
                (
                    "anchor_attribute",
                    models.CharField(
                        blank=True,
                        default="",
                        max_length=512,
                        verbose_name="attribute that people are known by",
                    ),
                ),
                (
                    "anchor_scoped",
                    models.BooleanField(default=False, verbose_name="that attribute is scoped"),
                ),
                (
                    "lock_version",
                    models.PositiveIntegerField(default=1, editable=False, verbose_name="version"),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="updated at")),
            ],
            options={
                "verbose_name": "connection",
                "verbose_name_plural": "connections",
                "permissions": [
                    ("enable_connection", "Can enable connection"),
                    ("disable_connection", "Can disable connection"),
                ],
                "default_permissions": ("add", "change", "view"),
                "indexes": [
                    models.Index(fields=["status"], name="relyra_connection_status_idx"),
                    models.Index(fields=["organization_digest"], name="relyra_connection_org_idx"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("public_id",), name="relyra_connection_public_id"
                    ),
                    models.CheckConstraint(
                        condition=django.db.models.lookups.Exact(
                            django.db.models.functions.text.Length("organization_digest"), 64
                        ),
                        name="relyra_connection_org_length",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("status__in", ["draft", "enabled", "disabled"])),
                        name="relyra_connection_status",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "provider_preset__in",
                                ["", "okta", "entra", "google_workspace", "adfs"],
                            )
                        ),
                        name="relyra_connection_provider_preset",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("idp_sso_binding__in", ["redirect", "post"])),
                        name="relyra_connection_sso_binding",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("signed_request_encoding__in", ["rfc3986_upper", "adfs_lower"])
                        ),
                        name="relyra_connection_request_encoding",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("provisioning__in", ["link_only", "create"])),
                        name="relyra_connection_provisioning",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("anchor__in", ["name_id", "attribute"])),
                        name="relyra_connection_anchor",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("anchor", "name_id"),
                                ("anchor_attribute", ""),
                                ("anchor_scoped", False),
                            ),
                            models.Q(
                                ("anchor", "attribute"),
                                models.Q(("anchor_attribute", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="relyra_connection_anchor_attribute",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("lock_version__gte", 1)),
                        name="relyra_connection_lock_version",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("signing__in", ["either", "assertion", "response", "both"])
                        ),
                        name="relyra_connection_signing",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("clock_skew_seconds__lte", 300)),
                        name="relyra_connection_clock_skew",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("max_lifetime_seconds__range", (1, 86400))),
                        name="relyra_connection_max_lifetime",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("max_issue_age_seconds__range", (1, 86400))),
                        name="relyra_connection_max_issue_age",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("legacy_sha1_expires_at__isnull", True), ("legacy_sha1_reason", "")
                            ),
                            models.Q(
                                models.Q(("legacy_sha1_reason", ""), _negated=True),
                                ("legacy_sha1_expires_at__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="relyra_connection_legacy_sha1",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("legacy_aes_cbc_expires_at__isnull", True),
                                ("legacy_aes_cbc_reason", ""),
                            ),
                            models.Q(
                                models.Q(("legacy_aes_cbc_reason", ""), _negated=True),
                                ("legacy_aes_cbc_expires_at__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="relyra_connection_legacy_aes_cbc",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Certificate",
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
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="certificates",
                        to="relyra_django.connection",
                        verbose_name="connection",
                    ),
                ),
                (
                    "fingerprint_sha256",
                    models.CharField(max_length=64, verbose_name="SHA-256 fingerprint"),
                ),
                ("pem", models.TextField(verbose_name="certificate")),
                (
                    "party",
                    models.CharField(
                        choices=[("idp", "Identity provider"), ("sp", "This site")],
                        default="idp",
                        max_length=8,
                        verbose_name="owner",
                    ),
                ),
                (
                    "use",
                    models.CharField(
                        choices=[("signing", "Signing"), ("encryption", "Encryption")],
                        default="signing",
                        max_length=16,
                        verbose_name="use",
                    ),
                ),
                (
                    "lifecycle",
                    models.CharField(
                        choices=[("next", "Next"), ("active", "Active"), ("retired", "Retired")],
                        max_length=16,
                        verbose_name="state",
                    ),
                ),
                (
                    "staged_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="staged at"),
                ),
                (
                    "activated_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="activated at"),
                ),
                (
                    "retired_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="retired at"),
                ),
                ("not_before", models.DateTimeField(verbose_name="valid from")),
                ("not_after", models.DateTimeField(verbose_name="valid until")),
                ("source", models.CharField(max_length=255, verbose_name="source")),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="updated at")),
            ],
            options={
                "verbose_name": "certificate",
                "verbose_name_plural": "certificates",
                "permissions": [
                    ("activate_certificate", "Can activate certificate"),
                    ("retire_certificate", "Can retire certificate"),
                ],
                "default_permissions": ("add", "view"),
                "constraints": [
                    models.UniqueConstraint(
                        fields=("connection", "fingerprint_sha256"),
                        name="relyra_certificate_fingerprint",
                    ),
                    models.CheckConstraint(
                        condition=django.db.models.lookups.Exact(
                            django.db.models.functions.text.Length("fingerprint_sha256"), 64
                        ),
                        name="relyra_certificate_fingerprint_length",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("party__in", ["idp", "sp"])),
                        name="relyra_certificate_party",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("use__in", ["signing", "encryption"])),
                        name="relyra_certificate_use",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("lifecycle__in", ["next", "active", "retired"])),
                        name="relyra_certificate_lifecycle",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("lifecycle", "next"),
                                ("staged_at__isnull", False),
                                ("activated_at__isnull", True),
                                ("retired_at__isnull", True),
                            ),
                            models.Q(
                                ("lifecycle", "active"),
                                ("staged_at__isnull", True),
                                ("activated_at__isnull", False),
                                ("retired_at__isnull", True),
                            ),
                            models.Q(
                                ("lifecycle", "retired"),
                                ("staged_at__isnull", True),
                                ("activated_at__isnull", True),
                                ("retired_at__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="relyra_certificate_lifecycle_timestamp",
                    ),
                ],
            },
        ),
    ]
