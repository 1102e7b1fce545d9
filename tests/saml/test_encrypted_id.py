"""EncryptedID: a name that only we can read; and what one message may cost us."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from lxml import etree

from relyra_django.saml import ErrorCode, Hatch, decryption
from relyra_django.saml import constants as c
from relyra_django.testing import Encryption, Minted
from relyra_django.testing.encryption import fill
from relyra_django.testing.keys import signing_key
from tests.saml.judging import IDP, NOW, assert_refused, judge, mint
from tests.saml.test_decryption import SP_ENTITY_ID, others

OPEN = {"legacy_aes_cbc": Hatch(reason="AD FS 2012", expires_at=NOW + timedelta(days=1))}
CBC = "aes256-cbc"
SIGNS = ("assertion", "response", "both")
STRANGER = signing_key("rsa", "other-sp")
BLIND = Encryption(recipient=STRANGER)


class TestEncryptedId:
    def named(self, sign: str = "assertion", **knobs: Any) -> Minted:
        return mint(encrypt_name_id=Encryption(**knobs), sign=sign)

    @pytest.mark.parametrize("sign", SIGNS)
    @pytest.mark.parametrize("knobs", [{}, {"key_beside": True}, {"fragment": True}], ids=str)
    def test_is_read(self, sign, knobs):
        accepted = judge(self.named(sign, **knobs))
        assert accepted.name_id == judge(mint()).name_id
        assert not accepted.encrypted
        assert c.AES256_GCM in accepted.algorithms

    def test_its_algorithms_are_told_with_those_of_the_assertion(self):
        name = Encryption(content="aes128-gcm", transport="rsa-oaep")
        accepted = judge(mint(encrypt=Encryption(), encrypt_name_id=name))
        outer, inner = (c.AES256_GCM, c.RSA_OAEP_MGF1P), (c.AES128_GCM, c.RSA_OAEP)
        assert accepted.algorithms[-4:] == (*outer, *inner)

    def test_qualifiers_come_with_it(self):
        sp = IDP.connection().sp_entity_id
        knobs = {"name_qualifier": "urn:q", "sp_name_qualifier": sp, "name_id_format": "urn:f"}
        accepted = judge(mint(encrypt_name_id=Encryption(), **knobs))
        assert accepted.name_id is not None
        assert accepted.name_id == judge(mint(**knobs)).name_id
        assert accepted.name_id.name_qualifier == "urn:q"

    def test_its_rules_hold(self):
        other = mint(encrypt_name_id=Encryption(), sp_name_qualifier="urn:other")
        assert_refused(ErrorCode.NAME_ID_NOT_ACCEPTED, other)
        policy = {"accepted_name_id_formats": ("urn:f",)}
        assert_refused(ErrorCode.NAME_ID_NOT_ACCEPTED, self.named(), policy=policy)

    @pytest.mark.parametrize(
        ("plaintext", "code"),
        [
            (b"", ErrorCode.MALFORMED_XML),
            (b"alice", ErrorCode.MALFORMED_XML),
            (lambda honest: honest + honest, ErrorCode.MALFORMED_XML),
            (lambda honest: b"<!DOCTYPE r>" + honest, ErrorCode.DOCTYPE_FORBIDDEN),
            (lambda honest: honest.replace(b"alice", b"ali<!---->ce"), ErrorCode.MALFORMED_XML),
            (lambda honest: honest.replace(b"alice", b"ali<b/>ce"), ErrorCode.MALFORMED_XML),
            (lambda honest: honest.replace(b"alice", b""), ErrorCode.NAME_ID_NOT_ACCEPTED),
            (b"<NameID>alice</NameID>", ErrorCode.MISSING_PROTOCOL_FIELD),
            (
                lambda honest: honest.replace(b"saml:NameID", b"saml:BaseID"),
                ErrorCode.MISSING_PROTOCOL_FIELD,
            ),
            (mint().xml, ErrorCode.MISSING_PROTOCOL_FIELD),
        ],
    )
    def test_holds_one_name(self, plaintext, code):
        assert_refused(code, self.named(plaintext=plaintext))

    def test_no_assertion(self):
        assertion = etree.tostring(etree.fromstring(mint().xml).find(c.SAML + "Assertion"))
        refusal = assert_refused(ErrorCode.MISSING_PROTOCOL_FIELD, self.named(plaintext=assertion))
        assert refusal.details == {"expected": "NameID", "actual": None}

    def test_one_name_in_all(self):
        def add_name(holder: etree._Element) -> None:
            name = etree.Element(c.SAML + "NameID")
            name.text = "admin"
            holder.addprevious(name)

        def add_holder(holder: etree._Element) -> None:
            holder.addnext(etree.fromstring(etree.tostring(holder)))

        for edit in (add_name, add_holder):
            assert_refused(ErrorCode.MISSING_PROTOCOL_FIELD, self.named(edit=edit))

    def test_is_read_from_the_signed_bytes_alone(self):
        """Who puts a name of their own into the message as received changes nothing or all."""
        root = etree.fromstring(self.named().xml)
        holder = next(root.iter(c.SAML + "EncryptedID"))
        for child in list(holder):
            holder.remove(child)
        fill(holder, b'<NameID xmlns="%s">admin</NameID>' % c.ASSERTION_NS.encode(), Encryption())
        forged = mint().with_xml(etree.tostring(root))
        assert_refused(ErrorCode.DIGEST_MISMATCH, forged)

    def test_elsewhere_it_is_not_read(self):
        def extend(root: etree._Element) -> None:
            extensions = etree.Element(c.SAMLP + "Extensions")
            root.insert(1, extensions)
            around = etree.SubElement(extensions, c.SAML + "EncryptedID")
            fill(around, b'<NameID xmlns="%s">admin</NameID>' % c.ASSERTION_NS.encode(), BLIND)

        accepted = judge(mint(edit=extend, sign="both"), sp_decryption_keys=())
        assert accepted.name_id is not None
        assert accepted.name_id.value == "alice"

    def test_fails_as_everything_does(self):
        refusal = assert_refused(ErrorCode.DECRYPTION_FAILED, self.named(recipient=STRANGER))
        assert (str(refusal), refusal.details) == (str(decryption.failed()), {})
        refusal = assert_refused(ErrorCode.DECRYPTION_FAILED, self.named(content=CBC))
        assert refusal.details["reason"] == "algorithm"

    def test_cbc_is_covered_by_the_signature(self):
        assert judge(self.named(content=CBC), policy=OPEN).name_id == judge(mint()).name_id
        malformed = self.named(content=CBC, plaintext=b"alice")
        assert_refused(ErrorCode.MALFORMED_XML, malformed, policy=OPEN)

    @pytest.mark.parametrize("tag", ["NameID", "EncryptedID"])
    def test_of_a_confirmation_is_nobody_s_business(self, tag):
        def confirm(root: etree._Element) -> None:
            confirmation = next(root.iter(c.SAML + "SubjectConfirmation"))
            etree.SubElement(confirmation, c.SAML + tag)

        judge(mint(edit=confirm))

    def test_attributes_stay_plain(self):
        def encrypt(root: etree._Element) -> None:
            statement = next(root.iter(c.SAML + "AttributeStatement"))
            fill(etree.SubElement(statement, c.SAML + "EncryptedAttribute"), b"<a/>", BLIND)

        minted = mint(edit=encrypt, attributes={"a": "b"})
        assert_refused(ErrorCode.INVALID_ATTRIBUTE, minted)
        inside = mint(edit=encrypt, attributes={"a": "b"}, encrypt=Encryption())
        assert_refused(ErrorCode.INVALID_ATTRIBUTE, inside)


class TestBudget:
    """Three private-key operations and eight EncryptedKeys for the whole message."""

    def spent(self, monkeypatch: pytest.MonkeyPatch) -> list[object]:
        spent: list[object] = []
        unwrapped = decryption._unwrapped
        monkeypatch.setattr(
            decryption,
            "_unwrapped",
            lambda encrypted_key, key: (spent.append(key), unwrapped(encrypted_key, key))[1],
        )
        return spent

    @pytest.mark.parametrize("sign", SIGNS)
    def test_the_old_key_opens_both(self, sign, monkeypatch):
        spent = self.spent(monkeypatch)
        new, old = signing_key("rsa", "next-sp"), signing_key("rsa", "sp")
        minted = mint(encrypt=Encryption(), encrypt_name_id=Encryption(), sign=sign)
        keys = (new.private_key_pem, old.private_key_pem)
        assert judge(minted, sp_decryption_keys=keys).name_id == judge(mint()).name_id
        assert len(spent) == 3

    def test_what_the_assertion_spent_is_spent(self, monkeypatch):
        spent = self.spent(monkeypatch)
        outer = Encryption(others=others(2))
        minted = mint(encrypt=outer, encrypt_name_id=Encryption())
        assert_refused(ErrorCode.DECRYPTION_FAILED, minted)
        assert len(spent) == 3
        judge(mint(encrypt=outer))

    def test_encrypted_keys_are_counted_over_both(self):
        def message(inner: int) -> Minted:
            outer = Encryption(others=others(4), recipient_name=SP_ENTITY_ID)
            name = Encryption(others=others(inner), recipient_name=SP_ENTITY_ID)
            return mint(encrypt=outer, encrypt_name_id=name)

        judge(message(2))
        refusal = assert_refused(ErrorCode.DECRYPTION_FAILED, message(3))
        assert refusal.details == {"reason": "too_many_encrypted_keys", "expected": 8}

    def test_a_plain_message_touches_no_key(self, monkeypatch):
        monkeypatch.setattr(decryption.keys, "load_private_key", None)
        judge(mint(sign="both"))
