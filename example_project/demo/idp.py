"""Ashdown's identity provider: the package's test provider with a face and a few answers."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Any

from django.template.loader import render_to_string

from example_project.demo.people import PEOPLE
from example_project.demo.plan import IDP_ENTITY_ID, IDP_HOST
from relyra_django.testing.fake_idp import FakeIdP
from relyra_django.testing.hostile import hostile
from relyra_django.testing.idp_application import (
    IdpApplication,
    IdpError,
    IdpRequest,
    IdpResponse,
    IdpUser,
    Pending,
    Variant,
)
from relyra_django.testing.idp_server import make_idp_server

ASSETS = Path(__file__).resolve().parent / "idp_assets"
CONTENT_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
SESSION_LIMIT = timedelta(hours=8)
NOTHING_YET = "Nothing was sent yet that could be sent again. Sign in once, then come back."


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer(Variant):
    """A way to answer, with a sentence for whoever chooses it."""

    explanation: str = ""


HONEST = Answer(name="honest", label="Continue", make=FakeIdP.response)
HOSTILE = (
    Answer(
        name="wrong-audience",
        label="Wrong audience",
        explanation="Correctly signed, but made out to another service.",
        make=hostile("audience-elsewhere").make,
    ),
    Answer(
        name="tampered",
        label="Tampered",
        explanation="Somebody changed who it is about after it was signed.",
        make=hostile("tampered-name-id").make,
    ),
    Answer(
        name="replay",
        label="Replayed",
        explanation="The last good answer, sent a second time.",
        make=None,
    ),
)


class AshdownIdp(IdpApplication):
    """Shows Django templates, and remembers the last honest answer for the replay."""

    title = "Ashdown Instruments sign-in"
    variants = (HONEST, *HOSTILE)

    def __init__(self, idp: FakeIdP, site_url: str) -> None:
        super().__init__(idp, PEOPLE)
        self.site_url = site_url
        self.last_honest: tuple[str, Mapping[str, str]] | None = None
        self.routes["GET", "/certificate.pem"] = self.certificate
        for asset in ASSETS.iterdir():
            self.routes["GET", f"/{asset.name}"] = self.asset

    def certificate(self, request: IdpRequest) -> IdpResponse:
        pem = self.idp.certificate_pem.encode()
        return IdpResponse(body=pem, content_type="application/x-pem-file")

    def asset(self, request: IdpRequest) -> IdpResponse:
        path = ASSETS / request.path.removeprefix("/")
        return IdpResponse(body=path.read_bytes(), content_type=CONTENT_TYPES[path.suffix])

    def answer(
        self, pending: Pending, user: IdpUser, variant: Variant
    ) -> tuple[str, Mapping[str, str]]:
        if variant.make is None:
            if self.last_honest is None:
                raise IdpError(NOTHING_YET, HTTPStatus.CONFLICT)
            return self.last_honest
        answer = self.idp.answer(
            pending.request,
            mint=variant.make,
            name_id=user.subject,
            attributes=user.attributes,
            session_not_on_or_after=SESSION_LIMIT,
        )
        if variant is HONEST:
            self.last_honest = answer.acs_url, answer.fields
        return answer.acs_url, answer.fields

    def index_page(self) -> str:
        text = "This is where people of Ashdown Instruments sign in. It begins at the service."
        return self.page("message", title=self.title, text=text)

    def sign_in_page(self, pending: Pending, error: str = "") -> str:
        return self.page("sign_in", pending=pending, people=PEOPLE, error=error)

    def consent_page(self, pending: Pending) -> str:
        person = pending.user
        assert person is not None
        facts = [("NameID", person.subject), *((n, shown(v)) for n, v in person.attributes.items())]
        return self.page(
            "consent", pending=pending, person=person, facts=facts, honest=HONEST, hostile=HOSTILE
        )

    def post_page(self, acs_url: str, fields: Mapping[str, str]) -> str:
        return self.page("post", acs_url=acs_url, fields=fields)

    def error_page(self, message: str) -> str:
        return self.page("message", title="This did not work", text=message, alert=True)

    def page(self, name: str, **context: Any) -> str:
        context["site_url"] = self.site_url
        return str(render_to_string(f"demo/idp_{name}.html", context))


def shown(value: Any) -> str:
    return value if isinstance(value, str) else ", ".join(value)


def serve(port: int) -> None:
    """Serve until the process ends; RELYRA_BASE_URL is where its visitors come from."""

    def application(idp: FakeIdP, users: object) -> AshdownIdp:
        stable = replace(idp, entity_id=IDP_ENTITY_ID)
        return AshdownIdp(stable, os.environ["RELYRA_BASE_URL"])

    make_idp_server(host=IDP_HOST, port=port, application=application).serve_forever()
