"""`manage.py demo`: both processes, until Ctrl-C."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from threading import Event

from django.core.management.base import OutputWrapper

from example_project.demo.plan import OPERATOR, Plan
from example_project.demo.ports import free_port
from example_project.demo.processes import running

PAGE = """
Fernway, the site          {site}
Ashdown, the provider      {idp}
Operators' admin           {site}/admin/
  user {operator}, password {password}

Database and logs          {directory}
Ctrl-C stops both.
"""


def show(directory: Path, port: int, idp_port: int, stdout: OutputWrapper) -> None:
    """Run the demo until it is interrupted. Raises NotStartedError."""
    site_port = free_port(port)
    plan = Plan(
        directory=directory,
        site_port=site_port,
        idp_port=free_port(idp_port, taken=frozenset({site_port})),
    )
    stdout.write("Starting ...")
    with suppress(KeyboardInterrupt), running(plan):
        stdout.write(page(plan))
        Event().wait()
    stdout.write("Stopped.")


def page(plan: Plan) -> str:
    """Return what the terminal says once both processes answer."""
    return PAGE.format(
        site=plan.site_url,
        idp=plan.idp_url,
        operator=OPERATOR,
        password=plan.operator_password,
        directory=plan.directory,
    )
