"""The one line that relyra_install adds to a URLconf."""

from __future__ import annotations

import ast

from relyra_django.scaffold import source
from relyra_django.scaffold.source import InDoubtError, Source

MODULE = "relyra_django.urls"
LINE = f'path("saml/", include("{MODULE}")),'
PASTE = f"from django.urls import include, path\n\nurlpatterns = [\n    {LINE}\n    ...\n]\n"


def add_include(urls: Source) -> str:
    """Return the text with our URLs first in `urlpatterns`, or unchanged when they are included.

    First, because a project's last pattern often catches everything. Raises InDoubtError when
    urlpatterns is anything but one list.
    """
    if source.mentions(urls.tree, MODULE) or _imports_ours(urls.tree):
        return urls.text
    patterns = _urlpatterns(urls.tree)
    missing = _missing_names(urls.tree)
    # The list first: it stands below these imports, whose lines so stay where ast saw them.
    text = _add_to_list(urls.text, patterns)
    above = [node for node in source.imports(urls.tree) if node.lineno < patterns.lineno]
    return _add_import(text, above, missing) if missing else text


def _imports_ours(tree: ast.Module) -> bool:
    return any(MODULE in _modules(node) for node in ast.walk(tree))


def _modules(node: ast.AST) -> set[str]:
    """Return what an import may be naming a module by."""
    match node:
        case ast.Import(names=aliases):
            return {alias.name for alias in aliases}
        case ast.ImportFrom(module=str(module), names=aliases):
            return {module, *(f"{module}.{alias.name}" for alias in aliases)}
    return set()


def _urlpatterns(tree: ast.Module) -> ast.List:
    bound = source.binders(tree, "urlpatterns")
    assigned = [node for node in bound if not isinstance(node, ast.AugAssign)]
    match assigned:
        case [ast.Assign(targets=[ast.Name()], value=ast.List() as patterns) as only]:
            pass
        case [ast.AnnAssign(value=ast.List() as patterns) as only]:
            pass
        case _:
            raise InDoubtError("urlpatterns is not one plain list")
    if only not in tree.body:
        raise InDoubtError("urlpatterns is not set at its top level")
    return patterns


def _missing_names(tree: ast.Module) -> list[str]:
    """Return which of include and path the file has still to import."""
    return [name for name in ("include", "path") if not _is_djangos(tree, name)]


def _is_djangos(tree: ast.Module, name: str) -> bool:
    bound = source.binders(tree, name)
    if any(node not in tree.body or not _from_django_urls(node, name) for node in bound):
        raise InDoubtError(f"the name {name} is something else there")
    return bool(bound)


def _from_django_urls(node: ast.stmt, name: str) -> bool:
    if not isinstance(node, ast.ImportFrom) or node.module not in {
        "django.urls",
        "django.conf.urls",
    }:
        return False
    return any(alias.name == name and alias.asname in {None, name} for alias in node.names)


def _add_to_list(text: str, patterns: ast.List) -> str:
    opening = source.offset_of(text, patterns.lineno, patterns.col_offset) + 1
    if not patterns.elts:
        ending = "" if text[opening] == "\n" else "\n"
        return source.insert(text, opening, f"\n    {LINE}{ending}")
    first = patterns.elts[0]
    if first.lineno == patterns.lineno:
        return source.insert(text, opening, f"{LINE} ")
    begins = source.line_start(text, first.lineno)
    _refuse_code_between(text[opening:begins])
    rest = text[begins:]
    indent = rest[: len(rest) - len(rest.lstrip())]
    return source.insert(text, begins, f"{indent}{LINE}\n")


def _refuse_code_between(text: str) -> None:
    """Refuse a bracket between the list's own and its first element: ast does not show it."""
    if any(line.strip() and not line.strip().startswith("#") for line in text.split("\n")):
        raise InDoubtError("the first pattern is of an unusual shape")


def _add_import(text: str, imports: list[source.Importing], missing: list[str]) -> str:
    for node in imports:
        if isinstance(node, ast.ImportFrom) and node.module == "django.urls":
            return _extend_import(text, node, missing)
    if not imports:
        raise InDoubtError("it has no import above urlpatterns")
    begins = source.line_start(text, (imports[-1].end_lineno or imports[-1].lineno) + 1)
    return source.insert(text, begins, f"from django.urls import {', '.join(missing)}\n")


def _extend_import(text: str, node: ast.ImportFrom, missing: list[str]) -> str:
    """Add names to a one-line import; above any other shape put an import of our own."""
    begins = source.line_start(text, node.lineno)
    ends = text.index("\n", begins) if "\n" in text[begins:] else len(text)
    if text[begins:ends].rstrip() != ast.unparse(node):
        return source.insert(text, begins, f"from django.urls import {', '.join(missing)}\n")
    names = [alias.name + (f" as {alias.asname}" if alias.asname else "") for alias in node.names]
    line = f"from django.urls import {', '.join(sorted([*names, *missing]))}"
    return text[:begins] + line + text[ends:]
