"""One identity provider as one organisation uses it."""

from __future__ import annotations

import uuid
from typing import Any, Self

from django.core.validators import MaxLengthValidator
from django.db import models
from django.db.models import CheckConstraint, Index, Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from relyra_django.models import public_id
from relyra_django.models.choices import (
    ANCHORS,
    PROVISIONING,
    SSO_BINDINGS,
    STATUSES,
    ProviderPreset,
    SignedRequestEncoding,
    is_digest,
    one_of,
)
from relyra_django.models.digest import DigestField
from relyra_django.models.history import ImmutableRecordError, KeptModel, KeptQuerySet
from relyra_django.models.policy import POLICY_CONSTRAINTS, PolicyColumns
from relyra_django.saml.connection import AnchorKind, ConnectionStatus, Provisioning, SsoBinding

MAX_ENTITY_ID_LENGTH = 1024  # Core 8.3.6
MAX_URL_LENGTH = 2048


class ConnectionQuerySet(KeptQuerySet["Connection"]):
    """Refuses to delete a connection and to give it another public id."""

    def update(self, **kwargs: Any) -> int:
        if "public_id" in kwargs:
            raise ImmutableRecordError("A connection keeps its public id.")
        if "organization_id" in kwargs:
            raise ImmutableRecordError("The organization changes by save(), with its digest.")
        return super().update(**kwargs)

    update.alters_data = True  # type: ignore[attr-defined]


def _url_field(name: Any) -> models.TextField[str, str]:
    # Text, not varchar: MySQL counts every varchar against one row's 65,535 bytes.
    return models.TextField(
        name, default="", blank=True, validators=[MaxLengthValidator(MAX_URL_LENGTH)]
    )


class Connection(PolicyColumns, KeptModel):
    """Trust in one identity provider. `status` changes only through trust.connections."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    public_id = models.CharField(
        _("public id"),
        max_length=public_id.MAX_LENGTH,
        default=public_id.generate,
        validators=[public_id.validate],
    )
    organization_id = models.CharField(_("organization"), max_length=255, default="", blank=True)
    # What a scope is looked up by.
    organization_digest = DigestField(of=["organization_id"])
    display_name = models.CharField(_("name"), max_length=255, default="", blank=True)
    status = models.CharField(
        _("status"),
        max_length=16,
        choices=STATUSES,
        default=ConnectionStatus.DRAFT.value,
        editable=False,
    )
    provider_preset = models.CharField(
        _("identity provider"),
        max_length=32,
        choices=ProviderPreset.choices,
        default="",
        blank=True,
    )
    # This site, as the identity provider knows it
    sp_entity_id = models.CharField(
        _("our entity ID"), max_length=MAX_ENTITY_ID_LENGTH, default="", blank=True
    )
    acs_url = _url_field(_("our ACS URL"))
    slo_url = _url_field(_("our single logout URL"))
    # The identity provider
    idp_entity_id = models.CharField(
        _("entity ID"), max_length=MAX_ENTITY_ID_LENGTH, default="", blank=True
    )
    idp_sso_url = _url_field(_("single sign-on URL"))
    idp_sso_binding = models.CharField(
        _("single sign-on binding"),
        max_length=16,
        choices=SSO_BINDINGS,
        default=SsoBinding.REDIRECT.value,
    )
    idp_slo_url = _url_field(_("single logout URL"))
    idp_slo_response_url = _url_field(_("single logout response URL"))
    # What is asked of it
    sign_authn_requests = models.BooleanField(_("sign requests"), default=False)
    signed_request_encoding = models.CharField(
        _("encoding of signed requests"),
        max_length=16,
        choices=SignedRequestEncoding.choices,
        default=SignedRequestEncoding.RFC3986_UPPER,
    )
    name_id_format = models.CharField(
        _("requested NameID format"), max_length=255, default="", blank=True
    )
    force_authn = models.BooleanField(_("ask people to authenticate again"), default=False)
    requested_authn_contexts = models.JSONField(
        _("requested authentication contexts"), default=list, blank=True
    )
    # Who a person is here
    provisioning = models.CharField(
        _("unknown people"),
        max_length=16,
        choices=PROVISIONING,
        default=Provisioning.LINK_ONLY.value,
    )
    anchor = models.CharField(
        _("people are known by"),
        max_length=16,
        choices=ANCHORS,
        default=AnchorKind.NAME_ID.value,
    )
    anchor_attribute = models.CharField(
        _("attribute that people are known by"), max_length=512, default="", blank=True
    )
    anchor_scoped = models.BooleanField(_("that attribute is scoped"), default=False)
    # Where it came from
    federation_source = models.ForeignKey(
        "MetadataSource",
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="federated_connections",
        verbose_name=_("federation source"),
    )
    active_metadata_revision = models.ForeignKey(
        "MetadataRevision",
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name=_("active metadata revision"),
    )
    last_known_good_metadata_revision = models.ForeignKey(
        "MetadataRevision",
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name=_("last known good metadata revision"),
    )
    lock_version = models.PositiveIntegerField(_("version"), default=1, editable=False)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)

    objects = ConnectionQuerySet.as_manager()  # type: ignore[misc]

    _stored_public_id: str | None = None

    class Meta:
        verbose_name = _("connection")
        verbose_name_plural = _("connections")
        default_permissions = ("add", "change", "view")
        permissions = [
            ("enable_connection", "Can enable connection"),
            ("disable_connection", "Can disable connection"),
        ]
        indexes = [
            Index(fields=["status"], name="relyra_connection_status_idx"),
            Index(fields=["organization_digest"], name="relyra_connection_org_idx"),
        ]
        constraints = [
            UniqueConstraint(fields=["public_id"], name="relyra_connection_public_id"),
            is_digest("organization_digest", name="relyra_connection_org_length"),
            one_of("status", ConnectionStatus, name="relyra_connection_status"),
            one_of(
                "provider_preset",
                ["", *ProviderPreset.values],
                name="relyra_connection_provider_preset",
            ),
            one_of("idp_sso_binding", SsoBinding, name="relyra_connection_sso_binding"),
            one_of(
                "signed_request_encoding",
                SignedRequestEncoding.values,
                name="relyra_connection_request_encoding",
            ),
            one_of("provisioning", Provisioning, name="relyra_connection_provisioning"),
            one_of("anchor", AnchorKind, name="relyra_connection_anchor"),
            CheckConstraint(
                condition=Q(
                    anchor=AnchorKind.NAME_ID.value, anchor_attribute="", anchor_scoped=False
                )
                | (Q(anchor=AnchorKind.ATTRIBUTE.value) & ~Q(anchor_attribute="")),
                name="relyra_connection_anchor_attribute",
            ),
            CheckConstraint(
                condition=Q(lock_version__gte=1), name="relyra_connection_lock_version"
            ),
            *POLICY_CONSTRAINTS,
        ]

    def __str__(self) -> str:
        return self.display_name or self.public_id

    @classmethod
    def from_db(cls, *args: Any, **kwargs: Any) -> Self:
        connection = super().from_db(*args, **kwargs)
        connection._stored_public_id = connection.__dict__.get("public_id")
        return connection

    def save(self, *args: Any, **kwargs: Any) -> None:
        stored = self._stored_public_id
        if stored is not None and self.public_id != stored:
            raise ImmutableRecordError("A connection keeps its public id.")
        super().save(*args, **kwargs)
        self._stored_public_id = self.public_id
