"""The package in a site of its own: what is timed, and the statements it sends."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from secrets import token_hex
from typing import Any

from django.contrib.auth import get_user_model
from django.db import connection as database
from django.utils import timezone

from relyra_django.models import Connection
from relyra_django.saml.response import ValidatedAssertion
from relyra_django.saml.validation import validate_response
from relyra_django.testing import FakeIdP
from relyra_django.testing.encryption import Encryption
from relyra_django.trust import certificates, connections
from relyra_django.trust.audit import Actor
from tests.benchmarks.client import BASE, Client, form

PUBLIC_ID = "acme"
PEOPLE = 50
START_URL = f"{BASE}/saml/{PUBLIC_ID}/login/"
ACS_URL = f"{BASE}/saml/{PUBLIC_ID}/acs/"
CONTROL = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE")


def ten_attributes(person: str) -> dict[str, str]:
    return {
        "uid": person,
        "mail": f"{person}@example.org",
        "givenName": "Given",
        "sn": "Surname",
        "displayName": "Given Surname",
        "eduPersonPrincipalName": f"{person}@example.org",
        "eduPersonScopedAffiliation": "member@example.org",
        "eduPersonEntitlement": "urn:mace:dir:entitlement:common-lib-terms",
        "o": "Example Organisation",
        "title": "Engineer",
    }


@dataclass(kw_only=True, slots=True)
class Site:
    """One enabled connection, people who have been here before, and their identity provider."""

    idp: FakeIdP = field(default_factory=FakeIdP)
    _people: Any = field(default_factory=lambda: itertools.cycle(range(PEOPLE)))

    def person(self) -> str:
        return f"user{next(self._people)}"

    def prepare(self) -> None:
        make_connection(self.idp)
        users = get_user_model().objects
        users.bulk_create([users.model(username=f"user{n}") for n in range(PEOPLE)])
        for _ in range(PEOPLE):  # the first login of each makes the identity
            self.acs(self.answered())

    def answered(self, **knobs: Any) -> tuple[Client, bytes]:
        """Start a login and have it answered; what is left is the post to the ACS."""
        client, person = Client(), self.person()
        location = client.get(START_URL).location
        answer = self.idp.answer(
            location, name_id=person, attributes=ten_attributes(person), **knobs
        )
        return client, form(answer.fields)

    def minted(self, kind: str) -> tuple[str, str]:
        """Return a response's form field and the ID of the request that it answers."""
        encrypted = kind == "encrypted"
        person, request_id = self.person(), "id_" + token_hex(16)
        minted = self.idp.response(
            name_id=person,
            attributes=ten_attributes(person),
            in_response_to=request_id,
            sign="assertion" if encrypted else kind,
            encrypt=Encryption() if encrypted else None,
        )
        return minted.encoded, request_id

    def validate(self, message: tuple[str, str]) -> ValidatedAssertion:
        payload, request_id = message
        return validate_response(
            payload, self.idp.connection(), request_id=request_id, now=timezone.now()
        )

    def visitor(self) -> Client:
        return Client()

    def start(self, client: Client) -> None:
        assert client.get(START_URL).status == 302

    def acs(self, ready: tuple[Client, bytes]) -> None:
        client, body = ready
        answer = client.post(ACS_URL, body)
        assert answer.status in {302, 303}, (answer.status, answer.body[:2000])
        assert "/complete/" not in answer.location
        assert "sessionid" in client.cookies

    def empty(self, body: bytes) -> None:
        assert Client().post(f"{BASE}/empty/", body).status == 302


def make_connection(idp: FakeIdP) -> Connection:
    actor, cause = Actor.system(), "benchmark"
    connection = connections.create(
        actor=actor,
        cause=cause,
        public_id=PUBLIC_ID,
        display_name="Benchmark",
        idp_entity_id=idp.entity_id,
        idp_sso_url=idp.sso_url,
        provisioning="create",
    )
    certificates.stage(connection, idp.certificate_pem, actor=actor, cause=cause)
    connection.refresh_from_db()
    return connections.enable(connection, actor=actor, cause=cause)


def statements(run: Callable[[], object]) -> list[str]:
    """Return the SQL that `run` sends, without BEGIN, COMMIT and savepoints."""
    sent: list[str] = []

    def note(execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
        sent.append(str(sql))
        return execute(sql, params, many, context)

    with database.execute_wrapper(note):
        run()
    return [sql for sql in sent if not sql.startswith(CONTROL)]
