"""Ways to spoil a signed message: bytes first, then elements, then words that attackers use."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from random import Random

from lxml import etree

Mutation = Callable[[Random, bytes], bytes]

WORDS = (
    b"<!-- -->",
    b"<?x y?>",
    b"<![CDATA[admin]]>",
    b"&amp;",
    b"&#x41;",
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
    (a, b), (c, d) = sorted(random.sample(values, 2))
    return data[:a] + data[c:d] + data[b:c] + data[a:b] + data[d:]


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


def copy_and_change(random: Random, data: bytes) -> bytes:
    """Keep what was signed and add a changed copy of it under another ID."""
    root, elements = parsed(data)
    original = random.choice(elements)
    changed = copy.deepcopy(original)
    for each in changed.iter():
        if each.text and "alice" in each.text:
            each.text = each.text.replace("alice", "admin")
        if "ID" in each.attrib and random.random() < 0.7:
            each.set("ID", "_changed")
    parent = original.getparent()
    home = parent if parent is not None and random.random() < 0.7 else random.choice(elements)
    home.insert(random.randint(0, len(home)), changed)
    return etree.tostring(root)


def drop_element(random: Random, data: bytes) -> bytes:
    root, elements = parsed(data)
    dropped = random.choice(elements)
    parent = dropped.getparent()
    if parent is not None:
        parent.remove(dropped)
    return etree.tostring(root)


def change_text(random: Random, data: bytes) -> bytes:
    root, elements = parsed(data)
    random.choice(elements).text = random.choice(("admin", "alice", "", "2099-01-01T00:00:00Z"))
    return etree.tostring(root)


def parsed(data: bytes) -> tuple[etree._Element, list[etree._Element]]:
    """Raise etree.XMLSyntaxError when an earlier mutation left no XML."""
    root = etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True))
    return root, list(root.iter("{*}*"))


MUTATIONS: tuple[Mutation, ...] = (
    flip,
    cut,
    repeat,
    insert_word,
    insert_word_in_text,
    swap_values,
    copy_element,
    move_element,
    copy_and_change,
    drop_element,
    change_text,
)


def spoil(random: Random, data: bytes) -> bytes:
    """Apply one to four mutations; one that no longer applies is left out."""
    for _ in range(random.randint(1, 4)):
        try:
            data = random.choice(MUTATIONS)(random, data) or b"<"
        except (etree.LxmlError, ValueError, IndexError):
            continue
    return data
