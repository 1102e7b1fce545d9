"""The door of django.contrib.auth for people who come with a validated assertion."""

from __future__ import annotations

from asgiref.sync import sync_to_async
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.views.decorators.debug import sensitive_variables

from relyra_django.exceptions import ErrorCode, RelyraError
from relyra_django.identity import resolve_user
from relyra_django.saml.response import ValidatedAssertion


class RelyraBackend(ModelBackend):
    """Takes a validated assertion and nothing else; permissions are ModelBackend's.

    Append it to AUTHENTICATION_BACKENDS. Passwords are for the other backends there.
    """

    @sensitive_variables("validated_assertion")
    def authenticate(  # type: ignore[override]
        self,
        request: HttpRequest | None,
        *,
        validated_assertion: ValidatedAssertion | None = None,
    ) -> AbstractBaseUser | None:
        """Return the user whom the assertion is about, or None when there is no assertion.

        Raises what `identity.resolve_user()` raises: a reason, where None would give none.
        identity_not_linked stands for the PermissionDenied of a mapper or policy, which
        `authenticate()` would swallow.
        """
        if validated_assertion is None:
            return None
        try:
            user = resolve_user(validated_assertion)
        except PermissionDenied as error:
            raise RelyraError(
                ErrorCode.IDENTITY_NOT_LINKED, "Code of the site turned the person away."
            ) from error
        if not self.user_can_authenticate(user):  # type: ignore[arg-type]
            raise RelyraError(ErrorCode.USER_INACTIVE, "The backend does not let the user in.")
        return user

    async def aauthenticate(  # type: ignore[override]
        self,
        request: HttpRequest | None,
        *,
        validated_assertion: ValidatedAssertion | None = None,
    ) -> AbstractBaseUser | None:
        """See authenticate()."""
        return await sync_to_async(self.authenticate)(
            request, validated_assertion=validated_assertion
        )
