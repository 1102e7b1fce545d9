"""Where a visitor may be sent after the login: this site, and RETURN_TO_HOSTS."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest
from django.shortcuts import resolve_url
from django.utils.encoding import iri_to_uri
from django.utils.http import url_has_allowed_host_and_scheme

from relyra_django.browser import is_same, recognise
from relyra_django.conf import get_config
from relyra_django.exceptions import RelyraError
from relyra_django.saml.relay_state import is_ours
from relyra_django.stores import IntentKind, fetch_intent

MAX_LENGTH = 2048


def checked(url: str, *, acs_url: str) -> str:
    """Return the URL if a login through this `acs_url` may end there, else "".

    It is checked when it is written and again when it is read: the setting may have changed.
    """
    config = get_config()
    home = urlsplit(config.base_url or acs_url)
    # What is not printable is no URL, and JSON columns refuse NUL.
    if not url.isprintable() or len(iri_to_uri(url)) > MAX_LENGTH:
        return ""
    allowed = url_has_allowed_host_and_scheme(
        url,
        allowed_hosts={home.netloc, *config.return_to_hosts},
        require_https=home.scheme == "https",
    )
    return url if allowed else ""


def landing_url(return_to: str, *, acs_url: str) -> str:
    """Return where to go now: the stored `return_to`, or LOGIN_REDIRECT_URL."""
    return checked(return_to, acs_url=acs_url) or resolve_url(settings.LOGIN_REDIRECT_URL)


def interrupted(
    request: HttpRequest, *, connection_id: str, relay_state: str, kind: IntentKind
) -> str:
    """Return where a refused login was to end, to the browser that began it; else "".

    Only a live intent can tell: one that was used up says nothing any more.
    """
    if not is_ours(relay_state):
        return ""
    try:
        intent = fetch_intent(relay_state, kind=kind)
    except RelyraError:
        return ""
    browser = recognise(request, intent.acs_url)
    mine = is_same(browser.hash, intent.browser_hash) and intent.connection_id == connection_id
    return intent.return_to if mine else ""
