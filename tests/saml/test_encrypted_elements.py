"""Encrypted assertions and names before the judge: what is accepted, refused, and left unsaid."""

from __future__ import annotations

import base64
import dataclasses
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from lxml import etree

from relyra_django.saml import ErrorCode, Hatch, RelyraError, decryption, validation
from relyra_django.saml import constants as c
from relyra_django.saml.encrypted_elements import Plaintext, read_assertion
from relyra_django.saml.response import Signed
from relyra_django.saml.stages import Outcome, StageResult
from relyra_django.testing import Encryption, Minted
from relyra_django.testing.encryption import sp_key
from relyra_django.testing.fake_idp import FakeIdP
from relyra_django.testing.keys import signing_key
from tests.saml.judging import IDP, NOW, assert_refused, judge, mint

OPEN = {"legacy_aes_cbc": Hatch(reason="AD FS 2012", expires_at=NOW + timedelta(days=1))}
CBC = "aes256-cbc"
SIGNS = ("assertion", "response", "both")
STRANGER = signing_key("rsa", "other-sp")


def encrypted(sign: str = "assertion", **knobs: Any) -> Minted:
    return mint(encrypt=Encryption(**knobs), sign=sign)


def saying(plaintext: bytes | Callable[[bytes], bytes], sign: str = "response") -> Minted:
    """Mint a message whose plaintext is this instead; by default inside a signed Response."""
    return encrypted(sign, plaintext=plaintext)


def flipped(minted: Minted, *, at: int = -1) -> Minted:
    """Change one bit of the content's ciphertext."""
    root = etree.fromstring(minted.xml)
    [value] = root.findall(f".//{c.XENC}EncryptedData/{c.XENC}CipherData/{c.XENC}CipherValue")
    octets = bytearray(base64.b64decode(value.text))
    octets[at] ^= 1
    value.text = base64.b64encode(octets).decode()
    return minted.with_xml(etree.tostring(root))


class TestAccepted:
    @pytest.mark.parametrize("sign", SIGNS)
    @pytest.mark.parametrize(
        "knobs",
        [
            {},
            {"key_beside": True},
            {"data_type": None},
            {"fragment": True},
            {"fragment": True, "key_beside": True},
            {"content": "aes128-gcm", "transport": "rsa-oaep", "digest": "sha256"},
            {"plaintext": lambda honest: b"<?xml version='1.0' encoding='UTF-8'?>\n" + honest},
            {"plaintext": lambda honest: b"\n  " + honest + b"\n"},
            {"plaintext": lambda honest: b"\xef\xbb\xbf" + honest},
            {"fragment": True, "plaintext": lambda honest: b"\n" + honest + b"\n"},
        ],
        # Names that every process gives alike: the address of a function is another in each.
        ids=[
            "plain",
            "key-beside",
            "no-type",
            "fragment",
            "fragment-key-beside",
            "gcm-128-oaep-11",
            "xml-declaration",
            "blanks-round-it",
            "byte-order-mark",
            "fragment-in-lines",
        ],
    )
    def test_what_honest_providers_send(self, sign, knobs):
        attributes = {"mail": ["a@example.org", "b@example.org"], "empty": None}
        accepted = judge(mint(encrypt=Encryption(**knobs), sign=sign, attributes=attributes))
        plain = judge(mint(sign=sign, attributes=attributes))
        assert accepted.encrypted
        assert accepted.signed == Signed(sign)
        assert accepted.name_id == plain.name_id
        assert accepted.attributes == plain.attributes
        assert accepted.certificate_fingerprint == plain.certificate_fingerprint

    @pytest.mark.parametrize("prefixes", ["prefixed", "default"])
    @pytest.mark.parametrize("inclusive", [(), ("xs", "#default", "samlp")])
    @pytest.mark.parametrize("pretty", [False, True])
    def test_every_spelling(self, prefixes, inclusive, pretty):
        for sign in SIGNS:
            judge(
                mint(
                    encrypt=Encryption(),
                    sign=sign,
                    prefixes=prefixes,
                    inclusive_prefixes=inclusive,
                    pretty=pretty,
                )
            )

    @pytest.mark.parametrize("key", ["rsa", "pss", "ec"])
    def test_every_kind_of_signature(self, key):
        idp = FakeIdP(key=key)
        minted = idp.response(
            in_response_to="id_request", now=NOW, sign="both", encrypt=Encryption()
        )
        accepted = validation.validate_response(
            minted.encoded, idp.connection(), request_id="id_request", now=NOW
        )
        assert accepted.encrypted

    def test_the_algorithms_are_told(self):
        accepted = judge(mint(encrypt=Encryption(), encrypt_name_id=Encryption(digest="sha256")))
        assert accepted.algorithms == (
            "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
            "http://www.w3.org/2001/04/xmlenc#sha256",
            "http://www.w3.org/2009/xmlenc11#aes256-gcm",
            "http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p",
        )

    @pytest.mark.parametrize("sign", SIGNS)
    def test_cbc_through_its_hatch(self, sign):
        accepted = judge(encrypted(sign, content=CBC), policy=OPEN)
        assert accepted.encrypted
        assert c.AES256_CBC in accepted.algorithms
        assert_refused(ErrorCode.DECRYPTION_FAILED, encrypted(sign, content=CBC))

    @pytest.mark.parametrize("knobs", [{}, {"encrypt": Encryption()}])
    def test_no_private_key_leaves_with_the_result(self, knobs):
        """It goes to hooks and signals, and `asdict` writes what `repr` does not show."""
        accepted = judge(mint(**knobs), sp_signing_key=sp_key().private_key_pem)
        assert "PRIVATE KEY" not in str(dataclasses.asdict(accepted))
        assert accepted.connection == IDP.connection(sp_decryption_keys=())

    def test_the_ids_are_those_of_the_message(self):
        for sign in SIGNS:
            minted = encrypted(sign)
            accepted = judge(minted)
            assert accepted.response_id == minted.response_id
            assert accepted.assertion_id == minted.assertion_id


class TestSigned:
    @pytest.mark.parametrize("signing", ["either", "assertion", "response", "both"])
    @pytest.mark.parametrize("sign", ["none", *SIGNS])
    def test_what_must_be_signed(self, sign, signing):
        enough = sign != "none" and (signing in ("either", sign) or sign == "both")
        minted, policy = encrypted(sign), {"signing": signing}
        if enough:
            assert judge(minted, policy=policy).signed == Signed(sign)
        else:
            assert_refused(ErrorCode.MISSING_SIGNATURE, minted, policy=policy)

    def test_anybody_can_encrypt(self):
        assert_refused(ErrorCode.MISSING_SIGNATURE, encrypted("none"))

    def test_an_inner_signature_must_verify_inside_a_signed_response_too(self):
        stranger = FakeIdP(name="stranger")

        def foreign(honest: bytes) -> bytes:
            own = stranger.response(now=NOW, in_response_to="id_request")
            return etree.tostring(etree.fromstring(own.xml).find(c.SAML + "Assertion"))

        assert_refused(ErrorCode.INVALID_SIGNATURE, saying(foreign))

    @pytest.mark.parametrize("sign", ["assertion", "both"])
    def test_a_changed_plaintext(self, sign):
        def forge(honest: bytes) -> bytes:
            return honest.replace(b">alice<", b">admin<")

        assert_refused(ErrorCode.DIGEST_MISMATCH, saying(forge, sign))

    def test_the_response_covers_an_unsigned_plaintext(self):
        accepted = judge(saying(lambda honest: honest.replace(b">alice<", b">carol<")))
        assert accepted.name_id is not None
        assert accepted.name_id.value == "carol"

    def test_a_response_signature_that_fails_comes_before_any_key(self, monkeypatch):
        monkeypatch.setattr(decryption, "_unwrapped", None)
        assert_refused(ErrorCode.DIGEST_MISMATCH, flipped(encrypted("both")))

    def test_a_signature_round_the_ciphertext_has_no_place(self):
        def sign_here(holder: etree._Element) -> None:
            etree.SubElement(holder, c.DS + "Signature")

        assert_refused(ErrorCode.AMBIGUOUS_SIGNED_NODE, encrypted(edit=sign_here))


class TestPlaintext:
    """Inside a signed Response: the identity provider itself encrypted it, and each code shows."""

    @pytest.mark.parametrize(
        ("plaintext", "code"),
        [
            (b"", ErrorCode.MALFORMED_XML),
            (b"   ", ErrorCode.MALFORMED_XML),
            (b"alice", ErrorCode.MALFORMED_XML),
            (b"\xff\xfe\xfd", ErrorCode.MALFORMED_XML),
            (b"<a><b></a>", ErrorCode.MALFORMED_XML),
            (lambda honest: honest + honest, ErrorCode.MALFORMED_XML),
            (lambda honest: b"<!-- -->" + honest, ErrorCode.MALFORMED_XML),
            (lambda honest: honest.replace(b">alice<", b">ali<!---->ce<"), ErrorCode.MALFORMED_XML),
            (lambda honest: honest.replace(b">alice<", b">ali<?x?>ce<"), ErrorCode.MALFORMED_XML),
            (lambda honest: honest.decode().encode("utf-16"), ErrorCode.MALFORMED_XML),
            (lambda honest: b"x" + honest, ErrorCode.MALFORMED_XML),
            (lambda honest: b"<a>" * 41 + honest + b"</a>" * 41, ErrorCode.MALFORMED_XML),
            (lambda honest: b"<!DOCTYPE r>" + honest, ErrorCode.DOCTYPE_FORBIDDEN),
            (
                lambda honest: b"<!ENTITY a 'b'>" + honest,
                ErrorCode.ENTITY_EXPANSION_FORBIDDEN,
            ),
            (lambda honest: honest + b" " * (1 << 20), ErrorCode.PAYLOAD_TOO_LARGE),
            (b"<a/>", ErrorCode.AMBIGUOUS_ASSERTION),
            (lambda honest: b"<a>" + honest + b"</a>", ErrorCode.AMBIGUOUS_ASSERTION),
            (
                lambda honest: honest.replace(b"saml:Assertion", b"saml:Evidence"),
                ErrorCode.AMBIGUOUS_ASSERTION,
            ),
            (
                lambda honest: honest.replace(b'Version="2.0"', b'Version="1.1"'),
                ErrorCode.MISSING_PROTOCOL_FIELD,
            ),
            (lambda honest: honest.replace(b' ID="', b' id="'), ErrorCode.MISSING_PROTOCOL_FIELD),
        ],
    )
    def test_must_be_one_assertion(self, plaintext, code):
        assert_refused(code, saying(plaintext))

    def test_a_response(self):
        refusal = assert_refused(ErrorCode.AMBIGUOUS_ASSERTION, saying(mint().xml))
        assert refusal.details == {"expected": 1}

    @pytest.mark.parametrize("tag", [b"Assertion", b"EncryptedAssertion"])
    def test_no_further_assertion_in_it(self, tag):
        def nest(honest: bytes) -> bytes:
            advice = b"<saml:Advice><saml:" + tag + b"/></saml:Advice><saml:Conditions"
            return honest.replace(b"<saml:Conditions", advice)

        assert_refused(ErrorCode.AMBIGUOUS_ASSERTION, saying(nest))

    @pytest.mark.parametrize("attribute", [b"ID", b"Id", b"id"])
    def test_no_id_of_the_response(self, attribute):
        def collide(honest: bytes) -> bytes:
            inner = b"<saml:Advice " + attribute + b'="_r"/><saml:Conditions'
            return honest.replace(b"<saml:Conditions", inner)

        minted = mint(encrypt=Encryption(plaintext=collide), sign="response", response_id="_r")
        assert_refused(ErrorCode.DUPLICATE_XML_ID, minted)
        judge(mint(encrypt=Encryption(plaintext=collide), sign="response"))

    def test_no_id_of_what_stands_round_it(self):
        def mark(holder: etree._Element) -> None:
            holder[0].set("Id", "_a")

        knobs = {"encrypt": Encryption(edit=mark), "sign": "response"}
        assert_refused(ErrorCode.DUPLICATE_XML_ID, mint(**knobs, assertion_id="_a"))
        judge(mint(**knobs, assertion_id="_b"))

    def test_no_id_of_the_signature_that_was_taken_out(self):
        def mark(honest: Minted) -> Minted:
            return honest.tampered(b"<ds:Signature ", b'<ds:Signature Id="_a" ')

        knobs = {"encrypt": Encryption(), "sign": "both"}
        assert_refused(ErrorCode.DUPLICATE_XML_ID, mark(mint(**knobs, assertion_id="_a")))
        judge(mark(mint(**knobs, assertion_id="_b")))

    def test_no_id_twice_in_itself(self):
        def twice(honest: bytes) -> bytes:
            return honest.replace(b"<saml:Subject>", b'<saml:Subject ID="_a">')

        knobs = {"encrypt": Encryption(plaintext=twice), "sign": "response", "assertion_id": "_a"}
        assert_refused(ErrorCode.DUPLICATE_XML_ID, mint(**knobs))

    def test_wrapping_inside(self):
        """The signed assertion is parked in a forged one, or the other way about."""
        honest = etree.fromstring(mint().xml).find(c.SAML + "Assertion")
        forged = etree.fromstring(etree.tostring(honest))
        forged.remove(forged.find(c.DS + "Signature"))
        forged.set("ID", "_forged")
        forged.append(honest)
        assert_refused(ErrorCode.AMBIGUOUS_ASSERTION, saying(etree.tostring(forged), "none"))

    def test_a_signature_over_something_else(self):
        def park(honest: bytes) -> bytes:
            root = etree.fromstring(honest)
            root.set("ID", "_forged")
            return etree.tostring(root)

        assert_refused(ErrorCode.AMBIGUOUS_SIGNED_NODE, saying(park, "assertion"))


class TestFragment:
    """A plaintext that uses prefixes from outside, and what else would fit into a wrapper."""

    def fragment(self, change: Callable[[bytes], bytes], sign: str = "response") -> Minted:
        return encrypted(sign, fragment=True, plaintext=change)

    def test_is_accepted(self):
        judge(self.fragment(lambda honest: honest))

    @pytest.mark.parametrize(
        "change",
        [
            lambda honest: honest + b"<saml:Assertion/>",
            lambda honest: honest + b"<saml:Advice/>",
            lambda honest: b"text" + honest,
            lambda honest: honest + b"text",
            lambda honest: honest + b"</saml:EncryptedAssertion><saml:EncryptedAssertion>",
            lambda honest: b"</saml:EncryptedAssertion>" + honest + b"<saml:EncryptedAssertion>",
            lambda honest: honest + b"</saml:EncryptedAssertion><!--",
            lambda honest: honest + b"<![CDATA[",
            lambda honest: b"<saml:Advice></saml:EncryptedAssertion>" + honest,
            lambda honest: b"<?xml version='1.0'?>" + honest,
            lambda honest: b"<unknown:x/>",
            lambda honest: honest + b"<!---->",
        ],
    )
    def test_is_one_element_and_nothing_else(self, change):
        assert_refused(ErrorCode.MALFORMED_XML, self.fragment(change))

    def test_a_doctype(self):
        change = self.fragment(lambda honest: b"<!DOCTYPE r>" + honest)
        assert_refused(ErrorCode.DOCTYPE_FORBIDDEN, change)

    def test_its_prefixes_are_those_that_were_signed(self):
        """Who rebinds an unused prefix of the received Response does not change what is read."""

        def lean(honest: bytes) -> bytes:
            return honest.replace(b"saml:", b"s2:")

        minted = self.fragment(lean)
        rebound = minted.tampered(
            b"<samlp:Response ", b'<samlp:Response xmlns:s2="%s" ' % (c.ASSERTION_NS.encode())
        )
        assert_refused(ErrorCode.MALFORMED_XML, rebound)

    def test_the_default_namespace_comes_from_outside_too(self):
        """Here `p` alone shows that the plaintext needs the declarations round it."""
        plaintext = Plaintext(
            octets=b'<Assertion ID="_a" Version="2.0" p:y=""/>',
            holder=etree.XML(f'<EncryptedAssertion xmlns="{c.ASSERTION_NS}" xmlns:p="urn:x"/>'),
            authenticated=True,
        )
        assertion = read_assertion(plaintext, taken=())
        assert assertion.keys() == ["ID", "Version", "{urn:x}y"]

    @pytest.mark.parametrize("uri", ["urn:it's", "urn:%C3%A9"])
    def test_namespaces_that_have_to_be_quoted(self, uri):
        minted = encrypted(fragment=True)
        declared = f'<samlp:Response xmlns:y="{uri}" '.encode()
        judge(minted.tampered(b"<samlp:Response ", declared))


def opaque(minted: Minted, **changes: Any) -> list[StageResult]:
    """The judge refuses with the one failure, and tells nothing more to anybody."""
    heard: list[StageResult] = []
    refusal = assert_refused(ErrorCode.DECRYPTION_FAILED, minted, observe=heard.append, **changes)
    assert str(refusal) == str(decryption.failed())
    assert refusal.details == {}
    assert refusal.__cause__ is None
    assert refusal.__context__ is None
    [failed] = [one for one in heard if one.outcome is Outcome.FAILED]
    assert failed == StageResult(
        stage="decryption", outcome=Outcome.FAILED, code=ErrorCode.DECRYPTION_FAILED
    )
    return heard


FAILURES = [
    b"",
    b"alice",
    b"<!DOCTYPE r><a/>",
    b"<a/>",
    lambda honest: honest + honest,
    lambda honest: honest.replace(b">alice<", b">admin<"),
    lambda honest: honest.replace(b"<ds:Signature ", b"<ds:Signatur ").replace(
        b"</ds:Signature>", b"</ds:Signatur>"
    ),
    lambda honest: honest.replace(b'Version="2.0"', b'Version="1.1"'),
    lambda honest: honest.replace(b"enveloped-signature", b"unveloped-signature"),
    lambda honest: honest.replace(b"xmldsig-more#rsa-sha256", b"xmldsig-more#rsa-sha257"),
    lambda honest: etree.tostring(
        etree.fromstring(FakeIdP(name="stranger").response(now=NOW).xml).find(c.SAML + "Assertion")
    ),
]


class TestOracle:
    """AES-CBC without a signature over it: every failure until the plaintext verifies is one."""

    @pytest.mark.parametrize("plaintext", FAILURES)
    def test_cbc_tells_nothing(self, plaintext):
        minted = encrypted("assertion", content=CBC, plaintext=plaintext)
        first = opaque(minted, policy=OPEN)
        assert first == opaque(flipped(encrypted(content=CBC)), policy=OPEN)
        assert first == opaque(encrypted(content=CBC, recipient=STRANGER), policy=OPEN)

    @pytest.mark.parametrize("at", [0, 15, 16, 100, -17, -1])
    def test_whatever_is_changed_on_the_way(self, at):
        honest = encrypted(content=CBC)
        judge(honest, policy=OPEN)
        opaque(flipped(honest, at=at), policy=OPEN)

    def test_not_even_that_a_signature_is_missing(self):
        opaque(encrypted("none", content=CBC), policy=OPEN)
        opaque(encrypted("none", content=CBC, plaintext=b"x"), policy=OPEN)

    def test_not_even_a_defect_of_ours(self, monkeypatch):
        def broken(*args, **kwargs):
            raise ZeroDivisionError

        monkeypatch.setattr(validation.encrypted_elements, "read_assertion", broken)
        opaque(encrypted(content=CBC), policy=OPEN)
        assert_refused(ErrorCode.INTERNAL_PROTOCOL_ERROR, encrypted())

    @pytest.mark.parametrize("plaintext", FAILURES)
    def test_a_signature_over_the_ciphertext_lets_codes_through(self, plaintext):
        signed = encrypted("both", content=CBC, plaintext=plaintext)
        assert_code_is_precise(signed, policy={**OPEN, "signing": "both"})

    @pytest.mark.parametrize("plaintext", FAILURES)
    def test_so_does_gcm(self, plaintext):
        assert_code_is_precise(encrypted("assertion", plaintext=plaintext))

    def test_the_rules_speak_again_once_it_is_verified(self):
        knobs = {"encrypt": Encryption(content=CBC), "audience": "urn:other"}
        assert_refused(ErrorCode.INVALID_AUDIENCE, mint(**knobs), policy=OPEN)

    def test_gcm_passed_off_as_cbc_tells_no_more(self):
        """One content key serves both, so an open hatch could read what never used it."""

        def relabel(holder: etree._Element) -> None:
            data = holder.find(c.XENC + "EncryptedData")
            data.find(c.XENC + "EncryptionMethod").set("Algorithm", c.AES256_CBC)
            value = data.find(f"{c.XENC}CipherData/{c.XENC}CipherValue")
            octets = base64.b64decode(value.text)
            whole = octets[: len(octets) // 16 * 16]
            value.text = base64.b64encode(whole).decode()

        for size in (16, 17, 400):
            opaque(encrypted(edit=relabel, plaintext=b"x" * size), policy=OPEN)
        opaque(encrypted(edit=relabel), policy=OPEN)

    @pytest.mark.parametrize("content", ["aes256-gcm", CBC])
    def test_what_is_not_decrypted_tells_nothing_either(self, content):
        opaque(flipped(encrypted(content=content), at=-1), policy=OPEN)
        opaque(encrypted(content=content, recipient=STRANGER), policy=OPEN)
        opaque(encrypted("both", content=content, recipient=STRANGER), policy=OPEN)

    def test_what_the_message_alone_decides_says_why(self):
        refusal = assert_refused(ErrorCode.DECRYPTION_FAILED, encrypted(transport="rsa-1_5"))
        assert refusal.details["reason"] == "algorithm"
        refusal = assert_refused(ErrorCode.DECRYPTION_FAILED, encrypted(), sp_decryption_keys=())
        assert refusal.details == {"reason": "no_decryption_key"}


def assert_code_is_precise(minted: Minted, **changes: Any) -> None:
    with pytest.raises(RelyraError) as refusal:
        judge(minted, **changes)
    assert refusal.value.code is not ErrorCode.DECRYPTION_FAILED


class TestStages:
    def test_decryption_follows_the_signatures_as_received(self):
        names = [name for name, _ in validation.STAGES]
        at = names.index("decryption")
        assert names[at - 1 : at + 2] == ["signature_verify", "decryption", "signed_bytes"]

    @pytest.mark.parametrize("knobs", [{}, {"encrypt": Encryption()}])
    def test_all_are_heard(self, knobs):
        heard: list[StageResult] = []
        judge(mint(**knobs), observe=heard.append)
        assert [one.stage for one in heard] == ["decode", *(name for name, _ in validation.STAGES)]

    @pytest.mark.parametrize("sign", SIGNS)
    def test_every_byte_of_an_encrypted_message_counts(self, sign):
        """Whatever is changed in the ciphertext, nobody else comes out of it."""
        honest = encrypted(sign)
        for at in range(0, 600, 97):
            with pytest.raises(RelyraError):
                judge(flipped(honest, at=at))
