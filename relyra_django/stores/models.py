"""The shipped tables. Only Django imports this, and only where the app is installed."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from relyra_django.stores.abstract import AbstractReplayKey, AbstractRequestIntent


class RequestIntent(AbstractRequestIntent):
    """One attempt that this site began and that is, or was, waiting for its answer."""

    class Meta(AbstractRequestIntent.Meta):
        app_label = "relyra_stores"
        verbose_name = _("request intent")
        verbose_name_plural = _("request intents")


class ReplayKey(AbstractReplayKey):
    """One message that has been used."""

    class Meta(AbstractReplayKey.Meta):
        app_label = "relyra_stores"
        verbose_name = _("replay key")
        verbose_name_plural = _("replay keys")
