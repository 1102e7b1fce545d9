"""Every attack on metadata that the kit can mint, and odd documents that must be accepted.

    for case in METADATA:
        parse_idp_metadata(case.make(idp), now=now, **case.arguments(idp))

refuses each with `case.code`, and accepts everything in METADATA_INERT.
"""

from __future__ import annotations

from copy import deepcopy

from lxml import etree

from relyra_django.testing.fake_idp import FakeIdP
from relyra_django.testing.hostile.metadata_case import (
    MetadataCase,
    certificate_of,
    entity_of,
    federation_key,
    no_name,
    no_pins,
    octets,
    published,
    rewritten,
    role_of,
    said_by_federation,
)
from relyra_django.testing.hostile.metadata_entities import BYTES, ENTITIES, PARTS
from relyra_django.testing.hostile.metadata_signatures import SIGNATURES
from relyra_django.testing.keys import signing_key
from relyra_django.testing.metadata import service_provider
from relyra_django.testing.metadata_spec import PublishedKey
from relyra_django.testing.namespaces import DS, MD, SAMLP, XSI
from relyra_django.testing.signing import SignatureStyle, sign

METADATA: tuple[MetadataCase, ...] = (*BYTES, *SIGNATURES, *ENTITIES, *PARTS)


def _members_sign_too(root: etree._Element) -> None:
    member = root[0]
    member.set("ID", "_member")
    sign(member, signing_key("rsa", "stranger"), SignatureStyle(digest="sha1"))


def _comment_in_certificate(xml: bytes) -> bytes:
    start, middle, end = xml.rpartition(b"MII")
    return start + middle + b"<!-- split -->" + end


def _lines(root: etree._Element) -> None:
    text = certificate_of(root).text or ""
    lines = [text[at : at + 64] for at in range(0, len(text), 64)]
    certificate_of(root).text = "\r\n   ".join(["", *lines, ""])


def _federation_role_first(root: etree._Element) -> None:
    role = etree.Element(
        f"{{{MD}}}RoleDescriptor", nsmap={"fed": "urn:example:federation", "xsi": XSI}
    )
    role.set(f"{{{XSI}}}type", "fed:SecurityTokenServiceType")
    role.set("protocolSupportEnumeration", "urn:example:federation")
    entity_of(root).insert(0, role)


def _service_role_too(root: etree._Element) -> None:
    service = service_provider("https://idp.example.org/metadata")[0]
    service.append(deepcopy(role_of(root)[0]))
    entity_of(root).insert(0, service)


def _saml1_too(root: etree._Element) -> None:
    role_of(root).set("protocolSupportEnumeration", f"urn:mace:shibboleth:1.0 {SAMLP}")


def _shows_stranger(root: etree._Element) -> None:
    shown = next(root[0].iter(f"{{{DS}}}X509Certificate"))
    shown.text = signing_key("rsa", "stranger").certificate_base64


def _default_namespace(idp: FakeIdP) -> bytes:
    """Write it without prefixes, and sign it after."""
    root = etree.fromstring(idp.metadata().replace(b"md:", b"").replace(b":md=", b"="))
    sign(root, federation_key(), SignatureStyle(prefix=None, inclusive_prefixes=("#default",)))
    return etree.tostring(root)


def _indented(root: etree._Element) -> None:
    etree.indent(root)


def _signed_with(kind: str) -> MetadataCase:
    return MetadataCase(
        name=f"signed-with-{kind}",
        make=published(signer=signing_key(kind, "federation")),
        trusted=lambda idp: (
            federation_key().certificate_pem,
            signing_key(kind, "federation").certificate_pem,
        ),
    )


def _unusable_beside_one(idp: FakeIdP) -> bytes:
    unusable = (
        PublishedKey.of(signing_key("rsa1024")),
        PublishedKey(certificates=()),
        PublishedKey(certificates=("junk",), use="encryption"),
        PublishedKey.of(idp.signing_key, use="other"),
    )
    return published(keys=(*unusable, PublishedKey.of(idp.signing_key, use=None)))(idp)


METADATA_INERT: tuple[MetadataCase, ...] = (
    MetadataCase(name="plain", make=published(sign=False), trusted=no_pins),
    MetadataCase(name="signed", make=published()),
    MetadataCase(name="none-named", make=published(), entity_id=no_name),
    MetadataCase(name="signature-that-nobody-asks-for", make=published(), trusted=no_pins),
    MetadataCase(name="sha1-that-nobody-asks-for", make=published(digest="sha1"), trusted=no_pins),
    MetadataCase(name="aggregate", make=published(others=6)),
    MetadataCase(name="aggregate-of-aggregates", make=published(others=4, nesting=7)),
    MetadataCase(
        name="aggregate-with-one-provider", make=published(others=1, nesting=1, sign=True)
    ),
    MetadataCase(name="members-sign-too", make=said_by_federation(_members_sign_too, others=3)),
    MetadataCase(name="comments", make=published(comments=True)),
    MetadataCase(name="comments-in-an-aggregate", make=published(comments=True, others=3)),
    MetadataCase(
        name="comment-put-in-later", make=rewritten(lambda root: root.append(etree.Comment("x")))
    ),
    MetadataCase(name="comment-in-certificate", make=octets(_comment_in_certificate)),
    MetadataCase(name="comment-before-root", make=octets(lambda xml: b"<!-- x -->" + xml[38:])),
    MetadataCase(name="byte-order-mark", make=octets(lambda xml: b"\xef\xbb\xbf" + xml)),
    MetadataCase(name="indented", make=said_by_federation(_indented)),
    MetadataCase(name="default-namespace", make=_default_namespace),
    MetadataCase(name="prefix-list", make=published(inclusive_prefixes=("md", "#default"))),
    MetadataCase(name="certificate-in-lines", make=said_by_federation(_lines)),
    MetadataCase(
        name="certificate-in-pem",
        make=lambda idp: published(keys=(PublishedKey(certificates=(idp.certificate_pem,)),))(idp),
    ),
    MetadataCase(name="unusable-keys-beside-one", make=_unusable_beside_one),
    MetadataCase(name="stranger-shown-in-key-info", make=rewritten(_shows_stranger)),
    MetadataCase(name="role-of-another-standard", make=said_by_federation(_federation_role_first)),
    MetadataCase(name="role-of-a-service-too", make=said_by_federation(_service_role_too)),
    MetadataCase(name="saml-1-too", make=said_by_federation(_saml1_too)),
    MetadataCase(
        name="quotes-in-the-name",
        make=published(entity_id="urn:x:' or \"1\"='1"),
        entity_id=lambda idp: "urn:x:' or \"1\"='1",
    ),
    MetadataCase(
        name="times-to-come",
        make=published(
            valid_until="2090-01-01T00:00:00.5+00:00",
            role_valid_until="2091-01-01T00:00:00Z",
            cache_duration="PT6H",
        ),
    ),
    *map(_signed_with, ("ec", "ec384", "pss", "rsa3072")),
)
