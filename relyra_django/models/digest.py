"""Digests that stand for free text where two rows must not be taken for one another."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any

from django.db import models

LENGTH = 64


def digest_of(*parts: str) -> str:
    """Return the SHA-256, in hex, of the parts, each with its length before it."""
    digest = hashlib.sha256()
    for part in parts:
        octets = part.encode("utf-8", "surrogatepass")
        digest.update(b"%d:" % len(octets) + octets)
    return digest.hexdigest()


class DigestField(models.CharField):  # type: ignore[type-arg]
    """The digest of other columns of the row, made on every save.

    A collation may hold `Admins` and `admins` equal; their digests differ everywhere.
    """

    def __init__(self, *args: Any, of: Iterable[str] = (), **kwargs: Any) -> None:
        self.of = tuple(of)
        super().__init__(*args, **{"max_length": LENGTH, "editable": False, **kwargs})

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        return name, path, args, {**kwargs, "of": self.of}

    def pre_save(self, model_instance: models.Model, add: bool) -> str:
        value = digest_of(*(getattr(model_instance, name) for name in self.of))
        setattr(model_instance, self.attname, value)
        return value
