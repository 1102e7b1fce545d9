"""Throw spoiled messages at the judge: `python -m tests.fuzz [--seconds 60] [--seed 1]`.

Whatever arrives, the judge either raises RelyraError or accepts exactly what was signed, and it
takes its time for neither. Prints JSON lines; ends with 1 when a message broke that.
"""

from __future__ import annotations

import argparse
import base64
import json
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random
from typing import Any

from relyra_django.saml.errors import RelyraError
from relyra_django.saml.validation import validate_response
from relyra_django.testing import FakeIdP
from tests.fuzz.mutations import spoil

NOW = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
REQUEST_ID = "id_fuzzed"
SLOW_SECONDS = 2.0
SIGNED = ("assertion", "response", "both")


@dataclass(kw_only=True, slots=True)
class Tally:
    outcomes: Counter[str] = field(default_factory=Counter)
    findings: list[dict[str, Any]] = field(default_factory=list)
    slowest: float = 0.0

    def find(self, why: str, xml: bytes) -> None:
        self.findings.append({"finding": why, "xml": base64.b64encode(xml).decode()})


@dataclass(frozen=True, kw_only=True, slots=True)
class Fuzzer:
    random: Random
    idp: FakeIdP = field(default_factory=FakeIdP)
    tally: Tally = field(default_factory=Tally)

    def seeds(self) -> list[tuple[bytes, tuple[object, ...]]]:
        """Return honest messages with what each says."""
        minted = [
            self.idp.response(
                in_response_to=REQUEST_ID,
                now=NOW,
                sign=sign,
                pretty=pretty,
                attributes={"mail": "alice@example.org", "groups": ["staff", "editors"]},
            ).xml
            for sign in SIGNED
            for pretty in (False, True)
        ]
        return [(xml, self.judge(xml)) for xml in minted]

    def judge(self, xml: bytes) -> tuple[object, ...]:
        accepted = validate_response(
            base64.b64encode(xml).decode(),
            self.idp.connection(),
            request_id=REQUEST_ID,
            now=NOW,
        )
        return accepted.assertion_id, accepted.name_id, accepted.attributes, accepted.issuer

    def try_one(self, seed: tuple[bytes, tuple[object, ...]]) -> None:
        xml = spoil(self.random, seed[0])
        began = time.perf_counter()
        try:
            outcome = "accepted" if self.judge(xml) == seed[1] else "accepted_something_else"
        except RelyraError as error:
            outcome = error.code.value
        except Exception as error:
            outcome = f"raised_{type(error).__name__}"
        took = time.perf_counter() - began
        self.note(outcome, took, xml)

    def note(self, outcome: str, took: float, xml: bytes) -> None:
        self.tally.outcomes[outcome] += 1
        self.tally.slowest = max(self.tally.slowest, took)
        if outcome.startswith(("accepted_", "raised_", "internal_")):
            self.tally.find(outcome, xml)
        if took > SLOW_SECONDS:
            self.tally.find(f"took {took:.1f} s", xml)


def main() -> bool:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=time.time_ns())
    options = parser.parse_args()
    fuzzer = Fuzzer(random=Random(options.seed))
    seeds = fuzzer.seeds()
    deadline = time.monotonic() + options.seconds
    while time.monotonic() < deadline:
        fuzzer.try_one(fuzzer.random.choice(seeds))
    report(fuzzer.tally, options.seed)
    return not fuzzer.tally.findings


def report(tally: Tally, seed: int) -> None:
    summary = {
        "messages": tally.outcomes.total(),
        "seed": seed,
        "findings": len(tally.findings),
        "slowest_ms": round(tally.slowest * 1e3, 1),
        "outcomes": dict(tally.outcomes.most_common()),
    }
    for line in [*tally.findings[:20], summary]:
        sys.stdout.write(json.dumps(line) + "\n")


if __name__ == "__main__":
    sys.exit(not main())
