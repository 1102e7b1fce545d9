"""Decryption: few private-key operations a message, and one failure for whatever happens in them.

By `cryptography` and not by libxmlsec: private-key operations have to be counted, no keys manager
is to be built for a message, and libxml2 must never see, and print, a plaintext that is not XML.

From the first private-key operation on nothing says how far it came: who sends us ciphertexts must
learn nothing from the answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from lxml import etree

from relyra_django.saml import keys
from relyra_django.saml.connection import ConnectionSnapshot
from relyra_django.saml.encryption import (
    BLOCK_BYTES,
    ENCRYPTED_KEY,
    GCM_IV_BYTES,
    EncryptedData,
    EncryptedKey,
    refused,
)
from relyra_django.saml.errors import ErrorCode, RelyraError

MAX_ENCRYPTED_KEYS: Final = 8
MAX_KEY_OPERATIONS: Final = 3


@dataclass(kw_only=True, slots=True)
class Keyring:
    """The connection's decryption keys, and how much of them one message may still use."""

    connection: ConnectionSnapshot = field(repr=False)
    operations_left: int = MAX_KEY_OPERATIONS
    encrypted_keys_left: int = MAX_ENCRYPTED_KEYS
    _keys: list[RSAPrivateKey] = field(default_factory=list, repr=False)

    def admit(self, holder: etree._Element) -> None:
        """Count the EncryptedKeys of the document it is in, before any of them is used.

        Raises decryption_failed.
        """
        self.encrypted_keys_left -= sum(1 for _ in holder.getroottree().iter(ENCRYPTED_KEY))
        if self.encrypted_keys_left < 0:
            raise refused("too_many_encrypted_keys", expected=MAX_ENCRYPTED_KEYS)

    def load(self) -> None:
        """Have the keys ready. Raises decryption_failed without any, key_not_configured."""
        if self._keys:
            return
        for pem in dict.fromkeys(self.connection.sp_decryption_keys):
            key = keys.load_private_key(pem)
            if not isinstance(key, RSAPrivateKey):
                raise RelyraError(ErrorCode.KEY_NOT_CONFIGURED, "Only RSA keys can decrypt.")
            self._keys.append(key)
        if not self._keys:
            raise refused("no_decryption_key")

    def content_key(self, data: EncryptedData) -> bytes | None:
        """Return the key to the content, or None when no operation that is left yields one."""
        for encrypted_key, key in self._candidates(data.encrypted_keys):
            if not self.operations_left:
                return None
            self.operations_left -= 1
            content_key = _unwrapped(encrypted_key, key)
            if content_key is not None and len(content_key) == data.content.key_bytes:
                # What else the message holds was most likely encrypted for the same key.
                self._keys.remove(key)
                self._keys.insert(0, key)
                return content_key
        return None

    def _candidates(
        self, encrypted_keys: Sequence[EncryptedKey]
    ) -> Iterable[tuple[EncryptedKey, RSAPrivateKey]]:
        """Pair what was sent with what we have: what names us first, then the newest key."""
        ranked = sorted(encrypted_keys, key=self._rank)
        pairs = [
            (self._rank(encrypted_key), position + age, encrypted_key, key)
            for position, encrypted_key in enumerate(ranked)
            for age, key in enumerate(self._keys)
            # RSA's output is as long as its modulus: the others are for somebody else.
            if len(encrypted_key.ciphertext) == (key.key_size + 7) // 8
        ]
        pairs.sort(key=lambda pair: pair[:2])
        return [pair[2:] for pair in pairs]

    def _rank(self, encrypted_key: EncryptedKey) -> int:
        named = {self.connection.sp_entity_id: 0, None: 1}
        return named.get(encrypted_key.recipient, 2)


def decrypt(data: EncryptedData, keyring: Keyring) -> bytes:
    """Return the plaintext. Raises decryption_failed, key_not_configured.

    Without a key for it: with a reason. Otherwise there is one failure for whatever happened.
    """
    keyring.load()
    content_key = keyring.content_key(data)
    plaintext = None if content_key is None else _plaintext(data, content_key)
    if plaintext is None:
        raise failed()
    return plaintext


def failed() -> RelyraError:
    """Return the one failure after a private key was used: it holds nothing but the code."""
    return RelyraError(ErrorCode.DECRYPTION_FAILED, "The encrypted content cannot be decrypted.")


def _unwrapped(encrypted_key: EncryptedKey, key: RSAPrivateKey) -> bytes | None:
    try:
        return key.decrypt(encrypted_key.ciphertext, encrypted_key.padding)
    except Exception:  # whatever it was, it must look like every other
        return None


def _plaintext(data: EncryptedData, content_key: bytes) -> bytes | None:
    if not data.content.authenticated:
        return _from_cbc(data.ciphertext, content_key)
    iv, sealed = data.ciphertext[:GCM_IV_BYTES], data.ciphertext[GCM_IV_BYTES:]
    try:
        return AESGCM(content_key).decrypt(iv, sealed, None)
    except Exception:  # as above
        return None


def _from_cbc(ciphertext: bytes, content_key: bytes) -> bytes | None:
    """Decrypt, and take the padding off: the last octet counts it, the others are anything.

    Whether the count is possible is the only question asked of it (XML Encryption 1.1 5.2).
    """
    iv, blocks = ciphertext[:BLOCK_BYTES], ciphertext[BLOCK_BYTES:]
    decryptor = Cipher(AES(content_key), CBC(iv)).decryptor()
    padded = decryptor.update(blocks) + decryptor.finalize()
    count = padded[-1]
    return padded[:-count] if 1 <= count <= BLOCK_BYTES else None
