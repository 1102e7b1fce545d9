"""The RELYRA setting, read once into a frozen Config. Nothing else reads it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from enum import StrEnum
from functools import lru_cache, partial
from inspect import Parameter, signature
from types import MappingProxyType
from typing import Any, TypeVar, cast
from urllib.parse import SplitResult, urlsplit

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.signals import setting_changed
from django.dispatch import receiver
from django.utils.module_loading import import_string

from relyra_django.exceptions import InvalidSettings

T = TypeVar("T")

SETTINGS_RESOLVER = "relyra_django.resolvers.SettingsResolver"
REQUEST_TTL_RANGE = (60, 3600)
DOTTED_PATH = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)+")
# A host and an optional port, as a browser writes them; brackets are for IPv6.
NETLOC = re.compile(r"([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?")


@dataclass(frozen=True, kw_only=True, slots=True)
class BackendEntry:
    """A class to build: its dotted path, its keyword arguments, and the key that asked for it."""

    backend: str
    options: Mapping[str, Any] = field(
        default_factory=lambda: MappingProxyType({}), repr=False
    )  # may hold keys
    key: str = field(default="", compare=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """RELYRA as the rest of the package sees it; docs/reference/settings says what each key means.

    `base_url` has a lower-case scheme and host and no trailing slash.
    """

    base_url: str | None
    connection_resolver: BackendEntry | None
    connections: Mapping[str, Mapping[str, Any]] = field(repr=False)
    request_store: BackendEntry | None
    replay_store: BackendEntry | None
    single_node_warning: bool
    request_ttl: int
    key_resolver: BackendEntry
    user_mapper: str
    session_adapter: str
    provisioning_policy: str
    scope_provider: str | None
    return_to_hosts: tuple[str, ...]


class ProblemKind(StrEnum):
    """What can be wrong with the setting. The value is the suffix of the check's id."""

    UNKNOWN_KEY = "E001"
    WRONG_TYPE = "E002"
    BAD_VALUE = "E003"
    COMBINATION = "E004"


@dataclass(frozen=True, kw_only=True, slots=True)
class Problem:
    """One mistake in the setting. `key` is where, e.g. "REQUEST_STORE"; values are never quoted."""

    kind: ProblemKind
    key: str
    msg: str
    hint: str

    def __str__(self) -> str:
        where = self.key if self.key == "RELYRA" else f"RELYRA {self.key}"
        return f"{where} {self.msg}"


class _UnusableError(Exception):
    """A value that a key does not take; becomes a Problem of that key."""

    def __init__(self, kind: ProblemKind, msg: str, hint: str) -> None:
        super().__init__(msg)
        self.kind, self.msg, self.hint = kind, msg, hint


def _wrong_type(value: Any, expected: str, where: str = "") -> _UnusableError:
    msg = f"must be {expected}, not {type(value).__name__}."
    return _UnusableError(ProblemKind.WRONG_TYPE, f"{where} {msg}".lstrip(), f"Write {expected}.")


def _bad_value(msg: str, hint: str) -> _UnusableError:
    return _UnusableError(ProblemKind.BAD_VALUE, msg, hint)


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise _wrong_type(value, "True or False")
    return value


def _seconds(value: Any, *, lowest: int, highest: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise _wrong_type(value, "a whole number of seconds")
    if not lowest <= value <= highest:
        raise _bad_value(
            f"must be {lowest} to {highest} seconds.",
            f"Choose a number from {lowest} to {highest}.",
        )
    return value


def _dotted_path(value: Any) -> str:
    if not isinstance(value, str):
        raise _wrong_type(value, "a dotted path")
    if not DOTTED_PATH.fullmatch(value):
        raise _bad_value("is not a dotted path.", 'Write "package.module.Name".')
    return value


def _backend(value: Any) -> BackendEntry:
    if isinstance(value, str):
        return BackendEntry(backend=_dotted_path(value))
    if not isinstance(value, Mapping):
        raise _wrong_type(value, 'a dotted path or a dict with "BACKEND" and "OPTIONS"')
    for name in value:
        if name not in ("BACKEND", "OPTIONS"):
            raise _unknown(name, ("BACKEND", "OPTIONS"))
    if "BACKEND" not in value:
        raise _bad_value("names no BACKEND.", 'Add "BACKEND": "package.module.Class".')
    return BackendEntry(backend=_dotted_path(value["BACKEND"]), options=_options(value))


def _options(value: Mapping[str, Any]) -> Mapping[str, Any]:
    options = value.get("OPTIONS", {})
    if not isinstance(options, Mapping) or not all(isinstance(name, str) for name in options):
        raise _wrong_type(options, "a dict with names as keys", where="OPTIONS")
    return MappingProxyType(dict(options))


def _connections(value: Any) -> Mapping[str, Mapping[str, Any]]:
    if not isinstance(value, Mapping):
        raise _wrong_type(value, "a dict of connections")
    for public_id, connection in value.items():
        if not isinstance(public_id, str):
            raise _wrong_type(public_id, "a string", where="The id of a connection")
        if not isinstance(connection, Mapping):
            raise _wrong_type(connection, "a dict", where=f"The connection {public_id!r}")
    return MappingProxyType({name: MappingProxyType(dict(value[name])) for name in value})


def _hosts(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list | tuple) or not all(isinstance(host, str) for host in value):
        raise _wrong_type(value, "a list of host names")
    for host in value:
        if not NETLOC.fullmatch(host):
            raise _bad_value(
                f"contains {host!r}, which is not a host name.",
                'Write hosts as "app.example.com" or "localhost:3000", no scheme, no wildcard.',
            )
    return tuple(value)


def _base_url(value: Any) -> str:
    if not isinstance(value, str):
        raise _wrong_type(value, "a string")
    parts = _split(value)
    if wrong := "is not a URL." if parts is None else _wrong_with(value, parts):
        raise _bad_value(wrong, 'Write "https://host" or "https://host/prefix".')
    assert parts is not None
    return f"{parts.scheme}://{parts.netloc.lower()}{parts.path.rstrip('/')}"


def _wrong_with(url: str, parts: SplitResult) -> str | None:
    host = parts.netloc.rpartition("@")[2]
    found = (
        (parts.scheme not in ("http", "https"), "is neither https nor http."),
        ("@" in parts.netloc, "carries a user name or a password."),
        ("?" in url or "#" in url, "carries a query or a fragment."),
        (not NETLOC.fullmatch(host), "names no host."),
        # urlsplit drops line breaks and tabs in silence.
        (not url.isascii() or not url.isprintable() or set(url) & {" ", "\\"}, "is not a URL."),
    )
    return next((text for wrong, text in found if wrong), None)


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        # The property itself refuses a port that is no number or too large.
        return parts if parts.port != 0 else None
    except ValueError:
        return None


@dataclass(frozen=True, kw_only=True, slots=True)
class Key:
    """One key of RELYRA: `read` turns what was written into Config's value or raises."""

    name: str
    read: Callable[[Any], Any]
    default: Any = None

    def value(self, written: Mapping[str, Any]) -> Any:
        """Return the value of the attribute of Config. None stands for a default of None only."""
        value = written.get(self.name, self.default)
        if value is None and self.default is None:
            return None
        result = self.read(value)
        if isinstance(result, BackendEntry):
            return BackendEntry(backend=result.backend, options=result.options, key=self.name)
        return result


_ttl = partial(_seconds, lowest=REQUEST_TTL_RANGE[0], highest=REQUEST_TTL_RANGE[1])

KEYS: tuple[Key, ...] = (
    Key(name="BASE_URL", read=_base_url),
    Key(name="CONNECTION_RESOLVER", read=_backend),
    Key(name="CONNECTIONS", read=_connections, default={}),
    Key(name="REQUEST_STORE", read=_backend),
    Key(name="REPLAY_STORE", read=_backend),
    Key(name="SINGLE_NODE_WARNING", read=_flag, default=False),
    Key(name="REQUEST_TTL", read=_ttl, default=900),
    Key(name="KEY_RESOLVER", read=_backend, default="relyra_django.keys.SettingsKeyResolver"),
    Key(name="USER_MAPPER", read=_dotted_path, default="relyra_django.identity.DefaultUserMapper"),
    Key(
        name="SESSION_ADAPTER",
        read=_dotted_path,
        default="relyra_django.identity.DjangoSessionAdapter",
    ),
    Key(
        name="PROVISIONING_POLICY",
        read=_dotted_path,
        default="relyra_django.identity.ConnectionProvisioningPolicy",
    ),
    Key(name="SCOPE_PROVIDER", read=_dotted_path),
    Key(name="RETURN_TO_HOSTS", read=_hosts, default=()),
)
KEY_NAMES = tuple(key.name for key in KEYS)


def _unknown(name: Any, known: tuple[str, ...]) -> _UnusableError:
    close = get_close_matches(str(name).upper(), known, n=1)
    hint = f"Did you mean {close[0]!r}?" if close else f"Remove it. Known: {', '.join(known)}."
    return _UnusableError(ProblemKind.UNKNOWN_KEY, f"has an unknown key {name!r}.", hint)


def _lone_store(config: Config) -> Iterator[tuple[str, str, str]]:
    if (config.request_store is None) != (config.replay_store is None):
        missing = "REQUEST_STORE" if config.request_store is None else "REPLAY_STORE"
        yield missing, "is missing while the other store is set.", f"Set {missing} as well."


def _orphaned_connections(config: Config) -> Iterator[tuple[str, str, str]]:
    resolver = config.connection_resolver
    # A resolver of the host may read CONNECTIONS itself; only ours are known not to.
    if resolver and not resolver.backend.startswith("relyra_django."):
        return
    if config.connections and (resolver is None or resolver.backend != SETTINGS_RESOLVER):
        hint = f'Set CONNECTION_RESOLVER to "{SETTINGS_RESOLVER}" or remove CONNECTIONS.'
        yield "CONNECTIONS", "is set, but the CONNECTION_RESOLVER does not read it.", hint


def _no_base_url(config: Config) -> Iterator[tuple[str, str, str]]:
    for public_id, connection in config.connections.items():
        if config.base_url is None and not {"acs_url", "sp_entity_id"} <= set(connection):
            yield (
                "BASE_URL",
                f"is missing and the connection {public_id!r} relies on it.",
                'Set BASE_URL to "https://host", or give the connection acs_url and sp_entity_id.',
            )


COMBINATIONS = (_lone_store, _orphaned_connections, _no_base_url)


def is_configured() -> bool:
    """Say whether the project has a RELYRA setting; without one every login is refused."""
    return hasattr(settings, "RELYRA")


def _read(written: Any) -> tuple[Config | None, list[Problem]]:
    if not isinstance(written, Mapping):
        error = _wrong_type(written, "a dict")
        return None, [Problem(kind=error.kind, key="RELYRA", msg=error.msg, hint=error.hint)]
    values: dict[str, Any] = {}
    problems = [_problem("RELYRA", _unknown(n, KEY_NAMES)) for n in written if n not in KEY_NAMES]
    for key in KEYS:
        try:
            values[key.name.lower()] = key.value(written)
        except _UnusableError as error:
            problems.append(_problem(key.name, error))
    if problems:
        return None, problems
    config = Config(**values)
    return config, [
        _problem(key, _UnusableError(ProblemKind.COMBINATION, msg, hint))
        for combination in COMBINATIONS
        for key, msg, hint in combination(config)
    ]


def _problem(key: str, error: _UnusableError) -> Problem:
    return Problem(kind=error.kind, key=key, msg=error.msg, hint=error.hint)


def find_problems() -> list[Problem]:
    """Return every mistake in the setting; none when it is absent.

    Combinations are judged once each key is right by itself.
    """
    return _read(getattr(settings, "RELYRA", {}))[1]


@lru_cache(maxsize=1)
def get_config() -> Config:
    """Return the setting with its defaults; all defaults when it is absent.

    Raises InvalidSettings listing every problem.
    """
    config, problems = _read(getattr(settings, "RELYRA", {}))
    if problems or config is None:
        raise InvalidSettings(" ".join(str(each) for each in problems))
    return config


@receiver(setting_changed)
def _forget(*, setting: str, **kwargs: Any) -> None:
    if setting == "RELYRA":
        get_config.cache_clear()


def load(
    entry: BackendEntry,
    base: Callable[..., T],
    *,
    refusal: type[ImproperlyConfigured] = InvalidSettings,
) -> T:
    """Build the class that an entry names, with its OPTIONS as keyword arguments.

    `base` is the class it must derive from. Raises `refusal` when it cannot be imported, is not
    derived from `base`, or does not take an option; the text names the key and the option.
    """
    where = f"RELYRA {entry.key}".rstrip()
    try:
        backend = import_string(entry.backend)
    except ImportError as error:
        raise refusal(f"{where}: {entry.backend} cannot be imported: {error}") from error
    if not isinstance(backend, type) or not issubclass(backend, cast("type[T]", base)):
        raise refusal(f"{where}: {entry.backend} is not a {base.__name__}.")
    if unknown := _unknown_options(backend, entry.options):
        raise refusal(f"{where}: {entry.backend} has no option {', '.join(unknown)}.")
    try:
        return backend(**entry.options)
    except (TypeError, ValueError) as error:
        raise refusal(f"{where}: {entry.backend} cannot be built: {error}") from error


def _unknown_options(backend: type, options: Mapping[str, Any]) -> list[str]:
    parameters = signature(backend).parameters.values()
    if any(each.kind is Parameter.VAR_KEYWORD for each in parameters):
        return []
    names = {each.name for each in parameters if each.kind is not Parameter.VAR_POSITIONAL}
    return [repr(name) for name in options if name not in names]
