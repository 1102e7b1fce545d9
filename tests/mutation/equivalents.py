"""Mutants that no test can tell from the original, each with the reason (equivalents.toml)."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

FILE = Path(__file__).with_name("equivalents.toml")


@dataclass(frozen=True, kw_only=True, slots=True)
class Equivalent:
    """The lines as they are and as the mutant has them; `reason` says why nobody can tell."""

    module: str
    was: str
    becomes: str
    reason: str

    def __str__(self) -> str:
        return f"{self.module}: {self.was!r} -> {self.becomes!r}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Equivalents:
    entries: tuple[Equivalent, ...]

    @classmethod
    def load(cls, file: Path = FILE) -> Equivalents:
        """Read the file. ValueError for an entry without a reason; a mutant has one entry."""
        entries = [
            Equivalent(module=group["module"], was=was, becomes=becomes, reason=group["reason"])
            for group in tomllib.loads(file.read_text()).get("equivalent", [])
            for was, becomes in group["mutants"]
        ]
        if not all(entry.reason.strip() for entry in entries):
            raise ValueError("every equivalent mutant needs a reason")
        if len({(e.module, e.was, e.becomes) for e in entries}) != len(entries):
            raise ValueError("an equivalent mutant is listed twice")
        return cls(entries=tuple(entries))

    def explain(self, module: str, was: str, becomes: str) -> str | None:
        """Return the reason, where there is one."""
        for entry in self.entries:
            if (entry.module, entry.was, entry.becomes) == (module, was, becomes):
                return entry.reason
        return None

    def unused(self, module: str, found: list[tuple[str, str]]) -> tuple[Equivalent, ...]:
        """Return the entries of this module that explain none of these mutants."""
        return tuple(
            entry
            for entry in self.entries
            if entry.module == module and (entry.was, entry.becomes) not in found
        )
