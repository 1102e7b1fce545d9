"""What a refused message may make us do, counted; what it takes is for the benchmark to say."""

from __future__ import annotations

import base64
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from relyra_django.saml import RelyraError, decryption, signature, toolkit, validate_response, xml
from relyra_django.saml import algorithms as verifier
from relyra_django.testing.encryption import Encryption
from relyra_django.testing.hostile import HOSTILE
from tests.saml.judging import CONNECTION, IDP, NOW, REQUEST_ID, mint
from tests.saml.worst_cases import WORST, honest

WORK = {
    "canonicalizations": (signature, "canonicalize"),
    "verifications": (verifier, "verifies"),
    "libxmlsec": (toolkit, "verifies"),
    "messages parsed": (xml, "_parse_with_namespaces"),
    "signed bytes parsed": (xml, "_parse_simply"),
    "private-key operations": (decryption, "_unwrapped"),
}
# One signature: SignedInfo and content canonicalized, and what was signed parsed.
ONE = {
    "canonicalizations": 2,
    "verifications": 1,
    "libxmlsec": 1,
    "messages parsed": 1,
    "signed bytes parsed": 1,
}
TWO = {name: count if name == "messages parsed" else 2 * count for name, count in ONE.items()}


@pytest.fixture
def work(monkeypatch) -> Counter[str]:
    """Count what is done, while it is done as always."""
    counts: Counter[str] = Counter()

    def counted(name, function):
        def call(*arguments, **keywords):
            counts[name] += 1
            return function(*arguments, **keywords)

        return call

    for name, (module, function) in WORK.items():
        monkeypatch.setattr(module, function, counted(name, getattr(module, function)))
    return counts


def judged(
    payload: str | bytes, connection=CONNECTION, request_id: str | None = REQUEST_ID
) -> bool:
    try:
        validate_response(payload, connection, request_id=request_id, now=NOW)
    except RelyraError:
        return False
    return True


@pytest.mark.parametrize(
    ("sign", "expected"), [("assertion", ONE), ("response", ONE), ("both", TWO)]
)
def test_an_accepted_message_costs_this_and_no_more(work, sign, expected):
    assert judged(mint(sign=sign).encoded)
    assert work == expected


@pytest.mark.parametrize("sign", ["assertion", "response", "both"])
def test_an_encrypted_one_costs_one_private_key_operation_more(work, sign):
    assert judged(mint(sign=sign, encrypt=Encryption()).encoded)
    plain = ONE if sign != "both" else TWO
    assert work["private-key operations"] == 1
    assert work["libxmlsec"] == plain["libxmlsec"]
    assert work["messages parsed"] == 2


@pytest.mark.parametrize("case", WORST, ids=str)
def test_the_worst_case_costs_no_more_work_than_an_honest_message(work, case):
    assert not judged(case.payload, case.connection)
    limit = {**TWO, "messages parsed": 3, "private-key operations": 1}
    limit["verifications"] = 2 * len(case.connection.idp_certificates)
    assert not [name for name, count in work.items() if count > limit[name]], work


@pytest.mark.parametrize("attack", [one for one in HOSTILE if not one.second_use], ids=str)
def test_nor_does_any_attack(work, attack):
    connection = attack.connection(IDP)
    request_id = REQUEST_ID if attack.solicited else None
    assert not judged(
        attack.make(IDP, now=NOW, in_response_to=request_id).encoded, connection, request_id
    )
    limit = {**TWO, "messages parsed": 3, "signed bytes parsed": 3, "private-key operations": 3}
    limit["canonicalizations"] += 1  # a decrypted assertion, put back where it was
    limit["verifications"] = 2 * max(1, len(connection.idp_certificates))
    assert not [name for name, count in work.items() if count > limit[name]], work


@pytest.mark.parametrize("name", ["too many elements", "far too deep", "not XML"])
def test_what_cannot_be_within_the_limits_is_not_looked_at(work, name):
    [case] = [one for one in WORST if one.name == name]
    assert not judged(case.payload, case.connection)
    assert set(work) <= {"messages parsed"}


def test_nobody_has_content_canonicalized_without_a_key_of_ours(work):
    forged = [case for case in WORST if not case.name.startswith(("tampered", "encrypted"))]
    for case in forged:
        work.clear()
        assert not judged(case.payload, case.connection)
        assert work["libxmlsec"] == 0
        assert work["canonicalizations"] <= 1, case


@pytest.mark.parametrize("size", [5_000, 100_000, 900_000])
def test_there_is_an_honest_message_of_every_size(size):
    message = honest(size)
    assert abs(len(message) - size) < size / 10
    assert judged(base64.b64encode(message))


def test_two_threads_at_once():
    """Whatever is kept between messages is shared or a thread's own; no answer depends on it."""
    messages = [
        mint(sign=sign, encrypt=how).encoded
        for sign, how in (("assertion", None), ("both", None), ("response", Encryption()))
    ]
    messages.append(mint().tampered("alice", "admin").encoded)
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(judged, messages * 100))
    assert answers == [True, True, True, False] * 100
