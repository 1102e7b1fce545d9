"""Every refusal there is. A code is stable API: it is never renamed and means one thing."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Any


class ErrorCode(StrEnum):
    """Stable, snake_case words; docs/reference/errors says what each means and what to do."""

    # Bytes and XML
    INVALID_BINDING_PAYLOAD = "invalid_binding_payload"
    PAYLOAD_TOO_LARGE = "payload_too_large"
    DOCTYPE_FORBIDDEN = "doctype_forbidden"
    ENTITY_EXPANSION_FORBIDDEN = "entity_expansion_forbidden"
    MALFORMED_XML = "malformed_xml"
    DUPLICATE_XML_ID = "duplicate_xml_id"
    AMBIGUOUS_ASSERTION = "ambiguous_assertion"
    MISSING_PROTOCOL_FIELD = "missing_protocol_field"
    # Signature
    AMBIGUOUS_SIGNED_NODE = "ambiguous_signed_node"
    CANONICALIZATION_FAILED = "canonicalization_failed"
    MISSING_SIGNATURE = "missing_signature"
    INVALID_SIGNATURE = "invalid_signature"
    DIGEST_MISMATCH = "digest_mismatch"
    DEPRECATED_ALGORITHM = "deprecated_algorithm"
    LEGACY_ALGORITHM_OVERRIDE_EXPIRED = "legacy_algorithm_override_expired"
    UNTRUSTED_CERTIFICATE = "untrusted_certificate"
    CERTIFICATE_EXPIRED = "certificate_expired"
    DECRYPTION_FAILED = "decryption_failed"
    # Rules
    UNSUPPORTED_STATUS = "unsupported_status"
    ISSUER_MISMATCH = "issuer_mismatch"
    DESTINATION_MISMATCH = "destination_mismatch"
    RECIPIENT_MISMATCH = "recipient_mismatch"
    INVALID_AUDIENCE = "invalid_audience"
    UNSUPPORTED_CONDITION = "unsupported_condition"
    INVALID_TIMESTAMP = "invalid_timestamp"
    ASSERTION_EXPIRED = "assertion_expired"
    ASSERTION_NOT_YET_VALID = "assertion_not_yet_valid"
    ASSERTION_LIFETIME_EXCEEDED = "assertion_lifetime_exceeded"
    SUBJECT_CONFIRMATION_INVALID = "subject_confirmation_invalid"
    SUBJECT_CONFIRMATION_EXPIRED = "subject_confirmation_expired"
    SESSION_EXPIRED = "session_expired"
    NAME_ID_NOT_ACCEPTED = "name_id_not_accepted"
    INVALID_ATTRIBUTE = "invalid_attribute"
    AUTHN_CONTEXT_MISMATCH = "authn_context_mismatch"
    AUTHN_TOO_OLD = "authn_too_old"
    IN_RESPONSE_TO_MISMATCH = "in_response_to_mismatch"
    IDP_INITIATED_NOT_ALLOWED = "idp_initiated_not_allowed"
    # Logout messages
    INVALID_BINDING = "invalid_binding"
    INVALID_LOGOUT_PAYLOAD = "invalid_logout_payload"
    LOGOUT_MESSAGE_EXPIRED = "logout_message_expired"
    LOGOUT_MESSAGE_NOT_YET_VALID = "logout_message_not_yet_valid"
    # Metadata of an identity provider
    METADATA_WRONG_ROOT = "metadata_wrong_root"
    METADATA_MISSING_ENTITY_ID = "metadata_missing_entity_id"
    METADATA_ENTITY_NOT_FOUND = "metadata_entity_not_found"
    METADATA_ENTITY_AMBIGUOUS = "metadata_entity_ambiguous"
    METADATA_MISSING_SSO_SERVICE = "metadata_missing_sso_service"
    METADATA_MISSING_CERTIFICATE = "metadata_missing_certificate"
    METADATA_EXPIRED = "metadata_expired"
    # Request intent, replay, browser
    RELAY_STATE_MISSING = "relay_state_missing"
    REQUEST_INTENT_NOT_FOUND = "request_intent_not_found"
    REQUEST_INTENT_CONSUMED = "request_intent_consumed"
    REQUEST_INTENT_EXPIRED = "request_intent_expired"
    REQUEST_INTENT_INVALID = "request_intent_invalid"
    CONNECTION_BINDING_MISMATCH = "connection_binding_mismatch"
    BROWSER_BINDING_MISMATCH = "browser_binding_mismatch"
    REPLAYED_ASSERTION = "replayed_assertion"
    STORE_UNAVAILABLE = "store_unavailable"
    # Identity
    IDENTITY_NOT_LINKED = "identity_not_linked"
    IDENTITY_CONFLICT = "identity_conflict"
    IDENTITY_ANCHOR_MISSING = "identity_anchor_missing"
    USER_INACTIVE = "user_inactive"
    # Outbound and configuration
    AUTHN_REQUEST_INVALID = "authn_request_invalid"
    INVALID_IDP_SSO_URL = "invalid_idp_sso_url"
    KEY_NOT_CONFIGURED = "key_not_configured"
    ADAPTER_NOT_CONFIGURED = "adapter_not_configured"
    RESOLVER_FAILED = "resolver_failed"
    CONNECTION_INVALID = "connection_invalid"
    CONNECTION_UNAVAILABLE = "connection_unavailable"
    # Trust changes by an operator
    CONNECTION_NOT_FOUND = "connection_not_found"
    INVALID_CONNECTION_RECORD = "invalid_connection_record"
    # HTTP and defects
    METHOD_NOT_ALLOWED = "method_not_allowed"
    UNSUPPORTED_MEDIA_TYPE = "unsupported_media_type"
    INTERNAL_PROTOCOL_ERROR = "internal_protocol_error"


class RelyraError(Exception):
    """A refusal: a stable code, a sentence for operators, and details no visitor ever sees."""

    def __init__(self, code: ErrorCode, message: str, **details: Any) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.details: Mapping[str, Any] = MappingProxyType(details)
