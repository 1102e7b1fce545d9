"""The demo's processes: started, awaited, and never left behind."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from example_project.demo.plan import PROJECT, Plan
from example_project.demo.ports import LOOPBACK

START_SECONDS = 60.0
STOP_SECONDS = 5.0
LOG_LINES = 20


class NotStartedError(Exception):
    """A process of the demo ended or stayed silent; the text carries the end of its log."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Server:
    """One process of ours, its log, and the port that it is to answer on (None: it just ends)."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path
    port: int | None = None

    def wait_until_answering(self) -> None:
        """Return once it accepts a connection. Raises NotStartedError."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            # Asked first: when the port was lost to a stranger, it is the stranger who answers.
            if self.process.poll() is not None:
                raise NotStartedError(f"{self.name} ended at once.\n{self.log_end()}")
            if self._answers():
                return
            time.sleep(0.05)
        raise NotStartedError(f"{self.name} does not answer.\n{self.log_end()}")

    def wait_until_done(self) -> None:
        """Return once it has ended well. Raises NotStartedError."""
        try:
            code = self.process.wait(START_SECONDS)
        except subprocess.TimeoutExpired:
            raise NotStartedError(f"{self.name} does not end.\n{self.log_end()}") from None
        if code:
            raise NotStartedError(f"{self.name} ended with {code}.\n{self.log_end()}")

    def log_end(self) -> str:
        lines = self.log.read_text(errors="replace").splitlines()
        return "\n".join(lines[-LOG_LINES:])

    def stop(self) -> None:
        """End it and whatever it started; first asked, then told."""
        for order in (signal.SIGTERM, signal.SIGKILL):
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, order)
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(STOP_SECONDS)
                break
        if self.process.stdin:
            self.process.stdin.close()

    def _answers(self) -> bool:
        try:
            socket.create_connection((LOOPBACK, self.port or 0), timeout=1).close()
        except OSError:
            return False
        return True


def start(name: str, arguments: Sequence[str], plan: Plan, port: int | None = None) -> Server:
    """Start `python -m example_project.demo.child`; it ends when its standard input does."""
    log = plan.directory / f"{name.replace(' ', '-')}.log"
    with log.open("wb") as output:
        # A group of its own: Ctrl-C reaches this process alone, which then ends the others.
        process = subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", "example_project.demo.child", *arguments],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=PROJECT,
            env=plan.environment(),
            start_new_session=True,
        )
    return Server(name=name, process=process, log=log, port=port)


@contextmanager
def running(plan: Plan) -> Iterator[None]:
    """Run the identity provider, prepare the database, run the site; end both afterwards."""
    plan.directory.mkdir(parents=True, exist_ok=True)
    servers: list[Server] = []
    try:
        servers.append(start("idp", ["idp", str(plan.idp_port)], plan, plan.idp_port))
        servers[-1].wait_until_answering()
        servers.append(start("prepare", ["prepare"], plan))
        servers[-1].wait_until_done()
        servers.append(start("site", ["site", str(plan.site_port)], plan, plan.site_port))
        servers[-1].wait_until_answering()
        yield
    finally:
        for server in reversed(servers):
            server.stop()
