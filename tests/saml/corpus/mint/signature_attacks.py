"""The attacks on any Signature, for messages of other kinds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from tests.saml.corpus.cases import Identity
from tests.saml.corpus.mint.algorithms import ALGORITHMS, HMAC
from tests.saml.corpus.mint.draft import Mutation, Shape
from tests.saml.corpus.mint.key_info import KEY_INFO
from tests.saml.corpus.mint.references import REFERENCES
from tests.saml.corpus.mint.signed_info import SIGNED_INFO
from tests.saml.corpus.mint.transforms import TRANSFORMS
from tests.saml.corpus.mint.trust import KEYS

# What a Signature must not be, whatever it is on.
_OF_SIGNATURES = {
    "two", "none", "in-object", "method-with-parameter", "object", "two-signatures",
    "two-values", "emptied", "uri-document", "uri-xpointer-root", "uri-external", "no-uri",
    "two-digest-values", "xslt", "xslt-bomb", "xpath", "enveloped-only", "inclusive",
    "with-comments", "swapped", "hundred", "prefix-list-17-prefixes", "method-rsa-sha1",
    "method-none", "digest-md5", "signed-with-sha1", "sha256-key-pem", "retrieval-method",
    "stranger", "stranger-shows-certificate", "other-tenant", "no-certificate", "rsa-1024",
}  # fmt: skip


def signature_attacks(shape: Shape, *, prefix: str) -> Iterable[Mutation]:
    """The attacks on any Signature, carried over to this shape."""
    groups = {
        "signed-info": SIGNED_INFO,
        "reference": REFERENCES,
        "transform": TRANSFORMS,
        "algorithm": ALGORITHMS,
        "hmac": HMAC,
        "key-info": KEY_INFO,
        "key": KEYS,
    }
    for group, mutations in groups.items():
        for one in mutations:
            if one.slug not in _OF_SIGNATURES or isinstance(one.judged, Identity):
                continue
            # Metadata is judged before there is a connection.
            if not (one.connection and shape.entry == "metadata"):
                slug, says = f"{prefix}-{group}-{one.slug}", f"{shape.words}: {one.says}"
                yield replace(one, slug=slug, says=says, shapes=(shape,))
