"""SAML 2.0, pure: no Django, no settings, no clock, no I/O; everything comes in as arguments."""

from relyra_django.saml.connection import ConnectionSnapshot, Hatch, Policy
from relyra_django.saml.errors import ErrorCode, RelyraError
from relyra_django.saml.idp_metadata import IdpMetadata, parse_idp_metadata
from relyra_django.saml.logout import validate_logout_request, validate_logout_response
from relyra_django.saml.logout_messages import LogoutRequest, LogoutResponse
from relyra_django.saml.response import ValidatedAssertion
from relyra_django.saml.stages import StageResult
from relyra_django.saml.validation import validate_response

__all__ = [
    "ConnectionSnapshot",
    "ErrorCode",
    "Hatch",
    "IdpMetadata",
    "LogoutRequest",
    "LogoutResponse",
    "Policy",
    "RelyraError",
    "StageResult",
    "ValidatedAssertion",
    "parse_idp_metadata",
    "validate_logout_request",
    "validate_logout_response",
    "validate_response",
]
