"""The shape of the message: its root, its version, its parts, what must be signed, conditions."""

from __future__ import annotations

from copy import deepcopy

from lxml import etree

from relyra_django.saml.errors import ErrorCode
from tests.saml.corpus.mint.draft import (
    ALICE,
    ASSERTION,
    BOTH,
    EVERY_SHAPE,
    RESPONSE,
    Edit,
    Mutation,
    mutation,
)
from tests.saml.corpus.mint.edits import (
    Part,
    advice,
    assertion,
    attribute,
    conditions,
    confirmation,
    confirmation_data,
    extensions,
    growing,
    reference,
    restriction,
    root,
    saml,
    samlp,
    setting,
    signature,
    signature_method,
    statement,
    status_code,
    status_detail,
    subject,
    take_out,
    together,
    twice,
    without,
)
from tests.saml.corpus.mint.honest import ASSERTION_ID, RESPONSE_ID
from tests.saml.corpus.mint.keys import key
from tests.saml.corpus.mint.signers import REPOSITORY, Style

FIELD, XML = ErrorCode.MISSING_PROTOCOL_FIELD, ErrorCode.MALFORMED_XML
TWO, MISSING = ErrorCode.AMBIGUOUS_ASSERTION, ErrorCode.MISSING_SIGNATURE
CONDITION = ErrorCode.UNSUPPORTED_CONDITION


def _called(tag: str) -> Edit:
    return lambda message: setattr(message, "tag", tag)


def _assertion_called(tag: str) -> Edit:
    return lambda message: setattr(assertion(message), "tag", tag)


_ROOTS = {
    "authn-request": samlp("AuthnRequest"),
    "logout-request": samlp("LogoutRequest"),
    "logout-response": samlp("LogoutResponse"),
    "artifact-response": samlp("ArtifactResponse"),
    "assertion": saml("Assertion"),
    "response-in-lower-case": samlp("response"),
    "response-of-assertions": saml("Response"),
    "response-of-saml-1": "{urn:oasis:names:tc:SAML:1.0:protocol}Response",
    "response-of-nearly-saml": "{urn:oasis:names:tc:SAML:2.0:protocol/}Response",
    "response-of-no-namespace": "Response",
    "entity-descriptor": "{urn:oasis:names:tc:SAML:2.0:metadata}EntityDescriptor",
}
_ASSERTIONS = {
    "in-protocol": samlp("Assertion"),
    "of-saml-1": "{urn:oasis:names:tc:SAML:1.0:assertion}Assertion",
    "of-no-namespace": "Assertion",
    "in-lower-case": saml("assertion"),
}
_VERSIONS = {"1.1": "1.1", "2.1": "2.1", "2": "2", "2.00": "2.00", "blank": " 2.0", "empty": ""}


def _alone(message: etree._Element) -> None:
    """The assertion itself is the message."""
    own = deepcopy(assertion(message))
    message.clear()
    message.tag = own.tag
    message.attrib.update(own.attrib)
    message.extend(own)


def _park(find: Part) -> Edit:
    """Move the assertion there, and have it signed there."""

    def edit(message: etree._Element) -> None:
        genuine = take_out(assertion(message))
        find(message).append(genuine)

    return edit


def _second(first: bool) -> Edit:
    def edit(message: etree._Element) -> None:
        other = deepcopy(assertion(message))
        other.set("ID", "_other")
        (assertion(message).addprevious if first else assertion(message).addnext)(other)

    return edit


def _in_advice(message: etree._Element) -> None:
    other = deepcopy(assertion(message))
    other.set("ID", "_other")
    advice(message).append(other)


def _unsigned(message: etree._Element) -> None:
    for one in list(message.iter("{http://www.w3.org/2000/09/xmldsig#}Signature")):
        take_out(one)


def _case(slug: str, says: str, judged: object, edit: Edit, **more: object) -> Mutation:
    return mutation(slug, says, judged, before=edit, **more)  # type: ignore[arg-type]


_PLACES: dict[str, Part] = {"extensions": extensions, "status-detail": status_detail}

STRUCTURE: tuple[Mutation, ...] = (
    *(
        _case(
            f"root-{slug}",
            f"The root is {slug.replace('-', ' ')}.",
            FIELD,
            _called(tag),
            shapes=(RESPONSE,),
        )
        for slug, tag in _ROOTS.items()
    ),
    mutation("assertion-alone", "The signed assertion without a Response.", FIELD, after=_alone),
    *(
        _case(
            f"assertion-{slug}",
            f"The Assertion is {slug.replace('-', ' ')}.",
            XML,
            _assertion_called(tag),
            shapes=(RESPONSE,),
        )
        for slug, tag in _ASSERTIONS.items()
    ),
    *(
        _case(
            f"version-{slug}",
            f"The Response has the version {value!r}.",
            FIELD,
            setting(root, "Version", value),
        )
        for slug, value in _VERSIONS.items()
    ),
    *(
        _case(
            f"assertion-version-{slug}",
            f"The assertion has the version {value!r}.",
            FIELD,
            setting(assertion, "Version", value),
        )
        for slug, value in _VERSIONS.items()
    ),
    _case("no-version", "The Response has no version.", FIELD, setting(root, "Version", None)),
    _case(
        "assertion-no-version",
        "The assertion has no version.",
        FIELD,
        setting(assertion, "Version", None),
    ),
    _case(
        "no-assertion", "Success, and no assertion.", TWO, without(assertion), shapes=(RESPONSE,)
    ),
    *(
        _case(
            f"two-assertions-{slug}",
            f"Two assertions, signed so: the other is {slug}.",
            TWO,
            _second(slug == "first"),
            shapes=EVERY_SHAPE,
        )
        for slug in ("first", "last")
    ),
    *(
        _case(
            f"assertion-in-{slug}",
            f"The assertion is in {slug}, and signed there.",
            TWO,
            _park(find),
            shapes=EVERY_SHAPE,
        )
        for slug, find in _PLACES.items()
    ),
    _case(
        "assertion-in-advice",
        "The provider itself puts an assertion into Advice.",
        TWO,
        _in_advice,
        shapes=EVERY_SHAPE,
    ),
    _case("foreign-child", "The Response has a foreign child.", XML, growing(root, "{urn:x}x")),
    _case(
        "protocol-child",
        "The Response has a child that belongs elsewhere.",
        XML,
        growing(root, samlp("NameIDPolicy")),
    ),
    _case(
        "look-alike-beside",
        "An Assertion of a foreign namespace beside the real one.",
        XML,
        growing(root, "{urn:x}Assertion", ID="_x"),
    ),
    _case(
        "two-extensions",
        "Two Extensions.",
        XML,
        together(extensions, extensions),
    ),
    _case(
        "empty-extensions",
        "Harmless: empty Extensions.",
        ALICE,
        extensions,
    ),
    _case(
        "status-last",
        "Harmless: Status behind the assertion.",
        ALICE,
        lambda message: message.append(message[1]),
    ),
    _case(
        "consent",
        "Harmless: a Consent.",
        ALICE,
        setting(root, "Consent", "urn:oasis:names:tc:SAML:2.0:consent:obtained"),
    ),
)


def _prefixed(find: Part, name: str) -> Edit:
    """Spell an attribute with SAML's own prefix: SAML's attributes have none."""

    def edit(message: etree._Element) -> None:
        element = find(message)
        element.set(f"{{{etree.QName(element).namespace}}}{name}", element.attrib.pop(name))

    return edit


PREFIXED: tuple[Mutation, ...] = (
    _case("destination", "Destination has a prefix.", FIELD, _prefixed(root, "Destination")),
    _case("version", "Version has a prefix.", FIELD, _prefixed(root, "Version")),
    _case(
        "in-response-to",
        "InResponseTo has a prefix.",
        ErrorCode.IN_RESPONSE_TO_MISMATCH,
        _prefixed(root, "InResponseTo"),
    ),
    _case(
        "recipient",
        "Recipient has a prefix.",
        ErrorCode.RECIPIENT_MISMATCH,
        _prefixed(confirmation_data, "Recipient"),
    ),
    _case(
        "end-of-confirmation",
        "NotOnOrAfter of the confirmation has a prefix.",
        ErrorCode.SUBJECT_CONFIRMATION_INVALID,
        _prefixed(confirmation_data, "NotOnOrAfter"),
    ),
    _case(
        "method",
        "Method has a prefix.",
        ErrorCode.SUBJECT_CONFIRMATION_INVALID,
        _prefixed(confirmation, "Method"),
    ),
    _case(
        "authn-instant", "AuthnInstant has a prefix.", FIELD, _prefixed(statement, "AuthnInstant")
    ),
    _case(
        "status-value",
        "Value of the StatusCode has a prefix.",
        ErrorCode.UNSUPPORTED_STATUS,
        _prefixed(status_code, "Value"),
    ),
    _case(
        "attribute-name", "Name of an attribute has a prefix.", FIELD, _prefixed(attribute, "Name")
    ),
    mutation(
        "reference-uri",
        "URI of the Reference has a prefix.",
        ErrorCode.AMBIGUOUS_SIGNED_NODE,
        after=_prefixed(reference, "URI"),
        sealed=True,
    ),
    mutation(
        "signature-method",
        "Algorithm of the SignatureMethod has a prefix.",
        ErrorCode.DEPRECATED_ALGORITHM,
        after=_prefixed(signature_method, "Algorithm"),
        sealed=True,
    ),
)


def _signed_by(name: str, id_: str) -> Edit:
    """Have another key sign this element too."""
    return lambda message: REPOSITORY.sign(message, id_, key(name), Style())


def _saml1(message: etree._Element) -> None:
    etree.SubElement(extensions(message), "{urn:oasis:names:tc:SAML:1.0:assertion}Assertion")


_ASSERTION_ONLY, _RESPONSE_ONLY = {"signing": "assertion"}, {"signing": "response"}
_BOTH_ONLY = {"signing": "both"}
PRESENCE: tuple[Mutation, ...] = (
    mutation(
        "inner-by-a-stranger",
        "The trusted key signs a Response whose assertion a stranger has signed.",
        ErrorCode.INVALID_SIGNATURE,
        shapes=(RESPONSE,),
        before=_signed_by("stranger", ASSERTION_ID),
    ),
    mutation(
        "outer-by-a-stranger",
        "A stranger signs the Response round a genuine assertion.",
        ErrorCode.INVALID_SIGNATURE,
        after=_signed_by("stranger", RESPONSE_ID),
    ),
    mutation(
        "both-by-two-keys",
        "Harmless: two trusted keys sign, one the assertion.",
        ALICE,
        shapes=(RESPONSE,),
        before=_signed_by("idp-b", ASSERTION_ID),
        connection={"idp_certificates": ["idp.crt", "idp-b.crt"]},
    ),
    mutation("none", "Nothing is signed.", MISSING, after=_unsigned, shapes=EVERY_SHAPE),
    *(
        mutation(
            f"none-policy-{policy['signing']}",
            f"Nothing is signed, the policy asks for {policy['signing']}.",
            MISSING,
            after=_unsigned,
            policy=policy,
        )
        for policy in (_ASSERTION_ONLY, _RESPONSE_ONLY, _BOTH_ONLY)
    ),
    mutation(
        "assertion-missing",
        "The assertion must be signed and is not.",
        MISSING,
        shapes=(RESPONSE,),
        policy=_ASSERTION_ONLY,
    ),
    mutation(
        "response-missing",
        "The Response must be signed and is not.",
        MISSING,
        shapes=(ASSERTION,),
        policy=_RESPONSE_ONLY,
    ),
    mutation(
        "both-missing-response",
        "Both must be signed, the Response is not.",
        MISSING,
        shapes=(ASSERTION,),
        policy=_BOTH_ONLY,
    ),
    mutation(
        "both-missing-assertion",
        "Both must be signed, the assertion is not.",
        MISSING,
        shapes=(RESPONSE,),
        policy=_BOTH_ONLY,
    ),
    mutation(
        "outer-stripped",
        "Both must be signed, and the Response's Signature was taken out.",
        MISSING,
        shapes=(BOTH,),
        policy=_BOTH_ONLY,
        after=without(signature),
    ),
    mutation(
        "assertion-asked",
        "Harmless: the assertion must be signed and is.",
        ALICE,
        shapes=(ASSERTION, BOTH),
        policy=_ASSERTION_ONLY,
    ),
    mutation(
        "response-asked",
        "Harmless: the Response must be signed and is.",
        ALICE,
        shapes=(RESPONSE, BOTH),
        policy=_RESPONSE_ONLY,
    ),
    mutation(
        "both-asked",
        "Harmless: both must be signed and are.",
        ALICE,
        shapes=(BOTH,),
        policy=_BOTH_ONLY,
    ),
)


def _typed(message: etree._Element) -> None:
    """A condition that some schema knows."""
    condition = etree.SubElement(conditions(message), saml("Condition"))
    condition.set("{http://www.w3.org/2001/XMLSchema-instance}type", "x:DelegationRestriction")


CONDITIONS: tuple[Mutation, ...] = (
    _case("none", "No Conditions.", FIELD, without(conditions)),
    _case("two", "Two Conditions.", FIELD, twice(conditions)),
    _case("extended", "A condition that nobody here knows.", CONDITION, _typed),
    _case(
        "foreign",
        "A condition of a foreign namespace.",
        CONDITION,
        growing(conditions, "{urn:x}Condition"),
    ),
    _case(
        "in-subject",
        "The Conditions stand in the Subject.",
        FIELD,
        lambda message: subject(message).append(conditions(message)),
    ),
    _case(
        "restriction-of-foreign-namespace",
        "An AudienceRestriction of a foreign namespace.",
        CONDITION,
        lambda message: setattr(restriction(message), "tag", "{urn:x}AudienceRestriction"),
    ),
    _case("once", "Harmless: to be used once.", ALICE, growing(conditions, saml("OneTimeUse"))),
    _case(
        "proxy",
        "Harmless: not to be passed on.",
        ALICE,
        growing(conditions, saml("ProxyRestriction"), Count="0"),
    ),
    _case(
        "advice",
        "Harmless: Advice without an assertion.",
        ALICE,
        advice,
    ),
    _case(
        "advice-by-reference",
        "Harmless: Advice that names another assertion.",
        ALICE,
        lambda message: setattr(
            etree.SubElement(advice(message), saml("AssertionIDRef")), "text", "_elsewhere"
        ),
    ),
)
