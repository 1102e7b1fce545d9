"""Run the test identity provider: python -m relyra_django.testing.idp_server --port 8001

It prints its metadata URL on a line of its own once it listens, and runs until it is stopped.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable, Sequence
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from relyra_django.testing.fake_idp import FakeIdP
from relyra_django.testing.idp_application import IdpApplication, IdpUser
from relyra_django.testing.keys import KEY_KINDS

DEFAULT_USERS = (
    IdpUser(
        username="alice",
        password="alice",  # noqa: S106
        attributes={"email": "alice@example.org", "givenName": "Alice", "sn": "Example"},
    ),
)


class IdpServer(ThreadingMixIn, WSGIServer):
    """One thread a request; none of them keeps the process alive."""

    daemon_threads = True


class QuietHandler(WSGIRequestHandler):
    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing of requests that were answered; errors still go to stderr."""


def make_idp_server(
    users: Iterable[IdpUser] = DEFAULT_USERS,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    key: str = "rsa",
    application: Callable[[FakeIdP, Iterable[IdpUser]], IdpApplication] = IdpApplication,
) -> IdpServer:
    """Bind a server, ready for serve_forever(); port 0 picks a free one.

    Entity ID and SSO URL follow from the address. OSError: the port is taken.
    """
    server = make_server(host, port, _unready, server_class=IdpServer, handler_class=QuietHandler)
    base_url = f"http://{host}:{server.server_port}"
    idp = FakeIdP(entity_id=f"{base_url}/metadata", sso_url=f"{base_url}/sso", key=key)
    server.set_app(application(idp, users))
    return server


def _unready(environ: Any, start_response: Any) -> list[bytes]:
    start_response("503 Service Unavailable", [])
    return []


def main(arguments: Sequence[str] | None = None) -> None:
    """Parse the command line and serve until interrupted."""
    options = _parser().parse_args(arguments)
    users = [_user(text) for text in options.user] or DEFAULT_USERS
    with make_idp_server(users, host=options.host, port=options.port, key=options.key) as server:
        sys.stdout.write(f"http://{options.host}:{server.server_port}/metadata\n")
        sys.stdout.flush()
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            return


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="relyra_django.testing.idp_server", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0, the default, picks a free port")
    parser.add_argument("--key", choices=KEY_KINDS, default="rsa")
    parser.add_argument(
        "--user",
        action="append",
        default=[],
        metavar="NAME:PASSWORD",
        help="somebody who can sign in; repeat for more (default: alice:alice)",
    )
    return parser


def _user(text: str) -> IdpUser:
    name, _, password = text.partition(":")
    return IdpUser(username=name, password=password, attributes={"email": f"{name}@example.org"})


if __name__ == "__main__":
    main()
