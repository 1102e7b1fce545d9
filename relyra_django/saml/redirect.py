"""HTTP-Redirect as it comes in (Bindings 3.4.4): the raw query string, its signature, its message.

The signature covers the parameters as they were written, so they are cut out by hand and never
taken from a parser of forms: that one decodes, reorders, and lets the last of two win.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from urllib.parse import unquote_to_bytes

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from relyra_django.saml import algorithms, bindings, signature
from relyra_django.saml.certificates import Certificate, PublicKey
from relyra_django.saml.connection import Policy
from relyra_django.saml.errors import ErrorCode, RelyraError
from relyra_django.saml.xml import MESSAGE_MAX_BYTES

# More than any web server passes on.
QUERY_MAX_CHARS: Final = 65_536
# Six are SAML's; what proxies and link checkers append is never this much.
MAX_PARAMETERS: Final = 64
DEFLATE: Final = "urn:oasis:names:tc:SAML:2.0:bindings:URL-Encoding:DEFLATE"

_MESSAGES: Final = ("SAMLRequest", "SAMLResponse")
_OURS: Final = frozenset({*_MESSAGES, "RelayState", "SigAlg", "Signature", "SAMLEncoding"})
_LOOKS_LIKE_OURS: Final = frozenset(map(str.lower, _OURS))
_PLAIN_NAME = re.compile(r"[A-Za-z0-9._~-]{1,64}", re.ASCII)
_VISIBLE = re.compile(r"[!-~]*", re.ASCII)
_BROKEN_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")


@dataclass(frozen=True, kw_only=True, slots=True)
class RedirectMessage:
    """What one query string carries, unescaped; the message is still deflated.

    `signed_octets` are what a signature covers: the parameters as they were written.
    """

    parameter: str  # SAMLRequest or SAMLResponse
    deflated: bytes = field(repr=False)
    relay_state: str | None = field(repr=False)
    sig_alg: str | None
    signature: bytes | None = field(repr=False)
    signed_octets: bytes = field(repr=False)


def read_query(query: str | bytes) -> RedirectMessage:
    """Cut a raw query string, without its question mark, into SAML's parameters.

    Raises invalid_binding_payload, payload_too_large, invalid_signature (no base64).
    """
    written = _cut(_ascii(query))
    found = [name for name in _MESSAGES if name in written]
    if len(found) != 1:
        raise _invalid("There must be one SAMLRequest or one SAMLResponse.")
    if _text(written, "SAMLEncoding") not in (None, DEFLATE):
        raise _invalid("Only the DEFLATE encoding is known here.", "SAMLEncoding")
    # The order is the standard's, not that of the query (Bindings 3.4.4.1).
    covered = [name for name in (found[0], "RelayState", "SigAlg") if name in written]
    return RedirectMessage(
        parameter=found[0],
        deflated=bindings.decode_post(unquote_to_bytes(written[found[0]])),
        relay_state=_text(written, "RelayState", plus="%20"),
        sig_alg=_text(written, "SigAlg"),
        signature=_signature(written.get("Signature")),
        signed_octets="&".join(f"{name}={written[name]}" for name in covered).encode(),
    )


def _cut(query: str) -> dict[str, str]:
    """Return our parameters as they were written, each there once and spelled in one way.

    Others may only follow the signature, where proxies append theirs. Those whose name a lenient
    reader might take for one of ours may not, nor those with an escape in their name.
    """
    if query.count("&") >= MAX_PARAMETERS:
        raise _invalid("The query has too many parameters.")
    written: dict[str, str] = {}
    for piece in query.split("&"):
        name, sign, value = piece.partition("=")
        if name not in _OURS:
            _check_foreign(name, signed="Signature" in written)
        elif name in written or not sign or _BROKEN_ESCAPE.search(value):
            raise _invalid("A parameter is there twice, or broken.", name)
        else:
            written[name] = value
    return written


def _text(written: Mapping[str, str], name: str, plus: str = "+") -> str | None:
    if name not in written:
        return None
    # Raised outside of the handler: that exception holds the whole value.
    with suppress(UnicodeDecodeError):
        return unquote_to_bytes(written[name].replace("+", plus)).decode()
    raise _invalid("A parameter is not UTF-8.", name)


def _signature(written: str | None) -> bytes | None:
    if written is None:
        return None
    try:
        return bindings.decode_post(unquote_to_bytes(written))
    except RelyraError as error:
        raise RelyraError(
            ErrorCode.INVALID_SIGNATURE, "The Signature parameter is not base64."
        ) from error


def verify(
    message: RedirectMessage, trusted: Sequence[str], policy: Policy, now: datetime
) -> Certificate:
    """Return the certificate whose key signed the query; all those of the connection are tried.

    Raises deprecated_algorithm, legacy_algorithm_override_expired, untrusted_certificate,
    certificate_expired, invalid_signature.
    """
    method = algorithms.signature_algorithm(message.sig_alg or "", policy, now)
    pins = signature.pins(trusted, policy, now)
    for pin in pins:
        for value in _spellings(message.signature or b"", pin.public_key):
            if algorithms.verifies(pin.public_key, method, value, message.signed_octets):
                return pin
    raise RelyraError(
        ErrorCode.INVALID_SIGNATURE,
        "No active certificate of this connection made the signature.",
        expected=[pin.fingerprint_sha256 for pin in pins],
    )


def inflate(compressed: bytes) -> bytes:
    """Undo the DEFLATE encoding (Bindings 3.4.4.1) and stop where a message would be too large.

    Raises invalid_binding_payload, payload_too_large.
    """
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        message = inflater.decompress(compressed, MESSAGE_MAX_BYTES + 1)
    except zlib.error as error:
        raise _invalid("The message is not deflated.") from error
    if len(message) > MESSAGE_MAX_BYTES:
        raise RelyraError(
            ErrorCode.PAYLOAD_TOO_LARGE, "The message is too large.", expected=MESSAGE_MAX_BYTES
        )
    if not inflater.eof or inflater.unused_data:
        raise _invalid("The deflated message is cut off, or something follows it.")
    return message


def _spellings(value: bytes, key: PublicKey) -> Iterator[bytes]:
    """Yield an ECDSA signature as XML Signature spells it, and as DER, which Java writes here."""
    yield value
    if isinstance(key, EllipticCurvePublicKey):
        size = (key.curve.key_size + 7) // 8
        try:
            r, s = decode_dss_signature(value)
            yield r.to_bytes(size) + s.to_bytes(size)
        except (ValueError, OverflowError):
            return


def _check_foreign(name: str, *, signed: bool) -> None:
    plain = _PLAIN_NAME.fullmatch(name) is not None and name.lower() not in _LOOKS_LIKE_OURS
    if not (signed and plain):
        raise _invalid("The query has a parameter that it cannot have.")


def _ascii(query: str | bytes) -> str:
    if len(query) > QUERY_MAX_CHARS:
        raise RelyraError(
            ErrorCode.PAYLOAD_TOO_LARGE, "The query is too long.", expected=QUERY_MAX_CHARS
        )
    if not query.isascii():
        raise _invalid("The query is not ASCII.")
    text = query.decode("ascii") if isinstance(query, bytes) else query
    if _VISIBLE.fullmatch(text) is None:
        raise _invalid("The query has characters that a query cannot have.")
    return text


def _invalid(message: str, field: str | None = None) -> RelyraError:
    return RelyraError(ErrorCode.INVALID_BINDING_PAYLOAD, message, field=field)
