"""Every attack of the test kit, on a connection that takes the honest twin."""

from __future__ import annotations

import pytest

from relyra_django.saml import ErrorCode, RelyraError, validate_response
from relyra_django.testing.hostile import HOSTILE
from tests.saml.judging import IDP, NOW, REQUEST_ID, judge, mint

JUDGED = [attack for attack in HOSTILE if not attack.second_use]


@pytest.mark.parametrize("attack", JUDGED, ids=str)
def test_attack_is_refused_with_its_code(attack):
    honest = {"now": NOW, "in_response_to": REQUEST_ID if attack.solicited else None}
    minted = attack.make(IDP, **honest)
    request_id = REQUEST_ID if attack.solicited else None
    with pytest.raises(RelyraError) as refusal:
        validate_response(minted.encoded, attack.connection(IDP), request_id=request_id, now=NOW)
    assert refusal.value.code is attack.code, refusal.value


def test_the_honest_twin_is_accepted():
    for sign in ("assertion", "response", "both"):
        judge(mint(sign=sign))


def test_the_collection_is_not_empty():
    assert len(JUDGED) >= 40
    assert ErrorCode.INVALID_SIGNATURE in {attack.code for attack in JUDGED}
