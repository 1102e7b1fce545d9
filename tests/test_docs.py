"""The documentation says what the code does: codes, commands, links, the README's own lines."""

from __future__ import annotations

import re
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from django.core.management import get_commands, load_command_class
from django.dispatch import Signal

from relyra_django import signals
from relyra_django.exceptions import ErrorCode
from relyra_django.scaffold.report import DELEGATING_LINE
from relyra_django.testing import idp_server
from relyra_django.views.refusals import STATUS

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
PAGES = sorted(
    path for path in [*ROOT.glob("*.md"), *DOCS.rglob("*.md")] if "_build" not in path.parts
)
#: Codes of the original library: 78 in its guide, two more in its source.
ORIGINAL_COUNT = 80
LABELS = ("HTTP", "Means", "Likely cause", "Do this")
#: What every command has from Django.
COMMON_OPTIONS = frozenset(
    {
        "--help", "--version", "--verbosity", "--settings", "--pythonpath", "--traceback",
        "--no-color", "--force-color", "--skip-checks",
    }
)  # fmt: skip


def sections(path: Path, level: int) -> dict[str, str]:
    """Return heading -> text below it, for the headings of one level that are a code word."""
    mark = "#" * level
    parts = re.split(rf"^{mark} (.+)$", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    pairs = zip(parts[1::2], parts[2::2], strict=True)
    return {heading: re.split(rf"^#{{1,{level}}} ", text, flags=re.M)[0] for heading, text in pairs}


def coded(path: Path, level: int) -> dict[str, str]:
    found = sections(path, level)
    return {name.strip("`"): text for name, text in found.items() if name.startswith("`")}


ERRORS = DOCS / "reference" / "errors.md"
COMMANDS = DOCS / "reference" / "commands.md"


def test_every_code_has_its_entry_and_no_other_is_described() -> None:
    assert set(coded(ERRORS, 3)) == set(ErrorCode)


def test_no_code_is_described_twice() -> None:
    headings = re.findall(r"^### `(\w+)`$", ERRORS.read_text(), flags=re.MULTILINE)
    assert [code for code, count in Counter(headings).items() if count > 1] == []


@pytest.mark.parametrize("code", list(ErrorCode))
def test_an_entry_says_what_to_do(code: ErrorCode) -> None:
    entry = " ".join(coded(ERRORS, 3)[code].split())
    found = dict(re.findall(r"- \*\*(.+?):\*\* (.+?)(?= - \*\*|$)", entry))
    assert tuple(found) == LABELS
    assert int(found["HTTP"]) == STATUS[code]
    assert all(len(found[label]) > 10 or label == "HTTP" for label in LABELS)
    named = re.findall(r"`([a-z]+_[a-z_]+)`", entry)
    assert [word for word in named if word not in {*ErrorCode, "relyra_install"}] == []


def compared(heading: str) -> set[str]:
    text = sections(ERRORS, 3)[heading]
    listed = re.findall(r"^- `(\w+)`:", text, flags=re.MULTILINE)
    return set(listed or re.findall(r"`(\w+)`", text))


def test_codes_are_compared_with_the_original() -> None:
    ours = {str(code) for code in ErrorCode}
    added, dropped, later = compared("Added"), compared("Dropped"), compared("Not yet here")
    assert added <= ours
    assert not dropped & ours
    assert not later & ours
    assert not dropped & later
    assert len(ours - added) + len(dropped) + len(later) == ORIGINAL_COUNT


def our_commands() -> set[str]:
    return {name for name, app in get_commands().items() if app == "relyra_django"}


def options_of(parser: ArgumentParser) -> set[str]:
    names = {name for action in parser._actions for name in action.option_strings}
    return {name for name in names if name.startswith("--")} - COMMON_OPTIONS


def listed_options(text: str) -> set[str]:
    return set(re.findall(r"^\| `(--[a-z-]+)", text, flags=re.MULTILINE))


def test_every_command_has_its_section() -> None:
    assert set(coded(COMMANDS, 2)) == our_commands()


@pytest.mark.parametrize("name", sorted(our_commands()))
def test_a_section_lists_every_option_of_its_command(name: str) -> None:
    parser = load_command_class("relyra_django", name).create_parser("manage.py", name)
    assert listed_options(coded(COMMANDS, 2)[name]) == options_of(parser)


def test_the_options_of_the_test_provider_are_listed() -> None:
    text = sections(COMMANDS, 2)["Beside manage.py"]
    assert listed_options(text) == options_of(idp_server._parser())


def test_every_signal_is_described_and_no_other() -> None:
    table = sections(DOCS / "reference" / "signals.md", 2)["Signals"]
    sent = {name for name, value in vars(signals).items() if isinstance(value, Signal)}
    assert set(re.findall(r"^\| `(\w+)` \|", table, flags=re.MULTILINE)) == sent


def links(path: Path) -> Iterator[str]:
    text = re.sub(r"^(`{3,}).*?^\1$", "", path.read_text(encoding="utf-8"), flags=re.M | re.S)
    yield from re.findall(r"\]\(([^)\s]+)\)", text)


def slug(heading: str) -> str:
    return re.sub(r"[^\w -]", "", heading.strip().lower()).replace(" ", "-")


def anchors(path: Path) -> set[str]:
    text = path.read_text(encoding="utf-8")
    explicit = re.findall(r"^\(([\w-]+)\)=$", text, flags=re.MULTILINE)
    return {*map(slug, re.findall(r"^#+ (.+)$", text, flags=re.MULTILINE)), *explicit}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page: Path) -> None:
    for link in links(page):
        if re.match(r"https?:|mailto:", link):
            continue
        target, _, anchor = link.partition("#")
        path = (page.parent / target).resolve() if target else page
        assert path.is_file(), link
        assert path.is_relative_to(ROOT), link
        assert not anchor or anchor in anchors(path), link


def test_every_folder_of_pages_is_in_the_contents() -> None:
    index = (DOCS / "index.md").read_text()
    folders = {page.parent.name for page in PAGES if page.parent.parent == DOCS} - {"screenshots"}
    folders.discard("screenshots")  # for developers; conf.py leaves it out
    assert {folder for folder in folders if f"\n{folder}/*\n" not in index} == set()
    for name in ("tutorial", "how-to", "reference", "explanation"):
        assert list((DOCS / name).glob("*.md")), name


def shell_lines(path: Path) -> list[str]:
    blocks = re.findall(r"^ *```sh\n(.*?)^ *```", path.read_text(), flags=re.M | re.S)
    return [line.strip() for block in blocks for line in block.splitlines() if line.strip()]


def test_the_readme_makes_an_environment_and_runs_in_one_line() -> None:
    lines = shell_lines(ROOT / "README.md")
    made = "python3 -m venv .venv && .venv/bin/pip install -q -e "
    assert lines[0] == made + '".[demo]" && .venv/bin/python manage.py demo'
    assert lines[1] == made + '".[test]" && .venv/bin/pytest'


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_commands_in_the_pages_exist(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    example = {path.stem for path in ROOT.glob("example_project/**/management/commands/*.py")}
    for name in re.findall(r"manage\.py ([a-z_]+)", text):
        assert name in {*get_commands(), *example}, name
    for module in re.findall(r"python -m (relyra_django[\w.]*)", text):
        assert find_spec(module), module


@pytest.mark.parametrize("page", ["README.md", "docs/tutorial/first-login.md"])
def test_the_line_to_uncomment_is_the_one_in_the_file(page: str) -> None:
    template = ROOT / "relyra_django/scaffold/templates/connections.py-tpl"
    assert f"# {DELEGATING_LINE}\n" in template.read_text()
    assert DELEGATING_LINE in (ROOT / page).read_text()


@pytest.mark.parametrize("name", ["README", "CHANGELOG", "SECURITY", "CONTRIBUTING"])
def test_the_usual_files_are_there(name: str) -> None:
    assert (ROOT / f"{name}.md").read_text().startswith("# ")


def test_the_page_of_identity_providers_names_every_module_that_proves_something() -> None:
    page = (DOCS / "reference" / "identity-providers.md").read_text(encoding="utf-8")
    modules = {path.stem for path in (ROOT / "tests" / "idps").glob("test_*.py")}
    assert set(re.findall(r"`(test_\w+)`", page)) == modules
