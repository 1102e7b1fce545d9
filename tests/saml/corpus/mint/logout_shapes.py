"""Honest logout messages, by both bindings."""

from __future__ import annotations

from dataclasses import replace

from relyra_django.saml.errors import ErrorCode
from tests.saml.corpus.cases import Identity
from tests.saml.corpus.mint import honest, queries
from tests.saml.corpus.mint.draft import Mutation, Shape, honest_twin
from tests.saml.corpus.mint.signers import REPOSITORY, XMLSEC

_REQUEST = """\
<samlp:LogoutRequest xmlns:samlp="SAMLP" xmlns:saml="SAML" ID="_logout" Version="2.0" \
IssueInstant="2026-03-14T12:00:00Z" NotOnOrAfter="2026-03-14T12:05:00Z" Destination="SLO">\
<saml:Issuer>IDP</saml:Issuer>\
<saml:NameID Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent">alice</saml:NameID>\
<samlp:SessionIndex>_session</samlp:SessionIndex></samlp:LogoutRequest>"""
_RESPONSE = """\
<samlp:LogoutResponse xmlns:samlp="SAMLP" xmlns:saml="SAML" ID="_logout" Version="2.0" \
IssueInstant="2026-03-14T12:00:00Z" Destination="SLO" InResponseTo="id_logout">\
<saml:Issuer>IDP</saml:Issuer><samlp:Status>\
<samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status>\
</samlp:LogoutResponse>"""
_SUCCESS = "urn:oasis:names:tc:SAML:2.0:status:Success"

ALICE = Identity(name_id="alice", attributes=(("session_index", ("_session",)),))
DONE = Identity(name_id=None, attributes=(("status", (_SUCCESS,)),))

_ANSWERED = {"request_id": "id_logout"}
REQUEST = Shape(
    slug="logout-request",
    words="a LogoutRequest by POST",
    signed=("_logout",),
    text=lambda samlp, saml: honest.filled(honest.respelt(_REQUEST, samlp, saml)),
    entry="logout_request",
)
RESPONSE = Shape(
    slug="logout-response",
    words="a LogoutResponse by POST",
    signed=("_logout",),
    text=lambda samlp, saml: honest.filled(honest.respelt(_RESPONSE, samlp, saml)),
    entry="logout_response",
    arguments=_ANSWERED,
)
REDIRECTED = replace(
    REQUEST,
    slug="logout-request-redirect",
    words="a LogoutRequest by redirect",
    signed=(),
    binding="redirect",
    carried=queries.HONEST,
)
ANSWER_REDIRECTED = replace(
    RESPONSE,
    slug="logout-response-redirect",
    words="a LogoutResponse by redirect",
    signed=(),
    binding="redirect",
    carried=queries.carried("SAMLResponse"),
)
POSTED = (REQUEST, RESPONSE)
EVERY = (REQUEST, RESPONSE, REDIRECTED, ANSWER_REDIRECTED)
# signxml signs XML alone.
QUERY_SIGNERS = (REPOSITORY, XMLSEC)

FIELD, XML = ErrorCode.MISSING_PROTOCOL_FIELD, ErrorCode.MALFORMED_XML
KIND, MISSING = ErrorCode.INVALID_LOGOUT_PAYLOAD, ErrorCode.MISSING_SIGNATURE
PLACE, DIGEST = ErrorCode.AMBIGUOUS_SIGNED_NODE, ErrorCode.DIGEST_MISMATCH
INVALID, OLD = ErrorCode.INVALID_SIGNATURE, ErrorCode.DEPRECATED_ALGORITHM
LATE, EARLY = ErrorCode.LOGOUT_MESSAGE_EXPIRED, ErrorCode.LOGOUT_MESSAGE_NOT_YET_VALID
BINDING, NAME = ErrorCode.INVALID_BINDING_PAYLOAD, ErrorCode.NAME_ID_NOT_ACCEPTED
UNSIGNED = {"require_signed_logout_request": False, "require_signed_logout_response": False}

HONEST: tuple[Mutation, ...] = (
    honest_twin(REQUEST, ALICE),
    honest_twin(RESPONSE, DONE),
    honest_twin(REDIRECTED, ALICE, signers=QUERY_SIGNERS),
    honest_twin(ANSWER_REDIRECTED, DONE, signers=QUERY_SIGNERS),
)
