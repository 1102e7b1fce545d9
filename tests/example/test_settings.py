"""The example project's settings: safe with nothing said, quiet when all is said."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from example_project.demo.plan import PROJECT

pytestmark = pytest.mark.processes

PRODUCTION = {
    "SECRET_KEY": "n8Zk2vQ5tXw9rL3sD6yB1mH4cJ7fG0pAeUiOqWxTz-NbVcRkLm",
    "ALLOWED_HOSTS": "travel.example.com",
    "RELYRA_BASE_URL": "https://travel.example.com",
    "DATABASE_URL": "sqlite:///:memory:",
}
OURS = {
    *PRODUCTION,
    "DEBUG",
    "SECURE_SSL_REDIRECT",
    "SECURE_HSTS_SECONDS",
    "BEHIND_TLS_PROXY",
    "RELYRA_DECRYPTION_KEYS",
}
SHOW = """
import json, django
from django.conf import settings
names = {names}
print(json.dumps({{name: getattr(settings, name) for name in names}}, default=str))
"""


def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run Python in the project, with no variable of the settings but these."""
    environment = {name: value for name, value in os.environ.items() if name not in OURS}
    environment["DJANGO_SETTINGS_MODULE"] = "example_project.settings"
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=PROJECT,
        env={**environment, **variables},
        capture_output=True,
        text=True,
        timeout=120,
    )


def settings(*names: str, **variables: str) -> dict[str, object]:
    result = run("-c", SHOW.format(names=list(names)), **variables)
    assert result.returncode == 0, result.stderr
    found: dict[str, object] = json.loads(result.stdout)
    return found


def test_without_variables_the_site_is_for_this_machine_alone() -> None:
    found = settings("DEBUG", "ALLOWED_HOSTS", "BASE_URL", "SESSION_COOKIE_SECURE")

    assert found == {
        "DEBUG": False,
        "ALLOWED_HOSTS": ["localhost"],
        "SESSION_COOKIE_SECURE": False,
        "BASE_URL": "http://localhost:8000",
    }


def test_without_a_secret_each_process_makes_its_own() -> None:
    first, second = (settings("SECRET_KEY")["SECRET_KEY"] for _ in range(2))

    assert first != second
    assert len(str(first)) >= 50


def test_an_https_site_is_https_only() -> None:
    found = settings(
        "SESSION_COOKIE_SECURE",
        "CSRF_COOKIE_SECURE",
        "SECURE_SSL_REDIRECT",
        "SECURE_HSTS_SECONDS",
        **PRODUCTION,
    )

    assert all(found.values()), found


def test_a_forwarded_scheme_is_believed_only_when_said_to_be_behind_a_proxy() -> None:
    assert settings("SECURE_PROXY_SSL_HEADER") == {"SECURE_PROXY_SSL_HEADER": None}
    behind = settings("SECURE_PROXY_SSL_HEADER", BEHIND_TLS_PROXY="true")
    assert behind["SECURE_PROXY_SSL_HEADER"] == ["HTTP_X_FORWARDED_PROTO", "https"]


def test_sqlite_is_opened_for_concurrent_logins() -> None:
    databases = settings("DATABASES")["DATABASES"]

    assert isinstance(databases, dict)
    options = databases["default"]["OPTIONS"]
    assert options["transaction_mode"] == "IMMEDIATE"
    assert "journal_mode=WAL" in options["init_command"]


def test_another_database_gets_no_option_of_sqlite() -> None:
    databases = settings("DATABASES", DATABASE_URL="postgres://u@db/fernway")["DATABASES"]

    assert isinstance(databases, dict)
    assert "transaction_mode" not in databases["default"].get("OPTIONS", {})


def test_decryption_keys_have_their_certificates_beside_them() -> None:
    named = settings("RELYRA", RELYRA_DECRYPTION_KEYS="/keys/new.key,/keys/old.key")["RELYRA"]

    assert isinstance(named, dict)
    assert named["KEY_RESOLVER"]["OPTIONS"]["decryption"] == [
        {"key": "/keys/new.key", "certificate": "/keys/new.crt"},
        {"key": "/keys/old.key", "certificate": "/keys/old.crt"},
    ]


def test_without_keys_nothing_is_decrypted() -> None:
    none = settings("RELYRA")["RELYRA"]

    assert isinstance(none, dict)
    assert none["KEY_RESOLVER"]["OPTIONS"]["decryption"] == []


def test_nothing_is_to_be_said_about_a_production_site() -> None:
    result = run("manage.py", "check", "--deploy", "--fail-level", "WARNING", **PRODUCTION)

    assert result.returncode == 0, result.stderr
    assert "no issues" in result.stdout


def test_a_site_on_http_is_not_ready_to_deploy() -> None:
    result = run("manage.py", "check", "--deploy", "--fail-level", "WARNING")

    assert result.returncode == 1
    assert "security.W012" in result.stderr


def test_the_models_and_their_migrations_agree() -> None:
    result = run("manage.py", "makemigrations", "--check", "--dry-run")

    assert result.returncode == 0, result.stdout + result.stderr
