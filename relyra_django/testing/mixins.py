"""For test cases: RelyraTestMixin signs in through a FakeIdP and says what came of it."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

from django.contrib.auth import BACKEND_SESSION_KEY, get_user
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpResponseBase
from django.test import Client

from relyra_django.models import Connection
from relyra_django.saml.errors import ErrorCode
from relyra_django.testing.client import saml_login
from relyra_django.testing.connections import enabled_connection
from relyra_django.testing.fake_idp import FakeIdP
from relyra_django.testing.minted import Minted

BACKEND = "relyra_django.backends.RelyraBackend"


def assert_saml_login(
    response: HttpResponseBase, user: AbstractBaseUser | None = None
) -> AbstractBaseUser:
    """Check that the login succeeded, and as whom; return the signed-in user."""
    client: Any = response.client  # type: ignore[attr-defined]
    signed_in: Any = get_user(client)
    assert response.status_code < 400, f"the login was refused with {response.status_code}"
    assert signed_in.is_authenticated, "nobody is signed in"
    backend = client.session[BACKEND_SESSION_KEY]
    assert backend == BACKEND, f"signed in by {backend}, not through SAML"
    assert user is None or signed_in == user, f"signed in as {signed_in}, not {user}"
    return signed_in  # type: ignore[no-any-return]


def assert_saml_refused(response: HttpResponseBase, code: ErrorCode | str) -> None:
    """Check that the login was refused with this code, and that the page says so."""
    page = bytes(getattr(response, "content", b"")).decode()
    assert response.status_code >= 400, f"not refused: the answer was {response.status_code}"
    assert ErrorCode(code).value in page, f"refused, but not with {code}"


class RelyraTestMixin:
    """Mix into a django.test.TestCase; `idp` may be replaced by another FakeIdP."""

    client: Client

    @cached_property
    def idp(self) -> FakeIdP:
        return FakeIdP()

    def setup_saml_connection(self, **fields: Any) -> Connection:
        """Create an enabled connection that trusts `idp`; see enabled_connection()."""
        self.saml_connection = enabled_connection(self.idp, **fields)
        return self.saml_connection

    def saml_login(
        self,
        name_id: str | None = "alice",
        *,
        next_url: str = "",
        follow: bool = False,
        mint: Callable[..., Minted] | None = None,
        **knobs: Any,
    ) -> HttpResponseBase:
        """Sign in at the connection set up last; see client.saml_login()."""
        return saml_login(
            self.client,
            self.idp,
            self.saml_connection.public_id,
            next_url=next_url,
            follow=follow,
            mint=mint,
            name_id=name_id,
            **knobs,
        )

    assert_saml_login = staticmethod(assert_saml_login)
    assert_saml_refused = staticmethod(assert_saml_refused)
