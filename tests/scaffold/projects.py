"""Projects of many shapes, from tests/golden, laid out in a directory."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from relyra_django.scaffold import source
from relyra_django.scaffold.host import Host
from relyra_django.scaffold.plan import Options, Outcome, make_plan

GOLDEN = Path(__file__).parents[1] / "golden"


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


def parsed(text: str) -> source.Source:
    return source.Source(text=text, newline="\n", tree=source.parse(text))


def host_in(folder: Path, **changes: Any) -> Host:
    lay(golden(SHAPES[0], "before"), folder)
    return replace(SHAPES[0].host(folder), **changes)


def outcomes(host: Host, options: Options | None = None) -> dict[str, Outcome]:
    steps = make_plan(host, options or Options())
    return {host.shown(step.path): step.outcome for step in steps}
