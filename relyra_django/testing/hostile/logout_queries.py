"""Attacks on the query string of the Redirect binding: what is signed is not what is read."""

from __future__ import annotations

import base64
import hashlib
import hmac
import zlib
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote_plus

from relyra_django.saml.errors import ErrorCode
from relyra_django.testing.fake_idp import FakeIdP
from relyra_django.testing.hostile.attack import bare, signature_of
from relyra_django.testing.hostile.logout_case import (
    REDIRECT,
    REQUEST,
    RESPONSE,
    UNSIGNED_ALLOWED,
    LogoutAttack,
    Make,
    by_a_stranger,
    edited_after_signing,
    honest,
    said,
)
from relyra_django.testing.logout import MintedLogout, deflated, encoded, joined, query
from relyra_django.testing.namespaces import SIGNATURE_METHODS

SAML_REQUEST, SAML_RESPONSE = "SAMLRequest", "SAMLResponse"
STATE = "rs_honest"

Parameters = dict[str, str]


def parameters(raw: str) -> Parameters:
    """Cut a query string of ours; the values stay as they are written."""
    return dict(piece.split("=", 1) for piece in raw.split("&"))


def written(values: Parameters) -> str:
    return "&".join(f"{name}={value}" for name, value in values.items())


def _rewritten(edit: Callable[[str], str], **changes: Any) -> Make:
    """Rewrite the raw query of an honest message."""

    def make(idp: FakeIdP, **knobs: Any) -> MintedLogout:
        minted = honest(REQUEST, idp, **{"relay_state": STATE, **knobs, **changes})
        return minted.with_query(edit(minted.query))

    return make


def _with(**values: str | None) -> Make:
    """Replace raw values; None takes a parameter away."""

    def edit(raw: str) -> str:
        changed = {**parameters(raw), **values}
        return written({name: value for name, value in changed.items() if value is not None})

    return _rewritten(edit)


def _carrying(xml: Callable[[MintedLogout], bytes], parameter: str = SAML_REQUEST) -> Make:
    """Sign a query around other bytes."""
    return _signed_around(lambda minted: deflated(xml(minted)), parameter)


def _signed_around(value: Callable[[MintedLogout], str], parameter: str = SAML_REQUEST) -> Make:
    def make(idp: FakeIdP, **knobs: Any) -> MintedLogout:
        minted = honest(REQUEST, idp, **knobs)
        pairs = [(parameter, value(minted))]
        return minted.with_query(query(pairs, idp.signing_key, digest=idp.digest))

    return make


def _polluted(name: str, *, behind: bool) -> Make:
    """Smuggle in a second message under that name, before or behind the signed one."""

    def make(idp: FakeIdP, **knobs: Any) -> MintedLogout:
        minted = honest(REQUEST, idp, **{"relay_state": STATE, **knobs})
        forged = honest(REQUEST, idp, **{**knobs, "name_id": "admin", "sign": False})
        second = f"{name}={parameters(forged.query)[SAML_REQUEST]}"
        both = [minted.query, second] if behind else [second, minted.query]
        return minted.with_query("&".join(both))

    return make


def _sealed_over(octets: Callable[[Parameters], str]) -> Make:
    """Sign, with the real key, something else than what the binding says."""

    def make(idp: FakeIdP, **knobs: Any) -> MintedLogout:
        minted = honest(REQUEST, idp, **{"relay_state": STATE, **knobs})
        values = parameters(minted.query)
        value = encoded(idp.signing_key.sign(octets(values).encode(), idp.digest))
        return minted.with_query(written({**values, "Signature": joined([("", value)])[1:]}))

    return make


def _only(*names: str) -> Callable[[Parameters], str]:
    return lambda values: written({name: values[name] for name in names})


def _hmac(idp: FakeIdP, **knobs: Any) -> MintedLogout:
    """Use the public key, which everybody has, as an HMAC secret."""
    minted = honest(REQUEST, idp, **knobs)
    sig_alg = joined([("SigAlg", SIGNATURE_METHODS["hmac", "sha256"])])
    octets = f"{_only(SAML_REQUEST)(parameters(minted.query))}&{sig_alg}"
    mac = hmac.new(idp.signing_key.public_key_pem, octets.encode(), hashlib.sha256).digest()
    return minted.with_query(f"{octets}&{joined([('Signature', encoded(mac))])}")


def _payload_of_another(idp: FakeIdP, **knobs: Any) -> MintedLogout:
    """Put the message of one genuine query under the signature of another."""
    minted = honest(REQUEST, idp, **knobs)
    other = honest(REQUEST, idp, **{**knobs, "name_id": "admin"})
    values = parameters(minted.query)
    values[SAML_REQUEST] = parameters(other.query)[SAML_REQUEST]
    return minted.with_query(written(values))


def _embedded(*, in_signed_query: bool) -> Make:
    """Carry a message with an XML signature, in a query with or without one of its own."""

    def make(idp: FakeIdP, **knobs: Any) -> MintedLogout:
        minted = honest(REQUEST, idp, **knobs)
        key = idp.signing_key if in_signed_query else None
        pairs = [(SAML_REQUEST, deflated(minted.xml))]
        return minted.with_query(query(pairs, key, digest=idp.digest))

    return make


def _response_in(parameter: str) -> Make:
    """Sign a query with a LogoutResponse in it, in a parameter of either name."""

    def make(idp: FakeIdP, **knobs: Any) -> MintedLogout:
        minted = idp.logout_response(**knobs)
        pairs = [(parameter, deflated(minted.unsigned_xml))]
        return minted.with_query(query(pairs, idp.signing_key, digest=idp.digest))

    return make


def _request_as_answer(idp: FakeIdP, **knobs: Any) -> MintedLogout:
    del knobs["in_response_to"]
    return idp.logout_request(**knobs)


def _both_parameters(idp: FakeIdP, **knobs: Any) -> MintedLogout:
    minted = honest(REQUEST, idp, **knobs)
    values = parameters(minted.query)
    return minted.with_query(written({SAML_RESPONSE: values[SAML_REQUEST], **values}))


def _raw_deflate(octets: bytes) -> bytes:
    compressor = zlib.compressobj(level=9, wbits=-zlib.MAX_WBITS)
    return compressor.compress(octets) + compressor.flush()


def _bomb(_: MintedLogout) -> str:
    return encoded(_raw_deflate(b" " * 8_000_000))


def _followed(minted: MintedLogout) -> str:
    return encoded(_raw_deflate(minted.unsigned_xml) + b"<LogoutRequest/>")


def _cut_off(minted: MintedLogout) -> str:
    return encoded(_raw_deflate(minted.unsigned_xml)[:-4])


def _with_zlib_header(minted: MintedLogout) -> str:
    return encoded(zlib.compress(minted.unsigned_xml))


def _doctype(minted: MintedLogout) -> bytes:
    return b"<!DOCTYPE a>" + minted.unsigned_xml


def _other_first_octet(raw: str) -> str:
    values = parameters(raw)
    octets = bytearray(base64.b64decode(unquote_plus(values["Signature"])))
    octets[0] ^= 1
    return written({**values, "Signature": joined([("", encoded(bytes(octets)))])[1:]})


def _stripped_xml(idp: FakeIdP, **knobs: Any) -> MintedLogout:
    """Take a posted message, strip its signature, and send it by redirect."""
    make = edited_after_signing(lambda root: bare(signature_of(root)))
    minted = make(idp, **knobs)
    return minted.with_query(joined([(SAML_REQUEST, deflated(minted.xml))]))


def _attack(name: str, code: ErrorCode, make: Make, **fields: Any) -> LogoutAttack:
    return LogoutAttack(name=name, code=code, make=make, binding=REDIRECT, **fields)


MISSING, INVALID = ErrorCode.MISSING_SIGNATURE, ErrorCode.INVALID_SIGNATURE
OLD, PAYLOAD = ErrorCode.DEPRECATED_ALGORITHM, ErrorCode.INVALID_BINDING_PAYLOAD
KIND, LARGE = ErrorCode.INVALID_LOGOUT_PAYLOAD, ErrorCode.PAYLOAD_TOO_LARGE
LAX = {"policy": UNSIGNED_ALLOWED}
RSA_SHA512 = joined([("", SIGNATURE_METHODS["rsa", "sha512"])])[1:]
ECDSA_SHA512 = joined([("", SIGNATURE_METHODS["ec", "sha512"])])[1:]
RSA_SHA1 = joined([("", SIGNATURE_METHODS["rsa", "sha1"])])[1:]

SIGNATURES = (
    _attack("unsigned", MISSING, said(sign=False)),
    _attack("unsigned", MISSING, said(RESPONSE, sign=False), kind=RESPONSE),
    _attack("signature-stripped", MISSING, _with(Signature=None)),
    _attack("signature-stripped-when-optional", MISSING, _with(Signature=None), **LAX),
    _attack("sigalg-stripped", MISSING, _with(SigAlg=None)),
    _attack("sigalg-stripped-when-optional", MISSING, _with(SigAlg=None), **LAX),
    _attack("both-stripped", MISSING, _with(SigAlg=None, Signature=None)),
    _attack("posted-signature-stripped", MISSING, _stripped_xml),
    _attack("signed-by-a-stranger", INVALID, by_a_stranger),
    _attack("signed-by-a-stranger-when-optional", INVALID, by_a_stranger, **LAX),
    _attack("signature-tampered", INVALID, _rewritten(_other_first_octet)),
    _attack("signature-empty", INVALID, _with(Signature="")),
    _attack("signature-no-base64", INVALID, _with(Signature="%2A%2A%2A%2A")),
    _attack("payload-of-another-message", INVALID, _payload_of_another),
    _attack("sigalg-emptied", OLD, _with(SigAlg="")),
    _attack("sigalg-none", OLD, _with(SigAlg="none")),
    _attack("sigalg-downgraded", OLD, _with(SigAlg=RSA_SHA1)),
    _attack("sigalg-of-another-hash", INVALID, _with(SigAlg=RSA_SHA512)),
    _attack("sigalg-of-another-family", INVALID, _with(SigAlg=ECDSA_SHA512)),
    _attack("rsa-sha1", OLD, said(key="rsa", method_digest="sha1")),
    _attack("hmac-with-the-public-key", OLD, _hmac),
    _attack("signed-message-alone", INVALID, _sealed_over(_only(SAML_REQUEST))),
    _attack("signed-without-sigalg", INVALID, _sealed_over(_only(SAML_REQUEST, "RelayState"))),
    _attack("signed-without-relay-state", INVALID, _sealed_over(_only(SAML_REQUEST, "SigAlg"))),
    _attack(
        "signed-in-another-order",
        INVALID,
        _sealed_over(_only("RelayState", SAML_REQUEST, "SigAlg")),
    ),
    _attack(
        "signed-unescaped", INVALID, _sealed_over(lambda values: unquote_plus(written(values)))
    ),
    _attack("signature-embedded-instead", MISSING, _embedded(in_signed_query=False)),
    _attack(
        "signature-embedded-when-optional",
        ErrorCode.AMBIGUOUS_SIGNED_NODE,
        _embedded(in_signed_query=False),
        **LAX,
    ),
    _attack(
        "signature-embedded-as-well",
        ErrorCode.AMBIGUOUS_SIGNED_NODE,
        _embedded(in_signed_query=True),
    ),
)
PARAMETERS = (
    *(
        _attack(f"second-message-as-{name}-{place}", PAYLOAD, _polluted(name, behind=behind))
        for name in (
            *("SAMLRequest", "SAML%52equest", "%53AMLRequest", "samlrequest", "SAMLRequest[]"),
            *("SAMLResponse", "SAMLRequest%00", "+SAMLRequest", "SAMLRequest.x;SAMLRequest"),
        )
        for place, behind in (("before", False), ("behind", True))
    ),
    *(
        _attack(f"second-{name}-{place}", PAYLOAD, _rewritten(edit))
        for name in ("RelayState", "SigAlg", "Signature", "SAMLEncoding")
        for place, edit in (
            ("behind", lambda raw, name=name: f"{raw}&{name}=x&{name}=x"),
            ("before", lambda raw, name=name: f"{name}=x&{name}=x&{raw}"),
        )
    ),
    _attack("relay-state-swapped", INVALID, _with(RelayState="rs_other")),
    _attack("relay-state-removed", INVALID, _with(RelayState=None)),
    _attack("relay-state-emptied", INVALID, _with(RelayState="")),
    _attack(
        "relay-state-added",
        INVALID,
        _rewritten(lambda raw: raw + "&RelayState=rs_other", relay_state=None),
    ),
    _attack("relay-state-respelled", INVALID, _with(RelayState="rs%5Fhonest")),
    _attack("parameter-before-the-signature", PAYLOAD, _rewritten(lambda raw: "x=1&" + raw)),
    _attack("nothing-before-the-signature", PAYLOAD, _rewritten(lambda raw: "&" + raw)),
    _attack("parameter-without-a-value", PAYLOAD, _rewritten(lambda raw: raw + "&SAMLEncoding")),
    _attack("parameters-by-the-thousand", PAYLOAD, _rewritten(lambda raw: raw + "&x" * 30_000)),
    _attack("question-mark", PAYLOAD, _rewritten(lambda raw: "?" + raw)),
    _attack("broken-escape", PAYLOAD, _with(RelayState="rs%zz")),
    _attack("relay-state-not-utf-8", PAYLOAD, _with(RelayState="%FF%FE")),
    _attack("not-ascii", PAYLOAD, _with(RelayState="\u00e9")),
    _attack("request-and-response", PAYLOAD, _both_parameters),
    _attack("no-message", PAYLOAD, _with(SAMLRequest=None)),
    _attack(
        "other-encoding",
        PAYLOAD,
        _rewritten(lambda raw: raw + "&SAMLEncoding=urn:oasis:names:tc:SAML:2.0:none"),
    ),
    _attack("too-long", LARGE, _with(RelayState="x" * 70_000)),
)
MESSAGES = (
    _attack("message-empty", PAYLOAD, _with(SAMLRequest="")),
    _attack("message-no-base64", PAYLOAD, _with(SAMLRequest="%2A%2A%2A%2A")),
    _attack("deflate-bomb", LARGE, _signed_around(_bomb)),
    _attack("something-behind-the-message", PAYLOAD, _signed_around(_followed)),
    _attack("message-cut-off", PAYLOAD, _signed_around(_cut_off)),
    _attack("message-with-zlib-header", PAYLOAD, _signed_around(_with_zlib_header)),
    _attack(
        "message-not-deflated", PAYLOAD, _signed_around(lambda minted: encoded(minted.unsigned_xml))
    ),
    _attack("doctype", ErrorCode.DOCTYPE_FORBIDDEN, _carrying(_doctype)),
    _attack("no-xml", ErrorCode.MALFORMED_XML, _carrying(lambda minted: minted.unsigned_xml[:-1])),
    _attack("response-as-request", KIND, _response_in(SAML_RESPONSE)),
    _attack("response-called-request", KIND, _response_in(SAML_REQUEST)),
    _attack("request-as-response", KIND, _request_as_answer, kind=RESPONSE),
)

QUERIES: tuple[LogoutAttack, ...] = (*SIGNATURES, *PARAMETERS, *MESSAGES)
