"""The demo, started once for the tests that visit it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from example_project.demo.browser import Browser
from example_project.demo.check import Visit
from example_project.demo.plan import Plan
from example_project.demo.ports import free_port
from example_project.demo.processes import running


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plan]:
    """Both processes, with a database of their own; ended after the last test."""
    site_port = free_port()
    plan = Plan(
        directory=tmp_path_factory.mktemp("demo"),
        site_port=site_port,
        idp_port=free_port(taken=frozenset({site_port})),
    )
    with running(plan):
        yield plan


@pytest.fixture
def visit(demo: Plan) -> Visit:
    """A visitor with a new browser."""
    return Visit(plan=demo, browser=Browser())
