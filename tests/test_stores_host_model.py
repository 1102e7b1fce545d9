from __future__ import annotations

import pytest
from django.core import checks
from django.db import connections, models

from relyra_django.exceptions import InvalidStore
from relyra_django.stores.database import ReplayStore, RequestStore
from relyra_django.stores.host_model import find_model


class TestCheck:
    @pytest.mark.parametrize(
        "store",
        [
            RequestStore(),
            ReplayStore(),
            RequestStore(model="host.RequestIntent"),
            ReplayStore(model="host.ReplayKey"),
            RequestStore(model="host.DerivedRequestIntent"),
            ReplayStore(model="host.DerivedReplayKey"),
        ],
        ids=lambda store: store.model._meta.label,
    )
    def test_a_fitting_model_has_nothing_to_say(self, store: RequestStore | ReplayStore) -> None:
        assert list(store.check()) == []

    def test_every_missing_or_unfit_column_is_named(self) -> None:
        messages = RequestStore(model="host.Notes").check()
        assert [(each.id, each.msg) for each in messages] == [
            ("relyra_django.E020", f"host.Notes cannot be a store table: {wrong}.")
            for wrong in (
                "relay_state is not a CharField",
                "request_id is shorter than 255",
                "intent is missing",
                "consumed_at does not take NULL",
                "expires_at is missing",
            )
        ]
        assert all(isinstance(each, checks.Error) and each.hint for each in messages)

    def test_a_replay_table_is_no_request_table(self) -> None:
        assert {each.id for each in RequestStore(model="host.ReplayKey").check()} == {
            "relyra_django.E020"
        }

    def test_a_missing_unique_constraint_is_named(self) -> None:
        [message] = RequestStore(model="host.CarelessRequestIntent").check()
        assert message.id == "relyra_django.E021"
        assert "relay_state is not unique" in message.msg
        assert "relay_state" in (message.hint or "")

    @pytest.mark.parametrize(
        ("constraint", "fits"),
        [
            (models.UniqueConstraint(fields=["replay_key"], name="u"), True),
            (models.UniqueConstraint(fields=["replay_key", "inserted_at"], name="u"), False),
            (
                models.UniqueConstraint(
                    fields=["replay_key"], name="u", condition=models.Q(replay_key="a")
                ),
                False,
            ),
            (
                models.UniqueConstraint(
                    fields=["replay_key"], name="u", deferrable=models.Deferrable.DEFERRED
                ),
                False,
            ),
            (models.UniqueConstraint("replay_key", name="u"), False),
        ],
    )
    def test_only_a_whole_and_immediate_constraint_counts(
        self, constraint: models.UniqueConstraint, fits: bool, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        store = ReplayStore(model="host.DerivedReplayKey")
        monkeypatch.setattr(store.model._meta, "constraints", [constraint])
        monkeypatch.delitem(store.model._meta.__dict__, "total_unique_constraints", raising=False)
        assert [each.id for each in store.check()] == ([] if fits else ["relyra_django.E021"])
        store.model._meta.__dict__.pop("total_unique_constraints", None)

    def test_unique_together_counts(self, monkeypatch: pytest.MonkeyPatch) -> None:
        store = RequestStore(model="host.CarelessRequestIntent")
        monkeypatch.setattr(store.model._meta, "unique_together", (("relay_state",),))
        assert list(store.check()) == []


class TestSqlite:
    @pytest.fixture(autouse=True)
    def _only_on_sqlite(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(connections["stores"], "vendor", "sqlite")
        monkeypatch.setitem(connections["stores"].settings_dict, "NAME", "/srv/db.sqlite3")

    @pytest.mark.parametrize("mode", [None, "DEFERRED"])
    def test_a_deferred_transaction_is_warned_about(
        self, mode: str | None, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        options = {"transaction_mode": mode}
        monkeypatch.setitem(connections["stores"].settings_dict, "OPTIONS", options)
        [message] = ReplayStore(using="stores").check()
        assert isinstance(message, checks.Warning)
        assert message.id == "relyra_django.W020"
        assert "IMMEDIATE" in (message.hint or "")

    @pytest.mark.parametrize("mode", ["IMMEDIATE", "immediate", "EXCLUSIVE"])
    def test_one_that_locks_at_once_is_fine(
        self, mode: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        options = {"transaction_mode": mode}
        monkeypatch.setitem(connections["stores"].settings_dict, "OPTIONS", options)
        assert list(ReplayStore(using="stores").check()) == []

    @pytest.mark.parametrize("name", [":memory:", "file:x?mode=memory&cache=shared"])
    def test_in_memory_there_is_nobody_to_wait_for(
        self, name: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        settings = connections["stores"].settings_dict
        monkeypatch.setitem(settings, "OPTIONS", {})
        monkeypatch.setitem(settings, "NAME", name)
        assert list(ReplayStore(using="stores").check()) == []

    def test_other_databases_have_no_such_mode(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(connections["stores"], "vendor", "postgresql")
        monkeypatch.setitem(connections["stores"].settings_dict, "OPTIONS", {})
        assert list(ReplayStore(using="stores").check()) == []


def test_without_the_app_the_refusal_says_what_to_install() -> None:
    with pytest.raises(InvalidStore, match=r"Add \"relyra_django\.stores\" to INSTALLED_APPS"):
        find_model("relyra_stores.Gone")
    with pytest.raises(InvalidStore) as caught:
        find_model("host.Gone")
    assert "INSTALLED_APPS" not in str(caught.value)
