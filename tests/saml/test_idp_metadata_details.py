"""What operators are told of metadata that is refused, and limits at their very edge."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from lxml import etree

from relyra_django.saml import ErrorCode, RelyraError, idp_metadata, xml
from relyra_django.saml import constants as c
from relyra_django.saml.connection import SsoBinding
from relyra_django.saml.idp_metadata import document, keys, names
from relyra_django.testing.keys import signing_key
from relyra_django.testing.metadata_spec import PublishedKey
from tests.saml.metadata_reading import IDP, NOW, PINS, assert_refused, publish, read, said

SMALL = signing_key("rsa1024")
SHIBMD_SCOPE = c.SHIBMD + "Scope"


def told(code: ErrorCode, data: bytes, **arguments: Any) -> tuple[str, dict[str, Any]]:
    refusal = assert_refused(code, data, **arguments)
    return refusal.message, dict(refusal.details)


def edited(edit: Callable[[etree._Element], None], **knobs: Any) -> bytes:
    return IDP.metadata(edit=edit, **knobs)


def rename(element: str, attribute: str, value: str) -> Callable[[etree._Element], None]:
    def edit(root: etree._Element) -> None:
        for found in root.iter(c.MD + element):
            found.set(attribute, value)

    return edit


def repeat(element: str, times: int) -> Callable[[etree._Element], None]:
    """Leave this many elements of the role, which had at least one."""

    def edit(root: etree._Element) -> None:
        role = next(root.iter(c.MD + "IDPSSODescriptor"))
        found = role.findall(c.MD + element)
        for surplus in found[1:]:
            role.remove(surplus)
        for _ in range(times - 1):
            copy = etree.fromstring(etree.tostring(found[0]))
            found[0].addnext(copy)

    return edit


class TestDocument:
    def test_another_document(self) -> None:
        assert told(ErrorCode.METADATA_WRONG_ROOT, b'<a xmlns="urn:x"/>') == (
            "The document is not metadata.",
            {"actual": "{urn:x}a"},
        )

    def test_an_unsigned_one(self) -> None:
        data = IDP.metadata()
        assert told(ErrorCode.MISSING_SIGNATURE, data, signing_certificates=PINS) == (
            "The root of the metadata is not signed.",
            {},
        )

    @pytest.mark.parametrize("written", ["", " x", "x ", "a\u200bb", "x" * 1_025])
    def test_a_name_that_is_none(self, written: str) -> None:
        data = edited(lambda root: root.set("entityID", written))
        assert told(ErrorCode.METADATA_MISSING_ENTITY_ID, data) == (
            "The entity has no usable entityID.",
            {"expected": 1_024, "actual": len(written)},
        )

    def test_no_name_at_all(self) -> None:
        data = edited(lambda root: root.attrib.pop("entityID"))
        details = told(ErrorCode.METADATA_MISSING_ENTITY_ID, data)[1]
        assert details == {"expected": 1_024, "actual": 0}
        assert_refused(ErrorCode.METADATA_MISSING_ENTITY_ID, data, entity_id="urn:x")

    def test_the_shortest_name(self) -> None:
        assert said(entity_id="x").entity_id == "x"

    def test_nobody_of_that_name(self) -> None:
        data = IDP.metadata(others=2)
        assert told(ErrorCode.METADATA_ENTITY_NOT_FOUND, data, entity_id="urn:x") == (
            "The metadata has no entity of that name.",
            {"expected": 1},
        )

    def test_no_provider(self) -> None:
        data = edited(rename("IDPSSODescriptor", "protocolSupportEnumeration", "urn:x"))
        assert told(ErrorCode.METADATA_ENTITY_NOT_FOUND, data) == (
            "The metadata has no identity provider.",
            {"expected": 1},
        )
        named = told(ErrorCode.METADATA_ENTITY_NOT_FOUND, data, entity_id=IDP.entity_id)
        assert named[0] == "The metadata has no IDPSSODescriptor for SAML 2.0."

    def test_a_role_that_names_no_protocol(self) -> None:
        def edit(root: etree._Element) -> None:
            del next(root.iter(c.MD + "IDPSSODescriptor")).attrib["protocolSupportEnumeration"]

        assert_refused(ErrorCode.METADATA_ENTITY_NOT_FOUND, edited(edit))

    def test_a_role_for_several_protocols(self) -> None:
        several = f"urn:x\n {c.PROTOCOL_NS} urn:y"
        data = edited(rename("IDPSSODescriptor", "protocolSupportEnumeration", several))
        assert read(data).entity_id == IDP.entity_id

    def test_several_providers(self) -> None:
        message, details = told(ErrorCode.METADATA_ENTITY_AMBIGUOUS, IDP.metadata(others=2))
        assert message == "The metadata has more than one identity provider."
        assert details["expected"] == 1
        assert details["actual"] == 2

    def test_an_entity_twice(self) -> None:
        def edit(root: etree._Element) -> None:
            root.append(etree.fromstring(etree.tostring(root[-1])))

        data = edited(edit, others=1)
        assert told(ErrorCode.METADATA_ENTITY_AMBIGUOUS, data, entity_id=IDP.entity_id) == (
            "The metadata has more than one entity of that name.",
            {"expected": 1, "actual": 2},
        )

    def test_entities_are_met_in_the_order_of_the_document(self) -> None:
        root = etree.fromstring(IDP.metadata(others=4, nesting=1))
        written = [entity.get("entityID") for entity in root.iter(c.MD + "EntityDescriptor")]
        walked = [levels[-1].get("entityID") for levels in document._walk(root)]
        assert list(filter(None, walked)) == written
        assert len(set(written)) == 5

    def test_nested_too_deeply(self) -> None:
        data = IDP.metadata(nesting=document.MAX_NESTING, others=1)
        assert told(ErrorCode.MALFORMED_XML, data) == ("The metadata is nested too deeply.", {})

    def test_written_out_at_great_length(self) -> None:
        uri = b"urn:".ljust(xml.MAX_NAMESPACE_LENGTH, b"x")
        data = publish().replace(b" ID=", b' xmlns:p="%s" ID=' % uri, 1)
        data = data.replace(
            b"</md:EntityDescriptor>", b"<p:a/>" * 9_000 + b"</md:EntityDescriptor>"
        )
        assert told(ErrorCode.MALFORMED_XML, data, signing_certificates=PINS) == (
            "The metadata would grow too much when it is canonicalized.",
            {},
        )

    def test_a_defect(self) -> None:
        assert told(ErrorCode.INTERNAL_PROTOCOL_ERROR, None) == (  # type: ignore[arg-type]
            "The metadata failed in a way nobody foresaw.",
            {"reason": "TypeError"},
        )

    def test_expired_metadata(self) -> None:
        data = IDP.metadata(valid_until="2001-01-01T00:00:00Z")
        message, details = told(ErrorCode.METADATA_EXPIRED, data)
        assert message == "The metadata is no longer valid."
        assert details["expected"] == NOW.isoformat()


class TestGrowth:
    """A namespace of 200 octets, used 800 times, is eight times the 20,000 that are allowed."""

    LONG = b' xmlns:p="' + b"x" * 198 + b'"'

    def check(self, data: bytes, signs: bytes, length: int = 20_000 - xml.MAX_ELEMENTS) -> None:
        document._check_growth((data + signs).ljust(length))

    @pytest.mark.parametrize("sign", [b"<", b"=", b"<a/></a>", b"</a>=", b"< "])
    def test_what_counts(self, sign: bytes) -> None:
        self.check(self.LONG, sign * 799)
        with pytest.raises(RelyraError):
            self.check(self.LONG, sign * 800)

    def test_what_does_not(self) -> None:
        self.check(self.LONG, b"<" * 799 + b"</a>" * 100 + b">" * 100)

    def test_a_longer_document_may_hold_more(self) -> None:
        self.check(self.LONG, b"<" * 800, 20_025 - xml.MAX_ELEMENTS)

    def test_the_longest_namespace_counts(self) -> None:
        short = b" xmlns='urn:x' "
        with pytest.raises(RelyraError):
            self.check(short + self.LONG, b"<" * 799)
        with pytest.raises(RelyraError):
            self.check(self.LONG + short, b"<" * 799)

    def test_without_any_namespace(self) -> None:
        self.check(b"", b"<" * 10_000)


class TestSizes:
    def test_how_many_bytes(self) -> None:
        data = IDP.metadata()
        assert read(data, max_bytes=len(data)).entity_id == IDP.entity_id
        assert_refused(ErrorCode.PAYLOAD_TOO_LARGE, data, max_bytes=len(data) - 1)
        assert idp_metadata.METADATA_MAX_BYTES == 5_242_880
        assert idp_metadata.AGGREGATE_MAX_BYTES == 67_108_864

    def test_keys(self) -> None:
        most = edited(repeat("KeyDescriptor", 64))
        assert read(most).signing_certificates == (IDP.certificate_pem,)
        assert told(ErrorCode.MALFORMED_XML, edited(repeat("KeyDescriptor", 65))) == (
            "The identity provider has too many keys.",
            {"expected": 64},
        )

    def test_certificates_of_one_key(self) -> None:
        written = IDP.signing_key.certificate_base64
        most = (PublishedKey(certificates=(written,) * keys.MAX_CERTIFICATES),)
        assert len(said(keys=most).unusable_certificates) == 63
        over = (PublishedKey(certificates=(written,) * 65),)
        assert_refused(ErrorCode.MALFORMED_XML, IDP.metadata(keys=over))

    def test_formats(self) -> None:
        formats = tuple(f"urn:x:{number}" for number in range(names.MAX_FORMATS + 1))
        assert said(name_id_formats=formats[:-1]).name_id_formats == formats[:-1]
        assert told(ErrorCode.MALFORMED_XML, IDP.metadata(name_id_formats=formats)) == (
            "The identity provider says too much of one kind.",
            {"expected": 32, "actual": 33},
        )
        longest = "urn:".ljust(names.MAX_FORMAT_LENGTH, "x")
        assert said(name_id_formats=(longest,)).name_id_formats == (longest,)

    def test_scopes(self) -> None:
        scopes = tuple(f"s{number}.example.org" for number in range(names.MAX_SCOPES + 1))
        assert said(scopes=scopes[:-1]).scopes == scopes[:-1]
        assert told(ErrorCode.MALFORMED_XML, IDP.metadata(scopes=scopes))[1] == {
            "expected": 512,
            "actual": 513,
        }
        longest = "x" * 255
        found = said(scopes=(longest, longest + "y", "z" * 300))
        assert found.scopes == (longest,)
        assert found.ignored_scopes == (longest, "z" * 255)

    def test_name(self) -> None:
        assert said(display_names={"en": "x" * 256}).display_name == "x" * 255
        cut = said(display_names={"en": "x" * 254 + " y"}).display_name
        assert cut == "x" * 254
        late = " " * (names.MAX_READ - 1) + "xy"
        assert said(display_names={"en": late}).display_name == "x"


class TestKeys:
    def test_why_there_is_none_for_signing(self) -> None:
        published = (
            PublishedKey.of(SMALL),
            PublishedKey.of(IDP.signing_key, use="encryption"),
            PublishedKey(certificates=(), use=None),
        )
        data = IDP.metadata(keys=published)
        assert told(ErrorCode.METADATA_MISSING_CERTIFICATE, data) == (
            "There is no usable certificate for signing.",
            {"actual": ["key_too_small", "for encryption", "no_certificate"]},
        )

    def test_several_issuers_behind_a_key(self) -> None:
        written = IDP.signing_key.certificate_base64
        found = said(keys=(PublishedKey(certificates=(written, written, written), use=None),))
        assert found.encryption_certificates == (IDP.certificate_pem,)
        assert [(one.position, one.reason) for one in found.unusable_certificates] == [
            (1, "chain"),
            (1, "chain"),
        ]

    def test_what_else_says_of_a_key_is_not_a_key(self) -> None:
        """X509Data may name the certificate in other ways, before it or behind it."""

        def edit(root: etree._Element) -> None:
            for certificate in list(root.iter(c.DS + "X509Certificate")):
                certificate.addprevious(etree.Element(c.DS + "X509SubjectName"))
                certificate.addnext(etree.Element(c.DS + "X509SKI"))

        found = said(edit=edit)
        assert found.signing_certificates == (IDP.certificate_pem,)
        assert found.unusable_certificates == ()

    @pytest.mark.parametrize("use", ["both", "", "Signing", "SIGNING", "signing "])
    def test_a_use_that_is_none(self, use: str) -> None:
        published = (PublishedKey.of(IDP.signing_key), PublishedKey.of(IDP.signing_key, use=use))
        [unusable] = said(keys=published).unusable_certificates
        assert (unusable.position, unusable.use, unusable.reason) == (2, None, "unknown_use")


class TestNames:
    def test_of_the_organization_of_the_role_before_that_of_the_entity(self) -> None:
        def organization(text: str) -> etree._Element:
            made = etree.Element(c.MD + "Organization")
            name = etree.SubElement(made, c.MD + "OrganizationDisplayName")
            name.set(c.XML + "lang", "de")
            name.text = text
            return made

        def edit(root: etree._Element) -> None:
            root.append(organization("of the entity"))
            root.find(c.MD + "IDPSSODescriptor").append(organization("of the role"))

        assert said(edit=edit).display_name == "of the role"

        def only_outside(root: etree._Element) -> None:
            root.append(organization("of the entity"))

        assert said(edit=only_outside).display_name == "of the entity"

    @pytest.mark.parametrize("language", ["EN", "en-US", "En-gb"])
    def test_english_however_it_is_spelt(self, language: str) -> None:
        shown = said(display_names={"de": "Dienst", language: "Service"}).display_name
        assert shown == "Service"

    @pytest.mark.parametrize("language", ["eng", "de-en", ""])
    def test_and_nothing_else(self, language: str) -> None:
        shown = said(display_names={"de": "Dienst", language: "Service"}).display_name
        assert shown == "Dienst"

    @pytest.mark.parametrize("written", ["\u200b x", "x \u200b", "\u202e x \u200b"])
    def test_no_blank_is_left_beside_what_cannot_be_seen(self, written: str) -> None:
        assert said(display_names={"en": written}).display_name == "x"

    def test_a_name_without_a_language(self) -> None:
        def edit(root: etree._Element) -> None:
            first = next(root.iter(c.MDUI + "DisplayName"))
            del first.attrib[c.XML + "lang"]

        names_of_two = {"xx": "Nameless", "en": "Service"}
        assert said(display_names=names_of_two, edit=edit).display_name == "Service"

    @pytest.mark.parametrize("scope", ["a@b", "two words", "a\u200bb", ""])
    def test_what_is_no_scope(self, scope: str) -> None:
        found = said(scopes=(scope, "example.org"))
        assert (found.scopes, found.ignored_scopes) == (("example.org",), (scope,))

    def test_scopes_of_the_role_come_first(self) -> None:
        def edit(root: etree._Element) -> None:
            outer = etree.Element(c.MD + "Extensions")
            etree.SubElement(outer, SHIBMD_SCOPE).text = "outer.example.org"
            root.insert(0, outer)

        found = said(scopes=("inner.example.org",), edit=edit)
        assert found.scopes == ("inner.example.org", "outer.example.org")


class TestEndpoints:
    def test_none_that_can_be_used(self) -> None:
        data = IDP.metadata(sso_endpoints=(("urn:x", "https://idp.example.org/sso"),))
        assert told(ErrorCode.METADATA_MISSING_SSO_SERVICE, data) == (
            "There is no usable SingleSignOnService for HTTP-Redirect or HTTP-POST.",
            {},
        )

    @pytest.mark.parametrize("element", ["SingleSignOnService", "SingleLogoutService"])
    def test_too_many(self, element: str) -> None:
        knobs = {"slo_url": "https://idp.example.org/slo"}
        assert read(edited(repeat(element, 64), **knobs)).sso_endpoints
        assert told(ErrorCode.MALFORMED_XML, edited(repeat(element, 65), **knobs)) == (
            "The identity provider has too many endpoints.",
            {"expected": 64, "actual": 65},
        )

    def test_the_response_location_stands_in_for_nothing(self) -> None:
        def edit(root: etree._Element) -> None:
            for service in root.iter(c.MD + "SingleLogoutService"):
                service.attrib.pop("Location")
                service.set("ResponseLocation", "https://idp.example.org/done")

        assert said(slo_url="https://idp.example.org/slo", edit=edit).slo_endpoints == ()

    def test_bindings(self) -> None:
        found = said(slo_url="https://idp.example.org/slo")
        assert {one.binding for one in found.slo_endpoints} == {
            SsoBinding.POST,
            SsoBinding.REDIRECT,
        }
