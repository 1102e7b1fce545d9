"""The parser: what it takes, and what it refuses before anybody looks at the content."""

from __future__ import annotations

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from relyra_django.saml import ErrorCode, RelyraError, xml


def refused(data: bytes, **limits) -> ErrorCode:
    with pytest.raises(RelyraError) as refusal:
        xml.parse(data, **limits)
    return refusal.value.code


@pytest.mark.parametrize(
    "data",
    [
        b"<a/>",
        b"\xef\xbb\xbf<a/>",
        b"\n<a/>\n",
        b'<?xml version="1.0"?><a/>',
        b"<?xml version='1.0' encoding='UTF-8'?><a/>",
        b'<?xml version="1.0" encoding="utf-8" standalone="yes"?>\n<a/>',
        b"<a><![CDATA[<b>]]></a>",
        b'<a xmlns="urn:x"><b xmlns=""/></a>',
        "<a>\u00e9</a>".encode(),
    ],
)
def test_honest_spellings(data):
    assert etree.QName(xml.parse(data)).localname == "a"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<a>",
        b"<a/><b/>",
        b"text",
        b"<a>&undefined;</a>",
        b"<a>\x00</a>",
        b"\xff\xfe<\x00a\x00/\x00>\x00",
        "<a/>".encode("utf-16"),
        "<a/>".encode("utf-32"),
        *(
            f'<?xml version="1.0"?>{rest}'.encode(encoding)
            for encoding in ("utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be", "cp037")
            for rest in ("<a/>", "<a>x<!---->y</a>", "<!DOCTYPE a><a/>")
        ),
        "<a>\u00e9</a>".encode("latin-1"),
        b'<?xml version="1.1"?><a/>',
        b'<?xml version="1.0" encoding="ISO-8859-1"?><a/>',
        b'<?xml version="1.0" encoding="UTF-7"?><a/>',
        b'<?xml version="1.0" encoding="US-ASCII"?><a/>',
        b"\xef\xbb\xbf\xef\xbb\xbf<a/>",
        b"<a><!-- x --></a>",
        b"<!-- x --><a/>",
        b"<a/><!-- x -->",
        b"<a>x<!---->y</a>",
        b"<a><?php x ?></a>",
        b"<?xml-stylesheet href='x'?><a/>",
        b"<a/><?x?>",
        b'<a xmlns="relative"/>',
        b'<a><b xmlns:p = "./x"/></a>',
        b"<a xmlns:p='//host'/>",
        b'<a xmlns:p="&#46;/x"/>',
        b"<html><body>Sign in</body>",
    ],
)
def test_malformed(data):
    assert refused(data) is ErrorCode.MALFORMED_XML


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"<!DOCTYPE a><a/>", ErrorCode.DOCTYPE_FORBIDDEN),
        (b"<!DOCTYPE a []><a/>", ErrorCode.DOCTYPE_FORBIDDEN),
        (b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>', ErrorCode.DOCTYPE_FORBIDDEN),
        (b'<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', ErrorCode.DOCTYPE_FORBIDDEN),
        (b'<!DOCTYPE a [<!ENTITY % x SYSTEM "u">]><a/>', ErrorCode.DOCTYPE_FORBIDDEN),
        (b'<!ENTITY x "y"><a/>', ErrorCode.ENTITY_EXPANSION_FORBIDDEN),
    ],
)
def test_document_types(data, code):
    assert refused(data) is code


def test_document_type_is_looked_for_again_after_the_parse(monkeypatch):
    monkeypatch.setattr(xml, "_check_forbidden", lambda data: None)
    assert refused(b"<!DOCTYPE a><a/>") is ErrorCode.DOCTYPE_FORBIDDEN


class TestLimits:
    def test_bytes(self):
        assert refused(b"<a>" + b"x" * 100 + b"</a>", max_bytes=106) is ErrorCode.PAYLOAD_TOO_LARGE
        xml.parse(b"<a>" + b"x" * 100 + b"</a>", max_bytes=107)
        assert refused(b" " * (xml.MESSAGE_MAX_BYTES + 1)) is ErrorCode.PAYLOAD_TOO_LARGE

    def test_depth(self):
        def nested(levels: int) -> bytes:
            return b"<a>" * levels + b"</a>" * levels

        xml.parse(nested(xml.MAX_DEPTH))
        assert refused(nested(xml.MAX_DEPTH + 1)) is ErrorCode.MALFORMED_XML

    def test_elements(self):
        def flat(count: int) -> bytes:
            return b"<r>" + b"<a/>" * (count - 1) + b"</r>"

        xml.parse(flat(xml.MAX_ELEMENTS))
        assert refused(flat(xml.MAX_ELEMENTS + 1)) is ErrorCode.MALFORMED_XML

    def test_attributes(self):
        def wide(count: int) -> bytes:
            return b"<r><a " + b" ".join(b'a%d=""' % i for i in range(count)) + b"/></r>"

        xml.parse(wide(xml.MAX_ATTRIBUTES))
        assert refused(wide(xml.MAX_ATTRIBUTES + 1)) is ErrorCode.MALFORMED_XML

    def test_namespaces(self):
        def declared(count: int) -> bytes:
            return b"<r>" + b'<a xmlns:p="urn:x"/>' * count + b"</r>"

        xml.parse(declared(xml.MAX_NAMESPACE_DECLARATIONS))
        assert refused(declared(xml.MAX_NAMESPACE_DECLARATIONS + 1)) is ErrorCode.MALFORMED_XML


class TestIds:
    @pytest.mark.parametrize("one", ["ID", "Id", "id", "iD", "xml:id", "p:ID"])
    @pytest.mark.parametrize("other", ["ID", "Id", "id", "xml:id", "p:Id"])
    def test_no_spelling_may_repeat_a_value(self, one, other):
        def tree(second: str) -> bytes:
            return f'<r xmlns:p="urn:p"><a {one}="x"/><b {other}="{second}"/></r>'.encode()

        xml.parse(tree("y"))
        assert refused(tree("x")) in {ErrorCode.DUPLICATE_XML_ID, ErrorCode.MALFORMED_XML}

    def test_character_references_do_not_hide_one(self):
        assert refused(b'<r><a ID="x"/><b ID="&#120;"/></r>') is ErrorCode.DUPLICATE_XML_ID


class TestText:
    def test_text_alone(self):
        assert xml.text(xml.parse(b"<a> b </a>")) == " b "
        assert xml.text(xml.parse(b"<a/>")) == ""
        assert xml.token(xml.parse(b"<a>\n b\t</a>")) == "b"

    @pytest.mark.parametrize("read", [xml.text, xml.token, xml.value])
    def test_text_with_children(self, read):
        with pytest.raises(RelyraError) as refusal:
            read(xml.parse(b"<a>b<c/>d</a>"))
        assert refusal.value.code is ErrorCode.MALFORMED_XML

    @given(st.text(alphabet="ab \t\n", max_size=12))
    def test_a_value_loses_nothing_but_indentation(self, written):
        element = etree.Element("a")
        element.text = written
        read = xml.value(element)
        assert read in {written, written.strip(" \t\n")}
        if "\n" not in written:
            assert read == written


@pytest.mark.parametrize("name", ["a", "_a", "a-b.c1", "\u00e9"])
def test_ncname(name):
    assert xml.is_ncname(name)


@pytest.mark.parametrize("name", ["", "1a", "-a", "a:b", "a b", "a\n", ".a", "#default"])
def test_no_ncname(name):
    assert not xml.is_ncname(name)


def test_each_thread_has_its_parser():
    parsers = []

    def remember():
        xml.parse(b"<a/>")
        parsers.append(xml._parser())

    threads = [threading.Thread(target=remember) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert parsers[0] is not parsers[1]
    assert xml._parser() is xml._parser()


@given(st.binary(max_size=300))
def test_noise_is_refused_and_nothing_else(data):
    try:
        xml.parse(b"<a>" + data + b"</a>")
    except RelyraError:
        return
