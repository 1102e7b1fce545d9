"""relyra_install against projects of many shapes: tests/golden/<shape>/{before,after,summary}."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from relyra_django.scaffold import report
from relyra_django.scaffold.host import Host
from relyra_django.scaffold.plan import Options, make_plan
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
