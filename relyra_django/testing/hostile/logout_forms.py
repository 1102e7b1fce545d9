"""Attacks on a posted logout message: its signature, and what is read beside what it covers."""

from __future__ import annotations

import base64
import hashlib
import hmac
import zlib
from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from typing import Any

from lxml import etree

from relyra_django.saml.errors import ErrorCode
from relyra_django.testing.fake_idp import FakeIdP, serialized
from relyra_django.testing.hostile.attack import Edit, assertion_of, bare, child, signature_of
from relyra_django.testing.hostile.logout_case import (
    POST,
    REQUEST,
    RESPONSE,
    UNSIGNED_ALLOWED,
    LogoutAttack,
    Make,
    by_a_stranger,
    edited_after_signing,
    extensions,
    honest,
    name_id_of,
    said,
)
from relyra_django.testing.logout import MintedLogout
from relyra_django.testing.namespaces import C14N, DS, ENVELOPED, SAMLP, SIGNATURE_METHODS
from relyra_django.testing.response_spec import new_id
from relyra_django.testing.signing import canonical, seal

XSLT = "http://www.w3.org/TR/1999/REC-xslt-19991116"


def _resealed(edit: Edit) -> Make:
    """Edit the Signature and sign it again with the real key: only its structure is wrong."""

    def make(idp: FakeIdP, **knobs: Any) -> MintedLogout:
        minted = honest(REQUEST, idp, **knobs)
        root = etree.fromstring(minted.xml)
        edit(signature_of(root))
        seal(signature_of(root), idp.signing_key, idp.digest)
        return minted.with_xml(serialized(root))

    return make


def _octets(change: Callable[[bytes], bytes]) -> Make:
    def make(idp: FakeIdP, **knobs: Any) -> MintedLogout:
        minted = honest(REQUEST, idp, **knobs)
        return minted.with_xml(change(minted.xml))

    return make


def _field(value: Callable[[MintedLogout], str]) -> Make:
    def make(idp: FakeIdP, **knobs: Any) -> MintedLogout:
        minted = honest(REQUEST, idp, **knobs)
        return replace(minted, payload=value(minted))

    return make


def _other(kind: str) -> Make:
    """Send a genuine message to the judge of the other kind."""

    def make(idp: FakeIdP, **knobs: Any) -> MintedLogout:
        knobs.pop("in_response_to", None)
        return honest(kind, idp, **knobs)

    return make


def _stripped(root: etree._Element) -> None:
    bare(signature_of(root))


def _renamed(root: etree._Element) -> None:
    name_id_of(root).text = "admin"


def _forge(root: etree._Element) -> etree._Element:
    """Turn the root into a forgery; return the genuine message as the signature covers it."""
    genuine = deepcopy(root)
    bare(signature_of(genuine))
    root.set("ID", new_id())
    _renamed(root)
    return genuine


def _genuine_in_extensions(root: etree._Element) -> None:
    genuine = _forge(root)
    extensions(root).append(genuine)


def _genuine_in_signature(root: etree._Element) -> None:
    signature_of(root).append(_forge(root))


def _genuine_in_object(root: etree._Element) -> None:
    genuine = _forge(root)
    etree.SubElement(signature_of(root), f"{{{DS}}}Object").append(genuine)


def _genuine_in_key_info(root: etree._Element) -> None:
    genuine = _forge(root)
    child(signature_of(root), "KeyInfo", DS).append(genuine)


def _genuine_beside(root: etree._Element) -> None:
    root.append(_forge(root))


def _genuine_with_its_signature(root: etree._Element) -> None:
    """Park the whole genuine message, signature and all, under an unsigned forgery."""
    genuine = deepcopy(root)
    bare(signature_of(root))
    root.set("ID", new_id())
    _renamed(root)
    extensions(root).append(genuine)


def _wrapped(idp: FakeIdP, **knobs: Any) -> MintedLogout:
    """Put the genuine message into a root of another name."""
    minted = honest(REQUEST, idp, **knobs)
    outer = etree.Element(f"{{{SAMLP}}}Response")
    outer.append(etree.fromstring(minted.xml))
    return minted.with_xml(serialized(outer))


def _second_name(root: etree._Element) -> None:
    genuine = name_id_of(root)
    forged = deepcopy(genuine)
    forged.text = "admin"
    genuine.addprevious(forged)


def _signature_into_extensions(root: etree._Element) -> None:
    signature = signature_of(root)
    extensions(root).append(signature)


def _captured_assertion(idp: FakeIdP, **knobs: Any) -> etree._Element:
    response = idp.response(now=knobs["now"], sign="assertion")
    return assertion_of(etree.fromstring(response.xml))


def _captured(use: Callable[[etree._Element, etree._Element], None]) -> Make:
    """Forge an unsigned request with the help of a genuine, signed assertion of that provider."""

    def make(idp: FakeIdP, **knobs: Any) -> MintedLogout:
        minted = honest(REQUEST, idp, **{**knobs, "name_id": "admin", "sign": False})
        root = etree.fromstring(minted.xml)
        use(root, _captured_assertion(idp, **knobs))
        return minted.with_xml(serialized(root))

    return make


def _assertion_in_extensions(root: etree._Element, assertion: etree._Element) -> None:
    extensions(root).append(assertion)


def _signature_of_assertion(root: etree._Element, assertion: etree._Element) -> None:
    root.insert(1, signature_of(assertion))


def _signature_and_id_of(root: etree._Element, assertion: etree._Element) -> None:
    root.set("ID", assertion.get("ID", ""))
    root.insert(1, signature_of(assertion))


def _signature_of_response(idp: FakeIdP, **knobs: Any) -> MintedLogout:
    """Carry over the signature and the ID of a genuine, signed Response."""
    response = etree.fromstring(idp.response(now=knobs["now"], sign="response").xml)
    return _signed_elsewhere(response, idp, **knobs)


def _signature_of_metadata(idp: FakeIdP, **knobs: Any) -> MintedLogout:
    """Carry over the signature and the ID of signed metadata, which anybody can download."""
    return _signed_elsewhere(etree.fromstring(idp.metadata(sign=True)), idp, **knobs)


def _signed_elsewhere(source: etree._Element, idp: FakeIdP, **knobs: Any) -> MintedLogout:
    minted = honest(REQUEST, idp, **{**knobs, "name_id": "admin", "sign": False})
    root = etree.fromstring(minted.xml)
    _signature_and_id_of(root, source)
    return minted.with_xml(serialized(root))


def _method(uri: str) -> Edit:
    def edit(signature: etree._Element) -> None:
        info = child(signature, "SignedInfo", DS)
        child(info, "SignatureMethod", DS).set("Algorithm", uri)

    return edit


def _hmac(idp: FakeIdP, **knobs: Any) -> MintedLogout:
    """Use the public key, which everybody has, as an HMAC secret."""
    minted = honest(REQUEST, idp, **knobs)
    root = etree.fromstring(minted.xml)
    signature = signature_of(root)
    _method(SIGNATURE_METHODS["hmac", "sha256"])(signature)
    octets = canonical(child(signature, "SignedInfo", DS))
    mac = hmac.new(idp.signing_key.public_key_pem, octets, hashlib.sha256).digest()
    child(signature, "SignatureValue", DS).text = base64.b64encode(mac).decode()
    return minted.with_xml(serialized(root))


def _reference(signature: etree._Element) -> etree._Element:
    return child(child(signature, "SignedInfo", DS), "Reference", DS)


def _whole_document(signature: etree._Element) -> None:
    _reference(signature).set("URI", "")


def _transforms(*uris: str) -> Edit:
    def edit(signature: etree._Element) -> None:
        transforms = child(_reference(signature), "Transforms", DS)
        transforms[:] = []
        for uri in uris:
            etree.SubElement(transforms, f"{{{DS}}}Transform", Algorithm=uri)

    return edit


def _second_reference(signature: etree._Element) -> None:
    _reference(signature).addnext(deepcopy(_reference(signature)))


def _second_signature(root: etree._Element) -> None:
    signature_of(root).addnext(deepcopy(signature_of(root)))


def _duplicate_id(root: etree._Element) -> None:
    name_id_of(root).set("Id", root.get("ID", ""))


def _success_instead(root: etree._Element) -> None:
    status = child(child(root, "Status", SAMLP), "StatusCode", SAMLP)
    status.set("Value", "urn:oasis:names:tc:SAML:2.0:status:Success")


def _refusal_turned_to_success(idp: FakeIdP, **knobs: Any) -> MintedLogout:
    make = edited_after_signing(_success_instead, RESPONSE)
    return make(idp, **{**knobs, "status": "Responder"})


def _attack(name: str, code: ErrorCode, make: Make, **fields: Any) -> LogoutAttack:
    return LogoutAttack(name=name, code=code, make=make, binding=POST, **fields)


def _edited(name: str, code: ErrorCode, edit: Edit, **fields: Any) -> LogoutAttack:
    return _attack(name, code, edited_after_signing(edit), **fields)


MISSING, INVALID = ErrorCode.MISSING_SIGNATURE, ErrorCode.INVALID_SIGNATURE
DIGEST, SHAPE = ErrorCode.DIGEST_MISMATCH, ErrorCode.AMBIGUOUS_SIGNED_NODE
TRANSFORM, OLD = ErrorCode.CANONICALIZATION_FAILED, ErrorCode.DEPRECATED_ALGORITHM
MALFORMED, KIND = ErrorCode.MALFORMED_XML, ErrorCode.INVALID_LOGOUT_PAYLOAD
LAX = {"policy": UNSIGNED_ALLOWED}

SIGNATURES = (
    _attack("unsigned", MISSING, said(sign=False)),
    _attack("unsigned", MISSING, said(RESPONSE, sign=False), kind=RESPONSE),
    _edited("signature-stripped", MISSING, _stripped),
    _attack("signed-by-a-stranger", INVALID, by_a_stranger),
    _attack("signed-by-a-stranger-when-optional", INVALID, by_a_stranger, **LAX),
    _edited("name-changed", DIGEST, _renamed),
    _edited("name-changed-when-optional", DIGEST, _renamed, **LAX),
    _attack("refusal-turned-to-success", DIGEST, _refusal_turned_to_success, kind=RESPONSE),
    _attack("rsa-sha1", OLD, said(key="rsa", method_digest="sha1")),
    _attack("digest-sha1", OLD, said(digest="sha1")),
    _attack("hmac-with-the-public-key", OLD, _hmac),
    _attack("reference-to-the-document", SHAPE, _resealed(_whole_document)),
    _attack("second-reference", SHAPE, _resealed(_second_reference)),
    _edited("second-signature", SHAPE, _second_signature),
    _attack("transform-xslt", TRANSFORM, _resealed(_transforms(ENVELOPED, XSLT))),
    _attack("transform-inclusive", TRANSFORM, _resealed(_transforms(ENVELOPED, C14N))),
)
WRAPPING = (
    _edited("genuine-in-extensions", SHAPE, _genuine_in_extensions),
    _edited("genuine-in-signature", SHAPE, _genuine_in_signature),
    _edited("genuine-in-object", SHAPE, _genuine_in_object),
    _edited("genuine-in-key-info", SHAPE, _genuine_in_key_info),
    _edited("genuine-beside", MALFORMED, _genuine_beside),
    _edited("genuine-with-its-signature", SHAPE, _genuine_with_its_signature),
    _edited("genuine-with-its-signature-when-optional", SHAPE, _genuine_with_its_signature, **LAX),
    _attack("genuine-in-another-root", KIND, _wrapped),
    _edited("second-name-after-signing", MALFORMED, _second_name),
    _edited("signature-in-extensions", SHAPE, _signature_into_extensions),
    _attack("assertion-in-extensions", SHAPE, _captured(_assertion_in_extensions)),
    _attack(
        "assertion-in-extensions-when-optional", SHAPE, _captured(_assertion_in_extensions), **LAX
    ),
    _attack("signature-of-an-assertion", SHAPE, _captured(_signature_of_assertion)),
    _attack("signature-and-id-of-an-assertion", DIGEST, _captured(_signature_and_id_of)),
    _attack("signature-and-id-of-a-response", DIGEST, _signature_of_response),
    _attack("signature-and-id-of-metadata", DIGEST, _signature_of_metadata),
    _attack("response-as-request", KIND, _other(RESPONSE)),
    _attack("request-as-response", KIND, _other(REQUEST), kind=RESPONSE),
    _edited("id-used-twice", ErrorCode.DUPLICATE_XML_ID, _duplicate_id),
)
OCTETS = (
    _attack(
        "comment-in-name", MALFORMED, _octets(lambda xml: xml.replace(b"alice", b"al<!---->ice"))
    ),
    _attack(
        "instruction-in-name", MALFORMED, _octets(lambda xml: xml.replace(b"alice", b"al<?x?>ice"))
    ),
    _attack("doctype", ErrorCode.DOCTYPE_FORBIDDEN, _octets(lambda xml: b"<!DOCTYPE a>" + xml)),
    _attack(
        "entity",
        ErrorCode.ENTITY_EXPANSION_FORBIDDEN,
        _octets(lambda xml: xml.replace(b"alice", b"<!ENTITY a 'x'>")),
    ),
    _attack("utf-16", MALFORMED, _octets(lambda xml: xml.decode().encode("utf-16"))),
    _attack("deflated", MALFORMED, _octets(lambda xml: zlib.compress(xml)[2:-4])),
    _attack("no-base64", ErrorCode.INVALID_BINDING_PAYLOAD, _field(lambda _: "***")),
    _attack("empty", ErrorCode.INVALID_BINDING_PAYLOAD, _field(lambda _: "")),
    _attack("query-as-form-field", ErrorCode.INVALID_BINDING_PAYLOAD, _field(lambda m: m.query)),
    _attack("too-large", ErrorCode.PAYLOAD_TOO_LARGE, _field(lambda _: "A" * 1_600_000)),
)

FORMS: tuple[LogoutAttack, ...] = (*SIGNATURES, *WRAPPING, *OCTETS)
