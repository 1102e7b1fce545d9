"""From a mutation, a shape and a signer to a case and the bytes of its file."""

from __future__ import annotations

import base64
import lzma
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from lxml import etree

from relyra_django.saml.errors import ErrorCode
from relyra_django.testing.encryption import Encryption
from relyra_django.testing.keys import SigningKey
from relyra_django.testing.signing import seal
from tests.saml.corpus.cases import ACCEPTED, Case, Identity
from tests.saml.corpus.mint import edits, honest
from tests.saml.corpus.mint.encryptors import encrypt
from tests.saml.corpus.mint.keys import key as corpus_key
from tests.saml.corpus.mint.queries import Carry
from tests.saml.corpus.mint.signers import SIGNERS, XMLSEC, Signer, Style, xmlsec_context

Edit = Callable[[etree._Element], object]
Octets = Callable[[bytes], bytes]
# A digest of nothing in particular.
ZEROS = base64.b64encode(bytes(32)).decode()
POLLUTION = "CVE-2025-29774, CVE-2025-29775"
PLAIN = Style()
ALICE = Identity(name_id="alice", attributes=(("mail", ("alice@example.org",)),))


@dataclass(frozen=True, kw_only=True, slots=True)
class Shape:
    """An honest message that mutations begin with: what is signed, by which key, how.

    `text` writes the message with the prefixes it is given; `signed` are IDs, the inner one first.
    The name is encrypted before anything is signed, the assertion before the Response is.
    """

    slug: str
    words: str
    signed: tuple[str, ...]
    text: Callable[[str, str], str] = honest.response
    key: str = "idp"
    pss: bool = False
    style: Style = PLAIN
    encryption: Encryption | None = None
    name_encryption: Encryption | None = None
    entry: str = "response"
    binding: str = "post"
    carried: Carry | None = None
    connection: Mapping[str, Any] = field(default_factory=dict)
    policy: Mapping[str, Any] = field(default_factory=dict)
    arguments: Mapping[str, Any] = field(default_factory=dict)

    def signing_key(self) -> SigningKey:
        return corpus_key(self.key, pss=self.pss)


ASSERTION = Shape(slug="assertion", words="assertion signed", signed=(honest.ASSERTION_ID,))
RESPONSE = Shape(slug="response", words="Response signed", signed=(honest.RESPONSE_ID,))
BOTH = Shape(slug="both", words="both signed", signed=(honest.ASSERTION_ID, honest.RESPONSE_ID))
EVERY_SHAPE = (ASSERTION, RESPONSE, BOTH)


@dataclass(frozen=True, kw_only=True, slots=True)
class Mutation:
    """One thing done to an honest message, whoever signed it.

    In this order: `before` edits the tree that will be signed, `key`, `style` and the encryptions
    replace those of the shape, `after` edits the signed tree, `octets` changes the bytes and
    `form_field` their base64, or `carried` writes the query of a redirect. After `after`, `sealed`
    signs the SignedInfo as it is then with the shape's key and leaves digests alone; `resigned` has
    libxmlsec, where it is the signer, do all that SignedInfo asks for, and is `sealed` for the
    others. `judged` is the code, or the identity where the message is to be accepted.
    """

    slug: str
    says: str
    judged: ErrorCode | Identity
    before: Edit | None = None
    key: str | None = None
    pss: bool = False
    style: Style | None = None
    encryption: Encryption | None = None
    name_encryption: Encryption | None = None
    after: Edit | None = None
    sealed: bool = False
    resigned: bool = False
    octets: Octets | None = None
    form_field: Callable[[bytes], str] | None = None
    carried: Carry | None = None
    shapes: tuple[Shape, ...] = (ASSERTION,)
    signers: tuple[Signer, ...] = SIGNERS
    connection: Mapping[str, Any] = field(default_factory=dict)
    policy: Mapping[str, Any] = field(default_factory=dict)
    arguments: Mapping[str, Any] = field(default_factory=dict)
    source: str = "review"
    compressed: bool = False


def mutation(slug: str, says: str, judged: ErrorCode | Identity, **more: Any) -> Mutation:
    return Mutation(slug=slug, says=says, judged=judged, **more)


def after(slug: str, says: str, judged: ErrorCode | Identity, edit: Edit, **more: Any) -> Mutation:
    """An edit of the signed tree, as an attacker on the way would make it."""
    return Mutation(slug=slug, says=says, judged=judged, after=edit, **more)


def octets(
    slug: str,
    says: str,
    change: Octets,
    judged: ErrorCode | Identity = ErrorCode.MALFORMED_XML,
    source: str = "review",
    **more: Any,
) -> Mutation:
    """A change of the signed message's bytes."""
    return Mutation(slug=slug, says=says, judged=judged, octets=change, source=source, **more)


@dataclass(frozen=True, kw_only=True, slots=True)
class Draft:
    """A case and how to make its file."""

    case: Case
    make: Callable[[], bytes]

    def write(self) -> None:
        content = self.make()
        packed = lzma.compress(content) if self.case.file.endswith(".xz") else content
        self.case.path.write_bytes(packed)


def drafts(
    class_: str, mutations: tuple[Mutation, ...], *, in_turn: bool = False
) -> Iterator[Draft]:
    """Apply each mutation to each of its shapes, by each of its signers.

    `in_turn`: by one of them each, for mutations that have nothing to do with the signature.
    """
    for mutation in mutations:
        for shape in mutation.shapes:
            for signer in _turn(mutation) if in_turn else mutation.signers:
                yield _draft(class_, mutation, shape, signer)


def _turn(mutation: Mutation) -> tuple[Signer, ...]:
    # By the name, so that a new mutation does not change whose turn the others are.
    return (mutation.signers[zlib.crc32(mutation.slug.encode()) % len(mutation.signers)],)


def twin_of(shape: Shape, signer: Signer) -> str:
    return f"honest/{shape.slug}.{signer}"


def _draft(class_: str, mutation: Mutation, shape: Shape, signer: Signer) -> Draft:
    several = len(mutation.shapes) > 1
    name = f"{mutation.slug}-{shape.slug}.{signer}" if several else f"{mutation.slug}.{signer}"
    judged = mutation.judged
    accepted = judged if isinstance(judged, Identity) else None
    case = Case(
        name=name,
        class_=class_,
        mutation=f"{mutation.says} ({shape.words})" if several else mutation.says,
        signer=signer.name,
        file=_file(name, mutation, shape),
        expected=ACCEPTED if accepted else str(judged),
        twin=twin_of(shape, signer),
        identity=accepted,
        connection={**shape.connection, **mutation.connection},
        policy={**shape.policy, **mutation.policy},
        arguments={**shape.arguments, **mutation.arguments},
        entry=shape.entry,
        binding=shape.binding,
        source=mutation.source,
    )
    return Draft(case=case, make=lambda: mint(mutation, shape, signer))


def _file(name: str, mutation: Mutation, shape: Shape) -> str:
    raw = mutation.form_field is not None or shape.carried is not None
    suffix = ".txt" if raw else ".xml"
    return name + suffix + (".xz" if mutation.compressed else "")


def mint(mutation: Mutation, shape: Shape, signer: Signer) -> bytes:
    """Make the bytes of the file."""
    root = etree.fromstring(shape.text(signer.samlp, signer.saml).encode())
    if mutation.before is not None:
        mutation.before(root)
    root = signed(root, shape, signer, mutation)
    if mutation.after is not None:
        mutation.after(root)
    if mutation.sealed or mutation.resigned:
        _sign_again(root, shape, by_libxmlsec=mutation.resigned and signer is XMLSEC)
    octets = etree.tostring(root, encoding="UTF-8", xml_declaration=False)
    if mutation.octets is not None:
        octets = mutation.octets(octets)
    if shape.carried is not None:
        return _carried(octets, mutation, shape, signer).encode()
    return octets if mutation.form_field is None else mutation.form_field(octets).encode()


def _carried(octets: bytes, mutation: Mutation, shape: Shape, signer: Signer) -> str:
    key, carry = corpus_key(mutation.key or shape.key), mutation.carried or shape.carried
    assert carry is not None
    return carry(octets, lambda query: signer.sign_octets(query, key))


def _sign_again(root: etree._Element, shape: Shape, *, by_libxmlsec: bool) -> None:
    signature, key = edits.signature(root), shape.signing_key()
    if by_libxmlsec:
        xmlsec_context(root, key).sign(signature)
    else:
        seal(signature, key, shape.style.method_digest)


def signed(
    root: etree._Element, shape: Shape, signer: Signer, mutation: Mutation
) -> etree._Element:
    """Sign and encrypt what the shape says, as a parser would see it."""
    root = _encrypted(root, "NameID", mutation.name_encryption or shape.name_encryption, signer)
    pss = mutation.pss if mutation.key else shape.pss
    signing_key = corpus_key(mutation.key or shape.key, pss=pss)
    encryption = mutation.encryption or shape.encryption
    for id_ in shape.signed:
        if id_ == honest.RESPONSE_ID:
            root = _encrypted(root, "Assertion", encryption, signer)
        root = signer.sign(root, id_, signing_key, mutation.style or shape.style)
        # lxml does not find by name what libxmlsec put into the tree.
        root = _parsed(root)
    if honest.RESPONSE_ID not in shape.signed:
        root = _encrypted(root, "Assertion", encryption, signer)
    return root


_HOLDERS = {"NameID": "EncryptedID", "Assertion": "EncryptedAssertion"}


def _encrypted(
    root: etree._Element, name: str, how: Encryption | None, signer: Signer
) -> etree._Element:
    if how is not None:
        encrypt(next(root.iter(edits.saml(name))), _HOLDERS[name], how, signer)
    return _parsed(root)


def _parsed(root: etree._Element) -> etree._Element:
    return etree.fromstring(etree.tostring(root))


def honest_twin(shape: Shape, judged: Identity = ALICE, **changes: Any) -> Mutation:
    """Return the mutation that changes nothing."""
    plain = Mutation(slug=shape.slug, says=f"None: {shape.words}.", judged=judged, shapes=(shape,))
    return replace(plain, **changes)
