"""Work in a thread of its own: what libxml2 has learnt in it goes when it ends."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def in_own_thread(work: Callable[[], T]) -> T:
    """Run it in a thread that ends with it, and return or raise what it does."""
    results: list[T] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            results.append(work())
        except BaseException as error:
            errors.append(error)

    # A bare thread of _thread is 0.02 ms cheaper, and no tool that watches threads sees it.
    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if errors:
        # Popped: an exception that its own frames hold on to would outlive the request.
        raise errors.pop()
    return results[0]
