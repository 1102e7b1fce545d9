"""The house keeps its floors and doors: what may import what, and what code may not hold."""

from __future__ import annotations

import ast
import importlib
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import relyra_django

PACKAGE = Path(relyra_django.__file__).parent
REPOSITORY = Path(__file__).resolve().parent.parent
MODULES = sorted(PACKAGE.rglob("*.py"))
CORE = sorted((PACKAGE / "saml").glob("*.py"))
FORBIDDEN_NAMES = {"utils", "helpers", "services", "common", "misc"}
LONGEST_FUNCTION = 40
LONGEST_FILE = 400

HIDDEN_DJANGO = """
import importlib, sys
sys.modules["django"] = None
for name in {names!r}:
    importlib.import_module(name)
assert not [name for name in sys.modules if name.startswith("django.")]
"""


def relative(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{relative(path)}: relative import"
            yield node.module or ""


def importers(package: str) -> set[str]:
    """Return the modules that import this package or a module in it."""
    return {
        relative(path)
        for path in MODULES
        if any(name == package or name.startswith(package + ".") for name in imports(path))
    }


def calls(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call):
            yield ast.unparse(node)


def test_the_scan_sees_the_package() -> None:
    assert "saml/validation.py" in map(relative, CORE)
    assert "saml/xml.py" in importers("lxml")


def test_only_the_toolkit_opens_the_door_to_libxmlsec() -> None:
    assert importers("xmlsec") == {"saml/toolkit.py"}
    assert importers("onelogin") == set()


def test_xml_is_the_core_s_business() -> None:
    outside = {name for name in importers("lxml") if not name.startswith(("saml/", "testing/"))}
    assert outside == set()


def test_the_core_imports_with_django_hidden() -> None:
    names = ["relyra_django.saml." + path.stem for path in CORE if path.stem != "__init__"]
    assert "relyra_django.saml.validation" in names
    script = HIDDEN_DJANGO.format(names=names)
    ran = subprocess.run([sys.executable, "-c", script], cwd=REPOSITORY, capture_output=True)
    assert ran.returncode == 0, ran.stderr.decode()


def test_importing_the_package_leaves_django_alone() -> None:
    script = "import sys, relyra_django; assert 'django' not in sys.modules"
    subprocess.run([sys.executable, "-c", script], cwd=REPOSITORY, check=True)


def test_pytest_is_imported_by_the_plugin_alone() -> None:
    assert importers("pytest") <= {"testing/plugin.py"}


def test_nothing_shipped_leans_on_the_test_kit() -> None:
    leaning = importers("relyra_django.testing")
    assert {name for name in leaning if not name.startswith("testing/")} == set()


def test_only_conf_reads_the_setting() -> None:
    readers = {
        relative(path)
        for path in MODULES
        if re.search(r"""settings\.RELYRA\b|settings,\s*["']RELYRA["']""", path.read_text())
    }
    assert readers <= {"conf.py"}


def test_no_grab_bags() -> None:
    assert [relative(path) for path in MODULES if path.stem in FORBIDDEN_NAMES] == []


def test_no_clock_without_a_zone_and_none_in_the_core() -> None:
    bad = re.compile(r"^(datetime\.)?datetime\.(now\(\)|utcnow|today)")
    assert [(relative(p), call) for p in MODULES for call in calls(p) if bad.match(call)] == []
    clocks = re.compile(r"^(timezone\.now|(datetime\.)?datetime\.now|time\.time)\(")
    assert [(relative(p), call) for p in CORE for call in calls(p) if clocks.match(call)] == []


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def test_functions_and_files_stay_short() -> None:
    long_functions = [
        (relative(path), node.name)
        for path in MODULES
        for node in functions(path)
        if (node.end_lineno or 0) - node.lineno + 1 > LONGEST_FUNCTION
    ]
    written = [path for path in MODULES if "migrations" not in path.parts]
    long_files = [path for path in written if len(path.read_text().splitlines()) > LONGEST_FILE]
    assert (long_functions, long_files) == ([], [])


def test_migrations_are_named_by_meaning() -> None:
    names = [path.stem for path in PACKAGE.rglob("migrations/[0-9]*.py")]
    assert names
    assert [name for name in names if "_auto_" in name] == []


def check_ids() -> list[str]:
    """Return every id that a check of ours is written with, once per place."""
    source = (PACKAGE / "checks" / "ids.py").read_text()
    strings = [
        node.value
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    return [text for text in strings if re.fullmatch(r"(relyra_django\.)?[EW]\d{3}", text)]


def test_check_ids_are_unique() -> None:
    ids = check_ids()
    assert ids
    assert sorted(ids) == sorted(set(ids))


def test_every_check_is_documented() -> None:
    page = (REPOSITORY / "docs" / "reference" / "checks.md").read_text()
    assert [name for name in check_ids() if name.removeprefix("relyra_django.") not in page] == []


def test_every_error_code_is_documented() -> None:
    from relyra_django.exceptions import ErrorCode

    page = (REPOSITORY / "docs" / "reference" / "errors.md").read_text()
    assert [code.value for code in ErrorCode if code.value not in page] == []


def test_every_module_imports() -> None:
    skipped = ("management/commands/", "scaffold/", "admin/", "testing/plugin")
    for path in MODULES:
        if not relative(path).startswith(skipped):
            name = ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts)
            importlib.import_module(name.removesuffix(".__init__"))
