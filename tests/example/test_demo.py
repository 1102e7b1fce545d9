"""`manage.py demo` as people type it: it starts, says where, and leaves nothing."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from example_project.demo.browser import Browser
from example_project.demo.check import USED
from example_project.demo.plan import PROJECT
from example_project.demo.ports import free_port, is_free

pytestmark = pytest.mark.processes

Demo = Callable[..., "subprocess.Popen[str]"]
PATIENCE_SECONDS = 90
STEPS = [
    "home page",
    "honest answer",
    "the same answer again",
    "sign out",
    "wrong audience",
    "tampered answer",
    "replayed answer",
    "another browser",
]


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Demo]:
    """Start `manage.py demo`, with a temporary directory of its own to show what it leaves."""
    started: list[subprocess.Popen[str]] = []

    def demo(*arguments: str, **variables: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "demo", *arguments],
            cwd=PROJECT,
            env={**environment(), "TMPDIR": str(tmp_path), **variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        started.append(process)
        return process

    yield demo
    for process in started:
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


def environment() -> dict[str, str]:
    """Return this process's environment without what pytest and CI chose for themselves."""
    chosen = {"DJANGO_SETTINGS_MODULE", "DATABASE_URL", "SECRET_KEY", "RELYRA_BASE_URL"}
    return {name: value for name, value in os.environ.items() if name not in chosen}


def output_until(process: subprocess.Popen[str], text: str) -> str:
    """Return what is printed up to the line with `text`."""
    assert process.stdout is not None
    lines = ""
    for line in process.stdout:
        lines += line
        if text in line:
            return lines
    raise AssertionError(f"{text!r} was not printed:\n{lines}")


def children_of(directory: Path) -> list[str]:
    """Return the command lines of the processes whose environment names the directory."""
    marker = str(directory).encode()
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            mine = marker in (entry / "environ").read_bytes() and "demo.child" in command
        except (FileNotFoundError, PermissionError, ProcessLookupError):
            continue
        if mine:
            found.append(command)
    return found


def assert_all_gone(directory: Path) -> None:
    deadline = time.monotonic() + 10
    while left := children_of(directory):
        assert time.monotonic() < deadline, left


def test_the_check_logs_in_and_leaves_nothing(demo: Demo, tmp_path: Path) -> None:
    process = demo("--check")

    output, _ = process.communicate(timeout=PATIENCE_SECONDS)

    assert process.returncode == 0, output
    assert output.splitlines()[-1] == "login ok"
    assert re.findall(r"^ok +([^:]+):", output, re.MULTILINE) == STEPS
    assert_refused_with_their_codes(output)
    assert children_of(tmp_path) == []
    assert list(tmp_path.iterdir()) == []


def assert_refused_with_their_codes(output: str) -> None:
    refused = dict(re.findall(r"^ok +([^:]+): refused, (\w+)$", output, re.MULTILINE))
    assert refused["wrong audience"] == "invalid_audience"
    assert refused["tampered answer"] == "digest_mismatch"
    assert refused["another browser"] == "browser_binding_mismatch"
    assert {refused["replayed answer"], refused["the same answer again"]} <= USED


def test_a_check_that_is_interrupted_leaves_nothing(demo: Demo, tmp_path: Path) -> None:
    process = demo("--check")
    output_until(process, "site http")
    assert len(children_of(tmp_path)) >= 2

    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=PATIENCE_SECONDS)

    assert process.returncode != 0
    assert_all_gone(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_the_demo_says_where_to_go_and_stops_on_ctrl_c(demo: Demo, tmp_path: Path) -> None:
    port, idp_port = free_port(), free_port()
    process = demo("--dir", str(tmp_path), "--port", str(port), "--idp-port", str(idp_port))

    output = output_until(process, "Ctrl-C")

    assert f"http://localhost:{port}\n" in output
    assert f"http://127.0.0.1:{idp_port}\n" in output
    assert re.search(r"user operator, password \S{16}", output)
    assert Browser().get(f"http://localhost:{port}").status == 200
    process.send_signal(signal.SIGINT)
    rest, _ = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 0, rest
    assert rest.splitlines()[-1] == "Stopped."
    assert children_of(tmp_path) == []
    assert is_free(port)
    assert is_free(idp_port)


def test_another_port_is_taken_when_the_wanted_one_is_not_free(demo: Demo, tmp_path: Path) -> None:
    port = free_port()
    arguments = ("--port", str(port), "--idp-port", str(free_port()))
    output_until(demo("--dir", str(tmp_path / "first"), *arguments), "Ctrl-C")

    output = output_until(demo("--dir", str(tmp_path / "second"), *arguments), "Ctrl-C")

    site = re.search(r"http://localhost:(\d+)", output)
    assert site is not None
    assert int(site[1]) != port
    assert Browser().get(site[0]).status == 200


def test_nothing_is_left_when_the_demo_itself_is_killed(demo: Demo, tmp_path: Path) -> None:
    process = demo("--dir", str(tmp_path), "--port", str(free_port()))
    output_until(process, "Ctrl-C")
    assert len(children_of(tmp_path)) == 2

    process.kill()
    process.communicate()

    assert_all_gone(tmp_path)


def test_a_second_start_keeps_the_accounts_and_follows_the_providers_new_key(
    demo: Demo, tmp_path: Path
) -> None:
    accounts = [account_after_sign_in(demo, tmp_path) for _ in range(2)]

    assert accounts[0].startswith("saml-")
    assert accounts[0] == accounts[1]


def account_after_sign_in(demo: Demo, directory: Path) -> str:
    process = demo("--dir", str(directory), "--port", str(free_port()), "--idp-port", "0")
    site = re.search(r"http://localhost:\d+", output_until(process, "Ctrl-C"))
    assert site is not None
    browser = Browser()
    page = browser.get(f"{site[0]}/receipt/")
    for field, value in (("username", "ines"), ("variant", "honest"), ("SAMLResponse", "")):
        chosen = {field: value} if value else {}
        page = browser.submit(page, page.form(field), **chosen)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=PATIENCE_SECONDS)
    account = re.search(r"<code>(saml-\w+)</code>", page.text)
    assert account is not None, page.text
    return account[1]


def test_a_process_that_does_not_start_is_told_with_its_log(demo: Demo, tmp_path: Path) -> None:
    (tmp_path / "demo.sqlite3").write_text("This is no database.")
    process = demo("--dir", str(tmp_path), "--port", str(free_port()))

    output, _ = process.communicate(timeout=PATIENCE_SECONDS)

    assert process.returncode == 1
    assert "prepare ended with 1." in output
    assert "file is not a database" in output
    assert children_of(tmp_path) == []
