"""Private keys: which are tried, how often, and that a failure never says how far it came."""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import Any

import pytest
import xmlsec
from cryptography.exceptions import UnsupportedAlgorithm
from lxml import etree

from relyra_django.saml import ErrorCode, Hatch, Policy, RelyraError, decryption
from relyra_django.saml import constants as c
from relyra_django.saml.decryption import Keyring, decrypt
from relyra_django.saml.encryption import EncryptedKey, read
from relyra_django.testing import Addressee, Encryption
from relyra_django.testing.encryption import KEY_BYTES, sp_key
from relyra_django.testing.keys import SigningKey, signing_key
from tests.saml.judging import IDP, NOW, assert_refused, judge, mint

OLD, OLDER, STRANGER = (signing_key("rsa", name) for name in ("old-sp", "older-sp", "other-sp"))
LONG = signing_key("rsa3072", "sp")
SP_ENTITY_ID = IDP.connection().sp_entity_id
OPEN = Policy(legacy_aes_cbc=Hatch(reason="AD FS 2012", expires_at=NOW + timedelta(days=1)))


def holder(**knobs: Any) -> etree._Element:
    root = etree.fromstring(mint(encrypt=Encryption(**knobs)).xml)
    found = root.find(c.SAML + "EncryptedAssertion")
    assert found is not None
    return found


def keyring(*keys: SigningKey) -> Keyring:
    pems = tuple(key.private_key_pem for key in keys)
    return Keyring(connection=IDP.connection(sp_decryption_keys=pems))


def decrypted(ring: Keyring, **knobs: Any) -> bytes:
    return decrypt(read(holder(**knobs), OPEN, NOW), ring)


def failure(ring: Keyring, **knobs: Any) -> RelyraError:
    with pytest.raises(RelyraError) as refused:
        decrypted(ring, **knobs)
    assert refused.value.code is ErrorCode.DECRYPTION_FAILED
    return refused.value


@pytest.fixture
def operations(monkeypatch: pytest.MonkeyPatch) -> list[EncryptedKey]:
    """Count what reaches a private key; the key itself still answers."""
    spent: list[EncryptedKey] = []
    unwrapped = decryption._unwrapped

    def counted(encrypted_key, key):
        spent.append(encrypted_key)
        return unwrapped(encrypted_key, key)

    monkeypatch.setattr(decryption, "_unwrapped", counted)
    return spent


def others(count: int, name: str | None = None) -> tuple[Addressee, ...]:
    return tuple(Addressee(key=STRANGER, name=name) for _ in range(count))


def counting(count: int) -> Any:
    """Change the last octet of one block of CBC, by changing the IV as any attacker can."""

    def edit(found: etree._Element) -> None:
        value = found.find(f"{c.XENC}EncryptedData/{c.XENC}CipherData/{c.XENC}CipherValue")
        octets = bytearray(base64.b64decode(value.text))
        octets[15] ^= 1 ^ count
        value.text = base64.b64encode(octets).decode()

    return edit


class TestPlaintext:
    @pytest.mark.parametrize("content", sorted(set(KEY_BYTES) - {"tripledes-cbc"}))
    @pytest.mark.parametrize("size", [0, 1, 15, 16, 17, 4096])
    def test_comes_back_whole(self, content, size):
        plaintext = bytes(range(256)) * 16
        assert (
            decrypted(keyring(sp_key()), content=content, plaintext=plaintext[:size])
            == (plaintext[:size])
        )

    @pytest.mark.parametrize(("count", "left"), [(1, 15), (2, 14), (16, 0)])
    def test_cbc_with_another_count(self, count, left):
        knobs = {"content": "aes128-cbc", "plaintext": b"fifteen letters", "edit": counting(count)}
        assert decrypted(keyring(sp_key()), **knobs) == b"fifteen letters"[:left]

    @pytest.mark.parametrize("count", [0, 17, 255])
    def test_cbc_with_an_impossible_count(self, count):
        knobs = {"content": "aes128-cbc", "plaintext": b"fifteen letters", "edit": counting(count)}
        assert str(failure(keyring(sp_key()), **knobs)) == str(decryption.failed())


class TestKeys:
    def test_the_newest_first_then_the_others(self, operations):
        ring = keyring(sp_key(), OLD)
        assert b"alice" in decrypted(ring, recipient=OLD)
        assert len(operations) == 2
        assert b"alice" in decrypted(keyring(OLD, sp_key()), recipient=OLD)
        assert len(operations) == 3

    def test_the_one_that_worked_comes_first_from_then_on(self, operations):
        ring = keyring(sp_key(), OLD)
        decrypted(ring, recipient=OLD)
        decrypted(ring, recipient=OLD)
        assert len(operations) == 3

    def test_a_key_given_twice_counts_once(self, operations):
        ring = keyring(sp_key(), sp_key(), OLD)
        decrypted(ring, recipient=OLD)
        assert len(operations) == 2

    def test_a_key_of_another_length_is_not_tried(self, operations):
        assert b"alice" in decrypted(keyring(LONG, sp_key()))
        assert len(operations) == 1
        failure(keyring(LONG))
        assert len(operations) == 1

    def test_without_a_key(self):
        refused = failure(keyring())
        assert refused.details == {"reason": "no_decryption_key"}

    @pytest.mark.parametrize("pem", ["", "x", signing_key("ec", "sp").private_key_pem])
    def test_a_key_that_cannot_decrypt_is_a_matter_of_configuration(self, pem):
        ring = Keyring(connection=IDP.connection(sp_decryption_keys=(pem,)))
        with pytest.raises(RelyraError) as refused:
            decrypted(ring)
        assert refused.value.code is ErrorCode.KEY_NOT_CONFIGURED

    def test_a_small_key_is_one(self):
        small = signing_key("rsa1024", "sp")
        with pytest.raises(RelyraError) as refused:
            decrypted(keyring(small), recipient=small)
        assert refused.value.code is ErrorCode.KEY_NOT_CONFIGURED

    def test_says_nothing_of_the_keys(self):
        ring = keyring(sp_key())
        ring.load()
        assert "BEGIN" not in repr(ring)
        assert "RSA" not in repr(ring)


class TestOperations:
    def test_three_at_most(self, operations):
        failure(keyring(sp_key()), others=others(5), recipient=STRANGER)
        assert len(operations) == 3

    def test_the_fourth_key_is_never_reached(self, operations):
        ring = keyring(sp_key(), OLD, OLDER, STRANGER)
        failure(ring, recipient=STRANGER)
        assert len(operations) == 3

    def test_three_in_all_for_one_message(self, operations):
        ring = keyring(sp_key(), OLD)
        failure(ring, recipient=STRANGER)
        failure(ring, others=others(1), recipient=STRANGER)
        failure(ring)
        assert len(operations) == 3

    @pytest.mark.parametrize("name", ["urn:other", "", None])
    def test_what_names_us_comes_first(self, operations, name):
        ring = keyring(sp_key())
        assert b"alice" in decrypted(ring, others=others(4, name), recipient_name=SP_ENTITY_ID)
        assert len(operations) == 1

    def test_what_names_nobody_comes_before_what_names_another(self, operations):
        assert b"alice" in decrypted(keyring(sp_key()), others=others(4, "urn:other"))
        assert len(operations) == 1

    def test_what_names_another_comes_last_and_may_still_be_ours(self, operations):
        assert b"alice" in decrypted(keyring(sp_key()), recipient_name="urn:written-by-a-human")
        operations.clear()
        failure(keyring(sp_key()), others=others(3), recipient_name="urn:other")
        assert len(operations) == 3


class TestAdmission:
    def test_eight_encrypted_keys(self):
        keyring(sp_key()).admit(holder(others=others(7)))

    def test_not_nine(self):
        with pytest.raises(RelyraError) as refused:
            keyring(sp_key()).admit(holder(others=others(8)))
        assert refused.value.details == {"reason": "too_many_encrypted_keys", "expected": 8}

    def test_not_nine_in_two_documents(self):
        ring = keyring(sp_key())
        ring.admit(holder(others=others(4)))
        ring.admit(holder(others=others(2)))
        with pytest.raises(RelyraError):
            ring.admit(holder())


class TestOneFailure:
    def test_whatever_happened(self):
        def shortened(found):
            value = found.find(f"{c.XENC}EncryptedData/{c.XENC}CipherData/{c.XENC}CipherValue")
            value.text = "QUJD" * 20

        ring = keyring(sp_key())
        failures = [
            failure(ring, recipient=STRANGER),
            failure(ring, edit=shortened),
            failure(ring, recipient=LONG),
            failure(keyring(sp_key()), edit=shortened, content="aes192-gcm"),
            failure(keyring(sp_key()), recipient=STRANGER, content="aes128-cbc"),
        ]
        assert {str(one) for one in failures} == {str(decryption.failed())}
        for one in failures:
            assert one.details == {}
            assert one.__cause__ is None
            assert one.__context__ is None

    @pytest.mark.parametrize("content", ["aes128-gcm", "aes128-cbc", "aes192-gcm"])
    def test_a_content_key_of_another_length(self, content):
        def relabelled(found):
            method = found.find(f"{c.XENC}EncryptedData/{c.XENC}EncryptionMethod")
            method.set("Algorithm", c.AES256_GCM if "gcm" in content else c.AES256_CBC)

        refused = failure(keyring(sp_key()), content=content, edit=relabelled)
        assert (str(refused), refused.details) == (str(decryption.failed()), {})

    def test_a_library_that_refuses(self, monkeypatch):
        def refuse(*args):
            raise UnsupportedAlgorithm("not under FIPS")

        ring = keyring(sp_key())
        monkeypatch.setattr(decryption, "AESGCM", refuse)
        assert failure(ring).details == {}


class TestMessagesOfLibxmlsec:
    """What another implementation encrypted: the kit and the judge share no mistake."""

    TEMPLATE = """
    <xenc:EncryptedData xmlns:xenc="http://www.w3.org/2001/04/xmlenc#"
        Type="http://www.w3.org/2001/04/xmlenc#Element">
      <xenc:EncryptionMethod Algorithm="{content}"/>
      <ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#">
        <xenc:EncryptedKey>
          <xenc:EncryptionMethod Algorithm="{transport}">{parameters}</xenc:EncryptionMethod>
          <xenc:CipherData><xenc:CipherValue/></xenc:CipherData>
        </xenc:EncryptedKey>
      </ds:KeyInfo>
      <xenc:CipherData><xenc:CipherValue/></xenc:CipherData>
    </xenc:EncryptedData>"""
    SHA256 = (
        '<ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/>'
        '<xenc11:MGF xmlns:xenc11="http://www.w3.org/2009/xmlenc11#"'
        ' Algorithm="http://www.w3.org/2009/xmlenc11#mgf1sha256"/>'
    )

    def encrypted(self, root, bits: int, **uris: str) -> None:
        """Put an EncryptedAssertion, by libxmlsec, in the place of the signed assertion."""
        assertion = root.find(c.SAML + "Assertion")
        template = etree.fromstring(self.TEMPLATE.format(**uris))
        manager = xmlsec.KeysManager()
        public = xmlsec.Key.from_memory(sp_key().certificate_pem, xmlsec.KeyFormat.CERT_PEM)
        manager.add_key(public)
        context = xmlsec.EncryptionContext(manager)
        kind = xmlsec.KeyData.AES
        context.key = xmlsec.Key.generate(kind, bits, xmlsec.KeyDataType.SESSION)
        around = etree.Element(c.SAML + "EncryptedAssertion")
        around.append(context.encrypt_binary(template, etree.tostring(assertion)))
        root.replace(assertion, around)

    @pytest.mark.parametrize(
        ("content", "bits"),
        [
            (c.AES128_GCM, 128),
            (c.AES192_GCM, 192),
            (c.AES256_GCM, 256),
            (c.AES128_CBC, 128),
            (c.AES256_CBC, 256),
        ],
    )
    @pytest.mark.parametrize(
        ("transport", "parameters"),
        [(c.RSA_OAEP_MGF1P, ""), (c.RSA_OAEP, ""), (c.RSA_OAEP, SHA256)],
        ids=["mgf1p", "oaep", "oaep-sha256"],
    )
    def test_is_accepted(self, content, bits, transport, parameters):
        honest = mint()
        root = etree.fromstring(honest.xml)
        uris = {"content": content, "transport": transport, "parameters": parameters}
        self.encrypted(root, bits, **uris)
        policy = {"legacy_aes_cbc": OPEN.legacy_aes_cbc}
        accepted = judge(honest.with_xml(etree.tostring(root)), policy=policy)
        assert accepted.encrypted
        assert accepted.name_id == judge(honest).name_id
        assert accepted.algorithms[-2:] == (content, transport)

    def test_is_refused_for_another_key(self):
        honest = mint()
        root = etree.fromstring(honest.xml)
        self.encrypted(root, 128, content=c.AES128_GCM, transport=c.RSA_OAEP, parameters="")
        minted = honest.with_xml(etree.tostring(root))
        keys = (STRANGER.private_key_pem,)
        assert_refused(ErrorCode.DECRYPTION_FAILED, minted, sp_decryption_keys=keys)
