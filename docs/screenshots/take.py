"""Take the pictures of the demo: `python docs/screenshots/take.py`; CHROMIUM names the browser.

Starts the demo as a visitor would, goes through it in light and in dark, writes demo-*.png here.
The pages ask for the Inter font first; without it the pictures come out in the system's own.
"""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent))

from example_project.demo.plan import Plan  # noqa: E402
from example_project.demo.ports import free_port  # noqa: E402
from example_project.demo.processes import running  # noqa: E402

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--remote-debugging-pipe",
)
WIDTH, HEIGHT = 1280, 800
PATIENCE_SECONDS = 20


class Tab:
    """One tab of a Chromium that is told what to do through two pipes."""

    def __init__(self, write: int, read: int) -> None:
        self._write, self._read = write, read
        self._buffer = b""
        self._count = 0
        self._session: str | None = None
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        attached = self.call("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]

    def call(self, method: str, **params: Any) -> Any:
        self._count += 1
        message = {"id": self._count, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._write, json.dumps(message).encode() + b"\0")
        while (answer := self._receive()).get("id") != self._count:
            pass
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']}")
        return answer["result"]

    def evaluate(self, script: str) -> Any:
        return self.call("Runtime.evaluate", expression=script)["result"].get("value")

    def click(self, selector: str, *, until: str) -> None:
        """Click and wait for a page that has `until`."""
        self.evaluate(f"document.querySelector({json.dumps(selector)}).click()")
        self.wait_for(until)

    def wait_for(self, selector: str) -> None:
        there = (
            f"document.readyState == 'complete' && !!document.querySelector({json.dumps(selector)})"
        )
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not self.evaluate(there):
            if time.monotonic() > deadline:
                raise TimeoutError(f"{selector}: not on {self.evaluate('location.href')}")
            time.sleep(0.1)

    def picture(self, path: Path) -> None:
        size = self.evaluate("document.documentElement.scrollHeight")
        clip = {"x": 0, "y": 0, "width": WIDTH, "height": max(HEIGHT, size), "scale": 1}
        shot = self.call("Page.captureScreenshot", clip=clip, captureBeyondViewport=True)
        path.write_bytes(base64.b64decode(shot["data"]))

    def _receive(self) -> Any:
        while b"\0" not in self._buffer:
            octets = os.read(self._read, 1 << 16)
            if not octets:
                raise ConnectionError("Chromium has gone.")
            self._buffer += octets
        line, _, self._buffer = self._buffer.partition(b"\0")
        return json.loads(line)


@contextmanager
def chromium(profile: str) -> Iterator[Tab]:
    """Run Chromium; it reads commands from descriptor 3 and answers on 4."""
    commands, write = os.pipe()
    read, answers = os.pipe()
    binary = os.environ.get("CHROMIUM", "chromium")
    line = f'exec "$@" 3<&{commands} 4>&{answers}'
    process = subprocess.Popen(
        ["bash", "-c", line, "bash", binary, *FLAGS, f"--user-data-dir={profile}"],
        pass_fds=(commands, answers),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    for theirs in (commands, answers):
        os.close(theirs)
    try:
        yield Tab(write, read)
    finally:
        process.terminate()
        process.wait(10)


def look(tab: Tab, scheme: str) -> None:
    """Restart as a visitor who prefers that colour scheme."""
    tab.call("Network.clearBrowserCookies")
    tab.call(
        "Emulation.setDeviceMetricsOverride",
        width=WIDTH,
        height=HEIGHT,
        deviceScaleFactor=1,
        mobile=False,
    )
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    tab.call("Emulation.setEmulatedMedia", features=features)


def visit(tab: Tab, site_url: str, scheme: str) -> None:
    look(tab, scheme)
    tab.call("Page.navigate", url=site_url)
    tab.wait_for(".hero")
    tab.picture(HERE / f"demo-home-{scheme}.png")
    tab.click(".hero .button", until=".choice")
    tab.click(".choice", until=".bad")
    tab.picture(HERE / f"demo-idp-{scheme}.png")
    tab.click(".primary", until=".cards")
    tab.picture(HERE / f"demo-receipt-{scheme}.png")
    tab.click(".bar form button", until=".hero")
    tab.click(".hero .button", until=".choice")
    tab.click(".choice", until=".bad")
    tab.click("button[value=wrong-audience]", until=".relyra-facts")
    tab.picture(HERE / f"demo-refused-{scheme}.png")


def main() -> None:
    with tempfile.TemporaryDirectory() as directory:
        plan = Plan(directory=Path(directory), site_port=free_port(8000), idp_port=free_port(8001))
        with running(plan), chromium(f"{directory}/profile") as tab:
            for scheme in ("light", "dark"):
                visit(tab, plan.site_url, scheme)


if __name__ == "__main__":
    main()
