"""relyra_install against projects of many shapes: tests/golden/<shape>/{before,after,summary}."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from io import StringIO
from pathlib import Path
from runpy import run_path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.test import override_settings

from relyra_django.conf import find_problems, get_config
from relyra_django.management.commands.relyra_install import Command
from relyra_django.scaffold import report, settings_block, source, urls_edit
from relyra_django.scaffold.host import Host, ScaffoldError, find_host
from relyra_django.scaffold.plan import Options, Outcome, make_plan
from relyra_django.scaffold.settings_block import MODEL_BACKEND, RELYRA_BACKEND
from relyra_django.scaffold.writing import write

GOLDEN = Path(__file__).parent / "golden"
#: Set this to write what the command does now into tests/golden, then read the difference.
REWRITE = "RELYRA_REWRITE_GOLDEN" in os.environ


@dataclass(frozen=True, kw_only=True)
class Shape:
    """One kind of project: where Django says that its files are, and how the command is called."""

    name: str
    package: str = "mysite"
    settings: str = "mysite/settings.py"
    named: bool = False
    options: Options = field(default_factory=Options)

    def host(self, root: Path) -> Host:
        return Host(
            root=root,
            package=self.package,
            app_dir=root / self.package,
            settings_file=root / self.settings,
            urls_file=root / self.package / "urls.py",
            settings_named=self.named,
        )


SHAPES = [
    Shape(name="startproject", options=Options(admin=True)),
    Shape(name="established", package="config", settings="config/settings.py"),
    Shape(name="settings_package", package="config", settings="config/settings/production.py"),
    Shape(
        name="named_settings_file", package="config", settings="config/settings/base.py", named=True
    ),
    Shape(name="class_based", package="portal", settings="portal/settings.py"),
    Shape(name="odd_layout"),
    Shape(name="local_settings"),
    Shape(name="by_hand"),
    Shape(name="crlf"),
    Shape(name="no_settings", options=Options(settings=False)),
]


def tree(root: Path) -> dict[str, bytes]:
    files = (path for path in root.rglob("*") if path.is_file())
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in files}


def golden(shape: Shape, kind: str) -> dict[str, bytes]:
    """Return the files of a golden tree; .txt keeps tools from taking them for code."""
    files = tree(GOLDEN / shape.name / kind)
    return {name.removesuffix(".txt"): data for name, data in files.items()}


def lay(files: dict[str, bytes], root: Path) -> None:
    for name, data in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def changed(before: dict[str, bytes], after: dict[str, bytes]) -> dict[str, bytes]:
    return {name: data for name, data in after.items() if before.get(name) != data}


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


@pytest.mark.parametrize("name", ["startproject", "established", "odd_layout", "crlf"])
def test_edited_settings_mean_what_they_should(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shape = next(shape for shape in SHAPES if shape.name == name)
    lay(golden(shape, "before"), tmp_path)
    monkeypatch.setenv("SECRET_KEY", "not-a-secret")
    before = run_path(str(tmp_path / shape.settings))
    write(make_plan(shape.host(tmp_path), shape.options))
    after = run_path(str(tmp_path / shape.settings))
    assert after["AUTHENTICATION_BACKENDS"] == [
        *(
            each
            for each in before.get("AUTHENTICATION_BACKENDS", [MODEL_BACKEND])
            if each != RELYRA_BACKEND
        ),
        RELYRA_BACKEND,
    ]
    with override_settings(RELYRA=after["RELYRA"]):
        assert find_problems() == []
        assert get_config().base_url == "http://localhost:8000"


def test_a_setting_from_the_environment_reaches_the_block(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shape = SHAPES[0]
    lay(golden(shape, "before"), tmp_path)
    write(make_plan(shape.host(tmp_path), shape.options))
    monkeypatch.setenv("RELYRA_BASE_URL", "https://sp.example.com")
    after = run_path(str(tmp_path / shape.settings))
    assert after["RELYRA"]["BASE_URL"] == "https://sp.example.com"


def parsed(text: str) -> source.Source:
    return source.Source(text=text, newline="\n", tree=source.parse(text))


def add_block(text: str) -> str:
    return settings_block.add_block(parsed(text), package="mysite", admin=False)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("from mysite.base import *\nINSTALLED_APPS = []\n", "imports *"),
        ("DEBUG = True\n", "INSTALLED_APPS is not set"),
        ("if True:\n    INSTALLED_APPS = []\n", "INSTALLED_APPS is not set"),
        ("class A:\n    INSTALLED_APPS = []\n", "INSTALLED_APPS is not set"),
        (
            "INSTALLED_APPS = []\nif True:\n    AUTHENTICATION_BACKENDS = []\n",
            "AUTHENTICATION_BACKENDS is not set",
        ),
        ("from mysite import os\nINSTALLED_APPS = []\n", "the name os"),
        ("import posix as os\nINSTALLED_APPS = []\n", "the name os"),
        ("for os in ():\n    pass\nINSTALLED_APPS = []\n", "the name os"),
    ],
)
def test_settings_in_doubt_are_left(text: str, reason: str) -> None:
    with pytest.raises(source.InDoubtError, match=re.escape(reason)):
        add_block(text)


@pytest.mark.parametrize(
    "text",
    [
        "INSTALLED_APPS = []",
        '"""Docstring."""\nINSTALLED_APPS = []\n',
        "#!/usr/bin/env python\n# -*- coding: utf-8 -*-\nINSTALLED_APPS = []\n",
        '"""D."""\nfrom __future__ import annotations\nINSTALLED_APPS: list[str] = []\n',
        "import os.path\nINSTALLED_APPS = []\n\n\n\n",
        "from pathlib import Path\nINSTALLED_APPS, DEBUG = [], True\n",
    ],
)
def test_plain_settings_get_the_block_once_and_at_the_end(text: str) -> None:
    after = add_block(text)
    assert run(after)["RELYRA"]["BASE_URL"] == "http://localhost:8000"
    assert after.count("import os") == 1
    assert after.endswith(f"{settings_block.END}\n")
    assert add_block(after) == after
    assert [line for line in text.split("\n") if line and line not in after] == []


def test_what_is_pasted_is_what_would_have_been_written() -> None:
    pasted = run(settings_block.paste(package="mysite", admin=True))
    assert pasted["AUTHENTICATION_BACKENDS"] == [MODEL_BACKEND, RELYRA_BACKEND]
    with override_settings(RELYRA=pasted["RELYRA"]):
        assert find_problems() == []


def test_a_block_without_the_scope_provider_is_not_rewritten() -> None:
    text = add_block("INSTALLED_APPS = []\n")
    with pytest.raises(source.InDoubtError) as caught:
        settings_block.add_block(parsed(text), package="mysite", admin=True)
    assert "mysite.relyra.admin_scope.ProjectScopeProvider" in caught.value.paste


def run(text: str) -> dict[str, Any]:
    names: dict[str, Any] = {}
    exec(compile(text, "settings.py", "exec", dont_inherit=True), names)
    return names


IMPORT = "from django.urls import path\n"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (IMPORT, "not one plain list"),
        (IMPORT + "urlpatterns = tuple()\n", "not one plain list"),
        (IMPORT + "urlpatterns = []\nurlpatterns = []\n", "not one plain list"),
        (IMPORT + "urlpatterns = more = []\n", "not one plain list"),
        (IMPORT + "urlpatterns = [] + []\n", "not one plain list"),
        (IMPORT + "if True:\n    urlpatterns = []\n", "top level"),
        (IMPORT + "def include(x): ...\nurlpatterns = []\n", "the name include"),
        ("from os import path\nurlpatterns = []\n", "the name path"),
        ("from django.urls import re_path as path\nurlpatterns = []\n", "the name path"),
        ("try:\n    from django.urls import path\nfinally:\n    urlpatterns = []\n", "top level"),
        ("urlpatterns = []\n", "no import"),
        (IMPORT + "urlpatterns = [\n    (\n        path\n    ),\n]\n", "unusual shape"),
    ],
)
def test_urls_in_doubt_are_left(text: str, reason: str) -> None:
    with pytest.raises(source.InDoubtError, match=reason):
        urls_edit.add_include(parsed(text))


@pytest.mark.parametrize(
    "text",
    [
        IMPORT + "urlpatterns = []",
        IMPORT + "urlpatterns = [  # all\n]\n",
        IMPORT + "urlpatterns = [\n    # none yet\n]\n",
        IMPORT + "urlpatterns = [path('', print)]\n",
        IMPORT + "urlpatterns = [path('', print),\n  path('b', print)]\n",
        IMPORT + "urlpatterns = [(path('', print))]\n",
        IMPORT + "urlpatterns = [*[], *[]]\n",
        IMPORT + "urlpatterns = [\n\n  # first\n  path('', print),\n]\nurlpatterns += []\n",
        "import os\nurlpatterns = [\n    os,\n]\n",
        "from django.urls import (\n    path,\n)\nurlpatterns = [\n    path('', print),\n]\n",
        "from django.urls import path  # noqa\nurlpatterns = []\n",
        "from django.urls import path; import os\nurlpatterns = []\n",
        "from django.urls import include, path\n\x0curlpatterns = []\n",
        IMPORT + "é = 'ü'; urlpatterns = [path('ö', print)]\n",
    ],
)
def test_plain_urls_get_the_include_first_and_once(text: str) -> None:
    after = urls_edit.add_include(parsed(text))
    tree = ast.parse(after)
    assert first_pattern(tree) == "path('saml/', include('relyra_django.urls'))"
    assert {"include", "path"} <= {name for node in source.imports(tree) for name in names(node)}
    assert urls_edit.add_include(parsed(after)) == after


def names(node: source.Importing) -> set[str]:
    return set(source.names_bound(node))


def first_pattern(tree: ast.Module) -> str:
    for node in ast.walk(tree):
        if isinstance(node, ast.List):
            return ast.unparse(node.elts[0])
    raise AssertionError("no list")


@pytest.mark.parametrize(
    "text",
    [
        IMPORT + "urlpatterns = tuple([path('sso/', include('relyra_django.urls'))])\n",
        "from relyra_django.urls import urlpatterns\n",
        "import relyra_django.urls\n",
        "from relyra_django import urls\n",
    ],
)
def test_urls_that_include_ours_are_unchanged(text: str) -> None:
    assert urls_edit.add_include(parsed(text)) == text


def host_in(folder: Path, **changes: Any) -> Host:
    lay(golden(SHAPES[0], "before"), folder)
    return replace(SHAPES[0].host(folder), **changes)


def outcomes(host: Host, options: Options | None = None) -> dict[str, Outcome]:
    steps = make_plan(host, options or Options())
    return {host.shown(step.path): step.outcome for step in steps}


def test_force_overwrites_the_scaffold_and_nothing_else(tmp_path: Path) -> None:
    host = host_in(tmp_path)
    write(make_plan(host, Options()))
    mine = {"mysite/relyra/user_mapper.py": b"# mine\n", "mysite/urls.py": b"urlpatterns = 1\n"}
    lay(mine, tmp_path)
    assert outcomes(host)["mysite/relyra/user_mapper.py"] is Outcome.SKIPPED
    forced = outcomes(host, Options(force=True))
    assert forced["mysite/relyra/user_mapper.py"] is Outcome.OVERWRITE
    assert forced["mysite/relyra/connections.py"] is Outcome.UNCHANGED
    assert forced["mysite/urls.py"] is Outcome.BY_HAND
    write(make_plan(host, Options(force=True)))
    assert b"DefaultUserMapper" in tree(tmp_path)["mysite/relyra/user_mapper.py"]
    assert tree(tmp_path)["mysite/urls.py"] == b"urlpatterns = 1\n"


def test_files_outside_the_project_are_left(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    host = host_in(tmp_path / "project")
    lay(golden(SHAPES[0], "before"), elsewhere)
    assert outcomes(host)["mysite/urls.py"] is Outcome.EDIT
    outside = replace(host, urls_file=elsewhere / "mysite/urls.py")
    (step,) = [each for each in make_plan(outside, Options()) if each.path == outside.urls_file]
    assert (step.outcome, step.reason) == (Outcome.BY_HAND, "it is outside the project")


def test_a_link_that_leads_out_of_the_project_is_outside(tmp_path: Path) -> None:
    host = host_in(tmp_path / "project")
    urls = tmp_path / "project" / "mysite" / "urls.py"
    urls.rename(tmp_path / "urls.py")
    urls.symlink_to(tmp_path / "urls.py")
    assert outcomes(host)["mysite/urls.py"] is Outcome.BY_HAND


def test_a_scaffold_file_that_leads_out_is_not_overwritten(tmp_path: Path) -> None:
    host = host_in(tmp_path / "project")
    write(make_plan(host, Options()))
    inside = tmp_path / "project" / "mysite" / "relyra" / "user_mapper.py"
    (tmp_path / "theirs.py").write_text("# theirs\n")
    inside.unlink()
    inside.symlink_to(tmp_path / "theirs.py")
    forced = outcomes(host, Options(force=True))
    assert forced["mysite/relyra/user_mapper.py"] is Outcome.SKIPPED
    assert forced["mysite/relyra/connections.py"] is Outcome.UNCHANGED


def test_the_project_is_found_from_its_settings() -> None:
    root = Path(__file__).parent.parent
    found = find_host(app=None, urls=None, settings_file=None)
    assert found == Host(
        root=root,
        package="tests",
        app_dir=root / "tests",
        settings_file=root / "tests" / "settings.py",
        urls_file=root / "tests" / "urls.py",
        configured=True,
    )


def test_an_app_is_found_by_its_label_and_by_its_name() -> None:
    for name in ("host", "tests.host"):
        found = find_host(app=name, urls=None, settings_file=None)
        assert (found.package, found.app_dir) == ("tests.host", Path(__file__).parent / "host")


def test_what_is_done_is_not_left_to_do(tmp_path: Path) -> None:
    host = host_in(tmp_path)
    write(make_plan(host, Options()))
    assert "1. In mysite/relyra/connections.py uncomment" in report.remaining(host)
    path = tmp_path / "mysite" / "relyra" / "connections.py"
    path.write_text(path.read_text().replace("# return", "return"))
    assert "1. python manage.py migrate" in report.remaining(host)


def test_an_installed_package_is_not_the_project(tmp_path: Path) -> None:
    import django

    place = Path(django.__file__).parent
    root = Path(place.anchor)
    host = host_in(tmp_path, root=root, app_dir=place / "contrib" / "flatpages")
    with pytest.raises(ScaffoldError, match="not part of this project"):
        make_plan(host, Options())


def test_a_module_of_the_same_name_stops_everything(tmp_path: Path) -> None:
    host = host_in(tmp_path)
    lay({"mysite/relyra.py": b""}, tmp_path)
    with pytest.raises(ScaffoldError, match="is a module already"):
        make_plan(host, Options())


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (None, "it cannot be read"),
        (b"\xff", "it is not UTF-8"),
        (b"a = 1\r\nb = 2\n", "it mixes line ends"),
        (b"a = 1\rb = 2", "it mixes line ends"),
        (b"a = \n", "it is not valid Python (line 1)"),
        (b"a = 1\x00", "it is not valid Python"),
    ],
)
def test_a_file_that_is_not_plain_python_is_left(
    tmp_path: Path, data: bytes | None, reason: str
) -> None:
    host = host_in(tmp_path)
    assert host.urls_file is not None
    host.urls_file.unlink()
    if data is not None:
        host.urls_file.write_bytes(data)
    step = make_plan(host, Options())[-1]
    assert step.outcome is Outcome.BY_HAND
    assert reason in step.reason
    assert step.paste == urls_edit.PASTE


@pytest.mark.parametrize(
    "other", ["DEBUG = True\n", "from mysite.settings import *\n", "INSTALLED_APPS = []\n"]
)
def test_settings_with_another_module_beside_them_need_a_name(tmp_path: Path, other: str) -> None:
    host = host_in(tmp_path)
    lay({"mysite/local.py": b"import os\n", "mysite/broken.py": b"import\n"}, tmp_path)
    assert outcomes(host)["mysite/settings.py"] is Outcome.EDIT
    lay({"mysite/local.py": other.encode()}, tmp_path)
    assert outcomes(host)["mysite/settings.py"] is Outcome.BY_HAND
    named = replace(host, settings_named=True)
    assert outcomes(named)["mysite/settings.py"] is Outcome.EDIT


def test_settings_that_are_set_elsewhere_are_not_asked_for_again(tmp_path: Path) -> None:
    lay({"mysite/settings.py": b"from mysite.base import *\n"}, tmp_path)
    host = replace(SHAPES[0].host(tmp_path), urls_file=None)
    assert outcomes(host)["mysite/settings.py"] is Outcome.BY_HAND
    assert outcomes(replace(host, configured=True))["mysite/settings.py"] is Outcome.UNCHANGED


def test_the_mode_of_a_file_is_kept(tmp_path: Path) -> None:
    host = host_in(tmp_path)
    assert host.settings_file is not None
    host.settings_file.chmod(0o600)
    write(make_plan(host, Options()))
    assert host.settings_file.stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "mysite/relyra/connections.py").stat().st_mode & 0o400


def test_nothing_is_replaced_when_one_file_cannot_be_written(tmp_path: Path) -> None:
    host = host_in(tmp_path)
    good = make_plan(host, Options())[-1]
    bad = replace(good, path=tmp_path / "no" / "such" / "folder" / "urls.py")
    before = tree(tmp_path)
    with pytest.raises(OSError, match="no"):
        write([good, bad])
    assert tree(tmp_path) == before
    write([good])
    assert tree(tmp_path) != before


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
