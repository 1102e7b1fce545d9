"""pytest fixtures, loaded by the entry point: fake_idp, saml_connection, saml_login.

pytest imports this module in every project of the environment, so it imports nothing of Django
and nothing of ours before a fixture is used.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from django.http import HttpResponseBase

    from relyra_django.models import Connection
    from relyra_django.testing.fake_idp import FakeIdP


@pytest.fixture
def fake_idp() -> FakeIdP:
    """An identity provider that really signs (RSA-2048, SHA-256)."""
    from relyra_django.testing.fake_idp import FakeIdP

    return FakeIdP()


@pytest.fixture
def saml_connection(db: None, fake_idp: FakeIdP) -> Connection:
    """An enabled connection, public id "acme", that trusts fake_idp and creates users."""
    from relyra_django.testing.connections import enabled_connection

    return enabled_connection(fake_idp)


@pytest.fixture
def saml_login(
    client: Any, fake_idp: FakeIdP, saml_connection: Connection
) -> Callable[..., HttpResponseBase]:
    """Sign `client` in: `saml_login(name_id="alice", attributes={...}, next_url="/")`."""
    from relyra_django.testing.client import saml_login

    def login(**knobs: Any) -> HttpResponseBase:
        return saml_login(client, fake_idp, saml_connection.public_id, **knobs)

    return login
