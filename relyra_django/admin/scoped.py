"""Rows of one organization at a time."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import admin
from django.contrib.auth.base_user import AbstractBaseUser
from django.db.models import QuerySet
from django.http import HttpRequest

from relyra_django.scope import NOTHING, Scope, scope_of, within
from relyra_django.trust.audit import Actor


class ScopedAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Shows what the request's scope holds and, without a scope, nothing at all."""

    #: The lookup that leads to the connection, as "connection__".
    path_to_connection = ""

    def scope(self, request: HttpRequest) -> Scope:
        """Return the scope of the request; a provider is asked once for each request."""
        if not hasattr(request, "relyra_scope"):
            request.relyra_scope = scope_of(request)  # type: ignore[attr-defined]
        scope: Scope = request.relyra_scope  # type: ignore[attr-defined]
        return scope

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request)
        return within(self.scope(request), rows, path=self.path_to_connection)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return super().has_add_permission(request) and self.scope(request) != NOTHING

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def actor_of(request: HttpRequest) -> Actor:
    """Return who is signed in; admin_view() lets nobody else come this far."""
    return Actor.from_user(cast("AbstractBaseUser", request.user))


class ReadOnlyAdmin(ScopedAdmin):
    """Rows that are written elsewhere."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
