from __future__ import annotations

from datetime import UTC, datetime

import pytest
from lxml import etree

from relyra_django.saml import ErrorCode, RelyraError
from relyra_django.saml.idp_metadata.validity import check_valid_until

NOW = datetime(2026, 3, 14, 12, 0, tzinfo=UTC)


def level(valid_until: str | None) -> etree._Element:
    return etree.Element("x", {} if valid_until is None else {"validUntil": valid_until})


def test_the_earliest_limit_counts():
    levels = [level("2026-03-14T12:00:02Z"), level(None), level("2026-03-14T12:00:01Z")]
    assert check_valid_until(levels, NOW) == NOW.replace(second=1)
    assert check_valid_until([level(None)], NOW) is None


def test_operators_see_when_it_ended():
    with pytest.raises(RelyraError) as refusal:
        check_valid_until([level("2027-01-01T00:00:00Z"), level("2026-03-14T12:00:00Z")], NOW)
    assert refusal.value.code is ErrorCode.METADATA_EXPIRED
    assert refusal.value.details == {"expected": NOW.isoformat(), "actual": NOW.isoformat()}
