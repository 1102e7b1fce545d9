"""Whether a model can serve as a store table. It is judged by its fields, not by its base."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.core import checks
from django.core.checks import CheckMessage, Error
from django.core.exceptions import FieldDoesNotExist
from django.db import connections, models

from relyra_django.exceptions import InvalidStore

E_COLUMN = "relyra_django.E020"
E_UNIQUE = "relyra_django.E021"
W_SQLITE = "relyra_django.W020"


@dataclass(frozen=True, kw_only=True, slots=True)
class Column:
    """A field that a store reads and writes. `length` is the shortest max_length that will do."""

    name: str
    kind: type[models.Field[Any, Any]]
    length: int = 0
    null: bool = False


def find_model(name: str) -> type[models.Model]:
    """Return the model "app_label.Model". Raises InvalidStore, saying what to do."""
    try:
        return apps.get_model(name)
    except (LookupError, ValueError, AttributeError) as error:
        hint = ""
        if str(name).startswith("relyra_stores."):
            hint = ' Add "relyra_django.stores" to INSTALLED_APPS, or name a model of your own.'
        raise InvalidStore(f"There is no model {name!r} for a store.{hint}") from error


def check_model(
    model: type[models.Model], columns: tuple[Column, ...], unique: str
) -> list[CheckMessage]:
    """Return what keeps the model from being a store table with a row per `unique`."""
    found: list[CheckMessage] = [
        Error(
            f"{model._meta.label} cannot be a store table: {column.name} {wrong}.",
            hint="docs/reference/stores lists the columns; the abstract models have them all.",
            obj=model,
            id=E_COLUMN,
        )
        for column in columns
        for wrong in _wrong_with(model, column)
    ]
    if not found and not _is_unique(model, unique):
        found.append(
            Error(
                f"{model._meta.label} cannot be a store table: {unique} is not unique.",
                hint=f"Add UniqueConstraint(fields=[{unique!r}], name=...): without it an "
                "entry could be used twice.",
                obj=model,
                id=E_UNIQUE,
            )
        )
    return found


def check_sqlite(using: str) -> list[CheckMessage]:
    """Return a warning for an SQLite file on which two logins may fail instead of waiting."""
    connection = connections[using]
    name = str(connection.settings_dict["NAME"])
    if connection.vendor != "sqlite" or ":memory:" in name or "mode=memory" in name:
        return []
    mode = connection.settings_dict["OPTIONS"].get("transaction_mode") or ""
    if mode.upper() in ("IMMEDIATE", "EXCLUSIVE"):
        return []
    return [
        checks.Warning(
            f"The SQLite database {using!r} holds a store and does not begin with IMMEDIATE.",
            hint=f'Set DATABASES[{using!r}]["OPTIONS"]["transaction_mode"] to "IMMEDIATE", and '
            "use WAL: a deferred transaction is refused where an immediate one waits its turn.",
            id=W_SQLITE,
        )
    ]


def _wrong_with(model: type[models.Model], column: Column) -> Iterator[str]:
    try:
        field = model._meta.get_field(column.name)
    except FieldDoesNotExist:
        yield "is missing"
        return
    if not isinstance(field, column.kind):
        yield f"is not a {column.kind.__name__}"
    elif column.length and (field.max_length or column.length) < column.length:
        yield f"is shorter than {column.length}"
    elif column.null and not field.null:
        yield "does not take NULL"


def _is_unique(model: type[models.Model], name: str) -> bool:
    field = model._meta.get_field(name)
    if getattr(field, "unique", False) or (name,) in {
        tuple(u) for u in model._meta.unique_together
    }:
        return True
    # A deferred constraint speaks at COMMIT, when it is too late to tell why.
    return any(
        constraint.fields == (name,) and constraint.deferrable is None
        for constraint in model._meta.total_unique_constraints
    )
