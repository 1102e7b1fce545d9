from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def test_users_without_a_user_name_sign_in() -> None:
    """AUTH_USER_MODEL cannot change within a process, so this suite runs in one of its own."""
    command = [sys.executable, "-m", "pytest", "tests/people/logins.py", "-q", "--no-cov"]
    command += ["--ds=tests.people.settings", "-p", "no:cacheprovider", "-p", "no:randomly"]
    # On SQLite alone: the models of this host have no migrations.
    environment = {k: v for k, v in os.environ.items() if k != "DATABASE_URL"}
    run = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert "9 passed" in run.stdout
