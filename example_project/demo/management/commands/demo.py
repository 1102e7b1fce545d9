"""Arguments of `manage.py demo`; example_project.demo does the work."""

from __future__ import annotations

import signal
import sys
from argparse import ArgumentParser
from io import TextIOWrapper
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from example_project.demo.check import check
from example_project.demo.plan import PROJECT
from example_project.demo.processes import NotStartedError
from example_project.demo.show import show


class Command(BaseCommand):
    help = "Starts Fernway and a fake identity provider, each in a process of its own."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=8000, help="the site's; default 8000")
        parser.add_argument("--idp-port", type=int, default=8001, help="default 8001")
        parser.add_argument(
            "--dir", type=Path, default=PROJECT / ".demo", help="database and logs; default .demo"
        )
        parser.add_argument(
            "--check", action="store_true", help="log in without a browser, then stop"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        # SIGTERM ends the demo as Ctrl-C does: with what it started.
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        if isinstance(sys.stdout, TextIOWrapper):
            sys.stdout.reconfigure(line_buffering=True)  # each step as it happens, in a pipe too
        try:
            if not options["check"]:
                show(options["dir"], options["port"], options["idp_port"], self.stdout)
            elif not check(self.stdout):
                sys.exit(1)
        except NotStartedError as error:
            raise CommandError(str(error)) from error
        except KeyboardInterrupt:
            sys.exit(130)
