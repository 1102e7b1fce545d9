"""Python source, edited: ast finds the place, text is put there, nothing else moves."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import dropwhile
from pathlib import Path

Importing = ast.Import | ast.ImportFrom


class InDoubtError(Exception):
    """The file cannot be edited safely; the message says why, `paste` what is missing in it."""

    def __init__(self, reason: str, *, paste: str = "") -> None:
        super().__init__(reason)
        self.paste = paste


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """One file's text, with "\\n" for every line end whatever the file uses, and its tree."""

    text: str
    newline: str
    tree: ast.Module


def read(path: Path) -> Source:
    """Read a file. Raises InDoubtError when it is missing, or not plain Python in UTF-8."""
    try:
        raw = path.read_bytes().decode("utf-8")
    except OSError:
        raise InDoubtError("it cannot be read") from None
    except UnicodeDecodeError:
        raise InDoubtError("it is not UTF-8") from None
    text = raw.replace("\r\n", "\n")
    if "\r" in text or raw.count("\r\n") not in (0, text.count("\n")):
        raise InDoubtError("it mixes line ends")
    return Source(text=text, newline="\r\n" if "\r\n" in raw else "\n", tree=parse(text))


def parse(text: str) -> ast.Module:
    """Return the tree. Raises InDoubtError when Python would not read it."""
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None) or 1
        raise InDoubtError(f"it is not valid Python (line {line})") from None


def insert(text: str, offset: int, piece: str) -> str:
    return text[:offset] + piece + text[offset:]


def offset_of(text: str, line: int, column: int) -> int:
    """Turn ast's line (from 1) and column (in UTF-8 bytes) into an index of `text`."""
    lines = text.split("\n")
    before = sum(len(line) + 1 for line in lines[: line - 1])
    return before + len(lines[line - 1].encode()[:column].decode()) if column else before


def line_start(text: str, line: int) -> int:
    """Return the index where a line begins; one line past the last is the end of the text."""
    return min(offset_of(text + "\n", line, 0), len(text))


def names_bound(statement: ast.stmt) -> Iterator[str]:
    """Yield the plain names that one statement binds itself, not those inside its body."""
    match statement:
        case ast.Assign(targets=targets):
            yield from (name for target in targets for name in _stored(target))
        case ast.For(target=target):
            yield from _stored(target)
        case ast.AnnAssign(target=ast.Name(id=name)) | ast.AugAssign(target=ast.Name(id=name)):
            yield name
        case ast.Import(names=aliases) | ast.ImportFrom(names=aliases):
            yield from (alias.asname or alias.name.partition(".")[0] for alias in aliases)
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            yield name


def _stored(target: ast.expr) -> Iterator[str]:
    for node in ast.walk(target):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id


def binders(tree: ast.Module, name: str) -> list[ast.stmt]:
    """Return every statement that binds a name, at the top level or below it."""
    statements = (node for node in ast.walk(tree) if isinstance(node, ast.stmt))
    return [statement for statement in statements if name in names_bound(statement)]


def has_star_import(tree: ast.Module) -> bool:
    return bool(binders(tree, "*"))


def mentions(tree: ast.Module, words: str) -> bool:
    """Tell whether a string literal of the file is exactly these words."""
    return any(isinstance(node, ast.Constant) and node.value == words for node in ast.walk(tree))


def imports(tree: ast.Module) -> list[Importing]:
    """Return the imports at the top level, in their order."""
    return [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]


def body(tree: ast.Module) -> list[ast.stmt]:
    """Return what comes after the docstring and the __future__ imports."""
    return list(dropwhile(_must_be_first, tree.body))


def _must_be_first(statement: ast.stmt) -> bool:
    match statement:
        case ast.Expr(value=ast.Constant()) | ast.ImportFrom(module="__future__"):
            return True
    return False
