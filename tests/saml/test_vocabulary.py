"""What counts as known, and that nothing else slips through in a well-formed document."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from relyra_django.saml import vocabulary
from relyra_django.saml.vocabulary import uses_only_known_names
from tests.saml.judging import mint

SAML = "urn:oasis:names:tc:SAML:2.0:assertion"


@pytest.mark.parametrize("sign", ["assertion", "response", "both"])
@pytest.mark.parametrize("prefixes", ["prefixed", "default"])
@pytest.mark.parametrize("pretty", [True, False])
def test_honest_messages_are_known(sign, prefixes, pretty):
    minted = mint(
        sign=sign,
        prefixes=prefixes,
        pretty=pretty,
        attributes={"urn:oid:2.5.4.42": "a = b, c=d", "groups": ["x", None, ""]},
    )
    assert uses_only_known_names(minted.xml)


@pytest.mark.parametrize(
    "data",
    [
        b"<made-up/>",
        b"<Response><made-up></made-up></Response>",
        b"<made:Response xmlns:made='urn:oasis:names:tc:SAML:2.0:protocol'/>",
        b"<Response made-up='x'/>",
        b'<Response made-up="x"/>',
        b'<Response made-up ="x"/>',
        b'<Response made-up= "x"/>',
        b"<Response made-up\n=\n'x'/>",
        b"<Response ID='x' made-up='y'/>",
        b"<Response ID='>' made-up='y'/>",
        b"<Response ID='\"' made-up='\"'/>",
        b"<Response xmlns='urn:made-up'/>",
        b"<Response xmlns = 'urn:made-up'/>",
        b'<Response xmlns="urn:made-up"/>',
        b"<Response xmlns:saml='urn:made-up'/>",
        b"<Response xmlns:made-up='urn:oasis:names:tc:SAML:2.0:assertion'/>",
        b"<Response xmlns:%s='urn:oasis:names:tc:SAML:2.0:assertion'/>" % (b"x" * 100),
        b"<Response xmlns=''/>",
        b"<?made-up?><Response/>",
    ],
)
def test_anything_else_is_not(data):
    etree.fromstring(data)
    assert not uses_only_known_names(data)


WORDS = st.sampled_from(["Response", "ID", "saml", "made-up", "xmlns", "x"])
TEXT = st.text(alphabet="ab =\"'>&;xmlns:\n", max_size=12)


@st.composite
def elements(draw, depth=2):
    element = etree.Element(draw(WORDS.filter(lambda word: word != "xmlns")))
    for name in draw(st.sets(WORDS.filter(lambda word: word != "xmlns"), max_size=3)):
        element.set(name, draw(TEXT))
    element.text = draw(TEXT)
    for child in draw(st.lists(elements(depth - 1), max_size=2)) if depth else ():
        element.append(child)
    return element


@given(elements(), st.sampled_from(["", " ", "\n"]))
def test_a_well_formed_document_hides_no_name(element, blank):
    data = etree.tostring(element)
    if blank:
        data = data.replace(b'="', b'%s=%s"' % (blank.encode(), blank.encode()))
        with contextlib.suppress(etree.XMLSyntaxError):
            element = etree.fromstring(data)
    if uses_only_known_names(data):
        for each in element.iter():
            for name in (each.tag, *each.attrib):
                assert name.encode() in vocabulary._NAMES


@given(st.binary(max_size=200))
def test_noise_is_answered(data):
    assert uses_only_known_names(data) in {True, False}
