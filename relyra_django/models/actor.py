"""Who did it and why, as columns; text, because people leave and the record stays."""

from __future__ import annotations

from django.db import models
from django.db.models import CheckConstraint, Q
from django.utils.translation import gettext_lazy as _


class ActorKind(models.TextChoices):
    USER = "user", _("User")
    COMMAND = "command", _("Command")
    SYSTEM = "system", _("System")


class ActorColumns(models.Model):
    """The actor and the cause of one recorded change."""

    actor_kind = models.CharField(_("kind of actor"), max_length=16, choices=ActorKind.choices)
    actor_id = models.CharField(_("actor id"), max_length=255, default="", blank=True)
    actor_label = models.CharField(_("actor"), max_length=512)
    cause = models.TextField(_("cause"))
    correlation_id = models.CharField(_("correlation id"), max_length=64, default="", blank=True)

    class Meta:
        abstract = True


def has_text(field: str, *, name: str) -> CheckConstraint:
    """Return the constraint that the column is not the empty text."""
    return CheckConstraint(condition=~Q(**{field: ""}), name=name)
