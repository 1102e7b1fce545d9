"""Rows that stay: what is never deleted, and what is never changed either."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NoReturn, TypeVar

from django.db import models

M = TypeVar("M", bound=models.Model, covariant=True)


class ImmutableRecordError(TypeError):
    """The row may not be changed, or may not be deleted."""


class KeptQuerySet(models.QuerySet[M]):
    """Refuses to delete."""

    def delete(self) -> NoReturn:
        raise ImmutableRecordError(f"{self.model.__name__} rows are never deleted.")

    delete.alters_data = True  # type: ignore[attr-defined]
    delete.queryset_only = True  # type: ignore[attr-defined]


class AppendOnlyQuerySet(KeptQuerySet[M]):
    """Refuses to delete and to change."""

    def update(self, **kwargs: Any) -> NoReturn:
        self._refuse()

    update.alters_data = True  # type: ignore[attr-defined]

    def bulk_update(self, *args: Any, **kwargs: Any) -> NoReturn:
        self._refuse()

    bulk_update.alters_data = True  # type: ignore[attr-defined]

    def bulk_create(self, objs: Iterable[Any], *args: Any, **kwargs: Any) -> list[Any]:
        if kwargs.get("update_conflicts"):
            self._refuse()
        return super().bulk_create(objs, *args, **kwargs)

    def _refuse(self) -> NoReturn:
        raise ImmutableRecordError(f"{self.model.__name__} rows are never changed.")


class KeptModel(models.Model):
    """A row that is never deleted."""

    objects = KeptQuerySet.as_manager()

    class Meta:
        abstract = True

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise ImmutableRecordError(f"{type(self).__name__} rows are never deleted.")


class AppendOnlyModel(KeptModel):
    """A row that is written once."""

    objects = AppendOnlyQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise ImmutableRecordError(f"{type(self).__name__} rows are never changed.")
        super().save(*args, **kwargs)
