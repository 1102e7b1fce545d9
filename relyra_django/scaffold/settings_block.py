"""The block that relyra_install appends to a settings file."""

from __future__ import annotations

import ast
from importlib.resources import files
from pathlib import Path
from string import Template

from relyra_django.scaffold import source
from relyra_django.scaffold.source import InDoubtError, Source

BEGIN = "# relyra_django: begin"
END = "# relyra_django: end"
MODEL_BACKEND = "django.contrib.auth.backends.ModelBackend"
RELYRA_BACKEND = "relyra_django.backends.RelyraBackend"
#: A module beside the settings file that sets one of these is a settings module too.
TELLTALE_NAMES = ("INSTALLED_APPS", "DATABASES", "DEBUG", "ROOT_URLCONF", "SECRET_KEY", "*")


def add_block(settings: Source, *, package: str, admin: bool) -> str:
    """Return the text with the block at its end, or unchanged when RELYRA is set there.

    Raises InDoubtError when the end of this file may not be where its settings are decided.
    """
    scope = _scope_line(package) if admin else ""
    if BEGIN in settings.text or source.binders(settings.tree, "RELYRA"):
        if scope and "SCOPE_PROVIDER" not in settings.text:
            raise InDoubtError("RELYRA is set without this key", paste=scope)
        return settings.text
    _refuse_unusual(settings.tree)
    block = render(package=package, scope=scope, backends=_backends(settings.tree))
    return _with_os(settings).rstrip("\n") + "\n\n\n" + block


def refuse_rivals(path: Path) -> None:
    """Raise InDoubtError when other settings modules lie beside this one: which counts?"""
    rivals = [other.name for other in path.parent.glob("*.py") if _is_rival(other, path)]
    if rivals:
        raise InDoubtError(f"settings are also in {', '.join(sorted(rivals))}; choose one by path")


def render(*, package: str, scope: str, backends: str) -> str:
    """Return the block for a project whose scaffold lies in `package`."""
    template = files("relyra_django.scaffold") / "templates" / "settings_block.py-tpl"
    indented = f"    {scope}" if scope else ""
    return Template(template.read_text(encoding="utf-8")).substitute(
        begin=BEGIN, end=END, package=package, scope=indented, backends=backends
    )


def paste(*, package: str, admin: bool) -> str:
    """Return what a person puts into their settings themselves."""
    hint = "# Keep what AUTHENTICATION_BACKENDS has in your settings, and add the last of these.\n"
    backends = hint + _backend_lines(f'"{MODEL_BACKEND}"')
    return "import os\n\n" + render(
        package=package, scope=_scope_line(package) if admin else "", backends=backends
    )


def _scope_line(package: str) -> str:
    return f'"SCOPE_PROVIDER": "{package}.relyra.admin_scope.ProjectScopeProvider",\n'


def _refuse_unusual(tree: ast.Module) -> None:
    if source.has_star_import(tree):
        raise InDoubtError("it imports * from another module")
    if not any("INSTALLED_APPS" in source.names_bound(statement) for statement in tree.body):
        raise InDoubtError("INSTALLED_APPS is not set at its top level")
    for statement in source.binders(tree, "AUTHENTICATION_BACKENDS"):
        if statement not in tree.body:
            raise InDoubtError("AUTHENTICATION_BACKENDS is not set at its top level")


def _backends(tree: ast.Module) -> str:
    """Return the lines that put our backend last and keep the others."""
    if source.mentions(tree, RELYRA_BACKEND):
        return ""
    bound = source.binders(tree, "AUTHENTICATION_BACKENDS")
    first = "*AUTHENTICATION_BACKENDS" if bound else f'"{MODEL_BACKEND}"'
    return _backend_lines(first)


def _backend_lines(first: str) -> str:
    return f'AUTHENTICATION_BACKENDS = [\n    {first},\n    "{RELYRA_BACKEND}",\n]\n'


def _with_os(settings: Source) -> str:
    """Return the text with `import os` among its imports."""
    bound = source.binders(settings.tree, "os")
    if not bound:
        return _with_new_import(settings)
    if all(_imports_os(statement, settings.tree) for statement in bound):
        return settings.text
    raise InDoubtError("the name os may be something else there")


def _imports_os(statement: ast.stmt, tree: ast.Module) -> bool:
    if not isinstance(statement, ast.Import) or statement not in tree.body:
        return False
    return all(alias.asname != "os" for alias in statement.names)


def _with_new_import(settings: Source) -> str:
    """Put `import os` before the first import, or before the first code when there is none."""
    body = source.body(settings.tree)
    imports = [each for each in body if isinstance(each, ast.Import | ast.ImportFrom)]
    begins = source.line_start(settings.text, (imports or body)[0].lineno)
    return source.insert(settings.text, begins, "import os\n" if imports else "import os\n\n")


def _is_rival(other: Path, path: Path) -> bool:
    if other.resolve() == path.resolve():
        return False
    try:
        tree = source.read(other).tree
    except InDoubtError:
        return False
    return any(name in TELLTALE_NAMES for node in tree.body for name in source.names_bound(node))
