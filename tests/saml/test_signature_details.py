"""What is easily overlooked of a signature: the text round it, its own namespaces, its dates."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.hashes import SHA256
from lxml import etree

from relyra_django.saml import ErrorCode, Policy, RelyraError, signature, toolkit
from relyra_django.saml import constants as c
from relyra_django.testing.fake_idp import FakeIdP
from relyra_django.testing.keys import signing_key
from relyra_django.testing.signing import SignatureStyle, canonical, seal, sign
from tests.saml.judging import IDP, NOW, REQUEST_ID, assert_refused, judge, mint

KEY = signing_key()
XS = "http://www.w3.org/2001/XMLSchema"


def signed(xml: str, style: SignatureStyle | None = None) -> etree._Element:
    root = etree.fromstring(xml)
    sign(root, KEY, style or SignatureStyle())
    return root


def verified(root: etree._Element) -> signature.SignedNode:
    [found] = signature.find_signatures(root, (root,)).values()
    return signature.verify(found, (KEY.certificate_pem,), Policy(), NOW)


class TestTextRoundASignature:
    """The Signature goes, the text before and behind it is content and stays."""

    @pytest.mark.parametrize("behind", ["", "\n", "b"])
    @pytest.mark.parametrize("before", ["", "\n  ", "a"])
    @pytest.mark.parametrize("first", ["", "<first/>"])
    def test_is_content(self, first, before, behind):
        root = signed(f'<r ID="_r">{first}{before}{behind}<last/></r>')
        element = next(root.iter(c.DS + "Signature"))
        if first:
            root.remove(element)
            root[0].tail = before
            root.insert(1, element)
        else:
            root.text = before
        element.tail = behind
        assert toolkit.verifies(element, root, KEY.certificate_pem)
        content = etree.tostring(verified(root).root, method="c14n")
        assert content == canonical(
            etree.fromstring(f'<r ID="_r">{first}{before}{behind}<last/></r>')
        )

    @pytest.mark.parametrize("place", ["before", "behind"])
    def test_cannot_be_changed(self, place):
        root = signed('<r ID="_r">a<last/></r>')
        element = root[0]
        assert verified(etree.fromstring(etree.tostring(root)))
        if place == "before":
            root.text = "b"
        else:
            element.tail = "b"
        with pytest.raises(RelyraError) as refusal:
            verified(root)
        assert refusal.value.code is ErrorCode.DIGEST_MISMATCH


def test_signed_info_may_have_prefixes_of_its_own():
    root = etree.fromstring(f'<r xmlns:xs="{XS}" ID="_r"><last/></r>')
    element = sign(root, KEY, SignatureStyle())
    assert verified(etree.fromstring(etree.tostring(root)))
    info, value = element[0], element[1]
    etree.SubElement(info[0], c.EC + "InclusiveNamespaces", PrefixList="xs")
    octets = KEY.sign(canonical(info, ["xs"]))
    assert canonical(info, ["xs"]) != canonical(info)
    value.text = base64.b64encode(octets).decode()
    assert verified(etree.fromstring(etree.tostring(root)))
    seal(element, KEY)
    with pytest.raises(RelyraError) as refusal:
        verified(root)
    assert refusal.value.code is ErrorCode.INVALID_SIGNATURE


@pytest.mark.parametrize(("count", "accepted"), [(0, True), (16, True), (17, False)])
def test_how_many_prefixes_there_may_be(count, accepted):
    names = tuple(f"p{number}" for number in range(count))
    minted = mint(inclusive_prefixes=names)
    if accepted:
        judge(minted)
    else:
        assert_refused(ErrorCode.CANONICALIZATION_FAILED, minted)


def test_canonical_form_has_no_comments():
    element = etree.fromstring("<a><!-- x -->b</a>")
    assert signature.canonicalize(element) == b"<a>b</a>"


def test_what_was_used_is_told():
    root = signed('<r ID="_r"/>', SignatureStyle(digest="sha384", method_digest="sha512"))
    node = verified(root)
    assert (node.method, node.digest_method) == (c.RSA_SHA512, c.SHA384)
    assert node.certificate.pem == KEY.certificate_pem


class TestDates:
    START, END = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 6, 1, tzinfo=UTC)
    DATED = FakeIdP(name="dated", validity=(START, END))

    def judge_at(self, now: datetime) -> object:
        return judge(
            self.DATED.response(in_response_to=REQUEST_ID, now=now),
            now=now,
            idp_certificates=(self.DATED.certificate_pem,),
            policy={"refuse_expired_certificates": True},
        )

    @pytest.mark.parametrize("now", [START, END - timedelta(seconds=1)])
    def test_within(self, now):
        assert self.judge_at(now)

    @pytest.mark.parametrize("now", [START - timedelta(seconds=1), END])
    def test_outside(self, now):
        with pytest.raises(RelyraError) as refusal:
            self.judge_at(now)
        assert refusal.value.code is ErrorCode.CERTIFICATE_EXPIRED
        assert refusal.value.details == {"actual": [self.END.isoformat()]}


class TestWhatOperatorsSee:
    def test_which_certificates_were_tried(self):
        other = FakeIdP(name="other")
        stranger = FakeIdP(name="stranger").response(in_response_to=REQUEST_ID, now=NOW)
        pems = (IDP.certificate_pem, other.certificate_pem)
        refusal = assert_refused(ErrorCode.INVALID_SIGNATURE, stranger, idp_certificates=pems)
        ders = (key.certificate for key in (IDP.signing_key, other.signing_key))
        assert refusal.details["expected"] == [der.fingerprint(SHA256()).hex() for der in ders]

    @pytest.mark.parametrize("name", ["SignatureMethod", "DigestMethod"])
    def test_that_no_algorithm_is_named(self, name):
        root = signed('<r ID="_r"/>')
        del next(root.iter(c.DS + name)).attrib["Algorithm"]
        with pytest.raises(RelyraError) as refusal:
            verified(root)
        assert refusal.value.code is ErrorCode.DEPRECATED_ALGORITHM
        assert refusal.value.details == {"actual": ""}

    def test_by_which_method_the_verifiers_disagree(self, monkeypatch):
        monkeypatch.setattr(toolkit, "verifies", lambda *_: False)
        refusal = assert_refused(ErrorCode.INTERNAL_PROTOCOL_ERROR, mint())
        assert refusal.details["method"] == c.RSA_SHA256
        assert refusal.details["reason"] == "verifier_disagreement"


class TestWhereASignatureStands:
    def test_one_that_is_well_built_in_another_place(self):
        """It would verify. That is why its place is looked at, and not only its structure."""
        root = etree.fromstring('<r ID="_r"><x ID="_x"/></r>')
        sign(root[0], KEY, SignatureStyle())
        assert signature.find_signatures(root, (root[0],))
        with pytest.raises(RelyraError) as refusal:
            signature.find_signatures(root, (root,))
        assert refusal.value.code is ErrorCode.AMBIGUOUS_SIGNED_NODE

    def test_one_that_is_the_document(self):
        element = sign(etree.fromstring('<r ID="_r"/>'), KEY, SignatureStyle())
        root = etree.fromstring(etree.tostring(element))
        with pytest.raises(RelyraError) as refusal:
            signature.find_signatures(root, (root,))
        assert refusal.value.code is ErrorCode.AMBIGUOUS_SIGNED_NODE

    @pytest.mark.parametrize("uri", ["", "#", "#XXXX", "#None"])
    def test_an_element_without_an_id_is_never_signed(self, uri):
        root = signed('<r ID="_r"/>')
        del root.attrib["ID"]
        next(root.iter(c.DS + "Reference")).set("URI", uri)
        with pytest.raises(RelyraError) as refusal:
            signature.find_signatures(root, (root,))
        assert refusal.value.code is ErrorCode.AMBIGUOUS_SIGNED_NODE


@pytest.mark.parametrize("place", ["CanonicalizationMethod", "Transform"])
@pytest.mark.parametrize(
    ("tags", "accepted"),
    [
        ([c.EC + "InclusiveNamespaces"], True),
        ([c.EC + "InclusiveNamespaces"] * 2, False),
        (["{urn:x}InclusiveNamespaces"], False),
        ([c.EC + "InclusiveNamespaces", "{urn:x}other"], False),
    ],
)
def test_one_list_of_prefixes_and_nothing_else(place, tags, accepted):
    root = signed('<r ID="_r"/>')
    holder = list(root.iter(c.DS + place))[-1]
    for tag in tags:
        etree.SubElement(holder, tag, PrefixList="xs")
    seal(root[0], KEY)
    if accepted:
        assert verified(root)
        return
    with pytest.raises(RelyraError) as refusal:
        verified(root)
    assert refusal.value.code is ErrorCode.CANONICALIZATION_FAILED


@pytest.mark.parametrize("name", ["SignatureValue", "DigestValue"])
def test_no_exception_holds_a_value_that_cannot_be_read(name):
    root = signed('<r ID="_r"/>')
    next(root.iter(c.DS + name)).text = "Zoe\u0308"
    with pytest.raises(RelyraError) as refusal:
        signature.find_signatures(root, (root,))
    assert "Zoe" not in repr(vars(refusal.value.__cause__)) + repr(refusal.value.__cause__.args)
