"""What assertions and logout messages have in common: reading one fact, and comparing it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from lxml import etree

from relyra_django.saml import constants as c
from relyra_django.saml import timestamps, xml
from relyra_django.saml.connection import MAX_CLOCK_SKEW_SECONDS
from relyra_django.saml.envelope import missing
from relyra_django.saml.errors import ErrorCode, RelyraError
from relyra_django.saml.redaction import quoted
from relyra_django.saml.response import NameId

NAMES: Final = frozenset(c.SAML + name for name in ("BaseID", "NameID", "EncryptedID"))
# A replay key outlives every clock skew a connection may be given, not just today's.
REPLAY_MARGIN: Final = timedelta(seconds=MAX_CLOCK_SKEW_SECONDS)


def instant(element: etree._Element, name: str) -> datetime:
    """Return the time in an attribute. Raises missing_protocol_field, invalid_timestamp."""
    written = element.get(name)
    if written is None:
        raise missing(f"There is no {name}.", name)
    return timestamps.parse(written)


def optional_instant(element: etree._Element, name: str) -> datetime | None:
    """Return the time in an attribute that may be left out. Raises invalid_timestamp."""
    written = element.get(name)
    return None if written is None else timestamps.parse(written)


def name_id(element: etree._Element, sp_entity_id: str) -> NameId:
    """Read a NameID that is said to no other service provider (Core 2.2.2).

    Raises name_id_not_accepted.
    """
    name = xml.value(element)
    if not name.strip():
        raise unfit_name("value", "empty")
    qualifier = element.get("SPNameQualifier") or None
    if qualifier not in (None, sp_entity_id):
        raise unfit_name("SPNameQualifier", quoted(qualifier))
    return NameId(
        value=name,
        format=element.get("Format", "").strip() or c.NAMEID_UNSPECIFIED,
        name_qualifier=element.get("NameQualifier"),
        sp_name_qualifier=qualifier,
        sp_provided_id=element.get("SPProvidedID"),
    )


def refuse_base_id(element: etree._Element) -> None:
    """A BaseID names somebody in a way that only its own type explains (Core 2.2.1).

    Raises name_id_not_accepted.
    """
    if element.tag == c.SAML + "BaseID":
        raise unfit_name("element", "BaseID", ("NameID", "EncryptedID"))


def check_issuer(element: etree._Element, expected: str) -> None:
    """Compare an Issuer as a whole (Core 2.2.5). Raises issuer_mismatch."""
    actual = xml.token(element)
    if actual != expected:
        raise RelyraError(
            ErrorCode.ISSUER_MISMATCH,
            "The Issuer is not this connection's identity provider.",
            expected=expected,
            actual=quoted(actual),
        )


def check_destination(actual: str, expected: str) -> None:
    """Compare a Destination character by character (Core 3.2.2). Raises destination_mismatch."""
    if actual != expected:
        raise RelyraError(
            ErrorCode.DESTINATION_MISMATCH,
            "The message was meant for another address.",
            expected=expected,
            actual=quoted(actual),
        )


def unfit_name(part: str, actual: object, expected: Sequence[str] | None = None) -> RelyraError:
    """Return the refusal of a NameID; `actual` is never the name itself."""
    return RelyraError(
        ErrorCode.NAME_ID_NOT_ACCEPTED,
        "The NameID is not one that this connection takes.",
        part=part,
        expected=expected,
        actual=actual,
    )


def wrong_request(expected: str | None, actual: str | None) -> RelyraError:
    """Return the refusal of an InResponseTo."""
    return RelyraError(
        ErrorCode.IN_RESPONSE_TO_MISMATCH,
        "The response does not answer the request.",
        expected=expected,
        actual=quoted(actual),
    )


def too_early(code: ErrorCode, instant: datetime, now: datetime) -> RelyraError:
    """Return the refusal of a time that lies ahead."""
    return RelyraError(
        code,
        "A time lies in the future; compare the clocks.",
        expected=now.isoformat(),
        actual=instant.isoformat(),
    )


def too_late(code: ErrorCode, limit: datetime, now: datetime) -> RelyraError:
    """Return the refusal of a time that is over."""
    return RelyraError(
        code, "A time limit has passed.", expected=now.isoformat(), actual=limit.isoformat()
    )
