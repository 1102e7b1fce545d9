"""What is read of an identity provider, and where from."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from lxml import etree

from relyra_django.saml import ErrorCode
from relyra_django.saml.connection import SsoBinding
from relyra_django.saml.idp_metadata import (
    CertificateUse,
    Endpoint,
    UnusableCertificate,
    names,
)
from relyra_django.saml.idp_metadata.endpoints import is_usable
from relyra_django.testing.keys import signing_key
from relyra_django.testing.metadata_spec import PublishedKey
from relyra_django.testing.namespaces import DS, MD, MDUI, PERSISTENT, POST, REDIRECT, TRANSIENT
from tests.saml.metadata_reading import (
    FEDERATION,
    IDP,
    NOW,
    PINS,
    assert_refused,
    publish,
    read,
    said,
)

SECOND = signing_key("rsa", "second")
SMALL = signing_key("rsa1024")


def endpoint(binding: SsoBinding, location: str, answer: str | None = None) -> Endpoint:
    return Endpoint(binding=binding, location=location, response_location=answer or location)


class TestEntity:
    def test_what_little_it_says(self) -> None:
        found = said()
        assert found.entity_id == IDP.entity_id
        assert found.display_name == ""
        assert found.name_id_formats == (PERSISTENT, TRANSIENT)
        assert (found.slo_endpoints, found.slo_endpoint) == ((), None)
        assert (found.scopes, found.ignored_scopes) == ((), ())
        assert found.want_authn_requests_signed is False
        assert (found.valid_until, found.cache_duration) == (None, None)
        assert (found.signed, found.certificate_fingerprint) == (False, None)
        assert found.unusable_certificates == ()

    def test_it_is_frozen_and_shows_no_certificate(self) -> None:
        found = said()
        with pytest.raises(FrozenInstanceError):
            found.entity_id = "x"  # type: ignore[misc]
        assert "BEGIN" not in repr(found)
        assert found == said()

    @pytest.mark.parametrize("number", [0, 3])
    def test_the_one_that_is_named(self, number: int) -> None:
        name = f"https://member{number}.example.net/saml"
        found = read(publish(others=5), entity_id=name, signing_certificates=PINS)
        assert found.entity_id == name
        assert found.sso_endpoint.location == name + "/sso"

    def test_a_service_provider_that_is_named(self) -> None:
        name = "https://member1.example.net/saml"
        refusal = assert_refused(
            ErrorCode.METADATA_ENTITY_NOT_FOUND, publish(others=5), entity_id=name
        )
        assert "IDPSSODescriptor" in refusal.message

    def test_one_provider_among_services_needs_no_name(self) -> None:
        def services(root: etree._Element) -> None:
            root[0].find(f"{{{MD}}}IDPSSODescriptor").tag = f"{{{MD}}}SPSSODescriptor"

        assert read(publish(others=3, edit=services)).entity_id == IDP.entity_id
        assert_refused(ErrorCode.METADATA_ENTITY_AMBIGUOUS, publish(others=3))

    def test_none_named_and_the_only_provider_is_there_as_a_service_too(self) -> None:
        def rename(root: etree._Element) -> None:
            root[0].set("entityID", IDP.entity_id)
            root[0].find(f"{{{MD}}}IDPSSODescriptor").tag = f"{{{MD}}}SPSSODescriptor"

        assert_refused(ErrorCode.METADATA_ENTITY_AMBIGUOUS, publish(others=1, edit=rename))

    def test_names_of_other_entities_are_their_own_affair(self) -> None:
        def nameless(root: etree._Element) -> None:
            del root[0].attrib["entityID"]

        data = publish(others=3, edit=nameless)
        assert read(data, entity_id=IDP.entity_id).entity_id == IDP.entity_id

    @pytest.mark.parametrize("length", [1_024, 1_025])
    def test_length_of_the_name(self, length: int) -> None:
        name = "https://idp.example.org/".ljust(length, "x")
        data = IDP.metadata(entity_id=name)
        if length > 1_024:
            assert_refused(ErrorCode.METADATA_MISSING_ENTITY_ID, data)
        else:
            assert read(data).entity_id == name

    def test_an_entity_in_extensions_is_none(self) -> None:
        def hide(root: etree._Element) -> None:
            extensions = etree.Element(f"{{{MD}}}Extensions")
            extensions.append(root[-1])
            root.append(extensions)

        data = publish(others=1, edit=hide)
        assert_refused(ErrorCode.METADATA_ENTITY_NOT_FOUND, data, entity_id=IDP.entity_id)


class TestSignature:
    def test_the_signer_is_named(self) -> None:
        found = read(publish(), signing_certificates=(SECOND.certificate_pem, *PINS))
        from cryptography.hazmat.primitives.hashes import SHA256

        assert found.signed
        assert found.certificate_fingerprint == FEDERATION.certificate.fingerprint(SHA256()).hex()

    def test_a_signature_nobody_pinned_says_nothing(self) -> None:
        found = read(publish())
        assert (found.signed, found.certificate_fingerprint) == (False, None)

    def test_the_key_inside_may_be_pinned_of_course(self) -> None:
        data = IDP.metadata(sign=True)
        assert read(data, signing_certificates=(IDP.certificate_pem,)).signed
        assert_refused(ErrorCode.INVALID_SIGNATURE, data, signing_certificates=PINS)

    def test_signed_and_unsigned_say_the_same(self) -> None:
        knobs: dict[str, Any] = {"others": 3, "comments": True, "scopes": ("example.org",)}
        one = read(publish(**knobs), entity_id=IDP.entity_id, signing_certificates=PINS)
        other = read(publish(**knobs), entity_id=IDP.entity_id)
        differing = {"signed", "certificate_fingerprint"}
        for name in set(one.__dataclass_fields__) - differing:
            assert getattr(one, name) == getattr(other, name)

    def test_the_signature_is_looked_at_before_the_content(self) -> None:
        expired = publish(valid_until="2001-01-01T00:00:00Z")
        assert_refused(ErrorCode.METADATA_EXPIRED, expired, signing_certificates=PINS)
        assert_refused(
            ErrorCode.INVALID_SIGNATURE, expired, signing_certificates=(SECOND.certificate_pem,)
        )


class TestTimes:
    LEVELS = ("valid_until", "entity_valid_until", "role_valid_until")
    DURATIONS = ("cache_duration", "entity_cache_duration", "role_cache_duration")

    @pytest.mark.parametrize(
        ("others", "level"), [(0, LEVELS[0]), (0, LEVELS[2]), *((1, level) for level in LEVELS)]
    )
    def test_the_earliest_limit_decides(self, others: int, level: str) -> None:
        limits = dict.fromkeys(self.LEVELS, "2027-01-01T00:00:00Z")
        found = self.read(others, **{**limits, level: "2026-12-01T00:00:00Z"})
        assert found.valid_until == datetime(2026, 12, 1, tzinfo=UTC)

    @pytest.mark.parametrize("level", DURATIONS)
    def test_the_shortest_duration_counts(self, level: str) -> None:
        durations = dict.fromkeys(self.DURATIONS, "P2D")
        assert self.read(1, **{**durations, level: "PT90M"}).cache_duration == timedelta(minutes=90)

    def test_groups_between_have_their_say(self) -> None:
        def limit(root: etree._Element) -> None:
            root[0].set("validUntil", "2026-03-14T12:00:01Z")
            root[0].set("cacheDuration", "PT1S")

        found = self.read(0, nesting=2, edit=limit, valid_until="2027-01-01T00:00:00Z")
        assert found.valid_until == NOW + timedelta(seconds=1)
        assert found.cache_duration == timedelta(seconds=1)

    def test_other_entities_have_none(self) -> None:
        def expire(root: etree._Element) -> None:
            root[0].set("validUntil", "2001-01-01T00:00:00Z")

        assert self.read(1, edit=expire).valid_until is None

    def test_the_very_moment_is_too_late(self) -> None:
        data = IDP.metadata(valid_until="2026-03-14T12:00:00Z")
        assert read(data, now=NOW - timedelta(microseconds=1)).valid_until == NOW
        refusal = assert_refused(ErrorCode.METADATA_EXPIRED, data)
        assert refusal.details["actual"] == "2026-03-14T12:00:00+00:00"

    def read(self, others: int, **knobs: Any) -> Any:
        return read(IDP.metadata(others=others, **knobs), entity_id=IDP.entity_id)


class TestEndpoints:
    def test_both_bindings_in_the_order_of_the_document(self) -> None:
        found = said(
            sso_endpoints=((POST, "https://x.example/1"), (REDIRECT, "https://x.example/2"))
        )
        assert found.sso_endpoints == (
            endpoint(SsoBinding.POST, "https://x.example/1"),
            endpoint(SsoBinding.REDIRECT, "https://x.example/2"),
        )
        assert found.sso_endpoint.binding is SsoBinding.REDIRECT

    def test_the_first_of_a_kind_is_preferred(self) -> None:
        found = said(sso_endpoints=tuple((POST, f"https://x.example/{n}") for n in range(3)))
        assert found.sso_endpoint.location == "https://x.example/0"

    def test_unusable_ones_are_left_out_and_repeats_with_them(self) -> None:
        found = said(
            sso_endpoints=(
                (REDIRECT, "javascript:alert(1)"),
                ("urn:oasis:names:tc:SAML:2.0:bindings:SOAP", "https://x.example/soap"),
                (POST, "https://x.example/sso"),
                (POST, "https://x.example/sso"),
            )
        )
        assert found.sso_endpoints == (endpoint(SsoBinding.POST, "https://x.example/sso"),)

    def test_logout_and_where_its_response_goes(self) -> None:
        plain = said(slo_url="https://x.example/slo")
        assert plain.slo_endpoint == endpoint(SsoBinding.REDIRECT, "https://x.example/slo")
        apart = said(slo_url="https://x.example/slo", slo_response_url="https://x.example/done")
        assert [one.response_location for one in apart.slo_endpoints] == [
            "https://x.example/done"
        ] * 2

    def test_an_unusable_response_address_takes_its_endpoint_with_it(self) -> None:
        found = said(slo_url="https://x.example/slo", slo_response_url="javascript:alert(1)")
        assert found.slo_endpoint is None

    @pytest.mark.parametrize(
        "url",
        [
            "https://idp.example.org",
            "https://idp.example.org:8443/sso?tenant=a&x=%20",
            "http://localhost:8080/simplesaml/",
            "HTTPS://IDP.example.org/",
            "https://[2001:db8::1]/sso",
            "https://idp.example.org/a@b",
            "https://idp.example.org/".ljust(2_048, "x"),
        ],
    )
    def test_addresses_that_can_be_used(self, url: str) -> None:
        assert is_usable(url)

    @pytest.mark.parametrize(
        "url",
        [
            "",
            "https://",
            "https://:443/",
            "https://[::1/",
            "https://idp.example.org:x/",
            "https://idp.example.org/\x7f",
            "https://idp.example.org/\n",
            "\thttps://idp.example.org/",
            "https://@idp.example.org/",
            "https://idp.example.org/".ljust(2_049, "x"),
        ],
    )
    def test_addresses_that_cannot(self, url: str) -> None:
        assert not is_usable(url)


class TestCertificates:
    def test_by_use_in_order_and_once(self) -> None:
        found = said(
            keys=(
                PublishedKey.of(SECOND),
                PublishedKey.of(IDP.signing_key, use=None),
                PublishedKey.of(SECOND),
                PublishedKey.of(FEDERATION, use="encryption"),
            )
        )
        assert found.signing_certificates == (SECOND.certificate_pem, IDP.certificate_pem)
        assert found.encryption_certificates == (IDP.certificate_pem, FEDERATION.certificate_pem)

    def test_the_unusable_are_named_with_their_reason(self) -> None:
        found = said(
            keys=(
                PublishedKey.of(SMALL),
                PublishedKey(certificates=(), use=None),
                PublishedKey.of(IDP.signing_key),
                PublishedKey(certificates=("-----BEGIN PRIVATE KEY-----",), use="encryption"),
                PublishedKey.of(SECOND, use="Signing"),
            )
        )
        assert found.signing_certificates == (IDP.certificate_pem,)
        assert found.unusable_certificates == tuple(
            UnusableCertificate(position=position, use=use, reason=reason)
            for position, use, reason in (
                (1, CertificateUse.SIGNING, "key_too_small"),
                (2, CertificateUse.BOTH, "no_certificate"),
                (4, CertificateUse.ENCRYPTION, "private_key"),
                (5, None, "unknown_use"),
            )
        )

    def test_issuers_in_the_same_data_are_not_keys_of_the_provider(self) -> None:
        both = (IDP.signing_key.certificate_base64, SECOND.certificate_base64)
        found = said(keys=(PublishedKey(certificates=both),))
        assert found.signing_certificates == (IDP.certificate_pem,)
        assert [one.reason for one in found.unusable_certificates] == ["chain"]

    def test_a_second_data_of_the_same_key_info_counts(self) -> None:
        def another(root: etree._Element) -> None:
            info = next(root.iter(f"{{{DS}}}KeyInfo"))
            data = etree.SubElement(info, f"{{{DS}}}X509Data")
            certificate = etree.SubElement(data, f"{{{DS}}}X509Certificate")
            certificate.text = SECOND.certificate_base64

        assert said(edit=another).signing_certificates[1] == SECOND.certificate_pem

    def test_elements_in_a_certificate(self) -> None:
        def split(root: etree._Element) -> None:
            etree.SubElement(next(root.iter(f"{{{DS}}}X509Certificate")), "x")

        refusal = assert_refused(ErrorCode.METADATA_MISSING_CERTIFICATE, IDP.metadata(edit=split))
        assert refusal.details["actual"] == ["unreadable"]

    def test_a_refusal_shows_no_key(self) -> None:
        text = "-----BEGIN PRIVATE KEY-----c2VjcmV0-----END PRIVATE KEY-----"
        data = IDP.metadata(keys=(PublishedKey(certificates=(text,)),))
        refusal = assert_refused(ErrorCode.METADATA_MISSING_CERTIFICATE, data)
        assert "c2VjcmV0" not in repr(refusal) + str(refusal.details)


class TestNames:
    @pytest.mark.parametrize(
        ("languages", "shown"),
        [
            ({"de": "Anmeldung", "en": "Sign-on"}, "Sign-on"),
            ({"de": "Anmeldung", "en-GB": "Sign-on"}, "Sign-on"),
            ({"de": "Anmeldung", "fr": "Connexion"}, "Anmeldung"),
            ({"de": "Anmeldung", "en": "  "}, "Anmeldung"),
            ({"en": "\n  Two\n  lines "}, "Two lines"),
            ({"en": "a\u202eb\u200bc"}, "abc"),
            ({"en": "x" * 300}, "x" * 255),
            ({"en": "\u200b" * names.MAX_READ + "x", "fr": "y"}, "y"),
        ],
    )
    def test_english_first_and_fit_to_show(self, languages: dict[str, str], shown: str) -> None:
        assert said(display_names=languages).display_name == shown
        assert said(organization_names=languages).display_name == shown

    def test_the_service_before_its_organization(self) -> None:
        found = said(display_names={"de": "Dienst"}, organization_names={"en": "University"})
        assert found.display_name == "Dienst"

    def test_markup_in_a_name(self) -> None:
        def mark(root: etree._Element) -> None:
            etree.SubElement(next(root.iter(f"{{{MDUI}}}DisplayName")), "b")

        data = IDP.metadata(display_names={"en": "x"}, edit=mark)
        assert_refused(ErrorCode.MALFORMED_XML, data)

    def test_formats_once_and_trimmed(self) -> None:
        formats = (f"\n {PERSISTENT} ", PERSISTENT, "", "two words", "urn:".ljust(513, "x"))
        assert said(name_id_formats=formats).name_id_formats == (PERSISTENT,)

    def test_scopes(self) -> None:
        found = said(
            scopes=(" example.org\n", "dept.example.org", "example.org", "a@b", "two words", ""),
            pattern_scopes=("^.*example\\.net$",),
        )
        assert found.scopes == ("example.org", "dept.example.org")
        assert found.ignored_scopes == ("a@b", "two words", "", "^.*example\\.net$")

    def test_scopes_of_the_entity_count_for_its_role(self) -> None:
        def lift(root: etree._Element) -> None:
            root.insert(0, next(root.iter(f"{{{MD}}}Extensions")))

        assert said(scopes=("example.org",), edit=lift).scopes == ("example.org",)

    def test_a_pattern_spelt_as_a_number_is_one(self) -> None:
        def number(root: etree._Element) -> None:
            for scope in root.iter("{urn:mace:shibboleth:metadata:1.0}Scope"):
                scope.set("regexp", " 1 ")

        assert said(scopes=(".*",), edit=number).ignored_scopes == (".*",)

    @pytest.mark.parametrize(
        ("written", "meant"),
        [("true", True), ("1", True), (" true ", True), ("false", False), ("0", False),
         ("TRUE", False), (None, False)],
    )  # fmt: skip
    def test_whether_requests_are_to_be_signed(self, written: str | None, meant: bool) -> None:
        assert said(want_authn_requests_signed=written).want_authn_requests_signed is meant
        assert names.is_true(written) is meant
