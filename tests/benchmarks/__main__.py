"""Print what a login costs, as JSON lines: `python -m tests.benchmarks [--db sqlite|postgres]`."""

from __future__ import annotations

import argparse
import os
import platform

import django
from django.core.management import call_command

from tests.benchmarks.budgets import budgets, statement_line
from tests.benchmarks.clock import emit, measure
from tests.benchmarks.compare import run_peers
from tests.benchmarks.databases import fresh_database


def main() -> None:
    options = arguments()
    with fresh_database(options.db) as url:
        os.environ["BENCH_DATABASE_URL"] = url
        os.environ["DJANGO_SETTINGS_MODULE"] = "tests.benchmarks.settings"
        django.setup()
        call_command("migrate", verbosity=0)
        medians = measure_ours(options.db, url, options.times)
    run_peers(options.db, options.times, medians)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--db", choices=["sqlite", "postgres"], default="sqlite")
    parser.add_argument("--times", type=int, default=400, help="how often each figure is taken")
    return parser.parse_args()


def measure_ours(database: str, url: str, times: int) -> dict[str, float]:
    """Measure ours between the floor and the empty view; return the medians in ms."""
    from tests.benchmarks.bounds import refusal_lines
    from tests.benchmarks.figures import all_figures
    from tests.benchmarks.ours import Site, statements

    site = Site()
    site.prepare()
    figures = all_figures(site, url)
    measure(figures, times)
    emit(**machine(database))
    for figure in figures:
        emit(**figure.line())
    medians = {figure.name: figure.median_ms for figure in figures}
    for budget in budgets(database):
        emit(**budget.line(medians))
    for line in refusal_lines():
        emit(**line)
    ready = site.answered()
    emit(**statement_line("acs", statements(lambda: site.acs(ready))))
    emit(**statement_line("start", statements(lambda: site.start(site.visitor()))))
    return medians


def machine(database: str) -> dict[str, object]:
    return {
        "database": database,
        "python": platform.python_version(),
        "django": django.get_version(),
        "cores": os.cpu_count(),
    }


if __name__ == "__main__":
    main()
