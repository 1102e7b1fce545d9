from __future__ import annotations

import base64
from dataclasses import FrozenInstanceError
from datetime import UTC, datetime
from typing import Any

import pytest
from lxml import etree

from relyra_django.saml import authn_request, bindings
from relyra_django.saml.connection import ConnectionStatus
from relyra_django.testing import FakeIdP, KeyInfo, Minted
from relyra_django.testing.hostile import hostile
from relyra_django.testing.keys import signing_key
from relyra_django.testing.namespaces import DS, MD, POST, REDIRECT
from tests.testing.verifiers import xmlsec_accepts

NOW = datetime(2026, 4, 24, 16, 0, 0, tzinfo=UTC)
IDP = FakeIdP()


def our_request() -> authn_request.AuthnRequest:
    return authn_request.build(IDP.connection(), request_id="id_1", now=NOW)


def by_redirect(relay_state: str = "rs_1") -> str:
    request = our_request()
    return bindings.encode_redirect(
        request.to_xml(), destination=request.destination, relay_state=relay_state
    )


def by_form() -> dict[str, str]:
    payload = base64.b64encode(our_request().to_xml()).decode()
    return {"SAMLRequest": payload, "RelayState": "rs_1"}


def said(minted: Minted, attribute: str) -> set[str]:
    result: Any = etree.fromstring(minted.xml).xpath(f"//@{attribute}")
    return {str(one) for one in result}


@pytest.mark.parametrize("request_", [by_redirect(), by_form()], ids=["redirect", "form"])
def test_an_answer_fits_the_request(request_: Any) -> None:
    answer = IDP.answer(request_)
    connection = IDP.connection()
    assert answer.acs_url == connection.acs_url
    assert answer.fields == {"SAMLResponse": answer.minted.encoded, "RelayState": "rs_1"}
    assert answer.request.request_id == "id_1"
    assert said(answer.minted, "InResponseTo") == {"id_1"}
    assert said(answer.minted, "Destination") == {connection.acs_url}
    assert connection.sp_entity_id.encode() in answer.minted.xml


def test_knobs_override_the_request() -> None:
    minted = IDP.answer(by_redirect(), name_id="bob", in_response_to="id_2").minted
    assert said(minted, "InResponseTo") == {"id_2"}
    assert b">bob<" in minted.xml


def test_an_answer_may_be_hostile() -> None:
    minted = IDP.answer(by_redirect(), mint=hostile("unsigned").make).minted
    assert b"Signature" not in minted.xml


def test_a_wrong_acs_url_in_the_message_does_not_move_the_browser() -> None:
    answer = IDP.answer(by_redirect(), destination="https://other.example.net/")
    assert answer.acs_url == IDP.connection().acs_url


def test_no_request_no_answer() -> None:
    with pytest.raises(ValueError, match="SAMLRequest"):
        IDP.answer("https://idp.example.org/sso")


def test_the_connection_trusts_this_provider() -> None:
    connection = IDP.connection()
    assert connection.idp_certificates == (IDP.certificate_pem,)
    assert connection.idp_entity_id == IDP.entity_id
    assert connection.idp_sso_url == IDP.sso_url
    assert connection.status is ConnectionStatus.ENABLED


def test_overrides_reach_the_connection() -> None:
    assert IDP.connection(display_name="Acme").display_name == "Acme"
    with pytest.raises(TypeError):
        IDP.connection(nonsense=1)


def test_metadata_names_entity_certificate_and_both_bindings() -> None:
    root = etree.fromstring(IDP.metadata())
    assert root.tag == f"{{{MD}}}EntityDescriptor"
    assert root.get("entityID") == IDP.entity_id
    services = {
        one.get("Binding"): one.get("Location") for one in root.iter(f"{{{MD}}}SingleSignOnService")
    }
    assert services == {REDIRECT: IDP.sso_url, POST: IDP.sso_url}
    [certificate] = root.iter(f"{{{DS}}}X509Certificate")
    assert certificate.text == IDP.signing_key.certificate_base64


def test_two_of_a_name_sign_with_one_key() -> None:
    other = FakeIdP(entity_id="https://other.example.net/")
    assert other.certificate_pem == IDP.certificate_pem


def test_another_name_is_another_key() -> None:
    other = FakeIdP(name="other")
    assert not xmlsec_accepts(other.response().xml, IDP.certificate_pem)
    assert xmlsec_accepts(other.response().xml, other.certificate_pem)


@pytest.mark.parametrize("key", ["ec", signing_key("ec")], ids=["kind", "key"])
def test_one_response_may_be_signed_by_another_key(key: Any) -> None:
    assert b"#ecdsa-sha256" in IDP.response(key=key).xml


def test_an_unknown_key_info_is_refused() -> None:
    with pytest.raises(ValueError, match="nonsense"):
        IDP.response(key_info="nonsense")
    assert IDP.response(key_info=KeyInfo.NONE).xml


def test_validity_dates_the_certificate() -> None:
    dates = (datetime(2020, 1, 1, tzinfo=UTC), datetime(2021, 1, 1, tzinfo=UTC))
    expired = FakeIdP(validity=dates)
    assert expired.signing_key.certificate.not_valid_after_utc == dates[1]
    assert expired.certificate_pem != IDP.certificate_pem


def test_it_is_frozen() -> None:
    with pytest.raises(FrozenInstanceError):
        IDP.key = "ec"  # type: ignore[misc]
