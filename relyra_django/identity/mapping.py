"""From an assertion to the profile fields of a new Django user."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, Protocol

from relyra_django.saml.connection import ConnectionSnapshot
from relyra_django.saml.constants import NAMEID_EMAIL
from relyra_django.saml.response import ValidatedAssertion

_CLAIMS: Final = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/"

# The names that identity providers use unless somebody tells them otherwise, best first.
USUAL_NAMES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "email": (
            "email",
            "mail",
            "emailAddress",
            "EmailAddress",
            "user.email",
            "urn:oid:0.9.2342.19200300.100.1.3",
            _CLAIMS + "emailaddress",
        ),
        "first_name": (
            "first_name",
            "firstName",
            "FirstName",
            "given_name",
            "givenName",
            "givenname",
            "urn:oid:2.5.4.42",
            _CLAIMS + "givenname",
        ),
        "last_name": (
            "last_name",
            "lastName",
            "LastName",
            "family_name",
            "familyName",
            "surname",
            "sn",
            "urn:oid:2.5.4.4",
            _CLAIMS + "surname",
        ),
    }
)


@dataclass(frozen=True, kw_only=True, slots=True)
class MappedUser:
    """What a new user is to hold: field name of the user model to text.

    Fields that the model does not have are left out; text is cut to the field's length.
    """

    fields: Mapping[str, str] = field(default_factory=dict, repr=False)


class UserMapper(Protocol):
    """Named by USER_MAPPER; built once, without arguments, and called for every login.

    This is where a host reads attributes: nothing keeps them afterwards.
    """

    def map(self, assertion: ValidatedAssertion, connection: ConnectionSnapshot) -> MappedUser:
        """Return the profile. A RelyraError refuses the login with its code."""
        ...


class DefaultUserMapper:
    """Fills email, first_name and last_name from the attribute names in common use."""

    def map(self, assertion: ValidatedAssertion, connection: ConnectionSnapshot) -> MappedUser:
        found = {name: _first(assertion, names) for name, names in USUAL_NAMES.items()}
        found["email"] = found["email"] or _email_in_name_id(assertion)
        return MappedUser(fields={name: value for name, value in found.items() if value})


def _first(assertion: ValidatedAssertion, names: tuple[str, ...]) -> str:
    values = (value.strip() for name in names for value in assertion.values(name))
    return next((value for value in values if value), "")


def _email_in_name_id(assertion: ValidatedAssertion) -> str:
    name_id = assertion.name_id
    return name_id.value.strip() if name_id and name_id.format == NAMEID_EMAIL else ""
