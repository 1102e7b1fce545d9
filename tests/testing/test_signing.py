from __future__ import annotations

from itertools import product

import pytest
from lxml import etree
from onelogin.saml2.utils import OneLogin_Saml2_Utils

from relyra_django.testing import FakeIdP
from relyra_django.testing.namespaces import DS, SAML
from relyra_django.testing.signing import hashed
from tests.testing.verifiers import signatures, signxml_signed, xmlsec_accepts

KEYS = ("rsa", "pss", "ec", "ec384", "ec521", "rsa3072")
HASHES = ("sha256", "sha384", "sha512")
ALGORITHMS = tuple(product(KEYS, HASHES))
SIGNXML_ALGORITHMS = tuple(product(("rsa", "ec", "ec384"), HASHES))
SPELLINGS = tuple(
    product(
        ("assertion", "response", "both"),
        ("prefixed", "default"),
        (False, True),
        ((), ("xs",), ("#default", "xs", "saml")),
    )
)
ODD_TEXT = "ünï <&> \"'\r\n\t 😀"


@pytest.mark.parametrize(("key", "digest"), ALGORITHMS)
def test_libxmlsec_accepts_every_algorithm(key: str, digest: str) -> None:
    idp = FakeIdP(key=key, digest=digest)
    assert xmlsec_accepts(idp.response(sign="both").xml, idp.certificate_pem)


@pytest.mark.parametrize(("key", "digest"), ALGORITHMS)
def test_libxmlsec_notices_a_change(key: str, digest: str) -> None:
    idp = FakeIdP(key=key, digest=digest)
    assert not xmlsec_accepts(idp.response().tampered("alice", "admin").xml, idp.certificate_pem)


@pytest.mark.parametrize(("key", "digest"), SIGNXML_ALGORITHMS)
def test_signxml_accepts_and_finds_the_assertion(key: str, digest: str) -> None:
    idp = FakeIdP(key=key, digest=digest)
    signed = signxml_signed(idp.response().xml, idp.certificate_pem)
    assert signed.tag == f"{{{SAML}}}Assertion"
    assert signed.findtext(f"{{{SAML}}}Subject/{{{SAML}}}NameID") == "alice"


@pytest.mark.parametrize("sign", ["assertion", "response"])
def test_python3_saml_accepts(sign: str) -> None:
    idp = FakeIdP()
    xml = idp.response(sign=sign).xml
    assert OneLogin_Saml2_Utils.validate_sign(xml, cert=idp.certificate_pem, raise_exceptions=True)


@pytest.mark.parametrize(("sign", "prefixes", "pretty", "inclusive"), SPELLINGS)
def test_libxmlsec_accepts_every_spelling(
    sign: str, prefixes: str, pretty: bool, inclusive: tuple[str, ...]
) -> None:
    idp = FakeIdP()
    minted = idp.response(
        sign=sign,
        prefixes=prefixes,
        pretty=pretty,
        inclusive_prefixes=inclusive,
        attributes={"text": [ODD_TEXT, None, ""]},
    )
    assert xmlsec_accepts(minted.xml, idp.certificate_pem)


@pytest.mark.parametrize(("sign", "count"), [("none", 0), ("assertion", 1), ("both", 2)])
def test_as_many_signatures_as_asked_for(sign: str, count: int) -> None:
    assert len(signatures(FakeIdP().response(sign=sign).xml)) == count


def test_the_signature_stands_behind_the_issuer() -> None:
    for signature in signatures(FakeIdP().response(sign="both").xml):
        before = signature.getprevious()
        assert before is not None
        assert before.tag == f"{{{SAML}}}Issuer"


def test_without_an_issuer_the_signature_comes_first() -> None:
    idp = FakeIdP()
    xml = idp.response(sign="response", response_issuer=None).xml
    assert etree.fromstring(xml)[0].tag == f"{{{DS}}}Signature"
    assert xmlsec_accepts(xml, idp.certificate_pem)


@pytest.mark.parametrize(("key_info", "shown"), [("certificate", 1), ("wrong", 1), ("none", 0)])
def test_key_info_shows_what_it_is_told_to(key_info: str, shown: int) -> None:
    idp = FakeIdP()
    xml = idp.response(key_info=key_info).xml
    assert xml.count(b"X509Certificate>") == 2 * shown
    assert (idp.signing_key.certificate_base64.encode() in xml) is (key_info == "certificate")
    assert xmlsec_accepts(xml, idp.certificate_pem)


def test_digest_and_method_may_differ() -> None:
    idp = FakeIdP()
    xml = idp.response(digest="sha512", method_digest="sha384").xml
    assert b"xmlenc#sha512" in xml
    assert b"#rsa-sha384" in xml
    assert xmlsec_accepts(xml, idp.certificate_pem)


def test_hashed_is_base64_of_the_digest() -> None:
    assert hashed(b"", "sha256") == "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
