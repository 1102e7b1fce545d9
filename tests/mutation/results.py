"""What became of the mutants of one module."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

from tests.mutation.equivalents import Equivalent, Equivalents
from tests.mutation.suites import source_of

# A mutant that ends the process or never ends was noticed.
NOTICED = frozenset({"killed", "timeout", "segfault"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Mutant:
    """One change: mutmut's name for it, what became of it, the lines that it replaces."""

    name: str
    status: str
    was: str
    becomes: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Result:
    module: str
    source_sha256: str
    mutants: int
    killed: int
    equivalent: int
    unexplained: tuple[Mutant, ...]
    stale_equivalents: tuple[Equivalent, ...]

    @property
    def score(self) -> float:
        return self.killed / max(1, self.mutants - self.equivalent)

    def line(self) -> str:
        return (
            f"{self.module}: {self.mutants} mutants, {self.killed} killed, "
            f"{self.equivalent} equivalent, {len(self.unexplained)} survived: {self.score:.1%}"
        )

    def json(self) -> str:
        return json.dumps(
            {
                "module": self.module,
                "mutants": self.mutants,
                "killed": self.killed,
                "equivalent": self.equivalent,
                "survived": len(self.unexplained),
                "score": round(self.score, 4),
                "score_with_equivalents_as_survivors": round(self.killed / max(1, self.mutants), 4),
                "source": source_of(self.module),
                "source_sha256": self.source_sha256,
            }
        )


def judge_module(
    module: str, source: bytes, mutants: list[Mutant], equivalents: Equivalents
) -> Result:
    survivors = [mutant for mutant in mutants if mutant.status not in NOTICED]
    explained = [m for m in survivors if equivalents.explain(module, m.was, m.becomes)]
    return Result(
        module=module,
        source_sha256=hashlib.sha256(source).hexdigest(),
        mutants=len(mutants),
        killed=len(mutants) - len(survivors),
        equivalent=len(explained),
        unexplained=tuple(mutant for mutant in survivors if mutant not in explained),
        stale_equivalents=equivalents.unused(module, [(m.was, m.becomes) for m in explained]),
    )
