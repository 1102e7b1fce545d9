"""Take the pictures of the demo: `python docs/screenshots/take.py`; CHROMIUM names the browser.

Starts the demo as a visitor would, goes through it in light and in dark, then through the
operator's admin, then looks at the pages as they are shipped; writes *.png here.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent))

from example_project.demo.plan import OPERATOR, Plan  # noqa: E402
from example_project.demo.ports import free_port  # noqa: E402
from example_project.demo.processes import Server, running  # noqa: E402
from tests.browser.chromium import Tab, chromium  # noqa: E402


def visit(tab: Tab, site_url: str, scheme: str) -> None:
    tab.forget()
    tab.prefer(scheme)
    tab.visit(site_url, until=".hero")
    tab.picture(HERE / f"demo-home-{scheme}.png")
    tab.click(".hero .button", until=".choice[name=username]")
    tab.click(".choice[name=username]", until="button.primary")
    tab.picture(HERE / f"demo-idp-{scheme}.png")
    tab.click("button.primary", until=".cards")
    tab.picture(HERE / f"demo-receipt-{scheme}.png")
    tab.click(".bar form button", until=".hero")
    tab.click(".hero .button", until=".choice[name=username]")
    tab.click(".choice[name=username]", until="button.primary")
    tab.click("button[value=tampered]", until="a[href*='/login/']")
    tab.picture(HERE / f"demo-refused-{scheme}.png")


def operate(tab: Tab, plan: Plan) -> None:
    """Look at the connection as its operator does."""
    tab.forget()
    tab.prefer("light")
    tab.visit(f"{plan.site_url}/admin/", until="#id_password")
    tab.fill("#id_username", OPERATOR)
    tab.fill("#id_password", plan.operator_password)
    tab.click("input[type=submit]", until="#user-tools")
    tab.visit(f"{plan.site_url}/admin/relyra_django/connection/", until="#result_list")
    tab.picture(HERE / "admin-connections.png")
    tab.click("#result_list tbody th a", until=".submit-row")
    tab.picture(HERE / "admin-connection.png")


@contextmanager
def plain_site(directory: Path) -> Iterator[str]:
    """Run a project without templates of its own; yield its address."""
    port = free_port()
    command = [sys.executable, "-m", "django", "runserver", "--noreload", f"localhost:{port}"]
    environment = {
        **os.environ,
        "PYTHONPATH": f"{HERE}:{HERE.parent.parent}",
        "DJANGO_SETTINGS_MODULE": "plain_settings",
        "DATABASE_URL": f"sqlite:///{directory / 'plain.sqlite3'}",
    }
    with (directory / "plain.log").open("wb") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    server = Server(name="The plain site", process=process, log=directory / "plain.log", port=port)
    try:
        server.wait_until_answering()
        yield f"http://localhost:{port}"
    finally:
        process.terminate()
        process.wait()


def refuse(tab: Tab, site_url: str) -> None:
    """Ask the ACS for what it does not do, to see its page."""
    for scheme in ("light", "dark"):
        tab.forget()
        tab.prefer(scheme)
        tab.visit(f"{site_url}/saml/acme/acs/", until="main dl")
        tab.picture(HERE / f"page-refused-{scheme}.png")


def main() -> None:
    with tempfile.TemporaryDirectory() as directory:
        plan = Plan(directory=Path(directory), site_port=free_port(8000), idp_port=free_port(8001))
        with running(plan), chromium(Path(directory) / "profile") as tab:
            for scheme in ("light", "dark"):
                visit(tab, plan.site_url, scheme)
            operate(tab, plan)
            with plain_site(Path(directory)) as site_url:
                refuse(tab, site_url)


if __name__ == "__main__":
    main()
