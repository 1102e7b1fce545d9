"""What the identity providers encrypt for the site: each a whole login through it."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from lxml import etree

from relyra_django.saml import ErrorCode, Hatch, RelyraError, validate_response
from tests.idps.agreements import AES128_CBC, AES128_GCM, AES256_CBC, AES256_GCM, SIGNED
from tests.idps.conftest import PairOf
from tests.idps.driver import Browser, PostedResponse
from tests.idps.example import HELD_KEYS, refusal
from tests.idps.pairs import Pair, accepted

pytestmark = pytest.mark.idp

RSA_OAEP = "http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p"
RSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256"
CONTENT = {"simplesamlphp": AES128_CBC, "samlp": AES256_GCM}
NAMES = {
    "ds": "http://www.w3.org/2000/09/xmldsig#",
    "md": "urn:oasis:names:tc:SAML:2.0:metadata",
}


def hides(response: PostedResponse, content: str) -> bool:
    """Say that the assertion is there, encrypted so, and that nothing of it can be read."""
    found = response.attribute("Algorithm")
    return (
        "EncryptedAssertion" in response.xml
        and "alice" not in response.xml
        and {content, RSA_OAEP} <= set(found)
    )


@pytest.mark.parametrize("signed", SIGNED)
def test_an_encrypted_assertion_is_accepted(pair: Pair, alice: Browser, signed: str) -> None:
    response = pair.answered(alice, f"encrypted-{signed}")
    assert hides(response, CONTENT[pair.idp.kind])
    facts = accepted(alice.post(response)).facts
    assert facts["Encrypted"] == "yes"
    assert facts["Signature over"] == signed
    assert {RSA_SHA256, SHA256} <= set(facts["Algorithms"].split())
    assert facts["Email"] == "alice@example.org"


@pytest.mark.parametrize("name", ["encrypted-unsigned", "encrypted-too-little"])
def test_encryption_does_not_stand_in_for_a_signature(
    pair: Pair, alice: Browser, name: str
) -> None:
    """Anybody has the site's public key. Of unsigned AES-CBC not even this much is told."""
    response = pair.answered(alice, name)
    assert hides(response, CONTENT[pair.idp.kind])
    opaque = (pair.idp.kind, name) == ("simplesamlphp", "encrypted-unsigned")
    code = "decryption_failed" if opaque else "missing_signature"
    assert refusal(alice.post(response)) == (403, code)
    assert pair.stays_out(alice)


def test_the_key_before_the_last_rotation_still_decrypts(pair: Pair, alice: Browser) -> None:
    facts = accepted(alice.post(pair.answered(alice, "encrypted-former"))).facts
    assert facts["Encrypted"] == "yes"


def test_a_key_that_the_site_has_not_got_is_refused(pair: Pair, alice: Browser) -> None:
    response = pair.answered(alice, "encrypted-lost")
    assert hides(response, CONTENT[pair.idp.kind])
    assert refusal(alice.post(response)) == (403, "decryption_failed")
    assert pair.stays_out(alice)


def cipher_values(xml: str) -> Iterator[re.Match[str]]:
    """The key comes first: it is inside of the EncryptedData, before its CipherData."""
    return re.finditer(r"CipherValue>\s*([\w+/])", xml)


@pytest.mark.parametrize("position", [0, 1], ids=["key", "content"])
def test_a_changed_cipher_text_is_refused(pair: Pair, alice: Browser, position: int) -> None:
    response = pair.answered(alice, "encrypted-assertion")
    at = list(cipher_values(response.xml))[position].start(1)
    other = "B" if response.xml[at] == "A" else "A"
    changed = response.with_xml(response.xml[:at] + other + response.xml[at + 1 :])
    assert refusal(alice.post(changed)) == (403, "decryption_failed")
    assert pair.stays_out(alice)
    accepted(alice.post(response))


def changes(xml: str) -> Iterator[str]:
    """Change one octet of the content's cipher text at a time, at many places from end to end."""
    *_, value = re.finditer(r"CipherValue>\s*([\w+/=]+)\s*</", xml)
    octets = base64.b64decode(value[1])
    for at in range(0, len(octets), 61):
        changed = octets[:at] + bytes([octets[at] ^ 1]) + octets[at + 1 :]
        yield xml[: value.start(1)] + base64.b64encode(changed).decode() + xml[value.end(1) :]


def test_no_change_is_told_from_another(pair: Pair, alice: Browser) -> None:
    """What a changed block decrypts to may well be XML; the refusal does not say so."""
    response = pair.answered(alice, "encrypted-assertion")
    now = datetime.now(UTC)
    exception = Hatch(reason="tests", expires_at=now + timedelta(days=1))
    connection = pair.snapshot("encrypted-assertion", legacy_aes_cbc=exception)
    (request_id,) = response.attribute("InResponseTo")
    refusals = set()
    for changed in changes(response.xml):
        with pytest.raises(RelyraError) as refused:
            validate_response(
                response.with_xml(changed).fields["SAMLResponse"],
                connection,
                request_id=request_id,
                now=now,
            )
        refusals.add((refused.value.code, refused.value.message, str(refused.value.details)))
    assert len(refusals) == 1
    assert refusals.pop()[0] is ErrorCode.DECRYPTION_FAILED
    validate_response(response.fields["SAMLResponse"], connection, request_id=request_id, now=now)


def test_aes_cbc_is_refused(pair: Pair, alice: Browser) -> None:
    response = pair.answered(alice, "cbc-closed")
    assert hides(response, {"simplesamlphp": AES128_CBC, "samlp": AES256_CBC}[pair.idp.kind])
    assert refusal(alice.post(response)) == (403, "decryption_failed")
    assert pair.stays_out(alice)


def test_aes_cbc_is_accepted_while_a_dated_exception_lasts(pair: Pair, alice: Browser) -> None:
    facts = accepted(alice.post(pair.answered(alice, "cbc-open"))).facts
    assert facts["Encrypted"] == "yes"


def test_aes_cbc_is_refused_once_the_exception_has_run_out(pair: Pair, alice: Browser) -> None:
    response = pair.answered(alice, "cbc-expired")
    assert refusal(alice.post(response)) == (403, "decryption_failed")
    assert pair.stays_out(alice)


def test_gcm_with_the_shorter_key_is_accepted(pair_of: PairOf, alice: Browser) -> None:
    pair = pair_of("samlp")
    response = pair.answered(alice, "gcm-128")
    assert hides(response, AES128_GCM)
    assert accepted(alice.post(response)).facts["Encrypted"] == "yes"


@pytest.mark.parametrize("name", ["name-id-open", "name-id-twice"])
def test_an_encrypted_name_is_accepted(pair_of: PairOf, alice: Browser, name: str) -> None:
    """The name is the one that the same person has at the same service without encryption."""
    pair = pair_of("simplesamlphp")
    response = pair.answered(alice, name)
    assert "NameID>" not in response.xml
    facts = accepted(alice.post(response)).facts
    assert re.fullmatch(r"[0-9a-f]{40}", facts["Name identifier"])


@pytest.mark.parametrize("name", ["name-id-closed", "name-id-expired"])
def test_a_name_encrypted_with_cbc_needs_the_exception(
    pair_of: PairOf, alice: Browser, name: str
) -> None:
    pair = pair_of("simplesamlphp")
    response = pair.answered(alice, name)
    assert "EncryptedID" in response.xml
    assert refusal(alice.post(response)) == (403, "decryption_failed")
    assert pair.stays_out(alice)


def test_the_site_publishes_the_keys_it_decrypts_with_the_current_one_first(pair: Pair) -> None:
    answer = Browser("nobody", "").get(pair.site.metadata_url(pair.connection("plain")))
    found = etree.fromstring(answer.content).iterfind(
        ".//md:KeyDescriptor[@use='encryption']//ds:X509Certificate", NAMES
    )
    published = [each.text for each in found]
    assert published == [pair.site.encryption_certificate(name) for name in HELD_KEYS]
