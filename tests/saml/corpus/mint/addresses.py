"""Names that must be equal character by character, and are nearly so."""

from __future__ import annotations

from collections.abc import Callable

from lxml import etree

from relyra_django.saml.errors import ErrorCode
from tests.saml.corpus.mint.draft import ALICE, ASSERTION, RESPONSE, Mutation, mutation
from tests.saml.corpus.mint.edits import (
    Edit,
    Part,
    assertion,
    audience,
    child,
    conditions,
    confirmation_data,
    response_issuer,
    restriction,
    root,
    saml,
    saying,
    setting,
    together,
    twice,
    without,
)
from tests.saml.corpus.world import ACS_URL, IDP, SP_ENTITY_ID

FIELD, ISSUER = ErrorCode.MISSING_PROTOCOL_FIELD, ErrorCode.ISSUER_MISMATCH
DESTINATION, RECIPIENT = ErrorCode.DESTINATION_MISMATCH, ErrorCode.RECIPIENT_MISMATCH
AUDIENCE = ErrorCode.INVALID_AUDIENCE
ELSEWHERE = "https://other.example.net/"

_NEAR: dict[str, Callable[[str], str]] = {
    "elsewhere": lambda _: ELSEWHERE,
    "empty": lambda _: "",
    "slash": lambda url: url[:-1] if url.endswith("/") else url + "/",
    "two-slashes": lambda url: url + "/",
    "shorter": lambda url: url[:-3],
    "prefix-only": lambda url: url[: url.index("/", 9) + 1],
    "longer": lambda url: url + "x",
    "as-suffix": lambda url: "https://evil.example/?" + url,
    "path-in-other-case": lambda url: url[:10] + url[10:].swapcase(),
    "host-in-capitals": lambda url: url.replace("example", "EXAMPLE"),
    "scheme-in-capitals": lambda url: url.replace("https", "HTTPS"),
    "http": lambda url: url.replace("https", "http"),
    "port": lambda url: url.replace(".com/", ".com:443/").replace(".org/", ".org:443/"),
    "query": lambda url: url + "?x=1",
    "empty-query": lambda url: url + "?",
    "fragment": lambda url: url + "#",
    "percent-encoded": lambda url: url.replace("metadata", "metadat%61").replace("acs", "ac%73"),
    "dot-segment": lambda url: url.replace("m/", "m/./", 1).replace("g/", "g/./", 1),
    "user": lambda url: url.replace("https://", "https://x@"),
    "dot-behind-host": lambda url: url.replace(".com/", ".com./").replace(".org/", ".org./"),
    "look-alike": lambda url: url.replace("a", "\u0430", 1).replace("e", "\u0435", 1),
    "full-width": lambda url: url.replace("e", "\uff45", 1),
    "zero-width": lambda url: url[:12] + "\u200b" + url[12:],
    "no-break-space": lambda url: url + "\u00a0",
    "two-in-one": lambda url: f"{url} {ELSEWHERE}",
    "subdomain": lambda url: url.replace(".com", ".com.evil.example").replace(
        ".org", ".org.evil.example"
    ),
    "backslash": lambda url: url.replace("/", "\\"),
}


def _saying(find: Part) -> Callable[[str], Edit]:
    return lambda text: saying(find, text)


def _setting(find: Part, name: str) -> Callable[[str], Edit]:
    return lambda text: setting(find, name, text)


def _assertion_issuer(message: etree._Element) -> etree._Element:
    return child(assertion(message), "Issuer")


_PLACES: dict[str, tuple[str, ErrorCode, Callable[[str], Edit]]] = {
    "destination": (ACS_URL, DESTINATION, _setting(root, "Destination")),
    "recipient": (ACS_URL, RECIPIENT, _setting(confirmation_data, "Recipient")),
    "audience": (SP_ENTITY_ID, AUDIENCE, _saying(audience)),
    "issuer": (IDP, ISSUER, _saying(_assertion_issuer)),
    "response-issuer": (IDP, ISSUER, _saying(response_issuer)),
}


def _near_misses(place: str) -> tuple[Mutation, ...]:
    url, code, edit = _PLACES[place]
    return tuple(
        mutation(
            f"{place}-{slug}",
            f"The {place.replace('-', ' ')} is {slug}.",
            code,
            before=edit(change(url)),
        )
        for slug, change in _NEAR.items()
    )


_BLANKS = {"blank": " ", "newline": "\n", "tab": "\t"}


def _blanks(name: str) -> tuple[Mutation, ...]:
    return tuple(
        mutation(
            f"{name.lower()}-{slug}",
            f"A {slug} behind the {name}.",
            code,
            before=setting(find, name, ACS_URL + blank),
        )
        for slug, blank in _BLANKS.items()
        for find, code in [
            (root, DESTINATION) if name == "Destination" else (confirmation_data, RECIPIENT)
        ]
    )


_NO_DESTINATION = {"allow_missing_destination": True}
_NO_ISSUER = {"allow_missing_response_issuer": True}

DESTINATIONS: tuple[Mutation, ...] = (
    *_near_misses("destination"),
    *_blanks("Destination"),
    mutation(
        "none",
        "No Destination.",
        FIELD,
        before=setting(root, "Destination", None),
        shapes=(ASSERTION, RESPONSE),
    ),
    mutation(
        "none-signed-allowed",
        "No Destination on a signed Response, though it may be absent from an unsigned one.",
        FIELD,
        before=setting(root, "Destination", None),
        shapes=(RESPONSE,),
        policy=_NO_DESTINATION,
    ),
    mutation(
        "wrong-where-none-is-allowed",
        "A wrong Destination where it may be absent.",
        DESTINATION,
        before=setting(root, "Destination", ELSEWHERE),
        policy=_NO_DESTINATION,
    ),
    mutation(
        "empty-where-none-is-allowed",
        "An empty Destination where it may be absent.",
        DESTINATION,
        before=setting(root, "Destination", ""),
        policy=_NO_DESTINATION,
    ),
    mutation(
        "none-allowed",
        "Harmless: no Destination on an unsigned Response, and it may be absent.",
        ALICE,
        before=setting(root, "Destination", None),
        policy=_NO_DESTINATION,
    ),
)

RECIPIENTS: tuple[Mutation, ...] = (
    *_near_misses("recipient"),
    *_blanks("Recipient"),
    mutation(
        "none", "No Recipient.", RECIPIENT, before=setting(confirmation_data, "Recipient", None)
    ),
)


def _restricted(*restrictions: tuple[str, ...]) -> Edit:
    """Say these restrictions instead of the honest one."""

    def edit(message: etree._Element) -> None:
        for old in conditions(message).findall(saml("AudienceRestriction")):
            conditions(message).remove(old)
        for audiences in restrictions:
            new = etree.SubElement(conditions(message), saml("AudienceRestriction"))
            for one in audiences:
                etree.SubElement(new, saml("Audience")).text = one

    return edit


_US, _THEM = SP_ENTITY_ID, ELSEWHERE
AUDIENCES: tuple[Mutation, ...] = (
    *_near_misses("audience"),
    mutation("no-restriction", "No AudienceRestriction.", AUDIENCE, before=without(restriction)),
    mutation(
        "empty-restriction",
        "An AudienceRestriction without Audience.",
        AUDIENCE,
        before=_restricted(()),
    ),
    mutation(
        "two-restrictions-one-fits",
        "Two restrictions, the second names somebody else.",
        AUDIENCE,
        before=_restricted((_US,), (_THEM,)),
    ),
    mutation(
        "two-restrictions-other-fits",
        "Two restrictions, the first names somebody else.",
        AUDIENCE,
        before=_restricted((_THEM,), (_US,)),
    ),
    mutation(
        "second-restriction-empty",
        "A second restriction names nobody.",
        AUDIENCE,
        before=_restricted((_US,), ()),
    ),
    mutation(
        "many-others",
        "Many audiences, none of them us.",
        AUDIENCE,
        before=_restricted(tuple(f"{_THEM}{n}" for n in range(9))),
    ),
    mutation(
        "ours-as-child",
        "Our name in a child of Audience.",
        ErrorCode.MALFORMED_XML,
        before=together(
            saying(audience, None),
            lambda message: setattr(etree.SubElement(audience(message), "{urn:x}x"), "text", _US),
        ),
    ),
    mutation(
        "ours-in-foreign-namespace",
        "Audience of a foreign namespace.",
        AUDIENCE,
        before=lambda message: setattr(audience(message), "tag", "{urn:x}Audience"),
    ),
    mutation(
        "ours-in-proxy-restriction",
        "Our name in a ProxyRestriction alone.",
        AUDIENCE,
        before=lambda message: setattr(restriction(message), "tag", saml("ProxyRestriction")),
    ),
    mutation(
        "one-of-several",
        "Harmless: several audiences, one of them us.",
        ALICE,
        before=_restricted((_THEM, _US)),
    ),
    mutation(
        "two-restrictions-both-fit",
        "Harmless: two restrictions, both name us.",
        ALICE,
        before=_restricted((_THEM, _US), (_US,)),
    ),
    mutation(
        "in-lines",
        "Harmless: white space round the Audience.",
        ALICE,
        before=saying(audience, f"\n   {_US}\t\n"),
    ),
)

_ENTITY = "urn:oasis:names:tc:SAML:2.0:nameid-format:entity"
ISSUERS: tuple[Mutation, ...] = (
    *_near_misses("issuer"),
    *_near_misses("response-issuer"),
    mutation("none", "The assertion has no Issuer.", FIELD, before=without(_assertion_issuer)),
    mutation("two", "The assertion has two Issuers.", FIELD, before=twice(_assertion_issuer)),
    mutation(
        "response-none",
        "The Response has no Issuer.",
        FIELD,
        before=without(response_issuer),
        shapes=(ASSERTION, RESPONSE),
    ),
    mutation(
        "response-two",
        "The Response has two Issuers.",
        ErrorCode.MALFORMED_XML,
        before=twice(response_issuer),
    ),
    mutation(
        "response-none-signed-allowed",
        "No Issuer on a signed Response, though it may be absent from an unsigned one.",
        FIELD,
        before=without(response_issuer),
        shapes=(RESPONSE,),
        policy=_NO_ISSUER,
    ),
    mutation(
        "response-wrong-where-none-is-allowed",
        "A wrong Issuer of the Response where it may be absent.",
        ISSUER,
        before=saying(response_issuer, ELSEWHERE),
        policy=_NO_ISSUER,
    ),
    mutation(
        "none-where-the-response-may-lack",
        "The assertion has no Issuer, and the Response needs none.",
        FIELD,
        before=without(_assertion_issuer),
        policy=_NO_ISSUER,
    ),
    mutation(
        "response-none-allowed",
        "Harmless: no Issuer on an unsigned Response, and it may be absent.",
        ALICE,
        before=without(response_issuer),
        policy=_NO_ISSUER,
    ),
    mutation(
        "in-lines",
        "Harmless: white space round both Issuers.",
        ALICE,
        before=together(
            saying(_assertion_issuer, f"\n  {IDP}\n"), saying(response_issuer, f" {IDP}\t")
        ),
    ),
    mutation(
        "with-format",
        "Harmless: both Issuers say that they are entity IDs.",
        ALICE,
        before=together(
            setting(_assertion_issuer, "Format", _ENTITY),
            setting(response_issuer, "Format", _ENTITY),
        ),
    ),
)
