from __future__ import annotations

import json
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from asgiref.sync import async_to_sync

from relyra_django.exceptions import ErrorCode
from relyra_django.stores import memory
from relyra_django.stores.base import IntentKind, RequestIntent
from relyra_django.testing.store_contracts import make_intent, refused


class TestIntentJson:
    def test_survives_json_text(self) -> None:
        intent = make_intent(kind=IntentKind.TEST)
        assert RequestIntent.from_json(json.loads(json.dumps(intent.to_json()))) == intent

    def test_carries_every_field_and_its_version(self) -> None:
        names = {field.name for field in fields(RequestIntent)}
        assert set(make_intent().to_json()) == names | {"v"}
        assert make_intent().to_json()["v"] == 1

    def test_what_a_later_version_adds_is_not_in_the_way(self) -> None:
        intent = make_intent()
        assert RequestIntent.from_json({**intent.to_json(), "later": 1}) == intent

    @pytest.mark.parametrize(
        "change",
        [
            {"kind": "login"},
            {"kind": None},
            {"expires_at": "tomorrow"},
            {"issued_at": 12},
            {"requested_authn_contexts": None},
        ],
    )
    def test_a_damaged_field_is_refused(self, change: dict[str, Any]) -> None:
        with refused(ErrorCode.REQUEST_INTENT_INVALID):
            RequestIntent.from_json({**make_intent().to_json(), **change})

    @pytest.mark.parametrize("name", [field.name for field in fields(RequestIntent)])
    def test_a_missing_field_is_refused(self, name: str) -> None:
        data = make_intent().to_json()
        del data[name]
        with refused(ErrorCode.REQUEST_INTENT_INVALID):
            RequestIntent.from_json(data)

    @pytest.mark.parametrize("data", [None, [], "text", 7])
    def test_what_is_no_object_is_refused(self, data: Any) -> None:
        with refused(ErrorCode.REQUEST_INTENT_INVALID):
            RequestIntent.from_json(data)


class TestAsyncTwins:
    def test_of_the_request_store(self) -> None:
        store, intent = memory.RequestStore(), make_intent()

        async def live() -> None:
            await store.aput_intent(intent)
            assert await store.afetch_intent(intent.relay_state, kind=intent.kind) == intent
            await store.aconsume_intent(intent.relay_state, intent.request_id, kind=intent.kind)
            with refused(ErrorCode.REQUEST_INTENT_CONSUMED):
                await store.afetch_intent(intent.relay_state, kind=intent.kind)
            late = intent.expires_at + timedelta(seconds=1)
            assert await store.aclear_expired(now=late) == 1

        async_to_sync(live)()

    def test_of_the_replay_store(self) -> None:
        store, now = memory.ReplayStore(), datetime.now(UTC)

        async def live() -> None:
            await store.aconsume_replay_key("a" * 64, {}, now)
            with refused(ErrorCode.REPLAYED_ASSERTION):
                await store.aconsume_replay_key("a" * 64, {}, now)
            assert await store.aclear_expired(now=now + timedelta(seconds=1)) == 1

        async_to_sync(live)()


def test_a_store_has_no_alias_and_many_nodes_unless_it_says_so() -> None:
    assert memory.ReplayStore().using is None
    assert memory.ReplayStore().check() == []
    assert memory.ReplayStore.__mro__[1].single_node is False
