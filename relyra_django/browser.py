"""The browser that began a login: a random cookie, whose hash the intent keeps.

Without it an attacker could have somebody else's browser finish the attacker's own login.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass, field
from hashlib import sha256
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.utils.crypto import constant_time_compare

from relyra_django.conf import get_config

SECURE_COOKIE = "__Host-relyra"
LOOPBACK_COOKIE = "relyra_browser"
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)


def is_cross_site(acs_url: str) -> bool:
    """Tell whether the cookie reaches the ACS: SameSite=None needs https (RFC 6265bis 5.7).

    The scheme of `acs_url` decides; behind a proxy `request.is_secure()` may be wrong.
    """
    return urlsplit(acs_url).scheme == "https"


def session_is_strict() -> bool:
    """Tell whether the session cookie is SameSite=Strict; Django takes the word in any case."""
    return str(settings.SESSION_COOKIE_SAMESITE).lower() == "strict"


@dataclass(frozen=True, kw_only=True, slots=True)
class Browser:
    """One browser, as far as the connection with this `acs_url` can tell it from others."""

    acs_url: str
    token: str = field(repr=False)

    @property
    def hash(self) -> str:
        """What an intent may keep: SHA-256 of the token, or "" for a browser without one."""
        return sha256(self.token.encode()).hexdigest() if self.token else ""

    def remember(self, response: HttpResponseBase) -> None:
        """Set the cookie, or renew it: it lives as long as the latest intent."""
        secure = is_cross_site(self.acs_url)
        response.set_cookie(
            SECURE_COOKIE if secure else LOOPBACK_COOKIE,
            self.token,
            max_age=get_config().request_ttl,
            path="/",
            secure=secure,
            httponly=True,
            samesite="None" if secure else "Lax",
        )


def recognise(request: HttpRequest, acs_url: str) -> Browser:
    """Return the browser behind the request; its token is "" when it has no cookie of ours."""
    secure = is_cross_site(acs_url)
    token = _sole_cookie(request) if secure else request.COOKIES.get(LOOPBACK_COOKIE, "")
    return Browser(acs_url=acs_url, token=token if _TOKEN.fullmatch(token) else "")


def _sole_cookie(request: HttpRequest) -> str:
    """Return the cookie whose name is SECURE_COOKIE to the letter, "" for none or several.

    Browsers let nobody else set that name, but request.COOKIES strips Unicode blanks: a
    neighbouring subdomain could set a name with one of them, and pass for it there.
    """
    pairs = (each.partition("=") for each in request.META.get("HTTP_COOKIE", "").split(";"))
    found = [value.strip(" \t") for name, _, value in pairs if name.strip(" \t") == SECURE_COOKIE]
    return found[0] if len(found) == 1 else ""


def recognise_or_issue(request: HttpRequest, acs_url: str) -> Browser:
    """Return the browser behind the request, with a fresh token when it has none.

    Parallel tabs share one token. Call `remember()` on the response.
    """
    known = recognise(request, acs_url)
    return known if known.token else Browser(acs_url=acs_url, token=secrets.token_urlsafe(32))


def is_same(browser_hash: str, expected: str) -> bool:
    """Compare two hashes in constant time; a browser without a cookie is nobody's."""
    return bool(expected) and constant_time_compare(browser_hash, expected)
