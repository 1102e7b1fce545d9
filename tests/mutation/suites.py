"""Which tests have to notice a change in which module."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
SAML = ROOT / "relyra_django" / "saml"
TESTS = ROOT / "tests" / "saml"

# A module is judged by tests/saml/test_<module>*.py and by these; one of a package by the
# package's too.
FURTHER: dict[str, tuple[str, ...]] = {
    "algorithms": ("test_signature.py",),
    "encrypted_elements": ("test_encrypted_id.py",),
    "judgement": ("test_encryption.py", "test_rules.py"),
    "logout": ("../testing/test_hostile_logout.py",),
    "logout_messages": ("test_logout.py",),
    "logout_rules": ("test_logout.py", "../testing/test_hostile_logout.py"),
    "redirect": ("../testing/test_hostile_logout.py",),
    "response": ("test_validation.py",),
    "validation": ("test_encrypted_elements.py",),
    "xml": ("test_idp_metadata_limits.py",),
}


def _modules() -> tuple[str, ...]:
    """Return the modules that have a function to change, as paths from `SAML` without suffix."""
    files = (path for path in SAML.rglob("*.py") if "def " in path.read_text())
    return tuple(sorted(str(path.relative_to(SAML).with_suffix("")) for path in files))


MODULES = _modules()


def source_of(module: str) -> str:
    return f"relyra_django/saml/{module}.py"


def suite_of(module: str) -> list[str]:
    """Return paths from the root. LookupError: nothing tests this module."""
    names = {module.partition("/")[0], module.removesuffix("/__init__").replace("/", "_")}
    own = {path for name in names for path in TESTS.glob(f"test_{name}*.py")}
    found = own | {TESTS / name for name in FURTHER.get(module, ())}
    if not found:
        raise LookupError(f"no tests for {module}")
    return sorted(str(path.relative_to(ROOT)) for path in found)
