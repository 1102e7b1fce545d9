"""Run mutmut on one module, in a copy of the project: worker.py JOBS RESULTS MODULE TEST..."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Iterable
from pathlib import Path

FIRST = 25


def main(jobs: str, results: str, module: str, *tests: str) -> None:
    from mutmut.__main__ import cli
    from mutmut.configuration import config

    run_the_fastest_first()
    # The rest of mutmut's configuration is in pyproject.toml.
    config().only_mutate = [module]
    config().pytest_add_cli_args_test_selection = list(tests)
    with contextlib.suppress(SystemExit):
        cli(["run", "--max-children", jobs])
    Path(results).write_text(json.dumps(read_results(Path(module))))


def run_the_fastest_first() -> None:
    """Most mutants fall to any test: few are collected at first, and none of the slow ones."""
    from mutmut.runners.harness import PytestRunner
    from mutmut.state import state

    run_all = PytestRunner.run_tests

    def fastest_first(self: PytestRunner, *, mutant_name: str | None, tests: Iterable[str]) -> int:
        took = state().duration_by_test
        # No tests are all tests: without a mutant they have to pass in this order too.
        ordered = sorted(tests or took, key=lambda test: took.get(test, 0))
        few, rest = ordered[:FIRST], ordered[FIRST:]
        code = run_all(self, mutant_name=mutant_name, tests=few)
        return run_all(self, mutant_name=mutant_name, tests=rest) if rest and not code else code

    PytestRunner.run_tests = fastest_first


def read_results(module: Path) -> list[dict[str, str]]:
    from mutmut.mutation.data import SourceFileMutationData
    from mutmut.mutation.diff_apply import get_diff_for_mutant
    from mutmut.stats import status_by_exit_code

    data = SourceFileMutationData(path=module)
    data.load()
    return [
        {"name": name, "status": status, **changed_lines(get_diff_for_mutant(name, path=module))}
        for name, code in data.exit_code_by_key.items()
        for status in [status_by_exit_code[code]]
    ]


def changed_lines(diff: str) -> dict[str, str]:
    lines = [line for line in diff.splitlines() if not line.startswith(("---", "+++"))]
    return {
        name: " ".join(line[1:].strip() for line in lines if line.startswith(sign))
        for name, sign in (("was", "-"), ("becomes", "+"))
    }


if __name__ == "__main__":
    main(*sys.argv[1:])
