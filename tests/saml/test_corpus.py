"""Every case of the corpus gets the verdict that its manifest gives."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from tests.saml.corpus.__main__ import surprises, table
from tests.saml.corpus.cases import ACCEPTED, Case, Identity, load, manifest_of
from tests.saml.corpus.generate import manifest, orphans
from tests.saml.corpus.mint.classes import DRAFTS
from tests.saml.corpus.verdicts import verdict
from tests.saml.corpus.verifiers import answers

CASES = load()
NAMES = {str(case): case for case in CASES}


@pytest.mark.parametrize("case", CASES, ids=str)
def test_judged_as_expected(case: Case) -> None:
    assert verdict(case) == (case.expected, case.identity)


def test_there_are_enough_of_them(capsys: pytest.CaptureFixture[str]) -> None:
    distinct = {(case.class_, case.mutation, case.signer) for case in CASES}
    assert len(distinct) == len(CASES) >= 300
    with capsys.disabled():
        print(f"\n{table(CASES)}")


def test_names_are_unique() -> None:
    assert len(NAMES) == len(CASES)


def test_every_hostile_case_has_an_accepted_twin_by_its_signer() -> None:
    for case in CASES:
        if case.hostile:
            twin = NAMES[case.twin or ""]
            assert (twin.expected, twin.signer, twin.entry) == (ACCEPTED, case.signer, case.entry)
            assert twin.content() != case.content() or twin.write() != case.write()


def test_what_is_on_disk_is_what_the_generator_describes() -> None:
    assert orphans(DRAFTS) == []
    for class_, drafts in DRAFTS.items():
        assert manifest_of(class_).read_text() == manifest(drafts)
        assert [draft.case for draft in drafts if not draft.case.path.exists()] == []


def test_the_two_verifiers_agree() -> None:
    found = Counter(answer for case in CASES for answer in answers(case, case.message()))
    assert set(found) == {(True, True), (False, False)}, found
    assert min(found.values()) > 20, found


def test_a_surprise_is_told() -> None:
    honest = next(case for case in CASES if not case.hostile)
    assert surprises([honest]) == []
    [told] = surprises([replace(honest, expected="digest_mismatch")])
    assert told.startswith(f"{honest}: expected digest_mismatch, was accepted")
    [told] = surprises([replace(honest, identity=Identity(name_id="admin"))])
    assert "expected accepted, was accepted Identity(name_id='alice'" in told
