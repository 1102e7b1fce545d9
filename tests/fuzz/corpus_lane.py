"""Responses that libxmlsec and signxml signed: their spelling of a signature is not our kit's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from relyra_django.saml import bindings
from tests.fuzz.lane import Seed
from tests.fuzz.response_lane import SignedResponses
from tests.saml.corpus.cases import instant, load
from tests.saml.corpus.verdicts import connection_of
from tests.saml.corpus.world import NOW, REQUEST_ID


@dataclass(frozen=True)
class CrossSigned(SignedResponses):
    name: str = "cross_signed"
    share: int = 15

    def seeds(self) -> Sequence[Seed]:
        return [
            Seed(
                name=str(case),
                data=bindings.decode_post(case.payload()),
                connection=connection_of(case),
                now=instant(NOW),
                request_id=REQUEST_ID,
                # These connections take either signature, so one of two may be taken off.
                unsigned=frozenset({"response_id", "signed"}),
            )
            for case in load()
            if case.entry == "response" and not (case.hostile or case.arguments)
            if case.signer in ("xmlsec", "signxml")
        ]
