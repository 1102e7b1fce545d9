"""The example project as a visitor meets it: its own process, its shipped settings, SQLite."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests
from lxml import html

from tests.idps.connect import WantedConnection
from tests.idps.processes import ROOT, free_port, running, write_key_pair

# The site can decrypt with the first two: `former` is on its way out, `lost` is gone.
KEYS = ("current", "former", "lost")
HELD_KEYS = KEYS[:2]


@dataclass(frozen=True, kw_only=True, slots=True)
class ExampleSite:
    directory: Path
    port: int

    @property
    def base_url(self) -> str:
        return f"http://localhost:{self.port}"

    def login_url(self, connection: str) -> str:
        return f"{self.base_url}/saml/{connection}/login/?next=/receipt/"

    def acs_url(self, connection: str) -> str:
        return f"{self.base_url}/saml/{connection}/acs/"

    def slo_url(self, connection: str) -> str:
        return f"{self.base_url}/saml/{connection}/slo/"

    def metadata_url(self, connection: str) -> str:
        return f"{self.base_url}/saml/{connection}/metadata/"

    @property
    def receipt_url(self) -> str:
        return f"{self.base_url}/receipt/"

    @property
    def environment(self) -> Mapping[str, str]:
        return {
            **{k: v for k, v in os.environ.items() if not k.startswith(("RELYRA_", "PYTEST"))},
            "DJANGO_SETTINGS_MODULE": "example_project.settings",
            "DATABASE_URL": f"sqlite:///{self.directory}/site.sqlite3",
            "RELYRA_BASE_URL": self.base_url,
            "RELYRA_DECRYPTION_KEYS": ",".join(str(self.key_file(name)) for name in HELD_KEYS),
            "SECRET_KEY": "for-tests-only",
        }

    @property
    def log(self) -> Path:
        return self.directory / "site.log"

    def key_file(self, name: str) -> Path:
        return self.directory / f"{name}.key"

    def encryption_certificate(self, name: str) -> str:
        """Return the certificate of one of KEYS, as base64."""
        pem = self.key_file(name).with_suffix(".crt").read_text()
        return "".join(pem.strip().splitlines()[1:-1])

    def run(self, *arguments: str, standard_input: str = "") -> None:
        subprocess.run(
            [sys.executable, *arguments],
            cwd=ROOT,
            env=dict(self.environment),
            input=standard_input,
            text=True,
            check=True,
        )

    def connect(self, wanted: Sequence[WantedConnection]) -> None:
        listed = json.dumps([asdict(each) for each in wanted])
        self.run("-m", "tests.idps.connect", standard_input=listed)


@contextmanager
def running_example(directory: Path) -> Iterator[ExampleSite]:
    """Migrate and serve it until the block ends."""
    directory.mkdir()
    site = ExampleSite(directory=directory, port=free_port())
    for name in KEYS:
        write_key_pair(site.key_file(name), site.key_file(name).with_suffix(".crt"))
    site.run("manage.py", "migrate", "--verbosity", "0")
    command = [sys.executable, "manage.py", "runserver", "--noreload", f"127.0.0.1:{site.port}"]
    with running(command, answers=site.base_url, log=site.log, environment=site.environment):
        yield site


@dataclass(frozen=True, kw_only=True, slots=True)
class Receipt:
    """What the receipt page says of the visitor and of what was asserted."""

    facts: Mapping[str, str]
    attributes: Mapping[str, str]

    @classmethod
    def read(cls, answer: requests.Response) -> Receipt:
        page = html.fromstring(answer.content)
        rows = [(row.findtext("dt", ""), row.find("dd")) for row in page.iterfind(".//dl/div")]
        cells = [(row.find("th"), row.find("td")) for row in page.iterfind(".//tbody/tr")]
        return cls(
            facts={name: text(value) for name, value in rows},
            attributes={text(name): text(value) for name, value in cells},
        )


def text(element: Any) -> str:
    return " ".join(element.text_content().split())


def is_signed_in(answer: requests.Response) -> bool:
    return answer.status_code == 200 and urlsplit(answer.url).path == "/receipt/"


def refusal(answer: requests.Response) -> tuple[int, str]:
    """Return the status and the code that the page shows."""
    page: Any = html.fromstring(answer.content)
    found = page.xpath("//dt[normalize-space()='Code']/following::dd[1]")
    assert found, f"{answer.status_code} {answer.url}: {answer.text[:1000]}"
    return answer.status_code, text(found[0])
