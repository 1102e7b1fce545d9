"""The body of a POST, before any field of it is parsed."""

from __future__ import annotations

from django.http import HttpRequest

from relyra_django.exceptions import ErrorCode, RelyraError

# Room for the largest SAMLResponse that is decoded, percent-encoded.
MAX_BODY_BYTES = 2_621_440
# More digits are no length of anything, and int() refuses thousands of them.
MAX_DIGITS = 18


def check_body(request: HttpRequest) -> None:
    """Refuse by the header, then by the size.

    Raises invalid_binding_payload, payload_too_large, and what Django raises for a body that it
    cannot read.
    """
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not (length.isascii() and length.isdecimal()):
        raise RelyraError(ErrorCode.INVALID_BINDING_PAYLOAD, "The length of the body is no number.")
    if len(length) > MAX_DIGITS or int(length) > MAX_BODY_BYTES:
        raise _too_large()
    # A chunked body comes without a length.
    if len(request.body) > MAX_BODY_BYTES:
        raise _too_large()


def _too_large() -> RelyraError:
    return RelyraError(
        ErrorCode.PAYLOAD_TOO_LARGE, "The body is too large.", expected=MAX_BODY_BYTES
    )
