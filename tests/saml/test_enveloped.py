from __future__ import annotations

from datetime import UTC, datetime

import pytest
from lxml import etree

from relyra_django.saml import authn_request, enveloped, toolkit
from relyra_django.saml import constants as c
from relyra_django.saml.connection import Policy
from relyra_django.saml.errors import ErrorCode, RelyraError
from relyra_django.saml.signature import find_signatures, verify
from relyra_django.testing.fake_idp import FakeIdP
from relyra_django.testing.keys import signing_key

NOW = datetime(2026, 5, 6, 7, 8, 9, tzinfo=UTC)
KINDS = ["rsa", "ec", "ec384"]


def signed(kind: str) -> etree._Element:
    request = authn_request.build(
        FakeIdP().connection(force_authn=True), request_id="id_1", now=NOW
    )
    key = signing_key(kind, "sp")
    return etree.fromstring(enveloped.sign_message(request.to_xml(), key_pem=key.private_key_pem))


@pytest.mark.parametrize("kind", KINDS)
def test_libxmlsec_accepts_it(kind: str) -> None:
    root = signed(kind)
    certificate = signing_key(kind, "sp").certificate_pem
    assert toolkit.verifies(root[1], root, certificate)
    stranger = signing_key(kind, "stranger").certificate_pem
    assert not toolkit.verifies(root[1], root, stranger)


@pytest.mark.parametrize("kind", KINDS)
def test_so_do_our_own_rules_for_a_signature(kind: str) -> None:
    root = signed(kind)
    parts = find_signatures(root, (root,))[root]
    node = verify(parts, (signing_key(kind, "sp").certificate_pem,), Policy(), NOW)
    assert node.root.get("ID") == "id_1"


def test_a_changed_message_is_refused() -> None:
    root = signed("rsa")
    certificate = signing_key("rsa", "sp").certificate_pem
    assert toolkit.verifies(root[1], root, certificate)
    root.set("ForceAuthn", "false")
    assert not toolkit.verifies(root[1], root, certificate)


def test_the_signature_follows_the_issuer() -> None:
    assert [child.tag for child in signed("rsa")][:2] == [c.SAML + "Issuer", c.DS + "Signature"]


def test_a_key_that_cannot_sign_is_named_by_code() -> None:
    with pytest.raises(RelyraError) as refusal:
        enveloped.sign_message(b"<a/>", key_pem="no key")
    assert refusal.value.code is ErrorCode.KEY_NOT_CONFIGURED


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_spelled_as_other_software_expects(kind: str) -> None:
    signature = signed(kind)[1]
    assert signature.prefix == "ds"
    assert signature.tag == c.DS + "Signature"
    assert signature.find(f"{c.DS}SignedInfo/{c.DS}Reference").get("URI") == "#id_1"


def test_the_signature_stands_before_everything_that_is_asked() -> None:
    request = authn_request.build(
        FakeIdP().connection(
            name_id_format=c.NAMEID_PERSISTENT, requested_authn_contexts=("urn:a",)
        ),
        request_id="id_1",
        now=NOW,
    )
    key = signing_key("rsa", "sp")
    root = etree.fromstring(enveloped.sign_message(request.to_xml(), key_pem=key.private_key_pem))
    assert [child.tag for child in root] == [
        c.SAML + "Issuer",
        c.DS + "Signature",
        c.SAMLP + "NameIDPolicy",
        c.SAMLP + "RequestedAuthnContext",
    ]
    assert toolkit.verifies(root[1], root, key.certificate_pem)
