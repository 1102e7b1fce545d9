"""Attacks on who published metadata: no signature, a stranger's, or one over something else."""

from __future__ import annotations

import base64
import hashlib
import hmac
from copy import deepcopy

from lxml import etree

from relyra_django.saml.errors import ErrorCode
from relyra_django.testing.fake_idp import FakeIdP, serialized
from relyra_django.testing.hostile.attack import Edit, bare, child, signature_of
from relyra_django.testing.hostile.metadata_case import (
    MakeMetadata,
    MetadataCase,
    certificate_of,
    entity_of,
    federation_key,
    published,
    rewritten,
    role_of,
)
from relyra_django.testing.keys import signing_key
from relyra_django.testing.namespaces import DS, ENVELOPED, MD, SIGNATURE_METHODS
from relyra_django.testing.signing import SignatureStyle, canonical, seal, sign

XSLT = "http://www.w3.org/TR/1999/REC-xslt-19991116"
EVIL = "https://evil.example.com/sso"


def _resealed(edit: Edit) -> MakeMetadata:
    """Edit SignedInfo and sign it again with the real key: only its structure is wrong."""

    def change(root: etree._Element) -> None:
        edit(signature_of(root))
        seal(signature_of(root), federation_key())

    return rewritten(change)


def _signed_on(find: Edit, **knobs: object) -> MakeMetadata:
    """Sign one element inside, and not the root."""
    return published(**{"sign": False, "edit": find, **knobs})


def _sign_entity(root: etree._Element) -> None:
    entity_of(root).set("ID", "_entity")
    sign(entity_of(root), federation_key(), SignatureStyle())


def _sign_role(root: etree._Element) -> None:
    role_of(root).set("ID", "_role")
    sign(role_of(root), federation_key(), SignatureStyle())


def _forged(root: etree._Element) -> etree._Element:
    """Copy the document without its signature, with the addresses of an attacker."""
    copy = deepcopy(root)
    bare(signature_of(copy))
    for service in copy.iter(f"{{{MD}}}SingleSignOnService"):
        service.set("Location", EVIL)
    return copy


def _evil_addresses(root: etree._Element) -> None:
    for service in root.iter(f"{{{MD}}}SingleSignOnService"):
        service.set("Location", EVIL)


def _evil_certificate(root: etree._Element) -> None:
    certificate_of(root).text = signing_key("rsa", "stranger").certificate_base64


def _evil_entity(root: etree._Element) -> None:
    evil = deepcopy(entity_of(root))
    evil.set("entityID", "https://evil.example.com/")
    root.append(evil)


def _evil_twin_first(root: etree._Element) -> None:
    evil = deepcopy(entity_of(root))
    _evil_addresses(evil)
    root.insert(1, evil)


def _wrapped(place: str) -> MakeMetadata:
    """Let a forged root carry the Signature; the genuine document it covers is parked inside."""

    def make(idp: FakeIdP) -> bytes:
        genuine = etree.fromstring(published()(idp))
        forged, signature = _forged(genuine), signature_of(genuine)
        bare(signature)
        forged.set("ID", "_forged")
        forged.insert(0, signature)
        _park(genuine, forged, signature, place)
        return serialized(forged)

    return make


def _park(
    genuine: etree._Element, forged: etree._Element, signature: etree._Element, place: str
) -> None:
    if place == "extensions":
        extensions = etree.Element(f"{{{MD}}}Extensions")
        forged.insert(1, extensions)
        extensions.append(genuine)
    elif place == "object":
        etree.SubElement(signature, f"{{{DS}}}Object").append(genuine)
    elif place == "same-id":
        forged.set("ID", genuine.get("ID", ""))
        forged.append(genuine)
    elif place == "key-info":
        child(signature, "KeyInfo", DS).append(genuine)


def _beside(idp: FakeIdP) -> bytes:
    """Put the genuine signed entity and a forged one of the same name into one new group."""
    genuine = etree.fromstring(published()(idp))
    group = etree.Element(f"{{{MD}}}EntitiesDescriptor", ID="_group")
    forged = _forged(genuine)
    del forged.attrib["ID"]
    group.extend([forged, genuine])
    return serialized(group)


def _inside_evil(idp: FakeIdP) -> bytes:
    """Park the genuine signed entity in the Extensions of a forged one, signature and all."""
    genuine = etree.fromstring(published()(idp))
    forged = _forged(genuine)
    del forged.attrib["ID"]
    extensions = etree.Element(f"{{{MD}}}Extensions")
    forged.insert(0, extensions)
    extensions.append(genuine)
    return serialized(forged)


def _signature_of_assertion(idp: FakeIdP) -> bytes:
    """Give metadata the ID and the Signature of an assertion that this key really signed."""
    response = etree.fromstring(idp.response(sign="assertion").xml)
    signature = next(response.iter(f"{{{DS}}}Signature"))
    parent = signature.getparent()
    assert parent is not None
    root = etree.fromstring(idp.metadata())
    root.set("ID", parent.get("ID", ""))
    root.insert(0, signature)
    return serialized(root)


def _shows_federation(root: etree._Element) -> None:
    shown = next(signature_of(root).iter(f"{{{DS}}}X509Certificate"))
    shown.text = federation_key().certificate_base64


def _signed_by_stranger(idp: FakeIdP) -> bytes:
    root = etree.fromstring(idp.metadata(sign=True, signer=signing_key("rsa", "stranger")))
    _shows_federation(root)
    return serialized(root)


def _hmac(root: etree._Element) -> None:
    """Sign with the public key as the secret of an HMAC."""
    info = child(signature_of(root), "SignedInfo", DS)
    child(info, "SignatureMethod", DS).set("Algorithm", SIGNATURE_METHODS["hmac", "sha256"])
    code = hmac.new(federation_key().public_key_pem, canonical(info), hashlib.sha256)
    value = child(signature_of(root), "SignatureValue", DS)
    value.text = base64.b64encode(code.digest()).decode()


def _flipped(root: etree._Element) -> None:
    value = child(signature_of(root), "SignatureValue", DS)
    octets = bytearray(base64.b64decode(value.text or ""))
    octets[5] ^= 1
    value.text = base64.b64encode(octets).decode()


def _reference(signature: etree._Element) -> etree._Element:
    return child(child(signature, "SignedInfo", DS), "Reference", DS)


def _no_uri(signature: etree._Element) -> None:
    _reference(signature).set("URI", "")


def _two_references(signature: etree._Element) -> None:
    _reference(signature).addnext(deepcopy(_reference(signature)))


def _xslt(signature: etree._Element) -> None:
    transforms = child(_reference(signature), "Transforms", DS)
    etree.SubElement(transforms, f"{{{DS}}}Transform", Algorithm=XSLT)


def _enveloped_alone(signature: etree._Element) -> None:
    transforms = child(_reference(signature), "Transforms", DS)
    for transform in list(transforms):
        if transform.get("Algorithm") != ENVELOPED:
            transforms.remove(transform)


def _in_extensions(root: etree._Element) -> None:
    signature = signature_of(root)
    bare(signature)
    extensions = etree.Element(f"{{{MD}}}Extensions")
    root.insert(0, extensions)
    extensions.append(signature)


MISSING, INVALID = ErrorCode.MISSING_SIGNATURE, ErrorCode.INVALID_SIGNATURE
NODE, DIGEST = ErrorCode.AMBIGUOUS_SIGNED_NODE, ErrorCode.DIGEST_MISMATCH
C14N, OLD = ErrorCode.CANONICALIZATION_FAILED, ErrorCode.DEPRECATED_ALGORITHM

SIGNATURES: tuple[MetadataCase, ...] = (
    MetadataCase(name="unsigned", code=MISSING, make=published(sign=False)),
    MetadataCase(name="unsigned-aggregate", code=MISSING, make=published(sign=False, others=3)),
    MetadataCase(
        name="signed-by-the-key-inside", code=INVALID, make=lambda idp: idp.metadata(sign=True)
    ),
    MetadataCase(name="signed-by-a-stranger", code=INVALID, make=_signed_by_stranger),
    MetadataCase(
        name="entity-signed-and-not-its-group",
        code=MISSING,
        make=_signed_on(_sign_entity, others=3),
    ),
    MetadataCase(name="role-signed-and-not-its-entity", code=NODE, make=_signed_on(_sign_role)),
    MetadataCase(name="role-signed-too", code=NODE, make=published(edit=_sign_role)),
    MetadataCase(name="sha1", code=OLD, make=published(digest="sha1")),
    MetadataCase(name="hmac-with-the-public-key", code=OLD, make=rewritten(_hmac)),
    MetadataCase(name="signature-value-flipped", code=INVALID, make=rewritten(_flipped)),
    MetadataCase(name="addresses-replaced", code=DIGEST, make=rewritten(_evil_addresses)),
    MetadataCase(name="certificate-replaced", code=DIGEST, make=rewritten(_evil_certificate)),
    MetadataCase(name="entity-added", code=DIGEST, make=rewritten(_evil_entity, others=3)),
    MetadataCase(name="twin-added-first", code=DIGEST, make=rewritten(_evil_twin_first, others=3)),
    MetadataCase(name="genuine-in-extensions", code=NODE, make=_wrapped("extensions")),
    MetadataCase(name="genuine-in-object", code=NODE, make=_wrapped("object")),
    MetadataCase(name="genuine-in-key-info", code=NODE, make=_wrapped("key-info")),
    MetadataCase(name="genuine-gone", code=NODE, make=_wrapped("nowhere")),
    MetadataCase(
        name="genuine-of-the-same-id", code=ErrorCode.DUPLICATE_XML_ID, make=_wrapped("same-id")
    ),
    MetadataCase(name="genuine-beside-forged", code=MISSING, make=_beside),
    MetadataCase(name="genuine-inside-forged", code=NODE, make=_inside_evil),
    MetadataCase(
        name="signature-of-an-assertion",
        code=DIGEST,
        make=_signature_of_assertion,
        trusted=lambda idp: (idp.certificate_pem,),
    ),
    MetadataCase(name="signature-in-extensions", code=NODE, make=rewritten(_in_extensions)),
    MetadataCase(
        name="two-signatures",
        code=NODE,
        make=rewritten(lambda root: root.insert(1, deepcopy(signature_of(root)))),
    ),
    MetadataCase(name="reference-to-nothing", code=NODE, make=_resealed(_no_uri)),
    MetadataCase(name="two-references", code=NODE, make=_resealed(_two_references)),
    MetadataCase(name="transform-xslt", code=C14N, make=_resealed(_xslt)),
    MetadataCase(name="transform-enveloped-alone", code=C14N, make=_resealed(_enveloped_alone)),
    MetadataCase(
        name="pin-is-no-certificate",
        code=ErrorCode.UNTRUSTED_CERTIFICATE,
        make=published(),
        trusted=lambda idp: ("not a certificate",),
    ),
)
