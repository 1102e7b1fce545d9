"""The parser, and the base64 before it: noise, and messages that are spoiled without mercy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from lxml import etree

from relyra_django.saml import bindings, xml
from relyra_django.testing import FakeIdP
from tests.fuzz.lane import NOW, REQUEST_ID, Said, Seed
from tests.fuzz.mutations import WORDS, spoil

PIECES = (
    *WORDS,
    *(b"<", b">", b"</", b"/>", b"<a>", b"</a>", b"<a b='c'>", b'="', b"'", b"]]>", b"<![CDATA["),
    *(b"<?xml version='1.0' encoding='utf-16'?>", b"<?xml version='1.1'?>", b"<a:b xmlns:a='x'/>"),
    *(b"\xff\xfe", b"\xfe\xff", b"\x00<", b"\xed\xa0\x80", b"\xc0\xaf", b"\r\n", b"\t", b"\x0b"),
)


@dataclass(frozen=True)
class Parser:
    name: str = "parser"
    share: int = 10

    def seeds(self) -> Sequence[Seed]:
        idp = FakeIdP()
        messages = {
            "response": idp.response(in_response_to=REQUEST_ID, now=NOW).xml,
            "metadata": idp.metadata(),
            "declared": b'<?xml version="1.0" encoding="UTF-8"?>\n<a xmlns="urn:a" b="c">d</a>',
        }
        return [
            Seed(name=name, data=data, connection=idp.connection())
            for name, data in messages.items()
        ]

    def honest(self, seed: Seed) -> str | bytes:
        return bindings.encode_post(seed.data)

    def spoiled(self, random: Random, seed: Seed) -> str | bytes:
        kind = random.random()
        if kind < 0.1:
            return random.randbytes(random.randrange(400))
        if kind < 0.4:
            data = b"".join(random.choices(PIECES, k=random.randrange(40)))
        else:
            data = spoil(random, spoil(random, seed.data))
        return bindings.encode_post(data)

    def judge(self, payload: str | bytes, seed: Seed) -> Said:
        """Hold the parser to what it promises of every tree that it returns."""
        root = xml.parse(bindings.decode_post(payload))
        elements = list(root.iter())
        assert all(isinstance(each.tag, str) for each in elements), "a comment or PI is left"
        assert len(elements) <= xml.MAX_ELEMENTS
        assert all(len(each.attrib) <= xml.MAX_ATTRIBUTES for each in elements)
        info = root.getroottree().docinfo
        assert info.internalDTD is None, "a document type is left"
        assert not info.doctype
        ids = [v for e in elements for name, v in e.attrib.items() if _is_id(name)]
        assert len(ids) == len(set(ids)), "an ID is there twice"
        return {}


def _is_id(name: str) -> bool:
    return etree.QName(name).localname.lower() == "id"
