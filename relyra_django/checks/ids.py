"""What the checks are called."""

from __future__ import annotations

from enum import StrEnum

TAG = "relyra"


class CheckId(StrEnum):
    """Ids are stable: projects silence them by name. docs/reference/checks explains each."""

    UNKNOWN_KEY = "relyra_django.E001"
    WRONG_TYPE = "relyra_django.E002"
    BAD_VALUE = "relyra_django.E003"
    COMBINATION = "relyra_django.E004"
    RESOLVER_NOT_LOADED = "relyra_django.E005"
    STORE_NOT_LOADED = "relyra_django.E006"
    KEY_RESOLVER_NOT_LOADED = "relyra_django.E007"
    CLASS_NOT_IMPORTED = "relyra_django.E008"
    KEY_NOT_USABLE = "relyra_django.E009"
    BACKEND_NOT_INSTALLED = "relyra_django.E010"
    HTTP_BASE_URL_DEPLOYED = "relyra_django.E011"
    APP_NOT_INSTALLED = "relyra_django.E012"
    MIDDLEWARE_NOT_INSTALLED = "relyra_django.E013"
    XML_LIBRARIES_CLASH = "relyra_django.E014"
    TIME_ZONES_OFF = "relyra_django.E015"
    HTTP_ACS_URL_DEPLOYED = "relyra_django.E016"
    SINGLE_NODE_REPLAY_STORE = "relyra_django.W001"
    SINGLE_NODE_REQUEST_STORE = "relyra_django.W002"
    HTTP_BASE_URL = "relyra_django.W003"
    LOGIN_NOT_CONFIGURED = "relyra_django.W004"
    HTTP_ACS_URL = "relyra_django.W005"
    ADDRESS_NOT_ROUTED = "relyra_django.W006"
