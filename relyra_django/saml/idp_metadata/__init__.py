"""Metadata of an identity provider: what it is called, where it listens, which keys are its own.

Read in the order of the calls: document (bytes, signature, entity), validity, then the parts of the
one role that counts.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from relyra_django.saml.errors import ErrorCode, RelyraError
from relyra_django.saml.idp_metadata import document, endpoints, names, validity
from relyra_django.saml.idp_metadata.keys import read_keys
from relyra_django.saml.idp_metadata.result import (
    CertificateUse,
    Endpoint,
    IdpMetadata,
    UnusableCertificate,
)
from relyra_django.saml.threads import in_own_thread

METADATA_MAX_BYTES: Final = 5 * 1_048_576
AGGREGATE_MAX_BYTES: Final = 64 * 1_048_576

__all__ = [
    "AGGREGATE_MAX_BYTES",
    "METADATA_MAX_BYTES",
    "CertificateUse",
    "Endpoint",
    "IdpMetadata",
    "UnusableCertificate",
    "parse_idp_metadata",
]


def parse_idp_metadata(
    xml: bytes,
    *,
    entity_id: str | None = None,
    now: datetime,
    signing_certificates: tuple[str, ...] = (),
    max_bytes: int = METADATA_MAX_BYTES,
) -> IdpMetadata:
    """Read one identity provider from an EntityDescriptor or an EntitiesDescriptor (Metadata 2.3).

    `entity_id` names the entity; without it there must be one identity provider. With
    `signing_certificates` (PEM) the root must be signed by one of them, and only what was signed is
    read; without them a signature says nothing. `max_bytes`: give AGGREGATE_MAX_BYTES for the file
    of a federation. `now` is UTC; no skew is granted.

    Raises payload_too_large, doctype_forbidden, entity_expansion_forbidden, malformed_xml,
    duplicate_xml_id; missing_signature and the codes of signature.verify(); metadata_wrong_root,
    metadata_missing_entity_id, metadata_entity_not_found, metadata_entity_ambiguous,
    metadata_expired, invalid_timestamp, metadata_missing_sso_service, metadata_missing_certificate.
    """
    try:
        # Whatever is parsed here, signed or not, holds names that strangers made up.
        return in_own_thread(
            lambda: _read(document.load(xml, signing_certificates, now, max_bytes), entity_id, now)
        )
    except RelyraError:
        raise
    except Exception as error:
        raise RelyraError(
            ErrorCode.INTERNAL_PROTOCOL_ERROR,
            "The metadata failed in a way nobody foresaw.",
            reason=type(error).__name__,
        ) from error


def _read(loaded: document.Document, entity_id: str | None, now: datetime) -> IdpMetadata:
    levels = document.choose(loaded.root, entity_id)
    valid_until = validity.check_valid_until(levels, now)
    entity, role = levels[-2:]
    return IdpMetadata(
        entity_id=entity.get("entityID", ""),
        display_name=names.display_name(entity, role),
        sso_endpoints=endpoints.read_sso(role),
        slo_endpoints=endpoints.read_slo(role),
        name_id_formats=names.name_id_formats(role),
        **read_keys(role),
        **names.scopes(entity, role),
        want_authn_requests_signed=names.is_true(role.get("WantAuthnRequestsSigned")),
        valid_until=valid_until,
        cache_duration=validity.cache_duration(levels),
        signed=loaded.signer is not None,
        certificate_fingerprint=loaded.fingerprint,
    )
