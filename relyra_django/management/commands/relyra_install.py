from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from relyra_django.scaffold import report
from relyra_django.scaffold.host import Host, ScaffoldError, find_host
from relyra_django.scaffold.plan import Options, Step, make_plan
from relyra_django.scaffold.writing import write


class Command(BaseCommand):
    help = "Adds what a project needs for SAML logins: a resolver, a user mapper, settings, URLs."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--app", help="App or package for the new files (ROOT_URLCONF's own).")
        parser.add_argument("--urls", metavar="PATH", help="URLconf to edit (ROOT_URLCONF).")
        parser.add_argument(
            "--settings-file",
            metavar="PATH",
            help="Settings file to edit (the module in effect). Django keeps --settings to itself.",
        )
        parser.add_argument("--admin", action="store_true", help="Also write admin_scope.py.")
        parser.add_argument("--no-settings", action="store_true", help="Leave settings alone.")
        parser.add_argument("--force", action="store_true", help="Overwrite the app's own files.")
        parser.add_argument("--dry-run", action="store_true", help="Show the diff, write nothing.")

    def handle(self, **options: Any) -> None:
        try:
            host = find_host(
                app=options["app"], urls=options["urls"], settings_file=_settings_path(options)
            )
            steps = make_plan(host, _choices(options))
        except ScaffoldError as error:
            raise CommandError(str(error)) from error
        if options["dry_run"]:
            self._show(host, steps)
        else:
            self._install(host, steps)

    def _show(self, host: Host, steps: tuple[Step, ...]) -> None:
        self._say(report.diff(host, steps))
        self._say(report.summary(host, steps))
        self.stdout.write("Nothing was written.")

    def _install(self, host: Host, steps: tuple[Step, ...]) -> None:
        try:
            write(steps)
        except OSError as error:
            raise CommandError(f"Not everything could be written: {error}") from error
        self._say(report.summary(host, steps))
        if any(step.writes for step in steps):
            self.stdout.write(report.remaining(host))
        else:
            self.stdout.write("Nothing was changed.")

    def _say(self, lines: Iterable[str]) -> None:
        for line in lines:
            self.stdout.write(line)


def _choices(options: dict[str, Any]) -> Options:
    return Options(
        admin=options["admin"], settings=not options["no_settings"], force=options["force"]
    )


def _settings_path(options: dict[str, Any]) -> str | None:
    """Return the named settings file; --settings is Django's own and names a module."""
    named = options.get("settings")
    path = named if isinstance(named, str) and named.endswith(".py") else None
    return options["settings_file"] or path
