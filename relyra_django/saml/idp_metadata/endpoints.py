"""The addresses of an identity provider that a browser may be sent to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final
from urllib.parse import urlsplit

from lxml import etree

from relyra_django.saml import constants as c
from relyra_django.saml.connection import SsoBinding
from relyra_django.saml.errors import ErrorCode, RelyraError
from relyra_django.saml.idp_metadata.result import Endpoint

MAX_LOCATION_LENGTH: Final = 2048
MAX_ENDPOINTS: Final = 64

# SOAP and Artifact are other ways to be called, and none of ours.
_BINDINGS: Final[Mapping[str | None, SsoBinding]] = MappingProxyType(
    {c.BINDING_REDIRECT: SsoBinding.REDIRECT, c.BINDING_POST: SsoBinding.POST}
)


def read_sso(role: etree._Element) -> tuple[Endpoint, ...]:
    """Return the SingleSignOnServices that can be used (Metadata 2.4.3).

    Raises metadata_missing_sso_service, malformed_xml.
    """
    found = _read(role, "SingleSignOnService")
    if not found:
        raise RelyraError(
            ErrorCode.METADATA_MISSING_SSO_SERVICE,
            "There is no usable SingleSignOnService for HTTP-Redirect or HTTP-POST.",
        )
    return found


def read_slo(role: etree._Element) -> tuple[Endpoint, ...]:
    """Return the SingleLogoutServices that can be used. Raises malformed_xml (Metadata 2.4.2)."""
    return _read(role, "SingleLogoutService")


def is_usable(url: str) -> bool:
    """Tell whether a browser may be sent there: absolute http(s), plain ASCII, nothing hidden."""
    # urlsplit() drops line breaks and tabs in silence, and browsers turn a backslash into a slash.
    plain = url.isascii() and url.isprintable() and not set(url) & {" ", "\\", "#"}
    if not plain or len(url) > MAX_LOCATION_LENGTH:
        return False
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    whole = parts.scheme in ("https", "http") and bool(parts.hostname)
    return whole and "@" not in parts.netloc and port != 0


def _read(role: etree._Element, name: str) -> tuple[Endpoint, ...]:
    elements = role.findall(c.MD + name)
    if len(elements) > MAX_ENDPOINTS:
        raise RelyraError(
            ErrorCode.MALFORMED_XML,
            "The identity provider has too many endpoints.",
            expected=MAX_ENDPOINTS,
            actual=len(elements),
        )
    return tuple(dict.fromkeys(_usable(elements)))


def _usable(elements: list[etree._Element]) -> Iterator[Endpoint]:
    for element in elements:
        binding = _BINDINGS.get(element.get("Binding"))
        location = element.get("Location", "")
        response_location = element.get("ResponseLocation", location)
        if binding is not None and is_usable(location) and is_usable(response_location):
            yield Endpoint(binding=binding, location=location, response_location=response_location)
