"""HTTP in, HTTP out. What a login means is in relyra_django.login."""

from __future__ import annotations

from relyra_django.views.acs import AssertionConsumerServiceView
from relyra_django.views.completion import CompleteLoginView
from relyra_django.views.metadata import MetadataView
from relyra_django.views.start import DefaultLoginView, LoginView

__all__ = [
    "AssertionConsumerServiceView",
    "CompleteLoginView",
    "DefaultLoginView",
    "LoginView",
    "MetadataView",
]
