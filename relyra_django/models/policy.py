"""The columns of a connection's policy: one switch a rule."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import CheckConstraint, Q
from django.utils.translation import gettext_lazy as _

from relyra_django.models.choices import SIGNING, one_of
from relyra_django.saml.connection import (
    DAY_SECONDS,
    DEFAULT_CLOCK_SKEW_SECONDS,
    MAX_CLOCK_SKEW_SECONDS,
    Hatch,
    Policy,
    Signing,
)


class PolicyColumns(models.Model):
    """Every field of saml.connection.Policy; a hatch is two columns, its reason and its end."""

    signing = models.CharField(
        _("what must be signed"), max_length=16, choices=SIGNING, default=Signing.EITHER.value
    )
    allow_unsolicited = models.BooleanField(_("allow logins begun at the IdP"), default=False)
    allow_missing_destination = models.BooleanField(
        _("allow a response without Destination"), default=False
    )
    allow_missing_response_issuer = models.BooleanField(
        _("allow a response without Issuer"), default=False
    )
    clock_skew_seconds = models.PositiveSmallIntegerField(
        _("clock skew in seconds"), default=DEFAULT_CLOCK_SKEW_SECONDS
    )
    max_lifetime_seconds = models.PositiveIntegerField(
        _("longest life of an assertion in seconds"), default=DAY_SECONDS
    )
    max_issue_age_seconds = models.PositiveIntegerField(
        _("greatest age of a message in seconds"), default=DAY_SECONDS
    )
    refuse_expired_certificates = models.BooleanField(
        _("refuse signatures of expired certificates"), default=False
    )
    require_signed_logout_request = models.BooleanField(
        _("require signed logout requests"), default=True
    )
    require_signed_logout_response = models.BooleanField(
        _("require signed logout responses"), default=True
    )
    accepted_name_id_formats = models.JSONField(
        _("accepted NameID formats"), default=list, blank=True
    )
    scopes = models.JSONField(_("scopes"), default=list, blank=True)
    legacy_sha1_reason = models.CharField(
        _("reason for accepting SHA-1"), max_length=512, default="", blank=True
    )
    legacy_sha1_expires_at = models.DateTimeField(_("SHA-1 accepted until"), null=True, blank=True)
    legacy_aes_cbc_reason = models.CharField(
        _("reason for accepting AES-CBC"), max_length=512, default="", blank=True
    )
    legacy_aes_cbc_expires_at = models.DateTimeField(
        _("AES-CBC accepted until"), null=True, blank=True
    )

    class Meta:
        abstract = True

    def to_policy(self) -> Policy:
        """Return the frozen policy. Raises ValueError when a column holds what no policy may."""
        return Policy(
            signing=Signing(self.signing),
            allow_unsolicited=self.allow_unsolicited,
            allow_missing_destination=self.allow_missing_destination,
            allow_missing_response_issuer=self.allow_missing_response_issuer,
            clock_skew_seconds=self.clock_skew_seconds,
            max_lifetime_seconds=self.max_lifetime_seconds,
            max_issue_age_seconds=self.max_issue_age_seconds,
            refuse_expired_certificates=self.refuse_expired_certificates,
            require_signed_logout_request=self.require_signed_logout_request,
            require_signed_logout_response=self.require_signed_logout_response,
            accepted_name_id_formats=texts(self.accepted_name_id_formats),
            scopes=texts(self.scopes),
            legacy_sha1=_hatch(self.legacy_sha1_reason, self.legacy_sha1_expires_at),
            legacy_aes_cbc=_hatch(self.legacy_aes_cbc_reason, self.legacy_aes_cbc_expires_at),
        )


def texts(value: object) -> tuple[str, ...]:
    """Return a JSON column as a tuple. Raises ValueError unless it is a list of strings."""
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ValueError("a JSON column must hold a list of strings")
    return tuple(value)


def _hatch(reason: str, expires_at: datetime | None) -> Hatch | None:
    return Hatch(reason=reason, expires_at=expires_at) if expires_at else None


def _hatch_is_whole(name: str) -> Q:
    closed = Q(**{f"{name}_reason": "", f"{name}_expires_at__isnull": True})
    return closed | (~Q(**{f"{name}_reason": ""}) & Q(**{f"{name}_expires_at__isnull": False}))


POLICY_CONSTRAINTS = [
    one_of("signing", Signing, name="relyra_connection_signing"),
    CheckConstraint(
        condition=Q(clock_skew_seconds__lte=MAX_CLOCK_SKEW_SECONDS),
        name="relyra_connection_clock_skew",
    ),
    CheckConstraint(
        condition=Q(max_lifetime_seconds__range=(1, DAY_SECONDS)),
        name="relyra_connection_max_lifetime",
    ),
    CheckConstraint(
        condition=Q(max_issue_age_seconds__range=(1, DAY_SECONDS)),
        name="relyra_connection_max_issue_age",
    ),
    CheckConstraint(condition=_hatch_is_whole("legacy_sha1"), name="relyra_connection_legacy_sha1"),
    CheckConstraint(
        condition=_hatch_is_whole("legacy_aes_cbc"), name="relyra_connection_legacy_aes_cbc"
    ),
]
