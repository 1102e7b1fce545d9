"""A visitor's browser for tests of the flow, and what a login leaves behind."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import astuple, dataclass
from typing import Any

from django.contrib.auth import get_user
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.db import connections
from django.test import Client
from django.test.utils import CaptureQueriesContext

from relyra_django.models import UserIdentity
from relyra_django.stores.models import ReplayKey, RequestIntent
from relyra_django.testing.client import post_saml_response, start_saml_login
from relyra_django.testing.fake_idp import Answer, FakeIdP

ACS = "https://sp.example.com/saml/acme/acs/"
FORM = "application/x-www-form-urlencoded"
TRANSACTION = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE", "ROLLBACK")


@dataclass(frozen=True)
class Written:
    """How many rows there are of everything that a login can write."""

    users: int
    identities: int
    sessions: int
    open_intents: int
    used_intents: int
    replay_keys: int


def written() -> Written:
    return Written(
        users=User.objects.count(),
        identities=UserIdentity.objects.count(),
        sessions=Session.objects.count(),
        open_intents=RequestIntent.objects.filter(consumed_at=None).count(),
        used_intents=RequestIntent.objects.exclude(consumed_at=None).count(),
        replay_keys=ReplayKey.objects.count(),
    )


def difference(before: Written, after: Written) -> Written:
    return Written(*(b - a for a, b in zip(astuple(before), astuple(after), strict=True)))


NOTHING = Written(0, 0, 0, 0, 0, 0)


class Visitor:
    """One browser at one connection: it leaves, is answered, and brings the answer."""

    def __init__(self, idp: FakeIdP, connection_id: str = "acme") -> None:
        self.idp = idp
        self.connection_id = connection_id
        self.client = Client()

    def leave(self, next_url: str = "/home/") -> Any:
        return start_saml_login(self.client, self.connection_id, next_url=next_url)

    def answered(self, **knobs: Any) -> Answer:
        return self.idp.answer(self.leave(), **knobs)

    def bring(self, answer: Answer, **changed: str) -> Any:
        return self.post({**answer.fields, **changed}, answer.acs_url)

    def post(self, fields: Mapping[str, str], acs_url: str = ACS) -> Any:
        return post_saml_response(self.client, acs_url, fields)

    def login(self, **knobs: Any) -> Any:
        return self.bring(self.answered(**knobs))

    @property
    def user(self) -> Any:
        return get_user(self.client)  # type: ignore[arg-type]


def code_of(response: Any) -> str:
    """Return the code that the page of a refusal shows."""
    assert response.templates, f"no page of ours but {response.status_code}"
    return str(response.context["code"])


@contextmanager
def statements(alias: str = "default") -> Iterator[list[str]]:
    """Collect the statements that are sent, without those that only bound transactions."""
    found: list[str] = []
    with CaptureQueriesContext(connections[alias]) as captured:
        yield found
    found += [q["sql"] for q in captured if not q["sql"].startswith(TRANSACTION)]
