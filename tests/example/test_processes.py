"""Starting, awaiting and ending processes: none is left, and a failure shows its log."""

from __future__ import annotations

import os
import select
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from example_project.demo import processes
from example_project.demo.plan import PROJECT, Plan
from example_project.demo.ports import LOOPBACK, free_port
from example_project.demo.processes import NotStartedError, Server, start

pytestmark = pytest.mark.processes

Start = Callable[..., Server]

LISTEN = """
import socket, sys, time
server = socket.create_server(("127.0.0.1", int(sys.argv[1])))
time.sleep(60)
"""
STUBBORN = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("ready", flush=True)
time.sleep(60)
"""
PARENT = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
print(child.pid, flush=True)
time.sleep(60)
"""
LIFELINE = """
from example_project.demo.child import end_with_parent
import time
end_with_parent()
time.sleep(60)
"""


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Start]:
    """Run a script as a Server; whatever it is, it is ended after the test."""
    servers: list[Server] = []

    def run(script: str, *arguments: str, port: int | None = None) -> Server:
        log = tmp_path / "script.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, "-c", script, *arguments],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
                cwd=PROJECT,
                start_new_session=True,
            )
        servers.append(Server(name="script", process=process, log=log, port=port))
        return servers[-1]

    yield run
    for server in servers:
        server.stop()


def line_of(server: Server) -> str:
    """Return the first line that the script printed, once it is there."""
    while not (text := server.log.read_text()).endswith("\n"):
        assert server.process.poll() is None
    return text.splitlines()[0]


def has_ended(watch: int, *, within: float) -> bool:
    """Say whether the process behind a pidfd ends in that many seconds."""
    return bool(select.select([watch], [], [], within)[0])


def test_a_server_is_awaited_until_it_answers(run: Start) -> None:
    port = free_port()

    run(LISTEN, str(port), port=port).wait_until_answering()

    socket.create_connection((LOOPBACK, port)).close()


def test_a_server_that_ends_at_once_is_told_with_its_log(run: Start) -> None:
    server = run("raise SystemExit('the port is taken')", port=free_port())

    with pytest.raises(NotStartedError, match=r"script ended at once\.\nthe port is taken"):
        server.wait_until_answering()


def test_a_stranger_on_the_port_is_not_taken_for_the_server(run: Start) -> None:
    with socket.create_server((LOOPBACK, 0)) as stranger:
        port = stranger.getsockname()[1]
        server = run(LISTEN, str(port), port=port)
        server.process.wait()

        with pytest.raises(NotStartedError, match="Address already in use"):
            server.wait_until_answering()


def test_a_silent_server_is_given_up(run: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "START_SECONDS", 0.2)

    with pytest.raises(NotStartedError, match="does not answer"):
        run("import time; time.sleep(60)", port=free_port()).wait_until_answering()


def test_a_task_is_awaited_until_it_is_done(run: Start) -> None:
    server = run("print('migrated')")

    server.wait_until_done()

    assert server.log_end() == "migrated"


def test_a_task_that_fails_is_told_with_its_log(run: Start) -> None:
    with pytest.raises(NotStartedError, match=r"script ended with 1\.\nno such table"):
        run("raise SystemExit('no such table')").wait_until_done()


def test_a_task_that_hangs_is_given_up(run: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "START_SECONDS", 0.2)

    with pytest.raises(NotStartedError, match="does not end"):
        run("import time; time.sleep(60)").wait_until_done()


def test_a_process_that_ignores_the_order_is_killed(
    run: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "STOP_SECONDS", 0.2)
    server = run(STUBBORN)
    line_of(server)

    server.stop()

    assert server.process.returncode is not None


def test_what_a_process_started_ends_with_it(run: Start) -> None:
    server = run(PARENT)
    grandchild = os.pidfd_open(int(line_of(server)))
    try:
        assert not has_ended(grandchild, within=0)
        server.stop()
        assert has_ended(grandchild, within=10)
    finally:
        os.close(grandchild)


def test_stopping_twice_is_harmless(run: Start) -> None:
    server = run("print('done')")
    server.process.wait()

    server.stop()
    server.stop()

    assert server.process.returncode == 0


def test_a_child_ends_when_its_parent_is_gone(run: Start) -> None:
    """However the parent ended, its end of the pipe is closed then."""
    server = run(LIFELINE)
    assert server.process.poll() is None
    assert server.process.stdin is not None

    server.process.stdin.close()

    assert server.process.wait(30) == 0


def test_a_child_that_is_done_ends_well_while_its_parent_lives(run: Start) -> None:
    server = run(LIFELINE.replace("time.sleep(60)", "print('done')"))

    server.wait_until_done()

    assert server.log_end() == "done"


def test_an_unknown_role_ends_with_its_log(tmp_path: Path) -> None:
    plan = Plan(directory=tmp_path, site_port=free_port(), idp_port=free_port())
    server = start("nobody", ["nobody"], plan)
    try:
        with pytest.raises(NotStartedError, match="KeyError"):
            server.wait_until_done()
    finally:
        server.stop()
    assert os.listdir(tmp_path) == ["nobody.log"]
