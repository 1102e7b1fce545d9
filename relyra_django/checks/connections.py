"""The addresses that connections have in place of those that follow from BASE_URL."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

from django.core import checks
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import Error as DatabaseFailure
from django.urls import Resolver404, resolve

from relyra_django.checks.ids import TAG, CheckId
from relyra_django.checks.project import check_connection_resolver, is_loopback, sound_config
from relyra_django.conf import get_config

FIELDS = ("acs_url", "slo_url")
DISABLED = "disabled"


@dataclass(frozen=True, kw_only=True, slots=True)
class Override:
    """An address of ours that one connection spells out."""

    connection_id: str
    field: str
    url: str

    def __str__(self) -> str:
        return f"The {self.field} of connection {self.connection_id!r}, {self.url},"


@register(TAG, Tags.security)
def check_addresses(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    found = list(_in_settings())
    return [*_http_warnings(found), *_routing_warnings(found)]


@register(TAG, Tags.security, deploy=True)
def check_addresses_deployed(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    return _http_errors(_in_settings())


@register(Tags.database)
def check_stored_addresses(
    app_configs: Any, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    found = _in_database(databases or ())
    return [*_http_warnings(found), *_routing_warnings(found)]


@register(Tags.database, deploy=True)
def check_stored_addresses_deployed(
    app_configs: Any, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    return _http_errors(_in_database(databases or ()))


def _in_settings() -> Iterator[Override]:
    config = sound_config()
    if config is None or check_connection_resolver(None):  # E005 has said so
        return
    for connection_id, written in config.connections.items():
        if written.get("status") != DISABLED:
            yield from _overrides(connection_id, written)


def _in_database(databases: Sequence[str]) -> list[Override]:
    """Read what overrides anything, from a database that is to be checked and that logins ask."""
    config = sound_config()
    if config is None or config.connection_resolver is None or check_connection_resolver(None):
        return []
    from relyra_django.models import Connection
    from relyra_django.resolvers import DatabaseResolver, get_resolver

    resolver = get_resolver().resolver
    if not isinstance(resolver, DatabaseResolver) or resolver.alias() not in databases:
        return []
    open_ones = Connection.objects.using(resolver.alias()).exclude(status=DISABLED)
    try:
        rows = list(open_ones.order_by("public_id").values("public_id", *FIELDS))
    except DatabaseFailure:  # `migrate` checks before there is a table
        return []
    return [each for row in rows for each in _overrides(row["public_id"], row)]


def _overrides(connection_id: str, written: Mapping[str, Any]) -> Iterator[Override]:
    for field in FIELDS:
        if url := written.get(field):
            yield Override(connection_id=connection_id, field=field, url=url)


def _on_plain_http(overrides: Iterable[Override]) -> Iterator[Override]:
    for each in overrides:
        parts = urlsplit(each.url)
        plain = parts.scheme == "http" and not is_loopback(parts.hostname or "")
        if plain and each.field == "acs_url":
            yield each


HTTPS_HINT = "Serve it over HTTPS, or clear the field so that it follows from BASE_URL."


def _http_warnings(overrides: Iterable[Override]) -> list[CheckMessage]:
    return [
        checks.Warning(f"{each} is not https.", hint=HTTPS_HINT, id=CheckId.HTTP_ACS_URL)
        for each in _on_plain_http(overrides)
    ]


def _http_errors(overrides: Iterable[Override]) -> list[CheckMessage]:
    return [
        Error(
            f"{each} takes logins unprotected over the network.",
            hint=HTTPS_HINT,
            id=CheckId.HTTP_ACS_URL_DEPLOYED,
        )
        for each in _on_plain_http(overrides)
    ]


def _routing_warnings(overrides: Iterable[Override]) -> list[CheckMessage]:
    return [
        checks.Warning(
            f"{each} is on this site and leads to no view for it.",
            hint="Correct it, or clear the field so that it follows from BASE_URL.",
            id=CheckId.ADDRESS_NOT_ROUTED,
        )
        for each in overrides
        if _is_here(each.url) and not _is_answered(each)
    ]


def _is_here(url: str) -> bool:
    """Tell whether the URL is on BASE_URL's host; what other hosts answer is theirs to say."""
    base_url = get_config().base_url
    return base_url is not None and _site(urlsplit(url)) == _site(urlsplit(base_url))


def _site(parts: SplitResult) -> tuple[str | None, int | None]:
    default = {"http": 80, "https": 443}[parts.scheme]
    return parts.hostname, None if parts.port == default else parts.port


def _is_answered(override: Override) -> bool:
    """Tell whether our ACS for this connection is there; for single logout, any view."""
    prefix = urlsplit(get_config().base_url or "").path  # as the server's SCRIPT_NAME
    path = urlsplit(override.url).path
    if not path.startswith(f"{prefix}/"):
        return False
    try:
        match = resolve(unquote(path.removeprefix(prefix)))
    except Resolver404:
        return False
    if override.field != "acs_url":
        return True
    from relyra_django.views import AssertionConsumerServiceView

    view = getattr(match.func, "view_class", object)
    its_own = match.kwargs.get("connection_id") == override.connection_id
    return its_own and issubclass(view, AssertionConsumerServiceView)
