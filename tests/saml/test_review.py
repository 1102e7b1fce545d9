"""What an attacker may vary in a signed message, and the shapes that other signers give one."""

from __future__ import annotations

import base64
import dataclasses
import random
import re

import pytest
import xmlsec
from lxml import etree

from relyra_django.saml import (
    ErrorCode,
    Policy,
    RelyraError,
    ValidatedAssertion,
    validate_response,
)
from relyra_django.saml import constants as c
from relyra_django.saml.validation import decode_response
from relyra_django.testing.fake_idp import FakeIdP
from relyra_django.testing.minted import Minted
from tests.saml.judging import CONNECTION, IDP, NOW, REQUEST_ID, assert_refused, judge, mint

START_TAG = re.compile(rb"<([A-Za-z][\w:.-]*)")
STRANGER = FakeIdP(name="stranger")
# The envelope need not be signed, and one of two signatures may be taken off.
NOT_SAID = {"response_id", "signed", "connection"}


def said(judged: ValidatedAssertion) -> dict[str, object]:
    """Everything a login learns."""
    names = {field.name for field in dataclasses.fields(judged)} - NOT_SAID
    return {name: getattr(judged, name) for name in names}


def key_value(idp: FakeIdP) -> str:
    numbers = idp.signing_key.private_key.public_key().public_numbers()
    modulus = base64.b64encode(numbers.n.to_bytes(numbers.n.bit_length() // 8)).decode()
    return (
        f"<ds:KeyValue><ds:RSAKeyValue><ds:Modulus>{modulus}</ds:Modulus>"
        "<ds:Exponent>AQAB</ds:Exponent></ds:RSAKeyValue></ds:KeyValue>"
    )


def x509_data(text: str) -> str:
    return f"<ds:X509Data><ds:X509Certificate>{text}</ds:X509Certificate></ds:X509Data>"


KEY_INFOS = {
    "key of a stranger": key_value(STRANGER),
    "certificate of a stranger": x509_data(STRANGER.signing_key.certificate_base64),
    "rubbish": x509_data("!"),
    "file name": "<ds:KeyName>/etc/passwd</ds:KeyName>",
    "reference": '<k:KeyInfoReference xmlns:k="http://www.w3.org/2009/xmldsig11#" URI="#x"/>',
    "encrypted key": '<x:EncryptedKey xmlns:x="http://www.w3.org/2001/04/xmlenc#"/>',
    "text": "text",
    "nothing": "",
}


@pytest.mark.parametrize("key_info", KEY_INFOS.values(), ids=KEY_INFOS)
def test_key_info_neither_helps_nor_hurts(key_info):
    def with_key_info(minted: Minted) -> Minted:
        end = "</ds:SignatureValue>"
        return minted.tampered(end, f"{end}<ds:KeyInfo>{key_info}</ds:KeyInfo>")

    knobs = {"in_response_to": REQUEST_ID, "now": NOW, "key_info": "none"}
    assert judge(with_key_info(IDP.response(**knobs)))
    forged = STRANGER.response(**knobs)
    assert_refused(ErrorCode.INVALID_SIGNATURE, with_key_info(forged))


@pytest.mark.parametrize("outer", [None, "", "x"])
@pytest.mark.parametrize("inner", [None, "", "x"])
def test_an_empty_in_response_to_is_not_none(outer, inner):
    minted = mint(in_response_to=None, response_in_response_to=outer, subject_in_response_to=inner)
    unsolicited = {"request_id": None, "policy": {"allow_unsolicited": True}}
    if (outer, inner) == (None, None):
        assert judge(minted, **unsolicited).unsolicited
        assert decode_response(minted.encoded).in_response_to is None
        return
    assert decode_response(minted.encoded).in_response_to is not None
    assert_refused(ErrorCode.IN_RESPONSE_TO_MISMATCH, minted, **unsolicited)
    assert_refused(ErrorCode.IN_RESPONSE_TO_MISMATCH, minted)


class TestRewriting:
    """Honest messages edited at random: either the same login comes out, or a refusal."""

    @staticmethod
    def flip(xml: bytes, chance: random.Random) -> bytes:
        at = chance.randrange(len(xml))
        return xml[:at] + bytes([xml[at] ^ 1 << chance.randrange(8)]) + xml[at + 1 :]

    @staticmethod
    def repeat(xml: bytes, chance: random.Random) -> bytes:
        start, at = chance.randrange(len(xml)), chance.randrange(len(xml))
        return xml[:at] + xml[start : start + chance.randrange(200)] + xml[at:]

    @staticmethod
    def split(xml: bytes, chance: random.Random) -> bytes:
        at = chance.randrange(len(xml))
        inserted = chance.choice([b"<![CDATA[]]>", b"&#13;", b"\n", b"<!---->", b"<a/>", b"\0"])
        return xml[:at] + inserted + xml[at:]

    @staticmethod
    def declare(xml: bytes, chance: random.Random) -> bytes:
        at = chance.choice(list(START_TAG.finditer(xml))).end()
        prefix = chance.choice(["", ":saml", ":samlp", ":ds", ":xs", ":z", ":xml"])
        uri = chance.choice([c.ASSERTION_NS, c.PROTOCOL_NS, c.DS_NS, c.XSI_NS, "urn:x", "", "rel"])
        return xml[:at] + f' xmlns{prefix}="{uri}"'.encode() + xml[at:]

    @staticmethod
    def move(xml: bytes, chance: random.Random) -> bytes:
        root = etree.fromstring(xml)
        elements = list(root.iter())
        moved, target = chance.choice(elements[1:]), chance.choice(elements)
        copied = etree.fromstring(etree.tostring(moved, with_tail=False))
        if chance.random() < 0.5:
            moved.getparent().remove(moved)
        target.insert(chance.randrange(len(target) + 1), copied)
        return etree.tostring(root)

    @pytest.mark.parametrize("sign", ["assertion", "response", "both"])
    @pytest.mark.parametrize("edit", ["flip", "repeat", "split", "declare", "move"])
    def test_no_other_login_comes_out(self, edit, sign):
        minted = mint(sign=sign, attributes={"mail": "a@b", "groups": ["x", "y"]})
        honest, chance = said(judge(minted)), random.Random(f"{edit} {sign}")
        outcomes = set()
        for _ in range(60):
            rewritten = getattr(self, edit)(minted.xml, chance)
            try:
                assert said(judge(minted.with_xml(rewritten))) == honest
            except RelyraError as refusal:
                outcomes.add(refusal.code)
        assert outcomes


def signed_by_xmlsec(xml: bytes, host: str, prefixes: list[str]) -> str:
    """Sign as libxmlsec does: another implementation than the kit's."""
    root = etree.fromstring(xml)
    signed = root if host == "response" else root.find(c.SAML + "Assertion")
    template = xmlsec.template.create(
        signed, xmlsec.Transform.EXCL_C14N, xmlsec.Transform.RSA_SHA256, ns="ds"
    )
    signed.insert(1, template)
    reference = xmlsec.template.add_reference(
        template, xmlsec.Transform.SHA256, uri="#" + signed.get("ID")
    )
    xmlsec.template.add_transform(reference, xmlsec.Transform.ENVELOPED)
    transform = xmlsec.template.add_transform(reference, xmlsec.Transform.EXCL_C14N)
    if prefixes:
        xmlsec.template.transform_add_c14n_inclusive_namespaces(transform, prefixes)
    context = xmlsec.SignatureContext()
    context.key = xmlsec.Key.from_memory(IDP.signing_key.private_key_pem, xmlsec.KeyFormat.PEM)
    context.register_id(signed, "ID")
    context.sign(template)
    return base64.b64encode(etree.tostring(root)).decode()


HONEST_EDITS = {
    "as minted": lambda xml: xml,
    "CRLF": lambda xml: xml.replace(b"><", b">\r\n<"),
    "CR": lambda xml: xml.replace(b"><saml:Subject", b">&#13;\n<saml:Subject"),
    "CDATA": lambda xml: xml.replace(b">alice<", b">al<![CDATA[ic]]>e<"),
    "character reference": lambda xml: xml.replace(b">alice<", b">al&#x69;ce<"),
    "xml:lang": lambda xml: xml.replace(b"<samlp:Response ", b'<samlp:Response xml:lang="en" '),
    "prefix above": lambda xml: xml.replace(
        b"<samlp:Response ", b'<samlp:Response xmlns:z="urn:z" '
    ),
}


@pytest.mark.parametrize("host", ["assertion", "response"])
@pytest.mark.parametrize("prefixes", [[], ["xs"], ["z", "saml", "xs"]], ids=str)
@pytest.mark.parametrize("edit", HONEST_EDITS.values(), ids=HONEST_EDITS)
def test_what_libxmlsec_signs(host, prefixes, edit):
    payload = signed_by_xmlsec(edit(mint(sign="none").xml), host, prefixes)
    judged = validate_response(payload, CONNECTION, request_id=REQUEST_ID, now=NOW)
    assert judged.name_id.value == "alice"
    assert judged.signed == host


@pytest.mark.parametrize(
    "certificates", [None, 1, "x", (None,), (1,), (b"x",), ("rubbish",), ("\0",), ("x" * 70_000,)]
)
def test_a_snapshot_made_by_hand_is_refused_in_our_own_words(certificates):
    assert judge(mint())
    connection = dataclasses.replace(CONNECTION, idp_certificates=certificates)
    with pytest.raises(RelyraError):
        validate_response(mint().encoded, connection, request_id=REQUEST_ID, now=NOW)


def test_another_policy_object_is_refused_in_our_own_words():
    assert judge(mint(), policy=dataclasses.asdict(Policy()))
    connection = dataclasses.replace(CONNECTION, policy=None)
    with pytest.raises(RelyraError):
        validate_response(mint().encoded, connection, request_id=REQUEST_ID, now=NOW)
