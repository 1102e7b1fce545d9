"""What is planned for one file, and that writing is all or nothing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from relyra_django.scaffold import urls_edit
from relyra_django.scaffold.host import ScaffoldError
from relyra_django.scaffold.plan import Options, Outcome, make_plan
from relyra_django.scaffold.writing import write
from tests.scaffold.projects import (
    SHAPES,
    golden,
    host_in,
    lay,
    outcomes,
    tree,
)


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
