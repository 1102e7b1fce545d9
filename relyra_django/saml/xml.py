"""The one parser. What it returns is UTF-8 XML 1.0 within bounds, without DTD, comments or PIs."""

from __future__ import annotations

import re
import threading
from typing import Any, Final, cast

from lxml import etree

from relyra_django.saml.errors import ErrorCode, RelyraError

MESSAGE_MAX_BYTES: Final = 1_048_576
MAX_DEPTH: Final = 40
MAX_ELEMENTS: Final = 10_000
# Canonicalization is quadratic in the attributes of one element: 40,000 of them cost seconds
# before any key is used.
MAX_ATTRIBUTES: Final = 32
MAX_NAMESPACE_DECLARATIONS: Final = 200

_BOM: Final = b"\xef\xbb\xbf"
_DECLARATION = re.compile(rb"<\?xml\s([^?>]*)\?>")
_DECLARED = re.compile(rb"""\b(version|encoding)\s*=\s*["']([^"']*)["']""")
_NAMESPACE = re.compile(rb"""xmlns(?::[^\s=]+)?\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_ABSOLUTE = re.compile(rb"[A-Za-z][A-Za-z0-9+.-]*:")
_NCNAME = re.compile(r"[^\W\d][\w.\-]*")

_too_deep = etree.XPath(f"boolean({'/*' * (MAX_DEPTH + 1)})")
_element_count = etree.XPath("count(//*)")
_too_wide = etree.XPath(f"boolean(//*[@*[{MAX_ATTRIBUTES + 1}]])")
_id_values = etree.XPath("//@*[translate(local-name(), 'ID', 'id') = 'id']", smart_strings=False)
_remarks = etree.XPath("boolean(//comment() | //processing-instruction())")

_local = threading.local()


def parse(data: bytes, *, max_bytes: int = MESSAGE_MAX_BYTES) -> etree._Element:
    """Parse a message and return its root element.

    Raises payload_too_large, doctype_forbidden, entity_expansion_forbidden, malformed_xml,
    duplicate_xml_id.
    """
    if len(data) > max_bytes:
        raise RelyraError(
            ErrorCode.PAYLOAD_TOO_LARGE, "The message is too large.", expected=max_bytes
        )
    data = data.removeprefix(_BOM)
    _check_encoding(data)
    _check_forbidden(data)
    _check_namespaces(data)
    root = _parse(data)
    _check_tree(root, data)
    return root


def parse_canonical(data: bytes) -> etree._Element:
    """Parse bytes that canonicalization has just made from a tree that `parse` accepted."""
    return _parse(data)


def text(element: etree._Element) -> str:
    """Return the text of an element that holds nothing else. Raises malformed_xml."""
    if len(element):
        raise _malformed("An element that must hold text alone has children.", element.tag)
    return element.text or ""


def token(element: etree._Element) -> str:
    """Return the text without the white space round it: for names that are compared as a whole."""
    return text(element).strip(" \t\r\n")


def value(element: etree._Element) -> str:
    """Return the text as it was asserted; only the white space of an indented file is taken off.

    `bob` and `bob ` are two people, so a blank counts; but some identity providers put the value
    on a line of its own.
    """
    raw = text(element)
    if "\n" not in raw or not (bare := raw.strip(" \t\r\n")):
        return raw
    before, after = raw[: raw.index(bare)], raw[raw.index(bare) + len(bare) :]
    return bare if "\n" in before and "\n" in after else raw


def children(element: etree._Element, tag: str) -> list[etree._Element]:
    """Return the direct children with this qualified name."""
    return element.findall(tag)


def is_ncname(name: str) -> bool:
    """Tell whether the string can be an ID or a namespace prefix."""
    return _NCNAME.fullmatch(name) is not None


def _parser() -> etree.XMLParser:
    # A parser that threads share is a lock: each thread has its own.
    parser = getattr(_local, "parser", None)
    if parser is None:
        parser = _local.parser = etree.XMLParser(
            encoding="utf-8",
            resolve_entities=False,
            load_dtd=False,
            dtd_validation=False,
            no_network=True,
            huge_tree=False,
            recover=False,
            collect_ids=False,
        )
    return cast("etree.XMLParser", parser)


def _parse(data: bytes) -> etree._Element:
    try:
        return etree.fromstring(data, _parser())
    except (etree.LxmlError, ValueError) as error:
        raise _malformed("The message is not well-formed XML.") from error


def _check_encoding(data: bytes) -> None:
    if data.startswith(_BOM):
        raise _malformed("There is more than one byte order mark.")
    declaration = _DECLARATION.match(data)
    declared = dict(_DECLARED.findall(declaration[1])) if declaration else {}
    if declared.get(b"version", b"1.0") != b"1.0":
        raise _malformed(
            "Only XML 1.0 is accepted.", declared[b"version"].decode("ascii", "replace")
        )
    if declared.get(b"encoding", b"utf-8").lower() != b"utf-8":
        raise _malformed(
            "Only UTF-8 is accepted.", declared[b"encoding"].decode("ascii", "replace")
        )
    try:
        decoded = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _malformed("The message is not UTF-8.") from error
    # UTF-16 without a byte order mark passes for UTF-8 full of NULs, and hides what is looked for.
    if "\0" in decoded:
        raise _malformed("The message is not UTF-8.")


def _check_forbidden(data: bytes) -> None:
    if b"<!DOCTYPE" in data:
        raise _doctype()
    if b"<!ENTITY" in data:
        raise RelyraError(ErrorCode.ENTITY_EXPANSION_FORBIDDEN, "Entities are not accepted.")


def _check_namespaces(data: bytes) -> None:
    # Canonicalization fails on a relative namespace URI, and a failure that somebody takes for
    # empty output is a signature over nothing.
    uris = [double or single for double, single in _NAMESPACE.findall(data)]
    if len(uris) > MAX_NAMESPACE_DECLARATIONS:
        raise _malformed("There are too many namespace declarations.", len(uris))
    for uri in set(uris):
        if uri and not _ABSOLUTE.match(uri):
            raise _malformed("A namespace URI is relative.")


def _check_tree(root: etree._Element, data: bytes) -> None:
    info: Any = root.getroottree().docinfo  # the stubs know half of it
    if info.doctype or info.internalDTD is not None:
        raise _doctype()
    if (b"<!--" in data or b"<?" in data) and _remarks(root):
        raise _malformed("Comments and processing instructions are not accepted.")
    if cast("float", _element_count(root)) > MAX_ELEMENTS or _too_deep(root) or _too_wide(root):
        raise _malformed("The message has too many elements, levels or attributes.")
    ids = cast("list[str]", _id_values(root))
    if len(set(ids)) != len(ids):
        raise RelyraError(ErrorCode.DUPLICATE_XML_ID, "An ID is used twice.")


def _doctype() -> RelyraError:
    return RelyraError(ErrorCode.DOCTYPE_FORBIDDEN, "A document type is not accepted.")


def _malformed(message: str, actual: object = None) -> RelyraError:
    return RelyraError(ErrorCode.MALFORMED_XML, message, actual=actual)
