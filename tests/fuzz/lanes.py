"""All lanes, and a worker's share of one."""

from __future__ import annotations

from tests.fuzz.corpus_lane import CrossSigned
from tests.fuzz.encrypted_lane import Encrypted
from tests.fuzz.fuzzer import Fuzzer, Tally
from tests.fuzz.lane import Lane
from tests.fuzz.logout_lanes import PostLogout, Redirect
from tests.fuzz.metadata_lane import Metadata
from tests.fuzz.parser_lane import Parser
from tests.fuzz.response_lane import SignedResponses

_ALL: tuple[Lane, ...] = (
    SignedResponses(),
    CrossSigned(),
    Encrypted(),
    Redirect(),
    PostLogout(),
    Metadata(),
    Parser(),
)
LANES = {lane.name: lane for lane in _ALL}
Task = tuple[str, int, int, int]


def run(task: Task) -> Tally:
    """Do one task: lane, seed, first message, how many."""
    lane, seed, first, count = task
    return Fuzzer(lane=LANES[lane], seed=seed).run(first, count)
