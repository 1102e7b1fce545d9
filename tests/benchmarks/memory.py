"""Print what 100,000 validations leave behind: `python -m tests.benchmarks.memory [--times N]`.

The first 30,000 are new ones, with IDs that were not seen before: libxml2 keeps those.
"""

from __future__ import annotations

import argparse
import gc
import os
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from typing import Final

from relyra_django.saml import RelyraError, validate_response
from relyra_django.testing.encryption import Encryption
from tests.benchmarks.clock import emit
from tests.saml.judging import CONNECTION, NOW, REQUEST_ID, mint

WARM: Final = 500
# Signing each message anew costs twice what validating it does; after so many a thread's dictionary
# has learnt enough.
FRESH: Final = 30_000
ALLOWED_KIB: Final = 6_144

_numbers = count()


def plain() -> Iterator[str]:
    while True:
        yield mint(attributes={"n": str(next(_numbers))}).encoded


def tampered() -> Iterator[str]:
    message = mint()
    while True:
        yield message.tampered("alice", f"admin{next(_numbers)}").encoded


def strange() -> Iterator[str]:
    message = mint()
    while True:
        name = f"<made-up{next(_numbers)}/></saml:Assertion>"
        yield message.tampered("</saml:Assertion>", name).encoded


def encrypted() -> Iterator[str]:
    while True:
        yield mint(attributes={"n": str(next(_numbers))}, encrypt=Encryption()).encoded


KINDS: Final[tuple[Callable[[], Iterator[str]], ...]] = (plain, tampered, strange, encrypted)


def judge(payload: str) -> None:
    try:
        validate_response(payload, CONNECTION, request_id=REQUEST_ID, now=NOW)
    except RelyraError:
        return


def measure(name: str, messages: Iterator[str], times: int, threads: int) -> None:
    with ThreadPoolExecutor(threads) as pool:
        take(pool, messages, WARM)
        before = resident_kib()
        take(pool, messages, times)
        after = resident_kib()
    emit(
        memory=name,
        threads=threads,
        validations=times,
        before_kib=before,
        after_kib=after,
        grown_kib=after - before,
        allowed_kib=ALLOWED_KIB,
        met=after - before <= ALLOWED_KIB,
    )


def take(pool: ThreadPoolExecutor, messages: Iterator[str], times: int) -> None:
    """Judge that many: no more than FRESH different ones, then those of the last batch again."""
    batch: list[str] = []
    for start in range(0, times, WARM):
        if start < FRESH:
            batch = [next(messages) for _ in range(min(WARM, times - start))]
        list(pool.map(judge, batch))
    gc.collect()


def resident_kib() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") // 1024


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.memory", description=__doc__)
    parser.add_argument("--times", type=int, default=100_000, help="how many of each kind")
    times = parser.parse_args().times
    for kind in KINDS:
        measure(kind.__name__, kind(), times, threads=1)
    measure("plain", plain(), times, threads=2)


if __name__ == "__main__":
    sys.exit(main())
