"""What relyra_install would do, worked out whole before anything is written."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from importlib.resources import files
from pathlib import Path
from string import Template

from relyra_django.scaffold import settings_block, source, urls_edit
from relyra_django.scaffold.host import Host, ScaffoldError
from relyra_django.scaffold.source import InDoubtError, Source


class Outcome(StrEnum):
    CREATE = "create"
    EDIT = "edit"
    OVERWRITE = "overwrite"
    UNCHANGED = "unchanged"
    SKIPPED = "skipped"
    BY_HAND = "by hand"


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """One file: its text before and after, or why a person edits it, and what they paste."""

    path: Path
    outcome: Outcome
    before: str = ""
    after: str = ""
    newline: str = "\n"
    reason: str = ""
    paste: str = ""

    @property
    def writes(self) -> bool:
        return self.outcome in (Outcome.CREATE, Outcome.EDIT, Outcome.OVERWRITE)


@dataclass(frozen=True, kw_only=True, slots=True)
class Options:
    admin: bool = False
    settings: bool = True
    force: bool = False


def make_plan(host: Host, options: Options) -> tuple[Step, ...]:
    """Return every step. Raises ScaffoldError when the scaffold has no place to go."""
    folder = host.app_dir / "relyra"
    if not host.owns(folder):
        raise ScaffoldError(f"{host.package} is not part of this project: name an app with --app.")
    if (host.app_dir / "relyra.py").exists():
        raise ScaffoldError(f"{host.package}.relyra is a module already: name another app.")
    return (
        *_scaffold_steps(host, folder, options),
        _settings_step(host, options),
        _urls_step(host),
    )


def _scaffold_steps(host: Host, folder: Path, options: Options) -> Iterator[Step]:
    names = ["__init__.py", "connections.py", "user_mapper.py"]
    for name in [*names, "admin_scope.py"] if options.admin else names:
        template = files("relyra_django.scaffold") / "templates" / f"{name}-tpl"
        text = Template(template.read_text(encoding="utf-8")).substitute(package=host.package)
        yield _scaffold_step(host, folder / name, text, force=options.force)


def _scaffold_step(host: Host, path: Path, text: str, *, force: bool) -> Step:
    if not host.owns(path):
        return Step(path=path, outcome=Outcome.SKIPPED, reason="it is outside the project")
    if not path.exists():
        return Step(path=path, outcome=Outcome.CREATE, after=text)
    before = path.read_bytes().decode("utf-8", "replace")
    if before == text:
        return Step(path=path, outcome=Outcome.UNCHANGED)
    if not force:
        reason = "it exists; --force overwrites it"
        return Step(path=path, outcome=Outcome.SKIPPED, reason=reason)
    return Step(path=path, outcome=Outcome.OVERWRITE, before=before, after=text)


def _settings_step(host: Host, options: Options) -> Step:
    paste = settings_block.paste(package=host.package, admin=options.admin)

    def add_block(settings: Source) -> str:
        after = settings_block.add_block(settings, package=host.package, admin=options.admin)
        if after != settings.text and host.settings_file and not host.settings_named:
            settings_block.refuse_rivals(host.settings_file)
        return after

    path = host.settings_file or host.root
    if not options.settings:
        return Step(path=path, outcome=Outcome.BY_HAND, reason="--no-settings", paste=paste)
    step = _edit_step(host, host.settings_file, add_block, paste)
    if host.configured and step.paste == paste:
        return Step(path=path, outcome=Outcome.UNCHANGED, reason="RELYRA is set elsewhere")
    return step


def _urls_step(host: Host) -> Step:
    return _edit_step(host, host.urls_file, urls_edit.add_include, urls_edit.PASTE)


def _edit_step(host: Host, path: Path | None, edit: Callable[[Source], str], paste: str) -> Step:
    """Plan one edit; any doubt turns it into a step for a person."""
    if path is None:
        reason = "no file was found for it"
        return Step(path=host.root, outcome=Outcome.BY_HAND, reason=reason, paste=paste)
    try:
        return _edited(host, path, edit)
    except InDoubtError as doubt:
        by_hand = doubt.paste or paste
        return Step(path=path, outcome=Outcome.BY_HAND, reason=str(doubt), paste=by_hand)


def _edited(host: Host, path: Path, edit: Callable[[Source], str]) -> Step:
    if not host.owns(path):
        raise InDoubtError("it is outside the project")
    read = source.read(path)
    after = edit(read)
    if after == read.text:
        return Step(path=path, outcome=Outcome.UNCHANGED)
    source.parse(after)
    return Step(
        path=path, outcome=Outcome.EDIT, before=read.text, after=after, newline=read.newline
    )
