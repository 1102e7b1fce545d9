"""Aggregates are large, so their limits count for each entity; all of it in a thread of its own."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from lxml import etree

from relyra_django.saml import ErrorCode, RelyraError, idp_metadata, xml
from relyra_django.saml.idp_metadata import AGGREGATE_MAX_BYTES, METADATA_MAX_BYTES, document
from relyra_django.saml.threads import in_own_thread
from relyra_django.testing.namespaces import MD
from tests.saml.metadata_reading import IDP, NOW, PINS, assert_refused, publish, read

OPEN = f'<md:EntitiesDescriptor xmlns:md="{MD}" ID="_a">'.encode()
CLOSE = b"</md:EntitiesDescriptor>"


def entity(content: bytes, number: int = 0, attributes: bytes = b"") -> bytes:
    name = b'<md:EntityDescriptor entityID="urn:x:%d"%s>' % (number, attributes)
    return name + content + b"</md:EntityDescriptor>"


def aggregate(*parts: bytes) -> bytes:
    return OPEN + b"".join(parts) + CLOSE


def alone(descriptor: bytes) -> bytes:
    return descriptor.replace(b" entityID", b' xmlns:md="%s" entityID' % MD.encode(), 1)


def parse(data: bytes, max_bytes: int = METADATA_MAX_BYTES) -> Any:
    return in_own_thread(lambda: xml.parse_metadata(data, max_bytes=max_bytes))


def refused(data: bytes, max_bytes: int = METADATA_MAX_BYTES) -> ErrorCode:
    with pytest.raises(RelyraError) as refusal:
        parse(data, max_bytes)
    return refusal.value.code


class TestFederation:
    def test_five_thousand_entities(self) -> None:
        data = publish(others=5_000)
        assert data.count(b"<") > 4 * xml.MAX_ELEMENTS
        found = read(data, entity_id=IDP.entity_id, signing_certificates=PINS)
        assert found.entity_id == IDP.entity_id
        assert found.signed

    def test_one_entity_among_them_may_not_be_larger_than_alone(self) -> None:
        def swell(root: etree._Element) -> None:
            for _ in range(xml.MAX_ELEMENTS):
                etree.SubElement(root[7], "x")

        assert_refused(
            ErrorCode.MALFORMED_XML, publish(others=500, edit=swell), entity_id=IDP.entity_id
        )

    def test_more_bytes_have_to_be_asked_for(self) -> None:
        data = publish(others=7_000)
        assert METADATA_MAX_BYTES < len(data) < AGGREGATE_MAX_BYTES
        assert_refused(ErrorCode.PAYLOAD_TOO_LARGE, data, entity_id=IDP.entity_id)
        found = read(
            data,
            entity_id=IDP.entity_id,
            signing_certificates=PINS,
            max_bytes=AGGREGATE_MAX_BYTES,
        )
        assert found.entity_id == IDP.entity_id

    def test_more_octets_than_libxml2_takes_at_once(self) -> None:
        data = aggregate(*(entity(b"x" * 1_000_000, n) for n in range(12)))
        assert len(parse(data, AGGREGATE_MAX_BYTES)) == 12

    def test_the_document_that_is_verified_is_walked_once_for_each_entity(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        looked_at = 0
        roles = document._roles

        def count(element: etree._Element) -> list[etree._Element]:
            nonlocal looked_at
            looked_at += 1
            return roles(element)

        monkeypatch.setattr(document, "_roles", count)
        with pytest.raises(RelyraError):
            read(publish(others=1_000))
        assert looked_at == 1_001
        looked_at = 0
        read(publish(others=1_000), entity_id=IDP.entity_id)
        assert looked_at == 1


class TestEachEntity:
    def test_elements(self) -> None:
        full = entity(b"<a/>" * (xml.MAX_ELEMENTS - 1))
        parse(aggregate(full, full, full))
        over = entity(b"<a/>" * xml.MAX_ELEMENTS)
        assert refused(aggregate(full, over)) is ErrorCode.MALFORMED_XML
        parse(alone(full))
        assert refused(alone(over)) is ErrorCode.MALFORMED_XML

    def test_elements_outside_of_them(self) -> None:
        parse(aggregate(entity(b""), b"<a/>" * (xml.MAX_ELEMENTS - 1)))
        over = aggregate(entity(b""), b"<a/>" * xml.MAX_ELEMENTS)
        assert refused(over) is ErrorCode.MALFORMED_XML

    def test_an_entity_within_another_gives_no_room(self) -> None:
        inner = entity(b"<a/>" * 6_000)
        assert refused(aggregate(entity(inner + b"<a/>" * 6_000))) is ErrorCode.MALFORMED_XML

    def test_attributes(self) -> None:
        def busy(elements: int) -> bytes:
            attributes = b" ".join(b'a%d=""' % n for n in range(20))
            return entity(b"<a %s/>" % attributes * elements)

        parse(aggregate(busy(999), busy(999)))
        assert refused(aggregate(busy(1_001))) is ErrorCode.MALFORMED_XML

    def test_attributes_of_one_element(self) -> None:
        def wide(count: int) -> bytes:
            return aggregate(entity(b"<a %s/>" % b" ".join(b'a%d=""' % n for n in range(count))))

        parse(wide(xml.MAX_ATTRIBUTES))
        assert refused(wide(xml.MAX_ATTRIBUTES + 1)) is ErrorCode.MALFORMED_XML

    def test_namespaces(self) -> None:
        def declared(count: int) -> bytes:
            return entity(b'<a xmlns:p="urn:x"/>' * count)

        full = declared(xml.MAX_NAMESPACE_DECLARATIONS)
        parse(aggregate(full, full, full))
        over = declared(xml.MAX_NAMESPACE_DECLARATIONS + 1)
        assert refused(aggregate(full, over)) is ErrorCode.MALFORMED_XML

    @pytest.mark.parametrize("where", ["%s", "<md:EntityDescriptor%s/>", "<a%s/>", "<b><a%s/></b>"])
    def test_different_namespaces(self, where: str) -> None:
        """Canonicalization looks through all that are in scope, at each of many elements."""

        def scope(count: int) -> bytes:
            declared = b"".join(b' xmlns:n%d="urn:x"' % n for n in range(count))
            inside = where.encode() % declared if "<" in where else b"<a/>"
            return entity(inside, 0, b"" if "<" in where else declared)

        full = scope(xml.MAX_ENTITY_NAMESPACES - 1)
        parse(aggregate(full, full, full))
        over = scope(xml.MAX_ENTITY_NAMESPACES + 1)
        assert refused(aggregate(full, over)) is ErrorCode.MALFORMED_XML

    def test_namespaces_of_entities_in_one_another(self) -> None:
        """There is no entity within an entity, so there is no more room in it."""
        full, over = b"", b""
        for n in range(30):
            full = entity(full, 0, b' xmlns:n%d="urn:x"' % n)
            over = entity(over, 0, b"".join(b' xmlns:n%d_%d="urn:x"' % (n, m) for m in range(5)))
        parse(aggregate(full))
        assert refused(aggregate(over)) is ErrorCode.MALFORMED_XML
        declared = entity(entity(b"<a/>") + b'<a xmlns:p="urn:x"/>' * 2_500)
        parse(aggregate(declared, declared))
        twice = entity(
            b'<a xmlns:p="urn:x"/>' * 2_500 + entity(b"") + b'<a xmlns:p="urn:x"/>' * 2_500
        )
        assert refused(aggregate(twice)) is ErrorCode.MALFORMED_XML

    def test_every_entity_may_declare_its_own(self) -> None:
        own = b' xmlns:a="urn:a" xmlns:b="urn:b"'
        many = [entity(b"", n, own) for n in range(xml.MAX_NAMESPACE_DECLARATIONS)]
        assert len(parse(aggregate(*many))) == xml.MAX_NAMESPACE_DECLARATIONS

    def test_how_many(self) -> None:
        parse(aggregate(entity(b"") * 300))
        many = aggregate(entity(b"") * (xml.MAX_ENTITIES + 1))
        assert refused(many) is ErrorCode.MALFORMED_XML


class TestGrowth:
    """Canonical XML writes a namespace out for each element that is the first to use it."""

    def grown(self, length: int) -> bytes:
        uri = b"urn:".ljust(length, b"x")
        data = publish(others=2).replace(b" ID=", b' xmlns:p="%s" ID=' % uri, 1)
        return data.replace(CLOSE, entity(b"<p:a/>" * 9_000) * 3 + CLOSE)

    def test_nothing_that_grows_is_canonicalized(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(document, "_verify", None)
        data = self.grown(xml.MAX_NAMESPACE_LENGTH)
        assert_refused(ErrorCode.MALFORMED_XML, data, signing_certificates=PINS)

    def test_what_grows_a_little_is(self) -> None:
        assert_refused(ErrorCode.DIGEST_MISMATCH, self.grown(40), signing_certificates=PINS)

    def test_without_a_signature_nothing_grows(self) -> None:
        data = self.grown(xml.MAX_NAMESPACE_LENGTH)
        assert read(data, entity_id=IDP.entity_id).entity_id == IDP.entity_id


class TestBeforeTheParse:
    @pytest.mark.parametrize(
        "data",
        [
            b"<a>" + b"<b/>" * 25_000 + b"</a>",
            b"<a>" + b"<" * 1_000_000,
            b"xmlns:" * 100_000,
            aggregate(b"<!-- -->" * 100_000),
            aggregate(entity(b'<a b=""/>') * 10, b"=" * xml.MAX_AGGREGATE_ATTRIBUTES),
        ],
    )
    def test_refused_by_counting(self, data: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(xml, "_parse_entities", None)
        assert refused(data) is ErrorCode.MALFORMED_XML

    def test_no_word_makes_room_for_more_than_there_can_be(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(xml, "_parse_entities", None)
        data = b"EntityDescriptor" * 30_000 + b"<a>" * (2 * xml.MAX_AGGREGATE_ELEMENTS + 200)
        assert refused(data, AGGREGATE_MAX_BYTES) is ErrorCode.MALFORMED_XML


class TestNesting:
    @pytest.mark.parametrize("groups", [1, document.MAX_NESTING, document.MAX_NESTING + 1])
    def test_groups(self, groups: int) -> None:
        data = IDP.metadata(nesting=groups - 1, others=1)
        if groups > document.MAX_NESTING:
            assert_refused(ErrorCode.MALFORMED_XML, data, entity_id=IDP.entity_id)
        else:
            assert read(data, entity_id=IDP.entity_id).entity_id == IDP.entity_id

    def test_depth(self) -> None:
        deep = b"<a>" * (xml.MAX_DEPTH - 2) + b"</a>" * (xml.MAX_DEPTH - 2)
        parse(aggregate(entity(deep)))
        assert refused(aggregate(entity(b"<a>" + deep + b"</a>"))) is ErrorCode.MALFORMED_XML


class TestComments:
    def test_they_leave_one_text_behind(self) -> None:
        root = parse(b"<a><!-- x -->b<!-- c -->d<e/><!-- f --></a>")
        assert (root.text, [child.tag for child in root]) == ("bd", ["e"])

    @pytest.mark.parametrize("data", [b"<!-- x --><a/>", b"<a/><!-- x -->", b"<a><!----></a>"])
    def test_anywhere(self, data: bytes) -> None:
        assert parse(data).getroottree().getroot().tag == "a"

    @pytest.mark.parametrize("data", [b"<?x?><a/>", b"<a/><?x?>", b"<a><b><?x?></b></a>"])
    def test_but_no_instructions(self, data: bytes) -> None:
        assert refused(data) is ErrorCode.MALFORMED_XML


class TestThreads:
    def test_strangers_names_are_met_elsewhere(self, monkeypatch: pytest.MonkeyPatch) -> None:
        idents: list[int] = []
        for name in ("_parse_entities", "parse_canonical"):
            parser = getattr(xml, name)

            def remember(data: bytes, parser: Any = parser) -> Any:
                idents.append(threading.get_ident())
                return parser(data)

            monkeypatch.setattr(xml, name, remember)
        assert read(publish(), signing_certificates=PINS).signed
        assert len(idents) == 2
        assert len(set(idents)) == 1
        assert threading.get_ident() not in idents

    def test_no_login_waits_for_a_federation(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """An XPath is a lock while it is evaluated, for a second over a large file."""
        used: list[str] = []
        for name, path in list(vars(xml).items()):
            if isinstance(path, etree.XPath):

                def remember(root: Any, path: Any = path, name: str = name) -> Any:
                    used.append(name)
                    return path(root)

                monkeypatch.setattr(xml, name, remember)
        xml.parse(b"<a b='&lt;!--'><![CDATA[<?]]></a>")
        by_messages = set(used)
        used.clear()
        parse(publish(others=3))
        assert by_messages
        assert used
        assert by_messages.isdisjoint(used)

    def test_several_at_once(self) -> None:
        data, found = publish(others=20), []

        def work() -> None:
            for _ in range(5):
                found.append(read(data, entity_id=IDP.entity_id, signing_certificates=PINS))

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(found) == 20
        assert len({one.entity_id for one in found}) == 1


class TestDefects:
    """Whatever goes wrong has a code."""

    def test_a_clock_without_a_zone(self) -> None:
        data = IDP.metadata(valid_until="2090-01-01T00:00:00Z")
        refusal = assert_refused(
            ErrorCode.INTERNAL_PROTOCOL_ERROR, data, now=NOW.replace(tzinfo=None)
        )
        assert refusal.details["reason"] == "TypeError"
        assert read(data).valid_until is not None

    @pytest.mark.parametrize("data", ["<a/>", None, 5])
    def test_what_is_no_bytes(self, data: Any) -> None:
        assert_refused(ErrorCode.INTERNAL_PROTOCOL_ERROR, data)

    def test_a_defect_of_ours(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(idp_metadata, "read_keys", None)
        assert_refused(ErrorCode.INTERNAL_PROTOCOL_ERROR, IDP.metadata())
