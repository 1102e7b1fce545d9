"""CONFORMANCE.md, its rows and the tests they name stay together; each way to drift is seen."""

from __future__ import annotations

import shutil
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from example_project.management.commands.relyra_conformance import PAGE, Command
from tests.conformance import manifest, proofs, rendering
from tests.conformance.manifest import Document, Rule, Status

A_TEST = "tests/test_relyra_conformance.py::test_the_page_is_checked"
ROW = """
[[rules]]
id = "core-added"
where = "1.1"
rule = "One more."
status = "pass"
proofs = ["tests/test_relyra_conformance.py::test_the_page_is_checked"]
"""


def run(**options: Any) -> str:
    out = StringIO()
    call_command(Command(), stdout=out, **options)
    return out.getvalue()


def drift(**options: Any) -> str:
    with pytest.raises(CommandError) as refusal:
        run(check=True, **options)
    assert refusal.value.returncode == 1
    return str(refusal.value)


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    """A copy of the manifest with one row of our own, and a page that fits."""
    for name in manifest.NAMES:
        shutil.copy(manifest.HERE / f"{name}.toml", tmp_path)
    core = tmp_path / "core.toml"
    core.write_text(core.read_text() + ROW)
    render(tmp_path)
    return tmp_path


def render(rows: Path) -> Path:
    page = rows / "PAGE.md"
    run(output=page, manifest=rows)
    return page


def changed(rows: Path, old: str, new: str) -> str:
    """Edit our row, render the page again, and return what the check says."""
    core = rows / "core.toml"
    before, mark, row = core.read_text().rpartition('[[rules]]\nid = "core-added"')
    assert old in mark + row
    core.write_text(before + (mark + row).replace(old, new))
    return drift(manifest=rows, page=render(rows))


def document(*rules: Rule) -> Document:
    return Document(name="core", title="A Core", url="https://example.org/", rules=rules)


# The command


def test_the_page_is_checked() -> None:
    assert run(check=True).endswith(" rows hold\n")


def test_the_page_is_printed() -> None:
    assert run() == PAGE.read_text(encoding="utf-8")


def test_the_page_is_written(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    assert run(output=page) == ""
    assert page.read_text(encoding="utf-8") == PAGE.read_text(encoding="utf-8")


def test_a_row_more_is_fine(rows: Path) -> None:
    assert "rows hold" in run(check=True, manifest=rows, page=rows / "PAGE.md")


# Drift


def test_a_page_that_was_edited(rows: Path) -> None:
    page = rows / "PAGE.md"
    page.write_text(page.read_text().replace("One more.", "Two more."))
    said = drift(manifest=rows, page=page)
    assert "PAGE.md is stale" in said
    assert "| 1.1 | SP | One more. |" in said


def test_a_page_that_was_not_rendered_again(rows: Path) -> None:
    said = drift(manifest=rows, page=PAGE)
    assert "CONFORMANCE.md is stale" in said


def test_a_page_that_ends_early(rows: Path) -> None:
    page = rows / "PAGE.md"
    page.write_text(page.read_text() + "more\n")
    assert "The first line that differs: the end" in drift(manifest=rows, page=page)


def test_a_page_that_is_not_there(rows: Path) -> None:
    assert "gone.md is not there" in drift(manifest=rows, page=rows / "gone.md")


@pytest.mark.parametrize(
    "proof",
    [
        "tests/test_relyra_conformance.py::test_nothing",
        "tests/test_nowhere.py::test_the_page_is_checked",
        "tests/saml/test_rules.py::TestAudience",
        "tests/saml/test_rules.py::TestAudience::test_nothing",
        "tests/saml/test_rules.py::test_each_restriction_names_us",
        "tests/saml/test_hostile.py::test_attack_is_refused_with_its_code[xsw99]",
        "tests/test_relyra_conformance.py::test_the_page_is_checked[x]",
        "tests/test_relyra_conformance.py",
        "corpus:no-such-class",
        "corpus:wrapping/no-such-case",
        "",
    ],
)
def test_a_test_that_does_not_exist(rows: Path, proof: str) -> None:
    said = changed(rows, A_TEST, proof)
    assert said == f"core-added: there is no test {proof}"


def test_an_id_that_is_used_twice(rows: Path) -> None:
    assert changed(rows, "core-added", "core-audience-every") == (
        "core-audience-every: the id is used 2 times"
    )


def test_a_status_that_is_none(rows: Path) -> None:
    assert changed(rows, '"pass"', '"passed"') == "core-added: unknown status 'passed'"


@pytest.mark.parametrize("status", ["pass", "reject"])
def test_a_row_without_the_proof_it_needs(rows: Path, status: str) -> None:
    proven = f'"pass"\nproofs = ["{A_TEST}"]'
    assert changed(rows, proven, f'"{status}"') == f"core-added: {status} without a proof"


@pytest.mark.parametrize("status", ["deviation", "unsupported"])
@pytest.mark.parametrize("note", ["", '\nnote = " "'])
def test_a_row_without_the_reason_it_needs(rows: Path, status: str, note: str) -> None:
    said = changed(rows, '"pass"', f'"{status}"{note}')
    assert said == f"core-added: {status} without a reason"


@pytest.mark.parametrize(("old", "new"), [('"1.1"', '""'), ('"One more."', '"One\\nmore."')])
def test_a_row_that_is_not_one_line(rows: Path, old: str, new: str) -> None:
    assert "core-added: place and rule are one line each" in changed(rows, old, new)


def test_every_drift_is_listed_at_once(rows: Path) -> None:
    said = changed(rows, '"pass"', '"passed"\nnote = "a\\nb"')
    assert len(said.splitlines()) == 2


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("where = ", "place = ", "core: core-added: unknown keys ['place']"),
        ('rule = "One more."\n', "", "missing 1 required keyword-only argument: 'rule'"),
        ("rule = ", "rule: ", "core.toml cannot be read"),
    ],
)
def test_a_manifest_that_cannot_be_read(rows: Path, old: str, new: str, said: str) -> None:
    core = rows / "core.toml"
    core.write_text(core.read_text().replace(ROW, ROW.replace(old, new)))
    assert said in drift(manifest=rows)


def test_a_document_that_is_missing(rows: Path) -> None:
    (rows / "saml2int.toml").unlink()
    assert "saml2int.toml cannot be read" in drift(manifest=rows)


# Proofs


@pytest.mark.parametrize(
    "proof",
    [
        A_TEST,
        "tests/saml/test_rules.py::TestAudience::test_each_restriction_names_us",
        "tests/saml/test_hostile.py::test_attack_is_refused_with_its_code[xsw1]",
        "tests/saml/test_validation.py::TestCoverage::test_what_must_be_signed[none-either]",
        "tests/test_flow.py::test_a_refusal_changes_nothing_and_the_honest_answer_still_counts[by_get]",
        "tests/saml/test_signature.py::TestTransforms::test_other_parameters[nested]",
        "corpus:wrapping",
        "corpus:honest/assertion.repository",
    ],
)
def test_a_proof_that_exists(proof: str) -> None:
    assert proofs.exists(proof)


# The manifest


def test_documents_are_in_order_and_large() -> None:
    documents = manifest.load()
    assert tuple(document.name for document in documents) == manifest.NAMES
    rules = [rule for document in documents for rule in document.rules]
    assert len(rules) >= 200
    assert {rule.status for rule in rules} == set(Status)


def test_rows_are_short_and_say_whom_they_bind() -> None:
    for document in manifest.load():
        for rule in document.rules:
            assert rule.binds in ("SP", "IdP"), rule.id
            assert len(rule.rule) <= 160, rule.id
            assert rule.rule.endswith("."), rule.id
            assert not rule.note or rule.note.endswith("."), rule.id


def test_what_we_refuse_is_what_an_identity_provider_must_not_do() -> None:
    """A row about ourselves says pass; only keys are measured on both sides."""
    rejected = [r for document in manifest.load() for r in document.rules if r.status == "reject"]
    assert {rule.id for rule in rejected if rule.binds == "SP"} <= {"SDP-MD06", "SDP-MD07"}


# The page


def test_a_row_is_a_line_of_a_table() -> None:
    rule = Rule(
        id="x",
        where="1.2",
        rule="A | B.",
        status="deviation",
        note="Because.",
        proofs=("tests/a.py::TestIt::test_that_it_works[x-y]", "tests/b.py::test_it", "corpus:xsw"),
    )
    [line] = [each for each in rendering.render((document(rule),)).splitlines() if "1.2" in each]
    assert line == (
        "| 1.2 | SP | A \\| B. *Because.* | deviation | "
        "[It: that it works (x-y)](tests/a.py), [it](tests/b.py), "
        "[corpus: xsw](tests/saml/test_corpus.py) |"
    )


def test_the_summary_counts() -> None:
    rules = [
        Rule(id=str(n), where="1", rule="A.", status=status)
        for n, status in enumerate(["pass", "pass", "reject"])
    ]
    page = rendering.render((document(*rules),))
    assert "| [A Core](#a-core) | 2 | 1 | 0 | 0 | 3 |\n| All | 2 | 1 | 0 | 0 | 3 |\n" in page
    assert "\n## A Core\n" in page
