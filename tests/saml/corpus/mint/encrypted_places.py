"""Where encrypted things stand and who covers them; and what honest providers encrypt."""

from __future__ import annotations

from copy import deepcopy

from lxml import etree

from relyra_django.saml.errors import ErrorCode
from relyra_django.testing.encryption import Addressee, fill
from relyra_django.testing.namespaces import SAML
from tests.saml.corpus.mint.draft import ALICE, Edit, Mutation, mutation
from tests.saml.corpus.mint.edits import (
    child,
    extensions,
    saml,
    without,
)
from tests.saml.corpus.mint.encrypted import (
    BOTH_ENCRYPTED,
    BY_HAND,
    DIGEST,
    ENCRYPTED,
    INNER,
    MISSING,
    OPEN,
    OUTER,
    PLAIN,
    TWO,
    P,
    how,
)
from tests.saml.corpus.mint.encryptors import Change, for_us
from tests.saml.corpus.mint.keys import key


def _holder(message: etree._Element) -> etree._Element:
    return child(message, "EncryptedAssertion")


def _refilled(text: Change | bytes) -> Edit:
    """Encrypt something else in the place of what was encrypted: the key for it is public."""

    def edit(message: etree._Element) -> None:
        holder = _holder(message)
        holder[:] = []
        fill(holder, text if isinstance(text, bytes) else text(b""), for_us())

    return edit


_FORGERY = (
    b'<a:Assertion xmlns:a="%s" ID="_forged" Version="2.0" IssueInstant="2026-03-14T12:00:00Z">'
    b"<a:Issuer>https://idp.example.org/metadata</a:Issuer></a:Assertion>" % SAML.encode()
)


def _genuine_plain_beside(message: etree._Element) -> None:
    forged = etree.fromstring(_FORGERY)
    _holder(message).addprevious(forged)


def _parked(message: etree._Element) -> None:
    extensions(message).append(_holder(message))


_PLACES = (
    mutation(
        "stripped",
        "The Signature of the Response is taken out.",
        MISSING,
        after=without(lambda m: child(m, "Signature", "http://www.w3.org/2000/09/xmldsig#")),
        shapes=(OUTER,),
    ),
    mutation(
        "replaced",
        "Something else is encrypted in the signed Response.",
        DIGEST,
        after=_refilled(_FORGERY),
        shapes=(OUTER, BOTH_ENCRYPTED),
    ),
    mutation(
        "replaced-unsigned",
        "A forgery is encrypted in an unsigned Response.",
        MISSING,
        after=_refilled(_FORGERY),
        shapes=(INNER,),
    ),
    mutation(
        "forged-beside",
        "A forged plain assertion beside the encrypted one.",
        TWO,
        after=_genuine_plain_beside,
        shapes=ENCRYPTED,
        source="CVE-2024-45409 and kin",
    ),
    mutation(
        "twice",
        "The EncryptedAssertion twice.",
        TWO,
        after=lambda m: m.append(deepcopy(_holder(m))),
        shapes=ENCRYPTED,
    ),
    mutation(
        "parked", "The EncryptedAssertion is in Extensions.", TWO, after=_parked, shapes=ENCRYPTED
    ),
    mutation(
        "destination-changed",
        "The Destination of the signed Response is changed.",
        DIGEST,
        after=lambda m: m.set("Destination", "https://sp.example.com/saml/beta/acs/"),
        shapes=(OUTER, BOTH_ENCRYPTED),
    ),
    mutation(
        "assertion-required",
        "The assertion must be signed; the Response around it is.",
        MISSING,
        shapes=(OUTER,),
        policy={"signing": "assertion"},
    ),
    mutation(
        "response-required",
        "The Response must be signed; the encrypted assertion is.",
        MISSING,
        shapes=(INNER,),
        policy={"signing": "response"},
    ),
    mutation(
        "stranger-signs",
        "A stranger signs and encrypts.",
        ErrorCode.INVALID_SIGNATURE,
        key="stranger",
        shapes=ENCRYPTED,
    ),
    mutation(
        "status-failed",
        "A failure beside an encrypted assertion.",
        ErrorCode.UNSUPPORTED_STATUS,
        shapes=ENCRYPTED,
        before=lambda m: child(child(m, "Status", P), "StatusCode", P).set(
            "Value", "urn:oasis:names:tc:SAML:2.0:status:Responder"
        ),
    ),
    mutation(
        "other-audience",
        "The encrypted assertion was made for another service.",
        ErrorCode.INVALID_AUDIENCE,
        shapes=ENCRYPTED,
        before=lambda m: setattr(next(m.iter(saml("Audience"))), "text", "https://x.test/"),
    ),
)


_HARMLESS = (
    *(
        how(name, f"Harmless: {name}.", ALICE, content=name)
        for name in ("aes128-gcm", "aes192-gcm")
    ),
    *(
        how(
            f"{name}-open",
            f"Harmless: {name}, and an exception for it.",
            ALICE,
            content=name,
            policy=OPEN,
        )
        for name in ("aes128-cbc", "aes192-cbc", "aes256-cbc")
    ),
    how(
        "cbc-signed-outside",
        "Harmless: AES-CBC in a signed Response, and an exception.",
        ALICE,
        content="aes256-cbc",
        policy=OPEN,
        shapes=(OUTER, BOTH_ENCRYPTED),
    ),
    how("oaep-sha256", "Harmless: OAEP with SHA-256 and MGF1 with SHA-1.", ALICE, digest="sha256"),
    how(
        "oaep-1.1",
        "Harmless: OAEP of XML Encryption 1.1, all with SHA-256.",
        ALICE,
        transport="rsa-oaep",
        digest="sha256",
        mgf="sha256",
    ),
    how(
        "oaep-1.1-bare",
        "Harmless: OAEP of XML Encryption 1.1 without parameters.",
        ALICE,
        transport="rsa-oaep",
    ),
    how(
        "key-beside",
        "Harmless: the EncryptedKey beside the data.",
        ALICE,
        key_beside=True,
        shapes=ENCRYPTED,
    ),
    how("no-type", "Harmless: EncryptedData without Type.", ALICE, data_type=None),
    how(
        "declared",
        "Harmless: the plaintext has an XML declaration.",
        ALICE,
        plaintext=lambda xml: b"<?xml version='1.0' encoding='UTF-8'?>\n" + xml,
    ),
    how(
        "blanks",
        "Harmless: blank lines round the plaintext.",
        ALICE,
        plaintext=lambda xml: b"\n  " + xml + b"\n",
    ),
    how(
        "for-several",
        "Harmless: two others can read it too.",
        ALICE,
        others=tuple(Addressee(key=key("stranger")) for _ in range(2)),
        signers=BY_HAND,
    ),
    mutation(
        "rollover",
        "Harmless: the second of two keys decrypts.",
        ALICE,
        shapes=(INNER,),
        connection={"sp_decryption_keys": ["stranger.key", "sp.key"]},
    ),
    mutation(
        "name-in-encrypted-assertion",
        "Harmless: an encrypted name in an encrypted assertion.",
        ALICE,
        shapes=ENCRYPTED,
        name_encryption=PLAIN,
    ),
)


ENCRYPTED_PLACES: tuple[Mutation, ...] = (*_PLACES, *_HARMLESS)
