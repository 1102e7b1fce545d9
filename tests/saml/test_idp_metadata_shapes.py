"""What honest identity providers publish is read, signed and unsigned, and says what they mean."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from relyra_django.saml import ErrorCode
from relyra_django.saml.connection import SsoBinding
from tests.saml import metadata_shapes as shapes
from tests.saml.metadata_reading import assert_refused, read
from tests.saml.metadata_shapes import ENTITY, SHAPES, SLO, SSO, TWO

Shape = Callable[[], bytes]
SIGNED = [shape for shape, expected in SHAPES.items() if "pin" in expected]


def name(shape: Shape) -> str:
    return shape.__name__


def arguments(shape: Shape) -> dict[str, Any]:
    expected = SHAPES[shape]
    pinned = (expected["pin"].certificate_pem,) if "pin" in expected else ()
    return {"entity_id": expected.get("entity_id", ENTITY), "signing_certificates": pinned}


@pytest.mark.parametrize("shape", SHAPES, ids=name)
def test_shape(shape: Shape) -> None:
    found = read(shape(), **arguments(shape))
    expected = {"entity_id": ENTITY, "unusable_certificates": (), **SHAPES[shape]}
    assert found.signed is (expected.pop("pin", None) is not None)
    assert {field: getattr(found, field) for field in expected} == expected
    assert found.sso_endpoint.location == SSO
    assert found.sso_endpoint.binding is SsoBinding.REDIRECT


@pytest.mark.parametrize("shape", SIGNED, ids=name)
def test_the_same_without_a_pin_and_nothing_with_another(shape: Shape) -> None:
    unsigned = read(shape(), entity_id=arguments(shape)["entity_id"])
    assert (unsigned.signed, unsigned.sso_endpoint.location) == (False, SSO)
    stranger = (TWO.certificate_pem,)
    assert_refused(ErrorCode.INVALID_SIGNATURE, shape(), signing_certificates=stranger)


@pytest.mark.parametrize("shape", SIGNED, ids=name)
def test_a_signed_shape_that_was_touched(shape: Shape) -> None:
    data = shape().replace(SSO.encode(), b"https://evil.example.com/sso")
    assert_refused(ErrorCode.DIGEST_MISMATCH, data, **arguments(shape))


@pytest.mark.parametrize("shape", [one for one in SHAPES if one is not shapes.edugain], ids=name)
def test_one_provider_needs_no_name(shape: Shape) -> None:
    assert read(shape()).entity_id == SHAPES[shape].get("entity_id", ENTITY)


def test_a_federation_does() -> None:
    assert_refused(ErrorCode.METADATA_ENTITY_AMBIGUOUS, shapes.edugain())


def test_times_of_google_and_of_a_federation() -> None:
    assert read(shapes.google()).valid_until == datetime(2031, 5, 4, 9, 8, 7, tzinfo=UTC)
    found = read(shapes.edugain(), **arguments(shapes.edugain))
    assert found.valid_until == datetime(2026, 4, 1, tzinfo=UTC)
    assert found.cache_duration == timedelta(hours=6)


def test_only_redirect_and_post_of_keycloak() -> None:
    found = read(shapes.keycloak())
    assert [one.binding for one in found.sso_endpoints] == [SsoBinding.POST, SsoBinding.REDIRECT]
    assert [one.location for one in found.slo_endpoints] == [SLO, SLO]


def test_logout_of_simplesamlphp_answers_elsewhere() -> None:
    endpoint = read(shapes.simplesamlphp()).slo_endpoint
    assert endpoint is not None
    assert (endpoint.location, endpoint.response_location) == (SLO, SLO + "/done")


def test_what_shibboleth_commented_out_stays_out() -> None:
    found = read(shapes.shibboleth())
    assert found.slo_endpoint is None
    assert found.ignored_scopes == ("^.+\\.example\\.org$",)
