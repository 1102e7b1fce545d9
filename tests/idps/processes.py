"""Identity providers and the example project as processes of their own on loopback ports."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote, urlencode

import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
SAMLP_HOME = Path(os.environ.get("SAMLP_HOME", ROOT / ".ci" / "cache" / "samlp"))
SIMPLESAMLPHP_HOME = Path(os.environ.get("SIMPLESAMLPHP_HOME", "/usr/share/simplesamlphp"))


@dataclass(frozen=True, kw_only=True, slots=True)
class Person:
    password: str
    attributes: Mapping[str, list[str]]


PEOPLE = {
    "alice": Person(
        password="alice-pass",
        attributes={
            "uid": ["alice"],
            "mail": ["alice@example.org"],
            "givenName": ["Alice"],
            "sn": ["Anders"],
            "groups": ["staff", "editors"],
        },
    ),
    "bob": Person(
        password="bob-pass",
        attributes={
            "uid": ["bob"],
            "mail": ["bob@example.org"],
            "givenName": ["Bob"],
            "sn": ["Berg"],
            "groups": ["staff"],
        },
    ),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class ServiceProvider:
    """What an identity provider knows of one connection. `lifetime` is in seconds.

    `sp_name_qualifier=False` keeps the service provider's name out of the NameID, so that only
    the audience names it. `certificate` is base64 and what is encrypted is encrypted for it.
    """

    acs_url: str
    slo_url: str = ""
    slo_binding: str = "redirect"
    signed: str = "assertion"
    digest: str = "sha256"
    lifetime: int = 300
    sp_name_qualifier: bool = True
    encrypts: tuple[str, ...] = ()
    content: str = ""
    certificate: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class IdentityProvider:
    """One that is going to run: where it listens, its key, and which paths are its own."""

    kind: str
    run_directory: Path
    port: int
    entity_path: str
    sso_path: str
    unsolicited_path: str
    slo_path: str
    service_providers: dict[str, ServiceProvider] = field(default_factory=dict)

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def entity_id(self) -> str:
        return self.base_url + self.entity_path

    @property
    def sso_url(self) -> str:
        return self.base_url + self.sso_path

    @property
    def slo_url(self) -> str:
        return self.base_url + self.slo_path

    def unsolicited_url(self, sp_entity_id: str, relay_state: str = "") -> str:
        """Return the link of a portal: it signs in at a service that has not asked."""
        state = f"&{urlencode({'RelayState': relay_state})}" if relay_state else ""
        return f"{self.base_url}{self.unsolicited_path}{quote(sp_entity_id, safe='')}{state}"

    @property
    def certificate_pem(self) -> str:
        return (self.run_directory / "idp.crt").read_text()

    @property
    def next_certificate_pem(self) -> str:
        """SimpleSAMLphp's metadata announces it already; nothing is signed with its key yet."""
        return (self.run_directory / "next.crt").read_text()

    def write(self) -> Path:
        """Write what the process reads at its start."""
        path = self.run_directory / "idp.json"
        facts = {
            "port": self.port,
            "entity_id": self.entity_id,
            "users": {name: asdict(person) for name, person in PEOPLE.items()},
            "service_providers": {k: asdict(v) for k, v in self.service_providers.items()},
        }
        path.write_text(json.dumps(facts))
        return path


def simplesamlphp(directory: Path) -> IdentityProvider:
    prepare(directory)
    base = "/simplesaml/saml2/idp"
    return IdentityProvider(
        kind="simplesamlphp",
        run_directory=directory,
        port=free_port(),
        entity_path=f"{base}/metadata.php",
        sso_path=f"{base}/SSOService.php",
        unsolicited_path=f"{base}/SSOService.php?spentityid=",
        slo_path=f"{base}/SingleLogoutService.php",
    )


def samlp(directory: Path) -> IdentityProvider:
    prepare(directory)
    return IdentityProvider(
        kind="samlp",
        run_directory=directory,
        port=free_port(),
        entity_path="/metadata",
        sso_path="/sso",
        unsolicited_path="/sso?sp=",
        slo_path="/logout",
    )


MAKERS: dict[str, Callable[[Path], IdentityProvider]] = {
    "simplesamlphp": simplesamlphp,
    "samlp": samlp,
}


def prepare(directory: Path) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    for name in ("idp", "next"):
        write_key_pair(directory / f"{name}.key", directory / f"{name}.crt")


def why_absent(kind: str) -> str:
    """Return what is missing to run this identity provider, or an empty string."""
    if kind == "simplesamlphp":
        installed = SIMPLESAMLPHP_HOME.is_dir() and shutil.which("php")
        return "" if installed else "no identity provider: SimpleSAMLphp is not installed"
    installed = (SAMLP_HOME / ".complete").exists() and shutil.which("node")
    return "" if installed else "no identity provider: run tests/idps/samlp/install for samlp"


def write_key_pair(key_path: Path, certificate_path: Path) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, key_path.stem)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=30))
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    key_path.write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    certificate_path.write_bytes(certificate.public_bytes(pem))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def running_idp(idp: IdentityProvider) -> Iterator[IdentityProvider]:
    """Run it until the block ends."""
    command = [str(HERE / idp.kind / "start"), str(idp.write())]
    with running(command, answers=idp.entity_id, log=idp.run_directory / "process.log"):
        yield idp


@contextmanager
def running(
    command: list[str], *, answers: str, log: Path, environment: Mapping[str, str] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server in a process group of its own; wait until the URL `answers` does."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, **(environment or {})},
            start_new_session=True,
        )
    try:
        wait_until_answering(process, answers, log)
        yield process
    finally:
        stop(process)


def wait_until_answering(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if requests.get(url, timeout=10).status_code < 500:
                return
        except requests.ConnectionError:
            time.sleep(0.1)
    raise RuntimeError(f"{url} does not answer:\n{log.read_text()[-3000:]}")


def stop(process: subprocess.Popen[bytes]) -> None:
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, number)
            process.wait(timeout=10)
        except ProcessLookupError:
            break
        except subprocess.TimeoutExpired:
            continue
    process.wait(timeout=10)
