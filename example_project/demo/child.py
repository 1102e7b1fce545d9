"""What a process of the demo runs: `python -m example_project.demo.child idp|prepare|site`."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable

import django
from django.core.management import call_command

from example_project.demo.ports import LOOPBACK


def end_with_parent() -> None:
    """Leave when standard input closes: it does so however the parent ended."""

    def wait() -> None:
        # Not through sys.stdin: its lock would be held when the interpreter shuts down.
        while os.read(0, 1):
            pass
        os._exit(0)

    threading.Thread(target=wait, daemon=True).start()


def identity_provider(port: str) -> None:
    from example_project.demo.idp import serve

    serve(int(port))


def prepare() -> None:
    from example_project.demo.seed import seed

    call_command("migrate", verbosity=0)
    seed(os.environ["DEMO_IDP_URL"], os.environ["DEMO_OPERATOR_PASSWORD"])


def site(port: str) -> None:
    # DEBUG is off, so runserver has to be told to serve the static files.
    call_command("runserver", f"{LOOPBACK}:{port}", "--noreload", "--insecure")


ROLES: dict[str, Callable[..., None]] = {
    "idp": identity_provider,
    "prepare": prepare,
    "site": site,
}


def main(role: str, *arguments: str) -> None:
    """Play one role until it is done or the parent is gone."""
    end_with_parent()
    django.setup()
    ROLES[role](*arguments)


if __name__ == "__main__":
    main(*sys.argv[1:])
