"""Every code is earned: some test sees it raised. A code that no test can raise means nothing.

The sources of the tests are read, not run: a code counts where a test expects it, as
`ErrorCode.NAME` or by its word, and not where a test makes the refusal up itself.
"""

from __future__ import annotations

import ast
import json
from collections import defaultdict
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import pytest

import relyra_django
from relyra_django.exceptions import ErrorCode
from relyra_django.testing import HOSTILE, LOGOUT
from relyra_django.testing.hostile.metadata import METADATA

TESTS = Path(__file__).resolve().parent
PACKAGE = Path(relyra_django.__file__).parent
#: Where every code stands whether or not anything raises it.
LISTS = {PACKAGE / "saml" / "errors.py", PACKAGE / "views" / "refusals.py"}
CORPUS = TESTS / "saml" / "corpus" / "data"
WORDS = {code.value: code for code in ErrorCode}
#: They go through all codes, or list some, whether or not anything raises them.
CATALOGUES = {
    "test_error_codes.py", "test_errors.py", "test_docs.py", "test_views_refusals.py",
    "test_corpus.py",
}  # fmt: skip


def is_made_up(call: ast.AST) -> bool:
    """Tell whether a node builds a refusal, as tests of pages and logs do."""
    return isinstance(call, ast.Call) and ast.unparse(call.func).endswith("RelyraError")


def expected_in(node: ast.AST) -> Iterator[ErrorCode]:
    """Yield the codes that are named below a node, but for those in refusals it makes up."""
    if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "ErrorCode":
        yield ErrorCode[node.attr]
    elif isinstance(node, ast.Constant) and node.value in WORDS:
        yield WORDS[str(node.value)]
    elif not is_made_up(node):
        for child in ast.iter_child_nodes(node):
            yield from expected_in(child)


def parts_of(tree: ast.Module) -> Iterator[tuple[str, ast.AST]]:
    """Yield the functions of a module, tests or what tests call, and the tables they run over."""
    for node in tree.body:
        for part in node.body if isinstance(node, ast.ClassDef) else [node]:
            if isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef):
                yield part.name, part
            elif isinstance(part, ast.Assign | ast.AnnAssign):
                yield ast.unparse(part).split(" ")[0].rstrip(":"), part


@lru_cache
def sightings() -> dict[ErrorCode, set[str]]:
    """Return, for each code, where a test or a case of the corpus expects it."""
    found: dict[ErrorCode, set[str]] = defaultdict(set)
    for path in TESTS.rglob("test_*.py"):
        if path.name not in CATALOGUES:
            for name, node in parts_of(ast.parse(path.read_text(encoding="utf-8"))):
                for code in expected_in(node):
                    found[code].add(f"{path.relative_to(TESTS)}::{name}")
    for manifest in CORPUS.glob("*/manifest.json"):
        for case in json.loads(manifest.read_text(encoding="utf-8")):
            if code := WORDS.get(case["expected"]):
                found[code].add(f"corpus:{manifest.parent.name}")
    # Each is judged: tests/saml/test_hostile.py, test_idp_metadata_hostile.py and
    # tests/testing/test_hostile_logout.py run over them.
    for attack in (*HOSTILE, *LOGOUT, *METADATA):
        if attack.code is not None:
            found[attack.code].add(f"kit:{attack.name}")
    return found


@pytest.mark.parametrize("code", ErrorCode)
def test_a_test_sees_it_raised(code: ErrorCode) -> None:
    assert sightings()[code], code


def test_no_code_is_left_that_nothing_raises() -> None:
    """The test kit does not count: it names what others raise."""
    shipped = [p for p in PACKAGE.rglob("*.py") if p not in LISTS and "testing" not in p.parts]
    source = "\n".join(path.read_text(encoding="utf-8") for path in shipped)
    assert [code for code in ErrorCode if f"ErrorCode.{code.name}" not in source] == []


def test_the_scan_sees_what_is_there() -> None:
    found = sightings()
    assert "saml/test_rules.py::test_another_issuer" in found[ErrorCode.ISSUER_MISMATCH]
    assert "test_flow.py::REFUSED" in found[ErrorCode.BROWSER_BINDING_MISMATCH]
    assert "corpus:algorithms" in found[ErrorCode.DEPRECATED_ALGORITHM]
    assert "kit:no-audience" in found[ErrorCode.INVALID_AUDIENCE]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("assert refused() is ErrorCode.MALFORMED_XML", [ErrorCode.MALFORMED_XML]),
        ("assert code == 'malformed_xml'", [ErrorCode.MALFORMED_XML]),
        ("assert code == 'malformed xml'", []),
        ("raise RelyraError(ErrorCode.MALFORMED_XML, 'x')", []),
        ("show(saml.RelyraError(ErrorCode.MALFORMED_XML, 'x'), ErrorCode.SESSION_EXPIRED)",
         [ErrorCode.SESSION_EXPIRED]),
        ("assert 1", []),
    ],
)  # fmt: skip
def test_what_counts(source: str, expected: list[ErrorCode]) -> None:
    assert list(expected_in(ast.parse(source))) == expected
