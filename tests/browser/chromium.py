"""A headless Chromium that is driven through two pipes; nothing but the browser has to be there."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
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


def find_chromium() -> str:
    """Return the browser's path, or an empty string: CHROMIUM, else the first of NAMES."""
    candidates = (os.environ.get("CHROMIUM", ""), *NAMES)
    return next((path for name in candidates if name and (path := shutil.which(name))), "")


@dataclass(kw_only=True, slots=True)
class Tab:
    """One tab. `console` collects what pages and the browser complain of."""

    write: int
    read: int
    console: list[str] = field(default_factory=list)
    _buffer: bytes = b""
    _count: int = 0
    _session: str = ""

    def attach(self) -> None:
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        attached = self.call("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]
        self.call("Log.enable")
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=WIDTH,
            height=HEIGHT,
            deviceScaleFactor=1,
            mobile=False,
        )

    def call(self, method: str, **params: Any) -> Any:
        """Send one command and return its result. RuntimeError: the browser refused it."""
        self._count += 1
        message: dict[str, Any] = {"id": self._count, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        os.write(self.write, json.dumps(message).encode() + b"\0")
        while (answer := self._receive()).get("id") != self._count:
            self._note(answer)
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']}")
        return answer["result"]

    def _note(self, event: dict[str, Any]) -> None:
        if event.get("method") == "Log.entryAdded":
            entry = event["params"]["entry"]
            self.console.append(f"{entry['level']}: {entry['text']} {entry.get('url', '')}")

    def _receive(self) -> dict[str, Any]:
        while b"\0" not in self._buffer:
            octets = os.read(self.read, 1 << 16)
            if not octets:
                raise ConnectionError("Chromium has gone.")
            self._buffer += octets
        line, _, self._buffer = self._buffer.partition(b"\0")
        event: dict[str, Any] = json.loads(line)
        return event

    def visit(self, url: str, *, until: str) -> None:
        self.call("Page.navigate", url=url)
        self.wait_for(until)

    def click(self, selector: str, *, until: str) -> None:
        """Click and wait for a page that has `until`."""
        self.evaluate(f"document.querySelector({json.dumps(selector)}).click()")
        self.wait_for(until)

    def wait_for(self, selector: str) -> None:
        there = f"!!document.querySelector({json.dumps(selector)})"
        complete = f"document.readyState === 'complete' && {there}"
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not self._holds(complete):
            if time.monotonic() > deadline:
                raise TimeoutError(f"no {selector}; {self.url}: {self.text('body')[:500]}")
            time.sleep(0.05)

    def _holds(self, condition: str) -> bool:
        try:
            return bool(self.evaluate(condition))
        except RuntimeError as error:
            if "navigated" not in str(error):
                raise
            return False  # the page went away while it was asked

    def evaluate(self, script: str) -> Any:
        answer = self.call("Runtime.evaluate", expression=script)
        if "exceptionDetails" in answer:
            raise RuntimeError(f"{script}: {answer['exceptionDetails']['exception']}")
        return answer["result"].get("value")

    @property
    def url(self) -> str:
        return str(self.evaluate("location.href"))

    def text(self, selector: str) -> str:
        found = self.evaluate(f"document.querySelector({json.dumps(selector)})?.innerText")
        return " ".join(str(found or "").split())

    def fill(self, selector: str, value: str) -> None:
        field_ = f"document.querySelector({json.dumps(selector)})"
        self.evaluate(f"{field_}.value = {json.dumps(value)}")

    def cookies(self) -> dict[str, dict[str, Any]]:
        """Return the cookies of every site, by name."""
        return {each["name"]: each for each in self.call("Storage.getCookies")["cookies"]}

    def forget(self) -> None:
        """Become a visitor who has never been here."""
        self.call("Storage.clearCookies")

    def prefer(self, scheme: str) -> None:
        feature = {"name": "prefers-color-scheme", "value": scheme}
        self.call("Emulation.setEmulatedMedia", features=[feature])

    def picture(self, path: Path) -> None:
        """Write the whole page, however long, as a PNG."""
        height = max(HEIGHT, int(self.evaluate("document.documentElement.scrollHeight")))
        clip = {"x": 0, "y": 0, "width": WIDTH, "height": height, "scale": 1}
        shot = self.call("Page.captureScreenshot", clip=clip, captureBeyondViewport=True)
        path.write_bytes(base64.b64decode(shot["data"]))


@contextmanager
def chromium(profile: Path) -> Iterator[Tab]:
    """Run Chromium with an empty profile there; it reads descriptor 3 and answers on 4."""
    commands, write = os.pipe()
    read, answers = os.pipe()
    line = f'exec "$@" 3<&{commands} 4>&{answers}'
    process = subprocess.Popen(
        ["bash", "-c", line, "bash", find_chromium(), *FLAGS, f"--user-data-dir={profile}"],
        pass_fds=(commands, answers),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(commands)
    os.close(answers)
    try:
        tab = Tab(write=write, read=read)
        tab.attach()
        yield tab
    finally:
        process.terminate()
        process.wait(20)
        os.close(write)
        os.close(read)
