"""Who may use the assertion, what it answers, and whose it is."""

from __future__ import annotations

from copy import deepcopy

from lxml import etree

from relyra_django.saml.errors import ErrorCode
from tests.saml.corpus.mint import honest
from tests.saml.corpus.mint.draft import (
    ALICE,
    ASSERTION,
    BOTH,
    EVERY_SHAPE,
    RESPONSE,
    Edit,
    Mutation,
    Shape,
    mutation,
)
from tests.saml.corpus.mint.edits import (
    Part,
    assertion,
    audience,
    child,
    confirmation,
    confirmation_data,
    response_issuer,
    root,
    saml,
    saying,
    setting,
    together,
    twice,
    without,
)

CONFIRMATION = ErrorCode.SUBJECT_CONFIRMATION_INVALID
FIELD, RECIPIENT = ErrorCode.MISSING_PROTOCOL_FIELD, ErrorCode.RECIPIENT_MISMATCH
ANSWER, UNASKED = ErrorCode.IN_RESPONSE_TO_MISMATCH, ErrorCode.IDP_INITIATED_NOT_ALLOWED
EXPIRED = ErrorCode.SUBJECT_CONFIRMATION_EXPIRED
_CM = "urn:oasis:names:tc:SAML:2.0:cm:"
HOLDER, VOUCHES = _CM + "holder-of-key", _CM + "sender-vouches"


def _beside(first: bool, **attributes: str | None) -> Edit:
    """Put a second confirmation beside the honest one, with other attributes of its data.

    `Method` is the confirmation's own; None takes an attribute away.
    """

    def edit(message: etree._Element) -> None:
        other = deepcopy(confirmation(message))
        for name, value in attributes.items():
            element = other if name == "Method" else other[0]
            if value is None:
                del element.attrib[name]
            else:
                element.set(name, value)
        (confirmation(message).addprevious if first else confirmation(message).addnext)(other)

    return edit


def _only(**attributes: str | None) -> Edit:
    return together(
        *(
            setting(confirmation if name == "Method" else confirmation_data, name, value)
            for name, value in attributes.items()
        )
    )


def _case(slug: str, says: str, judged: object, edit: Edit, **more: object) -> Mutation:
    return mutation(slug, says, judged, before=edit, **more)  # type: ignore[arg-type]


_OTHER_ACS = "https://sp.example.com/saml/beta/acs/"
CONFIRMATIONS: tuple[Mutation, ...] = (
    _case("none", "No SubjectConfirmation.", CONFIRMATION, without(confirmation)),
    _case(
        "holder-of-key", "A holder-of-key confirmation alone.", CONFIRMATION, _only(Method=HOLDER)
    ),
    _case(
        "sender-vouches",
        "A sender-vouches confirmation alone.",
        CONFIRMATION,
        _only(Method=VOUCHES),
    ),
    _case("no-method", "A confirmation without Method.", CONFIRMATION, _only(Method=None)),
    _case("method-in-capitals", "Bearer in capitals.", CONFIRMATION, _only(Method=_CM + "BEARER")),
    _case(
        "method-of-saml-1",
        "Bearer of SAML 1.0.",
        CONFIRMATION,
        _only(Method="urn:oasis:names:tc:SAML:1.0:cm:bearer"),
    ),
    _case("method-with-blank", "Bearer and a blank.", CONFIRMATION, _only(Method=_CM + "bearer ")),
    _case(
        "not-before",
        "A bearer confirmation with NotBefore.",
        CONFIRMATION,
        _only(NotBefore="2026-03-14T11:00:00Z"),
    ),
    _case(
        "no-end",
        "A bearer confirmation without NotOnOrAfter.",
        CONFIRMATION,
        _only(NotOnOrAfter=None),
    ),
    _case("no-data", "A confirmation without data.", FIELD, without(confirmation_data)),
    _case("two-data", "A confirmation with two sets of data.", FIELD, twice(confirmation_data)),
    _case(
        "data-of-foreign-namespace",
        "The data are of a foreign namespace.",
        FIELD,
        lambda message: setattr(
            confirmation_data(message), "tag", "{urn:x}SubjectConfirmationData"
        ),
    ),
    _case(
        "in-authn-statement",
        "The confirmation stands outside of Subject.",
        CONFIRMATION,
        lambda message: child(assertion(message), "AuthnStatement").append(confirmation(message)),
    ),
    _case(
        "none-fits-recipient-first",
        "Two confirmations: one for another address, one expired.",
        RECIPIENT,
        together(
            _only(NotOnOrAfter="2026-03-14T11:00:00Z"),
            _beside(True, Recipient=_OTHER_ACS, NotOnOrAfter="2026-03-14T12:05:00Z"),
        ),
    ),
    _case(
        "none-fits-expired-first",
        "Two confirmations: one expired, one for another address.",
        EXPIRED,
        together(
            _only(Recipient=_OTHER_ACS),
            _beside(True, Recipient=honest.ACS_URL, NotOnOrAfter="2026-03-14T11:00:00Z"),
        ),
    ),
    _case(
        "none-fits-in-one",
        "Each of two confirmations fits in half.",
        RECIPIENT,
        together(
            _only(Recipient=_OTHER_ACS),
            _beside(False, Recipient=honest.ACS_URL, InResponseTo="id_other"),
        ),
    ),
    _case(
        "holder-of-key-fits-alone",
        "Only the holder-of-key confirmation of two would fit.",
        RECIPIENT,
        together(
            _only(Recipient=_OTHER_ACS), _beside(True, Method=HOLDER, Recipient=honest.ACS_URL)
        ),
    ),
    _case(
        "holder-of-key-beside",
        "Harmless: a holder-of-key confirmation first.",
        ALICE,
        _beside(True, Method=HOLDER),
    ),
    _case(
        "other-address-beside",
        "Harmless: a confirmation for another address first.",
        ALICE,
        _beside(True, Recipient=_OTHER_ACS),
    ),
    _case(
        "expired-beside",
        "Harmless: an expired confirmation first.",
        ALICE,
        _beside(True, NotOnOrAfter="2026-03-14T11:00:00Z"),
    ),
    _case(
        "not-before-beside",
        "Harmless: a confirmation with NotBefore behind.",
        ALICE,
        _beside(False, NotBefore="2026-03-14T11:00:00Z"),
    ),
    _case(
        "address",
        "Harmless: the address of the visitor's machine.",
        ALICE,
        _only(Address="192.0.2.7"),
    ),
    _case(
        "own-name-id",
        "Harmless: the confirmation names somebody who may use it.",
        ALICE,
        lambda message: confirmation(message).insert(0, _named("admin")),
    ),
)


def _named(text: str) -> etree._Element:
    element = etree.Element(saml("NameID"))
    element.text = text
    return element


def _unasked_text(samlp: str, saml_: str) -> str:
    return honest.response(samlp, saml_).replace(' InResponseTo="id_request"', "")


_ALONE = {"arguments": {"request_id": None}, "policy": {"allow_unsolicited": True}}
UNSOLICITED = tuple(
    Shape(
        slug=f"unsolicited-{shape.slug}",
        words=f"unsolicited, {shape.words}",
        signed=shape.signed,
        text=_unasked_text,
        **_ALONE,
    )  # type: ignore[arg-type]
    for shape in EVERY_SHAPE
)


def _both(value: str | None) -> Edit:
    return together(
        setting(root, "InResponseTo", value), setting(confirmation_data, "InResponseTo", value)
    )


_PLACES: dict[str, Part] = {"response": root, "confirmation": confirmation_data}
_WRONG = {
    "other": "id_other",
    "empty": "",
    "other-case": "ID_REQUEST",
    "longer": "id_request1",
    "shorter": "id_reques",
    "blank-behind": "id_request ",
    "none": None,
}
_NOBODY_ASKED = {"arguments": {"request_id": None}}

IN_RESPONSE_TO: tuple[Mutation, ...] = (
    *(
        _case(
            f"{place}-{slug}",
            f"InResponseTo of the {place} is {value!r}.",
            ANSWER,
            setting(find, "InResponseTo", value),
        )
        for place, find in _PLACES.items()
        for slug, value in _WRONG.items()
    ),
    *(
        _case(
            f"both-{slug}",
            f"Both InResponseTo are {value!r}.",
            ANSWER,
            _both(value),
            shapes=EVERY_SHAPE,
        )
        for slug, value in _WRONG.items()
        if slug in {"other", "none"}
    ),
    _case("unasked", "An answer, but nobody asked.", ANSWER, together(), **_NOBODY_ASKED),
    _case(
        "unasked-allowed",
        "An answer, but nobody asked; unsolicited ones may come.",
        ANSWER,
        together(),
        **_ALONE,
        shapes=(ASSERTION, RESPONSE),
    ),
    _case(
        "unsolicited",
        "Unsolicited, where that is not allowed.",
        UNASKED,
        together(),
        shapes=UNSOLICITED,
        policy={"allow_unsolicited": False},
    ),
    _case(
        "unsolicited-while-asked",
        "Unsolicited, while a request is outstanding.",
        ANSWER,
        together(),
        shapes=UNSOLICITED,
        arguments={"request_id": "id_request"},
    ),
    _case(
        "unsolicited-with-answer-outside",
        "Unsolicited, but the Response answers something.",
        ANSWER,
        setting(root, "InResponseTo", "id_stolen"),
        shapes=UNSOLICITED,
    ),
    _case(
        "unsolicited-with-answer-inside",
        "Unsolicited, but the assertion answers something.",
        ANSWER,
        setting(confirmation_data, "InResponseTo", "id_stolen"),
        shapes=UNSOLICITED,
    ),
    _case(
        "unsolicited-with-answer-beside",
        "Unsolicited, but another confirmation answers something.",
        ANSWER,
        _beside(False, InResponseTo="id_stolen"),
        shapes=UNSOLICITED,
    ),
    _case(
        "request-without-id",
        "The outstanding request has an empty ID, and so have the answers.",
        ANSWER,
        _both(""),
        arguments={"request_id": ""},
    ),
    _case(
        "other-confirmation-answers-other",
        "Harmless: another confirmation answers another request.",
        ALICE,
        _beside(True, InResponseTo="id_other"),
    ),
)

_OTHER_IDP = "https://idp.other.example/metadata"
_BETA = {
    "connection_id": "beta",
    "sp_entity_id": "https://sp.example.com/saml/beta/metadata/",
    "acs_url": _OTHER_ACS,
}
_BETA_OTHER_IDP = {**_BETA, "idp_entity_id": _OTHER_IDP, "idp_certificates": ["idp-b.crt"]}


def _issuers(name: str) -> Edit:
    return together(
        saying(response_issuer, name), saying(lambda m: child(assertion(m), "Issuer"), name)
    )


def _addressed_to_beta(message: etree._Element) -> None:
    """What an attacker can change of a message whose assertion alone is signed."""
    message.set("Destination", _OTHER_ACS)


CROSS_TENANT: tuple[Mutation, ...] = (
    mutation(
        "posted-to-another-tenant",
        "The honest message is posted to another tenant, who trusts another provider.",
        ErrorCode.INVALID_SIGNATURE,
        connection=_BETA_OTHER_IDP,
        shapes=EVERY_SHAPE,
    ),
    mutation(
        "posted-to-same-provider",
        "The honest message is posted to another tenant with the same provider.",
        ErrorCode.DESTINATION_MISMATCH,
        connection=_BETA,
        shapes=EVERY_SHAPE,
    ),
    mutation(
        "readdressed",
        "The same with the Destination changed on the way.",
        ErrorCode.INVALID_AUDIENCE,
        after=_addressed_to_beta,
        connection=_BETA,
    ),
    mutation(
        "readdressed-shared-entity-id",
        "The same where both tenants share our entity ID.",
        RECIPIENT,
        after=_addressed_to_beta,
        connection={"connection_id": "beta", "acs_url": _OTHER_ACS},
    ),
    mutation(
        "readdressed-signed",
        "The Destination of a signed Response is changed on the way.",
        ErrorCode.DIGEST_MISMATCH,
        after=_addressed_to_beta,
        connection=_BETA,
        shapes=(RESPONSE, BOTH),
    ),
    _case(
        "own-key-other-issuer",
        "Signed with the trusted key, in the name of another provider.",
        ErrorCode.ISSUER_MISMATCH,
        _issuers(_OTHER_IDP),
        shapes=EVERY_SHAPE,
    ),
    _case(
        "other-key-own-issuer",
        "Another tenant's provider signs in the name of the trusted one.",
        ErrorCode.INVALID_SIGNATURE,
        together(),
        key="idp-b",
        shapes=EVERY_SHAPE,
    ),
    _case(
        "other-key-other-issuer",
        "Another tenant's provider signs in its own name.",
        ErrorCode.INVALID_SIGNATURE,
        _issuers(_OTHER_IDP),
        key="idp-b",
    ),
    _case(
        "shared-key-other-issuer",
        "Both providers' keys are trusted; the other speaks in its own name.",
        ErrorCode.ISSUER_MISMATCH,
        _issuers(_OTHER_IDP),
        key="idp-b",
        connection={"idp_certificates": ["idp.crt", "idp-b.crt"]},
    ),
    _case(
        "issuer-of-response-other",
        "The Response is of another provider than the assertion.",
        ErrorCode.ISSUER_MISMATCH,
        saying(response_issuer, _OTHER_IDP),
        shapes=EVERY_SHAPE,
    ),
    _case(
        "audience-of-another-tenant",
        "Made for another tenant's entity ID.",
        ErrorCode.INVALID_AUDIENCE,
        saying(audience, _BETA["sp_entity_id"]),
    ),
    _case(
        "recipient-of-another-tenant",
        "Made for another tenant's address.",
        RECIPIENT,
        setting(confirmation_data, "Recipient", _OTHER_ACS),
    ),
    _case(
        "destination-of-another-tenant",
        "Sent to another tenant's address.",
        ErrorCode.DESTINATION_MISMATCH,
        setting(root, "Destination", _OTHER_ACS),
    ),
)
