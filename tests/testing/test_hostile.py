"""Each attack is what it claims; a naive verifier falls for the best of them."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from typing import Any

import pytest
from lxml import etree

from relyra_django.saml.connection import Policy
from relyra_django.testing import HOSTILE, INERT, FakeIdP, Hostile, Minted
from relyra_django.testing.encryption import sp_key
from relyra_django.testing.hostile import Inert, hostile
from relyra_django.testing.hostile.attack import bare
from relyra_django.testing.hostile.encrypted import ENCRYPTED
from relyra_django.testing.hostile.encrypted_inert import ENCRYPTED_INERT
from relyra_django.testing.hostile.octets import OCTETS
from relyra_django.testing.hostile.signatures import SIGNATURES
from relyra_django.testing.hostile.statements import ADDRESSES, STATEMENTS, TIMES
from relyra_django.testing.hostile.wrapping import WRAPPING
from relyra_django.testing.namespaces import DS, SAML
from relyra_django.testing.signing import canonical, hashed
from tests.testing.verifiers import SIGNATURE, xmlsec_accepts, xmlsec_reads

NOW = datetime(2026, 4, 24, 16, 0, 0, tzinfo=UTC)
HONEST = {"in_response_to": "id_1", "now": NOW, "response_id": "_r", "assertion_id": "_a"}
IDP = FakeIdP()
# Said by the identity provider itself, so that its signature holds.
SAID = [one for one in (*ADDRESSES, *TIMES, *STATEMENTS) if one.name != "look-alike-assertion"]
NUMBERED = [one for one in WRAPPING if one.name.startswith("xsw")]


def mint(one: Hostile | Inert, **knobs: Any) -> Minted:
    return one.make(IDP, **{**HONEST, **knobs})


def named(*groups: tuple[Hostile, ...]) -> Any:
    every = [one for group in groups for one in group]
    return pytest.mark.parametrize("one", every, ids=str)


def naive_verdict(xml: bytes) -> bool:
    """Verify as the victims of wrapping did: the element with that ID, wherever it may be."""
    root = etree.fromstring(xml)
    signature = next(root.iter(SIGNATURE))
    reference = signature.find(f"{{{DS}}}SignedInfo/{{{DS}}}Reference")
    assert reference is not None
    id_ = reference.get("URI", "")[1:]
    [signed] = [element for element in root.iter() if element.get("ID") == id_]
    for own in signed.findall(SIGNATURE):
        bare(own)
    return hashed(canonical(signed), "sha256") == reference.findtext(f"{{{DS}}}DigestValue")


def names(xml: bytes) -> set[str | None]:
    return {element.text for element in etree.fromstring(xml).iter(f"{{{SAML}}}NameID")}


def test_every_name_is_used_once() -> None:
    assert len({one.name for one in HOSTILE}) == len(HOSTILE)
    assert len({one.name for one in INERT}) == len(INERT)


def test_the_registry_holds_every_group() -> None:
    groups = (OCTETS, SIGNATURES, WRAPPING, ADDRESSES, TIMES, STATEMENTS, ENCRYPTED)
    assert len(HOSTILE) == sum(map(len, groups))
    assert set(ENCRYPTED_INERT) < set(INERT)


def test_an_attack_is_found_by_name() -> None:
    assert hostile("xsw3").name == "xsw3"
    with pytest.raises(KeyError):
        hostile("xsw9")


@named(tuple(one for one in HOSTILE if not one.second_use))
def test_no_attack_is_an_honest_message(one: Hostile) -> None:
    honest = IDP.response(**HONEST, session_index="_s", sign="both")
    assert mint(one, session_index="_s", sign="both").encoded != honest.encoded


@named(tuple(SAID))
def test_what_is_said_is_signed(one: Hostile) -> None:
    assert xmlsec_accepts(mint(one, sign="response").xml, IDP.certificate_pem)


@named(tuple(NUMBERED))
def test_wrapping_keeps_a_signature_that_a_naive_verifier_accepts(one: Hostile) -> None:
    assert naive_verdict(mint(one).xml)


@named(tuple(NUMBERED))
def test_wrapping_brings_in_another_user(one: Hostile) -> None:
    assert names(mint(one).xml) == {"alice", "admin"}


def test_the_naive_verifier_is_no_fool() -> None:
    minted = IDP.response(**HONEST)
    assert naive_verdict(minted.xml)
    assert not naive_verdict(minted.tampered("alice", "admin").xml)


def test_there_are_eight_of_them() -> None:
    assert len(NUMBERED) == 8


@pytest.mark.parametrize(
    "name",
    [
        "tampered-name-id",
        "tampered-in-response",
        "tampered-in-both",
        "tampered-signature-value",
        "signed-by-a-stranger",
        "signed-by-a-stranger-in-disguise",
        "hmac-with-the-public-key",
        "void-digest",
        "signature-emptied",
    ],
)
def test_libxmlsec_refuses_what_no_key_signed(name: str) -> None:
    assert not xmlsec_accepts(mint(hostile(name)).xml, IDP.certificate_pem)


@pytest.mark.parametrize("name", ["unsigned", "signature-stripped"])
def test_unsigned_means_no_signature_at_all(name: str) -> None:
    assert b"Signature" not in mint(hostile(name), sign="both").xml


def test_the_disguise_shows_the_trusted_certificate() -> None:
    xml = mint(hostile("signed-by-a-stranger-in-disguise")).xml
    assert IDP.signing_key.certificate_base64.encode() in xml


def test_the_weak_certificate_did_sign() -> None:
    one = hostile("weak-certificate")
    [pem] = one.connection(IDP).idp_certificates
    assert pem != IDP.certificate_pem
    assert xmlsec_accepts(mint(one).xml, pem)


def test_other_attacks_aim_at_a_connection_that_trusts_us() -> None:
    assert hostile("unsigned").connection(IDP) == IDP.connection()


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("comment-in-name-id", b"alice<!---->.evil.example"),
        ("instruction-in-name-id", b"alice<?x?>.evil.example"),
        ("relative-namespace", b'"placeholder"'),
        ("external-entity", b"SYSTEM"),
        ("object", b"<ds:Object"),
        ("transform-xslt", b"stylesheet"),
        ("encrypted-assertion-beside", b"EncryptedAssertion"),
    ],
)
def test_the_message_contains_what_its_name_says(name: str, part: bytes) -> None:
    assert part in mint(hostile(name)).xml


@pytest.mark.parametrize("name", ["not-base64", "base64-with-junk", "base64-url-safe"])
def test_some_are_not_base64(name: str) -> None:
    with pytest.raises(ValueError, match=r"base64|[Ii]ncorrect padding"):
        base64.b64decode(mint(hostile(name)).encoded, validate=True)


@pytest.mark.parametrize("name", ["not-xml", "truncated", "two-roots", "undeclared-entity"])
def test_some_are_not_xml(name: str) -> None:
    with pytest.raises(etree.XMLSyntaxError):
        etree.fromstring(mint(hostile(name)).xml)


def test_near_misses_follow_the_honest_values() -> None:
    minted = mint(hostile("recipient-longer"), acs_url="https://x.example/acs/")
    assert b'Recipient="https://x.example/acs/x"' in minted.xml
    assert b'Destination="https://x.example/acs/"' in minted.xml


def test_a_knob_reaches_an_attack() -> None:
    assert b"mallory" in mint(hostile("audience-elsewhere"), name_id="mallory").xml


@pytest.mark.parametrize("key", ["pss", "ec", "ec384"])
def test_attacks_can_be_minted_with_any_key(key: str) -> None:
    idp = FakeIdP(key=key)
    assert all(one.make(idp, **HONEST).encoded != "x" for one in HOSTILE)


# libxmlsec knows GCM by its right name alone.
@pytest.mark.parametrize(
    "one", [one for one in INERT if one.name != "encrypted-gcm-of-the-older-name"], ids=str
)
def test_what_is_inert_still_verifies(one: Inert) -> None:
    assert xmlsec_accepts(readable(mint(one).xml), IDP.certificate_pem)


def readable(xml: bytes) -> bytes:
    """Return the message, or the assertion in it as libxmlsec decrypts it."""
    holder = etree.fromstring(xml).find(f"{{{SAML}}}EncryptedAssertion")
    if holder is None:
        return xml
    around = etree.Element("around", nsmap=holder.nsmap)
    start, _, end = etree.tostring(around).partition(b"/>")
    plaintext = xmlsec_reads(holder).partition(b"?>")
    return start + b">" + (plaintext[2] or plaintext[0]) + b"</around>" + end


@pytest.mark.parametrize("one", ENCRYPTED, ids=str)
def test_attacks_on_encryption_are_aimed_at_who_can_decrypt(one: Hostile) -> None:
    assert one.connection(IDP).sp_decryption_keys == (sp_key().private_key_pem,)
    assert (one.connection(IDP).policy.legacy_aes_cbc is None) == (one.policy == Policy())


@pytest.mark.parametrize(
    "name",
    ["encrypted-xsw4", "encrypted-xsw8", "encrypted-under-another-id", "encrypted-and-tampered"],
)
def test_wrapping_is_hidden_in_what_can_be_decrypted(name: str) -> None:
    xml = mint(hostile(name)).xml
    assert b"alice" not in xml
    plaintext = readable(xml)
    assert b">alice<" in plaintext
    assert b"SignatureValue" in plaintext


@pytest.mark.parametrize("name", ["encrypted-unsigned", "encrypted-signature-stripped"])
def test_encrypting_is_no_signature(name: str) -> None:
    xml = mint(hostile(name), sign="both").xml
    assert b"Signature" not in xml + readable(xml)
