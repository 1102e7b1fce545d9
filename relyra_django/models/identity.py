"""Who a person of an identity provider is here."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import UniqueConstraint
from django.utils.translation import gettext_lazy as _

from relyra_django.models.choices import ANCHORS, is_digest, one_of
from relyra_django.models.connection import MAX_ENTITY_ID_LENGTH, Connection
from relyra_django.models.public_id import MAX_LENGTH as PUBLIC_ID_LENGTH
from relyra_django.saml.connection import AnchorKind


class UserIdentity(models.Model):
    """One (connection, issuer, anchor) and its user.

    Found by `subject_hash` alone; issuer and anchor are compared again in Python, because a
    collation may hold `bob`, `BOB` and `bob ` equal.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    subject_hash = models.CharField(_("hash"), max_length=64, editable=False)
    connection = models.ForeignKey(
        Connection,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="identities",
        verbose_name=_("connection"),
    )
    connection_public_id = models.CharField(_("connection id"), max_length=PUBLIC_ID_LENGTH)
    issuer = models.CharField(_("issuer"), max_length=MAX_ENTITY_ID_LENGTH)
    anchor_kind = models.CharField(_("known by"), max_length=16, choices=ANCHORS)
    anchor_name = models.CharField(_("attribute"), max_length=512, default="", blank=True)
    anchor = models.TextField(_("value"))
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name="saml_identities",
        verbose_name=_("user"),
    )
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    class Meta:
        verbose_name = _("identity")
        verbose_name_plural = _("identities")
        constraints = [
            UniqueConstraint(fields=["subject_hash"], name="relyra_identity_subject_hash"),
            is_digest("subject_hash", name="relyra_identity_subject_hash_length"),
            one_of("anchor_kind", AnchorKind, name="relyra_identity_anchor_kind"),
        ]

    def __str__(self) -> str:
        return f"{self.connection_public_id} {self.subject_hash[:12]}"
