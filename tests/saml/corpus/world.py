"""The one connection, request and moment of the corpus, unless a case says otherwise."""

from __future__ import annotations

IDP = "https://idp.example.org/metadata"
SP_ENTITY_ID = "https://sp.example.com/saml/acme/metadata/"
ACS_URL = "https://sp.example.com/saml/acme/acs/"
SLO_URL = "https://sp.example.com/saml/acme/slo/"
REQUEST_ID = "id_request"
NOW = "2026-03-14T12:00:00+00:00"

CONNECTION = {
    "connection_id": "acme",
    "idp_entity_id": IDP,
    "sp_entity_id": SP_ENTITY_ID,
    "acs_url": ACS_URL,
    "idp_sso_url": "https://idp.example.org/sso",
    "slo_url": SLO_URL,
    "idp_certificates": ("idp.crt",),
    "sp_decryption_keys": ("sp.key",),
}
