"""How a refusal looks from outside: an HTTP status and a page that shows the code alone."""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus
from types import MappingProxyType

from django.core.exceptions import (
    BadRequest,
    ImproperlyConfigured,
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
)
from django.db import Error as DatabaseError
from django.http import Http404, HttpRequest, HttpResponse, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.shortcuts import render
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext as _

from relyra_django.exceptions import ErrorCode, RelyraError
from relyra_django.telemetry import log_broken_page

RETRY_AFTER_SECONDS = 30

MALFORMED = (
    ErrorCode.INVALID_BINDING_PAYLOAD,
    ErrorCode.DOCTYPE_FORBIDDEN,
    ErrorCode.ENTITY_EXPANSION_FORBIDDEN,
    ErrorCode.MALFORMED_XML,
    ErrorCode.DUPLICATE_XML_ID,
    ErrorCode.AMBIGUOUS_ASSERTION,
    ErrorCode.MISSING_PROTOCOL_FIELD,
    ErrorCode.AMBIGUOUS_SIGNED_NODE,
    ErrorCode.CANONICALIZATION_FAILED,
    ErrorCode.INVALID_TIMESTAMP,
    ErrorCode.RELAY_STATE_MISSING,
    ErrorCode.INVALID_BINDING,
    ErrorCode.INVALID_LOGOUT_PAYLOAD,
    ErrorCode.METADATA_WRONG_ROOT,
    ErrorCode.METADATA_MISSING_ENTITY_ID,
    ErrorCode.METADATA_ENTITY_NOT_FOUND,
    ErrorCode.METADATA_ENTITY_AMBIGUOUS,
    ErrorCode.METADATA_MISSING_SSO_SERVICE,
    ErrorCode.METADATA_MISSING_CERTIFICATE,
    ErrorCode.METADATA_EXPIRED,
    ErrorCode.INVALID_CONNECTION_RECORD,
)
REFUSED = (
    ErrorCode.MISSING_SIGNATURE,
    ErrorCode.INVALID_SIGNATURE,
    ErrorCode.DIGEST_MISMATCH,
    ErrorCode.DEPRECATED_ALGORITHM,
    ErrorCode.LEGACY_ALGORITHM_OVERRIDE_EXPIRED,
    ErrorCode.UNTRUSTED_CERTIFICATE,
    ErrorCode.CERTIFICATE_EXPIRED,
    ErrorCode.DECRYPTION_FAILED,
    ErrorCode.UNSUPPORTED_STATUS,
    ErrorCode.ISSUER_MISMATCH,
    ErrorCode.DESTINATION_MISMATCH,
    ErrorCode.RECIPIENT_MISMATCH,
    ErrorCode.INVALID_AUDIENCE,
    ErrorCode.UNSUPPORTED_CONDITION,
    ErrorCode.ASSERTION_EXPIRED,
    ErrorCode.ASSERTION_NOT_YET_VALID,
    ErrorCode.ASSERTION_LIFETIME_EXCEEDED,
    ErrorCode.SUBJECT_CONFIRMATION_INVALID,
    ErrorCode.SUBJECT_CONFIRMATION_EXPIRED,
    ErrorCode.SESSION_EXPIRED,
    ErrorCode.NAME_ID_NOT_ACCEPTED,
    ErrorCode.INVALID_ATTRIBUTE,
    ErrorCode.AUTHN_CONTEXT_MISMATCH,
    ErrorCode.AUTHN_TOO_OLD,
    ErrorCode.IN_RESPONSE_TO_MISMATCH,
    ErrorCode.IDP_INITIATED_NOT_ALLOWED,
    ErrorCode.LOGOUT_MESSAGE_EXPIRED,
    ErrorCode.LOGOUT_MESSAGE_NOT_YET_VALID,
    ErrorCode.REQUEST_INTENT_NOT_FOUND,
    ErrorCode.REQUEST_INTENT_CONSUMED,
    ErrorCode.REQUEST_INTENT_EXPIRED,
    ErrorCode.REQUEST_INTENT_INVALID,
    ErrorCode.CONNECTION_BINDING_MISMATCH,
    ErrorCode.BROWSER_BINDING_MISMATCH,
    ErrorCode.REPLAYED_ASSERTION,
    ErrorCode.IDENTITY_NOT_LINKED,
    ErrorCode.IDENTITY_CONFLICT,
    ErrorCode.IDENTITY_ANCHOR_MISSING,
    ErrorCode.USER_INACTIVE,
)
UNAVAILABLE = (
    ErrorCode.STORE_UNAVAILABLE,
    ErrorCode.AUTHN_REQUEST_INVALID,
    ErrorCode.INVALID_IDP_SSO_URL,
    ErrorCode.KEY_NOT_CONFIGURED,
    ErrorCode.ADAPTER_NOT_CONFIGURED,
    ErrorCode.RESOLVER_FAILED,
    ErrorCode.CONNECTION_INVALID,
)
ALONE = {
    ErrorCode.CONNECTION_UNAVAILABLE: HTTPStatus.NOT_FOUND,
    ErrorCode.CONNECTION_NOT_FOUND: HTTPStatus.NOT_FOUND,
    ErrorCode.METHOD_NOT_ALLOWED: HTTPStatus.METHOD_NOT_ALLOWED,
    ErrorCode.PAYLOAD_TOO_LARGE: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    ErrorCode.UNSUPPORTED_MEDIA_TYPE: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    ErrorCode.INTERNAL_PROTOCOL_ERROR: HTTPStatus.INTERNAL_SERVER_ERROR,
}


def _table() -> Iterator[tuple[ErrorCode, HTTPStatus]]:
    yield from ((code, HTTPStatus.BAD_REQUEST) for code in MALFORMED)
    yield from ((code, HTTPStatus.FORBIDDEN) for code in REFUSED)
    yield from ((code, HTTPStatus.SERVICE_UNAVAILABLE) for code in UNAVAILABLE)
    yield from ALONE.items()


STATUS = MappingProxyType(dict(_table()))


def as_refusal(error: Exception) -> RelyraError:
    """Give the code to what Django, the database or we ourselves raised."""
    match error:
        case RelyraError():
            return error
        case RequestDataTooBig():
            code, message = ErrorCode.PAYLOAD_TOO_LARGE, "The request is too large."
        case SuspiciousOperation() | BadRequest() | UnreadablePostError() | MultiPartParserError():
            code, message = ErrorCode.INVALID_BINDING_PAYLOAD, "The request cannot be read."
        case PermissionDenied() | Http404():
            code, message = (
                ErrorCode.IDENTITY_NOT_LINKED,
                "Code of the site turned the person away.",
            )
        case DatabaseError():
            code, message = ErrorCode.STORE_UNAVAILABLE, "The database failed."
        case ImproperlyConfigured():
            code, message = ErrorCode.ADAPTER_NOT_CONFIGURED, str(error)
        case _:
            code, message = ErrorCode.INTERNAL_PROTOCOL_ERROR, "An unexpected error."
    return RelyraError(code, message, reason=type(error).__name__)


def is_our_fault(refusal: RelyraError) -> bool:
    """Tell a failure of ours, or of what we stand on, from a refusal of what came in."""
    return STATUS[refusal.code] >= HTTPStatus.INTERNAL_SERVER_ERROR


def refusal_page(
    request: HttpRequest, refusal: RelyraError, correlation_id: str, retry_url: str
) -> HttpResponse:
    """Return the page for a visitor: nothing of the message, nothing of the details.

    Where the site's templates fail, and a database that is gone may be why, it is plain text.
    """
    context = {
        "code": refusal.code.value,
        "correlation_id": correlation_id,
        "retry_url": retry_url,
    }
    status = STATUS[refusal.code]
    try:
        response = render(request, "relyra_django/login_failed.html", context, status=status)
    except Exception as error:
        log_broken_page(error, correlation_id=correlation_id)
        response = _bare_page(refusal, correlation_id)
    add_never_cache_headers(response)
    if status is HTTPStatus.SERVICE_UNAVAILABLE:
        response.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return response


def _bare_page(refusal: RelyraError, correlation_id: str) -> HttpResponse:
    lines = (
        _("Sign-in failed"),
        f"{_('Code')}: {refusal.code.value}",
        f"{_('Reference')}: {correlation_id}",
    )
    return HttpResponse(
        "\n".join(lines) + "\n",
        content_type="text/plain; charset=utf-8",
        status=STATUS[refusal.code],
    )
