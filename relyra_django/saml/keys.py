"""The Service Provider's own private keys, as `cryptography` objects: read once, then kept."""

from __future__ import annotations

from functools import lru_cache

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from relyra_django.saml import constants as c
from relyra_django.saml.certificates import EC_CURVES, MIN_RSA_BITS
from relyra_django.saml.errors import ErrorCode, RelyraError

SigningKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


@lru_cache(maxsize=256)
def load_private_key(pem: str) -> SigningKey:
    """Read an unencrypted PEM key: RSA of 2048 bits or more, or EC P-256, P-384, P-521.

    Reading a key checks its primes, some 40 ms, so those in use are kept. Raises
    key_not_configured, which never says what the text was.
    """
    try:
        key = load_pem_private_key(pem.encode("ascii"), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        # `from None`: the cause may quote the text.
        raise _unusable("It cannot be read.", type(error).__name__) from None
    if isinstance(key, rsa.RSAPrivateKey) and key.key_size >= MIN_RSA_BITS:
        return key
    if isinstance(key, ec.EllipticCurvePrivateKey) and key.curve.name in EC_CURVES:
        return key
    raise _unusable("Its kind or size is not accepted.", type(key).__name__)


def signature_uri(key: SigningKey) -> str:
    """Return the SigAlg that `sign` uses with this key."""
    return c.RSA_SHA256 if isinstance(key, rsa.RSAPrivateKey) else c.ECDSA_SHA256


def sign(key: SigningKey, data: bytes) -> bytes:
    """Sign as XML Signature and the Redirect binding want it (ECDSA: r and s side by side)."""
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(data, padding.PKCS1v15(), hashes.SHA256())
    size = (key.curve.key_size + 7) // 8
    r, s = decode_dss_signature(key.sign(data, ec.ECDSA(hashes.SHA256())))
    return r.to_bytes(size) + s.to_bytes(size)


def _unusable(message: str, kind: str) -> RelyraError:
    return RelyraError(
        ErrorCode.KEY_NOT_CONFIGURED, f"A private key cannot be used. {message}", kind=kind
    )
