from __future__ import annotations

import pytest

from relyra_django.saml import ErrorCode, RelyraError


def test_a_refusal_says_its_code_and_its_sentence():
    refusal = RelyraError(ErrorCode.MALFORMED_XML, "It is broken.", expected=1, actual=2)
    assert str(refusal) == "malformed_xml: It is broken."
    assert (refusal.code, refusal.message) == (ErrorCode.MALFORMED_XML, "It is broken.")
    assert refusal.details == {"expected": 1, "actual": 2}


def test_details_cannot_be_changed():
    refusal = RelyraError(ErrorCode.MALFORMED_XML, "It is broken.", expected=1)
    with pytest.raises(TypeError):
        refusal.details["expected"] = 2


def test_a_code_is_the_word_that_it_is_named_by():
    assert all(code.value == code.name.lower() for code in ErrorCode)
