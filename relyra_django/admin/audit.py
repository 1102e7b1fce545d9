"""The ledger, to read."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from relyra_django.admin.scoped import ReadOnlyAdmin
from relyra_django.models import AuditEvent


@admin.register(AuditEvent)
class AuditEventAdmin(ReadOnlyAdmin):
    path_to_connection = "connection__"
    list_display = ["created_at", "domain", "action", "connection", "actor_label", "cause"]
    list_select_related = ["connection"]
    # No filter by connection: it would list those of other organizations.
    list_filter = ["domain", "actor_kind", "created_at"]
    search_fields = ["actor_label", "cause", "correlation_id", "connection__public_id"]
    ordering = ["-pk"]
    fieldsets = [
        (None, {"fields": ["created_at", "connection", "domain", "action"]}),
        (
            _("Who and why"),
            {"fields": ["actor_kind", "actor_id", "actor_label", "cause", "correlation_id"]},
        ),
        (_("What"), {"fields": ["diff_summary", "before_summary", "after_summary"]}),
    ]
