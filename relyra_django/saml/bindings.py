"""How messages travel: HTTP-POST (Bindings 3.5) and HTTP-Redirect (Bindings 3.4)."""

from __future__ import annotations

import base64
import binascii
import zlib
from typing import Final
from urllib.parse import parse_qsl, quote_plus, urlsplit

from relyra_django.saml import keys
from relyra_django.saml.errors import ErrorCode, RelyraError

FIELD_MAX_CHARS: Final = 1_572_864
_RESERVED: Final = frozenset({"SAMLRequest", "SAMLResponse", "RelayState", "SigAlg", "Signature"})
_WHITE_SPACE: Final = b" \t\r\n"


def decode_post(payload: str | bytes) -> bytes:
    """Return the message in a form field: base64, ASCII white space tolerated, nothing else.

    Raises invalid_binding_payload, payload_too_large.
    """
    if len(payload) > FIELD_MAX_CHARS:
        raise RelyraError(
            ErrorCode.PAYLOAD_TOO_LARGE, "The form field is too large.", expected=FIELD_MAX_CHARS
        )
    compact = _ascii(payload).translate(None, _WHITE_SPACE)
    bare = compact.rstrip(b"=")
    padded = bare + b"=" * (-len(bare) % 4)
    # Padding may be left out, but what is there must be right.
    if not bare or compact not in (bare, padded):
        raise _invalid("The form field is not base64.")
    try:
        return base64.b64decode(padded, validate=True)
    except binascii.Error as error:
        raise _invalid("The form field is not base64.") from error


def encode_post(xml: bytes) -> str:
    """Return the value of the form field that carries a message."""
    return base64.b64encode(xml).decode("ascii")


def encode_redirect(
    xml: bytes,
    *,
    destination: str,
    relay_state: str,
    parameter: str = "SAMLRequest",
    signing_key_pem: str | None = None,
) -> str:
    """Return the whole URL that carries a message, signed when a key is given (Bindings 3.4.4.1).

    Raises invalid_idp_sso_url when the destination already carries one of our parameters, and
    key_not_configured for a key that cannot sign.
    """
    check_destination(destination)
    pairs = [(parameter, encode_post(_deflate(xml))), ("RelayState", relay_state)]
    key = keys.load_private_key(signing_key_pem) if signing_key_pem is not None else None
    if key is not None:
        pairs.append(("SigAlg", keys.signature_uri(key)))
    query = "&".join(f"{name}={quote_plus(value)}" for name, value in pairs)
    if key is not None:
        signature = base64.b64encode(keys.sign(key, query.encode("ascii"))).decode("ascii")
        query += "&Signature=" + quote_plus(signature)
    return destination + ("&" if urlsplit(destination).query else "?") + query


def check_destination(url: str) -> None:
    """Refuse an endpoint whose query would collide with a binding's own parameters.

    Raises invalid_idp_sso_url.
    """
    names = {name for name, _ in parse_qsl(urlsplit(url).query, keep_blank_values=True)}
    if reserved := names & _RESERVED:
        raise RelyraError(
            ErrorCode.INVALID_IDP_SSO_URL,
            "The URL already carries a parameter that SAML uses.",
            actual=sorted(reserved),
        )


def _ascii(payload: str | bytes) -> bytes:
    if isinstance(payload, bytes):
        return payload
    # Asked first: an UnicodeEncodeError holds the whole field.
    if not payload.isascii():
        raise _invalid("The form field is not ASCII.")
    return payload.encode("ascii")


def _deflate(xml: bytes) -> bytes:
    compressor = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return compressor.compress(xml) + compressor.flush()


def _invalid(message: str) -> RelyraError:
    return RelyraError(ErrorCode.INVALID_BINDING_PAYLOAD, message)
