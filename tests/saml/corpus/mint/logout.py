"""Logout messages by POST: what ends a session must be signed and meant for us."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from typing import Any

from lxml import etree

from relyra_django.saml.errors import ErrorCode
from tests.saml.corpus.mint import honest
from tests.saml.corpus.mint.draft import Mutation, mutation
from tests.saml.corpus.mint.edits import (
    SAMLP,
    child,
    extensions_first,
    growing,
    root,
    saml,
    samlp,
    saying,
    setting,
    signature,
    take_out,
    together,
    twice,
    without,
)
from tests.saml.corpus.mint.encryptors import for_us
from tests.saml.corpus.mint.keys import key
from tests.saml.corpus.mint.logout_shapes import (
    ALICE,
    ANSWER_REDIRECTED,
    DIGEST,
    DONE,
    EARLY,
    EVERY,
    FIELD,
    KIND,
    LATE,
    MISSING,
    NAME,
    PLACE,
    POSTED,
    QUERY_SIGNERS,
    REQUEST,
    RESPONSE,
    UNSIGNED,
    XML,
)
from tests.saml.corpus.mint.signature_attacks import signature_attacks
from tests.saml.corpus.mint.signers import REPOSITORY, Style


def _forge(message: etree._Element) -> etree._Element:
    """Turn the message into one for admin; return the genuine one, signature and all."""
    genuine = deepcopy(message)
    take_out(signature(message))
    message.set("ID", "_forged")
    child(message, "NameID").text = "admin"
    return genuine


def _genuine_in_extensions(message: etree._Element) -> None:
    genuine = _forge(message)
    extensions_first(message).append(genuine)


def _genuine_in_object(message: etree._Element) -> None:
    genuine = _forge(message)
    own = take_out(signature(genuine))
    message.insert(1, own)
    etree.SubElement(own, "{http://www.w3.org/2000/09/xmldsig#}Object").append(genuine)


def _genuine_in_signature(message: etree._Element) -> None:
    genuine = _forge(message)
    own = take_out(signature(genuine))
    message.insert(1, own)
    own.append(genuine)


def _genuine_beside(message: etree._Element) -> None:
    genuine = _forge(message)
    own = take_out(signature(genuine))
    message.insert(1, own)
    message.append(genuine)


def _captured_assertion(message: etree._Element) -> None:
    """A signed assertion of the same provider is put into a forged request."""
    response = etree.fromstring(honest.response())
    take_out(signature(message))
    signed = REPOSITORY.sign(response, honest.ASSERTION_ID, key("idp"), Style())
    extensions_first(message).append(child(signed, "Assertion"))


_WRAPPED = (
    ("in-extensions", _genuine_in_extensions, PLACE),
    ("in-object", _genuine_in_object, PLACE),
    ("in-signature", _genuine_in_signature, PLACE),
    ("beside", _genuine_beside, XML),
)
_OTHER = "https://other.example.net/"


def _name(message: etree._Element) -> etree._Element:
    return child(message, "NameID")


def _issuer(message: etree._Element) -> etree._Element:
    return child(message, "Issuer")


def _index(message: etree._Element) -> etree._Element:
    return child(message, "SessionIndex", SAMLP)


def _status(message: etree._Element) -> etree._Element:
    return child(message, "Status", SAMLP)


def _code(message: etree._Element) -> etree._Element:
    return child(_status(message), "StatusCode", SAMLP)


def _case(slug: str, says: str, judged: object, edit: object, **more: Any) -> Mutation:
    """Something that the provider says and signs, by POST."""
    return mutation(slug, says, judged, **{"before": edit, "shapes": (REQUEST,), **more})  # type: ignore[arg-type]


_RULES = (
    _case(
        "root-other",
        "The root is another message.",
        KIND,
        lambda m: setattr(m, "tag", samlp("AuthnRequest")),
        shapes=POSTED,
    ),
    _case(
        "root-response",
        "A Response where a logout message is expected.",
        KIND,
        lambda m: setattr(m, "tag", samlp("Response")),
        shapes=POSTED,
    ),
    _case("version", "Another version.", FIELD, setting(root, "Version", "1.1"), shapes=POSTED),
    _case("foreign-child", "A foreign child.", XML, growing(root, "{urn:x}x"), shapes=POSTED),
    _case("no-issuer", "No Issuer.", FIELD, without(_issuer), shapes=POSTED),
    _case(
        "other-issuer",
        "Another provider's name.",
        ErrorCode.ISSUER_MISMATCH,
        saying(_issuer, _OTHER),
        shapes=EVERY,
        signers=QUERY_SIGNERS,
    ),
    _case(
        "no-destination",
        "No Destination.",
        FIELD,
        setting(root, "Destination", None),
        shapes=EVERY,
        signers=QUERY_SIGNERS,
    ),
    *(
        _case(
            f"destination-{slug}",
            f"The Destination is {value!r}.",
            ErrorCode.DESTINATION_MISMATCH,
            setting(root, "Destination", value),
        )
        for slug, value in {
            "acs": honest.ACS_URL,
            "longer": "https://sp.example.com/saml/acme/slo/x",
            "no-slash": "https://sp.example.com/saml/acme/slo",
            "other-case": "https://sp.example.com/saml/acme/SLO/",
            "other-tenant": "https://sp.example.com/saml/beta/slo/",
            "empty": "",
        }.items()
    ),
    _case(
        "issued-beyond-skew",
        "Issued beyond the skew ahead.",
        EARLY,
        setting(root, "IssueInstant", "2026-03-14T12:03:01Z"),
        shapes=EVERY,
        signers=QUERY_SIGNERS,
    ),
    _case(
        "issued-over-a-day-ago",
        "Issued more than a day ago.",
        LATE,
        setting(root, "IssueInstant", "2026-03-13T11:59:59Z"),
        shapes=EVERY,
        signers=QUERY_SIGNERS,
    ),
    _case(
        "no-issue-instant",
        "No IssueInstant.",
        FIELD,
        setting(root, "IssueInstant", None),
        shapes=POSTED,
    ),
    _case(
        "time-with-offset",
        "A time with an offset.",
        ErrorCode.INVALID_TIMESTAMP,
        setting(root, "IssueInstant", "2026-03-14T13:00:00+01:00"),
        shapes=POSTED,
    ),
    _case(
        "over-at-skew",
        "NotOnOrAfter exactly the skew ago.",
        LATE,
        setting(root, "NotOnOrAfter", "2026-03-14T11:57:00Z"),
    ),
    _case("no-name", "Nobody is named.", FIELD, without(_name)),
    _case("two-names", "Two are named.", XML, twice(_name)),
    _case("empty-name", "An empty name.", NAME, saying(_name, "")),
    _case(
        "comment-in-name",
        "A comment splits the name.",
        XML,
        None,
        octets=lambda xml: xml.replace(b">alice<", b">al<!---->ice<"),
    ),
    _case("base-id", "A BaseID.", NAME, lambda m: setattr(_name(m), "tag", saml("BaseID"))),
    _case(
        "name-of-another-sp",
        "The name is qualified for another service.",
        NAME,
        setting(_name, "SPNameQualifier", _OTHER),
    ),
    _case("empty-index", "An empty SessionIndex.", FIELD, saying(_index, " ")),
    _case("index-with-child", "An element in SessionIndex.", XML, growing(_index, "{urn:x}x")),
    _case(
        "101-indexes",
        "More session indexes than anybody has.",
        XML,
        together(*[twice(_index)] * 100),
    ),
    _case(
        "encrypted-name-junk",
        "An EncryptedID that holds nothing encrypted.",
        ErrorCode.DECRYPTION_FAILED,
        lambda m: setattr(_name(m), "tag", saml("EncryptedID")),
    ),
    _case(
        "answer-other",
        "Answers another request.",
        ErrorCode.IN_RESPONSE_TO_MISMATCH,
        setting(root, "InResponseTo", "id_other"),
        shapes=(RESPONSE, ANSWER_REDIRECTED),
        signers=QUERY_SIGNERS,
    ),
    _case(
        "answer-none",
        "Answers nothing.",
        ErrorCode.IN_RESPONSE_TO_MISMATCH,
        setting(root, "InResponseTo", None),
        shapes=(RESPONSE, ANSWER_REDIRECTED),
        signers=QUERY_SIGNERS,
    ),
    _case("no-status", "No Status.", FIELD, without(_status), shapes=(RESPONSE,)),
    _case("two-codes", "Two StatusCodes.", FIELD, twice(_code), shapes=(RESPONSE,)),
    _case(
        "status-failed",
        "The provider did not sign anybody out.",
        ErrorCode.UNSUPPORTED_STATUS,
        setting(_code, "Value", "urn:oasis:names:tc:SAML:2.0:status:Responder"),
        shapes=(RESPONSE, ANSWER_REDIRECTED),
        signers=QUERY_SIGNERS,
    ),
    _case(
        "unknown-binding",
        "By a binding that carries no logout.",
        ErrorCode.INVALID_BINDING,
        None,
        arguments={"binding": "soap"},
    ),
)
_SIGNED = (
    *(
        _case(
            f"wrapped-{slug}",
            f"A forged request; the genuine one is {slug}.",
            judged,
            None,
            after=edit,
            source="CVE-2025-47949",
        )
        for slug, edit, judged in _WRAPPED
    ),
    _case(
        "captured-assertion",
        "A signed assertion inside an unsigned request.",
        PLACE,
        None,
        after=_captured_assertion,
        source="samlify 634",
    ),
    _case(
        "captured-assertion-unsigned-allowed",
        "The same where requests may be unsigned.",
        PLACE,
        None,
        after=_captured_assertion,
        policy=UNSIGNED,
    ),
    _case(
        "unsigned",
        "The Signature is taken out.",
        MISSING,
        None,
        after=without(signature),
        shapes=POSTED,
    ),
    _case(
        "name-changed",
        "The name is changed on the way.",
        DIGEST,
        None,
        after=saying(_name, "admin"),
    ),
    _case(
        "index-removed",
        "The SessionIndex is taken out on the way.",
        DIGEST,
        None,
        after=without(_index),
    ),
    _case(
        "changed-where-unsigned-allowed",
        "Changed on the way, where requests may be unsigned.",
        DIGEST,
        None,
        after=saying(_name, "admin"),
        policy=UNSIGNED,
    ),
    *signature_attacks(REQUEST, prefix="request"),
)
_HARMLESS = (
    _case(
        "unsigned-answer-allowed",
        "Harmless: an unsigned answer, which may be.",
        DONE,
        None,
        after=without(signature),
        shapes=(RESPONSE,),
        policy=UNSIGNED,
    ),
    _case(
        "many-indexes",
        "Harmless: two session indexes.",
        replace(ALICE, attributes=(("session_index", ("_session", "_session")),)),
        twice(_index),
    ),
    _case(
        "no-index",
        "Harmless: no SessionIndex means all of them.",
        replace(ALICE, attributes=(("session_index", ()),)),
        without(_index),
    ),
    _case("no-end", "Harmless: no NotOnOrAfter.", ALICE, setting(root, "NotOnOrAfter", None)),
    _case(
        "encrypted-name", "Harmless: the name is encrypted.", ALICE, None, name_encryption=for_us()
    ),
    _case(
        "partial",
        "Harmless: signed out in part.",
        DONE,
        growing(
            _code, samlp("StatusCode"), Value="urn:oasis:names:tc:SAML:2.0:status:PartialLogout"
        ),
        shapes=(RESPONSE,),
    ),
)
LOGOUT: tuple[Mutation, ...] = (*_RULES, *_SIGNED, *_HARMLESS)
