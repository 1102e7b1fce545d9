"""Which tests have to notice a change in which module."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
SAML = ROOT / "relyra_django" / "saml"
TESTS = ROOT / "tests" / "saml"

# A module is judged by tests/saml/test_<module>*.py and by these.
FURTHER: dict[str, tuple[str, ...]] = {
    "algorithms": ("test_signature.py",),
}
# Data and declarations: there is no function to change in them.
WITHOUT_FUNCTIONS = frozenset({"__init__", "constants"})


def _modules() -> tuple[str, ...]:
    names = (path.relative_to(SAML).with_suffix("") for path in SAML.rglob("*.py"))
    return tuple(sorted(str(name) for name in names if name.name not in WITHOUT_FUNCTIONS))


MODULES = _modules()


def source_of(module: str) -> str:
    return f"relyra_django/saml/{module}.py"


def tests_of(module: str) -> list[str]:
    """Return paths from the root. LookupError: nothing tests this module."""
    own = sorted(TESTS.glob(f"test_{module.replace('/', '_')}*.py"))
    found = [*own, *(TESTS / name for name in FURTHER.get(module, ()))]
    if not found:
        raise LookupError(f"no tests for {module}")
    return [str(path.relative_to(ROOT)) for path in found]
