"""What Fernway keeps: its customers, and the last thing each identity provider said of a person."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import models

from relyra_django.models import UserIdentity


class Organisation(models.Model):
    """A customer. `slug` is what its SAML connections carry as their organization_id."""

    slug = models.SlugField(max_length=63, unique=True)
    name = models.CharField(max_length=200)

    objects: ClassVar[models.Manager[Organisation]] = models.Manager()

    def __str__(self) -> str:
        return self.name


class SignInReceiptManager(models.Manager["SignInReceipt"]):
    def of(self, user: AbstractBaseUser) -> SignInReceipt | None:
        """Return the latest receipt of that user; None for one who never came through SAML."""
        identities = UserIdentity.objects.filter(user_id=user.pk).values("subject_hash")
        receipts = self.filter(subject_hash__in=identities).select_related("organisation")
        return receipts.order_by("-received_at").first()


class SignInReceipt(models.Model):
    """The facts of a person's latest sign-in, one row a person.

    `subject_hash` is that of their UserIdentity: the receipt is written while the response is
    mapped, before there is a user, and found again through the identity.
    """

    subject_hash = models.CharField(max_length=64, unique=True)
    organisation = models.ForeignKey(Organisation, null=True, on_delete=models.SET_NULL)
    connection_name = models.CharField(max_length=200)
    issuer = models.TextField()
    name_id = models.TextField(blank=True)
    name_id_format = models.TextField(blank=True)
    attributes = models.JSONField(default=list)
    authn_context = models.TextField(blank=True)
    authenticated_at = models.DateTimeField()
    session_index = models.TextField(blank=True)
    session_expires_at = models.DateTimeField(null=True)
    assertion_id = models.TextField()
    signed = models.CharField(max_length=16)
    encrypted = models.BooleanField(default=False)
    algorithms = models.JSONField(default=list)
    certificate_fingerprint = models.CharField(max_length=64)
    received_at = models.DateTimeField()

    objects = SignInReceiptManager()

    def __str__(self) -> str:
        return f"{self.connection_name}, {self.received_at:%Y-%m-%d %H:%M}"
