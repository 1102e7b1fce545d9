"""Ports: the wanted one when it is free, another when it is not."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from example_project.demo.ports import LOOPBACK, free_port, is_free


@pytest.fixture
def occupied() -> Iterator[int]:
    with socket.socket() as server:
        server.bind((LOOPBACK, 0))
        server.listen()
        yield server.getsockname()[1]


def test_a_port_that_listens_is_not_free(occupied: int) -> None:
    assert not is_free(occupied)


def test_the_preferred_port_is_taken_when_free() -> None:
    port = free_port()

    assert free_port(port) == port


def test_another_port_is_taken_when_the_preferred_one_is_not_free(occupied: int) -> None:
    port = free_port(occupied)

    assert port != occupied
    assert is_free(port)


def test_two_servers_do_not_get_the_same_port() -> None:
    port = free_port()

    assert free_port(port, taken=frozenset({port})) != port
