"""What a stranger may encrypt for us: no Assertion, a forged one, a signed one in a forged one."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from lxml import etree

from relyra_django.saml.errors import ErrorCode
from relyra_django.testing.encryption import Encryption
from relyra_django.testing.fake_idp import FakeIdP
from relyra_django.testing.hostile.attack import (
    Hostile,
    Make,
    assertion_of,
    bare,
    said,
    signature_of,
)
from relyra_django.testing.hostile.encrypting import (
    HATCH_OPEN,
    encrypted,
    flip,
    fragment,
    hostile_plaintext,
    octets,
    saying,
)
from relyra_django.testing.minted import Minted
from relyra_django.testing.namespaces import DS
from relyra_django.testing.response_spec import new_id


def _admin(honest: bytes) -> bytes:
    return honest.replace(b"<saml:NameID", b"<saml:NameID SPProvidedID='admin'").replace(
        b"<NameID", b"<NameID SPProvidedID='admin'"
    )


def _by_a_stranger(sign: str) -> Make:
    """Encrypt an assertion that says our entity ID and carries a stranger's signature."""

    def make(idp: FakeIdP, **honest: Any) -> Minted:
        stranger = FakeIdP(entity_id=idp.entity_id, name="stranger")
        forged = stranger.response(**{**honest, "sign": "assertion", "name_id": "admin"})
        plaintext = etree.tostring(assertion_of(etree.fromstring(forged.xml)))
        return saying(plaintext, sign)(idp, **honest)

    return make


def _in_a_forgery(honest: bytes) -> bytes:
    """XSW4: the signed assertion inside of a forged one."""
    genuine = etree.fromstring(honest)
    forged = deepcopy(genuine)
    bare(signature_of(forged))
    forged.set("ID", new_id())
    forged.append(genuine)
    return etree.tostring(forged)


def _in_its_signature(honest: bytes) -> bytes:
    """XSW6 and XSW8: a forgery keeps the signature, which holds the signed assertion."""
    genuine = etree.fromstring(honest)
    forged = deepcopy(genuine)
    bare(signature_of(genuine))
    forged.set("ID", new_id())
    etree.SubElement(signature_of(forged), f"{{{DS}}}Object").append(genuine)
    return etree.tostring(forged)


def _under_another_id(honest: bytes) -> bytes:
    forged = etree.fromstring(honest)
    forged.set("ID", new_id())
    return etree.tostring(forged)


def _whole_response(idp: FakeIdP, **honest: Any) -> Minted:
    return saying(idp.response(**honest).xml)(idp, **honest)


FAILED, XML = ErrorCode.DECRYPTION_FAILED, ErrorCode.MALFORMED_XML
AMBIGUOUS = ErrorCode.AMBIGUOUS_ASSERTION


PLAINTEXTS: tuple[Hostile, ...] = (
    hostile_plaintext("empty", b""),
    hostile_plaintext("text", b"alice"),
    hostile_plaintext(
        "doctype", lambda honest: b"<!DOCTYPE r>" + honest, ErrorCode.DOCTYPE_FORBIDDEN
    ),
    hostile_plaintext("comment", lambda honest: b"<!-- -->" + honest),
    hostile_plaintext(
        "comment-in-name-id", lambda honest: honest.replace(b">alice", b">ali<!---->ce")
    ),
    hostile_plaintext("instruction", lambda honest: b"<?x y?>" + honest),
    hostile_plaintext("two-roots", lambda honest: honest + honest),
    hostile_plaintext("utf-16", lambda honest: honest.decode().encode("utf-16")),
    hostile_plaintext("depth-bomb", b"<a>" * 60 + b"</a>" * 60),
    hostile_plaintext("something-else", b"<a/>", AMBIGUOUS),
    Hostile(name="encrypted-response", code=AMBIGUOUS, make=_whole_response),
    Hostile(
        name="encrypted-id-of-the-response",
        code=ErrorCode.DUPLICATE_XML_ID,
        make=said(response_id="_same", assertion_id="_same", encrypt=Encryption()),
    ),
    Hostile(
        name="encrypted-and-tampered",
        code=ErrorCode.DIGEST_MISMATCH,
        make=saying(_admin, "assertion"),
    ),
    Hostile(
        name="encrypted-and-tampered-in-both",
        code=ErrorCode.DIGEST_MISMATCH,
        make=saying(_admin, "both"),
    ),
    Hostile(
        name="encrypted-by-a-stranger",
        code=ErrorCode.INVALID_SIGNATURE,
        make=_by_a_stranger("none"),
    ),
    Hostile(
        name="encrypted-by-a-stranger-in-response",
        code=ErrorCode.INVALID_SIGNATURE,
        make=_by_a_stranger("response"),
    ),
    Hostile(name="encrypted-xsw4", code=AMBIGUOUS, make=saying(_in_a_forgery, "assertion")),
    Hostile(name="encrypted-xsw8", code=AMBIGUOUS, make=saying(_in_its_signature, "assertion")),
    Hostile(
        name="encrypted-under-another-id",
        code=ErrorCode.AMBIGUOUS_SIGNED_NODE,
        make=saying(_under_another_id, "assertion"),
    ),
    Hostile(
        name="encrypted-closing-its-wrapper",
        code=XML,
        make=fragment(
            lambda honest: (
                b"<saml:Advice/></saml:EncryptedAssertion><saml:EncryptedAssertion>" + honest
            )
        ),
    ),
    Hostile(
        name="encrypted-two-in-a-wrapper",
        code=XML,
        make=fragment(lambda honest: b"<saml:Advice/>" + honest),
    ),
    Hostile(
        name="encrypted-text-in-a-wrapper",
        code=XML,
        make=fragment(lambda honest: honest + b"alice"),
    ),
)

# The hatch is open: whatever is wrong until the plaintext's own signature holds is one failure.
MALLEABLE: tuple[Hostile, ...] = tuple(
    Hostile(name=f"cbc-{name}", code=FAILED, make=make, policy=HATCH_OPEN)
    for name, make in (
        ("unsigned", encrypted("none", content="aes256-cbc")),
        ("iv-changed", encrypted("assertion", content="aes256-cbc", edit=octets(flip(3)))),
        ("changed", encrypted("assertion", content="aes256-cbc", edit=octets(flip(70)))),
        (
            "padding-changed",
            encrypted("assertion", content="aes128-cbc", edit=octets(flip(-17))),
        ),
        (
            "cut-short",
            encrypted("assertion", content="aes256-cbc", edit=octets(lambda o: o[:-16])),
        ),
        ("text", encrypted("assertion", content="aes256-cbc", plaintext=b"alice")),
        ("tampered", encrypted("assertion", content="aes256-cbc", plaintext=_admin)),
    )
)
