"""Encrypted assertions and names: anybody has our public key, so encrypting proves nothing."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from typing import Any

from lxml import etree

from relyra_django.saml.errors import ErrorCode
from relyra_django.testing.encryption import Addressee
from relyra_django.testing.namespaces import CONTENT_TYPE, XENC
from tests.saml.corpus.mint.draft import EVERY_SHAPE, Edit, Mutation, mutation
from tests.saml.corpus.mint.edits import (
    child,
    ds,
    take_out,
)
from tests.saml.corpus.mint.encryptors import Change, cipher_octets, for_us
from tests.saml.corpus.mint.keys import key
from tests.saml.corpus.mint.signers import REPOSITORY, SIGNXML

FAILED, XML = ErrorCode.DECRYPTION_FAILED, ErrorCode.MALFORMED_XML
TWO, FIELD = ErrorCode.AMBIGUOUS_ASSERTION, ErrorCode.MISSING_PROTOCOL_FIELD
DIGEST, MISSING = ErrorCode.DIGEST_MISMATCH, ErrorCode.MISSING_SIGNATURE

PLAIN = for_us()
P = "urn:oasis:names:tc:SAML:2.0:protocol"
ENCRYPTED = tuple(
    replace(
        shape,
        slug=f"encrypted-{shape.slug}",
        words=f"{shape.words}, the assertion encrypted",
        encryption=PLAIN,
    )
    for shape in EVERY_SHAPE
)
INNER, OUTER, BOTH_ENCRYPTED = ENCRYPTED
NAMED = replace(
    EVERY_SHAPE[0],
    slug="encrypted-name",
    words="assertion signed, the NameID encrypted in it",
    name_encryption=PLAIN,
)
SHAPES = (*ENCRYPTED, NAMED)

OPEN = {"legacy_aes_cbc": {"reason": "old", "expires_at": "2026-03-15T00:00:00+00:00"}}
_OVER = {"legacy_aes_cbc": {"reason": "old", "expires_at": "2026-03-14T12:00:00+00:00"}}
_NO_REASON = {"legacy_aes_cbc": {"reason": "", "expires_at": "2026-03-15T00:00:00+00:00"}}
_SHA1_OPEN = {"legacy_sha1": OPEN["legacy_aes_cbc"]}
# Only the kit has these knobs.
BY_HAND = (REPOSITORY, SIGNXML)


def xenc(name: str) -> str:
    return f"{{{XENC}}}{name}"


def _data(holder: etree._Element) -> etree._Element:
    return child(holder, "EncryptedData", XENC)


def _key(holder: etree._Element) -> etree._Element:
    return next(holder.iter(xenc("EncryptedKey")))


def _info(holder: etree._Element) -> etree._Element:
    return child(_data(holder), "KeyInfo", "http://www.w3.org/2000/09/xmldsig#")


def _method(find: Callable[[etree._Element], etree._Element], uri: str) -> Edit:
    return lambda holder: child(find(holder), "EncryptionMethod", XENC).set("Algorithm", uri)


def _grown(find: Callable[[etree._Element], etree._Element], tag: str, **attributes: str) -> Edit:
    return lambda holder: etree.SubElement(find(holder), tag, attributes)


def _flip(at: int) -> Change:
    return lambda octets: octets[:at] + bytes([octets[at] ^ 1]) + octets[at:][1:]


def how(slug: str, says: str, judged: object = FAILED, **more: Any) -> Mutation:
    """Encrypt in another way; keywords of Mutation are taken out of the knobs."""
    of_mutation = {
        name: more.pop(name)
        for name in ("policy", "shapes", "signers", "connection", "arguments", "source", "after")
        if name in more
    }
    shapes = of_mutation.pop("shapes", (INNER,))
    return mutation(slug, says, judged, encryption=for_us(**more), shapes=shapes, **of_mutation)  # type: ignore[arg-type]


def _edited(slug: str, says: str, edit: Any, judged: object = FAILED, **more: Any) -> Mutation:
    return how(slug, says, judged, edit=edit, **more)


def _cipher_reference(holder: etree._Element) -> None:
    data = child(_data(holder), "CipherData", XENC)
    data[:] = [etree.Element(xenc("CipherReference"), URI="https://evil.example/data")]


_ALGORITHMS = (
    how("rsa-1-5", "The key is encrypted by RSA 1.5.", transport="rsa-1_5"),
    how(
        "rsa-1-5-hatch", "RSA 1.5, and an exception for AES-CBC.", transport="rsa-1_5", policy=OPEN
    ),
    how("tripledes", "The content is encrypted by 3DES.", content="tripledes-cbc"),
    how(
        "tripledes-hatch",
        "3DES, and an exception for AES-CBC.",
        content="tripledes-cbc",
        policy=OPEN,
    ),
    *(
        how(f"{name}-closed", f"The content is encrypted by {name}.", content=name)
        for name in ("aes128-cbc", "aes192-cbc", "aes256-cbc")
    ),
    how(
        "cbc-hatch-over",
        "AES-CBC, and an exception that has just run out.",
        content="aes256-cbc",
        policy=_OVER,
    ),
    how(
        "cbc-hatch-without-reason",
        "AES-CBC, and an exception without reason.",
        content="aes256-cbc",
        policy=_NO_REASON,
    ),
    how(
        "cbc-other-hatch",
        "AES-CBC, and an exception for SHA-1.",
        content="aes256-cbc",
        policy=_SHA1_OPEN,
    ),
    _edited(
        "oaep-label",
        "OAEP with a label.",
        _grown(lambda holder: child(_key(holder), "EncryptionMethod", XENC), xenc("OAEPparams")),
    ),
    _edited(
        "unknown-content",
        "The content is encrypted by nobody knows what.",
        _method(_data, "urn:x:none"),
    ),
    _edited(
        "unknown-transport",
        "The key is encrypted by nobody knows what.",
        _method(_key, "urn:x:none"),
    ),
    _edited("key-wrap", "The key is wrapped by a shared one.", _method(_key, XENC + "kw-aes256")),
    _edited(
        "other-content",
        "GCM is called CBC, and CBC is allowed.",
        _method(_data, XENC + "aes256-cbc"),
        policy=OPEN,
    ),
    _edited(
        "other-size",
        "AES-256 is called AES-128.",
        _method(_data, "http://www.w3.org/2009/xmlenc11#aes128-gcm"),
    ),
    _edited(
        "digest-md5",
        "OAEP with MD5.",
        _grown(
            lambda holder: child(_key(holder), "EncryptionMethod", XENC),
            ds("DigestMethod"),
            Algorithm="http://www.w3.org/2001/04/xmldsig-more#md5",
        ),
    ),
    how("stranger", "Encrypted for somebody else.", recipient=key("stranger")),
    how(
        "no-key",
        "The connection has no key to decrypt with.",
        FAILED,
        connection={"sp_decryption_keys": []},
    ),
    how(
        "nine-keys",
        "Nine EncryptedKeys.",
        others=tuple(Addressee(key=key("stranger")) for _ in range(8)),
        signers=BY_HAND,
    ),
    how(
        "fourth-key",
        "Ours is the fourth key: three are tried.",
        others=tuple(Addressee(key=key("stranger")) for _ in range(3)),
        signers=BY_HAND,
    ),
)

_STRUCTURE = (
    _edited("cipher-reference", "The ciphertext is elsewhere.", _cipher_reference),
    _edited("agreement", "A key agreement beside the key.", _grown(_info, xenc("AgreementMethod"))),
    _edited("no-encrypted-key", "No EncryptedKey.", lambda holder: take_out(_key(holder))),
    _edited(
        "two-data", "Two EncryptedData.", lambda holder: holder.append(deepcopy(_data(holder)))
    ),
    _edited("no-data", "No EncryptedData.", lambda holder: take_out(_data(holder))),
    _edited(
        "key-in-key",
        "A key encrypted for a key.",
        lambda holder: etree.SubElement(_key(holder), ds("KeyInfo")).append(deepcopy(_key(holder))),
    ),
    _edited(
        "retrieval-elsewhere",
        "A RetrievalMethod to a server.",
        _grown(_info, ds("RetrievalMethod"), URI="https://evil.example/key"),
    ),
    _edited(
        "retrieval-nowhere",
        "A RetrievalMethod to nothing.",
        _grown(_info, ds("RetrievalMethod"), URI="#_nowhere"),
    ),
    _edited(
        "foreign-beside",
        "A foreign element beside EncryptedData.",
        lambda holder: etree.SubElement(holder, "{urn:x}x"),
    ),
    _edited(
        "two-cipher-data",
        "Two CipherData.",
        lambda holder: _data(holder).append(deepcopy(child(_data(holder), "CipherData", XENC))),
    ),
    how("content-only", "Only the content of the element is encrypted.", data_type=CONTENT_TYPE),
    _edited(
        "type-unknown",
        "An EncryptedData of unknown type.",
        lambda holder: _data(holder).set("Type", "urn:x"),
    ),
    _edited(
        "flipped-ciphertext", "A bit of the ciphertext is changed.", cipher_octets(_data, _flip(60))
    ),
    _edited("flipped-iv", "A bit of the IV is changed.", cipher_octets(_data, _flip(0))),
    _edited("flipped-tag", "A bit of the tag is changed.", cipher_octets(_data, _flip(-1))),
    _edited(
        "cut", "The ciphertext lacks its end.", cipher_octets(_data, lambda octets: octets[:-1])
    ),
    _edited(
        "too-short",
        "The ciphertext is shorter than IV and tag.",
        cipher_octets(_data, lambda octets: octets[:20]),
    ),
    _edited("empty-ciphertext", "There is no ciphertext.", cipher_octets(_data, lambda _: b"")),
    _edited("flipped-key", "A bit of the encrypted key is changed.", cipher_octets(_key, _flip(9))),
    _edited(
        "long-key",
        "The encrypted key is too long.",
        cipher_octets(_key, lambda octets: octets + b"\0"),
    ),
)


ENCRYPTION: tuple[Mutation, ...] = (*_ALGORITHMS, *_STRUCTURE)
