"""relyra_install against projects of many shapes: tests/golden/<shape>/{before,after,summary}."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.test import override_settings

from relyra_django.management.commands.relyra_install import Command
from relyra_django.scaffold import report
from relyra_django.scaffold.host import Host
from relyra_django.scaffold.plan import make_plan
from relyra_django.scaffold.writing import write
from tests.scaffold.projects import (
    GOLDEN,
    SHAPES,
    Shape,
    changed,
    golden,
    lay,
    tree,
)

#: Set this to write what the command does now into tests/golden, then read the difference.
REWRITE = "RELYRA_REWRITE_GOLDEN" in os.environ


def keep(shape: Shape, files: dict[str, bytes], summary: str) -> None:
    lay({f"{name}.txt": data for name, data in files.items()}, GOLDEN / shape.name / "after")
    (GOLDEN / shape.name / "summary.txt").write_text(summary)


@pytest.fixture(params=SHAPES, ids=lambda shape: shape.name)
def shape(request: pytest.FixtureRequest) -> Shape:
    assert isinstance(request.param, Shape)
    return request.param


@pytest.fixture
def host(shape: Shape, tmp_path: Path) -> Host:
    lay(golden(shape, "before"), tmp_path)
    return shape.host(tmp_path)


def test_a_project_becomes_what_the_golden_files_say(shape: Shape, host: Host) -> None:
    before = tree(host.root)
    steps = make_plan(host, shape.options)
    summary = "\n".join(report.summary(host, steps))
    write(steps)
    after = changed(before, tree(host.root))
    if REWRITE:
        keep(shape, after, summary)
    assert after == golden(shape, "after")
    assert summary == (GOLDEN / shape.name / "summary.txt").read_text()


def test_a_second_plan_writes_nothing_and_the_files_stay(shape: Shape, host: Host) -> None:
    write(make_plan(host, shape.options))
    before = tree(host.root)
    again = make_plan(host, shape.options)
    assert not any(step.writes for step in again)
    write(again)
    assert tree(host.root) == before


def test_every_file_that_was_edited_is_still_python(shape: Shape, host: Host) -> None:
    steps = make_plan(host, shape.options)
    write(steps)
    for step in steps:
        if step.writes:
            ast.parse(step.path.read_text(encoding="utf-8"))


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A project of a name of its own, importable, with ROOT_URLCONF pointing at it."""
    package = f"site_{tmp_path.name}".replace("-", "_")
    before = golden(SHAPES[0], "before").items()
    lay({name.replace("mysite", package): data for name, data in before}, tmp_path)
    lay({f"{package}/__init__.py": b""}, tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    with override_settings(ROOT_URLCONF=f"{package}.urls"):
        del settings.RELYRA
        yield tmp_path / package
    sys.modules.pop(package, None)


def install(project: Path, *arguments: str) -> str:
    out = StringIO()
    named = ["--settings-file", str(project / "settings.py")]
    call_command("relyra_install", *named, *arguments, stdout=out, no_color=True)
    return out.getvalue()


def test_the_command_installs_once_and_then_says_so(project: Path) -> None:
    first = install(project)
    assert f"create     {project.name}/relyra/connections.py" in first
    assert f"edit       {project.name}/settings.py" in first
    assert "Left to do:" in first
    assert report.DELEGATING_LINE in (project / "relyra/connections.py").read_text()
    before = tree(project)
    second = install(project)
    assert second.endswith("Nothing was changed.\n")
    assert "create" not in second
    assert tree(project) == before


def test_a_dry_run_shows_the_difference_and_writes_nothing(project: Path) -> None:
    before = tree(project)
    shown = install(project, "--dry-run")
    assert f"--- a/{project.name}/urls.py" in shown
    assert '+    path("saml/", include("relyra_django.urls")),' in shown
    assert "--- /dev/null" in shown
    assert shown.endswith("Nothing was written.\n")
    assert tree(project) == before
    install(project)
    assert "+++" not in install(project, "--dry-run")


def test_another_app_gets_the_files(project: Path) -> None:
    lay({"accounts/__init__.py": b""}, project)
    install(project, "--app", f"{project.name}.accounts", "--admin")
    assert "relyra/admin_scope.py" in tree(project / "accounts")
    text = (project / "settings.py").read_text()
    assert f"{project.name}.accounts.relyra.admin_scope.ProjectScopeProvider" in text


def test_another_urlconf_is_edited(project: Path) -> None:
    lay({"api.py": b"from django.urls import path\n\nurlpatterns = []\n"}, project)
    before = tree(project)["urls.py"]
    install(project, "--urls", str(project / "api.py"), "--no-settings")
    after = tree(project)
    assert b"relyra_django.urls" in after["api.py"]
    assert after["urls.py"] == before
    assert b"RELYRA" not in after["settings.py"]


@pytest.mark.parametrize("app", ["nowhere", "no.where", "not a name", ".", "os"])
def test_an_app_that_is_none_is_refused(project: Path, app: str) -> None:
    before = tree(project)
    with pytest.raises(CommandError, match="neither an installed app nor a package"):
        install(project, "--app", app)
    assert tree(project) == before


def test_an_installed_app_elsewhere_is_refused(project: Path) -> None:
    with pytest.raises(CommandError, match="not part of this project"):
        install(project, "--app", "auth")


def test_a_urlconf_in_no_package_needs_an_app(project: Path) -> None:
    with (
        override_settings(ROOT_URLCONF="manage"),
        pytest.raises(CommandError, match="--app"),
    ):
        install(project)


def test_a_failing_disk_is_a_command_error(project: Path) -> None:
    lay({"relyra": b"a file where the folder would be"}, project)
    before = tree(project)
    with pytest.raises(CommandError, match="Not everything could be written"):
        install(project)
    assert tree(project) == before


def test_a_path_given_as_settings_is_the_settings_file(project: Path) -> None:
    call_command("relyra_install", settings=str(project / "settings.py"), stdout=StringIO())
    assert "RELYRA" in (project / "settings.py").read_text()


def test_nothing_is_checked_before_the_command_runs() -> None:
    assert Command.requires_system_checks == []
    assert Command.requires_migrations_checks is False


@pytest.fixture
def fresh(tmp_path: Path) -> Path:
    """What `django-admin startproject` makes, with our app installed and nothing else done."""
    run_python(tmp_path, "-m", "django", "startproject", "mysite", ".")
    path = tmp_path / "mysite" / "settings.py"
    app = "    'relyra_django',\n"
    text = path.read_text().replace("INSTALLED_APPS = [\n", f"INSTALLED_APPS = [\n{app}")
    path.write_text(text)
    return tmp_path


def run_python(cwd: Path, *arguments: str) -> str:
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)}
    environment.pop("DJANGO_SETTINGS_MODULE", None)
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_fresh_project_is_installed_and_sound(fresh: Path) -> None:
    first = run_python(fresh, "manage.py", "relyra_install")
    assert "edit       mysite/settings.py" in first
    assert "edit       mysite/urls.py" in first
    assert "no issues" in run_python(fresh, "manage.py", "check")
    assert run_python(fresh, "manage.py", "relyra_install").endswith("Nothing was changed.\n")
    refused = run_python(fresh, "-c", TRY_THE_RESOLVER)
    assert refused == "adapter_not_configured\nDatabaseResolver\n"


#: Ask the stub, then uncomment its one line as a person would, and ask where it goes now.
TRY_THE_RESOLVER = """
import os, pathlib, django
os.environ["DJANGO_SETTINGS_MODULE"] = "mysite.settings"
django.setup()
from relyra_django.exceptions import RelyraError
from relyra_django.resolvers import get_resolver
try:
    get_resolver().resolve("acme")
except RelyraError as error:
    print(error.code)
path = pathlib.Path("mysite/relyra/connections.py")
text = path.read_text().replace("# return", "return")
names = {}
exec(text, names)
print(type(names["ProjectConnectionResolver"]().source()).__name__)
"""
