"""What holds whatever arrives: nothing but RelyraError, and nobody else than was signed."""

from __future__ import annotations

import base64
import contextlib
import dataclasses
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import cycle, islice
from random import Random

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from lxml import etree

from relyra_django.saml import (
    ConnectionSnapshot,
    ErrorCode,
    Policy,
    RelyraError,
    parse_idp_metadata,
    toolkit,
    validate_logout_request,
    validate_logout_response,
    validate_response,
    xml,
)
from relyra_django.saml import constants as c
from relyra_django.saml.signature import SignatureParts, read_structure, verify
from relyra_django.testing import FakeIdP
from relyra_django.testing.encryption import Encryption
from tests.fuzz.mutations import BYTES, NODES, spoil_once
from tests.saml.judging import NOW, REQUEST_ID

KEYS = ("rsa", "pss", "ec")
SIGNED = ("assertion", "response", "both")
RANDOM = st.randoms(use_true_random=False)
FORMS = st.tuples(st.sampled_from(KEYS), st.sampled_from(SIGNED), st.booleans(), st.booleans()).map(
    lambda drawn: minted(*drawn)
)


@contextlib.contextmanager
def may_be_refused() -> Iterator[None]:
    """Let no other exception pass, nor the code of a defect or of verifiers that disagree."""
    try:
        yield
    except RelyraError as refusal:
        if refusal.code is ErrorCode.INTERNAL_PROTOCOL_ERROR:
            raise


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Message:
    """An honest message, the connection that takes it, and all that it says to that connection."""

    xml: bytes
    connection: ConnectionSnapshot

    def judge(self, xml: bytes) -> dict[str, object]:
        """Return what is believed, but for the envelope's ID, which nobody need have signed."""
        accepted = validate_response(
            base64.b64encode(xml), self.connection, request_id=REQUEST_ID, now=NOW
        )
        names = [each.name for each in dataclasses.fields(accepted)]
        return {name: getattr(accepted, name) for name in names if name != "response_id"}

    def code(self, xml: bytes) -> ErrorCode | None:
        try:
            self.judge(xml)
        except RelyraError as refusal:
            return refusal.code
        return None


@cache
def minted(key: str, sign: str, pretty: bool, encrypted: bool) -> Message:
    idp = FakeIdP(key=key)
    xml = idp.response(
        in_response_to=REQUEST_ID,
        now=NOW,
        sign=sign,
        pretty=pretty,
        attributes={"mail": "alice@example.org", "groups": ["staff", None, ""]},
        encrypt=Encryption() if encrypted else None,
    ).xml
    # Of two signatures one could be taken off, and what is left would be a message of its own.
    return Message(xml=xml, connection=idp.connection(policy=Policy(signing=sign)))


@cache
def believed(message: Message) -> dict[str, object]:
    return message.judge(message.xml)


def assert_refused_or_the_same(message: Message, changed: bytes) -> None:
    with may_be_refused():
        assert message.judge(changed) == believed(message)


class TestChangedMessages:
    @pytest.mark.parametrize("encrypted", [False, True])
    @pytest.mark.parametrize("sign", SIGNED)
    @pytest.mark.parametrize("key", KEYS)
    def test_the_honest_ones_are_accepted(self, key, sign, encrypted):
        for pretty in (False, True):
            message = minted(key, sign, pretty, encrypted)
            assert believed(message)["name_id"].value == "alice"
            assert believed(message)["encrypted"] is encrypted

    @given(FORMS, st.data())
    def test_a_flipped_bit(self, message, data):
        at = data.draw(st.integers(0, len(message.xml) - 1))
        bit = data.draw(st.integers(0, 7))
        changed = message.xml[:at] + bytes([message.xml[at] ^ 1 << bit]) + message.xml[at + 1 :]
        assert_refused_or_the_same(message, changed)

    @given(FORMS, st.sampled_from(BYTES), RANDOM)
    def test_changed_bytes(self, message, change, random):
        assert_refused_or_the_same(message, spoil_once(random, message.xml, [change]))

    @given(FORMS, st.sampled_from(NODES), RANDOM)
    def test_a_changed_node(self, message, change, random):
        assert_refused_or_the_same(message, spoil_once(random, message.xml, [change]))

    @given(FORMS, st.lists(st.sampled_from(NODES), min_size=2, max_size=5), RANDOM)
    def test_several_changed_nodes(self, message, changes, random):
        changed = message.xml
        for change in changes:
            changed = spoil_once(random, changed, [change])
        assert_refused_or_the_same(message, changed)

    @given(st.sampled_from(KEYS), st.sampled_from(SIGNED), st.sampled_from(NODES), RANDOM)
    def test_a_changed_plaintext(self, key, sign, change, random):
        """Whoever holds our public key can decrypt nothing, but encrypt anything."""
        idp = FakeIdP(key=key)
        spoiled = Encryption(plaintext=lambda plain: spoil_once(random, plain, [change]))
        honest = minted(key, "assertion", False, True)
        identity = believed(honest)["name_id"]
        xml = idp.response(
            in_response_to=REQUEST_ID, now=NOW, sign="assertion", encrypt=spoiled
        ).xml
        with may_be_refused():
            assert honest.judge(xml)["name_id"] == identity

    @given(FORMS, FORMS)
    def test_a_part_of_another_message(self, message, other):
        """The assertion of one login in the envelope of another."""
        assume(message is not other)
        root, stranger = etree.fromstring(message.xml), etree.fromstring(other.xml)
        root.replace(root[-1], stranger[-1])
        changed = etree.tostring(root)
        code = message.code(changed)
        if code is None:
            # Only an envelope that nobody signed takes another assertion, of the same provider.
            assert root.find(c.DS + "Signature") is None


class TestTwoVerifiers:
    """libxmlsec and we say the same of every signature whose structure is acceptable."""

    @staticmethod
    def ours(message: Message, parts: SignatureParts) -> bool | None:
        """Return our answer, None where neither verifier is asked."""
        try:
            verify(parts, message.connection.idp_certificates, message.connection.policy, NOW)
        except RelyraError as refusal:
            # Everything else has refused before libxmlsec was asked, or is the disagreement.
            if refusal.code in {ErrorCode.INVALID_SIGNATURE, ErrorCode.DIGEST_MISMATCH}:
                return False
            if refusal.code is ErrorCode.INTERNAL_PROTOCOL_ERROR:
                raise
            return None
        return True

    def agree(self, message: Message, xml: bytes) -> bool | None:
        """Return what both say, each of a tree of its own. AssertionError: they differ."""
        try:
            parts, theirs = outermost_signature(xml), outermost_signature(xml)
        except RelyraError:
            return None
        ours = self.ours(message, parts)
        [pem] = message.connection.idp_certificates
        if ours is not None:
            assert toolkit.verifies(theirs.element, theirs.signed, pem) is ours
        return ours

    @pytest.mark.parametrize("sign", SIGNED)
    @pytest.mark.parametrize("key", KEYS)
    def test_both_accept_the_honest_ones(self, key, sign):
        message = minted(key, sign, False, False)
        assert self.agree(message, message.xml) is True

    @given(FORMS, st.lists(st.sampled_from([*BYTES, *NODES]), min_size=1, max_size=3), RANDOM)
    def test_neither_accepts_alone(self, message, changes, random):
        changed = message.xml
        for change in changes:
            changed = spoil_once(random, changed, [change])
        self.agree(message, changed)

    def test_the_changes_reach_them(self):
        """A control: some signatures are still good, and many are asked about."""
        random, answers = Random(1), []
        for sign in SIGNED:
            message = minted("rsa", sign, False, False)
            for _ in range(100):
                answers.append(self.agree(message, spoil_once(random, message.xml, NODES)))
        assert answers.count(True) > 10
        assert answers.count(False) > 50


def outermost_signature(message: bytes) -> SignatureParts:
    root = xml.parse(message)
    for signature in root.iter(c.DS + "Signature"):
        return read_structure(signature, signature.getparent())
    raise RelyraError(ErrorCode.MISSING_SIGNATURE, "There is no signature.")


# What looks like SAML: its names, in any order and depth.
SAML_NAMES = st.sampled_from(
    [
        *(c.SAMLP + name for name in ("Response", "Status", "StatusCode", "LogoutRequest")),
        *(c.SAML + name for name in ("Assertion", "Issuer", "Subject", "NameID", "Conditions")),
        *(c.SAML + name for name in ("EncryptedAssertion", "AuthnStatement", "Attribute")),
        *(c.DS + name for name in ("Signature", "SignedInfo", "Reference", "SignatureValue")),
        *(c.MD + name for name in ("EntityDescriptor", "IDPSSODescriptor", "KeyDescriptor")),
    ]
)
ATTRIBUTES = st.dictionaries(
    st.sampled_from(["ID", "Version", "IssueInstant", "Value", "Algorithm", "URI", "entityID"]),
    st.sampled_from(["2.0", "_a", "#_a", "", "2026-03-14T12:00:00Z", c.STATUS_SUCCESS, "x" * 99]),
    max_size=4,
)


@st.composite
def elements(draw, depth=3):
    element = etree.Element(draw(SAML_NAMES), draw(ATTRIBUTES))
    element.text = draw(st.sampled_from(["", " ", "alice", "https://idp.example.org/metadata"]))
    for child in draw(st.lists(elements(depth - 1), max_size=3)) if depth else ():
        element.append(child)
    return element


PAYLOADS = st.one_of(
    st.text(max_size=200),
    st.binary(max_size=200),
    st.binary(max_size=200).map(base64.b64encode),
    st.text(max_size=200).map(lambda text: base64.b64encode(text.encode("utf-8", "replace"))),
    elements().map(lambda element: base64.b64encode(etree.tostring(element))),
)
QUERIES = st.lists(
    st.tuples(
        st.sampled_from(["SAMLRequest", "SAMLResponse", "RelayState", "SigAlg", "Signature", ""]),
        st.text(alphabet="abcABC019+/=%&\u00e9 ", max_size=40),
    ),
    max_size=6,
).map(lambda pairs: "&".join(f"{name}={value}" for name, value in pairs))
IDP = FakeIdP()


@pytest.mark.parametrize("payload", [b"", "", "A", b"\xff", "\ud800", "=", "%", "\0"], ids=repr)
def test_the_shortest_inputs(payload):
    for judge in ENTRIES:
        with may_be_refused():
            judge(payload, IDP.connection())


def by_response(payload, connection):
    validate_response(payload, connection, request_id=REQUEST_ID, now=NOW)


def by_unsolicited_response(payload, connection):
    connection = dataclasses.replace(connection, policy=Policy(allow_unsolicited=True))
    validate_response(payload, connection, request_id=None, now=NOW)


def by_logout_request(payload, connection):
    for binding in ("post", "redirect", "other"):
        with may_be_refused():
            validate_logout_request(payload, connection, binding=binding, now=NOW)


def by_logout_response(payload, connection):
    for binding in ("post", "redirect"):
        with may_be_refused():
            validate_logout_response(
                payload, connection, binding=binding, request_id=REQUEST_ID, now=NOW
            )


def by_metadata(payload, connection):
    octets = payload.encode("utf-8", "replace") if isinstance(payload, str) else payload
    with contextlib.suppress(ValueError):
        octets = base64.b64decode(octets, validate=True)
    for pins in ((), connection.idp_certificates):
        with may_be_refused():
            parse_idp_metadata(octets, now=NOW, signing_certificates=pins)


ENTRIES = (
    by_response,
    by_unsolicited_response,
    by_logout_request,
    by_logout_response,
    by_metadata,
)


@pytest.mark.parametrize("judge", ENTRIES)
class TestAnyInput:
    """The entry points raise RelyraError and nothing else, and never because of a defect."""

    @given(PAYLOADS)
    def test_raises_nothing_else(self, judge, payload):
        with may_be_refused():
            judge(payload, IDP.connection())

    @given(QUERIES)
    def test_nor_for_query_strings(self, judge, query):
        with may_be_refused():
            judge(query, IDP.connection())


class TestThreads:
    def test_two_at_once_judge_as_one_alone(self):
        messages = [
            minted(key, sign, False, encrypted)
            for key in KEYS
            for sign in SIGNED
            for encrypted in (False, True)
        ]
        random = Random(1)
        mixed = [
            (message, changed)
            for message in messages
            for changed in [
                message.xml,
                *(spoil_once(random, message.xml, [*BYTES, *NODES]) for _ in range(8)),
            ]
        ]
        alone = [message.code(xml) for message, xml in mixed]
        assert alone.count(None) >= len(messages)
        assert len(set(alone)) > 5
        together = threading.Barrier(4)

        def judge_all(first: int) -> list[ErrorCode | None]:
            together.wait()
            order = list(islice(cycle(range(len(mixed))), first, first + len(mixed)))
            codes = {at: mixed[at][0].code(mixed[at][1]) for at in order}
            return [codes[at] for at in range(len(mixed))]

        with ThreadPoolExecutor(4) as threads:
            assert list(threads.map(judge_all, range(0, 160, 40))) == [alone] * 4
