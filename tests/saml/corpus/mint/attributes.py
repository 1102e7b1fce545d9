"""Attributes and the statement of authentication."""

from __future__ import annotations

from copy import deepcopy

from lxml import etree

from relyra_django.saml.errors import ErrorCode
from relyra_django.testing.namespaces import XSI
from tests.saml.corpus.cases import Identity
from tests.saml.corpus.mint.draft import (
    ALICE,
    Edit,
    Mutation,
    mutation,
)
from tests.saml.corpus.mint.edits import (
    assertion,
    attribute,
    attribute_value,
    child,
    growing,
    saml,
    samlp,
    saying,
    setting,
    statement,
    together,
    twice,
    without,
)

REFUSED, FIELD = ErrorCode.UNSUPPORTED_STATUS, ErrorCode.MISSING_PROTOCOL_FIELD
XML, NAME = ErrorCode.MALFORMED_XML, ErrorCode.NAME_ID_NOT_ACCEPTED
ATTRIBUTE, CONTEXT = ErrorCode.INVALID_ATTRIBUTE, ErrorCode.AUTHN_CONTEXT_MISMATCH
MAIL = ("mail", ("alice@example.org",))
NOBODY = Identity(name_id=None, attributes=(MAIL,))


def _case(slug: str, says: str, judged: object, edit: Edit, **more: object) -> Mutation:
    return mutation(slug, says, judged, before=edit, **more)  # type: ignore[arg-type]


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
