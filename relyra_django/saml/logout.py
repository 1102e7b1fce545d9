"""The judges of logout messages: how one arrives by each binding, then the rules of each.

Read the tuples from top to bottom, as STAGES in validation.py: they are the trust path. The first
stage that fails gives the code. Whether a message was used before is not the judge's business.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from lxml import etree

from relyra_django.saml import bindings, redirect, signature, stages, xml
from relyra_django.saml import constants as c
from relyra_django.saml import logout_rules as rules
from relyra_django.saml.connection import ConnectionSnapshot
from relyra_django.saml.errors import ErrorCode, RelyraError
from relyra_django.saml.logout_messages import LogoutRequest, LogoutResponse
from relyra_django.saml.logout_rules import LogoutJudgement
from relyra_django.saml.response import JUDGED

Stages = tuple[tuple[str, Callable[[LogoutJudgement], None]], ...]

_PARAMETER: Final = MappingProxyType(
    {c.SAMLP + "LogoutRequest": "SAMLRequest", c.SAMLP + "LogoutResponse": "SAMLResponse"}
)
_any_signature = etree.XPath("boolean(//ds:Signature)", namespaces={"ds": c.DS_NS})


def parse_form_field(judgement: LogoutJudgement) -> None:
    """Decode and parse the form field."""
    judgement.received = judgement.message = xml.parse(bindings.decode_post(judgement.payload))


def check_signature_structure(judgement: LogoutJudgement) -> None:
    """Every signature is one of the message itself and has the one shape that is accepted."""
    root = judgement.received
    judgement.parts = signature.find_signatures(root, [root]).get(root)


def check_signature_presence(judgement: LogoutJudgement) -> None:
    """The message is signed, unless the connection lets it go without."""
    if judgement.parts is None and judgement.must_be_signed:
        raise _unsigned("The message is not signed.")


def verify_signature(judgement: LogoutJudgement) -> None:
    """A signature that is there verifies, by two verifiers; only what it covers is read."""
    if judgement.parts is None:
        return
    trusted = judgement.connection.idp_certificates
    signed = signature.verify(judgement.parts, trusted, judgement.policy, judgement.now)
    judgement.message, judgement.certificate = signed.root, signed.certificate
    judgement.algorithms = (signed.method, signed.digest_method)


def read_query(judgement: LogoutJudgement) -> None:
    """Cut the query string into its parameters; one of them holds the expected message."""
    query = judgement.query = redirect.read_query(judgement.payload)
    judgement.relay_state = query.relay_state
    expected = _PARAMETER[judgement.root]
    if query.parameter != expected:
        raise RelyraError(
            ErrorCode.INVALID_LOGOUT_PAYLOAD,
            "The parameter is not the one that is expected here.",
            expected=expected,
            actual=query.parameter,
        )


def verify_query(judgement: LogoutJudgement) -> None:
    """The query is signed, unless the connection lets it go without; half a signature is none."""
    query = judgement.query
    signed = query.signature is not None
    if signed != (query.sig_alg is not None) or (judgement.must_be_signed and not signed):
        raise _unsigned("The query is not signed, or not wholly.")
    if signed:
        trusted = judgement.connection.idp_certificates
        judgement.certificate = redirect.verify(query, trusted, judgement.policy, judgement.now)
        judgement.algorithms = (query.sig_alg or "",)


def parse_query(judgement: LogoutJudgement) -> None:
    """Inflate and parse what the query carries: nothing that a stranger wrote gets here."""
    judgement.received = judgement.message = xml.parse(redirect.inflate(judgement.query.deflated))


def refuse_embedded_signature(judgement: LogoutJudgement) -> None:
    """A message in a query has no signature of its own (Bindings 3.4.4.1), and none stands in."""
    if _any_signature(judgement.received):
        raise RelyraError(
            ErrorCode.AMBIGUOUS_SIGNED_NODE, "A message in a query string has an XML signature."
        )


ARRIVAL: Final = MappingProxyType[str, Stages](
    {
        "post": (
            ("decode", parse_form_field),
            ("shape", rules.check_shape),
            ("signature_structure", check_signature_structure),
            ("signature_presence", check_signature_presence),
            ("signature_verify", verify_signature),
        ),
        # The signature comes first: it covers the text, so nobody else has us inflate and parse.
        "redirect": (
            ("query", read_query),
            ("signature_verify", verify_query),
            ("decode", parse_query),
            ("shape", rules.check_shape),
            ("signature_structure", refuse_embedded_signature),
        ),
    }
)
REQUEST_RULES: Final[Stages] = (
    ("issuer", rules.check_issuer),
    ("destination", rules.check_destination),
    ("issue_instant", rules.check_issue_instant),
    ("not_on_or_after", rules.check_not_on_or_after),
    ("name", rules.read_name),
    ("session_indexes", rules.read_session_indexes),
)
# The status comes last: a refusal that is ours to hear still answers our request.
RESPONSE_RULES: Final[Stages] = (
    ("issuer", rules.check_issuer),
    ("destination", rules.check_destination),
    ("issue_instant", rules.check_issue_instant),
    ("in_response_to", rules.check_in_response_to),
    ("status", rules.read_status),
)


def validate_logout_request(
    payload: str | bytes, connection: ConnectionSnapshot, *, binding: str, now: datetime
) -> LogoutRequest:
    """Judge a LogoutRequest before this connection at `now` (UTC).

    `payload` is the form field with the binding "post", the raw query string with "redirect".
    Raises RelyraError and nothing else. With `require_signed_logout_request` off an unsigned
    request comes back with `signed=False`: it is noise, and must end nobody's session.
    """
    judgement = LogoutJudgement(
        payload=payload, connection=connection, now=now, root=c.SAMLP + "LogoutRequest"
    )
    stages.run((*_arrival(binding), *REQUEST_RULES), judgement)
    return LogoutRequest(
        **_facts(judgement),
        name_id=judgement.name_id,
        session_indexes=judgement.session_indexes,
        not_on_or_after=judgement.not_on_or_after,
        reason=judgement.message.get("Reason"),
        encrypted=judgement.encrypted,
        seal=JUDGED,
    )


def validate_logout_response(
    payload: str | bytes,
    connection: ConnectionSnapshot,
    *,
    binding: str,
    request_id: str,
    now: datetime,
) -> LogoutResponse:
    """Judge the answer to our LogoutRequest `request_id`. As `validate_logout_request` otherwise.

    unsupported_status is raised after everything else has held: the request has been answered.
    """
    judgement = LogoutJudgement(
        payload=payload,
        connection=connection,
        now=now,
        root=c.SAMLP + "LogoutResponse",
        request_id=request_id,
    )
    stages.run((*_arrival(binding), *RESPONSE_RULES), judgement)
    status, second_level = judgement.status
    return LogoutResponse(
        **_facts(judgement),
        in_response_to=request_id,
        status=status or "",
        second_level_status=second_level,
        partial=second_level == c.STATUS_PARTIAL_LOGOUT,
        seal=JUDGED,
    )


def _arrival(binding: str) -> Stages:
    if binding not in ("post", "redirect"):
        raise RelyraError(
            ErrorCode.INVALID_BINDING,
            "Logout messages come by these bindings only.",
            expected=tuple(ARRIVAL),
        )
    return ARRIVAL[binding]


def _facts(judgement: LogoutJudgement) -> dict[str, Any]:
    """Return what both messages carry."""
    certificate = judgement.certificate
    return {
        "connection_id": judgement.connection.connection_id,
        "message_id": judgement.message.get("ID", ""),
        "issuer": judgement.connection.idp_entity_id,
        "issue_instant": judgement.issue_instant,
        "relay_state": judgement.relay_state,
        "signed": certificate is not None,
        "algorithms": (*judgement.algorithms, *judgement.encryption_algorithms),
        "certificate_fingerprint": certificate and certificate.fingerprint_sha256,
        "replay_expires_at": judgement.replay_expires_at,
    }


def _unsigned(message: str) -> RelyraError:
    return RelyraError(ErrorCode.MISSING_SIGNATURE, message)
