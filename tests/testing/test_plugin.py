from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from relyra_django.models import Connection
from relyra_django.testing import FakeIdP, assert_saml_login, plugin

ROOT = Path(__file__).parents[2]
# As the entry point would offer them, were the package installed.
fake_idp, saml_connection, saml_login = plugin.fake_idp, plugin.saml_connection, plugin.saml_login


def test_the_fixtures_sign_a_visitor_in(
    saml_login: Callable[..., Any], saml_connection: Connection, fake_idp: FakeIdP
) -> None:
    user = assert_saml_login(saml_login(name_id="alice", next_url="/reports/"))
    assert user.is_active
    assert saml_connection.idp_entity_id == fake_idp.entity_id


def test_the_fixtures_refuse_too(saml_login: Callable[..., Any]) -> None:
    assert saml_login(audience="urn:other").status_code == 403


def test_a_project_without_django_settings_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(
        "def test_it(fake_idp):\n    assert fake_idp.response().encoded\n"
    )
    command = [sys.executable, "-m", "pytest", "-q", "-p", "relyra_django.testing.plugin"]
    done = subprocess.run(
        [*command, "-p", "no:cacheprovider", str(tmp_path)],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed" in done.stdout
