"""The judge: stages in order over one Response, and the only door to a ValidatedAssertion.

Read STAGES from top to bottom: it is the trust path. The first stage that fails gives the code.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Final

from lxml import etree

from relyra_django.saml import (
    attributes,
    decryption,
    encrypted_elements,
    envelope,
    rules,
    signature,
    stages,
    xml,
)
from relyra_django.saml import constants as c
from relyra_django.saml.connection import ConnectionSnapshot, Signing
from relyra_django.saml.encrypted_elements import Plaintext
from relyra_django.saml.envelope import DecodedResponse, decode_response
from relyra_django.saml.errors import ErrorCode, RelyraError
from relyra_django.saml.judgement import Judgement
from relyra_django.saml.response import JUDGED, Signed, ValidatedAssertion
from relyra_django.saml.signature import SignedNode
from relyra_django.saml.stages import Observer


def check_shape(judgement: Judgement) -> None:
    """One Response of version 2.0 with nothing in it but its own children."""
    envelope.check_envelope(judgement.received)


def check_status(judgement: Judgement) -> None:
    """The identity provider says success; otherwise any assertion is ignored."""
    envelope.check_status(judgement.received)


def find_assertion(judgement: Judgement) -> None:
    """One assertion in the whole document, in its place, encrypted or not."""
    judgement.received_assertion = envelope.sole_assertion(judgement.received)
    if judgement.is_encrypted:
        judgement.received_ids = xml.ids(judgement.received)
    else:
        envelope.check_version_and_id(judgement.received_assertion)


def check_signature_structure(judgement: Judgement) -> None:
    """Every signature, used or not, has the one shape that is accepted: before any crypto."""
    received, assertion = judgement.received, judgement.received_assertion
    hosts = (received,) if judgement.is_encrypted else (received, assertion)
    judgement.signatures = signature.find_signatures(received, hosts)


def check_signature_presence(judgement: Judgement) -> None:
    """What the connection asks to be signed is signed; nothing goes without.

    An encrypted assertion may have a signature of its own: that is seen when it is decrypted.
    """
    own = judgement.is_encrypted or judgement.received_assertion in judgement.signatures
    _require_signatures(judgement, own=own)


def verify_signatures(judgement: Judgement) -> None:
    """Every signature verifies, by two verifiers, on the tree as received; the outer one first."""
    judgement.signed_response = _verified(judgement, judgement.received)
    judgement.signed_assertion = _verified(judgement, judgement.received_assertion)


def decrypt_assertion(judgement: Judgement) -> None:
    """What was encrypted passes the stages above as a document of its own.

    It is taken from the signed Response where there is one. A plain assertion passes by.
    """
    if not judgement.is_encrypted:
        return
    response = judgement.signed_response
    outer = judgement.received if response is None else response.root
    plaintext = encrypted_elements.decrypt(envelope.sole_assertion(outer), judgement)
    if plaintext.authenticated or response is not None:
        _judge_plaintext(judgement, plaintext)
    else:
        _judge_malleable_plaintext(judgement, plaintext)


def bind_signed_bytes(judgement: Judgement) -> None:
    """From here on only what was signed is read: the assertion's own bytes, else the Response's."""
    response, own = judgement.signed_response, judgement.signed_assertion
    judgement.header = judgement.received if response is None else response.root
    covered = None if response is None else _covered(judgement, response)
    source = own.root if own is not None else covered
    if source is None or source.tag != c.SAML + "Assertion":
        raise RelyraError(ErrorCode.MISSING_SIGNATURE, "No signature covers the assertion.")
    if covered is not None and covered.get("ID") != source.get("ID"):
        raise RelyraError(
            ErrorCode.AMBIGUOUS_SIGNED_NODE, "The signed Response holds another assertion."
        )
    judgement.assertion = source


STAGES: Final[tuple[tuple[str, Callable[[Judgement], None]], ...]] = (
    ("shape", check_shape),
    ("status", check_status),
    ("assertion", find_assertion),
    ("signature_structure", check_signature_structure),
    ("signature_presence", check_signature_presence),
    ("signature_verify", verify_signatures),
    ("decryption", decrypt_assertion),
    ("signed_bytes", bind_signed_bytes),
    ("issuer", rules.check_issuers),
    ("destination", rules.check_destination),
    ("in_response_to", rules.check_in_response_to),
    ("issue_instant", rules.check_issue_instants),
    ("subject", rules.check_subject),
    ("conditions", rules.check_conditions),
    ("audience", rules.check_audience),
    ("confirmation", rules.check_confirmation),
    ("lifetime", rules.check_lifetime),
    ("authn_statement", rules.check_authn_statement),
    ("authn_context", rules.check_authn_context),
    ("attributes", attributes.read_attributes),
)
STAGE_NAMES: Final = tuple(name for name, _ in STAGES)
DECODE: Final = "decode"


def validate_response(
    payload: str | bytes,
    connection: ConnectionSnapshot,
    *,
    request_id: str | None,
    now: datetime,
    force_authn_since: datetime | None = None,
    required_authn_contexts: tuple[str, ...] = (),
    observe: Observer | None = None,
) -> ValidatedAssertion:
    """Judge the SAMLResponse form field before this connection at `now` (UTC).

    `request_id` is the ID of the AuthnRequest that is outstanding; None means that none is, and
    then only a policy that allows unsolicited responses accepts. `observe` hears of every stage.
    Raises RelyraError and nothing else; whether the message was used before is not its business.
    """
    try:
        decoded = decode_response(payload)
    except RelyraError as refusal:
        stages.report(refusal, (DECODE, *STAGE_NAMES), observe)
        raise
    except Exception as error:
        unforeseen = stages.unforeseen(error, DECODE)
        stages.report(unforeseen, (DECODE, *STAGE_NAMES), observe)
        raise unforeseen from error
    stages.tell(observe, DECODE)
    return validate_decoded(
        decoded,
        connection,
        request_id=request_id,
        now=now,
        force_authn_since=force_authn_since,
        required_authn_contexts=required_authn_contexts,
        observe=observe,
    )


def validate_decoded(
    decoded: DecodedResponse,
    connection: ConnectionSnapshot,
    *,
    request_id: str | None,
    now: datetime,
    force_authn_since: datetime | None = None,
    required_authn_contexts: tuple[str, ...] = (),
    observe: Observer | None = None,
) -> ValidatedAssertion:
    """Judge a message that `decode_response` has parsed. As `validate_response` otherwise.

    A decoded message is judged once: judging takes its signatures out of the tree.
    """
    judgement = Judgement(
        received=decoded.root,
        connection=connection,
        request_id=request_id,
        now=now,
        force_authn_since=force_authn_since,
        required_authn_contexts=required_authn_contexts,
    )
    stages.run(STAGES, judgement, observe)
    return _result(judgement)


def _require_signatures(judgement: Judgement, *, own: bool) -> None:
    """Compare with the policy; `own`: the assertion has a signature of its own."""
    outer = judgement.received in judgement.signatures
    enough = {
        Signing.EITHER: own or outer,
        Signing.ASSERTION: own,
        Signing.RESPONSE: outer,
        Signing.BOTH: own and outer,
    }
    if not enough[judgement.policy.signing]:
        raise RelyraError(
            ErrorCode.MISSING_SIGNATURE,
            "What must be signed is not signed.",
            expected=judgement.policy.signing.value,
            actual=len(judgement.signatures),
        )


def _judge_plaintext(judgement: Judgement, plaintext: Plaintext) -> None:
    assertion = encrypted_elements.read_assertion(plaintext, taken=judgement.received_ids)
    judgement.decrypted_assertion = assertion
    judgement.signatures |= signature.find_signatures(assertion, (assertion,))
    _require_signatures(judgement, own=assertion in judgement.signatures)
    judgement.signed_assertion = _verified(judgement, assertion)


def _judge_malleable_plaintext(judgement: Judgement, plaintext: Plaintext) -> None:
    """Let nobody tell one failure from another who may have changed the ciphertext.

    AES-CBC without a signature over it can be read by whoever sees how far a changed copy comes.
    So until the plaintext's own signature has verified there is one failure, which hides even a
    defect of ours. How long it took still shows: see the how-to on encrypted assertions.
    """
    with suppress(Exception):
        _judge_plaintext(judgement, plaintext)
        return
    # Out here, where what happened does not become its context.
    raise decryption.failed()


def _covered(judgement: Judgement, response: SignedNode) -> etree._Element:
    """Return the assertion as the signed Response holds it."""
    if not judgement.is_encrypted:
        return envelope.sole_assertion(response.root)
    return xml.parse_canonical(signature.canonicalize(judgement.decrypted_assertion))


def _verified(judgement: Judgement, host: etree._Element) -> SignedNode | None:
    parts = judgement.signatures.get(host)
    if parts is None:
        return None
    trusted = judgement.connection.idp_certificates
    return signature.verify(parts, trusted, judgement.policy, judgement.now)


def _result(judgement: Judgement) -> ValidatedAssertion:
    response, own = judgement.signed_response, judgement.signed_assertion
    nodes = [node for node in (response, own) if node is not None]
    return ValidatedAssertion(
        # It goes to hooks and signals, where a private key has no business.
        connection=judgement.connection.without_private_keys(),
        issuer=judgement.connection.idp_entity_id,
        assertion_id=judgement.assertion.get("ID", ""),
        response_id=judgement.header.get("ID", ""),
        in_response_to=judgement.request_id,
        name_id=judgement.name_id,
        attributes=judgement.attributes,
        authn_instant=judgement.authn_instant,
        authn_context_class=judgement.authn_context_class,
        session_index=judgement.session_index,
        session_not_on_or_after=judgement.session_not_on_or_after,
        not_on_or_after=judgement.not_on_or_after,
        replay_expires_at=judgement.replay_expires_at,
        unsolicited=judgement.request_id is None,
        signed=_coverage(response, own),
        encrypted=judgement.is_encrypted,
        algorithms=_algorithms(judgement, nodes),
        certificate_fingerprint=nodes[-1].certificate.fingerprint_sha256,
        seal=JUDGED,
    )


def _algorithms(judgement: Judgement, nodes: list[SignedNode]) -> tuple[str, ...]:
    """Return each algorithm once: of the signatures, then of what was decrypted."""
    signing = (uri for node in nodes for uri in (node.method, node.digest_method))
    return tuple(dict.fromkeys((*signing, *judgement.encryption_algorithms)))


def _coverage(response: SignedNode | None, own: SignedNode | None) -> Signed:
    if response is None:
        return Signed.ASSERTION
    return Signed.RESPONSE if own is None else Signed.BOTH
