"""Status, subject, attributes and the statement of authentication."""

from __future__ import annotations

from copy import deepcopy

from lxml import etree

from relyra_django.saml.errors import ErrorCode
from relyra_django.testing.namespaces import STATUS, XSI
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
    attribute,
    attribute_value,
    child,
    confirmation,
    growing,
    name_id,
    saml,
    samlp,
    saying,
    setting,
    statement,
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
    _case("base-id", "Harmless: a BaseID names nobody.", NOBODY, _base_id),
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


def _attributes(message: etree._Element) -> etree._Element:
    return child(assertion(message), "AttributeStatement")


def _with(name: str, *values: str | None, **labels: str) -> Edit:
    """Append an attribute; a value of None is nil."""

    def edit(message: etree._Element) -> None:
        new = etree.SubElement(_attributes(message), saml("Attribute"), {"Name": name, **labels})
        for value in values:
            element = etree.SubElement(new, saml("AttributeValue"))
            element.text = value
            if value is None:
                element.set(f"{{{XSI}}}nil", "true")

    return edit


def _having(*more: tuple[str, tuple[str, ...]], mail: tuple[str, ...] = MAIL[1]) -> Identity:
    return Identity(name_id="alice", attributes=(("mail", mail), *more))


def _nested_value(message: etree._Element) -> None:
    attribute_value(message).text = None
    etree.SubElement(attribute_value(message), saml("NameID")).text = "persistent-id"


def _second_statement(message: etree._Element) -> None:
    copy = deepcopy(_attributes(message))
    _attributes(message).addnext(copy)
    copy[0].set("Name", "cn")
    copy[0][0].text = "Alice"


_URI_FORMAT = "urn:oasis:names:tc:SAML:2.0:attrname-format:uri"
_BASIC = "urn:oasis:names:tc:SAML:2.0:attrname-format:basic"
ATTRIBUTES: tuple[Mutation, ...] = (
    _case("no-name", "An attribute without Name.", FIELD, setting(attribute, "Name", None)),
    _case("empty-name", "An attribute with an empty Name.", FIELD, setting(attribute, "Name", "")),
    _case(
        "encrypted",
        "An EncryptedAttribute.",
        ATTRIBUTE,
        growing(_attributes, saml("EncryptedAttribute")),
    ),
    _case(
        "foreign",
        "A foreign element among the attributes.",
        ATTRIBUTE,
        growing(_attributes, "{urn:x}Attribute", Name="role"),
    ),
    _case(
        "of-the-protocol",
        "An attribute of the protocol's namespace.",
        ATTRIBUTE,
        growing(_attributes, samlp("Attribute"), Name="role"),
    ),
    _case("nil", "Harmless: a nil value is no value.", _having(("role", ())), _with("role", None)),
    _case(
        "nil-as-1",
        "Harmless: nil may be written as 1.",
        _having(mail=()),
        setting(attribute_value, f"{{{XSI}}}nil", "1"),
    ),
    _case("empty-value", "Harmless: an empty value.", _having(("role", ("",))), _with("role", "")),
    _case(
        "no-value", "Harmless: an attribute without value.", _having(("role", ())), _with("role")
    ),
    _case(
        "many-values",
        "Harmless: many values, one of them twice.",
        _having(("groups", ("a", "b", "a"))),
        _with("groups", "a", "b", "a"),
    ),
    _case(
        "value-in-lines",
        "Harmless: a value on a line of its own.",
        ALICE,
        saying(attribute_value, "\n   alice@example.org\n  "),
    ),
    _case(
        "value-with-blanks",
        "Harmless: blanks round a value belong to it.",
        _having(mail=(" alice ",)),
        saying(attribute_value, " alice "),
    ),
    _case(
        "value-with-separators",
        "Harmless: a value with commas is one value.",
        _having(("groups", ("a,b;c d",))),
        _with("groups", "a,b;c d"),
    ),
    _case(
        "nested-value",
        "Harmless: a value that is a NameID.",
        _having(mail=("persistent-id",)),
        _nested_value,
    ),
    _case(
        "untyped",
        "Harmless: a value without type.",
        ALICE,
        setting(attribute_value, f"{{{XSI}}}type", None),
    ),
    _case(
        "typed-any",
        "Harmless: a value of another type.",
        ALICE,
        setting(attribute_value, f"{{{XSI}}}type", "xs:anyType"),
    ),
    _case(
        "same-name-twice",
        "Harmless: the same name and format twice are one attribute.",
        _having(mail=("alice@example.org", "a@example.org")),
        _with("mail", "a@example.org", NameFormat=_BASIC),
    ),
    _case(
        "same-name-other-format",
        "Harmless: the same name in another format is another one.",
        _having(("mail", ("a@example.org",))),
        _with("mail", "a@example.org", NameFormat=_URI_FORMAT),
    ),
    _case(
        "same-friendly-name",
        "Harmless: a friendly name means nothing.",
        _having(("urn:x:evil", ("admin",))),
        _with("urn:x:evil", "admin", FriendlyName="mail"),
    ),
    _case(
        "other-case",
        "Harmless: a name in capitals is another one.",
        _having(("MAIL", ("a@example.org",))),
        _with("MAIL", "a@example.org"),
    ),
    _case(
        "two-statements",
        "Harmless: two AttributeStatements.",
        _having(("cn", ("Alice",))),
        _second_statement,
    ),
    _case(
        "no-statement",
        "Harmless: no AttributeStatement.",
        Identity(name_id="alice"),
        without(_attributes),
    ),
    _case(
        "value-of-foreign-namespace",
        "Harmless: a value of a foreign namespace is none.",
        ALICE,
        growing(attribute, "{urn:x}AttributeValue", "admin"),
    ),
    _case(
        "foreign-xml-attributes",
        "Harmless: XML attributes of a foreign namespace.",
        ALICE,
        setting(attribute, "{urn:x}OriginalIssuer", "https://other.example.net/"),
    ),
    _case(
        "markup-in-value",
        "Harmless: a value that looks like markup.",
        _having(("role", ("<admin/>",))),
        _with("role", "<admin/>"),
    ),
    _case(
        "long-value",
        "Harmless: a value of 60,000 characters.",
        _having(("photo", ("x" * 60_000,))),
        _with("photo", "x" * 60_000),
        compressed=True,
    ),
)

_PASSWORD = "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport"
_TOKEN = "urn:oasis:names:tc:SAML:2.0:ac:classes:TimeSyncToken"


def _context(message: etree._Element) -> etree._Element:
    return child(statement(message), "AuthnContext")


def _class(message: etree._Element) -> etree._Element:
    return child(_context(message), "AuthnContextClassRef")


def _asked(*contexts: str) -> dict[str, object]:
    return {"arguments": {"required_authn_contexts": list(contexts)}}


AUTHENTICATION: tuple[Mutation, ...] = (
    _case("no-statement", "No AuthnStatement.", FIELD, without(statement)),
    _case("two-statements", "Two AuthnStatements.", FIELD, twice(statement)),
    _case(
        "other-context",
        "Another context than was asked for.",
        CONTEXT,
        together(),
        **_asked(_TOKEN),
    ),
    _case(
        "no-class",
        "No class, and one was asked for.",
        CONTEXT,
        without(_class),
        **_asked(_PASSWORD),
    ),
    _case(
        "no-context",
        "No AuthnContext, and one was asked for.",
        CONTEXT,
        without(_context),
        **_asked(_PASSWORD),
    ),
    _case(
        "context-in-other-case",
        "The class in other case.",
        CONTEXT,
        saying(_class, _PASSWORD.upper()),
        **_asked(_PASSWORD),
    ),
    _case("two-classes", "Two classes.", FIELD, twice(_class)),
    _case(
        "declaration-for-class",
        "What was asked for stands in the declaration.",
        CONTEXT,
        together(without(_class), growing(_context, saml("AuthnContextDeclRef"), _PASSWORD)),
        **_asked(_PASSWORD),
    ),
    _case(
        "asked-context",
        "Harmless: the context that was asked for.",
        ALICE,
        together(),
        **_asked(_TOKEN, _PASSWORD),
    ),
    _case(
        "class-in-lines",
        "Harmless: white space round the class.",
        ALICE,
        saying(_class, f"\n  {_PASSWORD}\n"),
        **_asked(_PASSWORD),
    ),
    _case(
        "no-context-asked-for",
        "Harmless: no class, and none was asked for.",
        ALICE,
        without(_class),
    ),
    _case(
        "no-session-index",
        "Harmless: no SessionIndex.",
        ALICE,
        setting(statement, "SessionIndex", None),
    ),
    _case(
        "locality",
        "Harmless: where the visitor was.",
        ALICE,
        growing(statement, saml("SubjectLocality"), Address="192.0.2.7"),
    ),
)
