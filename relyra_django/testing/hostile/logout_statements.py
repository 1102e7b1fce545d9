"""Honestly signed by both bindings, but for somebody else, at another time, or incomplete."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from datetime import timedelta
from typing import Any

from lxml import etree

from relyra_django.saml.errors import ErrorCode
from relyra_django.testing.hostile.attack import Edit, child
from relyra_django.testing.hostile.logout_case import (
    BINDINGS,
    REQUEST,
    RESPONSE,
    UNSIGNED_ALLOWED,
    LogoutAttack,
    Make,
    encrypted,
    name_id_of,
    said,
)
from relyra_django.testing.logout_spec import SLO_URL
from relyra_django.testing.namespaces import SAML, SAMLP
from relyra_django.testing.response_spec import ACS_URL

# Beyond the largest clock skew that a connection may be given, and the longest window.
BEYOND_SKEW = timedelta(seconds=301)
BEYOND_WINDOW = timedelta(days=1, seconds=301)


def _both(
    name: str, code: ErrorCode, kind: str = REQUEST, **changes: Any
) -> tuple[LogoutAttack, ...]:
    """Say it by POST and by Redirect."""
    return _made(name, code, said(kind, **changes), kind)


def _made(
    name: str, code: ErrorCode, make: Make, kind: str = REQUEST, **fields: Any
) -> tuple[LogoutAttack, ...]:
    return tuple(
        LogoutAttack(name=name, code=code, make=make, binding=binding, kind=kind, **fields)
        for binding in BINDINGS
    )


def _edited(
    name: str, code: ErrorCode, edit: Edit, kind: str = REQUEST
) -> tuple[LogoutAttack, ...]:
    return _both(name, code, kind, edit=edit)


def _near_misses() -> tuple[LogoutAttack, ...]:
    changes: dict[str, Callable[[str], str]] = {
        "acs": lambda _: ACS_URL,
        "prefix": lambda url: url.rstrip("/").rpartition("/")[0] + "/",
        "longer": lambda url: url + "x",
        "other-case": lambda url: url.swapcase(),
        "host-in-capitals": lambda url: url.replace("sp.example.com", "SP.example.com"),
        "without-slash": lambda url: url.rstrip("/"),
        "with-query": lambda url: url + "?x=1",
        "with-fragment": lambda url: url + "#x",
        "with-port": lambda url: url.replace(".com/", ".com:443/"),
        "with-userinfo": lambda url: url.replace("https://", "https://sp.example.com@"),
        "other-scheme": lambda url: url.replace("https:", "http:"),
        "with-blank": lambda url: url + " ",
        "escaped": lambda url: url.replace("slo", "%73lo"),
        "dotted": lambda url: url.replace("/slo/", "/./slo/"),
        "other-tenant": lambda url: url.replace("acme", "acme2"),
        "empty": lambda _: "",
    }
    return tuple(
        attack
        for name, change in changes.items()
        for attack in _both(
            f"destination-{name}", ErrorCode.DESTINATION_MISMATCH, destination=change(SLO_URL)
        )
    )


def _twice(name: str, namespace: str = SAML) -> Edit:
    def edit(root: etree._Element) -> None:
        first = child(root, name, namespace)
        first.addnext(deepcopy(first))

    return edit


def _without(name: str, namespace: str = SAML) -> Edit:
    return lambda root: root.remove(child(root, name, namespace))


def _attribute(name: str, value: str | None) -> Edit:
    def edit(root: etree._Element) -> None:
        if value is None:
            del root.attrib[name]
        else:
            root.set(name, value)

    return edit


def _add(name: str, text: str | None = None, namespace: str = SAML) -> Edit:
    def edit(root: etree._Element) -> None:
        etree.SubElement(root, f"{{{namespace}}}{name}").text = text

    return edit


def _base_id_instead(root: etree._Element) -> None:
    name_id_of(root).tag = f"{{{SAML}}}BaseID"


def _child_in_name(root: etree._Element) -> None:
    etree.SubElement(name_id_of(root), f"{{{SAML}}}NameID").text = "admin"


def _name_in_extensions_only(root: etree._Element) -> None:
    name_id = name_id_of(root)
    holder = etree.Element(f"{{{SAMLP}}}Extensions")
    root.replace(name_id, holder)
    holder.append(name_id)


def _with_comment(plaintext: bytes) -> bytes:
    return plaintext.replace(b"alice", b"al<!---->ice")


def _without_status_code(root: etree._Element) -> None:
    child(root, "Status", SAMLP)[:] = []


def _second_status_code(root: etree._Element) -> None:
    status = child(root, "Status", SAMLP)
    etree.SubElement(
        status, f"{{{SAMLP}}}StatusCode", Value="urn:oasis:names:tc:SAML:2.0:status:Responder"
    )


MISSING, MALFORMED = ErrorCode.MISSING_PROTOCOL_FIELD, ErrorCode.MALFORMED_XML
EXPIRED, EARLY = ErrorCode.LOGOUT_MESSAGE_EXPIRED, ErrorCode.LOGOUT_MESSAGE_NOT_YET_VALID
OPAQUE = ErrorCode.DECRYPTION_FAILED
NAME, ISSUER = ErrorCode.NAME_ID_NOT_ACCEPTED, ErrorCode.ISSUER_MISMATCH
ANSWER, STATUS = ErrorCode.IN_RESPONSE_TO_MISMATCH, ErrorCode.UNSUPPORTED_STATUS

SHAPE = (
    *_both("version-1.1", MISSING, version="1.1"),
    *_both("no-id", MISSING, edit=_attribute("ID", None)),
    *_both("id-with-a-colon", MISSING, message_id="a:b"),
    *_edited("assertion-inside", MALFORMED, _add("Assertion")),
    *_edited("status-in-a-request", MALFORMED, _add("Status", namespace=SAMLP)),
    *_edited("name-in-a-response", MALFORMED, _add("NameID", "admin"), RESPONSE),
    *_edited("session-index-of-another-namespace", MALFORMED, _add("SessionIndex", "x")),
)
FROM_AND_TO = (
    *_both("issuer-elsewhere", ISSUER, issuer="https://other.example.net/"),
    *_both("issuer-longer", ISSUER, issuer="https://idp.example.org/metadata/"),
    *_both("issuer-other-case", ISSUER, issuer="https://idp.example.org/Metadata"),
    *_both("issuer-empty", ISSUER, issuer=""),
    *_both("issuer-elsewhere", ISSUER, RESPONSE, issuer="https://other.example.net/"),
    *_both("no-issuer", MISSING, issuer=None),
    *_edited("second-issuer", MALFORMED, _twice("Issuer")),
    *_both("no-destination", MISSING, destination=None),
    *_both("no-destination", MISSING, RESPONSE, destination=None),
    *_near_misses(),
)
TIMES = (
    *_both("issued-too-long-ago", EXPIRED, issue_instant=-BEYOND_WINDOW),
    *_both("issued-too-long-ago", EXPIRED, RESPONSE, issue_instant=-BEYOND_WINDOW),
    *_both("issued-in-the-future", EARLY, issue_instant=BEYOND_SKEW),
    *_both("issued-in-the-future", EARLY, RESPONSE, issue_instant=BEYOND_SKEW),
    *_both("no-issue-instant", MISSING, issue_instant=None),
    *_edited(
        "local-time",
        ErrorCode.INVALID_TIMESTAMP,
        _attribute("IssueInstant", "2026-03-14T12:00:00+01:00"),
    ),
    *_both("over", EXPIRED, not_on_or_after=-BEYOND_SKEW),
    *_edited("end-unreadable", ErrorCode.INVALID_TIMESTAMP, _attribute("NotOnOrAfter", "tomorrow")),
)
NAMES = (
    *_both("no-name", MISSING, name_id=None),
    *_both("empty-name", NAME, name_id=""),
    *_both("blank-name", NAME, name_id="  "),
    *_edited("second-name", MALFORMED, _twice("NameID")),
    *_edited("element-in-name", MALFORMED, _child_in_name),
    *_edited("name-in-extensions-only", MISSING, _name_in_extensions_only),
    *_edited("base-id", NAME, _base_id_instead),
    *_edited("base-id-beside-a-name", MISSING, _add("BaseID")),
    *_edited("encrypted-id-beside-a-name", MISSING, _add("EncryptedID")),
    *_both("name-for-another-service", NAME, sp_name_qualifier="https://other.example.net/"),
    *_both("session-index-empty", MISSING, session_indexes=("_1", "")),
    *_both("session-index-flood", MALFORMED, session_indexes=tuple(map(str, range(101)))),
)
ENCRYPTED = (
    *_made("encrypted-for-somebody-else", OPAQUE, encrypted("stranger")),
    *_made("encrypted-with-cbc", OPAQUE, encrypted(content="aes256-cbc")),
    *_made("encrypted-with-rsa-1.5", OPAQUE, encrypted(transport="rsa-1_5")),
    *_made("encrypted-something-else", MISSING, encrypted(plaintext=b"<a/>")),
    *_made("encrypted-no-xml", MALFORMED, encrypted(plaintext=b"alice")),
    *_made("encrypted-comment", MALFORMED, encrypted(plaintext=_with_comment)),
    # Anybody may have sent it: no private key is used for it.
    *_made(
        "encrypted-and-unsigned-when-optional",
        OPAQUE,
        encrypted(sign=False),
        policy=UNSIGNED_ALLOWED,
    ),
)
ANSWERS = (
    *_both("answer-to-another", ANSWER, RESPONSE, in_response_to="id_other"),
    *_both("answer-to-nothing", ANSWER, RESPONSE, in_response_to=None),
    *_both("answer-to-the-empty-id", ANSWER, RESPONSE, in_response_to=""),
    *_both("refused", STATUS, RESPONSE, status="Responder"),
    *_both("refused-in-part", STATUS, RESPONSE, status="Responder", sub_status="PartialLogout"),
    *_both("status-elsewhere", STATUS, RESPONSE, status="urn:x:status:Success"),
    *_both("refused-before-it-is-ours", ANSWER, RESPONSE, status="Responder", in_response_to="x"),
    *_edited("no-status", MISSING, _without("Status", SAMLP), RESPONSE),
    *_edited("second-status", MALFORMED, _twice("Status", SAMLP), RESPONSE),
    *_edited("no-status-code", MISSING, _without_status_code, RESPONSE),
    *_edited("second-status-code", MISSING, _second_status_code, RESPONSE),
)

LOGOUT_STATEMENTS: tuple[LogoutAttack, ...] = (
    *SHAPE,
    *FROM_AND_TO,
    *TIMES,
    *NAMES,
    *ENCRYPTED,
    *ANSWERS,
)
