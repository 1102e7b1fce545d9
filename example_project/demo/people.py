"""The people whom the demo's identity provider knows. A click signs them in: no passwords."""

from __future__ import annotations

from dataclasses import dataclass

from relyra_django.testing.idp_application import IdpUser


@dataclass(frozen=True, kw_only=True, slots=True)
class Person(IdpUser):
    """An account with what the chooser shows of it."""

    name: str
    role: str
    password: str = ""


PEOPLE = (
    Person(
        username="ines",
        name="Ines Moreau",
        role="Engineering",
        name_id="8f1c7a52-0f64-4d0e-9b61-2f3a5cf0a1d7",
        attributes={
            "mail": "ines.moreau@ashdown.example",
            "givenName": "Ines",
            "sn": "Moreau",
            "groups": ("engineering", "travellers"),
        },
    ),
    Person(
        username="tomas",
        name="Tomás Berg",
        role="Finance, approves trips",
        name_id="3b90d4e1-77c2-4f0f-8d15-6e0a9c2b4e88",
        attributes={
            "mail": "tomas.berg@ashdown.example",
            "givenName": "Tomás",
            "sn": "Berg",
            "groups": ("finance", "approvers"),
        },
    ),
)
