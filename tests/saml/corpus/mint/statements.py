"""Status and subject."""

from __future__ import annotations

from lxml import etree

from relyra_django.saml.errors import ErrorCode
from relyra_django.testing.namespaces import STATUS
from tests.saml.corpus.cases import Identity
from tests.saml.corpus.mint.draft import (
    ALICE,
    EVERY_SHAPE,
    Edit,
    Mutation,
    mutation,
)
from tests.saml.corpus.mint.edits import (
    assertion,
    confirmation,
    growing,
    name_id,
    saml,
    samlp,
    saying,
    setting,
    status,
    status_code,
    subject,
    together,
    twice,
    without,
)
from tests.saml.corpus.world import SP_ENTITY_ID

REFUSED, FIELD = ErrorCode.UNSUPPORTED_STATUS, ErrorCode.MISSING_PROTOCOL_FIELD
XML, NAME = ErrorCode.MALFORMED_XML, ErrorCode.NAME_ID_NOT_ACCEPTED
ATTRIBUTE, CONTEXT = ErrorCode.INVALID_ATTRIBUTE, ErrorCode.AUTHN_CONTEXT_MISMATCH
MAIL = ("mail", ("alice@example.org",))
NOBODY = Identity(name_id=None, attributes=(MAIL,))


def _named(text: str) -> Identity:
    return Identity(name_id=text, attributes=(MAIL,))


def _case(slug: str, says: str, judged: object, edit: Edit, **more: object) -> Mutation:
    return mutation(slug, says, judged, before=edit, **more)  # type: ignore[arg-type]


def _second_level(value: str) -> Edit:
    return growing(status_code, samlp("StatusCode"), Value=STATUS + value)


def _failed(top: str, second: str | None = None) -> Edit:
    edit = setting(status_code, "Value", STATUS + top)
    return edit if second is None else together(edit, _second_level(second))


def _unsigned_failure(top: str, second: str | None = None) -> Edit:
    """What a provider sends: a failure without assertion, which nothing signs."""
    return together(_failed(top, second), without(assertion))


_SECOND = (
    "AuthnFailed", "InvalidAttrNameOrValue", "InvalidNameIDPolicy", "NoAuthnContext",
    "NoAvailableIDP", "NoPassive", "NoSupportedIDP", "PartialLogout", "ProxyCountExceeded",
    "RequestDenied", "RequestUnsupported", "RequestVersionDeprecated", "RequestVersionTooHigh",
    "RequestVersionTooLow", "ResourceNotRecognized", "TooManyResponses", "UnknownAttrProfile",
    "UnknownPrincipal", "UnsupportedBinding",
)  # fmt: skip
_VALUES = {
    "no-uri": "Success",
    "other-case": STATUS + "success",
    "blank-behind": STATUS + "Success ",
    "longer": STATUS + "SuccessFully",
    "saml-1": "samlp:Success",
    "empty": "",
}

STATUSES: tuple[Mutation, ...] = (
    *(
        _case(
            f"beside-assertion-{top.lower()}",
            f"{top}, and yet an assertion.",
            REFUSED,
            _failed(top),
            shapes=EVERY_SHAPE,
        )
        for top in ("Requester", "Responder", "VersionMismatch")
    ),
    *(
        mutation(
            f"without-assertion-{second.lower()}",
            f"Responder and {second}, no assertion.",
            REFUSED,
            after=_unsigned_failure("Responder", second),
        )
        for second in _SECOND
    ),
    *(
        _case(
            f"value-{slug}",
            f"The StatusCode is {value!r}.",
            REFUSED,
            setting(status_code, "Value", value),
        )
        for slug, value in _VALUES.items()
    ),
    _case(
        "success-below",
        "Responder, and Success as second level.",
        REFUSED,
        _failed("Responder", "Success"),
        shapes=EVERY_SHAPE,
    ),
    _case("no-value", "A StatusCode without Value.", REFUSED, setting(status_code, "Value", None)),
    _case("no-code", "A Status without StatusCode.", FIELD, without(status_code)),
    _case(
        "two-codes",
        "Two StatusCodes: Success and a failure.",
        FIELD,
        together(twice(status_code), _failed("Responder")),
    ),
    _case("no-status", "No Status.", FIELD, without(status)),
    _case("two-statuses", "Two Statuses.", XML, twice(status)),
    _case(
        "code-of-foreign-namespace",
        "A StatusCode of a foreign namespace.",
        FIELD,
        lambda message: setattr(status_code(message), "tag", "{urn:x}StatusCode"),
    ),
    _case(
        "status-of-foreign-namespace",
        "A Status of a foreign namespace.",
        XML,
        lambda message: setattr(status(message), "tag", "{urn:x}Status"),
    ),
    _case(
        "second-level",
        "Harmless: Success, and a failure as second level.",
        ALICE,
        _second_level("PartialLogout"),
    ),
    _case(
        "message",
        "Harmless: Success with a message and a detail.",
        ALICE,
        together(
            growing(status, samlp("StatusMessage"), "admin"), growing(status, samlp("StatusDetail"))
        ),
    ),
)


def _wrapped(text: str) -> Edit:
    return saying(name_id, text)


def _base_id(message: etree._Element) -> None:
    name_id(message).tag = saml("BaseID")


def _encrypted_id(message: etree._Element) -> None:
    name_id(message).tag = saml("EncryptedID")


_FORMAT = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress"
_EMAIL_ONLY = {"accepted_name_id_formats": [_FORMAT]}
SUBJECTS: tuple[Mutation, ...] = (
    _case("none", "No Subject.", FIELD, without(subject)),
    _case("base-id", "A BaseID in place of the NameID.", NAME, _base_id),
    _case(
        "base-id-beside-name",
        "A BaseID beside the NameID.",
        FIELD,
        growing(subject, saml("BaseID")),
    ),
    _case("two", "Two Subjects.", FIELD, twice(subject)),
    _case("empty-name", "An empty NameID.", NAME, _wrapped("")),
    _case("blank-name", "A NameID of blanks.", NAME, _wrapped(" \n\t ")),
    _case("two-names", "Two NameIDs.", FIELD, twice(name_id)),
    _case("nested-name", "An element in the NameID.", XML, growing(name_id, "{urn:x}x", "admin")),
    _case(
        "name-in-name", "A NameID in the NameID.", XML, growing(name_id, saml("NameID"), "admin")
    ),
    _case(
        "name-of-another-sp",
        "The NameID is qualified for another service.",
        NAME,
        setting(name_id, "SPNameQualifier", "https://other.example.net/"),
    ),
    _case(
        "sp-qualifier-nearly-ours",
        "The NameID is qualified for nearly our name.",
        NAME,
        setting(name_id, "SPNameQualifier", SP_ENTITY_ID + "x"),
    ),
    _case(
        "format-not-accepted",
        "A NameID of a format that the connection does not take.",
        NAME,
        together(),
        policy=_EMAIL_ONLY,
    ),
    _case(
        "format-missing",
        "A NameID without Format, and only one format is taken.",
        NAME,
        setting(name_id, "Format", None),
        policy=_EMAIL_ONLY,
    ),
    _case(
        "encrypted-junk",
        "An EncryptedID that holds nothing encrypted.",
        ErrorCode.DECRYPTION_FAILED,
        _encrypted_id,
    ),
    _case(
        "own-qualifier",
        "Harmless: the NameID is qualified for us.",
        ALICE,
        setting(name_id, "SPNameQualifier", SP_ENTITY_ID),
    ),
    _case(
        "empty-qualifier",
        "Harmless: an empty SPNameQualifier.",
        ALICE,
        setting(name_id, "SPNameQualifier", ""),
    ),
    _case(
        "format-accepted",
        "Harmless: a NameID of the format that the connection takes.",
        ALICE,
        setting(name_id, "Format", _FORMAT),
        policy=_EMAIL_ONLY,
    ),
    _case(
        "no-format", "Harmless: a NameID without Format.", ALICE, setting(name_id, "Format", None)
    ),
    _case("no-name", "Harmless: no NameID, attributes alone.", NOBODY, without(name_id)),
    _case(
        "name-in-lines",
        "Harmless: the NameID on a line of its own.",
        ALICE,
        _wrapped("\n        alice\n      "),
    ),
    _case(
        "name-with-blank",
        "Harmless: a NameID that ends with a blank is another name.",
        _named("alice "),
        _wrapped("alice "),
    ),
    _case(
        "name-in-other-case",
        "Harmless: a NameID in capitals is another name.",
        _named("ALICE"),
        _wrapped("ALICE"),
    ),
    _case(
        "name-with-markup",
        "Harmless: a NameID with signs of markup.",
        _named("<b>&amp;\"alice'"),
        _wrapped("<b>&amp;\"alice'"),
    ),
    _case(
        "name-in-greek",
        "Harmless: a NameID in Greek, with an accent of its own.",
        _named("\u03b1\u0301\u03bb"),
        _wrapped("\u03b1\u0301\u03bb"),
    ),
    _case(
        "name-beyond-the-plane",
        "Harmless: a NameID beyond the basic plane.",
        _named("\U0001f600"),
        _wrapped("\U0001f600"),
    ),
    _case(
        "all-qualifiers",
        "Harmless: a NameID with every qualifier.",
        ALICE,
        together(
            setting(name_id, "NameQualifier", "https://idp.example.org/"),
            setting(name_id, "SPProvidedID", "a1"),
        ),
    ),
    _case(
        "name-in-confirmation-too",
        "Harmless: the confirmation names somebody else.",
        ALICE,
        lambda message: confirmation(message).insert(0, _other_name()),
    ),
)


def _other_name() -> etree._Element:
    element = etree.Element(saml("NameID"))
    element.text = "admin"
    return element
