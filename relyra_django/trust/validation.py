"""What a connection may say: one error a field."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from relyra_django.exceptions import ErrorCode, RelyraError
from relyra_django.models import Connection
from relyra_django.saml.connection import (
    DAY_SECONDS,
    MAX_CLOCK_SKEW_SECONDS,
    AnchorKind,
)
from relyra_django.trust import endpoints

Findings = Iterator[tuple[str, Any]]
Rule = Callable[[Connection], Findings]

POLICY_FIELDS = (
    "signing",
    "allow_unsolicited",
    "allow_missing_destination",
    "allow_missing_response_issuer",
    "clock_skew_seconds",
    "max_lifetime_seconds",
    "max_issue_age_seconds",
    "refuse_expired_certificates",
    "require_signed_logout_request",
    "require_signed_logout_response",
    "accepted_name_id_formats",
    "scopes",
    "legacy_sha1_reason",
    "legacy_sha1_expires_at",
    "legacy_aes_cbc_reason",
    "legacy_aes_cbc_expires_at",
)
PROFILE_FIELDS = (
    "organization_id",
    "display_name",
    "provider_preset",
    "sp_entity_id",
    "acs_url",
    "slo_url",
    "idp_entity_id",
    "idp_sso_url",
    "idp_sso_binding",
    "idp_slo_url",
    "idp_slo_response_url",
    "sign_authn_requests",
    "signed_request_encoding",
    "name_id_format",
    "force_authn",
    "requested_authn_contexts",
    "provisioning",
    "anchor",
    "anchor_attribute",
    "anchor_scoped",
)
EDITABLE_FIELDS = (*PROFILE_FIELDS, *POLICY_FIELDS)

MAX_LIST = 32
MAX_ITEM_LENGTH = 512

IDP_URLS = ("idp_sso_url", "idp_slo_url", "idp_slo_response_url")
OUR_URLS = ("acs_url", "slo_url")
EXACT_TEXTS = ("sp_entity_id", "idp_entity_id", "name_id_format", "anchor_attribute")
LISTS = ("requested_authn_contexts", "accepted_name_id_formats", "scopes")
HATCHES = ("legacy_sha1", "legacy_aes_cbc")


def refusal(errors: Mapping[str, Any], *, reason: str, **details: Any) -> RelyraError:
    """Return the error for a record that is not acceptable; details.errors is a text a field."""
    return RelyraError(
        ErrorCode.INVALID_CONNECTION_RECORD,
        "The connection is not acceptable as it stands.",
        reason=reason,
        errors={name: str(text) for name, text in errors.items()},
        **details,
    )


def check(connection: Connection) -> None:
    """Raise invalid_connection_record with one error for each field that is not acceptable."""
    if errors := find_errors(connection):
        raise refusal(errors, reason="invalid")


def find_errors(connection: Connection) -> dict[str, Any]:
    """Return a text for each field that is not acceptable."""
    # The rules rely on values of the right type.
    return dict(_columns(connection)) or _first_of_each(RULES, connection)


def _first_of_each(rules: Iterable[Rule], connection: Connection) -> dict[str, Any]:
    errors: dict[str, Any] = {}
    for rule in rules:
        for name, text in rule(connection):
            errors.setdefault(name, text)
    return errors


def _columns(connection: Connection) -> Findings:
    """Types, choices, lengths, as the model declares them."""
    # clean_fields() lets None pass wherever an empty text may stand.
    for name in ("public_id", *EDITABLE_FIELDS):
        field = Connection._meta.get_field(name)
        if getattr(connection, name) is None and not field.null:
            yield name, _("This field cannot be null.")
    try:
        connection.clean_fields()
    except ValidationError as error:
        for name, messages in error.message_dict.items():
            yield name, " ".join(messages)


def _idp_urls(connection: Connection) -> Findings:
    yield from _urls(connection, IDP_URLS, endpoints.problem_with_idp_url)


def _our_urls(connection: Connection) -> Findings:
    yield from _urls(connection, OUR_URLS, endpoints.problem_with_our_url)


def _urls(
    connection: Connection, names: tuple[str, ...], problem_with: Callable[[str], Any]
) -> Findings:
    for name in names:
        url = getattr(connection, name)
        if url and (problem := problem_with(url)):
            yield name, problem


def _exact_texts(connection: Connection) -> Findings:
    """Names are compared octet by octet, so a stray space would never match anything."""
    for name in EXACT_TEXTS:
        value = getattr(connection, name)
        if value != value.strip() or not value.isprintable():
            yield name, _("Remove spaces around the text and characters that cannot be seen.")


def _lists(connection: Connection) -> Findings:
    for name in LISTS:
        if not _is_list_of_texts(getattr(connection, name)):
            yield name, _("Enter a list of at most 32 texts without spaces around them.")


def _is_list_of_texts(value: object) -> bool:
    return (
        isinstance(value, list | tuple)
        and len(value) <= MAX_LIST
        and all(
            isinstance(item, str)
            and 0 < len(item) <= MAX_ITEM_LENGTH
            and item == item.strip()
            and item.isprintable()
            for item in value
        )
    )


def _policy(connection: Connection) -> Findings:
    for name in HATCHES:
        reason = getattr(connection, f"{name}_reason")
        expires_at = getattr(connection, f"{name}_expires_at")
        if bool(reason.strip()) != bool(expires_at):
            yield f"{name}_reason", _("An exception needs a reason and the date it ends.")
    if connection.clock_skew_seconds > MAX_CLOCK_SKEW_SECONDS:
        yield "clock_skew_seconds", _("Choose 0 to 300 seconds.")
    for name in ("max_lifetime_seconds", "max_issue_age_seconds"):
        if not 0 < getattr(connection, name) <= DAY_SECONDS:
            yield name, _("Choose 1 to 86400 seconds.")


def _anchor(connection: Connection) -> Findings:
    by_attribute = connection.anchor == AnchorKind.ATTRIBUTE
    if by_attribute and not connection.anchor_attribute:
        yield "anchor_attribute", _("Name the attribute that people are known by.")
    if not by_attribute and connection.anchor_attribute:
        yield "anchor_attribute", _("Leave this empty unless people are known by an attribute.")
    if not by_attribute and connection.anchor_scoped:
        yield "anchor_scoped", _("Only an attribute can be scoped.")
    if connection.anchor_scoped and not connection.scopes:
        yield "scopes", _("A scoped attribute needs at least one scope.")


RULES: tuple[Rule, ...] = (
    _idp_urls,
    _our_urls,
    _exact_texts,
    _lists,
    _policy,
    _anchor,
)
