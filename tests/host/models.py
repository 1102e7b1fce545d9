from __future__ import annotations

import uuid

from django.db import models

from relyra_django.stores.abstract import AbstractReplayKey, AbstractRequestIntent


class RequestIntent(models.Model):
    """Columns written by hand, with a key and an extra column of the host's own."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    relay_state = models.CharField(max_length=100, unique=True)
    request_id = models.CharField(max_length=255)
    intent = models.JSONField()
    consumed_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(db_index=True)
    region = models.CharField(max_length=10, default="eu")

    class Meta:
        db_table = "sso_request_intents"


class HidingManager(models.Manager["ReplayKey"]):
    """Shows nothing, as hosts' managers may."""

    def get_queryset(self) -> models.QuerySet[ReplayKey]:
        return super().get_queryset().none()


class ReplayKey(models.Model):
    """The key is the primary key, and the default manager hides every row."""

    replay_key = models.CharField(max_length=64, primary_key=True)
    inserted_at = models.DateTimeField()
    metadata = models.JSONField()
    expires_at = models.DateTimeField(db_index=True)

    objects = HidingManager()

    class Meta:
        db_table = "sso_replay_keys"


class DerivedRequestIntent(AbstractRequestIntent):
    """Ours, with a column more."""

    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(AbstractRequestIntent.Meta):
        db_table = "sso_derived_intents"


class DerivedReplayKey(AbstractReplayKey):
    """Ours, as it is."""


class StrictReplayKey(AbstractReplayKey):
    """A column that nobody fills: every INSERT breaks NOT NULL."""

    approved_by = models.CharField(max_length=10, null=False, default=None)


class CarelessRequestIntent(AbstractRequestIntent):
    """A Meta that forgot ours, so that nothing is unique."""

    class Meta:
        db_table = "sso_careless_intents"


class Notes(models.Model):
    """No store table at all."""

    relay_state = models.TextField()
    request_id = models.CharField(max_length=20)
    consumed_at = models.DateTimeField()
