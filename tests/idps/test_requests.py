"""What the site asks for, and what it does about an identity provider that gives something else."""

from __future__ import annotations

import time

import pytest

from tests.idps.conftest import PairOf
from tests.idps.driver import Browser, edit_request
from tests.idps.example import refusal
from tests.idps.pairs import Pair, accepted

pytestmark = pytest.mark.idp


def test_people_authenticate_again_where_that_is_asked_for(pair_of: PairOf, alice: Browser) -> None:
    pair = pair_of("simplesamlphp")
    accepted(alice.post(pair.answered(alice)))
    accepted(alice.post(pair.answered(alice, "again")))


def test_an_earlier_authentication_is_not_taken_for_a_new_one(
    pair_of: PairOf, alice: Browser
) -> None:
    """The request loses its ForceAuthn on the way, so SimpleSAMLphp answers from its session."""
    pair = pair_of("simplesamlphp")
    accepted(alice.post(pair.answered(alice)))
    time.sleep(1.1)  # authentication instants are whole seconds
    sso_url = edit_request(alice.start(pair.login_url("again")), 'ForceAuthn="true"', "")
    assert refusal(alice.post(alice.sign_in(sso_url))) == (403, "authn_too_old")
    assert "/receipt/" in alice.get(pair.site.receipt_url).url, "the earlier session goes on"


def test_the_authentication_context_that_was_asked_for_is_accepted(
    pair: Pair, alice: Browser
) -> None:
    accepted(alice.post(pair.answered(alice, "password")))


def test_another_authentication_context_is_refused(pair: Pair, alice: Browser) -> None:
    """Neither provider heeds what was asked for; both say that a password was enough."""
    response = pair.answered(alice, "certificate")
    assert refusal(alice.post(response)) == (403, "authn_context_mismatch")
    assert pair.stays_out(alice)
