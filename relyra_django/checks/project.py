"""The settings, and the project around them. Nothing here touches a database."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from importlib.metadata import version
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django.apps import apps
from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error, Tags, register
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

from relyra_django.checks.ids import TAG, CheckId
from relyra_django.conf import Config, find_problems, get_config, is_configured

if TYPE_CHECKING:
    from relyra_django.stores.base import BaseStore


def sound_config() -> Config | None:
    """Return the configuration, or None: its problems leave the other checks nothing to say."""
    return get_config() if is_configured() and not find_problems() else None


@register(TAG, Tags.security)
def check_settings(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    if not is_configured():
        return []
    return [
        Error(str(each), hint=each.hint, id=CheckId(f"relyra_django.{each.kind}"))
        for each in find_problems()
    ]


@register(TAG, Tags.security)
def check_login_is_configured(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    config = sound_config()
    if config is None:
        return []
    missing = [
        name
        for name, entry in (
            ("CONNECTION_RESOLVER", config.connection_resolver),
            ("REQUEST_STORE", config.request_store),
            ("REPLAY_STORE", config.replay_store),
        )
        if entry is None
    ]
    return [
        checks.Warning(
            f"RELYRA {name} is not set, so every login is refused.",
            hint=f"Set {name}.",
            id=CheckId.LOGIN_NOT_CONFIGURED,
        )
        for name in missing
    ]


def _not_loaded(build: Callable[[], object], check_id: CheckId) -> list[CheckMessage]:
    try:
        build()
    except ImproperlyConfigured as error:
        return [Error(str(error), hint="Correct the entry in RELYRA.", id=check_id)]
    return []


@register(TAG, Tags.security)
def check_connection_resolver(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    config = sound_config()
    if config is None or config.connection_resolver is None:
        return []
    from relyra_django.resolvers import get_resolver

    return _not_loaded(get_resolver, CheckId.RESOLVER_NOT_LOADED)


def _stores() -> Iterator[Callable[[], BaseStore]]:
    """Yield what builds each configured store, the replay store first."""
    config = sound_config()
    if config is None or config.request_store is None:
        return
    from relyra_django import stores

    yield stores.replay_store
    yield stores.request_store


@register(TAG, Tags.security)
def check_stores(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    messages: list[CheckMessage] = []
    for build in _stores():
        failure = _not_loaded(build, CheckId.STORE_NOT_LOADED)
        found = failure or build().check()
        # Stores that share a database say the same of it.
        messages.extend(message for message in found if message not in messages)
    return messages


SINGLE_NODE_CHECKS = (
    (CheckId.SINGLE_NODE_REPLAY_STORE, "replay guarantees"),
    (CheckId.SINGLE_NODE_REQUEST_STORE, "request intent semantics"),
)


@register(TAG, Tags.security)
def check_single_node_stores(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    config = sound_config()
    if config is None or not config.single_node_warning:
        return []
    messages: list[CheckMessage] = []
    for build, (check_id, guarantee) in zip(_stores(), SINGLE_NODE_CHECKS, strict=False):
        with suppress(ImproperlyConfigured):  # E006 has said so
            messages.extend(_single_node_warning(build(), check_id, guarantee))
    return messages


def _single_node_warning(
    store: BaseStore, check_id: CheckId, guarantee: str
) -> Iterator[CheckMessage]:
    if store.single_node:
        yield checks.Warning(
            f"{type(store).__module__}.{type(store).__qualname__} is single-node only and provides "
            "non-durable replay protection; use a database or shared cache store for "
            f"production-safe {guarantee}.",
            hint="Configure a store of relyra_django.stores.database.",
            id=check_id,
        )


@register(TAG, Tags.security)
def check_key_resolver(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    if sound_config() is None:
        return []
    from relyra_django.keys import get_key_resolver

    return _not_loaded(get_key_resolver, CheckId.KEY_RESOLVER_NOT_LOADED)


@register(TAG, Tags.security)
def check_keys(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """A resolver of the host is not asked: it may call a vault, and checks run often."""
    if sound_config() is None or check_key_resolver(None):
        return []
    from relyra_django.keys import SettingsKeyResolver, get_key_resolver

    resolver = get_key_resolver()
    if not isinstance(resolver, SettingsKeyResolver):
        return []
    return [
        Error(
            f"RELYRA {error.message}",
            hint="Give an unencrypted PEM key as text, as env:NAME or as a path.",
            id=CheckId.KEY_NOT_USABLE,
        )
        for error in resolver.find_refusals()
    ]


@register(TAG, Tags.security)
def check_classes(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    config = sound_config()
    if config is None:
        return []
    named = {
        "USER_MAPPER": config.user_mapper,
        "SESSION_ADAPTER": config.session_adapter,
        "PROVISIONING_POLICY": config.provisioning_policy,
        "SCOPE_PROVIDER": config.scope_provider,
    }
    return [
        Error(
            f"RELYRA {key} names {path}, which cannot be imported.",
            hint="Correct the dotted path.",
            id=CheckId.CLASS_NOT_IMPORTED,
        )
        for key, path in named.items()
        if path is not None and _imported(path) is None
    ]


def _imported(path: str) -> Any:
    try:
        return import_string(path)
    except ImportError:
        return None


def _has_subclass(base: type, paths: Sequence[str]) -> bool:
    found = [_imported(path) for path in paths]
    return any(isinstance(each, type) and issubclass(each, base) for each in found)


@register(TAG, Tags.security)
def check_authentication_backend(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    # Without django.contrib.auth the backend cannot even be imported; E012 has said so.
    if not is_configured() or not apps.is_installed("django.contrib.auth"):
        return []
    from relyra_django.backends import RelyraBackend

    if _has_subclass(RelyraBackend, settings.AUTHENTICATION_BACKENDS):
        return []
    return [
        Error(
            "No backend in AUTHENTICATION_BACKENDS accepts a SAML login.",
            hint='Append "relyra_django.backends.RelyraBackend" to AUTHENTICATION_BACKENDS.',
            id=CheckId.BACKEND_NOT_INSTALLED,
        )
    ]


def _on_plain_http() -> str | None:
    """Return the BASE_URL that sends logins unprotected over a network, if it does."""
    config = sound_config()
    if config is None or config.base_url is None or config.base_url.startswith("https://"):
        return None
    return None if is_loopback(urlsplit(config.base_url).hostname or "") else config.base_url


def is_loopback(host: str) -> bool:
    """Tell whether the host is this machine by its name alone."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


HTTPS_HINT = "Serve the site over HTTPS and set BASE_URL to its https address."


@register(TAG, Tags.security)
def check_base_url(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    if not (url := _on_plain_http()):
        return []
    msg = f"RELYRA BASE_URL {url} is not https."
    return [checks.Warning(msg, hint=HTTPS_HINT, id=CheckId.HTTP_BASE_URL)]


@register(TAG, Tags.security, deploy=True)
def check_base_url_deployed(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    if not (url := _on_plain_http()):
        return []
    msg = f"RELYRA BASE_URL {url} sends logins unprotected over the network."
    return [Error(msg, hint=HTTPS_HINT, id=CheckId.HTTP_BASE_URL_DEPLOYED)]


DATABASE_SESSIONS = (
    "django.contrib.sessions.backends.db",
    "django.contrib.sessions.backends.cached_db",
)


@register(TAG, Tags.security)
def check_installed_apps(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    if not is_configured():
        return []
    needed = ["django.contrib.auth", "django.contrib.contenttypes"]
    if settings.SESSION_ENGINE in DATABASE_SESSIONS:
        needed.append("django.contrib.sessions")
    return [
        Error(
            f"{name} is not installed, and a login needs it.",
            hint=f'Add "{name}" to INSTALLED_APPS.',
            id=CheckId.APP_NOT_INSTALLED,
        )
        for name in needed
        if not apps.is_installed(name)
    ]


MIDDLEWARE = (
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
)


@register(TAG, Tags.security)
def check_middleware(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    if not is_configured() or not apps.is_installed("django.contrib.auth"):
        return []
    return [
        Error(
            f"{path} is not in MIDDLEWARE, and a login needs it.",
            hint=f'Add "{path}" to MIDDLEWARE.',
            id=CheckId.MIDDLEWARE_NOT_INSTALLED,
        )
        for path in MIDDLEWARE
        if not _has_subclass(import_string(path), settings.MIDDLEWARE)
    ]


@register(TAG, Tags.security)
def check_time_zones(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """SAML's times are UTC, and they are compared with aware ones."""
    if not is_configured() or settings.USE_TZ:
        return []
    return [
        Error(
            "USE_TZ is False, so no time in an assertion can be judged.",
            hint="Set USE_TZ to True.",
            id=CheckId.TIME_ZONES_OFF,
        )
    ]


@register(TAG, Tags.security)
def check_xml_libraries(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Wheels of lxml and xmlsec that bring different libxml2 refuse to be loaded together."""
    if not is_configured():
        return []
    from relyra_django.saml import toolkit

    try:
        toolkit.load()
    except Exception as error:  # xmlsec raises its own
        msg = f"lxml {version('lxml')} and xmlsec {version('xmlsec')} do not work together: {error}"
        return [Error(msg, hint=XML_HINT, id=CheckId.XML_LIBRARIES_CLASH)]
    return []


XML_HINT = 'Run: python -m pip install --force-reinstall "lxml>=6.0.4,<6.2" "xmlsec>=1.3.17,<1.4"'
