"""Ways to spoil a signed message: bytes, elements, and the words that attackers use."""

from __future__ import annotations

import base64
import copy
import re
from collections.abc import Callable, Sequence
from random import Random

from lxml import etree

from relyra_django.saml import constants as c

Mutation = Callable[[Random, bytes], bytes]

WORDS = (
    b"<!-- -->",
    b"<?x y?>",
    b"<![CDATA[admin]]>",
    b"&amp;",
    b"&#x41;",
    b"&#13;",
    b"&lol;",
    b'<!DOCTYPE x [<!ENTITY lol "lol">]>',
    b"\x00",
    b"\xef\xbb\xbf",
    b'xmlns:saml="urn:other"',
    b'ID="_x"',
    b'xml:id="_x"',
    b'URI=""',
    b"http://www.w3.org/TR/1999/REC-xpath-19991116",
    b"http://www.w3.org/2000/09/xmldsig#hmac-sha1",
    b"admin",
    b"alice",
)
TEXTS = ("admin", "alice", "", " alice", "2099-01-01T00:00:00Z", "AAAA", "\n")
NAMESPACES = (c.ASSERTION_NS, c.PROTOCOL_NS, c.DS_NS, c.XSI_NS, c.METADATA_NS, "urn:other", "")
NAMES = ("Assertion", "Response", "Issuer", "Signature", "NameID", "Advice", "Extensions", "Object")
ATTRIBUTES = ("ID", "URI", "Algorithm", "Destination", "InResponseTo", "Recipient", "NotOnOrAfter")


def flip(random: Random, data: bytes) -> bytes:
    at = random.randrange(len(data))
    return data[:at] + bytes([data[at] ^ 1 << random.randrange(8)]) + data[at + 1 :]


def cut(random: Random, data: bytes) -> bytes:
    start, end = span(random, data)
    return data[:start] + data[end:]


def repeat(random: Random, data: bytes) -> bytes:
    start, end = span(random, data)
    return data[:end] + data[start:end] + data[end:]


def insert_word(random: Random, data: bytes) -> bytes:
    at = random.randrange(len(data))
    return data[:at] + random.choice(WORDS) + data[at:]


def insert_word_in_text(random: Random, data: bytes) -> bytes:
    at = random.choice([match.end() for match in re.finditer(rb">", data)])
    return data[:at] + random.choice(WORDS) + data[at:]


def swap_values(random: Random, data: bytes) -> bytes:
    values = [match.span(1) for match in re.finditer(rb'="([^"]*)"', data)]
    (a, b), (start, end) = sorted(random.sample(values, 2))
    return data[:a] + data[start:end] + data[b:start] + data[a:b] + data[end:]


def flip_in_base64(random: Random, data: bytes) -> bytes:
    """Change one bit of a digest, a signature, a certificate or a ciphertext."""
    start, end = random.choice([m.span() for m in re.finditer(rb"[A-Za-z0-9+/]{40,}={0,2}", data)])
    octets = base64.b64decode(data[start:end] + b"=" * (-(end - start) % 4))
    return data[:start] + base64.b64encode(flip(random, octets)) + data[end:]


def span(random: Random, data: bytes) -> tuple[int, int]:
    start = random.randrange(len(data))
    return start, min(len(data), start + random.choice((1, 4, 40, 400, 4000)))


def copy_element(random: Random, data: bytes) -> bytes:
    """Put a copy of an element somewhere else: the heart of every wrapping attack."""
    root, elements = parsed(data)
    target = random.choice(elements)
    target.insert(random.randint(0, len(target)), copy.deepcopy(random.choice(elements)))
    return etree.tostring(root)


def move_element(random: Random, data: bytes) -> bytes:
    root, elements = parsed(data)
    moved = random.choice(elements[1:] or elements)
    places = [each for each in elements if moved not in {each, *each.iterancestors()}]
    random.choice(places or [root]).append(moved if places else copy.deepcopy(moved))
    return etree.tostring(root)


def wrap_root(random: Random, data: bytes) -> bytes:
    """Put the whole message inside a changed copy of itself."""
    root, _ = parsed(data)
    outer = copy.deepcopy(root)
    target = random.choice(list(outer.iter("{*}*")))
    target.insert(random.randint(0, len(target)), root)
    if random.random() < 0.5:
        _disguise(random, outer)
    return etree.tostring(outer)


def copy_and_change(random: Random, data: bytes) -> bytes:
    """Keep what was signed and add a changed copy of it under another ID."""
    root, elements = parsed(data)
    original = random.choice(elements)
    changed = copy.deepcopy(original)
    _disguise(random, changed)
    parent = original.getparent()
    home = parent if parent is not None and random.random() < 0.7 else random.choice(elements)
    home.insert(random.randint(0, len(home)), changed)
    return etree.tostring(root)


def _disguise(random: Random, changed: etree._Element) -> None:
    for each in changed.iter():
        if each.text and "alice" in each.text:
            each.text = each.text.replace("alice", "admin")
        if "ID" in each.attrib and random.random() < 0.7:
            each.set("ID", "_changed")


def drop_element(random: Random, data: bytes) -> bytes:
    root, elements = parsed(data)
    dropped = random.choice(elements)
    parent = dropped.getparent()
    if parent is not None:
        parent.remove(dropped)
    return etree.tostring(root)


def rename_element(random: Random, data: bytes) -> bytes:
    root, elements = parsed(data)
    renamed = random.choice(elements)
    namespace = etree.QName(renamed).namespace
    renamed.tag = etree.QName(namespace, random.choice(NAMES))
    return etree.tostring(root)


def move_to_namespace(random: Random, data: bytes) -> bytes:
    root, elements = parsed(data)
    moved = random.choice(elements)
    moved.tag = etree.QName(random.choice(NAMESPACES) or None, etree.QName(moved).localname)
    return etree.tostring(root)


def change_text(random: Random, data: bytes) -> bytes:
    root, elements = parsed(data)
    random.choice(elements).text = random.choice(TEXTS)
    return etree.tostring(root)


def change_tail(random: Random, data: bytes) -> bytes:
    root, elements = parsed(data)
    random.choice(elements[1:]).tail = random.choice(TEXTS)
    return etree.tostring(root)


def change_attribute(random: Random, data: bytes) -> bytes:
    """Set an attribute that is there or should not be, to a value that stands elsewhere."""
    root, elements = parsed(data)
    element = random.choice(elements)
    values = [value for each in elements for value in each.attrib.values()]
    name = random.choice([*element.attrib, *ATTRIBUTES])
    element.set(name, random.choice([*values, *TEXTS]))
    return etree.tostring(root)


def drop_attribute(random: Random, data: bytes) -> bytes:
    root, elements = parsed(data)
    element = random.choice([each for each in elements if each.attrib])
    del element.attrib[random.choice(list(element.attrib))]
    return etree.tostring(root)


def parsed(data: bytes) -> tuple[etree._Element, list[etree._Element]]:
    """Raise etree.XMLSyntaxError when an earlier mutation left no XML."""
    root = etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True))
    return root, list(root.iter("{*}*"))


BYTES: tuple[Mutation, ...] = (
    flip,
    cut,
    repeat,
    insert_word,
    insert_word_in_text,
    swap_values,
    flip_in_base64,
)
NODES: tuple[Mutation, ...] = (
    copy_element,
    move_element,
    wrap_root,
    copy_and_change,
    drop_element,
    rename_element,
    move_to_namespace,
    change_text,
    change_tail,
    change_attribute,
    drop_attribute,
)


def spoil(random: Random, data: bytes) -> bytes:
    """Apply one to three mutations, most of them to elements: half the bytes end at the parser."""
    for _ in range(random.choice((1, 1, 2, 3))):
        data = spoil_once(random, data, BYTES if random.random() < 0.3 else NODES)
    return data


def spoil_once(random: Random, data: bytes, mutations: Sequence[Mutation]) -> bytes:
    """Apply one of the mutations; one that does not apply to these bytes changes nothing."""
    try:
        return random.choice(mutations)(random, data) or b"<"
    except (etree.LxmlError, ValueError, IndexError):
        return data
