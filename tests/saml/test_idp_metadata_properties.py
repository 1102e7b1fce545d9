"""Signed metadata that was changed is refused or says the very same; nothing else is raised."""

from __future__ import annotations

import re
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from relyra_django.saml import ErrorCode, IdpMetadata, RelyraError
from tests.fuzz import mutations
from tests.saml.metadata_reading import IDP, PINS, publish, read

RICH: dict[str, Any] = {
    "slo_url": "https://idp.example.org/slo",
    "scopes": ("example.org",),
    "pattern_scopes": (".*",),
    "display_names": {"en": "Example", "de": "Beispiel"},
    "valid_until": "2027-01-01T00:00:00Z",
    "cache_duration": "PT6H",
}
DOCUMENTS = (
    publish(**RICH),
    publish(others=3, comments=True, **RICH),
    publish(nesting=2, inclusive_prefixes=("md", "ds"), **RICH),
)
WORDS = (
    b"<!-- -->",
    b"<!---->x",
    b"<?x y?>",
    b"<![CDATA[x]]>",
    b"&amp;",
    b"&#x41;",
    b"&lol;",
    b"<!DOCTYPE x>",
    b"\x00",
    b"\xef\xbb\xbf",
    b' xmlns:md="urn:other"',
    b' xmlns="urn:oasis:names:tc:SAML:2.0:metadata"',
    b' ID="_metadata"',
    b' xml:id="_metadata"',
    b' validUntil="2099-01-01T00:00:00Z"',
    b' use="encryption"',
    b'<md:KeyDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata"/>',
    b"https://evil.example.com/",
    b"SPSSODescriptor",
)
slow = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def pinned(data: bytes) -> IdpMetadata | None:
    """Read as an operator with a pin does; None: it was refused, and for a reason we know."""
    try:
        return read(data, entity_id=IDP.entity_id, signing_certificates=PINS)
    except RelyraError as refusal:
        if refusal.code is ErrorCode.INTERNAL_PROTOCOL_ERROR:
            raise
        return None


TRUTH = [pinned(document) for document in DOCUMENTS]
which = st.integers(0, len(DOCUMENTS) - 1)


def assert_harmless(number: int, data: bytes) -> None:
    assert pinned(data) in (None, TRUTH[number])


def test_the_documents_are_accepted_as_they_are() -> None:
    assert None not in TRUTH
    assert len({str(truth) for truth in TRUTH}) == 1


@slow
@given(which, st.floats(0, 1, exclude_max=True), st.integers(0, 7))
def test_one_bit(number: int, place: float, bit: int) -> None:
    data = bytearray(DOCUMENTS[number])
    data[int(place * len(data))] ^= 1 << bit
    assert_harmless(number, bytes(data))


@slow
@given(which, st.floats(0, 1), st.floats(0, 1), st.sampled_from(WORDS))
def test_a_word_in_place_of_a_stretch(number: int, a: float, b: float, word: bytes) -> None:
    data = DOCUMENTS[number]
    start = int(a * len(data))
    end = start + int(b * 60)
    assert_harmless(number, data[:start] + word + data[end:])


@slow
@given(which, st.integers(0, 10_000), st.sampled_from(WORDS))
def test_a_word_at_the_edge_of_a_tag(number: int, place: int, word: bytes) -> None:
    data = DOCUMENTS[number]
    edges = [edge for tag in re.finditer(rb"<[^>]+>", data) for edge in (tag.end(), tag.end() - 1)]
    at = edges[place % len(edges)]
    assert_harmless(number, data[:at] + word + data[at:])


@slow
@given(
    which,
    st.sampled_from(
        (
            mutations.copy_element,
            mutations.move_element,
            mutations.copy_and_change,
            mutations.drop_element,
            mutations.change_text,
            mutations.swap_values,
            mutations.cut,
            mutations.repeat,
        )
    ),
    st.integers(0, 2**32),
    st.integers(1, 4),
)
def test_nodes_moved_copied_changed(number: int, mutate: Any, seed: int, times: int) -> None:
    random, data = Random(seed), DOCUMENTS[number]
    try:
        for _ in range(times):
            data = mutate(random, data)
    except etree.XMLSyntaxError:
        return
    assert_harmless(number, data)


@slow
@given(st.binary(max_size=400))
def test_noise(noise: bytes) -> None:
    for data in (noise, b"<a>" + noise + b"</a>", DOCUMENTS[0][:300] + noise):
        assert pinned(data) is None


SCRAPS = st.sampled_from(
    [
        "EntityDescriptor", "EntitiesDescriptor", "IDPSSODescriptor", "KeyDescriptor", "Extensions",
        "SingleSignOnService", "SingleLogoutService", "NameIDFormat", "Organization",
        "OrganizationDisplayName",
    ]
)  # fmt: skip
VALUES = st.sampled_from(
    [
        "", " ", "x", "urn:oasis:names:tc:SAML:2.0:protocol", "2027-01-01T00:00:00Z", "PT1H",
        "-P1D", "https://x.example/", "http://[", "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST",
        "signing", "\u202e", "\U0001f511", "https://x.example:99999/",
    ]
)  # fmt: skip
ATTRIBUTES = st.dictionaries(
    st.sampled_from(
        ["entityID", "ID", "validUntil", "cacheDuration", "use", "Binding", "Location",
         "ResponseLocation", "protocolSupportEnumeration", "WantAuthnRequestsSigned"]
    ),
    VALUES,
)  # fmt: skip
NODES = st.recursive(
    st.tuples(SCRAPS, ATTRIBUTES, st.just([])),
    lambda inner: st.tuples(SCRAPS, ATTRIBUTES, st.lists(inner, max_size=4)),
    max_leaves=20,
)


def built(node: Any) -> etree._Element:
    name, attributes, children = node
    element = etree.Element(f"{{urn:oasis:names:tc:SAML:2.0:metadata}}{name}", attributes)
    element.extend([built(child) for child in children])
    return element


@slow
@given(NODES, st.none() | VALUES)
def test_documents_made_of_its_words(node: Any, entity_id: str | None) -> None:
    """There is no certificate among the words, so none can be accepted."""
    with pytest.raises(RelyraError) as refusal:
        read(etree.tostring(built(node)), entity_id=entity_id)
    assert refusal.value.code is not ErrorCode.INTERNAL_PROTOCOL_ERROR
