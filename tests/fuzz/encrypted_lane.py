"""Encrypted assertions: anybody can encrypt to our public key, so plaintexts are spoiled too."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random

from lxml import etree

from relyra_django.saml import constants as c
from relyra_django.testing import FakeIdP
from relyra_django.testing.encryption import Encryption, fill
from tests.fuzz.lane import Seed
from tests.fuzz.mutations import spoil
from tests.fuzz.response_lane import Responses, mint, strict

CONTENT = ("aes128-gcm", "aes256-gcm")


@dataclass(frozen=True)
class Encrypted(Responses):
    """`plaintexts` are what the honest messages hold: the attacker knows their own login."""

    name: str = "encrypted"
    share: int = 15
    plaintexts: dict[str, bytes] = field(default_factory=dict)

    def seeds(self) -> Sequence[Seed]:
        return [
            self.seed(FakeIdP(key=key), key, sign, content)
            for key in ("rsa", "ec")
            for sign in ("assertion", "response", "both")
            for content in CONTENT
        ]

    def seed(self, idp: FakeIdP, key: str, sign: str, content: str) -> Seed:
        name = f"{key} {sign} {content}"

        def remembered(plaintext: bytes) -> bytes:
            self.plaintexts[name] = plaintext
            return plaintext

        minted = mint(idp, sign=sign, encrypt=Encryption(content=content, plaintext=remembered))
        return Seed(name=name, data=minted.xml, connection=strict(idp, sign))

    def spoiled(self, random: Random, seed: Seed) -> str | bytes:
        data = seed.data
        if random.random() < 0.75:
            plaintext = spoil(random, self.plaintexts[seed.name])
            data = encrypted_again(data, plaintext, seed.name.rpartition(" ")[2])
        if random.random() < 0.35:
            data = spoil(random, data)
        return base64.b64encode(data)


def encrypted_again(data: bytes, plaintext: bytes, content: str) -> bytes:
    """Put another plaintext into the EncryptedAssertion, encrypted to the same public key.

    With the same algorithm: what is believed says which it was, and nobody signed that.
    """
    root = etree.fromstring(data)
    holder = root.find(c.SAML + "EncryptedAssertion")
    assert holder is not None
    for child in list(holder):
        holder.remove(child)
    fill(holder, plaintext, Encryption(content=content))
    return etree.tostring(root)
