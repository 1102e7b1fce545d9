"""Connections in the admin: an ordinary form, and a page of its own for each change of trust."""

from __future__ import annotations

from functools import partial
from typing import Any

import django
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from relyra_django.admin.forms import ConnectionForm
from relyra_django.admin.scoped import ScopedAdmin, actor_of
from relyra_django.admin.trust_change import (
    ACTIVATE,
    CHANGES,
    DISABLE,
    ENABLE,
    RETIRE,
    STAGE,
    TrustChange,
    show_refusal,
)
from relyra_django.exceptions import RelyraError
from relyra_django.models import Certificate, Connection, Lifecycle
from relyra_django.saml.connection import ConnectionStatus
from relyra_django.trust import connections, endpoints

IDENTITY_PROVIDER = [
    "idp_entity_id",
    "idp_sso_url",
    "idp_sso_binding",
    "idp_slo_url",
    "idp_slo_response_url",
]
PEOPLE = ["provisioning", "anchor", "anchor_attribute", "anchor_scoped", "scopes"]
REQUESTS = [
    "sign_authn_requests",
    "signed_request_encoding",
    "name_id_format",
    "force_authn",
    "requested_authn_contexts",
]
STRICTNESS = [
    "signing",
    "allow_unsolicited",
    "allow_missing_destination",
    "allow_missing_response_issuer",
    "clock_skew_seconds",
    "max_lifetime_seconds",
    "max_issue_age_seconds",
    "accepted_name_id_formats",
    "refuse_expired_certificates",
    "require_signed_logout_request",
    "require_signed_logout_response",
]
EXCEPTIONS = [
    "legacy_sha1_reason",
    "legacy_sha1_expires_at",
    "legacy_aes_cbc_reason",
    "legacy_aes_cbc_expires_at",
]


@admin.register(Connection)
class ConnectionAdmin(ScopedAdmin):
    form = ConnectionForm
    change_form_template = "admin/relyra_django/connection/change_form.html"
    trust_change_template = "admin/relyra_django/connection/trust_change.html"
    list_display = ["__str__", "public_id", "status", "provider_preset", "organization_id"]
    list_filter = ["status", "provider_preset"]
    search_fields = ["display_name", "public_id", "organization_id", "idp_entity_id"]
    ordering = ["display_name", "public_id"]

    class Media:
        css = {"all": ["relyra_django/admin.css"]}

    def get_fieldsets(self, request: HttpRequest, obj: Connection | None = None) -> Any:
        name = ["display_name", "provider_preset", "organization_id", "public_id"]
        collapsed = ["collapse"]
        fieldsets: list[Any] = [
            (None, {"fields": [*name, "status"] if obj else name}),
            (
                _("Give these to the identity provider"),
                {"fields": ["sp_entity_id", *(["our_acs_url", "our_metadata_url"] if obj else [])]},
            ),
            (_("The identity provider gives you these"), {"fields": IDENTITY_PROVIDER}),
            (_("People"), {"fields": PEOPLE}),
            (_("Requests"), {"fields": REQUESTS, "classes": collapsed}),
            (_("Strictness"), {"fields": STRICTNESS, "classes": collapsed}),
            (_("Exceptions that end"), {"fields": EXCEPTIONS, "classes": collapsed}),
            (
                _("Other addresses of ours"),
                {"fields": ["acs_url", "slo_url"], "classes": collapsed},
            ),
        ]
        if obj is None or self.has_change_permission(request, obj):
            fields = ["cause", "version"] if obj else ["cause"]
            fieldsets.append((_("This change"), {"fields": fields}))
        return fieldsets

    def get_readonly_fields(self, request: HttpRequest, obj: Connection | None = None) -> Any:
        of_scope = [] if self.scope(request).all else ["organization_id"]
        of_row = ["public_id", "status", "our_acs_url", "our_metadata_url"] if obj else []
        return [*of_scope, *of_row]

    @admin.display(description=_("ACS URL (reply URL)"))
    def our_acs_url(self, obj: Connection) -> str:
        return obj.acs_url or endpoints.our_url("acs", obj.public_id)

    @admin.display(description=_("Metadata URL"))
    def our_metadata_url(self, obj: Connection) -> str:
        return endpoints.our_url("metadata", obj.public_id)

    def save_model(self, request: HttpRequest, obj: Connection, form: Any, change: bool) -> None:
        fields = form.given_fields()
        given = {"actor": actor_of(request), "cause": form.cleaned_data["cause"]}
        if change:
            connections.update(obj, lock_version=form.cleaned_data["version"], **given, **fields)
            return
        scope = self.scope(request)
        if not scope.all:
            fields["organization_id"] = scope.organization_id
        created = connections.create(**given, **fields)
        obj.pk, obj._state.adding = created.pk, False

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return super().changeform_view(request, *args, **kwargs)
        except RelyraError as error:
            # Somebody else was faster between the form's check and the change itself.
            for text in error.details.get("errors", {"": error.message}).values():
                self.message_user(request, text, messages.ERROR)
            return HttpResponseRedirect(request.get_full_path())

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        connection = context.get("original")
        if connection is not None:
            context["trust_changes"] = self._links(request, connection)
            context["certificates"] = self._certificates(request, connection)
        return super().render_change_form(request, context, *args, **kwargs)

    def _links(self, request: HttpRequest, connection: Connection) -> list[dict[str, Any]]:
        is_enabled = connection.status == ConnectionStatus.ENABLED
        offered = [STAGE, DISABLE if is_enabled else ENABLE]
        return [
            {"label": each.button, "url": self._url(each, connection)}
            for each in offered
            if request.user.has_perm(each.permission)
        ]

    def _certificates(self, request: HttpRequest, connection: Connection) -> list[dict[str, Any]]:
        offered = {Lifecycle.NEXT: [ACTIVATE, RETIRE], Lifecycle.ACTIVE: [RETIRE]}
        now = timezone.now()
        return [
            {
                "row": row,
                "is_expired": row.not_after <= now,
                "links": [
                    {
                        "label": each.button,
                        "url": self._url(each, connection, row),
                        "takes_away": each.takes_away,
                    }
                    for each in offered.get(Lifecycle(row.lifecycle), [])
                    if request.user.has_perm(each.permission)
                ],
            }
            for row in connection.certificates.order_by("created_at", "pk")
        ]

    def _url(
        self, change: TrustChange, connection: Connection, certificate: Certificate | None = None
    ) -> str:
        keys = [connection.pk, *([certificate.pk] if certificate else [])]
        name = f"{self.admin_site.name}:relyra_django_{self._url_name(change)}"
        return reverse(name, args=keys)

    def _url_name(self, change: TrustChange) -> str:
        return f"{'certificate' if change.of_certificate else 'connection'}_{change.name}"

    def get_urls(self) -> list[URLPattern]:
        return [*map(self._pattern, CHANGES), *super().get_urls()]

    def _pattern(self, change: TrustChange) -> URLPattern:
        key = "certificates/<uuid:certificate_id>/" if change.of_certificate else ""
        view = self.admin_site.admin_view(partial(self.trust_change_view, change=change))
        route = f"<uuid:object_id>/{key}{change.name}/"
        return path(route, view, name=f"relyra_django_{self._url_name(change)}")

    def trust_change_view(
        self,
        request: HttpRequest,
        object_id: Any,
        *,
        change: TrustChange,
        certificate_id: Any = None,
    ) -> HttpResponse:
        """Show what one change of trust does and ask why; a POST makes it."""
        connection = self._in_scope(request, object_id)
        if not request.user.has_perm(change.permission):
            raise PermissionDenied
        certificate = self._certificate(connection, certificate_id) if certificate_id else None
        form = change.form_class(request.POST or None)
        subject = certificate or connection
        if request.method == "POST" and self._perform(request, change, subject, form):
            self.log_change(request, connection, str(change.title))
            self.message_user(request, str(change.done), messages.SUCCESS)
            return HttpResponseRedirect(self._change_url(connection))
        context = self._trust_change_context(request, change, connection, certificate, form)
        return TemplateResponse(request, self.trust_change_template, context)

    def _in_scope(self, request: HttpRequest, object_id: Any) -> Connection:
        rows = self.get_queryset(request)
        connection: Connection | None = rows.filter(pk=object_id).first()
        if connection is None:
            raise Http404
        if not self.has_view_or_change_permission(request, connection):
            raise PermissionDenied
        return connection

    def _certificate(self, connection: Connection, certificate_id: Any) -> Certificate:
        certificate = connection.certificates.filter(pk=certificate_id).first()
        if certificate is None:
            raise Http404
        return certificate

    def _perform(
        self,
        request: HttpRequest,
        change: TrustChange,
        subject: Connection | Certificate,
        form: Any,
    ) -> bool:
        if not form.is_valid():
            return False
        try:
            change.perform(subject, actor=actor_of(request), **form.cleaned_data)
        except RelyraError as error:
            show_refusal(form, error)
            return False
        return True

    def _change_url(self, connection: Connection) -> str:
        name = f"{self.admin_site.name}:relyra_django_connection_change"
        return reverse(name, args=[connection.pk])

    def _trust_change_context(
        self,
        request: HttpRequest,
        change: TrustChange,
        connection: Connection,
        certificate: Certificate | None,
        form: Any,
    ) -> dict[str, Any]:
        return {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": change.title,
            "subtitle": str(connection),
            "change": change,
            "connection": connection,
            "change_url": self._change_url(connection),
            "certificate": certificate,
            "form": form,
            "media": self.media + form.media,
            "breadcrumbs_in_list": django.VERSION >= (6, 1),
        }
