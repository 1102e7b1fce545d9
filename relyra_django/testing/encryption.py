"""XML Encryption as an identity provider writes it, by lxml and cryptography alone."""

from __future__ import annotations

import base64
import os
from collections.abc import Callable
from dataclasses import dataclass
from secrets import token_hex
from typing import Final

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from lxml import etree

from relyra_django.testing.keys import HASHES, SigningKey, signing_key
from relyra_django.testing.namespaces import (
    CONTENT_METHODS,
    DIGEST_METHODS,
    DS,
    ELEMENT_TYPE,
    ENCRYPTED_KEY_TYPE,
    MGF_METHODS,
    SAML,
    TRANSPORT_METHODS,
    XENC,
    XENC11,
)

SP: Final = "sp"
_PREFIXES: Final = {XENC: "xenc", XENC11: "xenc11", DS: "ds"}
KEY_BYTES: Final = {
    "aes128-gcm": 16,
    "aes192-gcm": 24,
    "aes256-gcm": 32,
    "aes128-cbc": 16,
    "aes192-cbc": 24,
    "aes256-cbc": 32,
    "tripledes-cbc": 24,
}


def sp_key() -> SigningKey:
    """The service provider's key that `FakeIdP.connection()` decrypts with."""
    return signing_key("rsa", SP)


@dataclass(frozen=True, kw_only=True, slots=True)
class Addressee:
    """Somebody a message is encrypted for; `name` is written as the EncryptedKey's Recipient.

    `key` is a key, or the name of an RSA key of the kit's.
    """

    key: SigningKey | str
    name: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Encryption:
    """How an assertion or a NameID is encrypted; the defaults are an honest provider's.

    `recipient` is a key, or the name of an RSA key of the kit's. `content` is one of KEY_BYTES,
    `transport` "rsa-oaep-mgf1p", "rsa-oaep" or "rsa-1_5". `digest` and `mgf` are hashes for OAEP;
    None writes no element, which means SHA-1, and only "rsa-oaep" has an `mgf`. `others` can read
    it too; their keys stand first. `key_beside` puts the EncryptedKeys beside the EncryptedData,
    with a RetrievalMethod to each. `fragment` leaves out of the plaintext the namespaces that are
    declared around it.

    For hostile mints: `plaintext` is encrypted instead, or gets the honest bytes to change them;
    `edit` is called with the EncryptedAssertion or EncryptedID, before the Response is signed.
    """

    recipient: SigningKey | str = SP
    recipient_name: str | None = None
    others: tuple[Addressee, ...] = ()
    content: str = "aes256-gcm"
    transport: str = "rsa-oaep-mgf1p"
    digest: str | None = None
    mgf: str | None = None
    key_beside: bool = False
    data_type: str | None = ELEMENT_TYPE
    fragment: bool = False
    plaintext: bytes | Callable[[bytes], bytes] | None = None
    edit: Callable[[etree._Element], None] | None = None

    @property
    def addressees(self) -> tuple[Addressee, ...]:
        return (*self.others, Addressee(key=self.recipient, name=self.recipient_name))


def encrypt(element: etree._Element, name: str, encryption: Encryption) -> etree._Element:
    """Put saml:`name` where the element is, with the element encrypted in it, and return it."""
    holder = etree.Element(f"{{{SAML}}}{name}", nsmap={"saml": SAML})
    fill(holder, _plaintext(element, encryption), encryption)
    holder.tail, element.tail = element.tail, None
    parent = element.getparent()
    assert parent is not None
    parent.replace(element, holder)
    if encryption.edit is not None:
        encryption.edit(holder)
    return holder


def fill(holder: etree._Element, plaintext: bytes, encryption: Encryption) -> None:
    """Append an EncryptedData over these bytes, and its EncryptedKeys in it or beside it."""
    content_key = os.urandom(KEY_BYTES[encryption.content])
    data = _add(holder, XENC, "EncryptedData")
    if encryption.data_type is not None:
        data.set("Type", encryption.data_type)
    _add(data, XENC, "EncryptionMethod", Algorithm=CONTENT_METHODS[encryption.content])
    key_info = _add(data, DS, "KeyInfo")
    _cipher_data(data, encrypted_content(plaintext, content_key, encryption.content))
    for addressee in encryption.addressees:
        key = _encrypted_key(holder if encryption.key_beside else key_info, addressee, encryption)
        _cipher_data(key, encrypted_key(content_key, addressee.key, encryption))
        if encryption.key_beside:
            _point_to(key, key_info)


def encrypted_content(plaintext: bytes, key: bytes, content: str) -> bytes:
    """Return IV and ciphertext, as CipherValue holds them (XML Encryption 1.1, 5.2)."""
    if content.endswith("-gcm"):
        iv = os.urandom(12)
        return iv + AESGCM(key).encrypt(iv, plaintext, None)
    algorithm = TripleDES(key) if content == "tripledes-cbc" else AES(key)
    size = algorithm.block_size // 8
    count = size - len(plaintext) % size
    iv = os.urandom(size)
    encryptor = Cipher(algorithm, CBC(iv)).encryptor()
    padded = plaintext + os.urandom(count - 1) + bytes([count])
    return iv + encryptor.update(padded) + encryptor.finalize()


def encrypted_key(content_key: bytes, recipient: SigningKey | str, encryption: Encryption) -> bytes:
    """Encrypt the content key for one recipient. TypeError: only RSA keys can do it."""
    key = signing_key("rsa", recipient) if isinstance(recipient, str) else recipient
    public_key = key.private_key.public_key()
    if not isinstance(public_key, rsa.RSAPublicKey):
        raise TypeError(f"a key of kind {key.kind!r} cannot decrypt")
    return public_key.encrypt(content_key, _padding(encryption))


def _padding(encryption: Encryption) -> padding.AsymmetricPadding:
    if encryption.transport == "rsa-1_5":
        return padding.PKCS1v15()
    # XML Encryption 1.1, 5.5.2: SHA-1 is what an absent element means.
    return padding.OAEP(
        mgf=padding.MGF1(HASHES[encryption.mgf or "sha1"]()),
        algorithm=HASHES[encryption.digest or "sha1"](),
        label=None,
    )


def _plaintext(element: etree._Element, encryption: Encryption) -> bytes:
    honest = etree.tostring(element, with_tail=False)
    if encryption.fragment:
        outside = element.getparent()
        for prefix, uri in (outside.nsmap if outside is not None else {}).items():
            name = b"xmlns:" + prefix.encode() if prefix else b"xmlns"
            honest = honest.replace(b' %s="%s"' % (name, uri.encode()), b"", 1)
    if callable(encryption.plaintext):
        return encryption.plaintext(honest)
    return honest if encryption.plaintext is None else encryption.plaintext


def _encrypted_key(
    parent: etree._Element, addressee: Addressee, encryption: Encryption
) -> etree._Element:
    key = _add(parent, XENC, "EncryptedKey")
    if addressee.name is not None:
        key.set("Recipient", addressee.name)
    method = _add(key, XENC, "EncryptionMethod", Algorithm=TRANSPORT_METHODS[encryption.transport])
    if encryption.digest is not None:
        _add(method, DS, "DigestMethod", Algorithm=DIGEST_METHODS[encryption.digest])
    if encryption.mgf is not None:
        _add(method, XENC11, "MGF", Algorithm=MGF_METHODS[encryption.mgf])
    return key


def _point_to(key: etree._Element, key_info: etree._Element) -> None:
    id_ = "_" + token_hex(20)
    key.set("Id", id_)
    _add(key_info, DS, "RetrievalMethod", URI="#" + id_, Type=ENCRYPTED_KEY_TYPE)


def _cipher_data(parent: etree._Element, octets: bytes) -> None:
    value = _add(_add(parent, XENC, "CipherData"), XENC, "CipherValue")
    value.text = base64.b64encode(octets).decode("ascii")


def _add(parent: etree._Element, namespace: str, name: str, **attributes: str) -> etree._Element:
    return etree.SubElement(
        parent, f"{{{namespace}}}{name}", attributes, nsmap={_PREFIXES[namespace]: namespace}
    )
