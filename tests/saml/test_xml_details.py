"""The parser's limits at their edges, and what operators are told of a message beyond them."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from typing import Any

import pytest
from lxml import etree

from relyra_django.saml import ErrorCode, RelyraError, xml
from relyra_django.saml.idp_metadata import METADATA_MAX_BYTES
from relyra_django.saml.threads import in_own_thread
from relyra_django.testing.namespaces import MD


def refusal(work: Callable[[], Any]) -> RelyraError:
    with pytest.raises(RelyraError) as refused:
        work()
    return refused.value


def in_new_thread(work: Callable[[], Any]) -> Any:
    results: list[Any] = []
    thread = threading.Thread(target=lambda: results.append(work()))
    thread.start()
    thread.join()
    return results[0]


def attributes(count: int) -> bytes:
    """Write elements with this many attributes in all."""
    full, rest = divmod(count, xml.MAX_ATTRIBUTES)
    sizes = [xml.MAX_ATTRIBUTES] * full + [rest]
    return b"".join(b"<a %s/>" % b" ".join(b'a%d=""' % n for n in range(size)) for size in sizes)


DECLARED = b" ".join(b"xmlns:p%d='urn:x'" % n for n in range(xml.MAX_NAMESPACES + 1))


class TestDetails:
    @pytest.mark.parametrize(
        ("data", "actual"),
        [
            (b"<?xml version='1.1'?><a/>", "1.1"),
            (b"<?xml version='1.0' encoding='ISO-8859-1'?><a/>", "ISO-8859-1"),
            (b"<?xml version='\xe9'?><a/>", "[REDACTED]"),
            (b"<?xml version='1.0' encoding='\xe9'?><a/>", "[REDACTED]"),
            (b"<p:a xmlns:p='urn:%s'/>" % (b"x" * 253), 257),
            (b"<a %s/>" % DECLARED, xml.MAX_NAMESPACES + 1),
            (b"<a xmlns='relative'/>", None),
        ],
    )
    def test_what_was_found(self, data: bytes, actual: object) -> None:
        refused = refusal(lambda: xml.parse(data))
        assert refused.code is ErrorCode.MALFORMED_XML
        assert refused.details == {"actual": actual}

    def test_how_large_a_message_may_be(self) -> None:
        refused = refusal(lambda: xml.parse(b"<a></a>", max_bytes=6))
        assert refused.details == {"expected": 6}

    def test_which_element_holds_more_than_text(self) -> None:
        root = xml.parse(b"<a xmlns='urn:x'><b/></a>")
        assert refusal(lambda: xml.text(root)).details == {"actual": "{urn:x}a"}


class TestEdges:
    def test_tags_before_the_parse(self, monkeypatch: pytest.MonkeyPatch) -> None:
        tags = b"<b></b>" * (xml.MAX_ELEMENTS - 1)
        xml.parse(b"<a>%s%s</a>" % (tags, b"<![CDATA[x]]>" * 100))
        monkeypatch.setattr(xml, "_parse_with_namespaces", None)
        over = b"<a>%s%s</a>" % (tags, b"<![CDATA[x]]>" * 101)
        assert refusal(lambda: xml.parse(over)).code is ErrorCode.MALFORMED_XML

    def test_attributes_in_all(self) -> None:
        xml.parse(b"<r>%s</r>" % attributes(xml.MAX_ALL_ATTRIBUTES))
        over = b"<r>%s</r>" % attributes(xml.MAX_ALL_ATTRIBUTES + 1)
        assert refusal(lambda: xml.parse(over)).code is ErrorCode.MALFORMED_XML

    @pytest.mark.parametrize(("elements", "prefixed"), [(5_000, 0), (4_000, 500)])
    def test_growth(self, elements: int, prefixed: int) -> None:
        """5,000 times 100 characters are 400,000 more than twice 50,000 octets."""

        def message(octets: int) -> bytes:
            start = b"<r xmlns:p='%s'>" % b"urn:".ljust(100, b"x")
            inside = b"<a p:b=''/>" * prefixed + b"<a/>" * (elements - prefixed - 1)
            return start + inside.ljust(octets - len(start) - 4) + b"</r>"

        assert len(message(50_000)) == 50_000
        xml.parse(message(50_000))
        assert refusal(lambda: xml.parse(message(49_999))).code is ErrorCode.MALFORMED_XML

    def test_what_only_looks_like_a_remark(self) -> None:
        assert xml.parse(b"<a><![CDATA[<!-- <?x?>]]></a>").text == "<!-- <?x?>"


class TestText:
    @pytest.mark.parametrize(
        ("written", "read"),
        [
            ("\n bob\t\n", "bob"),
            ("\nX\n", "X"),
            ("\nb\nb\n", "b\nb"),
            ("\n\u00a0bob\n", "\u00a0bob"),
            ("\nb", "\nb"),
            ("b\n", "b\n"),
            (" b\n", " b\n"),
            ("\n \n", "\n \n"),
            (" b ", " b "),
        ],
    )
    def test_a_value_on_a_line_of_its_own(self, written: str, read: str) -> None:
        element = etree.Element("a")
        element.text = written
        assert xml.value(element) == read

    def test_a_token_loses_the_white_space_of_xml_alone(self) -> None:
        assert xml.token(xml.parse("<a> \t\nX\u00a0</a>".encode())) == "X\u00a0"


class TestThreads:
    def test_the_parser_of_a_thread_stays(self) -> None:
        parsers = []
        for _ in range(2):
            xml.parse_canonical(b"<a/>")
            parsers.append(xml._local.parser)
        assert parsers[0] is parsers[1]

    @pytest.mark.parametrize(("learnt", "after"), [(0, 2), (xml.MAX_LEARNT, xml.MAX_LEARNT)])
    def test_which_ids_count(self, learnt: int, after: int) -> None:
        def note() -> int:
            xml._local.learnt = learnt
            xml.note_id(etree.Element("a", ID="_x"))
            xml.note_id(etree.Element("a"))
            return xml._learnt()

        assert in_new_thread(note) == after

    @pytest.mark.parametrize("spelled", ["#default", "&#35;default"])
    def test_a_prefix_list_means_the_default_namespace(self, spelled: str) -> None:
        """In a process of its own: what one thread has met, the others may know."""
        message = f"<a xmlns='urn:x' xmlns:p='urn:p'><p:b PrefixList='{spelled}'/></a>"
        program = (
            "from lxml import etree\nfrom relyra_django.saml import xml\n"
            f"root = xml.parse({message.encode()!r})\n"
            "prefixes = ['#' + 'default']\n"
            "print(etree.tostring(root[0], method='c14n', exclusive=True,"
            " inclusive_ns_prefixes=prefixes).decode())"
        )
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
        written = subprocess.run(
            [sys.executable, "-c", program],
            env=environment,
            check=True,
            capture_output=True,
            text=True,
        )
        assert 'xmlns="urn:x"' in written.stdout


class TestMetadata:
    OPEN = b"<md:EntitiesDescriptor xmlns:md='%s'>" % MD.encode()

    def aggregate(self, inside: bytes, outside: bytes = b"") -> bytes:
        entity = b"<md:EntityDescriptor entityID='urn:x'>%s</md:EntityDescriptor>" % inside
        return self.OPEN + entity + outside + b"</md:EntitiesDescriptor>"

    def parse(self, data: bytes) -> Any:
        return in_own_thread(lambda: xml.parse_metadata(data, max_bytes=METADATA_MAX_BYTES))

    def assert_refused(self, data: bytes) -> None:
        assert refusal(lambda: self.parse(data)).code is ErrorCode.MALFORMED_XML

    def test_attributes_of_one_entity(self) -> None:
        most = xml.MAX_ALL_ATTRIBUTES - 1  # entityID is one too
        self.parse(self.aggregate(attributes(most)))
        self.assert_refused(self.aggregate(attributes(most + 1)))

    def test_attributes_outside_of_them(self) -> None:
        most = xml.MAX_ALL_ATTRIBUTES
        self.parse(self.aggregate(attributes(100), attributes(most)))
        self.assert_refused(self.aggregate(attributes(100), attributes(most + 1)))

    def test_tags_without_an_entity(self, monkeypatch: pytest.MonkeyPatch) -> None:
        tags = b"<b></b>" * (xml.MAX_ELEMENTS - 1)
        self.parse(b"<a>%s%s</a>" % (tags, b"<![CDATA[x]]>" * 100))
        monkeypatch.setattr(xml, "_parse_entities", None)
        self.assert_refused(b"<a>%s%s</a>" % (tags, b"<![CDATA[x]]>" * 101))

    def test_equals_signs(self, monkeypatch: pytest.MonkeyPatch) -> None:
        most = b"=" * xml.MAX_AGGREGATE_ATTRIBUTES
        assert self.parse(b"<a>%s</a>" % most).tag == "a"
        monkeypatch.setattr(xml, "_parse_entities", None)
        self.assert_refused(b"<a>%s=</a>" % most)

    def test_entities(self) -> None:
        entity = b"<md:EntityDescriptor entityID=''/>"
        most = self.OPEN + entity * xml.MAX_ENTITIES
        assert len(self.parse(most + b"</md:EntitiesDescriptor>")) == xml.MAX_ENTITIES
        self.assert_refused(most + entity + b"</md:EntitiesDescriptor>")

    def test_operators_are_told_how_many_namespaces(self) -> None:
        over = xml.MAX_ENTITY_NAMESPACES + 1
        declared = b" ".join(b"xmlns:p%d='urn:x'" % n for n in range(over))
        refused = refusal(lambda: self.parse(self.aggregate(b"<a %s/>" % declared)))
        assert refused.details == {"actual": over}
