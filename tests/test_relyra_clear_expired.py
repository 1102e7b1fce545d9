from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import OperationalError
from django.test import override_settings

from relyra_django import stores
from relyra_django.stores import memory
from relyra_django.stores.models import ReplayKey, RequestIntent
from relyra_django.testing.store_contracts import make_intent
from tests.test_stores_database import TRANSACTION_WORDS, failing, statements

DATABASE = "relyra_django.stores.database"
pytestmark = pytest.mark.django_db(databases=["default", "stores"])


def run(*args: str) -> list[str]:
    out = StringIO()
    call_command("relyra_clear_expired", *args, stdout=out)
    return out.getvalue().splitlines()


def relyra(**changed: Any) -> override_settings:
    return override_settings(RELYRA={**settings.RELYRA, **changed})


def fill(expired: int, alive: int) -> None:
    now = datetime.now(UTC)
    for n in range(expired + alive):
        minutes = timedelta(minutes=-1 if n < expired else 10)
        stores.put_intent(make_intent(expires_at=now + minutes))
        stores.replay_store().consume_replay_key(f"{n}", {}, now + minutes)


@pytest.fixture
def _two_aliases() -> Iterator[None]:
    with relyra(
        REPLAY_STORE={"BACKEND": f"{DATABASE}.ReplayStore", "OPTIONS": {"using": "stores"}}
    ):
        yield


def test_deletes_what_is_past_and_says_how_much() -> None:
    fill(expired=3, alive=2)
    assert run() == ["REQUEST_STORE: 3 expired deleted", "REPLAY_STORE: 3 expired deleted"]
    assert (RequestIntent.objects.count(), ReplayKey.objects.count()) == (2, 2)
    assert run() == ["REQUEST_STORE: 0 expired deleted", "REPLAY_STORE: 0 expired deleted"]
    assert (RequestIntent.objects.count(), ReplayKey.objects.count()) == (2, 2)


def test_in_batches_of_the_given_size() -> None:
    fill(expired=5, alive=1)
    with statements("default") as words:
        run("--batch", "2")
    kept = [word for word in words if word not in TRANSACTION_WORDS]
    assert kept == ["SELECT", "DELETE"] * 6


@pytest.mark.parametrize("batch", ["0", "-1", "10001"])
def test_a_batch_has_bounds(batch: str) -> None:
    with pytest.raises(CommandError, match="--batch takes 1 to 10000"):
        run(f"--batch={batch}")
    assert len(run("--batch=10000")) == 2


@pytest.mark.usefixtures("_two_aliases")
class TestDatabase:
    def test_every_store_wherever_it_lives(self) -> None:
        fill(expired=2, alive=1)
        assert run() == ["REQUEST_STORE: 2 expired deleted", "REPLAY_STORE: 2 expired deleted"]

    def test_only_the_stores_on_the_one_that_is_named(self) -> None:
        fill(expired=2, alive=1)
        assert run("--database", "stores") == [
            "REQUEST_STORE: not on stores, left alone",
            "REPLAY_STORE: 2 expired deleted",
        ]
        assert RequestIntent.objects.count() == 3
        assert ReplayKey.objects.using("stores").count() == 1

    def test_an_unknown_one_is_refused(self) -> None:
        with pytest.raises(CommandError, match="invalid choice"):
            run("--database", "elsewhere")


def test_clears_a_memory_store() -> None:
    with relyra(
        REQUEST_STORE="relyra_django.stores.memory.RequestStore",
        REPLAY_STORE="relyra_django.stores.memory.ReplayStore",
    ):
        fill(expired=2, alive=1)
        assert run()[0] == "REQUEST_STORE: 2 expired deleted"
    assert len(memory._intents.entries) == 1


class TestRefusals:
    def test_no_setting(self) -> None:
        with override_settings():
            del settings.RELYRA
            with pytest.raises(CommandError, match="There is no RELYRA setting"):
                run()

    def test_no_stores(self) -> None:
        with (
            relyra(REQUEST_STORE=None, REPLAY_STORE=None),
            pytest.raises(CommandError, match="neither a REQUEST_STORE nor a REPLAY_STORE"),
        ):
            run()

    def test_a_setting_that_is_wrong(self) -> None:
        with relyra(REPLAY_STORE=None), pytest.raises(CommandError, match="REPLAY_STORE"):
            run()

    def test_a_store_that_cannot_be_built(self) -> None:
        wrong = {"BACKEND": f"{DATABASE}.ReplayStore", "OPTIONS": {"model": "host.Gone"}}
        with relyra(REPLAY_STORE=wrong), pytest.raises(CommandError, match=r"host\.Gone"):
            run()

    @pytest.mark.usefixtures("_two_aliases")
    def test_a_database_that_fails(self) -> None:
        down = failing(OperationalError("gone away"), at="SELECT")
        with down, pytest.raises(CommandError, match="store_unavailable"):
            run()
