"""A stranger's project: startproject, the built wheel, the README's steps, a login over sockets."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from html.parser import HTMLParser
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urljoin

import pytest
import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from relyra_django.testing.forms import read_action, read_form

pytestmark = pytest.mark.processes

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
OPERATOR, PASSWORD = "operator", "a-long-pass-phrase"
SECONDS = 120


@dataclass(frozen=True, kw_only=True)
class Block:
    """One fenced block of the README's steps."""

    language: str
    text: str


def steps() -> list[Block]:
    section = re.split(r"^## ", README.split("## Add it to your project\n")[1], flags=re.M)[0]
    found = re.findall(r"^ *```(\w+)\n(.*?)^ *```$", section, flags=re.M | re.S)
    return [Block(language=language, text=text) for language, text in found]


def commands() -> list[str]:
    lines = [line for block in steps() if block.language == "sh" for line in block.text.split("\n")]
    return [line.strip() for line in lines if line.strip()]


@dataclass
class Stranger:
    """Somebody with an empty directory, a virtual environment and our README."""

    directory: Path
    wheel: Path
    site_port: int
    idp_port: int
    processes: ExitStack
    output: dict[str, str] = field(default_factory=dict)

    @property
    def python(self) -> str:
        return str(self.directory / "venv" / "bin" / "python")

    @property
    def environment(self) -> dict[str, str]:
        """A plain environment: nothing of this test run, PYTHONPATH above all, leaks in."""
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        return {
            **kept,
            "RELYRA_BASE_URL": f"http://localhost:{self.site_port}",
            "DJANGO_SUPERUSER_USERNAME": OPERATOR,
            "DJANGO_SUPERUSER_PASSWORD": PASSWORD,
            "DJANGO_SUPERUSER_EMAIL": "operator@example.com",
        }

    def run(self, *arguments: str, **environment: str) -> str:
        """Run Python in the project and return what it printed."""
        done = subprocess.run(
            [self.python, *arguments],
            cwd=self.directory,
            env={**self.environment, **environment},
            capture_output=True,
            text=True,
            check=False,
            timeout=SECONDS,
        )
        assert done.returncode == 0, f"{arguments}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        return self.processes.enter_context(running(self, *arguments))

    def follow(self, block: Block) -> None:
        """Do what one block of the README says."""
        if block.language == "python":
            self.edit(block.text)
        else:
            for line in block.text.split("\n"):
                self.obey(line.strip())

    def obey(self, line: str) -> None:
        match line.split():
            case []:
                return
            case ["python", "-m", "pip", "install", "relyra-django"]:
                self.install()
            case ["python", "manage.py", "createsuperuser"]:
                self.run("manage.py", "createsuperuser", "--noinput")
            case ["python", "manage.py", "runserver", "localhost:8000"]:
                address = f"localhost:{self.site_port}"
                self.start("manage.py", "runserver", "--noreload", address)
            case ["python", "-m", module, "--port", "8001"]:
                idp = self.start("-m", module, "--port", str(self.idp_port))
                assert idp.stdout is not None
                self.output[line] = idp.stdout.readline()
            case ["python", *arguments]:
                self.output[line] = self.run(*arguments)
            case _:
                raise AssertionError(f"The README says what nobody can follow: {line}")

    def install(self) -> None:
        """Install the wheel; everything it needs is in the environment that runs this test."""
        flags = ["--no-deps", "--no-index", "--ignore-installed", "--disable-pip-version-check"]
        self.run("-m", "pip", "install", "-q", *flags, str(self.wheel))

    def edit(self, block: str) -> None:
        """Do by hand what the README asks for: one list item, one line to uncomment."""
        if "INSTALLED_APPS" in block:
            item = re.findall(r'"\w+",', block)[0]
            self.replace("mysite/settings.py", "INSTALLED_APPS = [", f"INSTALLED_APPS = [\n{item}")
        else:
            line = block.strip()
            self.replace("mysite/relyra/connections.py", f"# {line}", line)

    def replace(self, name: str, old: str, new: str) -> None:
        path = self.directory / name
        text = path.read_text(encoding="utf-8")
        assert text.count(old) == 1, name
        path.write_text(text.replace(old, new), encoding="utf-8")


@contextmanager
def running(stranger: Stranger, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    log = stranger.directory / f"{arguments[1].replace('.', '-')}.log"
    with (
        log.open("w") as errors,
        subprocess.Popen(
            [stranger.python, *arguments],
            cwd=stranger.directory,
            env=stranger.environment,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        ) as process,
    ):
        try:
            yield process
        finally:
            process.terminate()
            process.communicate(timeout=SECONDS)


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    assert isinstance(port, int)
    return port


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("wheel")
    isolation = ["--no-build-isolation"] if find_spec("hatchling") else []
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", *isolation, "-w", target, ROOT],
        check=True,
        timeout=SECONDS,
    )
    (built,) = target.glob("relyra_django-*.whl")
    return built


@pytest.fixture
def stranger(tmp_path: Path, wheel: Path) -> Iterator[Stranger]:
    """A new project in a new environment that sees this one's packages, but not this checkout."""
    make_environment(tmp_path / "venv")
    with ExitStack() as processes:
        stranger = Stranger(
            directory=tmp_path,
            wheel=wheel,
            site_port=free_port(),
            idp_port=free_port(),
            processes=processes,
        )
        stranger.run("-m", "django", "startproject", "mysite", ".")
        yield stranger


def make_environment(path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "venv", "--without-pip", path], check=True, timeout=SECONDS
    )
    (site,) = path.glob("lib/python*/site-packages")
    # A line of a .pth file adds a directory, and not what its own .pth files would add.
    places = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    (site / "packages_of_the_test_run.pth").write_text("\n".join(sorted(places)))


def browser() -> requests.Session:
    # Until a process listens; what it then answers is the answer.
    waiting = Retry(connect=8, read=0, backoff_factor=0.2, respect_retry_after_header=False)
    session = requests.Session()
    session.mount("http://", HTTPAdapter(max_retries=waiting))
    return session


def submit(session: requests.Session, page: requests.Response, **fields: str) -> requests.Response:
    """Send the page's form as a browser would, with these fields filled in."""
    assert page.status_code == 200, page.text
    return session.post(
        urljoin(page.url, read_action(page.text)), {**read_form(page.text), **fields}, timeout=30
    )


def reach_response(session: requests.Session, stranger: Stranger) -> requests.Response:
    """Go from the login address to the page that would post the response to the site."""
    address = re.findall(r"`http://localhost:8000(/saml/\S+)`", README)[0]
    name, password = re.findall(r"sign in as `(\w+)` with the password\s+`(\w+)`", README)[0]
    site = f"http://localhost:{stranger.site_port}"
    sign_in = session.get(f"{site}{address}", timeout=30)
    assert sign_in.url.startswith(f"http://127.0.0.1:{stranger.idp_port}/")
    consent = submit(session, sign_in, username=name, password=password)
    return submit(session, consent, variant="honest")


def test_the_readme_has_the_steps() -> None:
    assert [block.language for block in steps()] == ["sh", "python", "sh", "python", "sh", "sh"]
    assert commands()[0] == "python -m pip install relyra-django"
    assert "python manage.py relyra_install" in commands()


def test_a_new_project_reaches_a_login_by_the_readme_alone(stranger: Stranger) -> None:
    for block in steps():
        stranger.follow(block)
    assert "venv" in stranger.run("-c", "import relyra_django as r; print(r.__file__)")
    assert "Left to do:" in stranger.output["python manage.py relyra_install"]
    idp = next(output for line, output in stranger.output.items() if "idp_server" in line)
    add_connection(stranger, idp.strip())

    session = browser()
    landed = submit(session, posted := reach_response(session, stranger))
    assert f"http://localhost:{stranger.site_port}/admin/login/?next=/admin/" == landed.url
    found = session_of(stranger, session)
    assert found["anchor"] == "alice"
    assert found["email"] == "alice@example.org"
    assert found["backend"] == "relyra_django.backends.RelyraBackend"
    assert found["name"] in landed.text
    assert found["name"] != OPERATOR

    again = submit(session, posted)
    assert again.status_code == 403
    assert "request_intent_consumed" in again.text


def test_before_the_line_is_uncommented_every_login_is_refused(stranger: Stranger) -> None:
    for block in steps():
        if "DatabaseResolver" not in block.text and "idp_server" not in block.text:
            stranger.follow(block)
    page = browser().get(f"http://localhost:{stranger.site_port}/saml/login/", timeout=30)
    assert page.status_code == 503
    assert "adapter_not_configured" in page.text


def add_connection(stranger: Stranger, metadata_url: str) -> None:
    """Do step 7: in the admin, with the values that the metadata shows."""
    metadata = browser().get(metadata_url, timeout=30).text
    admin, why = browser(), {"cause": "Step 7 of the README"}
    site = f"http://localhost:{stranger.site_port}"
    page = admin.get(f"{site}/admin/relyra_django/connection/add/", timeout=30)
    page = fill_in(admin, page, username=OPERATOR, password=PASSWORD)
    page = fill_in(
        admin,
        page,
        idp_entity_id=re.findall(r'entityID="([^"]+)"', metadata)[0],
        idp_sso_url=re.findall(r'SingleSignOnService [^>]*Location="([^"]+)"', metadata)[0],
        provisioning="create",
        _continue="1",
        **why,
    )
    certificate = re.findall(r"X509Certificate>([^<]+)<", metadata)[0]
    page = fill_in(admin, press(admin, page, "Add certificate"), pem=certificate, **why)
    page = fill_in(admin, press(admin, page, "Enable"), **why)
    assert "The connection is enabled." in page.text


def press(session: requests.Session, page: requests.Response, label: str) -> requests.Response:
    """Follow the link with this text."""
    links = re.findall(r'<a\b[^>]*href="([^"]+)"[^>]*>\s*([^<]*?)\s*</a>', page.text)
    return session.get(urljoin(page.url, {text: url for url, text in links}[label]), timeout=30)


def fill_in(session: requests.Session, page: requests.Response, **given: str) -> requests.Response:
    """Send the form that has these fields, the others as they stand on the page."""
    assert page.status_code == 200, page.text
    reader = FormReader()
    reader.feed(page.text)
    names = {name for name in given if not name.startswith("_")}
    (fields,) = [form for form in reader.forms if names <= form.keys()]
    sent = session.post(page.url, {**fields, **given}, headers={"Referer": page.url}, timeout=30)
    assert 'class="errorlist' not in sent.text, sent.text
    return sent


class FormReader(HTMLParser):
    """Reads what a browser would send for each form of a page, buttons apart."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[dict[str, str]] = []
        self.name = ""  # of the select or textarea that is open
        self.is_text = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        name, value = attributes.get("name", ""), attributes.get("value", "")
        kind = attributes.get("type", "text")
        chosen = kind not in {"submit", "checkbox", "radio"} or "checked" in attributes
        if tag == "form":
            self.forms.append({})
        elif tag in {"select", "textarea"} and self.forms:
            self.name, self.is_text = name, tag == "textarea"
            self.forms[-1][name] = ""
        elif tag == "option" and "selected" in attributes:
            self.forms[-1][self.name] = value
        elif tag == "input" and name and chosen and self.forms:
            self.forms[-1][name] = value

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self.is_text = False

    def handle_data(self, data: str) -> None:
        if self.is_text:
            self.forms[-1][self.name] += data.strip()


def session_of(stranger: Stranger, session: requests.Session) -> dict[str, str]:
    """Ask the project itself who is signed in with this browser's cookie."""
    cookie = session.cookies["sessionid"]
    printed = stranger.run("-c", WHO_IS_SIGNED_IN, SESSION_KEY=cookie)
    found = json.loads(printed)
    assert isinstance(found, dict)
    return found


WHO_IS_SIGNED_IN = """
import json, os, django
os.environ["DJANGO_SETTINGS_MODULE"] = "mysite.settings"
django.setup()
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from relyra_django.models import UserIdentity
data = Session.objects.get(pk=os.environ["SESSION_KEY"]).get_decoded()
user = User.objects.get(pk=data["_auth_user_id"])
print(json.dumps({
    "name": user.username,
    "email": user.email,
    "backend": data["_auth_user_backend"],
    "anchor": UserIdentity.objects.get(user=user).anchor,
}))
"""
