from __future__ import annotations

from argparse import ArgumentParser
from datetime import UTC, datetime
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError
from django.db import connections

from relyra_django.conf import get_config, is_configured
from relyra_django.exceptions import RelyraError
from relyra_django.stores import replay_store, request_store
from relyra_django.stores.base import BaseStore


class Command(BaseCommand):
    help = "Deletes intents and replay keys that are past their time. Run it every hour or so."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--batch",
            type=int,
            default=1000,
            metavar="N",
            help="Rows per transaction, 1 to 10000; 1000 by default.",
        )
        parser.add_argument(
            "--database",
            metavar="ALIAS",
            choices=tuple(connections),
            help="Only the stores that live on this database.",
        )

    def handle(self, *, batch: int, database: str | None, **options: Any) -> None:
        if not 1 <= batch <= 10_000:
            raise CommandError("--batch takes 1 to 10000.")
        try:
            for key, store in _stores():
                if database is None or store.using == database:
                    count = store.clear_expired(now=datetime.now(UTC), batch_size=batch)
                    self.stdout.write(f"{key}: {count} expired deleted")
                else:
                    self.stdout.write(f"{key}: not on {database}, left alone")
        except (RelyraError, ImproperlyConfigured) as error:
            raise CommandError(str(error)) from error


def _stores() -> list[tuple[str, BaseStore]]:
    if not is_configured():
        raise CommandError("There is no RELYRA setting, so there are no stores to clear.")
    config = get_config()
    if config.request_store is None and config.replay_store is None:
        raise CommandError("RELYRA names neither a REQUEST_STORE nor a REPLAY_STORE.")
    return [("REQUEST_STORE", request_store()), ("REPLAY_STORE", replay_store())]
