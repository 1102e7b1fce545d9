"""Every attack on metadata that the kit can mint, beside what must be accepted."""

from __future__ import annotations

from typing import Any

import pytest

from relyra_django.saml import ErrorCode, RelyraError
from relyra_django.testing.hostile.metadata import METADATA, METADATA_INERT
from relyra_django.testing.hostile.metadata_case import MetadataCase
from relyra_django.testing.hostile.metadata_entities import BYTES, ENTITIES, PARTS
from relyra_django.testing.hostile.metadata_signatures import EVIL, SIGNATURES
from tests.saml.metadata_reading import IDP, PINS, assert_refused, publish, read

#: Where nothing is pinned a signature is not looked at, so it cannot be the reason either.
UNPINNED = [case for case in (*BYTES, *ENTITIES, *PARTS) if case.code is not None]


@pytest.mark.parametrize("case", METADATA, ids=str)
def test_attack_is_refused_with_its_code(case: MetadataCase) -> None:
    assert case.code is not None
    assert_refused(case.code, case.make(IDP), **case.arguments(IDP))


@pytest.mark.parametrize("case", METADATA_INERT, ids=str)
def test_what_is_only_odd_says_what_an_honest_document_says(case: MetadataCase) -> None:
    found = read(case.make(IDP), **case.arguments(IDP))
    assert case.code is None
    assert found.entity_id == case.entity_id(IDP) or case.entity_id(IDP) is None
    assert found.sso_endpoint.location == IDP.sso_url
    assert found.signing_certificates == (IDP.certificate_pem,)
    assert found.signed is bool(case.trusted(IDP))


@pytest.mark.parametrize("case", UNPINNED, ids=str)
def test_these_are_refused_without_a_pin_too(case: MetadataCase) -> None:
    arguments: dict[str, Any] = {**case.arguments(IDP), "signing_certificates": ()}
    assert case.code is not None
    assert_refused(case.code, case.make(IDP), **arguments)


@pytest.mark.parametrize("case", SIGNATURES, ids=str)
def test_nothing_an_attacker_wrote_is_believed_under_a_pin(case: MetadataCase) -> None:
    with pytest.raises(RelyraError) as refusal:
        read(case.make(IDP), **case.arguments(IDP))
    assert EVIL not in str(refusal.value.details)


def test_the_honest_twin_is_accepted() -> None:
    for knobs in ({}, {"others": 3}, {"nesting": 1}):
        assert read(publish(**knobs), entity_id=IDP.entity_id, signing_certificates=PINS).signed


def test_the_collections_are_large_and_have_names() -> None:
    assert len(METADATA) >= 100
    assert len(METADATA_INERT) >= 25
    names = [case.name for case in (*METADATA, *METADATA_INERT)]
    assert sorted(set(names)) == sorted(names)


def test_every_code_of_metadata_is_earned() -> None:
    earned = {case.code for case in METADATA}
    assert {code for code in ErrorCode if code.startswith("metadata_")} <= earned
    assert {
        ErrorCode.MISSING_SIGNATURE,
        ErrorCode.INVALID_SIGNATURE,
        ErrorCode.DIGEST_MISMATCH,
        ErrorCode.AMBIGUOUS_SIGNED_NODE,
        ErrorCode.CANONICALIZATION_FAILED,
        ErrorCode.DEPRECATED_ALGORITHM,
        ErrorCode.UNTRUSTED_CERTIFICATE,
        ErrorCode.INVALID_TIMESTAMP,
    } <= earned
