"""The one parser. What it returns is UTF-8 XML 1.0 within bounds, without DTD, comments or PIs.

libxml2 keeps names, and some other strings, in a dictionary that belongs to the thread, and stops
working when that is full. Honest messages soon teach it nothing new, but strangers can; and
libxmlsec adds the ID of whatever it verifies, of which no two are the same. So what the dictionary
learns is counted. A thread whose dictionary has learnt enough has every message parsed in a thread
of its own, which takes its dictionary with it when it ends.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from types import MappingProxyType
from typing import Any, Final, TypeVar, cast

from lxml import etree

from relyra_django.saml import constants as c
from relyra_django.saml.errors import ErrorCode, RelyraError
from relyra_django.saml.redaction import quoted
from relyra_django.saml.threads import in_own_thread

T = TypeVar("T")

MESSAGE_MAX_BYTES: Final = 1_048_576
MAX_DEPTH: Final = 40
MAX_ELEMENTS: Final = 10_000
# Canonicalization is quadratic in the attributes of one element: 40,000 of them cost seconds
# before any key is used.
MAX_ATTRIBUTES: Final = 32
MAX_ALL_ATTRIBUTES: Final = 20_000
# xsi:type, xsi:nil, xml:lang and one of the sender's own.
MAX_PREFIXED_ATTRIBUTES: Final = 4
# Okta declares two namespaces on every AttributeValue: what counts is how many there can be in all,
# and that none is so long that writing it out for each element becomes an attack.
MAX_NAMESPACE_DECLARATIONS: Final = 4_000
MAX_NAMESPACE_LENGTH: Final = 256
# Canonicalization looks at all that are in scope, and writes out again what an element uses: 40
# characters for each element there may be, and more where the message is long itself. What an
# attribute uses costs twice as much.
MAX_NAMESPACES: Final = 32
MAX_GROWTH: Final = 2
GROWTH_ALLOWED: Final = 40 * MAX_ELEMENTS
# In metadata these count for each EntityDescriptor; a federation may have this many of them, and
# this many elements in all.
MAX_ENTITIES: Final = 20_000
MAX_AGGREGATE_ELEMENTS: Final = 2_000_000
MAX_AGGREGATE_ATTRIBUTES: Final = 2_000_000
MAX_ENTITY_NAMESPACES: Final = 128

# How many bytes of messages and IDs that taught it something a thread's dictionary may meet, and
# how many with those that were signed. It has room for a hundred million.
MAX_LEARNT: Final = 1_048_576
MAX_SIGNED_LEARNT: Final = 16 * MAX_LEARNT

# libxml2 takes no more than ten million octets at once without being told to take any amount.
_CHUNK: Final = 262_144
_BOM: Final = b"\xef\xbb\xbf"
_DECLARATION = re.compile(rb"<\?xml\s([^?>]*)\?>")
_DECLARED = re.compile(rb"""\b(version|encoding)\s*=\s*["']([^"']*)["']""")
_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_OPTIONS: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "encoding": "utf-8",
        "resolve_entities": False,
        "load_dtd": False,
        "dtd_validation": False,
        "no_network": True,
        "huge_tree": False,
        "recover": False,
        "collect_ids": False,
    }
)
_NCNAME = re.compile(r"[^\W\d][\w.\-]*")

_too_deep = etree.XPath(f"boolean({'/*' * (MAX_DEPTH + 1)})")
_element_count = etree.XPath("count(//*)")
_attribute_count = etree.XPath("count(//@*)")
_prefixed_attribute_count = etree.XPath("count(//@*[namespace-uri()])")
_too_foreign = etree.XPath(f"boolean(//@*[namespace-uri()][{MAX_PREFIXED_ATTRIBUTES + 1}])")
_too_wide = etree.XPath(f"boolean(//@*[{MAX_ATTRIBUTES + 1}])")
# Two letters of this list are one of the four; translate() takes twice as long.
_id_values = etree.XPath(
    "//@*[contains('ID|Id|iD|id', local-name()) and string-length(local-name()) = 2]",
    smart_strings=False,
)
_remarks = etree.XPath("boolean(//comment() | //processing-instruction())")
# An XPath is a lock while it is evaluated. A federation's file keeps one for a second, so metadata
# has its own: logins must not wait for it.
_too_large_metadata = etree.XPath(f"{_too_deep.path} or {_too_wide.path}")
_metadata_ids = etree.XPath(_id_values.path, smart_strings=False)
_instructions = etree.XPath("boolean(//processing-instruction())")
_entities = etree.XPath(
    "//md:EntityDescriptor[not(ancestor::md:EntityDescriptor)]", namespaces={"md": c.METADATA_NS}
)
_elements_within = etree.XPath("count(descendant-or-self::*)")
_attributes_within = etree.XPath("count(descendant-or-self::*/@*)")

_local = threading.local()
_dictionary: Any = etree.memory_debugger


def parse(data: bytes, *, max_bytes: int = MESSAGE_MAX_BYTES) -> etree._Element:
    """Parse a message and return its root element.

    Raises payload_too_large, doctype_forbidden, entity_expansion_forbidden, malformed_xml,
    duplicate_xml_id.
    """
    data = _check_octets(data, max_bytes)
    _check_amount(data)
    root, declared = _within(MAX_LEARNT, data, _parse_with_namespaces)
    _check_tree(root, data)
    _check_declared(root, data, declared)
    return root


def parse_metadata(data: bytes, *, max_bytes: int) -> etree._Element:
    """Parse metadata, without its comments, and return the root element.

    The limits of a message hold for each EntityDescriptor, and for what is outside of them all.
    Its names are strangers': call it `in_own_thread`, and whatever reads the tree. Raises as
    `parse`.
    """
    data = _check_octets(data, max_bytes)
    # Start and end tags, and whatever else has the word: a first guess that is never too small.
    entities = 1 + min(MAX_ENTITIES, data.count(b"EntityDescriptor"))
    _check_amount(data, entities)
    if data.count(b"=") > MAX_AGGREGATE_ATTRIBUTES:
        raise _malformed("There are too many attributes.")
    root = _parse_entities(data)
    _check_doctype(root)
    if _instructions(root):
        raise _malformed("Processing instructions are not accepted.")
    if _too_large_metadata(root):
        raise _malformed("The metadata has too many levels or attributes.")
    _check_entities(root)
    _check_ids(cast("list[str]", _metadata_ids(root)))
    return root


def parse_canonical(data: bytes) -> etree._Element:
    """Parse bytes that canonicalization has just made from a tree that `parse` accepted."""
    # Signed or not: whoever holds a key of one connection must not stop all the others.
    return _within(MAX_SIGNED_LEARNT, data, _parse_simply)


def note_id(element: etree._Element) -> None:
    """Count the ID that is about to be registered: the tree's dictionary keeps it."""
    # Beyond that, the tree has been parsed in another thread.
    if _learnt() < MAX_LEARNT:
        _local.learnt = _learnt() + len(element.get("ID", ""))


def ids(root: etree._Element) -> list[str]:
    """Return every ID of the document, however the attribute is spelled."""
    return cast("list[str]", _id_values(root))


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


def is_ncname(name: str) -> bool:
    """Tell whether the string can be an ID or a namespace prefix."""
    return _NCNAME.fullmatch(name) is not None


def _parser() -> etree.XMLParser:
    # A parser that threads share is a lock: each thread has its own.
    parser = getattr(_local, "parser", None)
    if parser is None:
        parser = _local.parser = etree.XMLParser(**_OPTIONS)
    return cast("etree.XMLParser", parser)


def _within(limit: int, data: bytes, work: Callable[[bytes], T]) -> T:
    """Parse here until this thread's dictionary has learnt that much, then in another thread."""
    if _learnt() >= limit:
        return in_own_thread(lambda: work(data))
    before = _dictionary.dict_size()
    try:
        return work(data)
    finally:
        if _dictionary.dict_size() != before:
            _local.learnt = _learnt() + len(data)


def _learnt() -> int:
    return getattr(_local, "learnt", 0)


def _parse_simply(data: bytes) -> etree._Element:
    try:
        return etree.fromstring(data, _parser())
    except (etree.LxmlError, ValueError) as error:
        raise _malformed("The message is not well-formed XML.") from error


def _parse_with_namespaces(data: bytes) -> tuple[etree._Element, set[tuple[str, str]]]:
    """Return the root and the prefix and URI of its namespace declarations, each of them once."""
    parser = etree.XMLPullParser(events=("start-ns",), **_OPTIONS)
    root = _feed(parser, data)
    events: Any = parser.read_events()
    return root, {declared for _, declared in events}


def _parse_entities(data: bytes) -> etree._Element:
    """Parse metadata and check its namespaces, and how many of them each entity declares."""
    parser = etree.XMLPullParser(
        events=("start-ns", "start", "end"),
        tag=c.MD + "EntityDescriptor",
        remove_comments=True,
        **_OPTIONS,
    )
    root = _feed(parser, data)
    _check_namespaces(_declared_uris(parser.read_events()))
    return root


def _feed(parser: etree.XMLPullParser, data: bytes) -> etree._Element:
    if b"PrefixList" in data:
        # It may list #default, however that is spelled in a value, and lxml leaves out what the
        # dictionary does not hold.
        etree.fromstring(b'<a xmlns:x="#default"/>', _parser())
    try:
        for start in range(0, len(data), _CHUNK):
            parser.feed(data[start : start + _CHUNK])
        return parser.close()
    except (etree.LxmlError, ValueError) as error:
        raise _malformed("The message is not well-formed XML.") from error


def _declared_uris(events: Any) -> Iterator[str]:
    """Yield the URI of every declaration, unless there are too many in or between entities.

    Canonicalization looks through all that are in scope, for every element.
    """
    declared = entities = depth = 0
    distinct: set[tuple[str, str]] = set()
    for event, found in events:
        if event == "start-ns":
            declared += 1
            distinct.add(found)
            yield found[1]
        else:
            starts = event == "start"
            entities += starts
            depth += 1 if starts else -1
            if depth == starts:  # of no entity within an entity
                declared = 0
                distinct.clear()
        if declared > MAX_NAMESPACE_DECLARATIONS or entities > MAX_ENTITIES:
            raise _malformed("There are too many namespace declarations or entities.")
        if len(distinct) > MAX_ENTITY_NAMESPACES:
            raise _malformed("There are too many namespaces.", len(distinct))


def _check_octets(data: bytes, max_bytes: int) -> bytes:
    """Return the document without its byte order mark, if it may be parsed."""
    if len(data) > max_bytes:
        raise RelyraError(
            ErrorCode.PAYLOAD_TOO_LARGE, "The message is too large.", expected=max_bytes
        )
    data = data.removeprefix(_BOM)
    _check_encoding(data)
    _check_forbidden(data)
    return data


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
    # Raised outside of the handler: that exception holds the whole message.
    with suppress(UnicodeDecodeError):
        # UTF-16 without a byte order mark passes for UTF-8 full of NULs, and hides what is sought.
        if "\0" not in data.decode("utf-8"):
            return
    raise _malformed("The message is not UTF-8.")


def _check_forbidden(data: bytes) -> None:
    if b"<!DOCTYPE" in data:
        raise _doctype()
    if b"<!ENTITY" in data:
        raise RelyraError(ErrorCode.ENTITY_EXPANSION_FORBIDDEN, "Entities are not accepted.")


def _check_amount(data: bytes, entities: int = 1) -> None:
    """Refuse what cannot be within the limits before it costs a parse."""
    # An element is two tags at most.
    if data.count(b"<") > 2 * min(entities * MAX_ELEMENTS, MAX_AGGREGATE_ELEMENTS) + 100:
        raise _malformed("There are too many elements.")
    if data.count(b"xmlns") > min(entities * MAX_NAMESPACE_DECLARATIONS, MAX_AGGREGATE_ELEMENTS):
        raise _malformed("There are too many namespace declarations.")


def _check_namespaces(uris: Iterable[str]) -> None:
    # Canonicalization fails on a relative namespace URI, and a failure that somebody takes for
    # empty output is a signature over nothing.
    for uri in set(uris):
        if uri and not _ABSOLUTE.match(uri):
            raise _malformed("A namespace URI is relative.")
        # libxml2 canonicalizes it unescaped: what is signed would be read as another namespace.
        if "&" in uri:
            raise _malformed("A namespace URI has an ampersand.")
        if len(uri) > MAX_NAMESPACE_LENGTH:
            raise _malformed("A namespace URI is too long.", len(uri))


def _check_declared(
    root: etree._Element, data: bytes, declared: Collection[tuple[str, str]]
) -> None:
    uris = [uri for _, uri in declared]
    _check_namespaces(uris)
    if len(declared) > MAX_NAMESPACES:
        raise _malformed("There are too many namespaces.", len(declared))
    prefixed = cast("float", _prefixed_attribute_count(root))
    if prefixed > MAX_PREFIXED_ATTRIBUTES and _too_foreign(root):
        raise _malformed("An element has too many attributes with a namespace.")
    used = cast("float", _element_count(root)) + 2 * prefixed
    if used * max(map(len, uris), default=0) > MAX_GROWTH * len(data) + GROWTH_ALLOWED:
        raise _malformed("The message would grow too much in canonicalization.")


def _check_tree(root: etree._Element, data: bytes) -> None:
    _check_doctype(root)
    if (b"<!--" in data or b"<?" in data) and _remarks(root):
        raise _malformed("Comments and processing instructions are not accepted.")
    if cast("float", _element_count(root)) > MAX_ELEMENTS or _too_deep(root):
        raise _malformed("The message has too many elements or levels.")
    if cast("float", _attribute_count(root)) > MAX_ALL_ATTRIBUTES or _too_wide(root):
        raise _malformed("The message has too many attributes.")
    _check_ids(ids(root))


def _check_entities(root: etree._Element) -> None:
    """Each entity, and what is outside of them all, is no larger than a message may be."""
    found = cast("list[etree._Element]", _entities(root))
    counted: Any = [(_elements_within(one), _attributes_within(one)) for one in found]
    elements, attributes = (sum(counts) for counts in zip(*counted, (0, 0), strict=True))
    outside = (_elements_within(root) - elements, _attributes_within(root) - attributes)
    for count, attribute_count in (*counted, outside):
        if count > MAX_ELEMENTS or attribute_count > MAX_ALL_ATTRIBUTES:
            raise _malformed("An entity has too many elements or attributes.")


def _check_doctype(root: etree._Element) -> None:
    info: Any = root.getroottree().docinfo  # the stubs know half of it
    if info.doctype or info.internalDTD is not None:
        raise _doctype()


def _check_ids(found: list[str]) -> None:
    if len(set(found)) != len(found):
        raise RelyraError(ErrorCode.DUPLICATE_XML_ID, "An ID is used twice.")


def _doctype() -> RelyraError:
    return RelyraError(ErrorCode.DOCTYPE_FORBIDDEN, "A document type is not accepted.")


def _malformed(message: str, actual: object = None) -> RelyraError:
    shown = quoted(actual) if isinstance(actual, str) else actual
    return RelyraError(ErrorCode.MALFORMED_XML, message, actual=shown)
