"""One run of the demo: two sites, its own database, secrets that are not told."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import pytest

from example_project.demo.plan import Plan


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    return Plan(directory=tmp_path, site_port=8000, idp_port=8001)


def test_the_two_origins_are_two_sites(plan: Plan) -> None:
    """A port makes no other site; only another host makes the answer a cross-site POST."""
    assert urlsplit(plan.site_url).hostname != urlsplit(plan.idp_url).hostname


def test_the_processes_get_the_runs_own_database(
    plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://production/db")
    monkeypatch.setenv("DEBUG", "true")

    environment = plan.environment()

    assert environment["DATABASE_URL"] == f"sqlite:///{plan.database}"
    assert environment["DEBUG"] == "false"
    assert environment["RELYRA_BASE_URL"] == "http://localhost:8000"


def test_each_run_has_its_own_secrets(plan: Plan, tmp_path: Path) -> None:
    other = Plan(directory=tmp_path, site_port=8000, idp_port=8001)

    assert plan.operator_password != other.operator_password
    assert plan.secret_key != other.secret_key


def test_the_secrets_are_not_in_the_repr(plan: Plan) -> None:
    assert plan.operator_password not in repr(plan)
    assert plan.secret_key not in repr(plan)
