"""Addresses: ours, as the identity provider is told them, and which of its own we accept."""

from __future__ import annotations

import re
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlsplit

from django.urls import NoReverseMatch, get_script_prefix, reverse
from django.utils.translation import gettext_lazy as _

from relyra_django.conf import get_config
from relyra_django.exceptions import RelyraError
from relyra_django.saml.bindings import check_destination

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

MAX_LENGTH = 2048
# urlsplit() drops line breaks and tabs in silence, and browsers turn \\ into /.
_PLAIN = re.compile(r"[!-\[\]-~]+")


def our_url(name: str, public_id: str) -> str:
    """Return BASE_URL + the path of one of our views; "" when there is no such URL.

    The Host header has no say, and neither has SCRIPT_NAME: BASE_URL carries the prefix.
    """
    base_url = get_config().base_url
    if base_url is None:
        return ""
    try:
        path = reverse(f"relyra:{name}", args=[public_id])
    except NoReverseMatch:
        return ""
    return f"{base_url}/{path.removeprefix(get_script_prefix())}"


def problem_with_idp_url(url: str) -> _StrPromise | None:
    """Say why people and messages may not be sent to `url`, or None."""
    if problem := problem_with_our_url(url):
        return problem
    parts = urlsplit(url)
    if parts.scheme != "https" and not _is_loopback(parts.hostname or ""):
        return _("The address must begin with https://.")
    try:
        check_destination(url)
    except RelyraError:
        return _("The query of the address uses a name that belongs to SAML itself.")
    return None


def problem_with_our_url(url: str) -> _StrPromise | None:
    """Say why `url` may not be one of our own addresses, or None."""
    parts = _split(url)
    if parts is None or parts.scheme not in ("https", "http") or not parts.hostname:
        return _("Enter a whole address, such as https://idp.example.com/sso.")
    if "@" in parts.netloc:
        return _("The address must not carry a user name or a password.")
    if "#" in url:
        return _("The address must not carry a fragment (#).")
    return None


def _split(url: str) -> SplitResult | None:
    # urlsplit() drops line breaks and tabs in silence.
    if (
        len(url) > MAX_LENGTH
        or not url.isascii()
        or not url.isprintable()
        or set(url) & {" ", "\\"}
    ):
        return None
    try:
        parts = urlsplit(url)
        return parts if parts.port != 0 else None
    except ValueError:
        return None


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
