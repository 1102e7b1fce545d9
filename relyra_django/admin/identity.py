"""Who is whom, to read."""

from __future__ import annotations

from typing import Any, NoReturn

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse

from relyra_django.admin.scoped import ReadOnlyAdmin
from relyra_django.models import UserIdentity


@admin.register(UserIdentity)
class UserIdentityAdmin(ReadOnlyAdmin):
    path_to_connection = "connection__"
    actions = None
    list_display = ["user", "connection_public_id", "issuer", "anchor_kind", "created_at"]
    list_select_related = ["user"]
    list_filter = ["anchor_kind", "created_at"]
    search_fields = ["connection_public_id", "issuer", "anchor"]
    ordering = ["-created_at"]
    fields = [
        "user",
        "connection_public_id",
        "issuer",
        "anchor_kind",
        "anchor_name",
        "anchor",
        "created_at",
    ]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # Asked as well when a user is deleted, whose identities go with them.
        return request.user.has_perm("relyra_django.delete_useridentity")

    def delete_view(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise PermissionDenied

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        return super().render_change_form(
            request, {**context, "show_delete": False}, *args, **kwargs
        )
