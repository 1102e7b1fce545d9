"""The exit codes of `manage.py demo`."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from example_project.demo.management.commands import demo
from example_project.demo.processes import NotStartedError


@pytest.fixture(autouse=True)
def _signals() -> Iterator[None]:
    former = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, former)


def run(**options: Any) -> str:
    output = StringIO()
    call_command(demo.Command(), stdout=output, **options)
    return output.getvalue()


def test_a_check_that_fails_ends_with_1(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "check", lambda stdout: False)

    with pytest.raises(SystemExit) as ended:
        run(check=True)

    assert ended.value.code == 1


def test_a_check_that_holds_ends_well(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "check", lambda stdout: stdout.write("login ok") or True)

    assert run(check=True) == "login ok\n"


def test_what_did_not_start_is_an_error_of_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    def check(stdout: object) -> bool:
        raise NotStartedError("site ended at once.\nport taken")

    monkeypatch.setattr(demo, "check", check)

    with pytest.raises(CommandError, match="port taken"):
        run(check=True)


def test_a_check_that_is_interrupted_ends_as_a_shell_expects(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def check(stdout: object) -> bool:
        signal.raise_signal(signal.SIGTERM)
        return True

    monkeypatch.setattr(demo, "check", check)

    with pytest.raises(SystemExit) as ended:
        run(check=True)

    assert ended.value.code == 130


def test_the_demo_is_shown_on_the_usual_ports(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    seen: list[tuple[Any, ...]] = []
    monkeypatch.setattr(demo, "show", lambda *arguments: seen.append(arguments[:3]))

    run(dir=tmp_path)

    assert seen == [(tmp_path, 8000, 8001)]
