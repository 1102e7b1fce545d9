"""The fuzzer itself: every lane runs, and a judge that is wrong is found out."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from random import Random

import pytest

from relyra_django.saml import ErrorCode, RelyraError
from tests.fuzz.__main__ import tasks
from tests.fuzz.fuzzer import Fuzzer
from tests.fuzz.lane import Seed
from tests.fuzz.lanes import LANES, run
from tests.fuzz.mutations import BYTES, NODES
from tests.fuzz.response_lane import SignedResponses


@pytest.mark.parametrize("name", LANES)
def test_every_lane_runs_and_finds_nothing(name):
    tally = run((name, 1, 0, 60))
    assert tally.messages == 60
    assert tally.findings == []
    assert len(tally.outcomes) > 3
    assert tally.slowest_ms > 0


def test_a_message_can_be_made_again():
    lane = LANES["parser"]
    [seed, *_] = lane.seeds()
    made = [lane.spoiled(Random("1 parser 7"), seed) for _ in range(2)]
    assert made[0] == made[1]
    assert made[0] != lane.spoiled(Random("1 parser 8"), seed)


@dataclass(frozen=True)
class Gullible(SignedResponses):
    """Believes any bytes."""

    def judge(self, payload, seed: Seed):
        return {"name_id": payload}


@dataclass(frozen=True)
class Fragile(SignedResponses):
    def judge(self, payload, seed: Seed):
        if base64.b64decode(payload) != seed.data:
            raise KeyError("unforeseen")
        return {}


@dataclass(frozen=True)
class Torn(SignedResponses):
    def judge(self, payload, seed: Seed):
        if base64.b64decode(payload) != seed.data:
            raise RelyraError(ErrorCode.INTERNAL_PROTOCOL_ERROR, "The verifiers disagree.")
        return {}


@pytest.mark.parametrize(
    ("lane", "why"),
    [
        (Gullible(), "false accept: name_id"),
        (Fragile(), "raised KeyError: 'unforeseen'"),
        (Torn(), "internal_protocol_error"),
    ],
)
def test_what_a_wrong_judge_does_is_found(lane, why):
    tally = Fuzzer(lane=lane, seed=1).run(0, 3)
    assert tally.messages == 3
    assert why in {finding["finding"] for finding in tally.findings}
    assert tally.false_accepts == (3 if isinstance(lane, Gullible) else 0)
    finding = json.loads(json.dumps(tally.findings[0]))
    assert finding["again"].startswith("python -m tests.fuzz --lane response --seed 1 --first ")
    assert finding["idp_certificates"]
    assert base64.b64decode(finding["payload_base64"])


@dataclass(frozen=True)
class Refusing(SignedResponses):
    def judge(self, payload, seed: Seed):
        raise RelyraError(ErrorCode.INVALID_SIGNATURE, "Nothing is good enough.")


def test_a_judge_that_refuses_the_honest_message_proves_nothing():
    with pytest.raises(LookupError, match="invalid_signature"):
        Fuzzer(lane=Refusing(), seed=1).run(0, 1)


class TestTasks:
    @staticmethod
    def planned(**options):
        from argparse import Namespace

        return tasks(
            Namespace(**{"lane": "all", "messages": 100, "first": 0, "seed": 1, **options})
        )

    def test_shares_make_up_all_messages(self):
        assert sum(count for *_, count in self.planned(messages=20_000)) >= 20_000
        assert {lane for lane, *_ in self.planned()} == set(LANES)

    def test_one_lane_from_somewhere(self):
        assert self.planned(lane="parser", messages=1_500, first=10) == [
            ("parser", 1, 10, 1_000),
            ("parser", 1, 1_010, 500),
        ]


@pytest.mark.parametrize("mutation", [*BYTES, *NODES], ids=lambda mutation: mutation.__name__)
def test_every_mutation_changes_a_message(mutation):
    [seed, *_] = SignedResponses().seeds()
    changed = 0
    for number in range(20):
        try:
            changed += mutation(Random(number), seed.data) != seed.data
        except (ValueError, IndexError):
            continue
    assert changed > 5
