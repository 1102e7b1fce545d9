from __future__ import annotations

import hashlib
import textwrap
import threading
import warnings
from base64 import b64encode
from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from relyra_django.saml import certificates
from relyra_django.saml.certificates import KeyKind, load, normalise
from relyra_django.saml.errors import ErrorCode, RelyraError

NOT_BEFORE = datetime(2026, 1, 1, tzinfo=UTC)
NOT_AFTER = datetime(2036, 1, 1, tzinfo=UTC)


# `openssl req -x509 -newkey rsa-pss`; cryptography cannot make one.
BOUND_TO_PSS = (
    "MIIDZzCCAhqgAwIBAgIUC/KW3F02Ys9pq+J+cEdMdMJcP7YwQgYJKoZIhvcNAQEKMDWgDzANBglghkgBZQMEAgEF"
    "AKEcMBoGCSqGSIb3DQEBCDANBglghkgBZQMEAgEFAKIEAgIA3jAOMQwwCgYDVQQDDANwc3MwIBcNMjYxMTIyMDkw"
    "NjI2WhgPMjEyNjEwMjkwOTA2MjZaMA4xDDAKBgNVBAMMA3BzczCCASAwCwYJKoZIhvcNAQEKA4IBDwAwggEKAoIB"
    "AQCrGa68B7+OwHrtnqGRrpldfwgILp0gBKnWkFflm62vxa6ABk7pYYwT+Eh63FfliYulGzCEhosQYr2VFAS4SQyX"
    "X0OGrZB+EQU8qicELUXhjnQ1LLZKVR4Mf4LeQuv1NBaS3G5U/zNvNWLFx/OMG96pFaWYqgpEI2/obyOqPfNuXz1d"
    "YCVyL4IsoX1lG0QY/iKXkcy+AdgCVLDmRUqCHcZLhkNn/nkNKbWlGKh3o7aE9azCWvg5Ww0MfmoVN1YL+Bs1XQhB"
    "CC/nD9MWII3P108a5wbTBsk67JJ09dQF6bcWOlfcwmXmdHUgpqUxw/k6XqGy+JC4vFBSl2Cvbpjkh7BxAgMBAAGj"
    "UzBRMB0GA1UdDgQWBBR8kUetK7O6QLVXre0IAlqEZvD4xDAfBgNVHSMEGDAWgBR8kUetK7O6QLVXre0IAlqEZvD4"
    "xDAPBgNVHRMBAf8EBTADAQH/MEIGCSqGSIb3DQEBCjA1oA8wDQYJYIZIAWUDBAIBBQChHDAaBgkqhkiG9w0BAQgw"
    "DQYJYIZIAWUDBAIBBQCiBAICAN4DggEBAFiY/OwRD+oYjE6rba1rgvwLZ+kOsZMQkvgApvCQLVSSC3mFEqJwarG8"
    "WR2OmDNDO/OmwmjVPFAMEHMBNuIbDUORb3nYTE1W7e6T22KhODzod2pkaKNdsQNT9AegX3Lhs1+uLnC6aOYUEA9W"
    "2b0sJdpojbD3H7EMJRE/U1yFRbKvB2pgsWyqHkTivOnPGY3coh/lXlsAXcLevF1RfDlS051+KjH7+/9Hmye0IwYi"
    "qWA7sjySrcRmuBgyjruQ9G0pL0/TLT9nwo/eoSPmgz/8AUOjdd/ZcYXl1KYwxM/6b8HfGcpxSMkf6akN1D2mQVZ2"
    "xWvwN1A0p0BJC5Y77OpREi8="
)


def certificate_for(key, *, serial=1000, algorithm=None, name="idp.example.org"):
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = x509.CertificateBuilder(
        issuer_name=subject,
        subject_name=subject,
        public_key=key.public_key(),
        serial_number=serial,
        not_valid_before=NOT_BEFORE,
        not_valid_after=NOT_AFTER,
    )
    return builder.sign(key, algorithm)


def pem_of(certificate):
    return certificate.public_bytes(Encoding.PEM).decode()


@pytest.fixture(scope="module")
def rsa_key():
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture(scope="module")
def certificate(rsa_key):
    return certificate_for(rsa_key, algorithm=hashes.SHA256())


@pytest.fixture(scope="module")
def pem(certificate):
    return pem_of(certificate)


def refusal(text):
    with pytest.raises(RelyraError) as caught:
        load(text)
    assert caught.value.code is ErrorCode.UNTRUSTED_CERTIFICATE
    return caught.value.details["reason"]


def test_facts(pem, certificate):
    loaded = load(pem)
    der = certificate.public_bytes(Encoding.DER)
    assert loaded.pem == pem
    assert loaded.fingerprint_sha256 == hashlib.sha256(der).hexdigest()
    assert (loaded.not_before, loaded.not_after) == (NOT_BEFORE, NOT_AFTER)
    assert (loaded.key_kind, loaded.key_bits) == (KeyKind.RSA, 2048)
    assert loaded.subject == "CN=idp.example.org"
    assert loaded.public_key == certificate.public_key()


def test_is_kept_parsed(pem):
    assert load(pem) is load(pem)
    assert load.cache_info().maxsize == 1024


def test_repr_does_not_carry_the_key(pem):
    assert "BEGIN" not in repr(load(pem))
    assert "public_key" not in repr(load(pem))


@pytest.mark.parametrize("curve", [ec.SECP256R1(), ec.SECP384R1(), ec.SECP521R1()])
def test_accepted_curves(curve):
    key = ec.generate_private_key(curve)
    loaded = load(pem_of(certificate_for(key, algorithm=hashes.SHA256())))
    assert (loaded.key_kind, loaded.key_bits) == (KeyKind.EC, curve.key_size)


class TestWhatPeoplePaste:
    def test_bare_base64_on_one_line(self, pem):
        body = "".join(pem.splitlines()[1:-1])
        assert normalise(body) == pem

    def test_base64_wrapped_anyhow(self, pem):
        body = "".join(pem.splitlines()[1:-1])
        wrapped = "\r\n\t ".join(textwrap.wrap(body, 76))
        assert normalise(f"\n  {wrapped} \r\n") == pem

    def test_windows_line_ends(self, pem):
        assert normalise(pem.replace("\n", "\r\n")) == pem

    def test_text_around_the_block(self, pem):
        assert normalise(f"subject=CN=idp\n\n{pem}\nthanks!") == pem

    def test_x509_label(self, pem):
        assert normalise(pem.replace("CERTIFICATE", "X509 CERTIFICATE")) == pem


class TestRefusals:
    def test_a_small_rsa_key(self):
        key = rsa.generate_private_key(public_exponent=65537, key_size=1024)
        text = pem_of(certificate_for(key, algorithm=hashes.SHA256()))
        assert refusal(text) == "key_too_small"

    def test_an_rsa_key_just_too_small(self):
        key = rsa.generate_private_key(public_exponent=65537, key_size=2040)
        text = pem_of(certificate_for(key, algorithm=hashes.SHA256()))
        assert refusal(text) == "key_too_small"

    @pytest.mark.parametrize("curve", [ec.SECP256K1(), ec.BrainpoolP256R1()])
    def test_another_curve(self, curve):
        key = ec.generate_private_key(curve)
        text = pem_of(certificate_for(key, algorithm=hashes.SHA256()))
        assert refusal(text) == "unsupported_curve"

    def test_edwards_key(self):
        assert refusal(pem_of(certificate_for(ed25519.Ed25519PrivateKey.generate()))) == (
            "unsupported_key"
        )

    def test_key_that_is_bound_to_pss(self):
        assert refusal(BOUND_TO_PSS) == "unsupported_key"

    def test_dsa_key(self):
        key = dsa.generate_private_key(key_size=2048)
        text = pem_of(certificate_for(key, algorithm=hashes.SHA256()))
        assert refusal(text) == "unsupported_key"

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "   ",
            "hello",
            "MIIB",
            "-----BEGIN CERTIFICATE-----",
            "-----BEGIN CERTIFICATE-----\n!!!\n-----END CERTIFICATE-----",
            "AAAA",
            "\x00",
            "é",
        ],
    )
    def test_no_certificate_at_all(self, text):
        assert refusal(text) == "unreadable"

    def test_cut_short(self, pem):
        body = "".join(pem.splitlines()[1:-1])
        assert refusal(body[:400]) == "unreadable"

    def test_bytes_after_the_certificate(self, certificate):
        der = certificate.public_bytes(Encoding.DER)
        assert refusal(b64encode(der + b"\x00").decode()) == "unreadable"

    def test_two_at_once(self, pem):
        assert refusal(pem + pem) == "several_certificates"

    def test_first_lines_without_a_last_one(self):
        """A reader that looks from each of them for the end takes minutes for these."""
        line = "-----BEGIN CERTIFICATE-----"
        longest = line * (certificates.MAX_TEXT_LENGTH // len(line))
        assert {refusal(longest[:-at]) for at in range(1, 200)} == {"unreadable"}

    def test_a_private_key(self, rsa_key):
        text = rsa_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
        assert refusal(text) == "private_key"

    def test_a_certificate_with_its_private_key(self, pem, rsa_key):
        key = rsa_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
        assert refusal(key + pem) == "private_key"

    def test_far_too_long(self, pem):
        assert refusal(pem + " " * certificates.MAX_TEXT_LENGTH) == "too_large"

    def test_nothing_of_the_text_is_repeated(self):
        with pytest.raises(RelyraError) as caught:
            load("c2VjcmV0")
        assert "c2VjcmV0" not in f"{caught.value} {dict(caught.value.details)}"


@pytest.mark.parametrize("serial", [b"\x00", b"\xff"])
def test_a_serial_number_that_is_not_positive_is_no_reason_to_warn(rsa_key, serial):
    honest = certificate_for(rsa_key, serial=100, algorithm=hashes.SHA256())
    der = honest.public_bytes(Encoding.DER).replace(b"\x02\x01\x64", b"\x02\x01" + serial, 1)
    loaded = load(b64encode(der).decode())
    assert loaded.public_key == rsa_key.public_key()
    assert loaded.fingerprint_sha256 == hashlib.sha256(der).hexdigest()


def test_an_expired_certificate_still_loads(rsa_key):
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "old")])
    expired = x509.CertificateBuilder(
        issuer_name=subject,
        subject_name=subject,
        public_key=rsa_key.public_key(),
        serial_number=7,
        not_valid_before=datetime(2010, 1, 1, tzinfo=UTC),
        not_valid_after=datetime(2011, 1, 1, tzinfo=UTC),
    ).sign(rsa_key, hashes.SHA256())
    assert load(pem_of(expired)).not_after == datetime(2011, 1, 1, tzinfo=UTC)


def test_many_threads_get_the_same_facts(pem):
    load.cache_clear()
    before = list(warnings.filters)
    seen = []
    threads = [
        threading.Thread(target=lambda: seen.append(load(pem).fingerprint_sha256)) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(seen)) == 1
    assert len(seen) == 8
    assert list(warnings.filters) == before


class TestWhatOperatorsSee:
    def details(self, text: str) -> dict[str, object]:
        with pytest.raises(RelyraError) as caught:
            load(text)
        return dict(caught.value.details)

    def test_of_a_small_key(self):
        key = rsa.generate_private_key(public_exponent=65537, key_size=1024)
        text = pem_of(certificate_for(key, algorithm=hashes.SHA256()))
        assert self.details(text) == {"reason": "key_too_small", "actual": 1024, "expected": 2048}

    def test_of_another_curve(self):
        key = ec.generate_private_key(ec.SECP256K1())
        text = pem_of(certificate_for(key, algorithm=hashes.SHA256()))
        assert self.details(text) == {
            "reason": "unsupported_curve",
            "actual": "secp256k1",
            "expected": None,
        }

    def test_of_another_kind_of_key(self):
        text = pem_of(certificate_for(ed25519.Ed25519PrivateKey.generate()))
        found = self.details(text)
        assert "Ed25519" in found["actual"]
        assert found["expected"] == "rsa, ec"
        bound = self.details(BOUND_TO_PSS)
        assert (bound["actual"], bound["expected"]) == ("rsassa-pss", "rsa, ec")

    def test_of_several_certificates(self, pem):
        assert self.details(pem * 3)["actual"] == 3

    def test_of_what_is_no_certificate(self):
        assert self.details("AAAA") == {"reason": "unreadable", "actual": "ValueError"}
        assert self.details("!") == {"reason": "unreadable", "actual": "Error"}


def test_no_character_is_passed_over(pem):
    """base64 that is lenient leaves out what it does not know: two texts would be one key."""
    body = "".join(pem.splitlines()[1:-1])
    assert normalise(body) == pem
    for junk in ("!", "-", "\u00a0", "="):
        assert refusal(body[:40] + junk + body[40:]) == "unreadable"


def test_the_longest_text_that_is_looked_at(pem):
    longest = pem + " " * (certificates.MAX_TEXT_LENGTH - len(pem))
    assert normalise(longest) == pem
    assert refusal(longest + " ") == "too_large"


def test_a_subject_that_nobody_can_read_is_left_out(rsa_key):
    honest = certificate_for(rsa_key, algorithm=hashes.SHA256(), name="idp.example.org")
    der = honest.public_bytes(Encoding.DER)
    # A UTF8String that is no UTF-8.
    broken = der.replace(b"\x0c\x0fidp.example.org", b"\x0c\x0f\xffdp.example.org")
    assert broken != der
    loaded = load(b64encode(broken).decode())
    assert loaded.subject == ""
    assert loaded.public_key == rsa_key.public_key()
