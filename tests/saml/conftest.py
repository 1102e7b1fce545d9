"""Hypothesis: no deadline, because timings belong in benchmarks; `deep` is for the long suites."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import settings

from relyra_django.saml import ErrorCode, RelyraError

settings.register_profile("default", deadline=None)
settings.register_profile(
    "deep", deadline=None, max_examples=int(os.environ.get("HYPOTHESIS_EXAMPLES", "5000"))
)
# A mutant is a change in the code, not in the examples.
settings.register_profile(
    "mutation", deadline=None, max_examples=25, derandomize=True, database=None
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))

SENTENCE = re.compile(r"(?=.*[a-z])[A-Z][^<>{}]*\.")


@pytest.fixture(autouse=True)
def _every_refusal_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Operators read every message that a test of the judge brings about."""
    unread: set[str] = set()
    refuse = RelyraError.__init__

    def remember(self: RelyraError, code: ErrorCode, message: str, **details: Any) -> None:
        refuse(self, code, message, **details)
        if not SENTENCE.fullmatch(str(message)):
            unread.add(f"{code}: {message}")

    monkeypatch.setattr(RelyraError, "__init__", remember)
    yield
    assert not unread
