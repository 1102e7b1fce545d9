"""Taking times in turns, so that a slow minute of the machine falls on every figure alike."""

from __future__ import annotations

import gc
import json
import statistics
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

BLOCK = 20


@dataclass(kw_only=True, slots=True)
class Figure:
    """One thing that is timed. `prepare` makes what `run` consumes, outside the clock."""

    name: str
    run: Callable[[Any], object]
    prepare: Callable[[], Any] = lambda: None
    seconds: list[float] = field(default_factory=list)

    def take(self, times: int) -> None:
        ready = [self.prepare() for _ in range(times)]
        for each in ready:
            began = time.perf_counter()
            self.run(each)
            self.seconds.append(time.perf_counter() - began)

    @property
    def median_ms(self) -> float:
        return statistics.median(self.seconds) * 1e3

    def line(self) -> dict[str, Any]:
        ordered = sorted(self.seconds)
        return {
            "figure": self.name,
            "median_ms": round(self.median_ms, 4),
            "p95_ms": round(ordered[int(len(ordered) * 0.95)] * 1e3, 4),
            "n": len(ordered),
        }


def measure(figures: Iterable[Figure], times: int) -> None:
    """Take `times` of every figure in blocks A B C A B C, after a warm-up that does not count."""
    each = list(figures)
    for figure in each:
        figure.take(BLOCK)
        figure.seconds.clear()
    gc.collect()
    for _ in range(max(1, times // BLOCK)):
        for figure in each:
            figure.take(BLOCK)


def emit(**line: Any) -> dict[str, Any]:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()
    return line
