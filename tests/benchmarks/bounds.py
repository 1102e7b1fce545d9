"""What a refused message costs beside an accepted one of the same size: the worst shape counts."""

from __future__ import annotations

import base64
import gc
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from relyra_django.saml import RelyraError, validate_response
from relyra_django.saml.connection import ConnectionSnapshot
from relyra_django.testing.hostile import HOSTILE
from tests.saml.judging import IDP, NOW, REQUEST_ID
from tests.saml.worst_cases import WORST, honest

AT_MOST: Final = 3.0
TIMES: Final = 9


@dataclass(frozen=True, kw_only=True, slots=True)
class Shape:
    name: str
    payload: bytes
    connection: ConnectionSnapshot
    request_id: str | None = REQUEST_ID


def refusal_lines(times: int = TIMES) -> Iterator[dict[str, Any]]:
    """Yield each made-up worst case, then the worst of them and of the kit's attacks."""
    ratios = {}
    for shape in (*made_up(), *attacks()):
        ratios[shape.name] = round(ratio(shape, times), 2)
    for case in WORST:
        yield {"refused": case.name, "value": ratios[case.name]}
    worst = max(ratios, key=lambda name: ratios[name])
    yield {
        "ratio": "refused / accepted, worst shape",
        "shape": worst,
        "shapes": len(ratios),
        "value": ratios[worst],
        "budget": AT_MOST,
        "met": ratios[worst] <= AT_MOST,
    }


def made_up() -> Iterator[Shape]:
    for case in WORST:
        yield Shape(name=case.name, payload=case.payload, connection=case.connection)


def attacks() -> Iterator[Shape]:
    for attack in HOSTILE:
        request_id = REQUEST_ID if attack.solicited else None
        minted = attack.make(IDP, now=NOW, in_response_to=request_id)
        if not attack.second_use and minted.encoded.isascii():
            yield Shape(
                name=attack.name,
                payload=minted.encoded.encode("ascii"),
                connection=attack.connection(IDP),
                request_id=request_id,
            )


def ratio(shape: Shape, times: int) -> float:
    """Return how much more of a processor it takes than an honest message, judged in turns.

    Of the times of each the least counts: the question is what the message costs, not the machine.
    """
    # What base64 makes of three octets is four.
    twin = Shape(
        name="honest",
        payload=base64.b64encode(honest(len(shape.payload) * 3 // 4)),
        connection=IDP.connection(idp_certificates=accepted_certificates(shape)),
    )
    gc.collect()
    taken = [(seconds(shape, accepted=False), seconds(twin, accepted=True)) for _ in range(times)]
    refused, accepted = (min(each) for each in zip(*taken, strict=True))
    return refused / accepted


def accepted_certificates(shape: Shape) -> tuple[str, ...]:
    """Return as many certificates as are tried in vain, the last of them the honest one's."""
    others = len(shape.connection.idp_certificates) - 1
    return (*shape.connection.idp_certificates[: max(0, others)], IDP.certificate_pem)


def seconds(shape: Shape, *, accepted: bool) -> float:
    began = time.process_time()
    try:
        validate_response(shape.payload, shape.connection, request_id=shape.request_id, now=NOW)
    except RelyraError:
        took = time.process_time() - began
        assert not accepted, shape.name
        return took
    took = time.process_time() - began
    assert accepted, shape.name
    return took
