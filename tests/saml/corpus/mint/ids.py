"""IDs: twice, in other spellings, of the wrong form."""

from __future__ import annotations

from lxml import etree

from relyra_django.saml.errors import ErrorCode
from tests.saml.corpus.mint.draft import ALICE, ASSERTION, RESPONSE, Edit, Mutation
from tests.saml.corpus.mint.edits import SAMLP, assertion, extensions, root, setting

TWICE, FIELD = ErrorCode.DUPLICATE_XML_ID, ErrorCode.MISSING_PROTOCOL_FIELD
XML_ID = "{http://www.w3.org/XML/1998/namespace}id"
SPELLINGS = {
    "ID": "ID",
    "Id": "Id",
    "id": "id",
    "iD": "iD",
    "xml-id": XML_ID,
    "samlp-ID": f"{{{SAMLP}}}ID",
    "foreign-Id": "{urn:x}Id",
}


def _elsewhere(attribute: str, value: str | None = None) -> Edit:
    """Put an element with the assertion's ID, or this value, into Extensions."""

    def edit(message: etree._Element) -> None:
        identifier = value or assertion(message).get("ID", "")
        etree.SubElement(extensions(message), "{urn:x}i", {attribute: identifier})

    return edit


def _renamed(find: object, name: str) -> Edit:
    def edit(message: etree._Element) -> None:
        element = assertion(message) if find is assertion else message
        element.set(name, element.attrib.pop("ID"))

    return edit


def _one_for_both(message: etree._Element) -> None:
    message.set("ID", assertion(message).get("ID", ""))


def _beside(name: str) -> Edit:
    def edit(message: etree._Element) -> None:
        assertion(message).set(name, assertion(message).get("ID", ""))

    return edit


IDS: tuple[Mutation, ...] = (
    *(
        Mutation(
            slug=f"twice-as-{name}",
            says=f"An element in Extensions carries the assertion's ID as {name}.",
            judged=TWICE,
            after=_elsewhere(attribute),
            source="CVE-2025-25292 and kin",
        )
        for name, attribute in SPELLINGS.items()
    ),
    Mutation(
        slug="one-for-both",
        says="Response and assertion have the same ID.",
        judged=TWICE,
        after=_one_for_both,
    ),
    *(
        Mutation(
            slug=f"assertion-id-twice-as-{name}",
            says=f"The assertion carries its ID a second time as {name}, signed.",
            judged=TWICE,
            before=_beside(SPELLINGS[name]),
        )
        for name in ("xml-id", "samlp-ID")
    ),
    *(
        Mutation(
            slug=f"assertion-has-{name}-only",
            says=f"The ID of the assertion is spelt {name}.",
            judged=FIELD,
            after=_renamed(assertion, SPELLINGS[name]),
        )
        for name in ("Id", "id", "xml-id", "samlp-ID")
    ),
    *(
        Mutation(
            slug=f"response-id-{slug}",
            says=f"The ID of the Response is {value!r}.",
            judged=FIELD,
            after=setting(root, "ID", value),
        )
        for slug, value in {
            "digit-first": "1response",
            "blank-inside": "_a b",
            "empty": "",
            "hash": "#_response",
            "colon": "_a:b",
            "newline": "_a\n",
        }.items()
    ),
    Mutation(
        slug="response-without-id",
        says="The Response has no ID.",
        judged=FIELD,
        after=setting(root, "ID", None),
        shapes=(ASSERTION, RESPONSE),
    ),
    Mutation(
        slug="assertion-without-id",
        says="The assertion has no ID.",
        judged=FIELD,
        after=setting(assertion, "ID", None),
        shapes=(ASSERTION, RESPONSE),
    ),
    Mutation(
        slug="saml1-assertion-id",
        says="Harmless: the ID appears as AssertionID, which is no ID in SAML 2.0.",
        judged=ALICE,
        after=_elsewhere("AssertionID"),
    ),
    Mutation(
        slug="id-in-other-case",
        says="Harmless: another element has the ID in capitals.",
        judged=ALICE,
        after=_elsewhere("ID", "_ASSERTION"),
    ),
    Mutation(
        slug="another-Id-on-the-assertion",
        says="Harmless: the assertion has a second, different Id in another spelling, signed.",
        judged=ALICE,
        before=setting(assertion, "Id", "_another"),
    ),
)
