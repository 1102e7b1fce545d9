"""The parser: what it takes, and what it refuses before anybody looks at the content."""

from __future__ import annotations

import contextlib
import gc
import itertools
import threading
import weakref

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from relyra_django.saml import ErrorCode, RelyraError, xml
from tests.saml.judging import judge, mint


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
        b'<a xmlns="urn:x?y&amp;z"/>',
        b'<a xmlns="urn:oasis:names:tc:SAML:2.0:asserti&amp;#111;n"/>',
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

    def test_prefixed_attributes(self):
        def prefixed(count: int) -> bytes:
            pairs = b" ".join(b"p:a%d=''" % n for n in range(count))
            return b"<r xmlns:p='urn:x' a='' b='' c='' d='' e=''><a %s/><a %s/></r>" % (
                pairs,
                pairs,
            )

        xml.parse(prefixed(xml.MAX_PREFIXED_ATTRIBUTES))
        assert refused(prefixed(xml.MAX_PREFIXED_ATTRIBUTES + 1)) is ErrorCode.MALFORMED_XML

    def test_namespaces(self):
        def declared(count: int) -> bytes:
            return b"<r>" + b'<a xmlns:p="urn:x"/>' * count + b"</r>"

        xml.parse(declared(xml.MAX_NAMESPACE_DECLARATIONS))
        assert refused(declared(xml.MAX_NAMESPACE_DECLARATIONS + 1)) is ErrorCode.MALFORMED_XML

    def test_different_namespaces(self):
        def declared(count: int) -> bytes:
            pairs = b" ".join(b'xmlns:p%d="urn:x"' % n for n in range(count))
            return b"<r %s>" % pairs + b"<r %s/>" % pairs + b"</r>"

        xml.parse(declared(xml.MAX_NAMESPACES))
        assert refused(declared(xml.MAX_NAMESPACES + 1)) is ErrorCode.MALFORMED_XML

    @pytest.mark.parametrize("used", [b"<p:a/>", b"<a p:b='%s'/>" % (b"x" * 20)])
    def test_growth(self, used):
        """Every element of a namespace repeats its declaration in exclusive canonical form."""

        def grows(length: int) -> bytes:
            return b"<r xmlns:p='urn:%s'>" % (b"x" * length) + used * 9_000 + b"</r>"

        xml.parse(grows(30))
        assert refused(grows(200)) is ErrorCode.MALFORMED_XML

    def test_honest_values_may_be_short_and_typed(self):
        values = [str(n % 10) for n in range(4_000)]
        for prefixes in ("prefixed", "default"):
            judge(mint(attributes={"groups": values}, prefixes=prefixes))


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


class TestThreads:
    def in_threads(self, work, count=2):
        results = []
        threads = [threading.Thread(target=lambda: results.append(work())) for _ in range(count)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return results

    def test_each_thread_has_its_parser_for_signed_bytes(self):
        def remember():
            xml.parse_canonical(b"<a/>")
            return xml._local.parser

        one, other = self.in_threads(remember)
        assert one is not other

    def test_signed_bytes_that_are_none(self):
        with pytest.raises(RelyraError) as refusal:
            xml.parse_canonical(b"<a>")
        assert refusal.value.code is ErrorCode.MALFORMED_XML

    def learnt(self, *messages: bytes) -> int:
        """Return what a new thread's dictionary has learnt from these messages."""

        def read():
            for message in messages:
                with contextlib.suppress(RelyraError):
                    xml.parse(message)
            return xml._learnt()

        [count] = self.in_threads(read, count=1)
        return count

    def test_honest_messages_soon_teach_nothing_new(self):
        honest = [mint(attributes={"a": str(n)}).xml for n in range(20)]
        assert self.learnt(*honest) <= 2 * len(honest[0])

    @pytest.mark.parametrize(
        "message",
        [
            b"<n%d/>",
            b"<a n%d='x'/>",
            b"<a xmlns:n%d='urn:x'/>",
            b"<a xmlns='urn:x%d'/>",
            b"<Response n%d",
            b"<Response><n%d",
        ],
    )
    def test_names_that_strangers_make_up_are_counted(self, message):
        # No other test has met these: what the main thread knows, all others know.
        once = message % 70_000
        known, made_up = [once] * 50, [message % n for n in range(70_000, 70_050)]
        assert self.learnt(*known) <= 2 * len(once)
        assert self.learnt(*made_up) == 50 * len(once)

    def test_so_is_white_space(self):
        """Text of blanks alone is kept too, and there are more kinds of it than of names."""
        kinds = [
            "".join(kind) for kind in itertools.islice(itertools.product(" \n", repeat=20), 30)
        ]
        messages = [f"<Response>{kind}<Status/></Response>".encode() for kind in kinds]
        assert self.learnt(*messages) == sum(map(len, messages))

    def test_and_so_are_ids_that_are_verified(self):
        """libxmlsec makes a table of the IDs in the dictionary of whoever parsed the message."""

        def validate():
            judge(mint())
            before = xml._learnt()
            minted = mint()
            judge(minted)
            return xml._learnt() - before - len(minted.assertion_id)

        assert self.in_threads(validate, count=1) == [0]

    @pytest.mark.parametrize("learnt", [0, xml.MAX_LEARNT - 1, xml.MAX_LEARNT])
    def test_enough_is_enough(self, learnt, monkeypatch):
        """From then on every message is parsed elsewhere, and teaches this thread nothing."""
        readers = []
        parse = xml._parse_with_namespaces

        def remember(data):
            readers.append(threading.get_ident())
            return parse(data)

        def read():
            xml._local.learnt = learnt
            judge(mint())
            return threading.get_ident(), xml._learnt()

        monkeypatch.setattr(xml, "_parse_with_namespaces", remember)
        [(reader, after)] = self.in_threads(read, count=1)
        assert (readers == [reader]) is (learnt < xml.MAX_LEARNT)
        assert (after > learnt) is (learnt < xml.MAX_LEARNT)

    def test_signed_bytes_are_parsed_elsewhere_only_after_far_more(self, monkeypatch):
        signed = b"<Assertion made-up='x'/>"

        def read(learnt):
            xml._local.learnt = learnt
            xml.parse_canonical(signed)
            return xml._learnt() - learnt

        def both():
            return read(xml.MAX_SIGNED_LEARNT), read(xml.MAX_LEARNT), read(0)

        assert self.in_threads(both, count=1) == [(0, len(signed), 0)]

    def flood(self, messages):
        """What a worker can still do after these: read honest names it has not met, and verify."""

        def work():
            for message in messages:
                with contextlib.suppress(RelyraError):
                    xml.parse(message)
            honest = mint(attributes={"a": "b"})
            return judge(honest).assertion_id == honest.assertion_id

        return self.in_threads(work, count=1)

    def test_names_in_broken_messages_do_not_fill_the_dictionary_of_a_worker(self):
        tail = b"x" * 45_000
        assert self.flood(b"<Response n%d%s/>" % (n, tail) for n in range(7_000)) == [True]

    def test_made_up_names_do_not_fill_it_either(self):
        """libxml2 keeps names for as long as the thread lives, and then parses no more."""

        def message(batch: int, length: int, count: int) -> bytes:
            tail = b"x" * length
            return (
                b"<a>" + b"".join(b"<n%d_%d%s/>" % (batch, n, tail) for n in range(count)) + b"</a>"
            )

        # Long names to fill it, short ones for what is left.
        batches = ((9_000, 110, 200), (300, 2_000, 20), (30, 9_000, 40))
        messages = (
            message(batch, length, count)
            for length, count, times in batches
            for batch in range(times)
        )
        assert self.flood(messages) == [True]

    def test_a_refusal_holds_on_to_nothing(self):
        gc.collect()
        gc.disable()
        try:
            with pytest.raises(RelyraError) as refusal:
                xml.parse(b"<a>")
            alive = weakref.ref(refusal.value)
            del refusal
            assert alive() is None
        finally:
            gc.enable()


class TestCost:
    """What must not grow faster than the message. Counted where it can be, never timed."""

    @pytest.mark.parametrize(
        "data",
        [
            b"xmlns:" * 170_000,
            b"<a " + b"xmlns:" * 100_000 + b"/>",
            b"<a>" + b"<" * 400_000,
            b"<a>" + b"<b/>" * 260_000 + b"</a>",
            b"<a x='" + b'xmlns="urn:' * 5_000 + b"'/>",
        ],
    )
    def test_refused_before_the_parse(self, data, monkeypatch):
        monkeypatch.setattr(xml, "_parse_with_namespaces", None)
        assert refused(data) is ErrorCode.MALFORMED_XML

    def test_attributes_in_all(self):
        def busy(elements: int) -> bytes:
            return b"<r>" + b'<a b="" c=""/>' * elements + b"</r>"

        monkey = xml.MAX_ALL_ATTRIBUTES // 2
        assert monkey > xml.MAX_ELEMENTS - 1
        wide = b"<r>" + (b"<a " + b" ".join(b'b%d=""' % n for n in range(21)) + b"/>") * 960
        assert refused(wide + b"</r>") is ErrorCode.MALFORMED_XML
        xml.parse(busy(9_000))

    def test_length_of_a_namespace(self):
        def named(length: int) -> bytes:
            return b'<p:a xmlns:p="urn:%s"/>' % (b"x" * (length - 4))

        xml.parse(named(xml.MAX_NAMESPACE_LENGTH))
        assert refused(named(xml.MAX_NAMESPACE_LENGTH + 1)) is ErrorCode.MALFORMED_XML

    def test_declarations_cannot_hide(self):
        hidden = b"""<a x='xmlns="urn:' xmlns:q='relative' y='"'/>"""
        assert refused(hidden) is ErrorCode.MALFORMED_XML

    def test_text_that_looks_like_a_declaration(self):
        assert xml.parse(b"""<a>&lt;Policy xmlns="x"&gt;</a>""").text == '<Policy xmlns="x">'


@given(st.binary(max_size=300))
def test_noise_is_refused_and_nothing_else(data):
    try:
        xml.parse(b"<a>" + data + b"</a>")
    except RelyraError:
        return
