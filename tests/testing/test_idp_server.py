from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from urllib.request import urlopen

import pytest
from lxml import etree

from relyra_django.testing.idp_application import IdpApplication, IdpUser
from relyra_django.testing.idp_server import IdpServer, make_idp_server

BLOCKED = """
import sys
class Blocked:
    def find_spec(self, name, *rest):
        if name.partition(".")[0] in {"django", "pytest"}:
            raise ImportError(name)
sys.meta_path.insert(0, Blocked())
from relyra_django.testing import idp_server
idp_server.main(["--key", "ec", "--user", "bob:builder"])
"""


class Branded(IdpApplication):
    title = "Globex"


@pytest.fixture
def server() -> Iterator[IdpServer]:
    with make_idp_server([IdpUser(username="bob", password="b")], application=Branded) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def fetch(url: str) -> bytes:
    with urlopen(url, timeout=10) as answer:
        return bytes(answer.read())


def test_addresses_follow_from_the_port(server: IdpServer) -> None:
    base_url = f"http://127.0.0.1:{server.server_port}"
    root = etree.fromstring(fetch(f"{base_url}/metadata"))
    assert root.get("entityID") == f"{base_url}/metadata"
    assert f"{base_url}/sso".encode() in etree.tostring(root)


def test_the_application_can_be_replaced(server: IdpServer) -> None:
    page = fetch(f"http://127.0.0.1:{server.server_port}/")
    assert b"Globex" in page
    assert b"bob" in page


@pytest.mark.processes
def test_it_runs_as_a_process_without_django_and_pytest() -> None:
    process = subprocess.Popen([sys.executable, "-c", BLOCKED], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        metadata_url = process.stdout.readline().strip()
        assert fetch(metadata_url).startswith(b"<?xml")
        assert b"bob" in fetch(metadata_url.removesuffix("metadata"))
    finally:
        process.terminate()
        process.communicate(timeout=10)
