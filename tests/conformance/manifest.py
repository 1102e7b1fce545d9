"""The manifest: rows in TOML, read into frozen dataclasses and checked."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, fields
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

HERE: Final = Path(__file__).resolve().parent
#: In the order of the page.
NAMES: Final = ("core", "bindings", "profiles", "metadata", "saml2int")


class Status(StrEnum):
    """What becomes of a rule here."""

    PASS = "pass"
    REJECT = "reject"
    UNSUPPORTED = "unsupported"
    DEVIATION = "deviation"


MUST_BE_PROVEN: Final = frozenset({Status.PASS, Status.REJECT})
MUST_BE_EXPLAINED: Final = frozenset({Status.UNSUPPORTED, Status.DEVIATION})


@dataclass(frozen=True, kw_only=True, slots=True)
class Rule:
    """One row. `where` is the section or statement; `binds` whom the standard tells to keep it.

    `note` is the reason of a deviation and what happens instead of what is unsupported.
    """

    id: str
    where: str
    rule: str
    status: str
    binds: str = "SP"
    proofs: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Document:
    """One specification and its rows, in the order of its sections."""

    name: str
    title: str
    url: str
    rules: tuple[Rule, ...]


class ManifestError(ValueError):
    """A file that is no manifest; the sentence names the file and the row."""


def load(folder: Path = HERE) -> tuple[Document, ...]:
    """Read every document. Raises ManifestError."""
    return tuple(_document(folder / f"{name}.toml") for name in NAMES)


def _document(path: Path) -> Document:
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        rules = tuple(_rule(path.stem, row) for row in table["rules"])
        return Document(name=path.stem, title=table["title"], url=table["url"], rules=rules)
    except (OSError, tomllib.TOMLDecodeError, KeyError) as error:
        raise ManifestError(f"{path.name} cannot be read: {error!r}") from error


def _rule(name: str, row: dict[str, Any]) -> Rule:
    known = {field.name for field in fields(Rule)}
    if strange := set(row) - known:
        raise ManifestError(f"{name}: {row.get('id')}: unknown keys {sorted(strange)}")
    try:
        return Rule(**{**row, "proofs": tuple(row.get("proofs", ()))})
    except TypeError as error:
        raise ManifestError(f"{name}: {row.get('id')}: {error}") from error


def problems(documents: tuple[Document, ...]) -> Iterator[str]:
    """Yield what is wrong with the rows, one sentence each. Whether proofs exist is not asked."""
    rules = [rule for document in documents for rule in document.rules]
    for rule_id, count in Counter(rule.id for rule in rules).items():
        if count > 1:
            yield f"{rule_id}: the id is used {count} times"
    for rule in rules:
        yield from _problems_of(rule)


def _problems_of(rule: Rule) -> Iterator[str]:
    if rule.status not in set(Status):
        yield f"{rule.id}: unknown status {rule.status!r}"
    if rule.status in MUST_BE_PROVEN and not rule.proofs:
        yield f"{rule.id}: {rule.status} without a proof"
    if rule.status in MUST_BE_EXPLAINED and not rule.note.strip():
        yield f"{rule.id}: {rule.status} without a reason"
    if not (rule.where.strip() and rule.rule.strip()) or "\n" in rule.rule + rule.note:
        yield f"{rule.id}: place and rule are one line each"
