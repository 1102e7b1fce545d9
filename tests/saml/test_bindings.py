from __future__ import annotations

import base64
import zlib
from urllib.parse import parse_qsl, urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from hypothesis import given
from hypothesis import strategies as st

from relyra_django.saml import ErrorCode, RelyraError, bindings
from relyra_django.saml import constants as c
from relyra_django.testing.keys import signing_key

SSO = "https://idp.example.org/sso"


def refused(payload) -> ErrorCode:
    with pytest.raises(RelyraError) as refusal:
        bindings.decode_post(payload)
    return refusal.value.code


class TestPost:
    @given(st.binary(min_size=1, max_size=200))
    def test_round_trip(self, message):
        field = bindings.encode_post(message)
        assert bindings.decode_post(field) == message
        assert bindings.decode_post(field.encode()) == message
        assert bindings.decode_post(field.rstrip("=")) == message
        assert bindings.decode_post("\r\n \t".join(field)) == message

    @pytest.mark.parametrize(
        "field",
        [
            *("", " ", "=", "====", "A", "QUJD=", "QUI==", "QUI=QUI=", "Q=UI", "QU-_", "QU%3D"),
            *("QUJD\0", "QUJD\u00a0", "QUJD\u200b", "QUJD,", "\u0661UJD", b"\xff\xfe"),
        ],
    )
    def test_everything_else_is_refused(self, field):
        assert refused(field) is ErrorCode.INVALID_BINDING_PAYLOAD

    def test_size_is_looked_at_first(self):
        assert refused("%" * (bindings.FIELD_MAX_CHARS + 1)) is ErrorCode.PAYLOAD_TOO_LARGE
        assert refused("%" * bindings.FIELD_MAX_CHARS) is ErrorCode.INVALID_BINDING_PAYLOAD


class TestRedirect:
    def query(self, url: str) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(url).query, strict_parsing=True))

    def test_unsigned(self):
        url = bindings.encode_redirect(b"<a/>", destination=SSO, relay_state="rs_x y+&")
        assert url.startswith(SSO + "?SAMLRequest=")
        query = self.query(url)
        assert query["RelayState"] == "rs_x y+&"
        assert zlib.decompress(base64.b64decode(query["SAMLRequest"]), -15) == b"<a/>"
        assert set(query) == {"SAMLRequest", "RelayState"}

    def test_destination_with_a_query_of_its_own(self):
        url = bindings.encode_redirect(b"<a/>", destination=SSO + "?idp=1", relay_state="r")
        assert url.startswith(SSO + "?idp=1&SAMLRequest=")

    @pytest.mark.parametrize(
        "name", ["SAMLRequest", "SAMLResponse", "RelayState", "SigAlg", "Signature"]
    )
    def test_destination_that_collides(self, name):
        for query in (f"?{name}=x", f"?a=b&{name}"):
            with pytest.raises(RelyraError) as refusal:
                bindings.encode_redirect(b"<a/>", destination=SSO + query, relay_state="r")
            assert refusal.value.code is ErrorCode.INVALID_IDP_SSO_URL

    def test_signed_with_rsa(self):
        key = signing_key("rsa")
        url = self.signed(key)
        octets, _, _ = urlsplit(url).query.partition("&Signature=")
        query = self.query(url)
        assert query["SigAlg"] == c.RSA_SHA256
        self.public(key).verify(
            base64.b64decode(query["Signature"]),
            octets.encode(),
            padding.PKCS1v15(),
            hashes.SHA256(),
        )

    def test_signed_with_ec(self):
        key = signing_key("ec")
        url = self.signed(key)
        octets, _, _ = urlsplit(url).query.partition("&Signature=")
        query = self.query(url)
        assert query["SigAlg"] == c.ECDSA_SHA256
        raw = base64.b64decode(query["Signature"])
        assert len(raw) == 64
        der = encode_dss_signature(int.from_bytes(raw[:32]), int.from_bytes(raw[32:]))
        self.public(key).verify(der, octets.encode(), ec.ECDSA(hashes.SHA256()))

    def test_key_that_cannot_sign(self):
        with pytest.raises(RelyraError) as refusal:
            bindings.encode_redirect(
                b"<a/>", destination=SSO, relay_state="r", signing_key_pem="no key"
            )
        assert refusal.value.code is ErrorCode.KEY_NOT_CONFIGURED
        assert "no key" not in str(refusal.value)

    def signed(self, key) -> str:
        return bindings.encode_redirect(
            b"<a/>", destination=SSO, relay_state="r s", signing_key_pem=pem_of(key)
        )

    def public(self, key):
        return x509.load_pem_x509_certificate(key.certificate_pem.encode()).public_key()


def pem_of(key) -> str:
    from cryptography.hazmat.primitives.serialization import (
        Encoding,
        NoEncryption,
        PrivateFormat,
    )

    return key.private_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


class TestWhatOperatorsSee:
    def test_how_long_a_field_may_be(self):
        with pytest.raises(RelyraError) as refusal:
            bindings.decode_post("A" * (bindings.FIELD_MAX_CHARS + 1))
        assert refusal.value.details == {"expected": 1_572_864}

    def test_which_parameters_collide(self):
        with pytest.raises(RelyraError) as refusal:
            bindings.check_destination(SSO + "?Signature=x&a=b&RelayState=&SAMLRequest=y")
        assert refusal.value.details == {"actual": ["RelayState", "SAMLRequest", "Signature"]}
        bindings.check_destination(SSO + "?a=b&relaystate=")


@pytest.mark.parametrize(
    "field", ["=QUJD", "==QUI", "=QUI=", "XQUI=", "QUJDX=QUI=", " =\t=QUJD", "QQ=", "QUJDQQ="]
)
def test_padding_stands_at_the_end_and_is_whole(field):
    assert refused(field) is ErrorCode.INVALID_BINDING_PAYLOAD


def test_letters_that_look_like_padding_are_letters():
    assert bindings.decode_post("QUJX") == b"ABW"
    assert bindings.decode_post("QUJDXXXX") == b"ABC]u\xd7"
