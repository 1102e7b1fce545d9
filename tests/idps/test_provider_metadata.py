"""What the identity providers publish of themselves is what the connections were set up with."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
import requests

from relyra_django.saml import ErrorCode, RelyraError, certificates, parse_idp_metadata
from tests.idps.conftest import PairOf
from tests.idps.pairs import Pair
from tests.idps.processes import IdentityProvider

pytestmark = pytest.mark.idp

PERSISTENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"

ANNOUNCED: dict[str, Callable[[IdentityProvider], set[str]]] = {
    "simplesamlphp": lambda idp: normalised(idp.certificate_pem, idp.next_certificate_pem),
    "samlp": lambda idp: normalised(idp.certificate_pem),
}


def normalised(*pems: str) -> set[str]:
    return {certificates.normalise(pem) for pem in pems}


def published(pair: Pair) -> bytes:
    return requests.get(pair.idp.entity_id, timeout=30).content


def test_the_metadata_says_what_the_connections_were_set_up_with(pair: Pair) -> None:
    read = parse_idp_metadata(published(pair), now=datetime.now(UTC))
    assert read.entity_id == pair.idp.entity_id
    assert (read.sso_endpoint.binding, read.sso_endpoint.location) == (
        "redirect",
        pair.idp.sso_url,
    )
    assert [each.location for each in read.slo_endpoints] == [pair.idp.slo_url]
    assert set(read.signing_certificates) == ANNOUNCED[pair.idp.kind](pair.idp)
    assert PERSISTENT in read.name_id_formats


def test_signed_metadata_is_read_with_the_certificate_that_signed_it(pair_of: PairOf) -> None:
    pair = pair_of("simplesamlphp")
    certificate = certificates.load(pair.idp.certificate_pem)
    read = parse_idp_metadata(
        published(pair), now=datetime.now(UTC), signing_certificates=(certificate.pem,)
    )
    assert read.signed
    assert read.certificate_fingerprint == certificate.fingerprint_sha256
    assert read.entity_id == pair.idp.entity_id


def test_metadata_of_another_signer_is_refused(pair_of: PairOf) -> None:
    pair = pair_of("simplesamlphp")
    other = pair.site.key_file("current").with_suffix(".crt").read_text()
    with pytest.raises(RelyraError) as refused:
        parse_idp_metadata(published(pair), now=datetime.now(UTC), signing_certificates=(other,))
    assert refused.value.code is ErrorCode.INVALID_SIGNATURE


def test_unsigned_metadata_is_refused_where_a_signature_is_asked_for(pair_of: PairOf) -> None:
    pair = pair_of("samlp")
    with pytest.raises(RelyraError) as refused:
        parse_idp_metadata(
            published(pair),
            now=datetime.now(UTC),
            signing_certificates=(pair.idp.certificate_pem,),
        )
    assert refused.value.code is ErrorCode.MISSING_SIGNATURE
