"""One worker: so many messages of one lane, and what became of them."""

from __future__ import annotations

import base64
import time
from collections import Counter
from dataclasses import dataclass, field
from random import Random
from typing import Any

from relyra_django.saml import ErrorCode, RelyraError
from tests.fuzz.lane import Lane, Said, Seed

SLOW_SECONDS = 2.0
MAX_FINDINGS = 20


@dataclass(kw_only=True, slots=True)
class Tally:
    """`slowest_ms` is the time of one judgement; `false_accepts` are counted and are findings."""

    lane: str
    messages: int = 0
    false_accepts: int = 0
    slowest_ms: float = 0.0
    outcomes: Counter[str] = field(default_factory=Counter)
    findings: list[dict[str, Any]] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        self.messages += other.messages
        self.false_accepts += other.false_accepts
        self.slowest_ms = max(self.slowest_ms, other.slowest_ms)
        self.outcomes.update(other.outcomes)
        self.findings.extend(other.findings)


@dataclass(frozen=True, kw_only=True, slots=True)
class Fuzzer:
    """Message number N of a lane depends on the seed and N alone; on the keys, its signature."""

    lane: Lane
    seed: int

    def run(self, first: int, count: int) -> Tally:
        tally = Tally(lane=self.lane.name)
        honest = [(seed, self.believed(seed)) for seed in self.lane.seeds()]
        for number in range(first, first + count):
            random = Random(f"{self.seed} {self.lane.name} {number}")
            seed, said = random.choice(honest)
            payload = self.spoiled(random, seed)
            began = time.perf_counter()
            outcome = self.outcome(payload, seed, said)
            note(tally, outcome, time.perf_counter() - began)
            if why := wrong(outcome, time.perf_counter() - began):
                tally.findings.append(self.finding(why, number, seed, payload))
        return tally

    def believed(self, seed: Seed) -> Said:
        """Every seed is a positive control. LookupError: it is not accepted."""
        try:
            return self.lane.judge(self.lane.honest(seed), seed)
        except RelyraError as refusal:
            raise LookupError(f"{self.lane.name}, {seed.name}: {refusal}") from None

    def spoiled(self, random: Random, seed: Seed) -> str | bytes:
        """Return something else than the honest payload, which would only count as a message."""
        honest = self.lane.honest(seed)
        while (payload := self.lane.spoiled(random, seed)) == honest:
            pass
        return payload

    def outcome(self, payload: str | bytes, seed: Seed, said: Said) -> str:
        try:
            believed = self.lane.judge(payload, seed)
        except RelyraError as refusal:
            return refusal.code.value
        except Exception as error:
            return f"raised {type(error).__name__}: {error}"[:200]
        return "accepted" if believed == said else f"false accept: {difference(believed, said)}"

    def finding(self, why: str, number: int, seed: Seed, payload: str | bytes) -> dict[str, Any]:
        """Return all that is needed to judge the message again."""
        octets = payload.encode() if isinstance(payload, str) else payload
        return {
            "finding": why,
            "again": f"python -m tests.fuzz --lane {self.lane.name} --seed {self.seed} "
            f"--first {number} --messages 1",
            "from": seed.name,
            "payload_base64": base64.b64encode(octets).decode(),
            "now": seed.now.isoformat(),
            "request_id": seed.request_id,
            "idp_certificates": seed.connection.idp_certificates,
            "sp_decryption_keys": seed.connection.sp_decryption_keys,
        }


def difference(believed: Said, said: Said) -> str:
    return ", ".join(sorted(name for name in said if believed.get(name) != said[name]))


def wrong(outcome: str, seconds: float) -> str | None:
    """Say what a message must not bring about, if it did."""
    # The two verifiers disagree, or a stage failed in a way nobody foresaw.
    if outcome.startswith(("false accept", "raised", ErrorCode.INTERNAL_PROTOCOL_ERROR.value)):
        return outcome
    return f"took {seconds:.1f} s" if seconds > SLOW_SECONDS else None


def note(tally: Tally, outcome: str, seconds: float) -> None:
    tally.messages += 1
    tally.false_accepts += outcome.startswith("false accept")
    tally.slowest_ms = max(tally.slowest_ms, round(seconds * 1e3, 1))
    tally.outcomes[outcome.partition(":")[0]] += 1
