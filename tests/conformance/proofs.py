"""Whether a proof exists: a pytest node id is looked for in the source, its parameter in the marks.

Reading the source is enough for names and keeps the command fast; only a node id that ends with a
parameter, such as `test_attack_is_refused_with_its_code[xsw3]`, has its module imported. A
class of the corpus is `corpus:class`, one case `corpus:class/case`: tests/saml/test_corpus.py
judges each.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Iterable, Iterator
from functools import lru_cache
from importlib import import_module
from itertools import product
from pathlib import Path
from typing import Any, Final

REPOSITORY: Final = Path(__file__).resolve().parent.parent.parent
CORPUS: Final = "corpus:"


def exists(proof: str) -> bool:
    """Tell whether there is such a test, `tests/x.py::TestClass::test_name[parameter]`."""
    if proof.startswith(CORPUS):
        return proof.removeprefix(CORPUS) in _corpus()
    node, bracket, parameter = proof.partition("[")
    file, _, name = node.partition("::")
    if name not in _tests_in(REPOSITORY / file):
        return False
    return not bracket or parameter.removesuffix("]") in _parameters(file, name)


@lru_cache
def _tests_in(path: Path) -> frozenset[str]:
    if not path.is_file():
        return frozenset()
    return frozenset(_names(ast.parse(path.read_text(encoding="utf-8")).body, ""))


def _names(body: Iterable[ast.stmt], prefix: str) -> Iterator[str]:
    for node in body:
        if isinstance(node, ast.ClassDef) and node.name.startswith("Test"):
            yield from _names(node.body, f"{prefix}{node.name}::")
        elif isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            yield prefix + node.name


@lru_cache
def _corpus() -> frozenset[str]:
    """Return the classes of the corpus and its cases, as class/case."""
    found = set()
    for path in (REPOSITORY / "tests/saml/corpus/data").glob("*/manifest.json"):
        cases = json.loads(path.read_text(encoding="utf-8"))
        found |= {path.parent.name, *(f"{path.parent.name}/{case['name']}" for case in cases)}
    return frozenset(found)


def _parameters(file: str, name: str) -> frozenset[str]:
    found: Any = import_module(file.removesuffix(".py").replace("/", "."))
    for part in name.split("::"):
        found = getattr(found, part)
    marks = [mark for mark in getattr(found, "pytestmark", ()) if mark.name == "parametrize"]
    if not marks:
        return frozenset()
    # The decorator next to the function comes first, in the marks as in the id.
    return frozenset("-".join(parts) for parts in product(*map(_ids, marks)))


def _ids(mark: Any) -> list[str]:
    """Spell the ids as pytest does for what our suites use: given names, or plain values."""
    given = mark.kwargs.get("ids")
    if callable(given):
        return [str(given(value)) for value in mark.args[1]]
    return list(given) if given is not None else [_spelled(value) for value in mark.args[1]]


def _spelled(value: Any) -> str:
    if getattr(value, "id", None) and hasattr(value, "marks"):
        return str(value.id)  # pytest.param()
    values = value if isinstance(value, tuple) else (value,)
    return "-".join(getattr(each, "__name__", str(each)) for each in values)
