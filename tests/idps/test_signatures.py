"""What the identity providers sign, and with what: each a whole login through the site."""

from __future__ import annotations

import pytest

from relyra_django.saml import certificates
from tests.idps.agreements import DIGESTS, SIGNED
from tests.idps.driver import Browser
from tests.idps.example import refusal
from tests.idps.pairs import Pair, accepted

pytestmark = pytest.mark.idp

ALGORITHMS = {
    "sha1": (
        "http://www.w3.org/2000/09/xmldsig#rsa-sha1",
        "http://www.w3.org/2000/09/xmldsig#sha1",
    ),
    "sha256": (
        "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
        "http://www.w3.org/2001/04/xmlenc#sha256",
    ),
    "sha512": (
        "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512",
        "http://www.w3.org/2001/04/xmlenc#sha512",
    ),
}


@pytest.mark.parametrize("digest", DIGESTS)
@pytest.mark.parametrize("signed", SIGNED)
def test_what_is_asked_to_be_signed_is_accepted_signed(
    pair: Pair, alice: Browser, signed: str, digest: str
) -> None:
    facts = accepted(alice.post(pair.answered(alice, f"{signed}-{digest}"))).facts
    assert facts["Signature over"] == signed
    assert facts["Algorithms"].split() == list(ALGORITHMS[digest])
    assert (
        facts["Certificate, SHA-256"]
        == certificates.load(pair.idp.certificate_pem).fingerprint_sha256
    )
    assert facts["Encrypted"] == "no"


@pytest.mark.parametrize("signed", SIGNED)
def test_what_is_signed_cannot_be_changed(pair: Pair, alice: Browser, signed: str) -> None:
    response = pair.answered(alice, f"{signed}-sha256")
    changed = response.xml.replace("alice@example.org", "admin@example.org")
    assert changed != response.xml
    assert refusal(alice.post(response.with_xml(changed))) == (403, "digest_mismatch")
    assert pair.stays_out(alice)


def test_one_signature_is_not_enough_where_both_are_asked_for(pair: Pair, alice: Browser) -> None:
    response = pair.answered(alice, "too-little")
    assert refusal(alice.post(response)) == (403, "missing_signature")
    assert pair.stays_out(alice)


def test_what_nobody_signed_is_refused(pair: Pair, alice: Browser) -> None:
    response = pair.answered(alice, "unsigned")
    assert "Signature" not in response.xml
    assert refusal(alice.post(response)) == (403, "missing_signature")
    assert pair.stays_out(alice)


def test_sha1_is_refused(pair: Pair, alice: Browser) -> None:
    response = pair.answered(alice, "sha1-closed")
    assert set(ALGORITHMS["sha1"]) <= set(response.attribute("Algorithm"))
    assert refusal(alice.post(response)) == (403, "deprecated_algorithm")
    assert pair.stays_out(alice)


def test_sha1_is_accepted_while_a_dated_exception_lasts(pair: Pair, alice: Browser) -> None:
    facts = accepted(alice.post(pair.answered(alice, "sha1-open"))).facts
    assert facts["Signature over"] == "both"
    assert facts["Algorithms"].split() == list(ALGORITHMS["sha1"])


def test_sha1_is_refused_once_the_exception_has_run_out(pair: Pair, alice: Browser) -> None:
    response = pair.answered(alice, "sha1-expired")
    assert refusal(alice.post(response)) == (403, "legacy_algorithm_override_expired")
    assert pair.stays_out(alice)
