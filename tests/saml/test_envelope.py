"""The shape of a Response: names, places and numbers, before any signature is looked at."""

from __future__ import annotations

import pytest
from lxml import etree

from relyra_django.saml import ErrorCode, RelyraError
from relyra_django.saml import constants as c
from relyra_django.saml.envelope import decode_response
from tests.saml.judging import REQUEST_ID, assert_refused, judge, mint


def edited(edit, **knobs):
    minted = mint(**knobs)
    root = etree.fromstring(minted.xml)
    edit(root)
    return minted.with_xml(etree.tostring(root))


class TestEnvelope:
    @pytest.mark.parametrize(
        "tag", [c.SAMLP + "LogoutResponse", c.SAML + "Response", "Response", c.SAMLP + "response"]
    )
    def test_root(self, tag):
        def rename(root):
            root.tag = tag

        assert_refused(ErrorCode.MISSING_PROTOCOL_FIELD, edited(rename))

    @pytest.mark.parametrize("version", [None, "", "1.1", "2.0 ", "2"])
    @pytest.mark.parametrize("name", ["Response", "Assertion"])
    def test_version(self, name, version):
        def edit(root):
            element = root if name == "Response" else root.find(c.SAML + "Assertion")
            element.attrib.pop("Version")
            if version is not None:
                element.set("Version", version)

        assert_refused(ErrorCode.MISSING_PROTOCOL_FIELD, edited(edit))

    @pytest.mark.parametrize("identifier", [None, "", "1", "a b"])
    @pytest.mark.parametrize("name", ["Response", "Assertion"])
    def test_id(self, name, identifier):
        def edit(root):
            element = root if name == "Response" else root.find(c.SAML + "Assertion")
            element.attrib.pop("ID")
            if identifier is not None:
                element.set("ID", identifier)

        assert_refused(ErrorCode.MISSING_PROTOCOL_FIELD, edited(edit))

    @pytest.mark.parametrize(
        "tag", ["{urn:x}Foreign", c.SAML + "Subject", c.SAMLP + "StatusCode", c.SAML + "NameID"]
    )
    def test_other_children(self, tag):
        assert_refused(ErrorCode.MALFORMED_XML, edited(lambda root: etree.SubElement(root, tag)))

    @pytest.mark.parametrize("tag", [c.SAML + "Issuer", c.SAMLP + "Status"])
    def test_children_that_come_once(self, tag):
        def repeat(root):
            child = root.find(tag)
            child.addnext(etree.fromstring(etree.tostring(child)))

        assert_refused(ErrorCode.MALFORMED_XML, edited(repeat))

    def test_extensions_may_be_there(self):
        def extend(root):
            root.insert(1, root.makeelement(c.SAMLP + "Extensions"))
            etree.SubElement(root[1], "{urn:x}anything")

        judge(edited(extend))


class TestStatus:
    @pytest.mark.parametrize("status", ["Responder", "Requester", "VersionMismatch"])
    def test_anything_but_success(self, status):
        minted = mint(status=status, sub_status="AuthnFailed", status_message="<b>secret</b>")
        refusal = assert_refused(ErrorCode.UNSUPPORTED_STATUS, minted)
        assert refusal.details["second_level"].endswith(":AuthnFailed")
        assert "secret" not in f"{refusal}{refusal.details}"

    def test_an_assertion_beside_it_is_ignored(self):
        minted = mint(status="Responder", with_assertion=True, sign="both")
        assert_refused(ErrorCode.UNSUPPORTED_STATUS, minted)

    def test_success_below_failure_is_failure(self):
        minted = mint(status="Responder", sub_status=c.STATUS_SUCCESS, with_assertion=True)
        assert_refused(ErrorCode.UNSUPPORTED_STATUS, minted)

    @pytest.mark.parametrize("written", ["", c.STATUS_SUCCESS + " ", c.STATUS_SUCCESS.upper()])
    def test_near_misses(self, written):
        def rename(root):
            next(root.iter(c.SAMLP + "StatusCode")).set("Value", written)

        assert_refused(ErrorCode.UNSUPPORTED_STATUS, edited(rename))

    @pytest.mark.parametrize("place", ["Status", "StatusCode"])
    def test_missing(self, place):
        def remove(root):
            element = next(root.iter(c.SAMLP + place))
            element.getparent().remove(element)

        assert_refused(ErrorCode.MISSING_PROTOCOL_FIELD, edited(remove))


class TestSoleAssertion:
    def test_none(self):
        def remove(root):
            root.remove(root.find(c.SAML + "Assertion"))

        assert_refused(ErrorCode.AMBIGUOUS_ASSERTION, edited(remove))

    @pytest.mark.parametrize("tag", [c.SAML + "Assertion", c.SAML + "EncryptedAssertion"])
    @pytest.mark.parametrize("place", ["first", "last", "extensions", "status", "inside"])
    def test_a_second_one_anywhere(self, place, tag):
        def add(root):
            second = root.makeelement(tag)
            assertion = root.find(c.SAML + "Assertion")
            if place == "extensions":
                root.insert(1, root.makeelement(c.SAMLP + "Extensions"))
                root[1].append(second)
            elif place == "status":
                detail = etree.SubElement(root.find(c.SAMLP + "Status"), c.SAMLP + "StatusDetail")
                detail.append(second)
            elif place == "inside":
                etree.SubElement(assertion, c.SAML + "Advice").append(second)
            else:
                (assertion.addprevious if place == "first" else assertion.addnext)(second)

        assert_refused(ErrorCode.AMBIGUOUS_ASSERTION, edited(add))

    def test_out_of_its_place(self):
        def move(root):
            extensions = root.makeelement(c.SAMLP + "Extensions")
            root.insert(1, extensions)
            extensions.append(root.find(c.SAML + "Assertion"))

        assert_refused(ErrorCode.AMBIGUOUS_ASSERTION, edited(move))

    def test_encrypted(self):
        def encrypt(root):
            root.find(c.SAML + "Assertion").tag = c.SAML + "EncryptedAssertion"

        assert_refused(ErrorCode.DECRYPTION_FAILED, edited(encrypt, sign="none"))


class TestDecoded:
    def test_any_in_response_to_makes_it_solicited(self):
        assert decode_response(mint().encoded).in_response_to == REQUEST_ID
        inner = mint(response_in_response_to=None)
        decoded = decode_response(inner.encoded)
        assert decoded.in_response_to == REQUEST_ID
        assert decoded.outer_in_response_to is None
        assert decode_response(mint(in_response_to=None).encoded).in_response_to is None

    def test_an_empty_one_too(self):
        minted = mint(in_response_to=None, response_in_response_to="")
        assert decode_response(minted.encoded).in_response_to == ""

    def test_what_cannot_be_parsed(self):
        with pytest.raises(RelyraError) as refusal:
            decode_response("PGE+")
        assert refusal.value.code is ErrorCode.MALFORMED_XML
