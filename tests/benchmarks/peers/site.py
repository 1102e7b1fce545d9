"""What the peers share: a Django site, ten attributes, and the loop that times their logins."""

from __future__ import annotations

import itertools
import json
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import django
from django.conf import settings
from django.core.management import call_command

from tests.benchmarks.client import HOST, Client, form
from tests.benchmarks.clock import Figure, emit, measure

KEYS = Path(os.environ["BENCH_KEYS"])
IDP = "https://idp.example.org/metadata"
SSO = "https://idp.example.org/sso"
PEOPLE = 20
DJANGO_CONTRIB = ("auth", "contenttypes", "sessions", "messages")


def key(name: str) -> str:
    return (KEYS / name).read_text()


def configure(urls: str, apps: Sequence[str], middleware: Sequence[str] = (), **more: Any) -> None:
    database = {**json.loads(os.environ["BENCH_DATABASE"]), "CONN_MAX_AGE": None}
    if database["ENGINE"].endswith("sqlite3"):
        pragmas = "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;"
        database["OPTIONS"] = {"transaction_mode": "IMMEDIATE", "init_command": pragmas}
    settings.configure(
        SECRET_KEY="not-a-secret-but-long-enough-to-sign-a-session",
        ALLOWED_HOSTS=[HOST],
        USE_TZ=True,
        ROOT_URLCONF=urls,
        DATABASES={"default": database},
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        INSTALLED_APPS=[*(f"django.contrib.{name}" for name in DJANGO_CONTRIB), *apps],
        MIDDLEWARE=[
            "django.middleware.security.SecurityMiddleware",
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.middleware.common.CommonMiddleware",
            "django.middleware.csrf.CsrfViewMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
            "django.contrib.messages.middleware.MessageMiddleware",
            *middleware,
        ],
        TEMPLATES=[
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "APP_DIRS": True,
                "OPTIONS": {
                    "context_processors": [
                        "django.template.context_processors.request",
                        "django.contrib.auth.context_processors.auth",
                        "django.contrib.messages.context_processors.messages",
                    ]
                },
            }
        ],
        LOGGING={
            "version": 1,
            "disable_existing_loggers": False,
            "handlers": {"null": {"class": "logging.NullHandler"}},
            "root": {"handlers": ["null"]},
        },
        **more,
    )
    django.setup()
    call_command("migrate", verbosity=0, run_syncdb=True)


def ten_attributes(person: str) -> dict[str, str]:
    """Name them as the peers' default attribute maps expect."""
    return {
        "urn:oid:0.9.2342.19200300.100.1.1": person,
        "urn:oid:0.9.2342.19200300.100.1.3": f"{person}@example.org",
        "urn:oid:2.5.4.42": "Given",
        "urn:oid:2.5.4.4": "Surname",
        "urn:oid:2.16.840.1.113730.3.1.241": "Given Surname",
        "urn:oid:1.3.6.1.4.1.5923.1.1.1.6": f"{person}@example.org",
        "urn:oid:1.3.6.1.4.1.5923.1.1.1.9": "member@example.org",
        "urn:oid:1.3.6.1.4.1.5923.1.1.1.7": "urn:mace:dir:entitlement:common-lib-terms",
        "urn:oid:2.5.4.10": "Example Organisation",
        "urn:oid:2.5.4.12": "Engineer",
    }


def mint(location: str, person: str) -> dict[str, str]:
    asked = {"location": location, "person": person, "attributes": ten_attributes(person)}
    emit(mint=asked)
    fields: dict[str, str] = json.loads(sys.stdin.readline())
    return fields


def time_logins(
    peer: str, start: Callable[[Client], str], login: Callable[[Client, bytes], None]
) -> None:
    """Time `start`, which gives the redirect, and `login`, which ends with a session."""
    people = itertools.cycle(range(PEOPLE))

    def prepare() -> tuple[Client, bytes]:
        client = Client()
        return client, form(mint(start(client), f"user{next(people)}"))

    figures = [
        Figure(name=f"{peer}.start", run=start, prepare=Client),
        Figure(name=f"{peer}.login", run=lambda ready: login(*ready), prepare=prepare),
    ]
    measure(figures, int(os.environ["BENCH_TIMES"]) // 4)
    for figure in figures:
        emit(**figure.line())
