"""What names a person at one identity provider for good. It is compared exactly, never folded."""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256

from relyra_django.exceptions import ErrorCode, RelyraError
from relyra_django.saml.connection import AnchorKind, ConnectionSnapshot
from relyra_django.saml.constants import NAMEID_TRANSIENT
from relyra_django.saml.response import ValidatedAssertion


@dataclass(frozen=True, kw_only=True, slots=True)
class Anchor:
    """The name and where it was said.

    `name` is the attribute's. For a NameID it is the NameQualifier, "" when that is absent or the
    issuer itself (Core 2.2.2): behind a proxy `1234` may be one person at each of several homes.
    """

    kind: AnchorKind
    value: str = field(repr=False)
    name: str = ""


def anchor_of(assertion: ValidatedAssertion) -> Anchor:
    """Return the anchor that the connection asks for.

    Raises identity_anchor_missing, name_id_not_accepted for a transient NameID, and
    invalid_attribute for a scoped value outside of the connection's scopes.
    """
    if assertion.connection.anchor == AnchorKind.ATTRIBUTE:
        return _from_attribute(assertion, assertion.connection)
    return _from_name_id(assertion)


def subject_hash(connection_id: str, issuer: str, anchor: Anchor) -> str:
    """Return the hex SHA-256 that a person's row is found by.

    Each part is preceded by its length, so that no two different people share an input.
    """
    digest = sha256()
    for part in (connection_id, issuer, anchor.kind.value, anchor.name, anchor.value):
        octets = part.encode()
        digest.update(len(octets).to_bytes(8, "big") + octets)
    return digest.hexdigest()


def _from_name_id(assertion: ValidatedAssertion) -> Anchor:
    name_id = assertion.name_id
    if name_id is None or not name_id.value.strip():
        raise _missing("The assertion names nobody.", expected="NameID")
    # A transient NameID means somebody else tomorrow (Core 8.3.8).
    if name_id.format == NAMEID_TRANSIENT:
        raise RelyraError(
            ErrorCode.NAME_ID_NOT_ACCEPTED,
            "A transient NameID cannot identify a person.",
            actual=name_id.format,
        )
    qualifier = name_id.name_qualifier or ""
    name = "" if qualifier == assertion.issuer else qualifier
    return Anchor(kind=AnchorKind.NAME_ID, name=name, value=name_id.value)


def _from_attribute(assertion: ValidatedAssertion, connection: ConnectionSnapshot) -> Anchor:
    name = connection.anchor_attribute or ""
    values = assertion.values(name)
    if len(values) != 1 or not values[0].strip():
        raise _missing("The anchor attribute must have one value.", expected=name)
    if connection.anchor_scoped:
        _check_scope(values[0], connection.policy.scopes)
    return Anchor(kind=AnchorKind.ATTRIBUTE, name=name, value=values[0])


def _check_scope(value: str, scopes: tuple[str, ...]) -> None:
    local, at, scope = value.partition("@")
    if not local or not at or scope not in scopes:
        raise RelyraError(
            ErrorCode.INVALID_ATTRIBUTE,
            "The anchor attribute is not in a scope of this connection.",
            expected=scopes,
        )


def _missing(message: str, *, expected: str) -> RelyraError:
    return RelyraError(ErrorCode.IDENTITY_ANCHOR_MISSING, message, expected=expected)
