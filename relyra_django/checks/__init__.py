"""System checks: what is wrong with the project's set-up, before a visitor finds out.

Nothing runs while RELYRA is absent. What a check needs of the package is imported inside it: a
project without RELYRA never loads XML or user models for it.
"""

from __future__ import annotations

from relyra_django.checks.connections import (
    check_addresses,
    check_addresses_deployed,
    check_stored_addresses,
    check_stored_addresses_deployed,
)
from relyra_django.checks.ids import TAG, CheckId
from relyra_django.checks.project import (
    MIDDLEWARE,
    check_authentication_backend,
    check_base_url,
    check_base_url_deployed,
    check_classes,
    check_connection_resolver,
    check_installed_apps,
    check_key_resolver,
    check_keys,
    check_login_is_configured,
    check_middleware,
    check_settings,
    check_single_node_stores,
    check_stores,
    check_time_zones,
    check_xml_libraries,
)

__all__ = [
    "MIDDLEWARE",
    "TAG",
    "CheckId",
    "check_addresses",
    "check_addresses_deployed",
    "check_authentication_backend",
    "check_base_url",
    "check_base_url_deployed",
    "check_classes",
    "check_connection_resolver",
    "check_installed_apps",
    "check_key_resolver",
    "check_keys",
    "check_login_is_configured",
    "check_middleware",
    "check_settings",
    "check_single_node_stores",
    "check_stored_addresses",
    "check_stored_addresses_deployed",
    "check_stores",
    "check_time_zones",
    "check_xml_libraries",
]
