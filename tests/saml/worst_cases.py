"""Messages made to cost as much as they can, each refused; and honest ones of any size."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from itertools import islice, product
from typing import Final

from relyra_django.saml import constants as c
from relyra_django.saml.connection import ConnectionSnapshot
from relyra_django.testing.encryption import Encryption
from relyra_django.testing.fake_idp import FakeIdP
from tests.saml.judging import CONNECTION, IDP, NOW, REQUEST_ID, mint

VALUE: Final = "urn:mace:dir:entitlement:common-lib-terms"
STRANGER: Final = FakeIdP(name="stranger")


@dataclass(frozen=True, kw_only=True, slots=True)
class WorstCase:
    """One message. `make` gives its octets; the connection is one that takes honest messages."""

    name: str
    make: Callable[[], bytes]
    connection: ConnectionSnapshot = CONNECTION

    def __str__(self) -> str:
        return self.name

    @property
    def payload(self) -> bytes:
        return base64.b64encode(self.make())


@cache
def honest(size: int) -> bytes:
    """Return an honest message of about this size: more attribute values make it longer."""
    bare, one = (len(mint(attributes={"e": [VALUE] * n}).xml) for n in (0, 1))
    two = len(mint(attributes={"e": [VALUE] * 2}).xml)
    count = max(0, min(9_900, (size - bare) // (two - one)))
    rest = size - bare - count * (two - one)
    longer = VALUE + "x" * (max(0, rest) // max(1, count))
    return mint(attributes={"e": [longer] * count}).xml


def forged(content: bytes) -> bytes:
    """Return a message signed by a stranger, with this in its Extensions."""
    message, start = STRANGER.response(in_response_to=REQUEST_ID, now=NOW).xml, b"<samlp:Status>"
    assert start in message
    extended = b"<samlp:Extensions>" + content + b"</samlp:Extensions>" + start
    return message.replace(start, extended, 1)


def tampered(content: bytes) -> bytes:
    """Return a message whose SignedInfo verifies, and whose content is another."""
    return mint().xml.replace(b"</saml:Assertion>", content + b"</saml:Assertion>", 1)


def elements(count: int) -> bytes:
    return b"<saml:Audience/>" * count


def wide(count: int) -> bytes:
    names = b" ".join(b"a%02d=''" % n for n in range(32, 0, -1))
    return (b"<saml:Audience " + names + b"/>") * count


def nested_namespaces(count: int, below: int) -> bytes:
    """A chain on which every declaration is in scope for what is below."""
    each = count // 30
    opening = [
        b"<saml:Advice " + b" ".join(b"xmlns:n%d='urn:n%d'" % (n, n) for n in numbers) + b">"
        for numbers in (range(level * each, (level + 1) * each) for level in range(30))
    ]
    return b"".join(opening) + elements(below) + b"</saml:Advice>" * 30


def repeated_namespaces(count: int, length: int, *, attributes: int = 0) -> bytes:
    """Each element uses another namespace than the one before."""
    declared = b" ".join(b"xmlns:p%d='urn:%d%s'" % (n, n, b"x" * length) for n in range(20))
    prefixed = b"".join(b" p%d:a=''" % n for n in range(attributes))
    used = b"".join(b"<p%d:a%s/>" % (n % 20, prefixed) for n in range(count))
    return b"<saml:Advice " + declared + b">" + used + b"</saml:Advice>"


def declared_everywhere(count: int) -> bytes:
    declared = b" ".join(b"xmlns:n%d='urn:%s'" % (n, b"x" * 240) for n in range(2))
    return (b"<saml:Audience " + declared + b"/>") * (count // 2)


def white_space(count: int) -> bytes:
    kinds = islice(product(b" \n", repeat=40), count)
    return b"".join(b"<saml:Audience/>" + bytes(kind) for kind in kinds)


def strange_names(count: int, length: int) -> bytes:
    return b"".join(b"<n%d%s/>" % (n, b"x" * length) for n in range(count))


def ids(count: int) -> bytes:
    return b"".join(b"<saml:Audience ID='i%d'/>" % n for n in range(count))


def signatures(count: int) -> bytes:
    message = mint().xml
    start, end = message.index(b"<ds:Signature"), message.index(b"</ds:Signature>")
    return message[start : end + len(b"</ds:Signature>")] * count


def prefix_list(message: bytes) -> bytes:
    method = b'<ds:CanonicalizationMethod Algorithm="%s"' % c.EXC_C14N.encode()
    listed = b" ".join(b"p%d" % n for n in range(100_000))
    inclusive = b'<InclusiveNamespaces xmlns="%s" PrefixList="%s"/>' % (c.EXC_C14N.encode(), listed)
    assert method + b"/>" in message
    return message.replace(
        method + b"/>", method + b">" + inclusive + b"</ds:CanonicalizationMethod>", 1
    )


def many_certificates() -> ConnectionSnapshot:
    """Return a connection with a hundred of them, of which the last is the honest one's."""
    others = tuple(FakeIdP(name=f"pin{n}").certificate_pem for n in range(9)) * 11
    return IDP.connection(idp_certificates=(*others, IDP.certificate_pem))


def encrypted(plaintext: bytes) -> bytes:
    return mint(sign="assertion", encrypt=Encryption(plaintext=plaintext)).xml


BOMB: Final = (
    b'<saml:Assertion xmlns:saml="%s">' % c.ASSERTION_NS.encode()
    + elements(9_000)
    + b"</saml:Assertion>"
)

WORST: Final = (
    WorstCase(name="stranger", make=lambda: forged(b"")),
    WorstCase(name="tampered", make=lambda: tampered(b"<saml:Advice/>")),
    WorstCase(name="tampered, elements", make=lambda: tampered(elements(9_900))),
    WorstCase(name="tampered, attributes", make=lambda: tampered(wide(610))),
    WorstCase(name="tampered, many in scope", make=lambda: tampered(nested_namespaces(30, 9_000))),
    WorstCase(name="tampered, too many", make=lambda: tampered(nested_namespaces(3_900, 9_000))),
    WorstCase(name="tampered, growing", make=lambda: tampered(repeated_namespaces(9_800, 48))),
    WorstCase(name="tampered, grown", make=lambda: tampered(repeated_namespaces(9_800, 240))),
    WorstCase(
        name="tampered, prefixed",
        make=lambda: tampered(repeated_namespaces(1_200, 40, attributes=4)),
    ),
    WorstCase(name="tampered, text", make=lambda: tampered(b"x" * 1_000_000)),
    WorstCase(name="elements", make=lambda: forged(elements(9_900))),
    WorstCase(name="too many elements", make=lambda: forged(elements(60_000))),
    WorstCase(name="attributes", make=lambda: forged(wide(610))),
    WorstCase(name="too many attributes", make=lambda: forged(wide(4_000))),
    WorstCase(name="namespaces", make=lambda: forged(nested_namespaces(3_900, 8_000))),
    WorstCase(name="long namespaces", make=lambda: forged(declared_everywhere(3_900))),
    WorstCase(name="white space", make=lambda: forged(white_space(9_000))),
    WorstCase(name="strange names", make=lambda: forged(strange_names(9_000, 80))),
    WorstCase(name="few strange names", make=lambda: forged(strange_names(5, 5))),
    WorstCase(name="long strange names", make=lambda: forged(strange_names(20, 45_000))),
    WorstCase(name="text", make=lambda: forged(b"x" * 1_000_000)),
    WorstCase(name="entities", make=lambda: forged(b"&#120;" * 170_000)),
    WorstCase(name="base64", make=lambda: forged(base64.b64encode(bytes(700_000)))),
    WorstCase(name="IDs", make=lambda: forged(ids(9_900))),
    WorstCase(name="signatures", make=lambda: forged(signatures(450))),
    WorstCase(name="deep", make=lambda: forged(b"<saml:Advice>" * 37 + b"</saml:Advice>" * 37)),
    WorstCase(name="far too deep", make=lambda: forged(b"<saml:Advice>" * 30_000)),
    WorstCase(name="prefixes", make=lambda: prefix_list(mint().xml)),
    WorstCase(name="values", make=lambda: STRANGER.response(attributes={"e": [VALUE] * 9_000}).xml),
    WorstCase(name="not XML", make=lambda: b"\x89PNG" * 250_000),
    WorstCase(name="broken at its end", make=lambda: forged(elements(9_900))[:-1]),
    WorstCase(
        name="a hundred certificates", make=lambda: forged(b""), connection=many_certificates()
    ),
    WorstCase(name="encrypted elements", make=lambda: encrypted(BOMB)),
    WorstCase(name="encrypted text", make=lambda: encrypted(b"<a>" + b"x" * 700_000 + b"</a>")),
    WorstCase(name="encrypted noise", make=lambda: encrypted(b"x" * 700_000)),
)
