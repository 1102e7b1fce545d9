"""Change the judge's code, one expression at a time, and see whether its tests notice.

    python -m tests.mutation                    every module of relyra_django/saml
    python -m tests.mutation timestamps xml     these
    python -m tests.mutation --output FILE      keep a line of JSON for each module

mutmut makes the changes. A module is judged by the tests that suites.py names for it, which are its
own: what another module's tests would have noticed does not count. Prints every survivor that
equivalents.toml does not explain; ends with 1 when there are too many of them.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.mutation.equivalents import Equivalents
from tests.mutation.results import Mutant, Result, judge_module
from tests.mutation.suites import MODULES, ROOT, source_of, suite_of

FLOOR = 0.90
COPIED = ("relyra_django", "tests", "example_project", "manage.py", "pyproject.toml")


def run_mutmut(module: str, jobs: int, workshop: Path) -> list[Mutant]:
    """Mutate one module in a copy of the project. Raises CalledProcessError with its output."""
    for name in COPIED:
        source, target = ROOT / name, workshop / name
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(source, target)
    listed = workshop / "mutants.json"
    worker = [sys.executable, "-m", "tests.mutation.worker", str(jobs), str(listed)]
    subprocess.run(
        [*worker, source_of(module), *suite_of(module)],
        cwd=workshop,
        env={**os.environ, "HYPOTHESIS_PROFILE": "mutation", "PYTHONPATH": str(workshop)},
        check=True,
        capture_output=True,
        text=True,
    )
    return [Mutant(**fields) for fields in json.loads(listed.read_text())]


def try_module(module: str, jobs: int, equivalents: Equivalents) -> Result:
    with tempfile.TemporaryDirectory(prefix="mutation-") as workshop:
        try:
            mutants = run_mutmut(module, jobs, Path(workshop))
            source = (Path(workshop) / source_of(module)).read_bytes()
        except subprocess.CalledProcessError as error:
            output = f"{error.stdout[-4000:]}{error.stderr[-4000:]}"
            raise SystemExit(f"{module}: mutmut failed\n{output}") from error
    result = judge_module(module, source, mutants, equivalents)
    print(result.line(), flush=True)
    for mutant in result.unexplained:
        print(f"  {mutant.status}: {mutant.name}\n    - {mutant.was}\n    + {mutant.becomes}")
    for stale in result.stale_equivalents:
        print(f"  no such survivor: {stale}")
    return result


def main() -> bool:
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("modules", nargs="*", choices=[*MODULES, []])
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--output", type=Path)
    options = parser.parse_args()
    equivalents = Equivalents.load()
    results = []
    for module in options.modules or MODULES:
        results.append(try_module(module, options.jobs, equivalents))
        if options.output:
            options.output.write_text("".join(r.json() + "\n" for r in results))
    tried = sum(result.mutants for result in results)
    killed = sum(result.killed for result in results)
    equivalent = sum(result.equivalent for result in results)
    score = killed / max(1, tried - equivalent)
    print(
        f"{tried} mutants: {killed} killed, {equivalent} equivalent, "
        f"{tried - killed - equivalent} survived; "
        f"score {score:.1%}, equivalents counted as survivors {killed / max(1, tried):.1%}"
    )
    return score >= FLOOR and not any(result.stale_equivalents for result in results)


if __name__ == "__main__":
    sys.exit(not main())
