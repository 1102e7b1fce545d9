"""The query string to its last octet: what operators are told, and how long anything may be."""

from __future__ import annotations

import base64
import zlib
from typing import Any
from urllib.parse import quote

import pytest
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)

from relyra_django.saml import ErrorCode, Policy, RelyraError, redirect
from relyra_django.saml import constants as c
from relyra_django.saml.certificates import normalise
from relyra_django.saml.xml import MESSAGE_MAX_BYTES
from relyra_django.testing import FakeIdP
from relyra_django.testing.logout import query as signed_query
from tests.saml.judging import NOW

IDP = FakeIdP()
TOO_MANY = "&".join(["SAMLRequest=QUJD", *["x=1"] * redirect.MAX_PARAMETERS])


def deflate(message: bytes) -> bytes:
    compressor = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return compressor.compress(message) + compressor.flush()


def signed(idp: FakeIdP = IDP, *, digest: str = "sha256", **style: Any) -> str:
    packed = base64.b64encode(deflate(b"<a/>")).decode()
    return signed_query([("SAMLRequest", packed)], idp.signing_key, digest=digest, **style)


def told(act: Any, *arguments: Any) -> tuple[ErrorCode, str, dict[str, Any]]:
    with pytest.raises(RelyraError) as refusal:
        act(*arguments)
    return refusal.value.code, refusal.value.message, dict(refusal.value.details)


@pytest.mark.parametrize(
    ("query", "message", "field"),
    [
        ("RelayState=x", "There must be one SAMLRequest or one SAMLResponse.", None),
        (
            "SAMLRequest=QQ&SAMLResponse=QQ",
            "There must be one SAMLRequest or one SAMLResponse.",
            None,
        ),
        (
            "SAMLRequest=QQ&SAMLEncoding=urn:x",
            "Only the DEFLATE encoding is known here.",
            "SAMLEncoding",
        ),
        (TOO_MANY, "The query has too many parameters.", None),
        ("SAMLRequest=QQ&SigAlg=%zz", "A parameter is there twice, or broken.", "SigAlg"),
        ("SAMLRequest=QQ&SigAlg=x&SigAlg=x", "A parameter is there twice, or broken.", "SigAlg"),
        ("SAMLRequest=QQ&SigAlg=%ff", "A parameter is not UTF-8.", "SigAlg"),
        ("SAMLRequest=QQ&x=1", "The query has a parameter that it cannot have.", None),
        ("SAMLRequest=QQ&RelayState=\u00e9", "The query is not ASCII.", None),
        (b"SAMLRequest=QQ&RelayState=\xff", "The query is not ASCII.", None),
        (
            "SAMLRequest=QQ&RelayState=\x7f",
            "The query has characters that a query cannot have.",
            None,
        ),
    ],
)
def test_what_is_wrong_with_a_query(query, message, field):
    code = ErrorCode.INVALID_BINDING_PAYLOAD
    assert told(redirect.read_query, query) == (code, message, {"field": field})


def test_how_many_parameters_there_may_be():
    most = signed() + "&x=1" * (redirect.MAX_PARAMETERS - 3)
    assert most.count("&") == 63
    assert redirect.read_query(most).sig_alg == c.RSA_SHA256
    assert told(redirect.read_query, most + "&x=1")[1] == "The query has too many parameters."


def test_how_long_a_query_may_be():
    expected = (
        ErrorCode.PAYLOAD_TOO_LARGE,
        "The query is too long.",
        {"expected": redirect.QUERY_MAX_CHARS},
    )
    assert told(redirect.read_query, "x" * (redirect.QUERY_MAX_CHARS + 1)) == expected


@pytest.mark.parametrize(
    ("octets", "message"),
    [
        (b"\xff", "The message is not deflated."),
        (deflate(b"<a/>")[:-1], "The deflated message is cut off, or something follows it."),
        (deflate(b"<a/>") + b"x", "The deflated message is cut off, or something follows it."),
    ],
)
def test_what_is_wrong_with_what_is_deflated(octets, message):
    code = ErrorCode.INVALID_BINDING_PAYLOAD
    assert told(redirect.inflate, octets) == (code, message, {"field": None})


def test_a_message_that_is_too_large():
    assert told(redirect.inflate, deflate(b" " * (MESSAGE_MAX_BYTES + 1))) == (
        ErrorCode.PAYLOAD_TOO_LARGE,
        "The message is too large.",
        {"expected": MESSAGE_MAX_BYTES},
    )


def test_which_certificates_were_tried():
    other = FakeIdP(name="other")
    query = redirect.read_query(signed(other))
    assert redirect.verify(query, (other.certificate_pem,), Policy(), NOW)
    code, message, details = told(redirect.verify, query, (IDP.certificate_pem,), Policy(), NOW)
    assert code is ErrorCode.INVALID_SIGNATURE
    assert message == "No active certificate of this connection made the signature."
    assert [len(fingerprint) for fingerprint in details["expected"]] == [64]
    assert normalise(IDP.certificate_pem) == IDP.certificate_pem


def test_a_query_without_a_signature_is_verified_by_nobody():
    query = redirect.read_query(f"SAMLRequest=QUJD&SigAlg={quote(c.RSA_SHA256)}")
    assert query.signature is None
    refused = told(redirect.verify, query, (IDP.certificate_pem,), Policy(), NOW)
    assert refused[0] is ErrorCode.INVALID_SIGNATURE


def test_a_plus_sign_of_an_algorithm_stays():
    assert redirect.read_query("SAMLRequest=QQ&SigAlg=a+b%20c").sig_alg == "a+b c"


class TestSpellings:
    """An ECDSA signature has two: r and s side by side, or the DER that Java writes."""

    @pytest.mark.parametrize(("kind", "size"), [("ec", 32), ("ec384", 48), ("ec521", 66)])
    def test_der_becomes_two_numbers_of_the_size_of_the_curve(self, kind, size):
        key = FakeIdP(key=kind).signing_key.private_key.public_key()
        der = encode_dss_signature(1, 2**200 + 3)
        first, second = redirect._spellings(der, key)
        assert first == der
        assert second == (1).to_bytes(size) + (2**200 + 3).to_bytes(size)
        assert decode_dss_signature(der) == (
            int.from_bytes(second[:size]),
            int.from_bytes(second[size:]),
        )

    def test_no_key_but_these_has_two(self):
        key = IDP.signing_key.private_key.public_key()
        der = encode_dss_signature(1, 2)
        assert list(redirect._spellings(der, key)) == [der]

    @pytest.mark.parametrize("value", [b"", b"\x00", encode_dss_signature(1, 2**256)])
    def test_what_is_no_der_or_too_large_has_one(self, value):
        key = FakeIdP(key="ec").signing_key.private_key.public_key()
        assert list(redirect._spellings(value, key)) == [value]
