"""Attacks on the signature: missing, foreign, malformed, or over less than it seems."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable
from copy import deepcopy
from typing import Any

from lxml import etree

from relyra_django.saml.errors import ErrorCode
from relyra_django.testing.fake_idp import FakeIdP, serialized
from relyra_django.testing.hostile.attack import (
    Edit,
    Hostile,
    Make,
    assertion_of,
    bare,
    child,
    edited_after_signing,
    extensions,
    said,
    signature_of,
    signed_element,
)
from relyra_django.testing.keys import signing_key
from relyra_django.testing.minted import Minted
from relyra_django.testing.namespaces import (
    C14N,
    DIGEST_METHODS,
    DS,
    ENVELOPED,
    EXC_C14N,
    SIGNATURE_METHODS,
)
from relyra_django.testing.signing import canonical, seal

XSLT = "http://www.w3.org/TR/1999/REC-xslt-19991116"
XPATH = "http://www.w3.org/TR/1999/REC-xpath-19991116"
STYLESHEET = (
    '<xsl:stylesheet xmlns:xsl="http://www.w3.org/1999/XSL/Transform" version="1.0">'
    '<xsl:template match="/"><x/></xsl:template></xsl:stylesheet>'
)


def _tampered(old: str, new: str, **changes: Any) -> Make:
    def make(idp: FakeIdP, **honest: Any) -> Minted:
        return idp.response(**{**honest, **changes}).tampered(old, new)

    return make


def _tampered_name_id(**changes: Any) -> Make:
    def edit(root: etree._Element) -> None:
        child(child(assertion_of(root), "Subject"), "NameID").text = "admin"

    return edited_after_signing(edit, **changes)


def _signature(edit: Edit) -> Make:
    """Edit the Signature and leave its value alone."""
    return edited_after_signing(lambda root: edit(signature_of(signed_element(root))))


def _resealed(edit: Callable[[etree._Element], None]) -> Make:
    """Edit SignedInfo and sign it again with the real key: only its structure is wrong."""

    def make(idp: FakeIdP, **honest: Any) -> Minted:
        minted = idp.response(**honest)
        root = etree.fromstring(minted.xml)
        signature = signature_of(signed_element(root))
        edit(signature)
        seal(signature, idp.signing_key, idp.digest)
        return minted.with_xml(serialized(root))

    return make


def _twice(*path: str) -> Edit:
    """Put a second one of the element at that path beside the first."""

    def edit(signature: etree._Element) -> None:
        element = signature
        for name in path:
            element = child(element, name, DS)
        element.addnext(deepcopy(element))

    return edit


def _reference(signature: etree._Element) -> etree._Element:
    return child(child(signature, "SignedInfo", DS), "Reference", DS)


def _transforms(*algorithms: str, content: str = "") -> Edit:
    """Replace the transforms; `content` is XML for the last of them."""

    def edit(signature: etree._Element) -> None:
        transforms = child(_reference(signature), "Transforms", DS)
        transforms[:] = []
        for algorithm in algorithms:
            _add(transforms, "Transform", Algorithm=algorithm)
        if content:
            transforms[-1].append(etree.fromstring(content))

    return edit


def _long_prefix_list(signature: etree._Element) -> None:
    transform = child(_reference(signature), "Transforms", DS)[1]
    prefixes = " ".join(f"p{n}" for n in range(17))
    etree.SubElement(transform, f"{{{EXC_C14N}}}InclusiveNamespaces", PrefixList=prefixes)


def _uri(value: str | None) -> Edit:
    def edit(signature: etree._Element) -> None:
        reference = _reference(signature)
        if value is None:
            del reference.attrib["URI"]
        else:
            reference.set("URI", value)

    return edit


def _other_uri(signature: etree._Element) -> None:
    document = signature.getroottree().getroot()
    parent = signature.getparent()
    other = assertion_of(document) if parent is document else document
    _reference(signature).set("URI", "#" + other.get("ID", ""))


def _method(name: str, uri: str) -> Edit:
    def edit(signature: etree._Element) -> None:
        info = child(signature, "SignedInfo", DS)
        place = _reference(signature) if name == "DigestMethod" else info
        child(place, name, DS).set("Algorithm", uri)

    return edit


def _parameters(signature: etree._Element) -> None:
    _add(
        child(child(signature, "SignedInfo", DS), "SignatureMethod", DS), "HMACOutputLength"
    ).text = "0"


def _retrieval_method(signature: etree._Element) -> None:
    info = signature.find(f"{{{DS}}}KeyInfo")
    info = _add(signature, "KeyInfo") if info is None else info
    _add(info, "RetrievalMethod", URI="https://evil.example/key")


def _comment_in_digest(signature: etree._Element) -> None:
    value = child(_reference(signature), "DigestValue", DS)
    value.append(etree.Comment("x"))


def _child_in_digest(signature: etree._Element) -> None:
    etree.SubElement(child(_reference(signature), "DigestValue", DS), "{urn:x}x")


def _empty_digest(signature: etree._Element) -> None:
    empty = base64.b64encode(hashlib.sha256(b"").digest()).decode()
    _method("DigestMethod", DIGEST_METHODS["sha256"])(signature)
    child(_reference(signature), "DigestValue", DS).text = empty


def _emptied(signature: etree._Element) -> None:
    signature[:] = []


def _stripped(root: etree._Element) -> None:
    for signature in list(root.iter(f"{{{DS}}}Signature")):
        bare(signature)


def _moved_to_root(root: etree._Element) -> None:
    root.insert(1, signature_of(assertion_of(root)))


def _moved_to_extensions(root: etree._Element) -> None:
    signature = signature_of(signed_element(root))
    extensions(root).append(signature)


def _broken_value(signature: etree._Element) -> None:
    value = child(signature, "SignatureValue", DS)
    octets = bytearray(base64.b64decode(value.text or ""))
    octets[0] ^= 1
    value.text = base64.b64encode(octets).decode()


def _broken_response_signature(root: etree._Element) -> None:
    _broken_value(signature_of(root))


def _hmac(idp: FakeIdP, **honest: Any) -> Minted:
    """Use the public key, which everybody has, as an HMAC secret."""
    minted = idp.response(**honest)
    root = etree.fromstring(minted.xml)
    signature = signature_of(signed_element(root))
    _method("SignatureMethod", SIGNATURE_METHODS["hmac", "sha256"])(signature)
    octets = canonical(child(signature, "SignedInfo", DS))
    mac = hmac.new(idp.signing_key.public_key_pem, octets, hashlib.sha256).digest()
    child(signature, "SignatureValue", DS).text = base64.b64encode(mac).decode()
    return minted.with_xml(serialized(root))


def _stranger(idp: FakeIdP, **honest: Any) -> Minted:
    return idp.response(**{**honest, "key": signing_key("rsa", "stranger")})


def _stranger_in_disguise(idp: FakeIdP, **honest: Any) -> Minted:
    """Sign with a foreign key and show the trusted certificate."""
    minted = _stranger(idp, **honest)
    shown = signing_key("rsa", "stranger").certificate_base64
    return minted.tampered(shown, idp.signing_key.certificate_base64, count=-1)


def _weak(idp: FakeIdP, **honest: Any) -> Minted:
    return idp.response(**{**honest, "key": signing_key("rsa1024", "weak")})


def _other_family(signature: etree._Element) -> None:
    method = child(child(signature, "SignedInfo", DS), "SignatureMethod", DS)
    family = "rsa" if "ecdsa" in method.get("Algorithm", "") else "ec"
    method.set("Algorithm", SIGNATURE_METHODS[family, "sha256"])


def _object(signature: etree._Element) -> None:
    _add(signature, "Object")


def _add(parent: etree._Element, name: str, **attributes: str) -> etree._Element:
    return etree.SubElement(parent, f"{{{DS}}}{name}", attributes)


def _weak_certificate(_: FakeIdP) -> tuple[str, ...]:
    return (signing_key("rsa1024", "weak").certificate_pem,)


MISSING, INVALID = ErrorCode.MISSING_SIGNATURE, ErrorCode.INVALID_SIGNATURE
DIGEST, SHAPE = ErrorCode.DIGEST_MISMATCH, ErrorCode.AMBIGUOUS_SIGNED_NODE
TRANSFORM, OLD = ErrorCode.CANONICALIZATION_FAILED, ErrorCode.DEPRECATED_ALGORITHM
WITH_COMMENTS = EXC_C14N + "WithComments"

SIGNATURES: tuple[Hostile, ...] = (
    Hostile(name="unsigned", code=MISSING, make=said(sign="none")),
    Hostile(name="signature-stripped", code=MISSING, make=edited_after_signing(_stripped)),
    Hostile(name="signature-emptied", code=SHAPE, make=_signature(_emptied)),
    Hostile(name="tampered-name-id", code=DIGEST, make=_tampered_name_id(sign="assertion")),
    Hostile(name="tampered-in-response", code=DIGEST, make=_tampered_name_id(sign="response")),
    Hostile(name="tampered-in-both", code=DIGEST, make=_tampered_name_id(sign="both")),
    Hostile(
        name="tampered-status-of-signed-response",
        code=DIGEST,
        make=_tampered(
            "status:Responder",
            "status:Success",
            sign="response",
            status="Responder",
            with_assertion=True,
        ),
    ),
    Hostile(name="tampered-signature-value", code=INVALID, make=_signature(_broken_value)),
    Hostile(
        name="one-of-two-signatures-broken",
        code=INVALID,
        make=edited_after_signing(_broken_response_signature, sign="both"),
    ),
    Hostile(name="signed-by-a-stranger", code=INVALID, make=_stranger),
    Hostile(name="signed-by-a-stranger-in-disguise", code=INVALID, make=_stranger_in_disguise),
    Hostile(name="key-of-another-family", code=INVALID, make=_resealed(_other_family)),
    Hostile(
        name="weak-certificate",
        code=ErrorCode.UNTRUSTED_CERTIFICATE,
        make=_weak,
        trusted=_weak_certificate,
    ),
    Hostile(name="hmac-with-the-public-key", code=OLD, make=_hmac),
    Hostile(name="rsa-sha1", code=OLD, make=said(key="rsa", method_digest="sha1")),
    Hostile(name="digest-sha1", code=OLD, make=said(digest="sha1")),
    Hostile(name="digest-md5", code=OLD, make=said(digest="md5")),
    Hostile(
        name="unknown-signature-method",
        code=OLD,
        make=_signature(_method("SignatureMethod", "urn:x:none")),
    ),
    Hostile(name="void-digest", code=DIGEST, make=_resealed(_empty_digest)),
    Hostile(name="second-signature", code=SHAPE, make=_signature(lambda s: s.addnext(deepcopy(s)))),
    Hostile(name="second-signed-info", code=SHAPE, make=_signature(_twice("SignedInfo"))),
    Hostile(name="second-signature-value", code=SHAPE, make=_signature(_twice("SignatureValue"))),
    Hostile(name="second-reference", code=SHAPE, make=_resealed(_twice("SignedInfo", "Reference"))),
    Hostile(
        name="second-digest-value",
        code=SHAPE,
        make=_resealed(_twice("SignedInfo", "Reference", "DigestValue")),
    ),
    Hostile(
        name="comment-in-digest", code=ErrorCode.MALFORMED_XML, make=_resealed(_comment_in_digest)
    ),
    Hostile(name="element-in-digest", code=SHAPE, make=_resealed(_child_in_digest)),
    Hostile(name="object", code=SHAPE, make=_signature(_object)),
    Hostile(name="retrieval-method", code=SHAPE, make=_signature(_retrieval_method)),
    Hostile(name="method-with-parameters", code=SHAPE, make=_resealed(_parameters)),
    Hostile(name="reference-to-the-document", code=SHAPE, make=_resealed(_uri(""))),
    Hostile(name="reference-without-uri", code=SHAPE, make=_resealed(_uri(None))),
    Hostile(name="reference-elsewhere", code=SHAPE, make=_resealed(_uri("https://evil.example/"))),
    Hostile(name="reference-to-another-element", code=SHAPE, make=_resealed(_other_uri)),
    Hostile(name="reference-by-xpointer", code=SHAPE, make=_resealed(_uri("#xpointer(/)"))),
    Hostile(
        name="signature-moved-to-root",
        code=SHAPE,
        make=edited_after_signing(_moved_to_root, sign="assertion"),
    ),
    Hostile(
        name="signature-in-extensions", code=SHAPE, make=edited_after_signing(_moved_to_extensions)
    ),
    Hostile(
        name="transform-xslt",
        code=TRANSFORM,
        make=_resealed(_transforms(ENVELOPED, XSLT, content=STYLESHEET)),
    ),
    Hostile(
        name="transform-xpath",
        code=TRANSFORM,
        make=_resealed(
            _transforms(ENVELOPED, XPATH, content=f'<XPath xmlns="{DS}">true()</XPath>')
        ),
    ),
    Hostile(
        name="transform-inclusive", code=TRANSFORM, make=_resealed(_transforms(ENVELOPED, C14N))
    ),
    Hostile(
        name="transform-with-comments",
        code=TRANSFORM,
        make=_resealed(_transforms(ENVELOPED, WITH_COMMENTS)),
    ),
    Hostile(
        name="transform-enveloped-only", code=TRANSFORM, make=_resealed(_transforms(ENVELOPED))
    ),
    Hostile(name="transform-canonical-only", code=TRANSFORM, make=_resealed(_transforms(EXC_C14N))),
    Hostile(
        name="transforms-swapped", code=TRANSFORM, make=_resealed(_transforms(EXC_C14N, ENVELOPED))
    ),
    Hostile(
        name="transform-flood",
        code=TRANSFORM,
        make=_resealed(_transforms(ENVELOPED, *[EXC_C14N] * 50)),
    ),
    Hostile(name="prefix-list-flood", code=TRANSFORM, make=_resealed(_long_prefix_list)),
    Hostile(
        name="canonicalization-inclusive",
        code=TRANSFORM,
        make=_resealed(_method("CanonicalizationMethod", C14N)),
    ),
)
