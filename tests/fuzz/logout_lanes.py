"""Logout messages: query strings, whose signature covers them as they are written, and forms."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from urllib.parse import quote, quote_plus, unquote, unquote_to_bytes

from relyra_django.saml import validate_logout_request, validate_logout_response
from relyra_django.testing import FakeIdP
from relyra_django.testing.logout import MintedLogout
from tests.fuzz.lane import NOW, REQUEST_ID, Said, Seed
from tests.fuzz.mutations import BYTES, spoil, spoil_once

Parameters = list[tuple[str, str]]
NAMES = ("SAMLRequest", "SAMLResponse", "RelayState", "SigAlg", "Signature", "SAMLEncoding")
ALGORITHMS = (
    "http://www.w3.org/2000/09/xmldsig#rsa-sha1",
    "http://www.w3.org/2000/09/xmldsig#hmac-sha1",
    "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512",
    "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256",
    "",
)


class _Logout:
    binding: str

    def seeds(self) -> Sequence[Seed]:
        return [
            Seed(
                name=f"{minted.parameter} {key}",
                data=minted.xml if self.binding == "post" else minted.query.encode(),
                connection=idp.connection(),
                # An answer has a request: so one judge is told from the other.
                request_id=REQUEST_ID if minted.parameter == "SAMLResponse" else None,
                unsigned=frozenset(),
            )
            for key in ("rsa", "pss", "ec")
            for idp in [FakeIdP(key=key)]
            for minted in _minted(idp)
        ]

    def judge(self, payload: str | bytes, seed: Seed) -> Said:
        if seed.request_id is None:
            return seed.said(
                validate_logout_request(
                    payload, seed.connection, binding=self.binding, now=seed.now
                )
            )
        return seed.said(
            validate_logout_response(
                payload,
                seed.connection,
                binding=self.binding,
                request_id=seed.request_id,
                now=seed.now,
            )
        )


def _minted(idp: FakeIdP) -> list[MintedLogout]:
    common = {"now": NOW, "message_id": "_logout", "relay_state": "rs+1 & more"}
    return [
        idp.logout_request(**common, session_indexes=("_one", "_two")),
        idp.logout_request(**common, pretty=True, escapes="lower"),
        idp.logout_response(**common, in_response_to=REQUEST_ID),
    ]


@dataclass(frozen=True)
class PostLogout(_Logout):
    name: str = "post_logout"
    share: int = 10
    binding: str = "post"

    def honest(self, seed: Seed) -> str | bytes:
        return base64.b64encode(seed.data)

    def spoiled(self, random: Random, seed: Seed) -> str | bytes:
        return base64.b64encode(spoil(random, seed.data))


@dataclass(frozen=True)
class Redirect(_Logout):
    """Query strings: parameters, escapes, and what is deflated in them."""

    name: str = "redirect"
    share: int = 10
    binding: str = "redirect"

    def honest(self, seed: Seed) -> str | bytes:
        return seed.data.decode()

    def spoiled(self, random: Random, seed: Seed) -> str | bytes:
        query = seed.data.decode()
        for _ in range(random.choice((1, 1, 2, 3))):
            if random.random() < 0.15:
                return spoil_once(random, query.encode(), BYTES)
            query = _joined(random.choice(CHANGES)(random, _cut(query)))
        return query


def _cut(query: str) -> Parameters:
    return [(name, value) for name, _, value in (p.partition("=") for p in query.split("&"))]


def _joined(parameters: Parameters) -> str:
    return "&".join(f"{name}={value}" for name, value in parameters)


def _at(random: Random, parameters: Parameters, change: Callable[[str], str]) -> Parameters:
    at = random.randrange(len(parameters))
    name, value = parameters[at]
    return [*parameters[:at], (name, change(value)), *parameters[at + 1 :]]


def shuffle(random: Random, parameters: Parameters) -> Parameters:
    return random.sample(parameters, len(parameters))


def drop(random: Random, parameters: Parameters) -> Parameters:
    at = random.randrange(len(parameters))
    return [*parameters[:at], *parameters[at + 1 :]] or parameters


def repeat(random: Random, parameters: Parameters) -> Parameters:
    name, value = random.choice(parameters)
    again = (name, random.choice((value, value.lower(), "", quote_plus("<a/>"))))
    at = random.randint(0, len(parameters))
    return [*parameters[:at], again, *parameters[at:]]


def rename(random: Random, parameters: Parameters) -> Parameters:
    at = random.randrange(len(parameters))
    old, value = parameters[at]
    escaped = "".join(f"%{ord(letter):02X}" for letter in old)
    new = random.choice((*NAMES, old.lower(), escaped, f" {old}", f"{old}[]"))
    return [*parameters[:at], (new, value), *parameters[at + 1 :]]


def add(random: Random, parameters: Parameters) -> Parameters:
    added = (random.choice((*NAMES, "x", "")), random.choice(("", "y", "%00", "rs_1")))
    at = random.randint(0, len(parameters))
    return [*parameters[:at], added, *parameters[at:]]


def swap(random: Random, parameters: Parameters) -> Parameters:
    names, values = zip(*parameters, strict=True)
    return list(zip(names, random.sample(values, len(values)), strict=True))


def escape_otherwise(random: Random, parameters: Parameters) -> Parameters:
    """Write the same value in another way: what it says stays, what was signed does not."""
    spell = random.choice((quote, quote_plus, str.lower, str.upper, _all_escaped, unquote))
    return _at(random, parameters, lambda value: spell(unquote(value)))


def _all_escaped(value: str) -> str:
    return "".join(f"%{octet:02x}" for octet in value.encode())


def change_algorithm(random: Random, parameters: Parameters) -> Parameters:
    chosen = quote_plus(random.choice(ALGORITHMS))
    return [(name, chosen if name == "SigAlg" else value) for name, value in parameters]


def change_message(random: Random, parameters: Parameters) -> Parameters:
    """Inflate, spoil and deflate again; sometimes more follows, or nothing was deflated."""
    return [
        (name, _message_changed(random, value) if name in NAMES[:2] else value)
        for name, value in parameters
    ]


def _message_changed(random: Random, value: str) -> str:
    try:
        octets = base64.b64decode(unquote_to_bytes(value))
        xml = spoil(random, zlib.decompress(octets, -15))
    except (zlib.error, ValueError):
        return value
    wrapped = random.random()
    if wrapped < 0.1:
        deflated = zlib.compress(xml)
    elif wrapped < 0.2:
        deflated = xml
    else:
        packer = zlib.compressobj(random.randrange(10), wbits=-15)
        deflated = packer.compress(xml) + packer.flush()
    if random.random() < 0.1:
        deflated += octets
    return quote_plus(base64.b64encode(deflated).decode())


CHANGES: tuple[Callable[[Random, Parameters], Parameters], ...] = (
    shuffle,
    drop,
    repeat,
    rename,
    add,
    swap,
    escape_otherwise,
    change_algorithm,
    change_message,
    change_message,
    change_message,
)
