"""The judge against the kit's logout messages: attacks earn their code, oddities say alice."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from relyra_django.saml import LogoutRequest, LogoutResponse, RelyraError
from relyra_django.testing import LOGOUT, LOGOUT_INERT, FakeIdP, LogoutAttack, LogoutInert
from relyra_django.testing.hostile.logout_case import BINDINGS, REQUEST, RESPONSE
from relyra_django.testing.logout_spec import SESSION_INDEX

NOW = datetime(2026, 3, 14, 12, 0, 0, tzinfo=UTC)
REQUEST_ID = "id_logout"
KEYS = ("rsa", "pss", "ec")


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("one", LOGOUT, ids=str)
def test_every_attack_earns_its_code(one: LogoutAttack, key: str) -> None:
    with pytest.raises(RelyraError) as refusal:
        one.judge(FakeIdP(key=key), now=NOW, request_id=REQUEST_ID)
    assert refusal.value.code == one.code, refusal.value


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("one", LOGOUT_INERT, ids=str)
def test_what_is_inert_changes_nothing(one: LogoutInert, key: str) -> None:
    judged = one.judge(FakeIdP(key=key), now=NOW, request_id=REQUEST_ID)
    assert judged.signed
    if isinstance(judged, LogoutRequest):
        assert judged.name_id.value == "alice"
        assert judged.session_indexes == (SESSION_INDEX,)
    else:
        assert isinstance(judged, LogoutResponse)
        assert judged.in_response_to == REQUEST_ID
        assert not judged.partial


def test_the_collections_cover_both_bindings_and_both_messages() -> None:
    assert len(LOGOUT) >= 50
    assert len(LOGOUT_INERT) >= 12
    for collection in (LOGOUT, LOGOUT_INERT):
        covered = {(one.binding, one.kind) for one in collection}
        assert covered == {(binding, kind) for binding in BINDINGS for kind in (REQUEST, RESPONSE)}


@pytest.mark.parametrize("collection", [LOGOUT, LOGOUT_INERT])
def test_every_name_is_there_once(collection: tuple[LogoutAttack | LogoutInert, ...]) -> None:
    names = [str(one) for one in collection]
    assert sorted(names) == sorted(set(names))
