"""Ports of the loopback interface."""

from __future__ import annotations

import socket

LOOPBACK = "127.0.0.1"


def is_free(port: int) -> bool:
    """Say whether a server could listen there now."""
    with socket.socket() as candidate:
        candidate.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            candidate.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def free_port(preferred: int = 0, *, taken: frozenset[int] = frozenset()) -> int:
    """Return `preferred` if it is free, else one that is. 0 prefers none."""
    if preferred and preferred not in taken and is_free(preferred):
        return preferred
    while True:
        with socket.socket() as candidate:
            candidate.bind((LOOPBACK, 0))
            port: int = candidate.getsockname()[1]
        if port not in taken:
            return port
