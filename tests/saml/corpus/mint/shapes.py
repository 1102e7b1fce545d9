"""Honest messages: the twins that everything hostile is compared with."""

from __future__ import annotations

from tests.saml.corpus.mint.draft import ASSERTION, EVERY_SHAPE, Mutation, Shape, honest_twin
from tests.saml.corpus.mint.key_info import WITH_CERTIFICATE
from tests.saml.corpus.mint.signers import Style
from tests.saml.corpus.mint.trust import EC


def _signed_with(
    slug: str, words: str, key: str, hash_: str = "sha256", pss: bool = False
) -> Shape:
    return Shape(
        slug=slug,
        words=f"assertion signed with {words}",
        signed=ASSERTION.signed,
        key=key,
        pss=pss,
        style=Style(digest=hash_, method_digest=hash_),
        connection={"idp_certificates": [f"{key}.crt"]},
    )


KINDS = (
    EC,
    _signed_with("ec384", "P-384 and SHA-384", "ec384", "sha384"),
    _signed_with("ec521", "P-521 and SHA-512", "ec521", "sha512"),
    _signed_with("rsa3072", "RSA of 3072 bits", "rsa3072"),
    _signed_with("rsa-sha384", "RSA and SHA-384", "idp", "sha384"),
    _signed_with("rsa-sha512", "RSA and SHA-512", "idp", "sha512"),
    _signed_with("pss", "RSA-PSS and SHA-256", "idp", pss=True),
    _signed_with("pss-sha384", "RSA-PSS and SHA-384", "idp", "sha384", pss=True),
    _signed_with("pss-sha512", "RSA-PSS and SHA-512", "idp", "sha512", pss=True),
)

HONEST: tuple[Mutation, ...] = tuple(
    honest_twin(shape) for shape in (*EVERY_SHAPE, WITH_CERTIFICATE, *KINDS)
)
