"""Logout messages by redirect: the query that was signed is the query that is read."""

from __future__ import annotations

import base64
import hashlib
import hmac
import zlib
from typing import Any
from urllib.parse import quote_plus, unquote_plus

from lxml import etree

from relyra_django.saml.errors import ErrorCode
from tests.saml.corpus.mint import queries
from tests.saml.corpus.mint.algorithms import REFUSED_METHODS
from tests.saml.corpus.mint.draft import Mutation, mutation
from tests.saml.corpus.mint.edits import (
    samlp,
)
from tests.saml.corpus.mint.keys import key
from tests.saml.corpus.mint.logout_shapes import (
    ALICE,
    BINDING,
    INVALID,
    KIND,
    MISSING,
    OLD,
    PLACE,
    QUERY_SIGNERS,
    REDIRECTED,
    UNSIGNED,
)
from tests.saml.corpus.mint.signers import REPOSITORY, Style


def _query(slug: str, says: str, judged: object, carried: object, **more: Any) -> Mutation:
    return mutation(
        slug,
        says,
        judged,
        **{  # type: ignore[arg-type]
            "carried": carried,
            "shapes": (REDIRECTED,),
            "signers": QUERY_SIGNERS,
            **more,
        },
    )


def _second(name: str, *, first: bool, value: str = "x") -> queries.Carry:
    """Add a parameter of this name."""

    def change(query: str) -> str:
        return f"{name}={value}&{query}" if first else f"{query}&{name}={value}"

    return queries.then(change)


def _forged_second(*, first: bool) -> queries.Carry:
    def carry(xml: bytes, sign: queries.RawSign) -> str:
        forged = queries.escaped(queries.deflated(xml.replace(b">alice<", b">admin<")))
        return _second("SAMLRequest", first=first, value=forged)(xml, sign)

    return carry


def _swapped_message(xml: bytes, sign: queries.RawSign) -> str:
    values = queries.parameters(queries.HONEST(xml, sign))
    forged = queries.deflated(xml.replace(b">alice<", b">admin<"))
    return queries.written({**values, "SAMLRequest": queries.escaped(forged)})


def _by_hmac(xml: bytes, sign: queries.RawSign) -> str:
    return queries.carried(sig_alg=REFUSED_METHODS["hmac-sha256"])(
        xml, lambda octets: hmac.new(key("idp").public_key_pem, octets, hashlib.sha256).digest()
    )


def _only(*names: str) -> object:
    return queries.signing(lambda values: queries.written({name: values[name] for name in names}))


def _flip(query: str) -> str:
    values = queries.parameters(query)
    octets = bytearray(base64.b64decode(unquote_plus(values["Signature"])))
    octets[0] ^= 1
    return queries.written({**values, "Signature": queries.escaped(bytes(octets))})


def _embedded(xml: bytes, sign: queries.RawSign) -> str:
    """A message with a Signature of its own, in a query that is signed too."""
    signed = REPOSITORY.sign(etree.fromstring(xml), "_logout", key("idp"), Style())
    return queries.HONEST(etree.tostring(signed), sign)


def _embedded_alone(xml: bytes, sign: queries.RawSign) -> str:
    return "&".join(_embedded(xml, sign).split("&")[:2])


_SHA512 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512"
REDIRECT: tuple[Mutation, ...] = (
    _query(
        "unsigned",
        "SigAlg and Signature are taken out.",
        MISSING,
        queries.replaced(SigAlg=None, Signature=None),
    ),
    _query("no-signature", "Signature is taken out.", MISSING, queries.replaced(Signature=None)),
    _query(
        "no-signature-optional",
        "Signature is taken out, SigAlg left; requests may be unsigned.",
        MISSING,
        queries.replaced(Signature=None),
        policy=UNSIGNED,
    ),
    _query("no-sig-alg", "SigAlg is taken out.", MISSING, queries.replaced(SigAlg=None)),
    _query("empty-signature", "An empty Signature.", INVALID, queries.replaced(Signature="")),
    _query(
        "junk-signature",
        "A Signature that is no base64.",
        INVALID,
        queries.replaced(Signature="%2A%2A%2A"),
    ),
    _query("flipped-signature", "A bit of the Signature is changed.", INVALID, queries.then(_flip)),
    _query(
        "swapped-message", "The message under the Signature is another.", INVALID, _swapped_message
    ),
    _query("state-changed", "RelayState is changed.", INVALID, queries.replaced(RelayState="x")),
    _query("state-removed", "RelayState is taken out.", INVALID, queries.replaced(RelayState=None)),
    _query(
        "state-added",
        "RelayState is put in.",
        INVALID,
        queries.then(
            lambda query: query.replace("&SigAlg", "&RelayState=x&SigAlg", 1),
            queries.carried(relay_state=None),
        ),
    ),
    _query(
        "message-twice-first",
        "A forged SAMLRequest before the signed one.",
        BINDING,
        _forged_second(first=True),
    ),
    _query(
        "message-twice-last",
        "A forged SAMLRequest behind the signed one.",
        BINDING,
        _forged_second(first=False),
    ),
    _query(
        "message-of-other-kind",
        "A SAMLResponse beside the SAMLRequest.",
        BINDING,
        _second("SAMLResponse", first=False),
    ),
    _query("state-twice", "RelayState twice.", BINDING, _second("RelayState", first=False)),
    _query("sig-alg-twice", "SigAlg twice.", BINDING, _second("SigAlg", first=False)),
    _query("signature-twice", "Signature twice.", BINDING, _second("Signature", first=False)),
    _query(
        "name-in-other-case",
        "samlrequest behind the Signature.",
        BINDING,
        _second("samlrequest", first=False),
    ),
    _query(
        "name-with-escape",
        "SAML%52equest behind the Signature.",
        BINDING,
        _second("SAML%52equest", first=False),
    ),
    _query(
        "foreign-first",
        "A foreign parameter before the Signature.",
        BINDING,
        _second("x", first=True),
    ),
    _query(
        "broken-escape", "An escape that is cut off.", BINDING, queries.replaced(RelayState="%4")
    ),
    _query(
        "other-encoding",
        "Another encoding than DEFLATE.",
        BINDING,
        _second("SAMLEncoding", first=False, value="urn:x:none"),
    ),
    _query(
        "question-mark",
        "A question mark before the query.",
        BINDING,
        queries.then(lambda query: "?" + query),
    ),
    _query(
        "semicolons",
        "Semicolons between the parameters.",
        BINDING,
        queries.then(lambda query: query.replace("&", ";")),
    ),
    _query(
        "fragment",
        "A fragment behind the Signature.",
        INVALID,
        queries.then(lambda query: query + "#x"),
    ),
    _query(
        "escaped-twice",
        "Everything is escaped once more.",
        BINDING,
        queries.then(lambda query: query.replace("%", "%25")),
    ),
    _query("nul", "A NUL in RelayState.", INVALID, queries.replaced(RelayState="x%00")),
    _query("empty", "An empty query.", BINDING, lambda xml, sign: "", signers=(REPOSITORY,)),
    _query("no-message", "No message.", BINDING, queries.replaced(SAMLRequest=None)),
    _query("sig-alg-none", "SigAlg says none.", OLD, queries.replaced(SigAlg="none")),
    _query("sig-alg-empty", "An empty SigAlg.", OLD, queries.replaced(SigAlg="")),
    _query(
        "sig-alg-sha1",
        "SigAlg says SHA-1.",
        OLD,
        queries.replaced(SigAlg=quote_plus(REFUSED_METHODS["rsa-sha1"])),
    ),
    _query(
        "sig-alg-sha512",
        "SigAlg says another hash.",
        INVALID,
        queries.replaced(SigAlg=quote_plus(_SHA512)),
    ),
    _query("hmac", "An HMAC with the public key.", OLD, _by_hmac, signers=(REPOSITORY,)),
    _query("signed-message-only", "Only the message is signed.", INVALID, _only("SAMLRequest")),
    _query(
        "signed-without-sig-alg",
        "SigAlg is not signed.",
        INVALID,
        _only("SAMLRequest", "RelayState"),
    ),
    _query(
        "signed-without-state", "RelayState is not signed.", INVALID, _only("SAMLRequest", "SigAlg")
    ),
    _query(
        "signed-in-other-order",
        "Signed in another order.",
        INVALID,
        _only("RelayState", "SAMLRequest", "SigAlg"),
    ),
    _query(
        "signed-unescaped",
        "Signed without the escapes.",
        INVALID,
        queries.signing(
            lambda values: unquote_plus(
                queries.written(
                    {name: values[name] for name in ("SAMLRequest", "RelayState", "SigAlg")}
                )
            )
        ),
    ),
    _query(
        "escapes-changed",
        "The escapes are rewritten on the way.",
        INVALID,
        queries.then(lambda query: query.replace("%2F", "%2f", 1)),
    ),
    _query("stranger", "A stranger signs.", INVALID, queries.HONEST, key="stranger"),
    _query("embedded", "A message with a Signature of its own.", PLACE, _embedded),
    _query("embedded-alone", "Only the message itself is signed.", MISSING, _embedded_alone),
    _query(
        "embedded-alone-optional",
        "The same where requests may be unsigned.",
        PLACE,
        _embedded_alone,
        policy=UNSIGNED,
    ),
    _query(
        "response-as-request",
        "A LogoutResponse as SAMLRequest.",
        KIND,
        queries.HONEST,
        before=lambda m: setattr(m, "tag", samlp("LogoutResponse")),
    ),
    _query(
        "request-as-response",
        "A LogoutRequest as SAMLResponse.",
        KIND,
        queries.carried("SAMLResponse"),
    ),
    _query(
        "not-deflated",
        "The message is not deflated.",
        BINDING,
        queries.carried(content=lambda xml: xml),
    ),
    _query(
        "zlib-header", "Deflated with a header.", BINDING, queries.carried(content=zlib.compress)
    ),
    _query(
        "cut-off",
        "The deflated message is cut off.",
        BINDING,
        queries.carried(content=lambda xml: queries.deflated(xml)[:-4]),
    ),
    _query(
        "something-behind",
        "Something behind the deflated message.",
        BINDING,
        queries.carried(content=lambda xml: queries.deflated(xml) + b"x"),
    ),
    _query(
        "bomb",
        "A bomb of 8 MB in 8 kB, signed.",
        ErrorCode.PAYLOAD_TOO_LARGE,
        queries.carried(content=lambda _: queries.deflated(b" " * 8_000_000)),
        source="CVE-2025-25293",
    ),
    _query(
        "bomb-unsigned",
        "The same unsigned: nothing is inflated.",
        MISSING,
        queries.then(
            lambda query: query.split("&")[0],
            queries.carried(content=lambda _: queries.deflated(b" " * 8_000_000)),
        ),
    ),
    _query(
        "doctype",
        "A DOCTYPE in the deflated message.",
        ErrorCode.DOCTYPE_FORBIDDEN,
        queries.carried(content=lambda xml: queries.deflated(b"<!DOCTYPE r>" + xml)),
    ),
    _query(
        "lower-case-escapes",
        "Harmless: escapes in lower case.",
        ALICE,
        queries.carried(lower_case=True),
    ),
    _query("no-state", "Harmless: no RelayState.", ALICE, queries.carried(relay_state=None)),
    _query(
        "signature-first",
        "Harmless: the parameters in another order.",
        ALICE,
        queries.then(lambda query: "&".join(reversed(query.split("&")))),
    ),
    _query(
        "appended",
        "Harmless: a proxy appends its own parameter.",
        ALICE,
        _second("utm_source", first=False),
    ),
)
