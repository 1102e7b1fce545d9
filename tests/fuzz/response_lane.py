"""Signed Responses, spoiled as whoever carries them could."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from relyra_django.saml import ConnectionSnapshot, Policy, validate_response
from relyra_django.testing import FakeIdP
from relyra_django.testing.minted import Minted
from tests.fuzz.lane import NOW, REQUEST_ID, Said, Seed
from tests.fuzz.mutations import BYTES, spoil, spoil_once


class Responses:
    """What the lanes of Responses share."""

    def honest(self, seed: Seed) -> str | bytes:
        return base64.b64encode(seed.data)

    def judge(self, payload: str | bytes, seed: Seed) -> Said:
        accepted = validate_response(
            payload, seed.connection, request_id=seed.request_id, now=seed.now
        )
        return seed.said(accepted)


@dataclass(frozen=True)
class SignedResponses(Responses):
    name: str = "response"
    share: int = 35

    def seeds(self) -> Sequence[Seed]:
        return [
            Seed(
                name=f"{key} {sign} {'pretty' if pretty else 'plain'}",
                data=mint(idp, sign=sign, pretty=pretty).xml,
                connection=strict(idp, sign),
            )
            for key in ("rsa", "pss", "ec")
            for idp in [FakeIdP(key=key)]
            for sign in ("assertion", "response", "both")
            for pretty in (False, True)
        ]

    def spoiled(self, random: Random, seed: Seed) -> str | bytes:
        payload = base64.b64encode(spoil(random, seed.data))
        return spoil_once(random, payload, BYTES) if random.random() < 0.03 else payload


def mint(idp: FakeIdP, **knobs: Any) -> Minted:
    """Mint a message of which everything that a login learns is known beforehand."""
    return idp.response(
        in_response_to=REQUEST_ID,
        now=NOW,
        response_id="_response",
        assertion_id="_assertion",
        session_index="_session",
        attributes={"mail": "alice@example.org", "groups": ["staff", "editors"]},
        **knobs,
    )


def strict(idp: FakeIdP, sign: str) -> ConnectionSnapshot:
    """Ask for the signatures that are there: of two, one could be taken off and nobody harmed."""
    return idp.connection(policy=Policy(signing=sign))
