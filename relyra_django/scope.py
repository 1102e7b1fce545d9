"""Which organization's connections an operator may see and touch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, TypeVar, cast

from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.module_loading import import_string

from relyra_django.conf import get_config
from relyra_django.exceptions import ErrorCode, RelyraError
from relyra_django.models.digest import digest_of

M = TypeVar("M", bound=Model)


@dataclass(frozen=True, kw_only=True, slots=True)
class Scope:
    """Everything, one organization, or (the default) nothing. "" is an organization too."""

    all: bool = False
    organization_id: str | None = None


EVERYTHING = Scope(all=True)
NOTHING = Scope()


class ScopeProvider(Protocol):
    """What SCOPE_PROVIDER names: a class without arguments."""

    def scope(self, request: HttpRequest) -> Scope:
        """Return what the operator of this request may see. Anything raised refuses."""


class SuperuserScope:
    """The default: superusers see everything, other staff nothing."""

    def scope(self, request: HttpRequest) -> Scope:
        user = request.user
        return EVERYTHING if user.is_active and user.is_superuser else NOTHING


def scope_of(request: HttpRequest) -> Scope:
    """Return the scope of this request. Raises resolver_failed for any other answer."""
    path = get_config().scope_provider
    provider = cast("ScopeProvider", import_string(path)() if path else SuperuserScope())
    scope: object = provider.scope(request)
    if not isinstance(scope, Scope):
        raise RelyraError(
            ErrorCode.RESOLVER_FAILED,
            "The scope provider returned something that is not a Scope.",
            actual=type(scope).__name__,
        )
    return scope


def within(scope: Scope, rows: QuerySet[M], *, path: str = "") -> QuerySet[M]:
    """Return those rows that are in scope; `path` leads to the connection, as "connection__"."""
    if scope.all:
        return rows
    if scope.organization_id is None:
        return rows.none()
    return rows.filter(**{f"{path}organization_digest": digest_of(scope.organization_id)})
