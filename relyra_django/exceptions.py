"""What may be raised: protocol refusals, and mistakes in the project's settings."""

from __future__ import annotations

from django.core.exceptions import ImproperlyConfigured

from relyra_django.saml.errors import ErrorCode, RelyraError

__all__ = ["ErrorCode", "InvalidSettings", "InvalidStore", "RelyraError"]


class InvalidSettings(ImproperlyConfigured):
    """The RELYRA setting cannot be used as it stands."""


class InvalidStore(ImproperlyConfigured):
    """A store entry names a backend or OPTIONS that do not work."""
