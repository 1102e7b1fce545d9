"""Throw spoiled messages at every entry point of the judge.

    python -m tests.fuzz --messages 20000 [--lane response] [--seed 1] [--processes 2]

Whatever arrives, the judge either raises RelyraError or believes exactly what the honest message
said: everything that it returns is compared, but for what nobody signed. Prints a line of JSON for
each lane and one for all; ends with 1 when a message broke that. `--first N` begins with message N.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict

from tests.fuzz.fuzzer import MAX_FINDINGS, Tally
from tests.fuzz.lanes import LANES, Task, run

CHUNK = 1_000


def tasks(options: argparse.Namespace) -> list[Task]:
    chosen = LANES if options.lane == "all" else {options.lane: LANES[options.lane]}
    whole = sum(lane.share for lane in chosen.values())
    planned: list[Task] = []
    for name, lane in chosen.items():
        end = options.first + -(-options.messages * lane.share // whole)
        for first in range(options.first, end, CHUNK):
            planned.append((name, options.seed, first, min(CHUNK, end - first)))
    return planned


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.fuzz",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--messages", type=int, default=2_000)
    parser.add_argument("--lane", choices=["all", *LANES], default="all")
    parser.add_argument("--seed", type=int, default=time.time_ns())
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--processes", type=int, default=2)
    return parser.parse_args()


def main() -> bool:
    options = parse()
    tallies: dict[str, Tally] = {}
    # Not forked: libxml2 and OpenSSL begin anew in each.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(options.processes, mp_context=context) as workers:
        for tally in workers.map(run, tasks(options)):
            tallies.setdefault(tally.lane, Tally(lane=tally.lane)).add(tally)
    whole = Tally(lane="all")
    for tally in tallies.values():
        whole.add(tally)
    report([*tallies.values(), whole], options.seed)
    return not whole.findings


def report(tallies: list[Tally], seed: int) -> None:
    for finding in tallies[-1].findings[:MAX_FINDINGS]:
        print(json.dumps(finding))
    for tally in tallies:
        facts = {**asdict(tally), "findings": len(tally.findings), "seed": seed}
        facts["outcomes"] = dict(tally.outcomes.most_common())
        print(json.dumps(facts))


if __name__ == "__main__":
    sys.exit(not main())
