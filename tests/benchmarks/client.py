"""One browser that calls Django's WSGI handler in this process."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.core.wsgi import get_wsgi_application

HOST = "sp.example.com"
BASE = f"https://{HOST}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    status: int
    location: str
    body: bytes


def form(fields: Mapping[str, str]) -> bytes:
    """Encode a form; done before the clock starts, for that is the browser's work."""
    return urlencode(fields).encode()


@dataclass(kw_only=True, slots=True)
class Client:
    cookies: dict[str, str] = field(default_factory=dict)

    def get(self, url: str) -> Answer:
        return self.call("GET", url, b"")

    def post(self, url: str, body: bytes) -> Answer:
        return self.call("POST", url, body)

    def call(self, method: str, url: str, body: bytes) -> Answer:
        headers: list[tuple[str, str]] = []
        statuses: list[str] = []

        def start_response(status: str, found: list[tuple[str, str]], *_: Any) -> None:
            statuses.append(status)
            headers.extend(found)

        response = handler()(self._environ(method, url, body), start_response)
        content = b"".join(response)
        response.close()
        self._keep_cookies(headers)
        location = next((value for name, value in headers if name == "Location"), "")
        return Answer(status=int(statuses[0][:3]), location=location, body=content)

    def _environ(self, method: str, url: str, body: bytes) -> dict[str, Any]:
        parts = urlsplit(url)
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        return {
            "REQUEST_METHOD": method,
            "SCRIPT_NAME": "",
            "PATH_INFO": parts.path,
            "QUERY_STRING": parts.query,
            "SERVER_NAME": HOST,
            "SERVER_PORT": "443",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "HTTP_HOST": HOST,
            "HTTP_ACCEPT": "text/html",
            **({"HTTP_COOKIE": cookies} if cookies else {}),
            "REMOTE_ADDR": "127.0.0.1",
            "CONTENT_TYPE": "application/x-www-form-urlencoded",
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "https",
            "wsgi.input": BytesIO(body),
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": False,
            "wsgi.multiprocess": True,
            "wsgi.run_once": False,
        }

    def _keep_cookies(self, headers: list[tuple[str, str]]) -> None:
        for name, value in headers:
            if name == "Set-Cookie":
                key, _, rest = value.partition("=")
                self.cookies[key.strip()] = rest.partition(";")[0]


_handlers: list[Any] = []


def handler() -> Any:
    if not _handlers:
        _handlers.append(get_wsgi_application())
    return _handlers[0]
