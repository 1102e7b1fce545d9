"""The keys of this Service Provider: where they come from, never from the database."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, NoReturn

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from django.core.signals import setting_changed
from django.dispatch import receiver

from relyra_django import conf
from relyra_django.exceptions import ErrorCode, InvalidSettings, RelyraError
from relyra_django.saml import certificates
from relyra_django.saml.connection import ConnectionSnapshot
from relyra_django.saml.keys import SigningKey, load_private_key

Source = str | os.PathLike[str]

PARSED_LIMIT = 32


@dataclass(frozen=True, kw_only=True, slots=True)
class KeyPair:
    """A private key and the certificate that publishes it, both PEM.

    Without a certificate the key works but metadata cannot announce it.
    """

    private_key_pem: str = field(repr=False)
    certificate_pem: str | None = None


class KeyResolver(ABC):
    """Finds the keys that this site signs and decrypts with.

    OPTIONS of KEY_RESOLVER arrive as keyword arguments. `connection` is None when the site as a
    whole is meant. No keys are an empty tuple; a key that is configured but cannot be used raises
    RelyraError key_not_configured, never with the key in its text. Called on every login that
    needs a key: keep what is costly.
    """

    @abstractmethod
    def signing_keys(self, connection: ConnectionSnapshot | None) -> tuple[KeyPair, ...]:
        """Return the signing keys to publish. The first one signs."""

    @abstractmethod
    def decryption_keys(self, connection: ConnectionSnapshot | None) -> tuple[KeyPair, ...]:
        """Return the RSA keys to decrypt with, the one to publish first."""

    def signing_key(self, connection: ConnectionSnapshot | None) -> KeyPair | None:
        """Return the key that signs; None when there is none."""
        return next(iter(self.signing_keys(connection)), None)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Entry:
    """One item of OPTIONS: where a key and its certificate are to be found."""

    label: str
    key: Source = field(repr=False)
    certificate: Source | None = None
    must_decrypt: bool = False


class SettingsKeyResolver(KeyResolver):
    """Reads the same keys for every connection from OPTIONS, the environment or files.

    Each item is a source, or {"key": source, "certificate": source}. A source is PEM text,
    "env:NAME" or a path. Files are looked at on every call and read again when they changed;
    parsed keys are kept by their content. Raises InvalidSettings for items of another form.
    """

    def __init__(self, signing: Sequence[Any] = (), decryption: Sequence[Any] = ()) -> None:
        self._signing = tuple(_entries("signing", signing))
        self._decryption = tuple(_entries("decryption", decryption))
        self._files: dict[Source, tuple[tuple[int, ...], str]] = {}
        self._parse = lru_cache(maxsize=PARSED_LIMIT)(_parse_pair)

    def signing_keys(self, connection: ConnectionSnapshot | None) -> tuple[KeyPair, ...]:
        return tuple(self._pair(entry) for entry in self._signing)

    def decryption_keys(self, connection: ConnectionSnapshot | None) -> tuple[KeyPair, ...]:
        return tuple(self._pair(entry) for entry in self._decryption)

    def signing_key(self, connection: ConnectionSnapshot | None) -> KeyPair | None:
        return self._pair(self._signing[0]) if self._signing else None

    def find_refusals(self) -> Iterator[RelyraError]:
        """Yield why a configured key cannot be used, one refusal for each such key."""
        for entry in self._signing + self._decryption:
            try:
                self._pair(entry)
            except RelyraError as error:
                yield error

    def _pair(self, entry: _Entry) -> KeyPair:
        key = self._text(entry.key, f"{entry.label}.key")
        if entry.certificate is None:
            return self._parse(key, None, entry)
        certificate = self._text(entry.certificate, f"{entry.label}.certificate")
        return self._parse(key, certificate, entry)

    def _text(self, source: Source, label: str) -> str:
        if isinstance(source, str) and "-----BEGIN" in source:
            return source
        if isinstance(source, str) and source.startswith("env:"):
            return _from_environment(source.removeprefix("env:"), label)
        return self._from_file(source, label)

    def _from_file(self, path: Source, label: str) -> str:
        try:
            status = Path(path).stat()
            version = (status.st_ino, status.st_mtime_ns, status.st_size)
            if path not in self._files or self._files[path][0] != version:
                self._files[path] = (version, Path(path).read_text("ascii"))
        except (OSError, ValueError) as error:
            # Neither the path nor the error's own text: a key pasted without its BEGIN line
            # would be taken for a path.
            reason = error.strerror if isinstance(error, OSError) else None
            _refuse(label, "names a file that cannot be read.", reason=reason or "not a text file")
        return self._files[path][1]


def _entries(option: str, items: Sequence[Any]) -> Iterator[_Entry]:
    if not isinstance(items, list | tuple):
        raise InvalidSettings(f"RELYRA KEY_RESOLVER: the option {option!r} must be a list.")
    for index, item in enumerate(items):
        label = f"{option}[{index}]"
        sources = dict(item) if isinstance(item, Mapping) else {"key": item}
        _check_sources(label, sources)
        yield _Entry(label=label, must_decrypt=option == "decryption", **sources)


def _check_sources(label: str, sources: Mapping[str, Any]) -> None:
    if "key" not in sources or not set(sources) <= {"key", "certificate"}:
        raise InvalidSettings(
            f'RELYRA KEY_RESOLVER: {label} must have "key", may have "certificate", and no more.'
        )
    for name, source in sources.items():
        if not isinstance(source, str | os.PathLike) or not os.fspath(source):
            raise InvalidSettings(
                f'RELYRA KEY_RESOLVER: {label}.{name} must be PEM text, "env:NAME" or a path.'
            )


def _from_environment(name: str, label: str) -> str:
    text = os.environ.get(name, "")
    if not text:
        _refuse(label, f"names the environment variable {name}, which is not set.", reason="unset")
    # Many process managers keep a value on one line.
    return text if "\n" in text else text.replace("\\n", "\n")


def _parse_pair(key_text: str, certificate_text: str | None, entry: _Entry) -> KeyPair:
    label = f"{entry.label}.key"
    key = _parse_key(key_text, label)
    if entry.must_decrypt and not isinstance(key, RSAPrivateKey):
        _refuse(label, "must be an RSA key: only RSA decrypts.", reason="not_rsa")
    # Written anew, so that whatever else the text held goes no further.
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode("ascii")
    if certificate_text is None:
        return KeyPair(private_key_pem=pem)
    certificate = _parse_certificate(certificate_text, f"{entry.label}.certificate")
    if certificate.public_key != key.public_key():
        _refuse(f"{entry.label}.certificate", "belongs to another key.", reason="mismatch")
    return KeyPair(private_key_pem=pem, certificate_pem=certificate.pem)


def _parse_key(text: str, label: str) -> SigningKey:
    if "-----BEGIN" not in text:
        _refuse(label, "holds no PEM.", reason="no_pem")
    if "ENCRYPTED" in text:
        _refuse(label, "is encrypted; give it without a passphrase.", reason="encrypted")
    try:
        return load_private_key(text)
    except (RelyraError, UnsupportedAlgorithm):
        _refuse(
            label,
            "is no private key in PEM, RSA of 2048 bits or more or EC on P-256, P-384 or P-521.",
            reason="unusable",
        )


def _parse_certificate(text: str, label: str) -> certificates.Certificate:
    try:
        return certificates.load(text)
    except RelyraError as error:
        _refuse(label, f"cannot be used: {error.message}", reason=error.details.get("reason"))


def _refuse(label: str, what: str, **details: Any) -> NoReturn:
    """Leave no chained exception behind: its text or its frames may hold the key."""
    raise RelyraError(
        ErrorCode.KEY_NOT_CONFIGURED, f"KEY_RESOLVER {label} {what}", source=label, **details
    ) from None


@lru_cache(maxsize=1)
def get_key_resolver() -> KeyResolver:
    """Return the configured resolver, built once. Raises InvalidSettings."""
    return conf.load(conf.get_config().key_resolver, KeyResolver)


def with_decryption_keys(connection: ConnectionSnapshot) -> ConnectionSnapshot:
    """Return the connection with this site's decryption keys, in the resolver's order.

    For a message that needs them: the key resolver may be slow, or fail. Raises
    key_not_configured.
    """
    pairs = get_key_resolver().decryption_keys(connection)
    pems = (pair.private_key_pem for pair in pairs)
    return replace(connection, sp_decryption_keys=(*pems, *connection.sp_decryption_keys))


@receiver(setting_changed)
def _forget(*, setting: str, **kwargs: Any) -> None:
    if setting == "RELYRA":
        get_key_resolver.cache_clear()
