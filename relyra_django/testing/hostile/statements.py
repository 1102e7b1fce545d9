"""Honestly signed, but for somebody else, at another time, or not what was asked for."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from datetime import timedelta
from typing import Any

from lxml import etree

from relyra_django.saml.errors import ErrorCode
from relyra_django.testing.fake_idp import FakeIdP
from relyra_django.testing.hostile.attack import (
    Hostile,
    Make,
    assertion_of,
    child,
    edited_after_signing,
    edited_before_signing,
    said,
)
from relyra_django.testing.minted import Minted
from relyra_django.testing.namespaces import SAML, SAMLP
from relyra_django.testing.response_spec import ACS_URL, SP_ENTITY_ID, new_id

ELSEWHERE = "https://other.example.net/"
# Beyond the largest clock skew that a connection may be given.
BEYOND_SKEW = timedelta(seconds=301)
HOLDER_OF_KEY = "urn:oasis:names:tc:SAML:2.0:cm:holder-of-key"


def _near(knob: str, change: Callable[[str], str]) -> Make:
    """Say something close to the right value, to catch a comparison that is not exact."""
    source = "sp_entity_id" if knob == "audience" else "acs_url"
    default = SP_ENTITY_ID if knob == "audience" else ACS_URL

    def make(idp: FakeIdP, **honest: Any) -> Minted:
        return idp.response(**{**honest, knob: change(str(honest.get(source, default)))})

    return make


def _near_misses(knob: str, code: ErrorCode) -> tuple[Hostile, ...]:
    changes: dict[str, Callable[[str], str]] = {
        "elsewhere": lambda _: ELSEWHERE,
        "prefix": lambda url: url.rstrip("/").rpartition("/")[0] + "/",
        "longer": lambda url: url + "x",
        "other-case": lambda url: url.swapcase(),
        "without-slash": lambda url: url.rstrip("/") if url.endswith("/") else url + "/",
        "with-query": lambda url: url + "?x=1",
        "empty": lambda _: "",
    }
    return tuple(
        Hostile(name=f"{knob}-{name}", code=code, make=_near(knob, change))
        for name, change in changes.items()
    )


def _other_restriction(idp: FakeIdP, **honest: Any) -> Minted:
    ours = str(honest.get("sp_entity_id", SP_ENTITY_ID))
    return idp.response(**{**honest, "audience": [[ours], [ELSEWHERE]]})


def _part(*path: str) -> Callable[[etree._Element], etree._Element]:
    def find(root: etree._Element) -> etree._Element:
        element = assertion_of(root)
        for name in path:
            element = child(element, name)
        return element

    return find


_confirmation = _part("Subject", "SubjectConfirmation")
_name_id = _part("Subject", "NameID")
_conditions = _part("Conditions")
_statement = _part("AuthnStatement")


def _set(part: Callable[[etree._Element], etree._Element], name: str, value: str) -> Make:
    return edited_before_signing(lambda root: part(root).set(name, value))


def _removed(part: Callable[[etree._Element], etree._Element]) -> Make:
    def edit(root: etree._Element) -> None:
        element = part(root)
        parent = element.getparent()
        if parent is not None:
            parent.remove(element)

    return edited_before_signing(edit)


def _doubled(part: Callable[[etree._Element], etree._Element]) -> Make:
    def edit(root: etree._Element) -> None:
        element = part(root)
        element.addnext(deepcopy(element))

    return edited_before_signing(edit)


def _grown(part: Callable[[etree._Element], etree._Element], tag: str) -> Make:
    def edit(root: etree._Element) -> None:
        etree.SubElement(part(root), tag)

    return edited_before_signing(edit)


def _root(root: etree._Element) -> etree._Element:
    return root


def _encrypted_id(root: etree._Element) -> None:
    _name_id(root).tag = f"{{{SAML}}}EncryptedID"


def _logout_request(root: etree._Element) -> None:
    """Offer a message of another kind under the same signature."""
    root.tag = f"{{{SAMLP}}}LogoutRequest"


def _look_alike(root: etree._Element) -> None:
    forged = etree.SubElement(root, "{urn:x}Assertion", ID=new_id())
    for element in assertion_of(root):
        if element.tag != "{http://www.w3.org/2000/09/xmldsig#}Signature":
            forged.append(deepcopy(element))


def _status_without_code(root: etree._Element) -> None:
    child(root, "Status", SAMLP)[:] = []


IN_RESPONSE_TO, FIELD = ErrorCode.IN_RESPONSE_TO_MISMATCH, ErrorCode.MISSING_PROTOCOL_FIELD
CONFIRMATION, NAME = ErrorCode.SUBJECT_CONFIRMATION_INVALID, ErrorCode.NAME_ID_NOT_ACCEPTED
STATUS, ISSUER = ErrorCode.UNSUPPORTED_STATUS, ErrorCode.ISSUER_MISMATCH
EARLY, LATE = ErrorCode.ASSERTION_NOT_YET_VALID, ErrorCode.ASSERTION_EXPIRED
TIME = ErrorCode.INVALID_TIMESTAMP

ADDRESSES: tuple[Hostile, ...] = (
    *_near_misses("audience", ErrorCode.INVALID_AUDIENCE),
    *_near_misses("recipient", ErrorCode.RECIPIENT_MISMATCH),
    *_near_misses("destination", ErrorCode.DESTINATION_MISMATCH),
    Hostile(name="no-audience", code=ErrorCode.INVALID_AUDIENCE, make=said(audience=None)),
    Hostile(
        name="empty-audience-restriction", code=ErrorCode.INVALID_AUDIENCE, make=said(audience=[[]])
    ),
    Hostile(
        name="second-restriction-excludes-us",
        code=ErrorCode.INVALID_AUDIENCE,
        make=_other_restriction,
    ),
    Hostile(name="no-recipient", code=ErrorCode.RECIPIENT_MISMATCH, make=said(recipient=None)),
    Hostile(name="no-destination", code=FIELD, make=said(destination=None)),
    Hostile(name="other-issuer", code=ISSUER, make=said(issuer=ELSEWHERE)),
    Hostile(
        name="other-assertion-issuer",
        code=ISSUER,
        make=said(issuer=ELSEWHERE, response_issuer="https://idp.example.org/metadata"),
    ),
    Hostile(name="other-response-issuer", code=ISSUER, make=said(response_issuer=ELSEWHERE)),
    Hostile(name="no-response-issuer", code=FIELD, make=said(response_issuer=None)),
    Hostile(
        name="no-assertion-issuer",
        code=FIELD,
        make=said(issuer=None, response_issuer="https://idp.example.org/metadata"),
    ),
    Hostile(
        name="answers-another-request",
        code=IN_RESPONSE_TO,
        make=said(response_in_response_to="id_other", subject_in_response_to="id_other"),
    ),
    Hostile(
        name="subject-answers-another-request",
        code=IN_RESPONSE_TO,
        make=said(subject_in_response_to="id_other"),
    ),
    Hostile(
        name="response-answers-another-request",
        code=IN_RESPONSE_TO,
        make=said(response_in_response_to="id_other"),
    ),
    Hostile(
        name="no-in-response-to-in-subject",
        code=IN_RESPONSE_TO,
        make=said(subject_in_response_to=None),
    ),
    Hostile(
        name="no-in-response-to-on-response",
        code=IN_RESPONSE_TO,
        make=said(response_in_response_to=None),
    ),
    Hostile(
        name="no-in-response-to",
        code=IN_RESPONSE_TO,
        make=said(response_in_response_to=None, subject_in_response_to=None),
    ),
    Hostile(
        name="unsolicited",
        code=ErrorCode.IDP_INITIATED_NOT_ALLOWED,
        make=said(in_response_to=None),
        solicited=False,
    ),
    Hostile(
        name="unsolicited-yet-an-answer",
        code=IN_RESPONSE_TO,
        make=said(in_response_to="id_other"),
        solicited=False,
    ),
    Hostile(name="replay", code=ErrorCode.REPLAYED_ASSERTION, make=said(), second_use=True),
)

TIMES: tuple[Hostile, ...] = (
    Hostile(
        name="expired",
        code=LATE,
        make=said(not_on_or_after=-BEYOND_SKEW, subject_not_on_or_after=-BEYOND_SKEW),
    ),
    Hostile(name="conditions-expired", code=LATE, make=said(not_on_or_after=-BEYOND_SKEW)),
    Hostile(
        name="confirmation-expired",
        code=ErrorCode.SUBJECT_CONFIRMATION_EXPIRED,
        make=said(subject_not_on_or_after=-BEYOND_SKEW),
    ),
    Hostile(
        name="not-yet-valid",
        code=EARLY,
        make=said(not_before=BEYOND_SKEW, lifetime=2 * BEYOND_SKEW),
    ),
    Hostile(name="issued-in-the-future", code=EARLY, make=said(issue_instant=BEYOND_SKEW)),
    Hostile(name="issued-long-ago", code=LATE, make=said(issue_instant=timedelta(hours=-25))),
    Hostile(name="authenticated-in-the-future", code=EARLY, make=said(authn_instant=BEYOND_SKEW)),
    Hostile(
        name="lives-too-long",
        code=ErrorCode.ASSERTION_LIFETIME_EXCEEDED,
        make=said(lifetime=timedelta(hours=25)),
    ),
    Hostile(
        name="session-over",
        code=ErrorCode.SESSION_EXPIRED,
        make=said(session_not_on_or_after=-BEYOND_SKEW),
    ),
    Hostile(
        name="time-without-zone",
        code=TIME,
        make=_set(_conditions, "NotOnOrAfter", "2099-01-01T00:00:00"),
    ),
    Hostile(
        name="time-with-offset",
        code=TIME,
        make=_set(_conditions, "NotOnOrAfter", "2099-01-01T00:00:00+02:00"),
    ),
    Hostile(name="time-is-no-time", code=TIME, make=_set(_statement, "AuthnInstant", "yesterday")),
    Hostile(
        name="time-of-no-day",
        code=TIME,
        make=_set(_conditions, "NotBefore", "2026-02-30T00:00:00Z"),
    ),
)

STATEMENTS: tuple[Hostile, ...] = (
    Hostile(
        name="status-not-success",
        code=STATUS,
        make=said(status="Responder", sub_status="AuthnFailed"),
    ),
    Hostile(
        name="status-error-with-assertion",
        code=STATUS,
        make=said(status="Responder", with_assertion=True),
    ),
    Hostile(
        name="status-success-only-below",
        code=STATUS,
        make=said(status="Responder", sub_status="Success", with_assertion=True),
    ),
    Hostile(name="no-status-code", code=FIELD, make=edited_before_signing(_status_without_code)),
    Hostile(name="not-a-response", code=FIELD, make=said(sign="response", edit=_logout_request)),
    Hostile(name="version-1.1", code=FIELD, make=_set(_root, "Version", "1.1")),
    Hostile(name="assertion-version-1.1", code=FIELD, make=_set(assertion_of, "Version", "1.1")),
    Hostile(
        name="look-alike-assertion",
        code=ErrorCode.MALFORMED_XML,
        make=edited_after_signing(_look_alike),
    ),
    Hostile(name="no-subject", code=FIELD, make=_removed(_part("Subject"))),
    Hostile(name="no-conditions", code=FIELD, make=_removed(_conditions)),
    Hostile(name="two-conditions", code=FIELD, make=_doubled(_conditions)),
    Hostile(
        name="unknown-condition",
        code=ErrorCode.UNSUPPORTED_CONDITION,
        make=_grown(_conditions, f"{{{SAML}}}Condition"),
    ),
    Hostile(name="no-confirmation", code=CONFIRMATION, make=_removed(_confirmation)),
    Hostile(
        name="holder-of-key", code=CONFIRMATION, make=_set(_confirmation, "Method", HOLDER_OF_KEY)
    ),
    Hostile(
        name="confirmation-not-before",
        code=CONFIRMATION,
        make=said(subject_not_before=timedelta(minutes=-1)),
    ),
    Hostile(
        name="confirmation-without-end", code=CONFIRMATION, make=said(subject_not_on_or_after=None)
    ),
    Hostile(name="no-authn-statement", code=FIELD, make=_removed(_statement)),
    Hostile(name="two-authn-statements", code=FIELD, make=_doubled(_statement)),
    Hostile(name="empty-name-id", code=NAME, make=said(name_id="")),
    Hostile(name="blank-name-id", code=NAME, make=said(name_id=" \n ")),
    Hostile(name="name-id-of-another-sp", code=NAME, make=said(sp_name_qualifier=ELSEWHERE)),
    Hostile(
        name="element-in-name-id", code=ErrorCode.MALFORMED_XML, make=_grown(_name_id, "{urn:x}x")
    ),
    Hostile(name="two-name-ids", code=FIELD, make=_doubled(_name_id)),
    Hostile(
        name="encrypted-name-id",
        code=ErrorCode.DECRYPTION_FAILED,
        make=edited_before_signing(_encrypted_id),
    ),
)
