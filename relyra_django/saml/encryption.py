"""XML Encryption, strictly: structure and algorithms, before any private key is used.

What is refused here is decided by the message alone, and says why in its details.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from lxml import etree

from relyra_django.saml import constants as c
from relyra_django.saml.connection import Policy
from relyra_django.saml.errors import ErrorCode, RelyraError
from relyra_django.saml.redaction import quoted

GCM_IV_BYTES: Final = 12
GCM_TAG_BYTES: Final = 16
BLOCK_BYTES: Final = 16
ENCRYPTED_KEY: Final = c.XENC + "EncryptedKey"

_WHITE_SPACE: Final = b" \t\r\n"


@dataclass(frozen=True, kw_only=True, slots=True)
class ContentAlgorithm:
    """How content is encrypted; `authenticated` content cannot be changed on the way."""

    uri: str
    key_bytes: int
    authenticated: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class EncryptedKey:
    """The content key as one recipient gets it."""

    uri: str
    padding: padding.OAEP
    ciphertext: bytes = field(repr=False)
    recipient: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class EncryptedData:
    """Encrypted content whose structure and algorithms are those accepted."""

    content: ContentAlgorithm
    ciphertext: bytes = field(repr=False)
    encrypted_keys: tuple[EncryptedKey, ...]

    @property
    def algorithms(self) -> tuple[str, ...]:
        return (self.content.uri, *{key.uri: None for key in self.encrypted_keys})


_CONTENTS: Final[Mapping[str, ContentAlgorithm]] = {
    uri: ContentAlgorithm(uri=uri, key_bytes=key_bytes, authenticated=authenticated)
    for uri, key_bytes, authenticated in (
        (c.AES128_GCM, 16, True),
        (c.AES192_GCM, 24, True),
        (c.AES256_GCM, 32, True),
        (c.AES128_CBC, 16, False),
        (c.AES192_CBC, 24, False),
        (c.AES256_CBC, 32, False),
    )
}
# Some senders look for GCM in the older namespace.
_MISSPELT: Final[Mapping[str, str]] = {
    uri.replace(c.XENC11_NS, c.XENC_NS): uri for uri in (c.AES128_GCM, c.AES192_GCM, c.AES256_GCM)
}
_OAEP_HASHES: Final[Mapping[str, hashes.HashAlgorithm]] = {
    c.SHA1: hashes.SHA1(),  # noqa: S303 (OAEP does not need collision resistance)
    c.SHA256: hashes.SHA256(),
    c.SHA384: hashes.SHA384(),
    c.SHA512: hashes.SHA512(),
}
_MGF_HASHES: Final[Mapping[str, hashes.HashAlgorithm]] = {
    c.MGF1_SHA1: hashes.SHA1(),  # noqa: S303
    c.MGF1_SHA256: hashes.SHA256(),
    c.MGF1_SHA384: hashes.SHA384(),
    c.MGF1_SHA512: hashes.SHA512(),
}

_DATA: Final = c.XENC + "EncryptedData"
_METHOD: Final = c.XENC + "EncryptionMethod"
_KEY_SIZE: Final = c.XENC + "KeySize"
_CIPHER_DATA: Final = c.XENC + "CipherData"
_KEY_INFO: Final = c.DS + "KeyInfo"
_RETRIEVAL: Final = c.DS + "RetrievalMethod"
_DIGEST: Final = c.DS + "DigestMethod"
_MGF: Final = c.XENC11 + "MGF"
_DATA_PARTS: Final = frozenset({_METHOD, _KEY_INFO, _CIPHER_DATA, c.XENC + "EncryptionProperties"})
_KEY_PARTS: Final = _DATA_PARTS | {c.XENC + "ReferenceList", c.XENC + "CarriedKeyName"}
# Each of these has us fetch, agree on, derive or parametrize what the sender chose.
_NEVER: Final = (
    c.XENC + "CipherReference",
    c.XENC + "AgreementMethod",
    c.XENC + "OAEPparams",
    c.XENC11 + "DerivedKey",
)


def read(holder: etree._Element, policy: Policy, now: datetime) -> EncryptedData:
    """Take an EncryptedAssertion or EncryptedID apart and check what it asks of us (Core 2.2.4).

    Raises decryption_failed with a reason: structure, algorithm, legacy_aes_cbc_expired.
    """
    data = _read_structure(holder)
    hatch = policy.legacy_aes_cbc
    if data.content.authenticated:
        return data
    if hatch is None or not hatch.reason.strip():
        raise refused("algorithm", actual=data.content.uri)
    if hatch.expires_at <= now:
        raise refused(
            "legacy_aes_cbc_expired", actual=data.content.uri, expected=hatch.expires_at.isoformat()
        )
    return data


def refused(reason: str, **details: object) -> RelyraError:
    """Return a refusal that the message alone decided, before any private key was used."""
    return RelyraError(
        ErrorCode.DECRYPTION_FAILED, "The encrypted content is refused.", reason=reason, **details
    )


def _read_structure(holder: etree._Element) -> EncryptedData:
    """One EncryptedData, and EncryptedKeys in it or beside it."""
    beside = holder.findall(ENCRYPTED_KEY)
    if (strange := next(holder.iter(*_NEVER), None)) is not None:
        raise refused("structure", actual=strange.tag)
    if [child.tag for child in holder if child.tag != ENCRYPTED_KEY] != [_DATA]:
        raise refused("structure", expected=_DATA)
    data = next(holder.iterchildren(_DATA))
    if data.get("Type", c.ENCRYPTED_ELEMENT) != c.ENCRYPTED_ELEMENT:
        raise refused("structure", expected=c.ENCRYPTED_ELEMENT, actual=quoted(data.get("Type")))
    parts = _parts(data, _DATA_PARTS)
    _check_pointers(holder, parts.get(_KEY_INFO), beside)
    placed = [*data.iterfind(f"{_KEY_INFO}/{ENCRYPTED_KEY}"), *beside]
    # Whatever is further down would be a key to a key, or a second message.
    if not placed or [len(placed), 1] != [_count(holder, ENCRYPTED_KEY), _count(holder, _DATA)]:
        raise refused("structure", expected=ENCRYPTED_KEY)
    content = _content_algorithm(parts[_METHOD])
    return EncryptedData(
        content=content,
        ciphertext=_content_octets(parts[_CIPHER_DATA], content),
        encrypted_keys=tuple(_read_key(key) for key in placed),
    )


def _parts(element: etree._Element, allowed: frozenset[str]) -> dict[str, etree._Element]:
    """Return the children by name: each once, a method and cipher data among them."""
    parts = {str(child.tag): child for child in element}
    if len(parts) != len(element) or not allowed.issuperset(parts):
        raise refused("structure", actual=quoted(str(element.tag)))
    if _METHOD not in parts or _CIPHER_DATA not in parts:
        raise refused("structure", expected=_METHOD, actual=element.tag)
    return parts


def _check_pointers(
    holder: etree._Element, key_info: etree._Element | None, beside: Sequence[etree._Element]
) -> None:
    """The data's KeyInfo may point to an EncryptedKey beside the data; nothing else may point."""
    targets = {"#" + id_ for key in beside if (id_ := key.get("Id"))}
    for pointer in holder.iter(_RETRIEVAL):
        fits = pointer.getparent() is key_info and pointer.get("URI") in targets
        if not fits or len(pointer) or pointer.get("Type", c.ENCRYPTED_KEY) != c.ENCRYPTED_KEY:
            raise refused("structure", actual=_RETRIEVAL)


def _read_key(element: etree._Element) -> EncryptedKey:
    parts = _parts(element, _KEY_PARTS)
    method = parts[_METHOD]
    return EncryptedKey(
        uri=method.get("Algorithm", ""),
        padding=_oaep(method),
        ciphertext=_octets(parts[_CIPHER_DATA]),
        recipient=element.get("Recipient"),
    )


def _content_algorithm(method: etree._Element) -> ContentAlgorithm:
    uri = method.get("Algorithm", "")
    content = _CONTENTS.get(_MISSPELT.get(uri, uri))
    parameters = [(part.tag, part.text) for part in method.iterdescendants()]
    # The size is part of the algorithm's name: it may be said again (XML Encryption 1.1 3.2).
    if content is None or parameters not in ([], [(_KEY_SIZE, str(8 * content.key_bytes))]):
        raise refused("algorithm", actual=quoted(uri))
    return content


def _oaep(method: etree._Element) -> padding.OAEP:
    """Return the padding: MGF1 with SHA-1 by definition, or as chosen (XML Encryption 1.1 5.5)."""
    uri = method.get("Algorithm", "")
    parameters = {child.tag: child.get("Algorithm", "") for child in method}
    digest = parameters.pop(_DIGEST, c.SHA1)
    mgf = parameters.pop(_MGF, c.MGF1_SHA1) if uri == c.RSA_OAEP else c.MGF1_SHA1
    known = digest in _OAEP_HASHES and mgf in _MGF_HASHES and not parameters
    once = len({child.tag for child in method}) == len(method)
    if uri not in (c.RSA_OAEP, c.RSA_OAEP_MGF1P) or not known or not once:
        raise refused("algorithm", actual=quoted(uri))
    return padding.OAEP(
        mgf=padding.MGF1(_MGF_HASHES[mgf]), algorithm=_OAEP_HASHES[digest], label=None
    )


def _content_octets(cipher_data: etree._Element, content: ContentAlgorithm) -> bytes:
    octets = _octets(cipher_data)
    if content.authenticated:
        fits = len(octets) >= GCM_IV_BYTES + GCM_TAG_BYTES
    else:
        fits = len(octets) >= 2 * BLOCK_BYTES and len(octets) % BLOCK_BYTES == 0
    if not fits:
        raise refused("structure", actual=_CIPHER_DATA)
    return octets


def _octets(cipher_data: etree._Element) -> bytes:
    value = next(cipher_data.iterchildren(c.XENC + "CipherValue"), None)
    if value is None or len(cipher_data) != 1 or len(value):
        raise refused("structure", actual=_CIPHER_DATA)
    try:
        compact = (value.text or "").encode("ascii", "replace").translate(None, _WHITE_SPACE)
        return base64.b64decode(compact, validate=True)
    except ValueError as error:
        raise refused("structure", actual=_CIPHER_DATA) from error


def _count(holder: etree._Element, tag: str) -> int:
    return sum(1 for _ in holder.iter(tag))
