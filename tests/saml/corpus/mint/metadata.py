"""Metadata of an identity provider: unsigned, spoilt, expired, of somebody else."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from typing import Any

from lxml import etree

from relyra_django.saml.errors import ErrorCode
from relyra_django.testing.namespaces import DS, MD
from tests.saml.corpus.cases import Identity, pem
from tests.saml.corpus.mint import honest
from tests.saml.corpus.mint.draft import Mutation, Shape, honest_twin, mutation
from tests.saml.corpus.mint.edits import (
    Edit,
    child,
    root,
    setting,
    signature,
    take_out,
    twice,
    without,
)
from tests.saml.corpus.mint.signature_attacks import signature_attacks
from tests.saml.corpus.world import IDP

_CERTIFICATE = "".join(pem("idp.crt").splitlines()[1:-1])
_ENTITY = """\
<md:EntityDescriptor xmlns:md="MD" xmlns:ds="DS" entityID="IDP">\
<md:IDPSSODescriptor protocolSupportEnumeration="SAMLP"><md:KeyDescriptor use="signing">\
<ds:KeyInfo><ds:X509Data><ds:X509Certificate>CERTIFICATE</ds:X509Certificate></ds:X509Data>\
</ds:KeyInfo></md:KeyDescriptor>\
<md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" \
Location="https://idp.example.org/sso"/></md:IDPSSODescriptor></md:EntityDescriptor>"""
_MEMBER = """\
<md:EntityDescriptor xmlns:md="MD" entityID="https://sp.example.net/"><md:SPSSODescriptor \
protocolSupportEnumeration="SAMLP"><md:AssertionConsumerService index="0" \
Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="https://sp.example.net/acs"/>\
</md:SPSSODescriptor></md:EntityDescriptor>"""
_SSO = "https://idp.example.org/sso"
PUBLISHED = Identity(name_id=IDP, attributes=(("sso", (_SSO,)), ("signed", ("true",))))
UNSIGNED = Identity(name_id=IDP, attributes=(("sso", (_SSO,)), ("signed", ("false",))))
_TRUSTED = {"entity_id": IDP, "signing_certificates": ["federation.crt"]}


def _filled(text: str) -> str:
    return honest.filled(text, CERTIFICATE=_CERTIFICATE, MD=MD)


def _entity(samlp: str, saml: str) -> str:
    return _filled(_ENTITY).replace(" entityID", ' ID="_metadata" entityID', 1)


def _group(samlp: str, saml: str) -> str:
    members = _filled(_MEMBER) + _filled(_ENTITY)
    return (
        f'<md:EntitiesDescriptor xmlns:md="{MD}" ID="_metadata">{members}</md:EntitiesDescriptor>'
    )


ENTITY = Shape(
    slug="metadata",
    words="signed metadata",
    signed=("_metadata",),
    text=_entity,
    key="federation",
    entry="metadata",
    arguments=_TRUSTED,
)
GROUP = replace(ENTITY, slug="metadata-aggregate", words="a signed aggregate", text=_group)
PLAIN = replace(
    ENTITY,
    slug="metadata-unsigned",
    words="metadata that nobody has to sign",
    signed=(),
    arguments={"entity_id": IDP},
)
SIGNED = (ENTITY, GROUP)
EVERY = (ENTITY, GROUP, PLAIN)

XML, DOCTYPE = ErrorCode.MALFORMED_XML, ErrorCode.DOCTYPE_FORBIDDEN
WRONG_ROOT, NAME = ErrorCode.METADATA_WRONG_ROOT, ErrorCode.METADATA_MISSING_ENTITY_ID
ABSENT, SEVERAL = ErrorCode.METADATA_ENTITY_NOT_FOUND, ErrorCode.METADATA_ENTITY_AMBIGUOUS
OVER, TIME = ErrorCode.METADATA_EXPIRED, ErrorCode.INVALID_TIMESTAMP
SSO, KEY = ErrorCode.METADATA_MISSING_SSO_SERVICE, ErrorCode.METADATA_MISSING_CERTIFICATE
MISSING, PLACE = ErrorCode.MISSING_SIGNATURE, ErrorCode.AMBIGUOUS_SIGNED_NODE
DIGEST, OLD = ErrorCode.DIGEST_MISMATCH, ErrorCode.DEPRECATED_ALGORITHM


def md(name: str) -> str:
    return f"{{{MD}}}{name}"


def _role(message: etree._Element) -> etree._Element:
    return list(message.iter(md("IDPSSODescriptor")))[-1]


def _own(message: etree._Element) -> etree._Element:
    found = _role(message).getparent()
    assert found is not None
    return found


def _service(message: etree._Element) -> etree._Element:
    return child(_role(message), "SingleSignOnService", MD)


def _descriptor(message: etree._Element) -> etree._Element:
    return child(_role(message), "KeyDescriptor", MD)


def _certificate(message: etree._Element) -> etree._Element:
    return next(_descriptor(message).iter(f"{{{DS}}}X509Certificate"))


def _said(slug: str, says: str, judged: object, edit: object, **more: Any) -> Mutation:
    """What the publisher itself writes and signs."""
    return mutation(slug, says, judged, **{"before": edit, "shapes": (ENTITY,), **more})  # type: ignore[arg-type]


def _done(slug: str, says: str, judged: object, edit: object, **more: Any) -> Mutation:
    """What is done to signed metadata on the way."""
    return mutation(slug, says, judged, **{"after": edit, "shapes": (ENTITY,), **more})  # type: ignore[arg-type]


def _octets(slug: str, says: str, change: object, judged: object = XML) -> Mutation:
    return mutation(slug, says, judged, octets=change, shapes=(ENTITY,))  # type: ignore[arg-type]


def _showing(text: str) -> Edit:
    return lambda m: setattr(_certificate(m), "text", text)


def _forge(message: etree._Element) -> tuple[etree._Element, etree._Element]:
    """Turn it into a forgery in place; return its Signature and the genuine document."""
    genuine = deepcopy(message)
    own = take_out(signature(message))
    message.set("ID", "_forged")
    _service(message).set("Location", "https://evil.example/sso")
    return own, genuine


def _in_extensions(message: etree._Element) -> None:
    own, genuine = _forge(message)
    take_out(signature(genuine))
    held = etree.Element(md("Extensions"))
    held.append(genuine)
    message.insert(0, held)
    message.insert(0, own)


def _in_object(message: etree._Element) -> None:
    own, genuine = _forge(message)
    take_out(signature(genuine))
    message.insert(0, own)
    etree.SubElement(own, f"{{{DS}}}Object").append(genuine)


def _inside(message: etree._Element) -> None:
    _, genuine = _forge(message)
    held = etree.Element(md("Extensions"))
    held.append(genuine)
    message.insert(0, held)


def _twin_first(message: etree._Element) -> None:
    twin = deepcopy(_own(message))
    twin.find(".//" + md("SingleSignOnService")).set("Location", "https://evil.example/sso")  # type: ignore[union-attr]
    message.insert(1, twin)


def _two_of_a_name(message: etree._Element) -> None:
    message.append(deepcopy(_own(message)))


def _service_only(message: etree._Element) -> None:
    _role(message).tag = md("SPSSODescriptor")


def _many(message: etree._Element) -> None:
    held = etree.Element(md("Extensions"))
    for _ in range(10_001):
        etree.SubElement(held, "{urn:x}x")
    _own(message).insert(0, held)


_PAST, _FUTURE = "2026-03-14T12:00:00Z", "2026-03-14T12:00:01Z"
_NAMES = {
    "other": ("Another entity is asked for.", "https://other.example.net/"),
    "longer": ("A longer name is asked for.", IDP + "x"),
    "other-case": ("The name is asked for in capitals.", IDP.upper()),
    "service": ("A service provider is asked for.", "https://sp.example.net/"),
}

METADATA: tuple[Mutation, ...] = (
    *(
        mutation(
            f"asked-for-{slug}",
            says,
            SSO if slug == "none" else ABSENT,
            shapes=(GROUP,),
            arguments={"entity_id": name},
        )
        for slug, (says, name) in _NAMES.items()
        if slug != "service"
    ),
    _said(
        "root-response",
        "A Response for metadata.",
        WRONG_ROOT,
        lambda m: setattr(m, "tag", "{urn:oasis:names:tc:SAML:2.0:protocol}Response"),
    ),
    _said(
        "root-role",
        "The role alone.",
        WRONG_ROOT,
        lambda m: setattr(m, "tag", md("IDPSSODescriptor")),
    ),
    _said(
        "root-foreign",
        "A root of a foreign namespace.",
        WRONG_ROOT,
        lambda m: setattr(m, "tag", "{urn:x}EntityDescriptor"),
    ),
    _said("no-entity-id", "No entityID.", NAME, setting(root, "entityID", None)),
    _said(
        "blank-entity-id",
        "An entityID of blanks.",
        NAME,
        setting(root, "entityID", " "),
        arguments={"entity_id": None},
    ),
    _said(
        "two-of-a-name", "Two entities of the same name.", SEVERAL, _two_of_a_name, shapes=(GROUP,)
    ),
    _said(
        "two-providers-none-asked",
        "Two providers, and none is asked for.",
        SEVERAL,
        lambda m: (_two_of_a_name(m), m[-1].set("entityID", "https://two.example.net/")),
        shapes=(GROUP,),
        arguments={"entity_id": None},
    ),
    _said(
        "expired",
        "Not valid any more, to the second.",
        OVER,
        setting(root, "validUntil", _PAST),
        shapes=EVERY,
    ),
    _said(
        "entity-expired",
        "The entity in the aggregate is not valid any more.",
        OVER,
        lambda m: _own(m).set("validUntil", _PAST),
        shapes=(GROUP,),
    ),
    _said(
        "role-expired",
        "The role is not valid any more.",
        OVER,
        lambda m: _role(m).set("validUntil", _PAST),
    ),
    _said(
        "time-with-offset",
        "A time with an offset.",
        TIME,
        setting(root, "validUntil", "2027-03-14T13:00:00+01:00"),
    ),
    _said("no-service", "No SingleSignOnService.", SSO, without(_service)),
    _said(
        "service-by-soap",
        "Only SOAP is served.",
        SSO,
        lambda m: _service(m).set("Binding", "urn:oasis:names:tc:SAML:2.0:bindings:SOAP"),
    ),
    _said(
        "service-at-javascript",
        "The service is a script.",
        SSO,
        lambda m: _service(m).set("Location", "javascript:alert(1)"),
    ),
    _said("no-key", "No KeyDescriptor.", KEY, without(_descriptor)),
    _said(
        "key-for-encryption",
        "A key for encryption alone.",
        KEY,
        lambda m: _descriptor(m).set("use", "encryption"),
    ),
    _said("junk-certificate", "A certificate that is none.", KEY, _showing("AAAA")),
    _said(
        "weak-certificate",
        "An RSA key of 1024 bits.",
        KEY,
        _showing("".join(pem("weak.crt").splitlines()[1:-1])),
    ),
    _said(
        "elements",
        "More than 10,000 elements in the entity.",
        XML,
        _many,
        compressed=True,
        shapes=SIGNED,
    ),
    _done("unsigned", "The Signature is taken out.", MISSING, without(signature), shapes=SIGNED),
    _done(
        "address-changed",
        "The address is changed on the way.",
        DIGEST,
        lambda m: _service(m).set("Location", "https://evil.example/sso"),
        shapes=SIGNED,
    ),
    _done(
        "certificate-changed",
        "The certificate is changed on the way.",
        DIGEST,
        _showing("".join(pem("stranger.crt").splitlines()[1:-1])),
        shapes=SIGNED,
    ),
    _done(
        "validity-changed",
        "A validity is put in on the way.",
        DIGEST,
        setting(root, "validUntil", "2090-01-01T00:00:00Z"),
        shapes=SIGNED,
    ),
    _done(
        "twin-added",
        "A forged twin is put before the entity.",
        DIGEST,
        _twin_first,
        shapes=(GROUP,),
    ),
    _done(
        "genuine-in-extensions",
        "A forgery has the Signature, Extensions hold the genuine document.",
        PLACE,
        _in_extensions,
        shapes=SIGNED,
    ),
    _done(
        "genuine-in-object",
        "A forgery has the Signature, whose Object is the genuine document.",
        PLACE,
        _in_object,
        shapes=SIGNED,
    ),
    _done(
        "genuine-inside",
        "A forgery holds the genuine document, signature and all.",
        PLACE,
        _inside,
        shapes=SIGNED,
    ),
    _done("two-signatures", "Two copies of the Signature.", PLACE, twice(signature), shapes=SIGNED),
    _said(
        "signed-by-the-key-inside",
        "Signed by the key that it publishes.",
        ErrorCode.INVALID_SIGNATURE,
        None,
        key="idp",
        shapes=SIGNED,
    ),
    *signature_attacks(ENTITY, prefix="metadata"),
    _octets("doctype", "A DOCTYPE.", lambda xml: b"<!DOCTYPE r>" + xml, DOCTYPE),
    _octets(
        "external-entity",
        "An external entity.",
        lambda xml: b'<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/hostname">]>' + xml,
        DOCTYPE,
    ),
    _octets("instruction", "A processing instruction.", lambda xml: b"<?x y?>" + xml),
    _octets("utf-16", "UTF-16.", lambda xml: xml.decode().encode("utf-16")),
    _octets(
        "relative-namespace",
        "A relative namespace URI.",
        lambda xml: xml.replace(b" entityID", b' xmlns:r="relative" entityID', 1),
    ),
    _octets("truncated", "The end is missing.", lambda xml: xml[:-9]),
    _octets("empty", "Nothing at all.", lambda _: b""),
    _octets(
        "comments",
        "Harmless: comments.",
        lambda xml: (
            b"<!-- a -->"
            + xml.replace(b"</md:IDPSSODescriptor>", b"<!-- b --></md:IDPSSODescriptor>")
        ),
        PUBLISHED,
    ),
    _octets("mark", "Harmless: a byte order mark.", lambda xml: b"\xef\xbb\xbf" + xml, PUBLISHED),
    _said(
        "valid-for-a-second",
        "Harmless: valid for a second more.",
        PUBLISHED,
        setting(root, "validUntil", _FUTURE),
    ),
    _said(
        "key-for-both",
        "Harmless: a key without use.",
        PUBLISHED,
        lambda m: _descriptor(m).attrib.pop("use"),
    ),
    _said(
        "certificate-in-lines",
        "Harmless: the certificate in lines.",
        PUBLISHED,
        _showing("\n   ".join(["", *pem("idp.crt").splitlines()[1:-1], ""])),
    ),
    mutation(
        "none-asked-for",
        "Harmless: one provider, and none is asked for.",
        PUBLISHED,
        shapes=(ENTITY, GROUP),
        arguments={"entity_id": None},
    ),
    mutation(
        "nobody-asks-for-the-signature",
        "Harmless: a signature that nobody asks for.",
        UNSIGNED,
        shapes=(ENTITY,),
        arguments={"signing_certificates": []},
    ),
)

HONEST: tuple[Mutation, ...] = (
    honest_twin(ENTITY, PUBLISHED),
    honest_twin(GROUP, PUBLISHED),
    honest_twin(PLAIN, UNSIGNED),
)
