from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.core.cache import cache
from django.db import connection

from relyra_django.stores import memory

VENDORS = {"postgres": "postgresql", "mariadb": "mysql"}


def pytest_runtest_setup(item: pytest.Item) -> None:
    """DATABASE_URL picks the database of a whole run; tests of another one have nothing to say."""
    for marker, vendor in VENDORS.items():
        if item.get_closest_marker(marker) and connection.vendor != vendor:
            pytest.skip(f"needs {vendor}: set DATABASE_URL")


@pytest.fixture(autouse=True)
def _forget_one_time_state() -> Iterator[None]:
    yield
    memory.clear()
    cache.clear()
