"""The opt-in app: there when it is installed, and not at all when it is not."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection

ROOT = Path(__file__).resolve().parent.parent
SETTINGS = """
SECRET_KEY = "not-a-secret"
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
INSTALLED_APPS = [
    "django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions", "relyra_django"
]
ROOT_URLCONF = "host_urls"
"""
PROGRAM = """
import django
from django.apps import apps
from django.core.management import call_command

django.setup()
import relyra_django.stores
import relyra_django.stores.abstract
import relyra_django.stores.base
import relyra_django.stores.database
import relyra_django.stores.memory
from relyra_django.exceptions import InvalidStore

assert not apps.all_models["relyra_stores"], "a model was registered"
names = {model.__name__ for model in apps.get_models()}
assert not {"RequestIntent", "ReplayKey"} & names, names
call_command("makemigrations", check=True, dry_run=True)
try:
    relyra_django.stores.database.RequestStore()
except InvalidStore as error:
    print(error)
"""


def test_without_the_app_the_stores_register_no_model(tmp_path: Path) -> None:
    (tmp_path / "host_settings.py").write_text(SETTINGS)
    (tmp_path / "host_urls.py").write_text("urlpatterns = []\n")
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=tmp_path,
        env={"PYTHONPATH": f"{tmp_path}:{ROOT}", "DJANGO_SETTINGS_MODULE": "host_settings"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert "No changes detected" in done.stdout
    assert 'Add "relyra_django.stores" to INSTALLED_APPS' in done.stdout


def test_the_app_has_its_own_label_and_tables() -> None:
    config = apps.get_app_config("relyra_stores")
    assert config.name == "relyra_django.stores"
    assert {model._meta.db_table for model in config.get_models()} == {
        "relyra_stores_requestintent",
        "relyra_stores_replaykey",
    }


@pytest.mark.django_db
@pytest.mark.parametrize("label", ["relyra_stores", "host"])
def test_the_migrations_say_what_the_models_say(label: str) -> None:
    call_command("makemigrations", label, check=True, dry_run=True, verbosity=0)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("table", "column"),
    [("relyra_stores_requestintent", "relay_state"), ("relyra_stores_replaykey", "replay_key")],
)
def test_the_tables_are_unique_by_key_and_indexed_by_time(table: str, column: str) -> None:
    with connection.cursor() as cursor:
        found = connection.introspection.get_constraints(cursor, table)
    unique = found[f"{table}_{column}_uniq"]
    assert unique["unique"]
    assert unique["columns"] == [column]
    assert any(each["columns"] == ["expires_at"] and each["index"] for each in found.values())
    # A second index on the key, for LIKE, would be paid for at every login.
    assert sum(each["columns"] == [column] for each in found.values()) == 1
