"""The metadata of the kit is what its knobs say, and its signature is real."""

from __future__ import annotations

from typing import Any

import pytest
from lxml import etree

from relyra_django.testing import METADATA, METADATA_INERT, FakeIdP, MetadataCase, PublishedKey
from relyra_django.testing.hostile.attack import bare
from relyra_django.testing.hostile.metadata_case import federation_key
from relyra_django.testing.hostile.metadata_signatures import EVIL
from relyra_django.testing.keys import signing_key
from relyra_django.testing.namespaces import DS, MD, MDUI, POST, SHIBMD
from relyra_django.testing.signing import canonical, hashed
from tests.testing.verifiers import SIGNATURE, xmlsec_accepts

IDP = FakeIdP()
CASES = {case.name: case for case in (*METADATA, *METADATA_INERT)}
PARKED = ["genuine-in-extensions", "genuine-in-object", "genuine-in-key-info"]


def tree(**knobs: Any) -> etree._Element:
    return etree.fromstring(IDP.metadata(**knobs))


def texts(root: etree._Element, name: str) -> list[str | None]:
    return [element.text for element in root.iter(name)]


def entities(root: etree._Element) -> list[str | None]:
    return [one.get("entityID") for one in root.iter(f"{{{MD}}}EntityDescriptor")]


def naive_verdict(xml: bytes) -> bool:
    """Verify as the victims of wrapping did: the element with that ID, wherever it may be."""
    root = etree.fromstring(xml)
    signature = next(root.iter(SIGNATURE))
    reference = signature.find(f"{{{DS}}}SignedInfo/{{{DS}}}Reference")
    assert reference is not None
    [signed] = [one for one in root.iter() if one.get("ID") == reference.get("URI", "")[1:]]
    for own in signed.findall(SIGNATURE):
        bare(own)
    return hashed(canonical(signed), "sha256") == reference.findtext(f"{{{DS}}}DigestValue")


@pytest.mark.parametrize("key", ["rsa", "pss", "ec"])
@pytest.mark.parametrize("knobs", [{}, {"others": 2, "comments": True}], ids=str)
def test_signed_for_real(key: str, knobs: dict[str, Any]) -> None:
    signer = signing_key(key, "publisher")
    data = IDP.metadata(sign=True, signer=signer, **knobs)
    assert xmlsec_accepts(data, signer.certificate_pem)
    assert not xmlsec_accepts(data.replace(b"/sso", b"/xxx"), signer.certificate_pem)


def test_signed_by_itself_unless_told() -> None:
    assert xmlsec_accepts(IDP.metadata(sign=True), IDP.certificate_pem)
    assert SIGNATURE not in {element.tag for element in tree().iter()}


def test_an_aggregate() -> None:
    root = tree(others=4, nesting=2)
    assert root.tag == f"{{{MD}}}EntitiesDescriptor"
    assert [root[0].tag, root[0][0].tag] == [root.tag, root.tag]
    assert entities(root)[-1] == IDP.entity_id
    assert len(entities(root)) == 5
    assert len(list(root.iter(f"{{{MD}}}IDPSSODescriptor"))) == 3


def test_the_times_stand_where_their_names_say() -> None:
    root = tree(valid_until="a", entity_valid_until="b", role_valid_until="c", nesting=1)
    assert root.get("validUntil") == "a"
    assert root[0][0].get("validUntil") == "b"
    assert root[0][0][0].get("validUntil") == "c"


def test_names_scopes_and_addresses() -> None:
    root = tree(
        display_names={"en": "Example"},
        organization_names={"en": "Company"},
        scopes=("example.org",),
        pattern_scopes=(".*",),
        slo_url="https://x.example/slo",
        slo_response_url="https://x.example/done",
        sso_bindings=(POST,),
    )
    assert texts(root, f"{{{MDUI}}}DisplayName") == ["Example"]
    assert texts(root, f"{{{MD}}}OrganizationDisplayName") == ["Company"]
    patterns = [(one.text, one.get("regexp")) for one in root.iter(f"{{{SHIBMD}}}Scope")]
    assert patterns == [("example.org", "false"), (".*", "true")]
    [logout] = root.iter(f"{{{MD}}}SingleLogoutService")
    assert logout.get("ResponseLocation") == "https://x.example/done"


def test_keys() -> None:
    other = signing_key("ec", "other")
    root = tree(keys=(PublishedKey.of(other, use=None), PublishedKey(certificates=("x", "y"))))
    assert texts(root, f"{{{DS}}}X509Certificate") == [other.certificate_base64, "x", "y"]
    uses = [one.get("use") for one in root.iter(f"{{{MD}}}KeyDescriptor")]
    assert uses == [None, "signing"]


def test_an_unknown_knob() -> None:
    with pytest.raises(TypeError):
        IDP.metadata(nonsense=1)


def test_names_are_used_once() -> None:
    assert len(CASES) == len(METADATA) + len(METADATA_INERT)
    assert {case.code is None for case in METADATA} == {False}
    assert {case.code is None for case in METADATA_INERT} == {True}


@pytest.mark.parametrize("name", PARKED)
def test_a_naive_verifier_takes_the_forgery(name: str) -> None:
    data = CASES[name].make(IDP)
    assert naive_verdict(data)
    assert EVIL.encode() in data


@pytest.mark.parametrize("name", PARKED[:1])
def test_libxmlsec_alone_does_too(name: str) -> None:
    assert xmlsec_accepts(CASES[name].make(IDP), federation_key().certificate_pem)


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("comment-in-certificate", b"MII<!-- split -->"),
        ("instruction-inside", b"<?x?>"),
        ("external-entity", b"SYSTEM"),
        ("attribute-bomb", b' a39999=""'),
        ("private-key", b"PRIVATE KEY"),
        ("javascript", b"javascript:"),
        ("include-of-a-file", b"XInclude"),
        ("hmac-with-the-public-key", b"hmac-sha256"),
        ("quotes-in-the-name", b"&quot;1&quot;='1"),
        ("role-of-another-standard", b"fed:SecurityTokenServiceType"),
    ],
)
def test_the_document_contains_what_its_name_says(name: str, part: bytes) -> None:
    assert part in CASES[name].make(IDP)


@pytest.mark.parametrize("case", METADATA, ids=str)
def test_attacks_are_aimed_at_a_reader_with_a_pin(case: MetadataCase) -> None:
    assert case.arguments(IDP)["signing_certificates"]
    assert str(case) == case.name
