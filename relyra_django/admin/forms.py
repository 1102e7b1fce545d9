"""The forms of connections; what is acceptable is decided by trust.validation alone."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.admin.widgets import AdminTextareaWidget, AdminTextInputWidget
from django.forms.models import construct_instance
from django.utils.translation import gettext_lazy as _

from relyra_django.models import Connection, public_id
from relyra_django.saml.connection import ConnectionStatus
from relyra_django.trust import connections, validation

URL_FIELDS = ("idp_sso_url", "idp_slo_url", "idp_slo_response_url", "acs_url", "slo_url")
ENTITY_IDS = ("sp_entity_id", "idp_entity_id")
WIDE = {"class": "vURLField", "size": 80}


class LinesField(forms.CharField):
    """A list of texts, one a line."""

    widget = AdminTextareaWidget(attrs={"rows": 3})

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        lines = (super().to_python(value) or "").splitlines()
        return [line.strip() for line in lines if line.strip()]

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool((initial or []) != self.to_python(data))


def cause_field() -> forms.CharField:
    """Return the field that every change of trust asks for."""
    return forms.CharField(
        label=_("Why"),
        max_length=512,
        widget=AdminTextInputWidget,
        help_text=_(
            "The reason for this change, such as a ticket. It is kept in the audit log for good, "
            "with your name."
        ),
    )


class CauseForm(forms.Form):
    """All that a confirmation asks for."""

    required_css_class = "required"
    cause = cause_field()


class CertificateForm(forms.Form):
    """A certificate as people paste it."""

    required_css_class = "required"
    pem = forms.CharField(
        label=_("Certificate"),
        widget=AdminTextareaWidget(attrs={"rows": 12, "class": "vLargeTextField"}),
        help_text=_(
            "The certificate that the identity provider signs with, as PEM text or as the bare "
            "base64 from its metadata. Never paste a private key."
        ),
    )
    cause = cause_field()


class ConnectionForm(forms.ModelForm):  # type: ignore[type-arg]
    """A connection without its status and its certificates, which have buttons of their own."""

    requested_authn_contexts = LinesField(
        label=_("Requested authentication contexts"),
        required=False,
        help_text=_("One URI a line. Leave this empty unless the identity provider needs it."),
    )
    accepted_name_id_formats = LinesField(
        label=_("Accepted NameID formats"),
        required=False,
        help_text=_("One URI a line. Empty: any format that can name a person for good."),
    )
    scopes = LinesField(
        label=_("Scopes"),
        required=False,
        help_text=_("Domains this identity provider may speak for, one a line: example.org"),
    )
    cause = cause_field()
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    class Meta:
        model = Connection
        fields = ["public_id", *validation.EDITABLE_FIELDS]
        widgets = {
            **dict.fromkeys(URL_FIELDS, forms.URLInput(attrs=WIDE)),
            **dict.fromkeys(ENTITY_IDS, forms.TextInput(attrs=WIDE)),
        }
        labels = {
            "idp_entity_id": _("Entity ID (issuer)"),
            "sp_entity_id": _("Entity ID (audience)"),
            "acs_url": _("ACS URL"),
            "slo_url": _("Single logout URL"),
        }
        help_texts = {
            "public_id": _(
                "The name of this connection in addresses; it never changes. Choose 3 to 63 "
                "lower-case letters, digits and hyphens, or have one generated."
            ),
            "display_name": _("How people and operators recognize it: the customer's name."),
            "organization_id": _("The tenant that this connection belongs to."),
            "sp_entity_id": _(
                "How the identity provider knows this site. Leave it empty to use the address of "
                "our metadata. After the first login a change breaks logins until the identity "
                "provider is changed as well."
            ),
            "idp_entity_id": _(
                "Also called issuer, or Microsoft Entra identifier. It is compared letter by "
                "letter; copy it from the identity provider."
            ),
            "idp_sso_url": _("Where people are sent to sign in. Also called login URL."),
            "idp_slo_url": _("Where logouts are sent. Leave it empty if there is none."),
            "idp_slo_response_url": _("Only if answers to logouts go to another address."),
            "name_id_format": _("Leave this empty unless the identity provider needs it."),
            "force_authn": _("People must sign in there even if they have a session."),
            "anchor": _(
                "What identifies a person for good. It must never be given to somebody else; an "
                "email address may be."
            ),
            "anchor_attribute": _("The name of that attribute, exactly as it is sent."),
            "anchor_scoped": _("Its values end with @ and one of the scopes below."),
            "signing": _("Whatever this says, each signature that is there must be valid."),
            "allow_unsolicited": _(
                "Logins that begin in the identity provider's portal. They cannot be tied to a "
                "browser and are open to login forgery."
            ),
            "clock_skew_seconds": _("How far both clocks may differ: 0 to 300."),
            "refuse_expired_certificates": _(
                "Off: the key counts, not the dates in its certificate."
            ),
            "legacy_sha1_reason": _("SHA-1 can be forged. Give a reason and a near end."),
            "legacy_aes_cbc_reason": _("AES-CBC can be tampered with. Give a reason and an end."),
            "acs_url": _("Only if it is not the address shown above."),
            "slo_url": _("Only if it is not the usual address."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "version" in self.fields:
            self.fields["version"].initial = self.instance.lock_version
        if "public_id" in self.fields:
            self.fields["public_id"].required = False
            self.initial.pop("public_id", None)
            self.fields["public_id"].initial = ""

    def clean_public_id(self) -> str:
        given: str = self.cleaned_data["public_id"]
        if Connection.objects.filter(public_id=given).exists():
            raise forms.ValidationError(_("Another connection has this public id."))
        return given or public_id.generate()

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not self.instance._state.adding and cleaned.get("version") != self.instance.lock_version:
            raise forms.ValidationError(
                _(
                    "Somebody else changed this connection in the meantime. Load the page again, "
                    "review it and repeat your change."
                ),
                code="conflict",
            )
        return cleaned

    def _post_clean(self) -> None:
        """Ask the domain instead of the model, whose constraints would cost a query each."""
        options = self._meta
        construct_instance(self, self.instance, options.fields, options.exclude)
        connections.fill_in(self.instance)
        errors = validation.find_errors(self.instance)
        if self.instance.status == ConnectionStatus.ENABLED:
            errors = {**connections.find_missing(self.instance), **errors}
        for name, text in errors.items():
            if name not in self.errors:
                self.add_error(name if name in self.fields else None, text)

    def given_fields(self) -> dict[str, Any]:
        """Return what trust.connections takes."""
        names = ("public_id", *validation.EDITABLE_FIELDS)
        return {name: value for name, value in self.cleaned_data.items() if name in names}
