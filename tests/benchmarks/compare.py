"""The same login through other packages, each in a virtual environment of its own.

BENCH_PEERS names them: `BENCH_PEERS="allauth=/venvs/allauth djangosaml2=/venvs/djangosaml2"`.
A peer's process asks for each answer of the identity provider over its standard output, so that
minting costs it nothing and every package is given the same messages.
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import environ

from relyra_django.testing import FakeIdP
from tests.benchmarks.budgets import FASTER_THAN, peer_line
from tests.benchmarks.clock import emit
from tests.benchmarks.databases import fresh_database

ROOT = Path(__file__).resolve().parent.parent.parent


def run_peers(database: str, times: int, ours: Mapping[str, float]) -> None:
    named = dict(each.split("=", 1) for each in os.environ.get("BENCH_PEERS", "").split())
    for peer in FASTER_THAN:
        if peer in named:
            run_peer(peer, Path(named[peer]), database, times, ours)
        else:
            emit(peer=peer, measured=False, why="not named in BENCH_PEERS")


def run_peer(peer: str, venv: Path, database: str, times: int, ours: Mapping[str, float]) -> None:
    idp = FakeIdP()
    with fresh_database(database) as url, tempfile.TemporaryDirectory() as directory:
        write_keys(idp, Path(directory))
        process = subprocess.Popen(
            [str(venv / "bin" / "python"), "-m", f"tests.benchmarks.peers.{peer}"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env=peer_environment(url, Path(directory), times),
        )
        with process:
            medians = converse(process, idp)
    if process.returncode:
        emit(peer=peer, measured=False, why=f"its process ended with {process.returncode}")
        return
    emit(**peer_line(peer, medians[f"{peer}.login"], ours["acs"]))


def write_keys(idp: FakeIdP, directory: Path) -> None:
    """Give the peer a key of its own and what it has to know of the identity provider."""
    key = FakeIdP(name="sp").signing_key
    (directory / "sp.key").write_text(key.private_key_pem)
    (directory / "sp.crt").write_text(key.certificate_pem)
    (directory / "idp.crt").write_text(idp.certificate_pem)
    (directory / "idp.xml").write_bytes(idp.metadata())


def peer_environment(url: str, directory: Path, times: int) -> dict[str, str]:
    return {
        **os.environ,
        "BENCH_DATABASE": json.dumps(environ.Env.db_url_config(url)),
        "BENCH_KEYS": str(directory),
        "BENCH_TIMES": str(times),
        "PYTHONPATH": str(ROOT),
    }


def converse(process: subprocess.Popen[str], idp: FakeIdP) -> dict[str, float]:
    """Mint what the peer asks for, pass on what it measured."""
    medians: dict[str, float] = {}
    assert process.stdin
    assert process.stdout
    for line in process.stdout:
        said: dict[str, Any] = json.loads(line)
        if "mint" in said:
            process.stdin.write(json.dumps(mint(idp, **said["mint"])) + "\n")
            process.stdin.flush()
        else:
            emit(**said)
            medians[said["figure"]] = said["median_ms"]
    return medians


def mint(idp: FakeIdP, *, location: str, person: str, attributes: dict[str, str]) -> dict[str, str]:
    uri = "urn:oasis:names:tc:SAML:2.0:attrname-format:uri"
    answer = idp.answer(location, name_id=person, attributes=attributes, attribute_name_format=uri)
    return dict(answer.fields)
