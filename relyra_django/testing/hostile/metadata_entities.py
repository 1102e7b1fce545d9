"""Attacks on the bytes of metadata, and documents that the publisher itself spoiled and signed."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

from lxml import etree

from relyra_django.saml.errors import ErrorCode
from relyra_django.testing.fake_idp import FakeIdP
from relyra_django.testing.hostile.attack import Edit
from relyra_django.testing.hostile.metadata_case import (
    MetadataCase,
    certificate_of,
    entity_of,
    no_name,
    octets,
    published,
    role_of,
    said_by_federation,
)
from relyra_django.testing.keys import signing_key
from relyra_django.testing.metadata import service_provider
from relyra_django.testing.metadata_spec import PublishedKey
from relyra_django.testing.namespaces import MD, REDIRECT

XXE = b"<!DOCTYPE r [<!ENTITY x SYSTEM 'file:///etc/hostname'>]>"
LAUGHS = b"<!DOCTYPE r [<!ENTITY a 'ha'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;'>]>"
PAST = "2001-01-01T00:00:00Z"
SOAP = "urn:oasis:names:tc:SAML:2.0:bindings:SOAP"
SAML1 = "urn:oasis:names:tc:SAML:1.1:protocol"


def _before_root(prologue: bytes) -> Callable[[bytes], bytes]:
    return lambda xml: prologue + xml.partition(b"?>")[2].lstrip()


def _in_extensions(fill: Edit) -> Edit:
    def edit(root: etree._Element) -> None:
        extensions = etree.Element(f"{{{MD}}}Extensions")
        entity_of(root).insert(0, extensions)
        fill(extensions)

    return edit


def _deep(parent: etree._Element) -> None:
    for _ in range(60):
        parent = etree.SubElement(parent, "{urn:x}d")


def _wide(parent: etree._Element) -> None:
    for _ in range(10_001):
        etree.SubElement(parent, "{urn:x}w")


def _many_attributes(xml: bytes) -> bytes:
    # Put in as text: a canonicalization to sign it would be as slow as the attack is meant to be.
    attributes = b"".join(b' a%d=""' % n for n in range(40_000))
    return xml.replace(b"<md:IDPSSODescriptor", b"<md:IDPSSODescriptor" + attributes)


def _many_namespaces(parent: etree._Element) -> None:
    for n in range(4_001):
        etree.SubElement(parent, f"{{urn:n{n}}}n", nsmap={f"n{n}": f"urn:n{n}"})


def _namespaces_in_scope(parent: etree._Element) -> None:
    scope = etree.SubElement(parent, "{urn:x}n", nsmap={f"n{n}": "urn:x" for n in range(1_000)})
    for _ in range(5_000):
        etree.SubElement(scope, "{urn:x}n")


def _long_namespace(parent: etree._Element) -> None:
    etree.SubElement(parent, f"{{urn:{'x' * 4_000}}}n")


def _same_id(parent: etree._Element) -> None:
    etree.SubElement(parent, "{urn:x}i", ID="_metadata")


def _outside_of_entities(root: etree._Element) -> None:
    extensions = etree.Element(f"{{{MD}}}Extensions")
    root.insert(0, extensions)
    _wide(extensions)


def _long(xml: bytes) -> bytes:
    return xml + b" " * (5 * 1_048_576)


def _relative_namespace(xml: bytes) -> bytes:
    return xml.replace(b"<md:IDPSSODescriptor", b'<md:IDPSSODescriptor xmlns:x="relative"')


def _twice(root: etree._Element) -> None:
    root.append(deepcopy(entity_of(root)))


def _provider_and_service(root: etree._Element) -> None:
    root.append(service_provider(entity_of(root).get("entityID", "")))


def _two_roles(root: etree._Element) -> None:
    entity_of(root).append(deepcopy(role_of(root)))


def _service_only(root: etree._Element) -> None:
    role_of(root).tag = f"{{{MD}}}SPSSODescriptor"


def _saml1_only(root: etree._Element) -> None:
    role_of(root).set("protocolSupportEnumeration", SAML1)


def _key_at_service(root: etree._Element) -> None:
    """The only certificate belongs to another role of the same entity."""
    role = etree.SubElement(entity_of(root), f"{{{MD}}}SPSSODescriptor")
    descriptor = role_of(root).find(f"{{{MD}}}KeyDescriptor")
    assert descriptor is not None
    role.append(descriptor)


def _include(root: etree._Element) -> None:
    certificate = certificate_of(root)
    certificate.text = None
    include = etree.SubElement(certificate, "{http://www.w3.org/2001/XInclude}include")
    include.set("href", "file:///etc/ssl/certs/ca.pem")
    include.set("parse", "text")


def _nameless(root: etree._Element) -> None:
    del root.attrib["entityID"]


def _renamed(name: str) -> Edit:
    return lambda root: setattr(root, "tag", name)


def _at(*locations: str, binding: str = REDIRECT) -> dict[str, Any]:
    return {"sso_endpoints": tuple((binding, location) for location in locations)}


def _key(*certificates: str, use: str | None = "signing") -> dict[str, Any]:
    return {"keys": (PublishedKey(certificates=certificates, use=use),)}


def _key_of(kind: str) -> dict[str, Any]:
    return {"keys": (PublishedKey.of(signing_key(kind)),)}


def _named(change: Callable[[str], str]) -> Callable[[FakeIdP], str]:
    return lambda idp: change(idp.entity_id)


XML, DOCTYPE = ErrorCode.MALFORMED_XML, ErrorCode.DOCTYPE_FORBIDDEN
ROOT, NAME = ErrorCode.METADATA_WRONG_ROOT, ErrorCode.METADATA_MISSING_ENTITY_ID
ABSENT, SEVERAL = ErrorCode.METADATA_ENTITY_NOT_FOUND, ErrorCode.METADATA_ENTITY_AMBIGUOUS
OVER, TIME = ErrorCode.METADATA_EXPIRED, ErrorCode.INVALID_TIMESTAMP
SSO, KEY = ErrorCode.METADATA_MISSING_SSO_SERVICE, ErrorCode.METADATA_MISSING_CERTIFICATE


def _spoiled(
    names: dict[str, Callable[[bytes], bytes]], code: ErrorCode = XML
) -> tuple[MetadataCase, ...]:
    return tuple(
        MetadataCase(name=name, code=code, make=octets(change)) for name, change in names.items()
    )


def _edited(code: ErrorCode, names: dict[str, Edit], **knobs: Any) -> tuple[MetadataCase, ...]:
    return tuple(
        MetadataCase(name=name, code=code, make=said_by_federation(edit, **knobs))
        for name, edit in names.items()
    )


def _said(code: ErrorCode, names: dict[str, dict[str, Any]]) -> tuple[MetadataCase, ...]:
    return tuple(
        MetadataCase(name=name, code=code, make=published(**knobs)) for name, knobs in names.items()
    )


BYTES: tuple[MetadataCase, ...] = (
    *_spoiled(
        {
            "empty": lambda _: b"",
            "not-xml": lambda _: b"hello",
            "truncated": lambda xml: xml[:-20],
            "two-roots": lambda xml: xml + xml.partition(b"?>")[2],
            "utf-16": lambda xml: xml.decode().encode("utf-16"),
            "latin-1-declared": _before_root(b"<?xml version='1.0' encoding='ISO-8859-1'?>"),
            "xml-1.1": _before_root(b"<?xml version='1.1'?>"),
            "instruction-before-root": _before_root(b"<?xml-stylesheet href='x'?>"),
            "instruction-inside": lambda xml: xml.replace(b"</md:Name", b"<?x?></md:Name", 1),
            "undeclared-entity": lambda xml: xml.replace(b"</md:Name", b"&x;</md:Name", 1),
            "relative-namespace": _relative_namespace,
            "attribute-bomb": _many_attributes,
        }
    ),
    *_spoiled(
        {
            "doctype": _before_root(b"<!DOCTYPE r>"),
            "external-entity": _before_root(XXE),
            "billion-laughs": _before_root(LAUGHS),
        },
        DOCTYPE,
    ),
    *_spoiled(
        {"entity-declaration": _before_root(b"<!ENTITY a 'b'>")},
        ErrorCode.ENTITY_EXPANSION_FORBIDDEN,
    ),
    *_spoiled({"oversized": _long}, ErrorCode.PAYLOAD_TOO_LARGE),
    *_edited(
        XML,
        {
            "depth-bomb": _in_extensions(_deep),
            "element-bomb": _in_extensions(_wide),
            "namespace-bomb": _in_extensions(_many_namespaces),
            "namespaces-in-scope": _in_extensions(_namespaces_in_scope),
            "namespace-too-long": _in_extensions(_long_namespace),
        },
    ),
    *_edited(XML, {"element-bomb-outside-of-entities": _outside_of_entities}, others=3),
    *_said(XML, {"groups-too-deep": {"nesting": 8}}),
    *_edited(ErrorCode.DUPLICATE_XML_ID, {"duplicate-id": _in_extensions(_same_id)}),
)

ENTITIES: tuple[MetadataCase, ...] = (
    *_edited(
        ROOT,
        {
            "role-as-root": _renamed(f"{{{MD}}}IDPSSODescriptor"),
            "root-of-another-namespace": _renamed("{urn:x}EntityDescriptor"),
            "page-as-root": _renamed("html"),
        },
    ),
    MetadataCase(name="response", code=ROOT, make=lambda idp: idp.response().xml),
    *_said(
        NAME,
        {
            "entity-id-blank": {"entity_id": "  "},
            "entity-id-with-blanks-round-it": {"entity_id": " https://idp.example.org/metadata "},
            "entity-id-too-long": {"entity_id": "https://idp.example.org/" + "x" * 1_001},
            "entity-id-that-turns-the-page": {"entity_id": "https://idp.example.org/\u202efdp"},
        },
    ),
    *_edited(NAME, {"no-entity-id": _nameless}),
    *(
        MetadataCase(
            name=name, code=ABSENT, make=published(others=others), entity_id=_named(change)
        )
        for others in (0, 3)
        for name, change in {
            f"another-entity-of-{others}": lambda _: "https://other.example.net/",
            f"entity-with-a-slash-of-{others}": lambda name: name + "/",
            f"entity-in-capitals-of-{others}": str.upper,
            f"quote-in-the-name-of-{others}": lambda _: "x' or '1'='1",
            f"double-quote-in-the-name-of-{others}": lambda _: '"] | //*["',
            f"empty-name-of-{others}": lambda _: "",
        }.items()
    ),
    *_edited(ABSENT, {"service-provider": _service_only, "saml-1-only": _saml1_only}),
    MetadataCase(
        name="members-without-identity-provider",
        code=ABSENT,
        make=said_by_federation(_service_only, nesting=1),
        entity_id=no_name,
    ),
    *_edited(SEVERAL, {"entity-twice": _twice, "as-service-too": _provider_and_service}, others=3),
    *_edited(SEVERAL, {"two-roles": _two_roles}),
    MetadataCase(
        name="several-and-none-named", code=SEVERAL, make=published(others=4), entity_id=no_name
    ),
)

PARTS: tuple[MetadataCase, ...] = (
    *_said(
        OVER,
        {
            "expired": {"valid_until": PAST},
            "aggregate-expired": {"valid_until": PAST, "others": 3},
            "entity-expired": {"entity_valid_until": PAST, "others": 3},
            "role-expired": {"role_valid_until": PAST},
            "expired-below-what-is-not": {
                "valid_until": "2090-01-01T00:00:00Z",
                "role_valid_until": PAST,
            },
        },
    ),
    *_edited(OVER, {"group-expired": lambda root: root[-1].set("validUntil", PAST)}, nesting=1),
    *_said(
        TIME,
        {
            "valid-until-local-time": {"valid_until": "2090-01-01T00:00:00"},
            "valid-until-nonsense": {"role_valid_until": "soon"},
            "cache-duration-negative": {"cache_duration": "-P1D"},
            "cache-duration-nonsense": {"entity_cache_duration": "6 hours"},
            "cache-duration-absurd": {"role_cache_duration": "P999999999Y"},
        },
    ),
    *_said(
        SSO,
        {
            "no-endpoint": {"sso_endpoints": ()},
            "soap-alone": _at("https://idp.example.org/soap", binding=SOAP),
            "javascript": _at("javascript:alert(1)", "javascript://x.example/%0aalert(1)"),
            "file-and-data": _at("file:///etc/passwd", "data:text/html,x", "ftp://x.example/"),
            "relative": _at("/sso", "//idp.example.org/sso", "sso", "https:///sso", "https:sso"),
            "credentials": _at("https://idp.example.org@evil.example/", "https://a:b@x.example/"),
            "fragment": _at("https://idp.example.org/sso#x", "https://idp.example.org/sso#"),
            "white-space": _at(
                "https://idp.example.org/s so", " https://x.example/", "https://x\t/"
            ),
            "backslash": _at("https://evil.example\\@idp.example.org/", "https:\\\\x.example"),
            "beyond-ascii": _at("https://idp.example.org/\u202e", "https://\u0456dp.example.org/"),
            "port-of-no-kind": _at("https://x.example:0/", "https://x.example:99999/"),
            "endpoint-too-long": _at("https://idp.example.org/" + "x" * 2_030),
        },
    ),
    *_said(
        KEY,
        {
            "key-too-small": _key_of("rsa1024"),
            "key-value-alone": _key(),
            "certificate-is-none": _key("MIIB"),
            "certificate-empty": _key(""),
            "private-key": _key("-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----"),
            "for-encryption-alone": _key(signing_key().certificate_base64, use="encryption"),
            "use-unknown": _key(signing_key().certificate_base64, use="both"),
            "two-certificates-in-one": _key(signing_key().certificate_pem * 2),
            # Minutes for a reader that looks for the end of each.
            "first-lines-of-certificates": _key(*["-----BEGIN A-----" * 3_800] * 64),
        },
    ),
    *_edited(KEY, {"key-of-another-role": _key_at_service, "include-of-a-file": _include}),
    *_said(
        XML,
        {
            "too-many-keys": _key(*[signing_key().certificate_base64] * 65),
            "too-many-endpoints": _at(*[f"https://idp.example.org/{n}" for n in range(65)]),
            "too-many-formats": {"name_id_formats": tuple(f"urn:x:{n}" for n in range(33))},
            "too-many-scopes": {"scopes": tuple(f"s{n}.example" for n in range(513))},
        },
    ),
)
