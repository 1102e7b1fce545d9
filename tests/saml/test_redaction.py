"""What may be said of a refusal: facts of the protocol, never a person, a key or a message."""

from __future__ import annotations

import base64
import logging
import secrets
from contextlib import suppress
from datetime import UTC, date, datetime
from pathlib import PurePosixPath
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from relyra_django.saml import (
    ErrorCode,
    RelyraError,
    StageResult,
    timestamps,
    validate_response,
    xml,
)
from relyra_django.saml.bindings import decode_post
from relyra_django.saml.errors import ErrorCode as Codes
from relyra_django.saml.logout import validate_logout_request
from relyra_django.saml.redaction import (
    MAX_BYTES,
    MAX_DEPTH,
    MAX_ENTRIES,
    MAX_QUOTED,
    REDACTED,
    SENSITIVE_NAMES,
    SHOWN_NAMES,
    TRUNCATED,
    harmless,
    holds_key,
    quoted,
    redact,
    storable,
)
from relyra_django.saml.redirect import read_query
from relyra_django.telemetry import Attempt, AttemptKind
from relyra_django.testing.keys import signing_key
from tests.saml.judging import CONNECTION, IDP, NOW, REQUEST_ID, judge, mint

SECRETS = ("Xalice-the-secretX", "carol.secret@example.org", "employee 4711 secret", "secret-4711")
KEY = signing_key("rsa")


class TestQuoted:
    @pytest.mark.parametrize(
        "said",
        [
            *(
                "https://idp.example.org/metadata?x=1",
                "http://adfs.example.org/adfs/services/trust",
            ),
            *("urn:oasis:names:tc:SAML:2.0:status:Responder", "urn:example:idp", "urn:x:none"),
            *("spn:8f2e6c1a-0000", "api://8f2e6c1a", "tag:example.org,2020:idp"),
            *("{urn:oasis:names:tc:SAML:2.0:protocol}Response", "{http://x.example/}a"),
            *("2026-03-14T12:00:00Z", "2026-03-14T12:00:00.123+01:00", "2.0", "1.1"),
            *("PT6H", "-P1DT0.5S", "P100Y", "html", "{http://www.w3.org/1999/xhtml}html"),
            *("id_" + "0f" * 20, "utf-16", "ISO-8859-1", "", None),
        ],
    )
    def test_words_of_the_protocol_stay(self, said):
        assert quoted(said) == said

    @pytest.mark.parametrize(
        "said",
        [
            *SECRETS,
            *("PAT", "PT", "html alice", "P4711"),
            *(
                "urn:x:alice@corp",
                "https://x.example/?u=alice@corp",
                "https://x.example/alice%40corp",
            ),
            *("alice", "4711", "1970-01-01", "x", "mailto:alice@example.org", "alice:secret"),
            *("https://alice@example.org/", "https://x.example/alice@example.org", "isolde"),
            *("urn:x\nforged", "urn:x y", "javascript:alert(1)", "{urn:x}a b", "{alice}b", "id_12"),
            "https://x.example/" + "x" * MAX_QUOTED,
            "urn:" + base64.b64encode(bytes(range(60))).decode(),
            "urn:x:<a/>",
            "data:text/plain,alice",
        ],
    )
    def test_everything_else_goes(self, said):
        assert quoted(said) == REDACTED

    def test_what_is_too_long_goes(self):
        longest = "urn:x:".ljust(MAX_QUOTED, "-")
        assert quoted(longest) == longest
        assert quoted(longest + "-") == REDACTED


class TestRedact:
    def test_what_operators_need_stays(self):
        details = {
            "expected": "https://sp.example.com/saml/acme/metadata/",
            "actual": [["https://other.example.net/"]],
            "reason": "verifier_disagreement",
            "stage": "audience",
            "field": "slo_url",
            "second_level": "urn:oasis:names:tc:SAML:2.0:status:AuthnFailed",
        }
        assert redact(details) == details

    def test_kinds_of_values(self):
        moment = datetime(2026, 3, 14, tzinfo=UTC)
        assert redact({"expected": 3, "actual": None, "reason": True}) == {
            "expected": 3,
            "actual": None,
            "reason": True,
        }
        assert redact({"expected": moment, "actual": Codes.INVALID_AUDIENCE}) == {
            "expected": "2026-03-14T00:00:00+00:00",
            "actual": "invalid_audience",
        }
        assert redact({"actual": b"octets", "expected": object()}) == {
            "actual": REDACTED,
            "expected": REDACTED,
        }

    @pytest.mark.parametrize("name", sorted(SENSITIVE_NAMES | {"user", "anything"}))
    def test_other_names_go(self, name):
        assert redact({name: "urn:x"}) == {}
        assert redact({"actual": {name: "urn:x"}}) != {} or name not in SHOWN_NAMES

    @pytest.mark.parametrize(
        "value",
        [
            KEY.certificate_pem,
            KEY.private_key_pem,
            KEY.certificate_base64,
            KEY.private_key_pem.partition("\n")[2].rpartition("-----END")[0],
            "\n".join(KEY.certificate_base64[at : at + 64] for at in range(0, 640, 64)),
            '<saml:Assertion xmlns:saml="urn:x">',
            "the element </saml:NameID> is not closed",
            "<?xml version='1.0'?>",
            "<!DOCTYPE a>",
            "&lt;NameID&gt;",
            "carol@example.org",
            "NameID carol@example.org is unknown",
            "https://x.example/carol%40example.org",
            "x" * (MAX_BYTES + 1),
            "\u00e9" * (MAX_BYTES // 2 + 1),
            "-----BEGIN PRIVATE KEY-----",
        ],
    )
    def test_what_is_recognised_wherever_it_stands(self, value):
        for nested in (value, [value], {"deep": [value]}, {value: 1}):
            assert value[:40] not in str(redact({"actual": nested}))

    @pytest.mark.parametrize(
        "value",
        [
            "ab" * 32,  # a fingerprint
            "https://idp.example.org/app/exk1fcia6d6EMsf0k1d8/sso/saml/metadata/and/so/on/and/on",
            "id_" + "0f" * 20,
            "x" * MAX_BYTES,
            "a < b",
            *("0f" * 64, "0F" * 64, "Ab" * 64),  # keys have letters of both kinds and digits
            "Id 7 " * 15,
        ],
    )
    def test_what_only_looks_like_it(self, value):
        assert redact({"actual": value}) == {"actual": value}

    @given(st.recursive(st.text() | st.integers() | st.binary(), st.lists, max_leaves=200))
    def test_size_is_bounded(self, value):
        shown = harmless(value)
        if isinstance(shown, list):
            assert len(shown) <= MAX_ENTRIES

    def test_depth_is_bounded(self):
        deep: object = "end"
        for _ in range(100):
            deep = {"deeper": [deep]}
        assert "end" not in str(redact({"actual": deep}))

    @pytest.mark.parametrize("nest", [lambda one: [one], lambda one: {"a": one}])
    def test_how_deep_it_may_be(self, nest):
        def nested(levels, core):
            for _ in range(levels):
                core = nest(core)
            return core

        assert harmless(nested(MAX_DEPTH, "end")) == nested(MAX_DEPTH, "end")
        assert harmless(nested(MAX_DEPTH + 1, "end")) == nested(MAX_DEPTH + 1, TRUNCATED)

    def test_how_many_entries_of_a_map(self):
        most = {str(n): n for n in range(MAX_ENTRIES)}
        assert harmless(most) == most
        shown = harmless({**most, "more": 1})
        assert shown == {**dict(list(most.items())[:-1]), "truncated": True}

    @pytest.mark.parametrize("kind", [list, tuple, set, frozenset])
    def test_how_many_of_a_list(self, kind):
        most = range(10, 10 + MAX_ENTRIES)
        assert harmless(kind(most)) == list(most)
        more = range(10, 10 + MAX_ENTRIES + 1)
        assert harmless(kind(more)) == [*most[:-1], TRUNCATED]

    @pytest.mark.parametrize("kind", [list, tuple])
    def test_a_list_stays_in_its_order(self, kind):
        assert harmless(kind(["b", "a", 1])) == ["b", "a", 1]

    def test_sets_of_several_kinds_have_an_order(self):
        assert harmless({"b", None, 1, "a"}) == [1, None, "a", "b"]

    @pytest.mark.parametrize("name", sorted(SENSITIVE_NAMES))
    @pytest.mark.parametrize("spelled", [str.lower, str.upper, str.title])
    def test_what_is_called_a_secret_is_one(self, name, spelled):
        nested = {"deep": [{spelled(name): ["x"], "other": "x"}]}
        assert harmless(nested) == {"deep": [{spelled(name): REDACTED, "other": "x"}]}

    def test_which_types_are_text(self):
        key = UUID(int=1)
        given = {"deep": [key, "x", PurePosixPath("y")]}
        assert harmless(given) == {"deep": [str(key), "x", REDACTED]}
        assert harmless(given, texts=(PurePosixPath,)) == {"deep": [REDACTED, REDACTED, "y"]}
        assert harmless(date(2026, 3, 14)) == "2026-03-14"

    def test_many_details(self):
        assert redact({str(n): n for n in range(1000)} | {"actual": 1}) == {}


def test_what_every_database_takes():
    assert storable("a\x00b\ud800c\u00e9") == "ab?c\u00e9"
    assert harmless("\x00\ud800") == "?"


@pytest.mark.parametrize("pem", [KEY.private_key_pem, KEY.certificate_pem])
def test_which_text_holds_a_key(pem):
    assert holds_key("see " + pem)
    assert not holds_key(pem.replace("BEGIN", "END"))


def spots(root: etree._Element) -> int:
    return sum(2 + len(element.attrib) for element in root.iter())


def plant(root: etree._Element, spot: int, secret: str) -> None:
    """Put the secret into the nth text, tail or attribute of the message."""
    for element in root.iter():
        names = element.keys()
        if spot < len(names):
            element.set(names[spot], secret)
            return
        spot -= len(names)
        if spot < 2:
            if spot == 1 and element is root:
                return  # nothing stands behind the root
            setattr(element, ("text", "tail")[spot], secret)
            return
        spot -= 2


def said_of(refusal: RelyraError, caplog: pytest.LogCaptureFixture) -> str:
    """Everything that is logged of a refused attempt."""
    caplog.clear()
    with caplog.at_level(logging.DEBUG):
        Attempt(AttemptKind.RESPONSE, connection_id="acme").refuse(refusal)
    return caplog.text + "".join(str(record.__dict__) for record in caplog.records)


def held_by(refusal: RelyraError) -> str:
    """Everything that whoever catches it can print, but for the variables of its traceback."""
    held, error = str(refusal.details), refusal
    while error is not None:
        held += f"{error} {error!r} {error.args}"
        error = error.__cause__ or error.__context__
    return held


def personal(**knobs):
    return mint(
        name_id=SECRETS[0], attributes={"mail": SECRETS[1], "number": list(SECRETS[2:])}, **knobs
    )


@pytest.mark.parametrize("resign", [True, False])
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_secret_planted_anywhere_is_not_logged(caplog, resign, data):
    """The message says it in a place of its own or in any other, signed so or changed later."""
    secret = data.draw(st.sampled_from(SECRETS))
    spot = data.draw(st.integers(0, spots(etree.fromstring(PERSONAL.xml)) - 1))
    if resign:
        minted = personal(edit=lambda root: plant(root, spot % spots(root), secret))
    else:
        root = etree.fromstring(PERSONAL.xml)
        plant(root, spot, secret)
        minted = PERSONAL.with_xml(etree.tostring(root))
    heard: list[StageResult] = []
    try:
        validate_response(
            minted.encoded, CONNECTION, request_id=REQUEST_ID, now=NOW, observe=heard.append
        )
    except RelyraError as refusal:
        said = said_of(refusal, caplog) + str(heard) + held_by(refusal)
        assert [one for one in SECRETS if one in said] == []


PERSONAL = personal()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_nor_is_one_of_a_logout_message(caplog, data):
    secret = data.draw(st.sampled_from(SECRETS))
    binding = data.draw(st.sampled_from(["post", "redirect"]))
    spot = data.draw(st.integers(0, 40))
    minted = IDP.logout_request(
        now=NOW,
        name_id=SECRETS[0],
        relay_state=SECRETS[2],
        edit=lambda root: plant(root, spot % spots(root), secret),
    )
    try:
        validate_logout_request(minted.carried(binding), CONNECTION, binding=binding, now=NOW)
    except RelyraError as refusal:
        said = said_of(refusal, caplog) + held_by(refusal)
        assert [one for one in SECRETS if one in said] == []


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.dictionaries(st.sampled_from(sorted(SHOWN_NAMES)), st.sampled_from(["pem", "xml", "b64"]))
)
def test_whatever_is_raised_no_key_is_logged(caplog, kinds):
    values = {
        "pem": KEY.private_key_pem,
        "xml": PERSONAL.xml.decode(),
        "b64": PERSONAL.encoded,
    }
    details = {name: values[kind] for name, kind in kinds.items()}
    said = said_of(RelyraError(ErrorCode.MALFORMED_XML, "No.", **details), caplog)
    assert [value for value in values.values() if value[:50] in said] == []


@pytest.mark.parametrize(
    "judged",
    [
        lambda: decode_post(PERSONAL.encoded + "\u00e9"),
        lambda: xml.parse(PERSONAL.xml + b"\xff"),
        lambda: timestamps.parse(SECRETS[0]),
        lambda: judge(
            PERSONAL.with_xml(
                PERSONAL.xml.replace(b"<ds:SignatureValue>", "<ds:SignatureValue>\u00e9".encode())
            )
        ),
        lambda: read_query(f"SAMLRequest=eA&RelayState={SECRETS[3]}%FF"),
        lambda: read_query(f"SAMLRequest=eA&RelayState={SECRETS[3]}\u00e9"),
        lambda: read_query(f"SAMLRequest=eA&RelayState={SECRETS[3]}\u00e9".encode()),
    ],
)
def test_no_exception_holds_what_it_could_not_read(judged):
    """UnicodeError keeps the text, and whatever prints a cause prints it."""
    with pytest.raises(RelyraError) as refusal:
        judged()
    held = held_by(refusal.value)
    assert "secret" not in held
    assert "\u00e9" not in held
    assert PERSONAL.encoded[:40] not in held


def test_the_plants_reach_what_is_compared(caplog):
    """The property above is about something: a planted word comes as far as the details."""
    with pytest.raises(RelyraError) as refusal:
        validate_response(
            mint(issuer="urn:planted").encoded, CONNECTION, request_id=REQUEST_ID, now=NOW
        )
    assert "urn:planted" in said_of(refusal.value, caplog)
    random = secrets.token_hex(8)
    with suppress(RelyraError):
        validate_response(mint(issuer=random).encoded, CONNECTION, request_id=REQUEST_ID, now=NOW)
        raise AssertionError(random)
