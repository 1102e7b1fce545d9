"""One change of trust as a page: it says what will happen and asks why."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import FieldDoesNotExist
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from relyra_django.admin.forms import CauseForm, CertificateForm
from relyra_django.exceptions import RelyraError
from relyra_django.models import Certificate, Connection
from relyra_django.trust import certificates, connections


@dataclass(frozen=True, kw_only=True, slots=True)
class TrustChange:
    """`perform` takes the subject (a connection or a certificate), actor= and the form's data."""

    name: str
    permission: str
    title: Promise | str
    explanation: Promise | str
    button: Promise | str
    done: Promise | str
    perform: Callable[..., Connection | Certificate]
    form_class: type[forms.Form] = CauseForm
    of_certificate: bool = False
    takes_away: bool = False


ENABLE = TrustChange(
    name="enable",
    permission="relyra_django.enable_connection",
    title=_("Enable connection"),
    explanation=_("People can sign in through this connection as soon as it is enabled."),
    button=_("Enable"),
    done=_("The connection is enabled."),
    perform=connections.enable,
)
DISABLE = TrustChange(
    name="disable",
    permission="relyra_django.disable_connection",
    title=_("Disable connection"),
    explanation=_("Nobody can sign in through it any more. Sessions that are open stay open."),
    button=_("Disable"),
    done=_("The connection is disabled."),
    perform=connections.disable,
    takes_away=True,
)
STAGE = TrustChange(
    name="stage",
    permission="relyra_django.add_certificate",
    title=_("Add certificate"),
    explanation=_(
        "On a draft the certificate is active at once. Later it waits as the next one; once you "
        "activate it, both are accepted until you retire the old one."
    ),
    button=_("Add certificate"),
    done=_("The certificate is there."),
    perform=certificates.stage,
    form_class=CertificateForm,
)
ACTIVATE = TrustChange(
    name="activate",
    permission="relyra_django.activate_certificate",
    title=_("Activate certificate"),
    explanation=_(
        "Logins signed with its key are accepted from the next request on, beside those of the "
        "certificates that are active now."
    ),
    button=_("Activate"),
    done=_("The certificate is active."),
    perform=certificates.activate,
    of_certificate=True,
)
RETIRE = TrustChange(
    name="retire",
    permission="relyra_django.retire_certificate",
    title=_("Retire certificate"),
    explanation=_(
        "Logins signed with its key are refused from the next request on. It cannot be added again."
    ),
    button=_("Retire"),
    done=_("The certificate is retired."),
    perform=certificates.retire,
    of_certificate=True,
    takes_away=True,
)
CHANGES = (ENABLE, DISABLE, STAGE, ACTIVATE, RETIRE)


def show_refusal(form: forms.Form, error: RelyraError) -> None:
    """Put every reason of a refusal on the form, beside the field it is about if it has it."""
    reasons = error.details.get("errors")
    if not reasons:
        form.add_error("pem" if "pem" in form.fields else None, error.message)
        return
    for name, text in reasons.items():
        if name in form.fields:
            form.add_error(name, text)
        else:
            form.add_error(None, f"{_label(name)}: {text}")


def _label(name: str) -> Any:
    try:
        field = Connection._meta.get_field(name)
    except FieldDoesNotExist:
        return capfirst(name)
    return capfirst(getattr(field, "verbose_name", name))
