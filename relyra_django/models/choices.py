"""Closed sets of words as columns: their labels, and the constraint that closes them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, TypeVar

from django.db import models
from django.db.models import CheckConstraint, Q
from django.db.models.functions import Length
from django.db.models.lookups import Exact
from django.utils.translation import gettext_lazy as _

from relyra_django.models.digest import LENGTH as DIGEST_LENGTH
from relyra_django.saml.connection import (
    AnchorKind,
    ConnectionStatus,
    Provisioning,
    Signing,
    SsoBinding,
)

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

    Choices = list[tuple[str, "_StrPromise"]]

E = TypeVar("E", bound=StrEnum)


def labelled(labels: Mapping[E, _StrPromise]) -> Choices:
    """Return Django choices for an enum of the core, so that its values are listed once."""
    missing = set(type(next(iter(labels)))) - set(labels)
    if missing:
        raise TypeError(f"no label for {sorted(missing)}")
    return [(member.value, label) for member, label in labels.items()]


def one_of(field: str, values: Iterable[str], *, name: str) -> CheckConstraint:
    """Return the constraint that only these words are in the column."""
    return CheckConstraint(condition=Q(**{f"{field}__in": [str(v) for v in values]}), name=name)


def is_digest(field: str, *, name: str) -> CheckConstraint:
    """Return the constraint on a hex SHA-256; a regex is not portable, its length is."""
    return CheckConstraint(condition=Exact(Length(field), DIGEST_LENGTH), name=name)


STATUSES = labelled(
    {
        ConnectionStatus.DRAFT: _("Draft"),
        ConnectionStatus.ENABLED: _("Enabled"),
        ConnectionStatus.DISABLED: _("Disabled"),
    }
)
SSO_BINDINGS = labelled({SsoBinding.REDIRECT: _("HTTP Redirect"), SsoBinding.POST: _("HTTP POST")})
SIGNING = labelled(
    {
        Signing.EITHER: _("The assertion or the response"),
        Signing.ASSERTION: _("The assertion"),
        Signing.RESPONSE: _("The response"),
        Signing.BOTH: _("The assertion and the response"),
    }
)
PROVISIONING = labelled(
    {
        Provisioning.LINK_ONLY: _("Only people who are already linked"),
        Provisioning.CREATE: _("Create a user at the first login"),
    }
)
ANCHORS = labelled({AnchorKind.NAME_ID: _("The NameID"), AnchorKind.ATTRIBUTE: _("An attribute")})


class ProviderPreset(models.TextChoices):
    OKTA = "okta", "Okta"
    ENTRA = "entra", "Microsoft Entra ID"
    GOOGLE_WORKSPACE = "google_workspace", "Google Workspace"
    ADFS = "adfs", "AD FS"


class SignedRequestEncoding(models.TextChoices):
    """How a signed redirect query is percent-encoded."""

    RFC3986_UPPER = "rfc3986_upper", _("RFC 3986, upper-case hexadecimal")
    ADFS_LOWER = "adfs_lower", _("AD FS, lower-case hexadecimal")
