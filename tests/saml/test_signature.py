"""The structure of a Signature, the two verifiers, and the bytes that are read afterwards."""

from __future__ import annotations

import base64
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest
import xmlsec
from lxml import etree

from relyra_django.saml import ErrorCode, Hatch, RelyraError, signature, toolkit
from relyra_django.saml import constants as c
from relyra_django.testing.fake_idp import FakeIdP
from tests.saml.judging import CONNECTION, IDP, NOW, REQUEST_ID, assert_refused, judge, mint
from tests.saml.test_bindings import pem_of

DS_OBJECT = c.DS + "Object"


NEW_PROCESS = """
import sys
from datetime import datetime
from relyra_django.saml import ConnectionSnapshot, validate_response
payload, now, request_id, idp, sp, acs_url, certificate = sys.argv[1:]
connection = ConnectionSnapshot(
    connection_id="c", idp_entity_id=idp, sp_entity_id=sp, acs_url=acs_url,
    idp_certificates=(certificate,),
)
validate_response(payload, connection, request_id=request_id, now=datetime.fromisoformat(now))
"""


def judge_in_a_new_process(minted):
    """Judge where no parser has met any name yet: what libxml2 knows, it knows for good."""
    ours = (CONNECTION.idp_entity_id, CONNECTION.sp_entity_id, CONNECTION.acs_url)
    arguments = (minted.encoded, NOW.isoformat(), REQUEST_ID, *ours, IDP.certificate_pem)
    done = subprocess.run(
        [sys.executable, "-c", NEW_PROCESS, *arguments], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


def edited(edit, **knobs):
    """Rewrite an honest, signed message as an attacker on the way would."""
    minted = mint(**knobs)
    root = etree.fromstring(minted.xml)
    edit(root)
    return minted.with_xml(etree.tostring(root))


def find(root: etree._Element, name: str) -> etree._Element:
    return next(root.iter(c.DS + name))


def structure_edits():
    def wrong_uri(uri):
        return lambda root: find(root, "Reference").set("URI", uri)

    def repeat(name):
        def edit(root):
            element = find(root, name)
            element.addnext(etree.fromstring(etree.tostring(element)))

        return edit

    def remove(name):
        def edit(root):
            element = find(root, name)
            element.getparent().remove(element)

        return edit

    def append(parent, tag):
        return lambda root: etree.SubElement(find(root, parent), tag)

    def inside_extensions(root):
        extensions = etree.Element(c.SAMLP + "Extensions")
        root.insert(1, extensions)
        extensions.append(etree.fromstring(etree.tostring(find(root, "Signature"))))

    yield "URI of another", wrong_uri("#_other")
    yield "empty URI", wrong_uri("")
    yield (
        "URI of the Response",
        lambda root: find(root, "Reference").set("URI", "#" + root.get("ID")),
    )
    yield "XPointer", wrong_uri("#xpointer(/)")
    yield "external URI", wrong_uri("https://evil.example/x.xml")
    yield "no URI", lambda root: find(root, "Reference").attrib.pop("URI")
    for name in ("SignedInfo", "SignatureValue", "Reference", "DigestValue", "DigestMethod"):
        yield f"two {name}", repeat(name)
        yield f"no {name}", remove(name)
    for name in ("CanonicalizationMethod", "SignatureMethod", "Transforms", "KeyInfo", "Signature"):
        yield f"two {name}", repeat(name)
    yield "Object", append("Signature", DS_OBJECT)
    yield "Object in KeyInfo", append("KeyInfo", DS_OBJECT)
    yield "Manifest", append("KeyInfo", c.DS + "Manifest")
    yield "RetrievalMethod", append("KeyInfo", c.DS + "RetrievalMethod")
    yield "foreign child", append("Signature", "{urn:x}y")
    yield "HMACOutputLength", append("SignatureMethod", c.DS + "HMACOutputLength")
    yield "child of DigestMethod", append("DigestMethod", "{urn:x}y")
    yield "child of DigestValue", append("DigestValue", "{urn:x}y")
    yield "child of SignatureValue", append("SignatureValue", "{urn:x}y")
    yield "in Extensions", inside_extensions


@pytest.mark.parametrize(("name", "edit"), list(structure_edits()), ids=lambda v: str(v)[:30])
def test_structure_is_checked_before_any_key(name, edit):
    judge(mint())
    assert_refused(ErrorCode.AMBIGUOUS_SIGNED_NODE, edited(edit))
    # The same with no certificate at all: no key was asked for.
    assert_refused(ErrorCode.AMBIGUOUS_SIGNED_NODE, edited(edit), idp_certificates=())


class TestTransforms:
    @pytest.mark.parametrize(
        "algorithms",
        [
            [],
            [c.ENVELOPED_SIGNATURE],
            [c.EXC_C14N],
            [c.EXC_C14N, c.ENVELOPED_SIGNATURE],
            [c.ENVELOPED_SIGNATURE, c.EXC_C14N, c.EXC_C14N],
            [c.ENVELOPED_SIGNATURE, c.EXC_C14N + "WithComments"],
            [c.ENVELOPED_SIGNATURE, "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"],
            [c.ENVELOPED_SIGNATURE, "http://www.w3.org/2006/12/xml-c14n11"],
            [c.ENVELOPED_SIGNATURE, "http://www.w3.org/TR/1999/REC-xslt-19991116"],
            ["http://www.w3.org/TR/1999/REC-xpath-19991116", c.EXC_C14N],
            ["http://www.w3.org/2002/06/xmldsig-filter2", c.EXC_C14N],
        ],
    )
    def test_exactly_two(self, algorithms):
        def edit(root):
            transforms = find(root, "Transforms")
            transforms[:] = [
                transforms.makeelement(c.DS + "Transform", Algorithm=name) for name in algorithms
            ]

        assert_refused(ErrorCode.CANONICALIZATION_FAILED, edited(edit))

    @pytest.mark.parametrize(
        "algorithm",
        ["http://www.w3.org/TR/2001/REC-xml-c14n-20010315", c.EXC_C14N + "WithComments", ""],
    )
    def test_canonicalization_method(self, algorithm):
        def edit(root):
            find(root, "CanonicalizationMethod").set("Algorithm", algorithm)

        assert_refused(ErrorCode.CANONICALIZATION_FAILED, edited(edit))

    def test_content_in_a_transform(self):
        def edit(root):
            etree.SubElement(find(root, "Transform"), c.DS + "XPath").text = "self::*"

        assert_refused(ErrorCode.CANONICALIZATION_FAILED, edited(edit))

    @pytest.mark.parametrize("prefixes", [("xs",), ("#default", "xs", "samlp"), ()])
    def test_inclusive_prefixes_of_honest_identity_providers(self, prefixes):
        accepted = judge(mint(inclusive_prefixes=prefixes, attributes={"a": "b"}))
        assert accepted.values("a") == ("b",)

    @pytest.mark.parametrize("prefixes", ["1x", "x:y", "a " * 17, "#all", "x\u00a0y:"])
    def test_other_lists(self, prefixes):
        def edit(root):
            inclusive = etree.SubElement(
                root.findall(f".//{c.DS}Transform")[1], c.EC + "InclusiveNamespaces"
            )
            inclusive.set("PrefixList", prefixes)

        assert_refused(ErrorCode.CANONICALIZATION_FAILED, edited(edit))

    @pytest.mark.parametrize("times", [2, "nested", "foreign"])
    def test_other_parameters(self, times):
        def edit(root):
            transform = root.findall(f".//{c.DS}Transform")[1]
            tag = "{urn:x}y" if times == "foreign" else c.EC + "InclusiveNamespaces"
            first = etree.SubElement(transform, tag)
            if times != "foreign":
                etree.SubElement(first if times == "nested" else transform, tag)

        assert_refused(ErrorCode.CANONICALIZATION_FAILED, edited(edit))


class TestCrypto:
    def test_content_changed(self):
        tampered = mint().tampered("alice", "admin")
        assert_refused(ErrorCode.DIGEST_MISMATCH, tampered)

    def test_value_changed(self):
        def flip(root):
            value = find(root, "SignatureValue")
            raw = bytearray(base64.b64decode(value.text))
            raw[7] ^= 1
            value.text = base64.b64encode(raw).decode()

        assert_refused(ErrorCode.INVALID_SIGNATURE, edited(flip))

    def test_digest_recomputed_by_the_attacker(self):
        import hashlib

        def forge(root):
            next(root.iter(c.SAML + "NameID")).text = "admin"
            copy = etree.fromstring(etree.tostring(root))
            assertion = copy.find(c.SAML + "Assertion")
            parts = signature.read_structure(find(copy, "Signature"), assertion)
            content = signature._signed_content(parts)
            digest = base64.b64encode(hashlib.sha256(content).digest()).decode()
            find(root, "DigestValue").text = digest

        assert_refused(ErrorCode.INVALID_SIGNATURE, edited(forge))

    @pytest.mark.parametrize(
        ("place", "code"),
        [(0, ErrorCode.INVALID_SIGNATURE), (1, ErrorCode.DIGEST_MISMATCH)],
    )
    def test_either_signature_of_two(self, place, code):
        """The outer one comes first, and it covers the inner one."""

        def spoil(root):
            digest = root.findall(f".//{c.DS}DigestValue")[place]
            digest.text = base64.b64encode(b"\0" * 32).decode()

        judge(mint(sign="both"))
        assert_refused(code, edited(spoil, sign="both"))

    @pytest.mark.parametrize("value", ["%", "QUJD=", "QUJ", "QR==", "Q UJD\u00a0"])
    @pytest.mark.parametrize(
        ("name", "code"),
        [
            ("SignatureValue", ErrorCode.INVALID_SIGNATURE),
            ("DigestValue", ErrorCode.DIGEST_MISMATCH),
        ],
    )
    def test_values_that_are_not_base64(self, name, code, value):
        def spoil(root):
            find(root, name).text = value

        assert_refused(code, edited(spoil))

    def test_white_space_in_values(self):
        def wrap(root):
            value = find(root, "SignatureValue")
            value.text = "\r\n  " + "\n".join(
                value.text[i : i + 64] for i in range(0, len(value.text), 64)
            )

        judge(edited(wrap))

    def test_key_of_another_kind(self):
        ec = FakeIdP(key="ec")
        assert_refused(ErrorCode.INVALID_SIGNATURE, mint(), idp_certificates=(ec.certificate_pem,))

    def test_no_certificate(self):
        assert_refused(ErrorCode.UNTRUSTED_CERTIFICATE, mint(), idp_certificates=())

    def test_small_key_is_refused_at_run_time_too(self):
        small = FakeIdP(key="rsa1024")
        minted = small.response(in_response_to=REQUEST_ID, now=NOW)
        assert_refused(
            ErrorCode.UNTRUSTED_CERTIFICATE, minted, idp_certificates=(small.certificate_pem,)
        )

    @pytest.mark.parametrize("shown", ["none", "wrong", "certificate"])
    def test_key_info_decides_nothing(self, shown):
        judge(mint(key_info=shown))
        stranger = FakeIdP(name="stranger")
        forged = stranger.response(in_response_to=REQUEST_ID, now=NOW, key_info=shown)
        assert_refused(ErrorCode.INVALID_SIGNATURE, forged)

    def test_the_verifiers_must_agree(self, monkeypatch):
        monkeypatch.setattr(toolkit, "verifies", lambda *_: False)
        refusal = assert_refused(ErrorCode.INTERNAL_PROTOCOL_ERROR, mint())
        assert refusal.details["reason"] == "verifier_disagreement"

    def test_nor_does_libxmlsec_decide_alone(self, monkeypatch):
        monkeypatch.setattr(toolkit, "verifies", lambda *_: True)
        refusal = assert_refused(
            ErrorCode.INTERNAL_PROTOCOL_ERROR, mint().tampered("alice", "admin")
        )
        assert refusal.details["reason"] == "verifier_disagreement"


class TestAlgorithms:
    SHA1 = {"digest": "sha1", "method_digest": "sha1"}

    def test_sha1_only_through_an_open_hatch(self):
        minted = mint(**self.SHA1)
        assert_refused(ErrorCode.DEPRECATED_ALGORITHM, minted)
        hatch = Hatch(reason="AD FS 2.0", expires_at=NOW + timedelta(days=1))
        judge(minted, policy={"legacy_sha1": hatch})
        shut = Hatch(reason="AD FS 2.0", expires_at=NOW)
        assert_refused(
            ErrorCode.LEGACY_ALGORITHM_OVERRIDE_EXPIRED, minted, policy={"legacy_sha1": shut}
        )
        blank = Hatch(reason="  ", expires_at=NOW + timedelta(days=1))
        assert_refused(ErrorCode.DEPRECATED_ALGORITHM, minted, policy={"legacy_sha1": blank})

    @pytest.mark.parametrize("part", ["digest", "method_digest"])
    def test_both_algorithms_count(self, part):
        assert_refused(ErrorCode.DEPRECATED_ALGORITHM, mint(**{part: "sha1"}))

    @pytest.mark.parametrize(
        "uri",
        [
            "",
            "http://www.w3.org/2000/09/xmldsig#hmac-sha1",
            "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256",
            "http://www.w3.org/2001/04/xmldsig-more#rsa-md5",
            "http://www.w3.org/2000/09/xmldsig#dsa-sha1",
            "http://www.w3.org/2009/xmldsig11#dsa-sha256",
            "http://www.w3.org/2001/04/xmldsig-more#rsa-ripemd160",
            "http://www.w3.org/2007/05/xmldsig-more#rsa-pss",
            "http://www.w3.org/2007/05/xmldsig-more#sha3-256-rsa-MGF1",
            c.RSA_SHA256.upper(),
            c.RSA_SHA256 + " ",
            "none",
        ],
    )
    def test_everything_else_is_refused_by_name(self, uri):
        def rename(root):
            find(root, "SignatureMethod").set("Algorithm", uri)

        hatch = Hatch(reason="x", expires_at=NOW + timedelta(days=1))
        assert_refused(
            ErrorCode.DEPRECATED_ALGORITHM, edited(rename), policy={"legacy_sha1": hatch}
        )

    @pytest.mark.parametrize(
        "uri", ["", "http://www.w3.org/2001/04/xmldsig-more#md5", c.RSA_SHA256]
    )
    def test_digests_too(self, uri):
        def rename(root):
            find(root, "DigestMethod").set("Algorithm", uri)

        assert_refused(ErrorCode.DEPRECATED_ALGORITHM, edited(rename))


class TestAgreement:
    """Spellings on which two verifiers might differ: one answer, and it is no alert."""

    @pytest.mark.parametrize("declared", ['xmlns:zz="{}"', 'xmlns="{}"'])
    def test_the_namespace_of_signatures_declared_above(self, declared):
        minted = mint()
        attribute = " " + declared.format(c.DS_NS)
        judge(minted.tampered(b"<samlp:Response", b"<samlp:Response" + attribute.encode()))

    @pytest.mark.parametrize("key", ["ec", "ec384", "ec521"])
    @pytest.mark.parametrize("pad", [1, 4])
    def test_ecdsa_values_with_leading_zeros(self, key, pad):
        idp = FakeIdP(key=key)

        def stretch(root):
            value = find(root, "SignatureValue")
            raw = base64.b64decode(value.text)
            r, s = raw[: len(raw) // 2], raw[len(raw) // 2 :]
            zeros = bytes(pad)
            value.text = base64.b64encode(zeros + r + zeros + s).decode()

        minted = idp.response(in_response_to=REQUEST_ID, now=NOW)
        root = etree.fromstring(minted.xml)
        stretch(root)
        trusted = {"idp_certificates": (idp.certificate_pem,)}
        judge(minted, **trusted)
        assert_refused(
            ErrorCode.INVALID_SIGNATURE, minted.with_xml(etree.tostring(root)), **trusted
        )

    def test_default_namespace_in_a_list_of_prefixes(self):
        """Signed by libxmlsec: lxml alone forgets `#default` unless its parser has met it."""
        minted = mint(sign="none")
        root = etree.fromstring(
            minted.xml.replace(b"<samlp:Response", b'<samlp:Response xmlns="urn:x:unused"', 1)
        )
        assertion = root.find(c.SAML + "Assertion")
        node = xmlsec.template.create(
            assertion, xmlsec.Transform.EXCL_C14N, xmlsec.Transform.RSA_SHA256, ns="ds"
        )
        assertion.insert(1, node)
        reference = xmlsec.template.add_reference(
            node, xmlsec.Transform.SHA256, uri="#" + assertion.get("ID")
        )
        xmlsec.template.add_transform(reference, xmlsec.Transform.ENVELOPED)
        transform = xmlsec.template.add_transform(reference, xmlsec.Transform.EXCL_C14N)
        etree.SubElement(transform, c.EC + "InclusiveNamespaces", PrefixList="#default saml")
        context = xmlsec.SignatureContext()
        context.key = xmlsec.Key.from_memory(pem_of(IDP.signing_key), xmlsec.KeyFormat.PEM)
        context.register_id(assertion, "ID")
        context.sign(node)
        signed = etree.tostring(root)
        for spelled in (b"#default", b"&#35;default", b"#d&#x65;fault"):
            respelled = minted.with_xml(signed.replace(b"#default", spelled))
            judge(respelled)
            judge_in_a_new_process(respelled)

    @pytest.mark.parametrize("blank", ["&#9;", "&#10;", "&#13;", "\u00a0", "\u2003"])
    def test_other_blanks_in_a_list_of_prefixes(self, blank):
        minted = mint(inclusive_prefixes=("xs", "saml"))
        listed = minted.tampered('PrefixList="xs saml"', f'PrefixList="xs{blank}saml"')
        assert_refused(ErrorCode.CANONICALIZATION_FAILED, listed)

    def test_nobody_has_content_canonicalized_without_one_of_our_keys(self, monkeypatch):
        monkeypatch.setattr(signature, "_signed_content", None)
        monkeypatch.setattr(toolkit, "verifies", None)
        stranger = FakeIdP(name="stranger").response(in_response_to=REQUEST_ID, now=NOW)
        assert_refused(ErrorCode.INVALID_SIGNATURE, stranger)


class TestCertificateDates:
    EXPIRED = FakeIdP(
        name="expired",
        validity=(datetime(2020, 1, 1, tzinfo=UTC), datetime(2021, 1, 1, tzinfo=UTC)),
    )

    def minted(self):
        return self.EXPIRED.response(in_response_to=REQUEST_ID, now=NOW)

    def test_the_pinned_key_decides_by_default(self):
        judge(self.minted(), idp_certificates=(self.EXPIRED.certificate_pem,))

    def test_dates_decide_where_the_policy_says_so(self):
        policy = {"refuse_expired_certificates": True}
        assert_refused(
            ErrorCode.CERTIFICATE_EXPIRED,
            self.minted(),
            idp_certificates=(self.EXPIRED.certificate_pem,),
            policy=policy,
        )
        both = (self.EXPIRED.certificate_pem, IDP.certificate_pem)
        judge(mint(), idp_certificates=both, policy=policy)
        assert_refused(
            ErrorCode.INVALID_SIGNATURE, self.minted(), idp_certificates=both, policy=policy
        )


class TestSignedBytes:
    def test_text_after_a_signature_is_content(self):
        """The Signature is taken out, the text behind it stays: libxmlsec sees it so."""
        minted = mint(pretty=True, sign="both")
        judge(minted)

    @pytest.mark.parametrize("prefixes", ["prefixed", "default"])
    def test_canonical_bytes_are_those_of_libxmlsec(self, prefixes):
        judge(mint(prefixes=prefixes, sign="both", attributes={"a": ["1", None, ""]}))

    def test_empty_canonical_output_is_fatal(self, monkeypatch):
        monkeypatch.setattr(signature.etree, "tostring", lambda *_, **__: b"")
        with pytest.raises(RelyraError) as refusal:
            signature.canonicalize(etree.Element("x"))
        assert refusal.value.code is ErrorCode.CANONICALIZATION_FAILED

    def test_canonicalization_that_fails_is_fatal(self):
        element = etree.fromstring('<a xmlns="relative/uri"><b/></a>')
        with pytest.raises(RelyraError) as refusal:
            signature.canonicalize(element)
        assert refusal.value.code is ErrorCode.CANONICALIZATION_FAILED

    def test_identity_is_read_from_the_signed_copy(self):
        """A NameID put into the unsigned envelope is not even looked at."""

        def inject(root):
            extensions = etree.Element(c.SAMLP + "Extensions")
            subject = etree.SubElement(extensions, c.SAML + "Subject")
            etree.SubElement(subject, c.SAML + "NameID").text = "admin"
            root.insert(1, extensions)

        accepted = judge(edited(inject))
        assert accepted.name_id is not None
        assert accepted.name_id.value == "alice"
