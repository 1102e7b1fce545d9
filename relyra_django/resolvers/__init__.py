"""Which connection is meant: the contract, and the two resolvers that are shipped."""

from __future__ import annotations

from functools import lru_cache

from django.core.signals import setting_changed
from django.dispatch import receiver

from relyra_django import conf
from relyra_django.exceptions import ErrorCode, RelyraError
from relyra_django.resolvers.base import CheckedResolver, ConnectionResolver
from relyra_django.resolvers.database import DatabaseResolver
from relyra_django.resolvers.settings import SettingsResolver

__all__ = ["ConnectionResolver", "DatabaseResolver", "SettingsResolver", "get_resolver"]


@lru_cache(maxsize=1)
def get_resolver() -> CheckedResolver:
    """Return the configured resolver, built once, with its answers checked.

    Raises adapter_not_configured when none is configured, and InvalidSettings.
    """
    entry = conf.get_config().connection_resolver
    if entry is None:
        raise RelyraError(
            ErrorCode.ADAPTER_NOT_CONFIGURED,
            "No connection resolver is configured.",
            setting="RELYRA CONNECTION_RESOLVER",
        )
    return CheckedResolver(conf.load(entry, ConnectionResolver))


@receiver(setting_changed)
def _forget(*, setting: str, **kwargs: object) -> None:
    if setting == "RELYRA":
        get_resolver.cache_clear()
