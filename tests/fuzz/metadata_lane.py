"""Metadata of an identity provider: signed, then spoiled; or never signed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from relyra_django.saml import parse_idp_metadata
from relyra_django.testing import FakeIdP
from tests.fuzz.lane import Said, Seed
from tests.fuzz.mutations import spoil

UNSIGNED = "unsigned"


@dataclass(frozen=True)
class Metadata:
    """An operator's own file may say anything: of unsigned metadata, only crashes are findings."""

    name: str = "metadata"
    share: int = 10

    def seeds(self) -> Sequence[Seed]:
        plain = FakeIdP()
        signed = [
            Seed(name=f"signed {key}", data=idp.metadata(sign=True), connection=idp.connection())
            for key in ("rsa", "ec")
            for idp in [FakeIdP(key=key)]
        ]
        unsigned = Seed(name=UNSIGNED, data=plain.metadata(), connection=plain.connection())
        return [*signed, unsigned]

    def honest(self, seed: Seed) -> str | bytes:
        return seed.data

    def spoiled(self, random: Random, seed: Seed) -> str | bytes:
        return spoil(random, seed.data)

    def judge(self, payload: str | bytes, seed: Seed) -> Said:
        assert isinstance(payload, bytes)
        pins = () if seed.name == UNSIGNED else seed.connection.idp_certificates
        read = parse_idp_metadata(payload, now=seed.now, signing_certificates=pins)
        return {} if seed.name == UNSIGNED else seed.said(read)
