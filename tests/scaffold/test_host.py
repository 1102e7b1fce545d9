"""Where a project is, and what it is told at the end."""

from __future__ import annotations

from pathlib import Path

from relyra_django.scaffold import report
from relyra_django.scaffold.host import Host, find_host
from relyra_django.scaffold.plan import Options, make_plan
from relyra_django.scaffold.writing import write
from tests.scaffold.projects import (
    host_in,
)


def test_the_project_is_found_from_its_settings() -> None:
    root = Path(__file__).parents[2]
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
        assert (found.package, found.app_dir) == ("tests.host", Path(__file__).parents[1] / "host")


def test_what_is_done_is_not_left_to_do(tmp_path: Path) -> None:
    host = host_in(tmp_path)
    write(make_plan(host, Options()))
    assert "1. In mysite/relyra/connections.py uncomment" in report.remaining(host)
    path = tmp_path / "mysite" / "relyra" / "connections.py"
    path.write_text(path.read_text().replace("# return", "return"))
    assert "1. python manage.py migrate" in report.remaining(host)
