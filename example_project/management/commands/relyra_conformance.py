"""Arguments of `manage.py relyra_conformance`; tests.conformance has the rows and the rules.

It names tests, which are not installed with the package, and so it is not installed either.
"""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from tests.conformance import manifest, proofs, rendering

PAGE = proofs.REPOSITORY / "CONFORMANCE.md"


class Command(BaseCommand):
    help = "Renders CONFORMANCE.md from tests/conformance, or checks that both still hold."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--output", type=Path, help="write the page here instead of printing it"
        )
        parser.add_argument(
            "--check", action="store_true", help="fail if page, rows and tests do not fit together"
        )
        parser.add_argument("--manifest", type=Path, default=manifest.HERE, help="folder of rows")
        parser.add_argument("--page", type=Path, default=PAGE, help="what --check compares with")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            documents = manifest.load(options["manifest"])
        except manifest.ManifestError as error:
            raise CommandError(str(error)) from error
        if options["check"]:
            self.check_drift(documents, options["page"])
        elif options["output"]:
            options["output"].write_text(rendering.render(documents), encoding="utf-8")
        else:
            self.stdout.write(rendering.render(documents), ending="")

    def check_drift(self, documents: tuple[manifest.Document, ...], page: Path) -> None:
        """Raise CommandError that lists every drift; say how many rows hold otherwise."""
        if found := list(drift(documents, page)):
            raise CommandError("\n".join(found))
        count = sum(len(document.rules) for document in documents)
        self.stdout.write(f"{count} rows hold")


def drift(documents: tuple[manifest.Document, ...], page: Path) -> Iterator[str]:
    """Yield every way in which rows, tests and page do not fit together, one sentence each."""
    yield from manifest.problems(documents)
    for document in documents:
        for rule in document.rules:
            for proof in rule.proofs:
                if not proofs.exists(proof):
                    yield f"{rule.id}: there is no test {proof}"
    if not page.is_file():
        yield f"{page.name} is not there"
    else:
        yield from _stale_lines(rendering.render(documents), page)


def _stale_lines(rendered: str, page: Path) -> Iterator[str]:
    """Name the first line that differs: it is the row to look at."""
    written = page.read_text(encoding="utf-8")
    if written == rendered:
        return
    pairs = zip(rendered.splitlines(), written.splitlines(), strict=False)
    line = next((new for new, old in pairs if new != old), "the end")
    yield f"{page.name} is stale; render it again. The first line that differs: {line}"
