"""Logins whose answer is encrypted, browser to session."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User

from relyra_django.exceptions import ErrorCode, RelyraError
from relyra_django.keys import KeyPair, KeyResolver
from relyra_django.models import Connection, UserIdentity
from relyra_django.saml import keys as saml_keys
from relyra_django.testing import Encryption, FakeIdP
from relyra_django.testing.connections import enabled_connection
from relyra_django.testing.encryption import sp_key
from relyra_django.testing.keys import signing_key
from tests.flow import NOTHING, Visitor, Written, code_of, difference, statements, written

pytestmark = pytest.mark.django_db

NEXT = signing_key("rsa", "next-sp")
STRANGER = signing_key("rsa", "other-sp")


class BrokenResolver(KeyResolver):
    """Signs nothing, and cannot reach its vault."""

    def signing_keys(self, connection: Any) -> tuple[KeyPair, ...]:
        return ()

    def decryption_keys(self, connection: Any) -> tuple[KeyPair, ...]:
        raise RelyraError(ErrorCode.KEY_NOT_CONFIGURED, "The vault is closed.")


def use_keys(settings: Any, *sources: Any) -> None:
    resolver = {
        "BACKEND": "relyra_django.keys.SettingsKeyResolver",
        "OPTIONS": {"decryption": list(sources)},
    }
    settings.RELYRA = {**settings.RELYRA, "KEY_RESOLVER": resolver}


@pytest.fixture
def idp() -> FakeIdP:
    return FakeIdP()


@pytest.fixture
def acme(idp: FakeIdP) -> Connection:
    return enabled_connection(idp)


@pytest.fixture
def visitor(idp: FakeIdP, acme: Connection, settings: Any) -> Visitor:
    use_keys(settings, sp_key().private_key_pem)
    return Visitor(idp)


def subjects() -> set[str]:
    return set(UserIdentity.objects.values_list("subject_hash", flat=True))


@pytest.mark.parametrize("sign", ["assertion", "response", "both"])
def test_an_encrypted_assertion_signs_in(visitor: Visitor, sign: str) -> None:
    before = written()
    response = visitor.login(encrypt=Encryption(), sign=sign)
    assert (response.status_code, response["Location"]) == (303, "/home/")
    assert visitor.user == User.objects.get()
    assert difference(before, written()) == Written(1, 1, 1, 0, 1, 1)


@pytest.mark.parametrize("outer", [None, Encryption(content="aes128-gcm")])
def test_an_encrypted_name_signs_in(visitor: Visitor, outer: Encryption | None) -> None:
    visitor.login(encrypt_name_id=Encryption(key_beside=True), encrypt=outer)
    assert visitor.user.is_authenticated


def test_encryption_makes_nobody_another_person(visitor: Visitor, idp: FakeIdP) -> None:
    visitor.login(name_id="alice")
    plain = subjects()
    for knobs in ({"encrypt": Encryption()}, {"encrypt_name_id": Encryption()}):
        again = Visitor(idp)
        again.login(name_id="alice", **knobs)
        assert again.user == visitor.user
    assert subjects() == plain


def test_encryption_costs_no_statement(visitor: Visitor, idp: FakeIdP) -> None:
    visitor.login()
    spent = []
    for knobs in ({}, {"encrypt": Encryption(), "encrypt_name_id": Encryption()}):
        returning = Visitor(idp)
        answer = returning.answered(**knobs)
        with statements() as sent:
            returning.bring(answer)
        spent.append(len(sent))
    assert spent[0] == spent[1]


def test_the_old_key_still_opens_while_the_new_one_is_published(
    visitor: Visitor, settings: Any
) -> None:
    use_keys(settings, NEXT.private_key_pem, sp_key().private_key_pem)
    visitor.login(encrypt=Encryption(), encrypt_name_id=Encryption())
    assert visitor.user.is_authenticated


def test_a_key_that_has_gone_opens_nothing(visitor: Visitor, settings: Any) -> None:
    use_keys(settings, NEXT.private_key_pem)
    answer, before = visitor.answered(encrypt=Encryption()), written()
    response = visitor.bring(answer)
    assert (response.status_code, code_of(response)) == (403, "decryption_failed")
    assert difference(before, written()) == NOTHING


def test_without_any_key(visitor: Visitor, settings: Any) -> None:
    use_keys(settings)
    response = visitor.login(encrypt=Encryption())
    assert (response.status_code, code_of(response)) == (403, "decryption_failed")
    assert not visitor.user.is_authenticated
    visitor.login()
    assert visitor.user.is_authenticated


@pytest.mark.parametrize("knobs", [{"encrypt": Encryption()}, {"encrypt_name_id": Encryption()}])
def test_a_resolver_that_fails_says_so_and_only_where_keys_are_needed(
    visitor: Visitor, settings: Any, knobs: dict[str, Any]
) -> None:
    broken = "tests.test_flow_encrypted.BrokenResolver"
    settings.RELYRA = {**settings.RELYRA, "KEY_RESOLVER": broken}
    before = written()
    response = visitor.login(**knobs)
    assert (response.status_code, code_of(response)) == (503, "key_not_configured")
    assert difference(before, written()) == Written(0, 0, 0, 1, 0, 0)
    visitor.login()
    assert visitor.user.is_authenticated


def test_a_key_in_a_file_is_parsed_once(visitor: Visitor, settings: Any, tmp_path: Path) -> None:
    path = tmp_path / "sp.key"
    path.write_text(sp_key().private_key_pem)
    use_keys(settings, path)
    visitor.login(encrypt=Encryption())
    before = saml_keys.load_private_key.cache_info()
    visitor.login(encrypt=Encryption())
    after = saml_keys.load_private_key.cache_info()
    assert after.misses == before.misses
    assert after.hits > before.hits


def test_a_message_for_somebody_else(visitor: Visitor, caplog: pytest.LogCaptureFixture) -> None:
    response = visitor.login(encrypt=Encryption(recipient=STRANGER))
    assert (response.status_code, code_of(response)) == (403, "decryption_failed")
    [record] = [one for one in caplog.records if one.name == "relyra_django.login" and one.code]
    assert record.details == {}


def test_what_the_message_alone_decided_is_logged(
    visitor: Visitor, caplog: pytest.LogCaptureFixture
) -> None:
    response = visitor.login(encrypt=Encryption(content="aes256-cbc"))
    assert code_of(response) == "decryption_failed"
    [record] = [one for one in caplog.records if one.name == "relyra_django.login" and one.code]
    assert record.details == {
        "reason": "'algorithm'",
        "actual": "'http://www.w3.org/2001/04/xmlenc#aes256-cbc'",
    }
    assert b"xmlenc" not in response.content


def test_an_encrypted_answer_is_used_once(visitor: Visitor) -> None:
    answer = visitor.answered(encrypt=Encryption())
    visitor.bring(answer)
    again = visitor.bring(answer)
    assert again.status_code == 403
    assert code_of(again) == "request_intent_consumed"


def test_an_answer_taken_from_another_browser(visitor: Visitor, idp: FakeIdP) -> None:
    answer = visitor.answered(encrypt=Encryption())
    other = Visitor(idp)
    other.leave()
    assert code_of(other.bring(answer)) == "browser_binding_mismatch"
    visitor.bring(answer)
    assert visitor.user.is_authenticated
