"""From a Django user to a session, and for how long."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, Self

from django.contrib.auth import login
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest

from relyra_django.saml.response import ValidatedAssertion


@dataclass(frozen=True, kw_only=True, slots=True)
class SessionFacts:
    """What a session may know of its login: no NameID, no attribute. Times are UTC."""

    connection_id: str
    issuer: str
    identity_id: str
    session_index: str | None = None
    session_not_on_or_after: datetime | None = None

    @classmethod
    def of(cls, assertion: ValidatedAssertion, user: AbstractBaseUser) -> Self:
        """Gather them from a login; `user` comes from `resolve_user()`."""
        return cls(
            connection_id=assertion.connection_id,
            issuer=assertion.issuer,
            identity_id=str(user.relyra_identity.pk),  # type: ignore[attr-defined]
            session_index=assertion.session_index,
            session_not_on_or_after=assertion.session_not_on_or_after,
        )

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON, for an intent's payload."""
        limit = self.session_not_on_or_after
        return {
            "connection_id": self.connection_id,
            "issuer": self.issuer,
            "identity_id": self.identity_id,
            "session_index": self.session_index,
            "session_not_on_or_after": limit.isoformat() if limit else None,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Rebuild what `to_json` wrote."""
        limit = data["session_not_on_or_after"]
        facts = {**data, "session_not_on_or_after": limit and datetime.fromisoformat(limit)}
        return cls(**facts)


class SessionAdapter(Protocol):
    """Named by SESSION_ADAPTER; built once, without arguments."""

    def establish(self, request: HttpRequest, user: AbstractBaseUser, facts: SessionFacts) -> None:
        """Sign the user in. `user.backend` is set. A RelyraError refuses with its code."""
        ...


class DjangoSessionAdapter:
    """Signs in with Django's login(); the session lasts as the settings say.

    It ends earlier when the identity provider says so by SessionNotOnOrAfter (Core 2.7.2).
    """

    def establish(self, request: HttpRequest, user: AbstractBaseUser, facts: SessionFacts) -> None:
        # An earlier login's limit is not this one's; a receiver of user_logged_in may set its own.
        request.session.set_expiry(None)
        login(request, user)  # type: ignore[arg-type]
        limit = facts.session_not_on_or_after
        if limit is not None and limit < request.session.get_expiry_date():
            request.session.set_expiry(limit)


def withdraw(request: HttpRequest) -> None:
    """End a session that was begun in vain: Django would save it with any answer below 500."""
    # Here, so that the checks can load this module where django.contrib.auth is missing.
    from django.contrib.auth.models import AnonymousUser

    request.session.flush()
    request.user = AnonymousUser()
