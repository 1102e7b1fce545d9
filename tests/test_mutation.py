"""The books of the mutation tests: nothing is explained away unseen, nothing stale is kept."""

from __future__ import annotations

import json

import pytest

from tests.mutation.equivalents import Equivalents
from tests.mutation.results import Mutant, judge_module
from tests.mutation.suites import MODULES, ROOT, source_of, suite_of

LISTED = """
[[equivalent]]
module = "timestamps"
reason = "Nobody sees it."
mutants = [["a", "b"], ["c", "d"]]
"""


@pytest.fixture
def equivalents(tmp_path):
    def load(text: str) -> Equivalents:
        (tmp_path / "equivalents.toml").write_text(text)
        return Equivalents.load(tmp_path / "equivalents.toml")

    return load


def mutant(status: str, was: str = "a", becomes: str = "b") -> Mutant:
    return Mutant(name="m", status=status, was=was, becomes=becomes)


def test_only_a_listed_survivor_is_equivalent(equivalents):
    mutants = [mutant("survived"), mutant("survived", "a", "x"), mutant("killed", "e", "f")]
    result = judge_module("timestamps", b"", mutants, equivalents(LISTED))
    assert (result.mutants, result.killed, result.equivalent) == (3, 1, 1)
    assert result.unexplained == (mutants[1],)
    assert result.score == 0.5
    assert json.loads(result.json())["score_with_equivalents_as_survivors"] == 0.3333
    assert [str(each) for each in result.stale_equivalents] == ["timestamps: 'c' -> 'd'"]


def test_what_is_listed_for_one_module_explains_no_other(equivalents):
    result = judge_module("xml", b"", [mutant("survived")], equivalents(LISTED))
    assert result.equivalent == 0
    assert result.stale_equivalents == ()


@pytest.mark.parametrize("status", ["survived", "no tests", "suspicious", "not checked", "skipped"])
def test_what_nobody_noticed_survived(equivalents, status):
    result = judge_module("xml", b"", [mutant(status)], equivalents(""))
    assert len(result.unexplained) == 1


@pytest.mark.parametrize("status", ["killed", "timeout", "segfault"])
def test_what_was_noticed_did_not(equivalents, status):
    assert judge_module("xml", b"", [mutant(status)], equivalents("")).killed == 1


@pytest.mark.parametrize(
    "text",
    [LISTED.replace("Nobody sees it.", " "), LISTED.replace('["c", "d"]', '["a", "b"]')],
    ids=["no reason", "twice"],
)
def test_a_list_that_is_careless_is_refused(equivalents, text):
    assert equivalents(LISTED)
    with pytest.raises(ValueError, match="equivalent mutant"):
        equivalents(text)


def test_the_list_names_modules_that_there_are():
    assert {entry.module for entry in Equivalents.load().entries} <= set(MODULES)


def test_every_module_has_tests_of_its_own():
    assert {"validation", "rules", "xml", "signature"} <= set(MODULES)
    for module in MODULES:
        assert (ROOT / source_of(module)).exists()
        assert suite_of(module)
