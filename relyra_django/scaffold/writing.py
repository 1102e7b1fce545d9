"""Carry out a plan: every new text is on disk before the first file is replaced."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from pathlib import Path
from tempfile import NamedTemporaryFile

from relyra_django.scaffold.plan import Step


def write(steps: Iterable[Step]) -> None:
    """Write what the steps say, each file in one replacement. Raises OSError, with nothing replaced
    unless the replacing itself fails."""
    staged: list[tuple[Path, Path]] = []
    try:
        staged.extend(_staged(step) for step in steps if step.writes)
        while staged:
            os.replace(*staged[0])
            del staged[0]
    finally:
        for temporary, _ in staged:
            temporary.unlink(missing_ok=True)


def _staged(step: Step) -> tuple[Path, Path]:
    """Write the new text beside its file, with the file's own mode; return both paths."""
    path = step.path.resolve()
    path.parent.mkdir(exist_ok=True)
    data = step.after.replace("\n", step.newline).encode()
    with NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
        file.write(data)
    temporary = Path(file.name)
    if path.exists():
        shutil.copymode(path, temporary)
    else:
        temporary.chmod(0o666 & ~_umask())
    return temporary, path


def _umask() -> int:
    umask = os.umask(0)
    os.umask(umask)
    return umask
