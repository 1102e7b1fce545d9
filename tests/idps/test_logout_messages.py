"""The logout messages of the identity providers, judged as they come."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import pytest

from relyra_django.saml import (
    ErrorCode,
    Hatch,
    RelyraError,
    validate_logout_request,
    validate_logout_response,
)
from tests.idps.conftest import PairOf
from tests.idps.driver import Browser, LogoutMessage, deflated
from tests.idps.example import Receipt
from tests.idps.pairs import Pair, accepted

pytestmark = pytest.mark.idp

BY_BINDING = pytest.mark.parametrize("name", ["plain", "logout-by-post"])
ASKED = "_61ab29d03c"
REQUEST = """\
<samlp:LogoutRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" \
xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="{request_id}" Version="2.0" \
IssueInstant="{now:%Y-%m-%dT%H:%M:%SZ}" Destination="{destination}">\
<saml:Issuer>{issuer}</saml:Issuer>\
<saml:NameID Format="{name_id_format}">{name_id}</saml:NameID>\
<samlp:SessionIndex>{session_index}</samlp:SessionIndex>\
</samlp:LogoutRequest>"""


def signed_in(browser: Browser, pair: Pair, name: str) -> Receipt:
    return accepted(browser.post(pair.answered(browser, name)))


def asked_by_provider(browser: Browser, pair: Pair, name: str) -> LogoutMessage:
    """Sign out at the identity provider, which asks the site to do the same."""
    start = f"{pair.idp.slo_url}?{urlencode({'ReturnTo': pair.idp.base_url})}"
    return browser.sign_out(start, pair.slo_url(name))


def answered_by_provider(
    browser: Browser, pair: Pair, name: str, facts: dict[str, str]
) -> LogoutMessage:
    """Ask the identity provider to sign the person out, and take its answer."""
    request = REQUEST.format(
        request_id=ASKED,
        now=datetime.now(UTC),
        destination=pair.idp.slo_url,
        issuer=pair.sp_entity_id(name),
        name_id_format=facts["Its format"],
        name_id=facts["Name identifier"],
        session_index=facts["Session index"],
    )
    query = urlencode({"SAMLRequest": deflated(request), "RelayState": "ours"})
    return browser.sign_out(f"{pair.idp.slo_url}?{query}", pair.slo_url(name))


def other_than(character: str) -> str:
    return "A" if character != "A" else "B"


@BY_BINDING
def test_a_request_of_the_provider_names_the_session(pair: Pair, alice: Browser, name: str) -> None:
    facts = signed_in(alice, pair, name).facts
    message = asked_by_provider(alice, pair, name)
    assert message.binding == pair.agreements[name].slo_binding
    request = validate_logout_request(
        message.payload, pair.snapshot(name), binding=message.binding, now=datetime.now(UTC)
    )
    assert request.signed
    assert request.name_id.value == facts["Name identifier"]
    assert request.session_indexes == (facts["Session index"],)
    assert request.certificate_fingerprint == facts["Certificate, SHA-256"]


@BY_BINDING
def test_an_answer_of_the_provider_is_success(pair: Pair, alice: Browser, name: str) -> None:
    facts = signed_in(alice, pair, name).facts
    message = answered_by_provider(alice, pair, name, dict(facts))
    answer = validate_logout_response(
        message.payload,
        pair.snapshot(name),
        binding=message.binding,
        request_id=ASKED,
        now=datetime.now(UTC),
    )
    assert answer.signed
    assert not answer.partial
    assert answer.relay_state == ("ours" if message.binding == "redirect" else None)


def test_an_answer_to_another_request_is_refused(pair: Pair, alice: Browser) -> None:
    facts = signed_in(alice, pair, "plain").facts
    message = answered_by_provider(alice, pair, "plain", dict(facts))
    with pytest.raises(RelyraError) as refused:
        validate_logout_response(
            message.payload,
            pair.snapshot("plain"),
            binding=message.binding,
            request_id="_another",
            now=datetime.now(UTC),
        )
    assert refused.value.code is ErrorCode.IN_RESPONSE_TO_MISMATCH


def test_a_changed_query_is_refused(pair: Pair, alice: Browser) -> None:
    signed_in(alice, pair, "plain")
    message = asked_by_provider(alice, pair, "plain")
    before, sign, state = message.payload.partition("RelayState=")
    changed = before + sign + other_than(state[0]) + state[1:]
    with pytest.raises(RelyraError) as refused:
        validate_logout_request(
            changed, pair.snapshot("plain"), binding="redirect", now=datetime.now(UTC)
        )
    assert refused.value.code is ErrorCode.INVALID_SIGNATURE


def test_an_encrypted_name_is_read_while_a_dated_exception_lasts(
    pair_of: PairOf, alice: Browser
) -> None:
    pair, name = pair_of("simplesamlphp"), "name-id-open"
    facts = signed_in(alice, pair, name).facts
    message = asked_by_provider(alice, pair, name)
    now = datetime.now(UTC)
    with pytest.raises(RelyraError) as refused:
        validate_logout_request(
            message.payload, pair.snapshot(name), binding=message.binding, now=now
        )
    assert refused.value.code is ErrorCode.DECRYPTION_FAILED
    exception = Hatch(reason="tests", expires_at=now + timedelta(days=1))
    request = validate_logout_request(
        message.payload,
        pair.snapshot(name, legacy_aes_cbc=exception),
        binding=message.binding,
        now=now,
    )
    assert request.encrypted
    assert request.name_id.value == facts["Name identifier"]
