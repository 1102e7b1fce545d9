"""The columns of the store tables, for the shipped models and for those of a host."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class AbstractRequestIntent(models.Model):
    """What is pending. A subclass with a Meta of its own inherits this one's."""

    relay_state = models.CharField(_("relay state"), max_length=64)
    request_id = models.CharField(_("request ID"), max_length=255)
    intent = models.JSONField(_("intent"))
    consumed_at = models.DateTimeField(_("consumed at"), null=True, blank=True)
    expires_at = models.DateTimeField(_("expires at"), db_index=True)

    class Meta:
        abstract = True
        # unique=True would cost PostgreSQL a second index for LIKE.
        constraints = [
            models.UniqueConstraint(
                fields=["relay_state"], name="%(app_label)s_%(class)s_relay_state_uniq"
            )
        ]

    def __str__(self) -> str:
        return self.request_id


class AbstractReplayKey(models.Model):
    """What has been used. A subclass with a Meta of its own inherits this one's."""

    replay_key = models.CharField(_("replay key"), max_length=64)
    inserted_at = models.DateTimeField(_("inserted at"))
    metadata = models.JSONField(_("metadata"))
    expires_at = models.DateTimeField(_("expires at"), db_index=True)

    class Meta:
        abstract = True
        constraints = [
            models.UniqueConstraint(
                fields=["replay_key"], name="%(app_label)s_%(class)s_replay_key_uniq"
            )
        ]

    def __str__(self) -> str:
        return self.replay_key
