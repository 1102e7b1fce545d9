"""A database for one run, gone afterwards."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from tests.benchmarks.floor import PostgresStore, SqliteStore, Store

POSTGRES_URL = "postgres://postgres@127.0.0.1:5432/postgres"
NAME = "relyra_benchmark"


@contextmanager
def fresh_database(kind: str) -> Iterator[str]:
    """Make one of this kind ("sqlite" or "postgres") and give its URL."""
    with tempfile.TemporaryDirectory(prefix="relyra-benchmark-") as directory:
        if kind == "sqlite":
            yield f"sqlite:///{directory}/site.sqlite3"
        else:
            with _fresh_postgres() as url:
                yield url


@contextmanager
def _fresh_postgres() -> Iterator[str]:
    import psycopg

    server = os.environ.get("POSTGRES_URL", POSTGRES_URL)
    maintenance = urlsplit(server)._replace(path="/postgres").geturl()
    drop = f"DROP DATABASE IF EXISTS {NAME} WITH (FORCE)"
    with psycopg.connect(maintenance, autocommit=True) as connection:
        connection.execute(drop)
        connection.execute(f"CREATE DATABASE {NAME}")
        try:
            yield urlsplit(server)._replace(path="/" + NAME).geturl()
        finally:
            connection.execute(drop)


def floor_store(url: str) -> Store:
    """Open the floor's own connection: a file beside the site's, or tables in its database."""
    if url.startswith("sqlite"):
        return SqliteStore(Path(url.removeprefix("sqlite:///")).with_name("floor.sqlite3"))
    return PostgresStore(url)
