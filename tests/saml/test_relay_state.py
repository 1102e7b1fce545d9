from __future__ import annotations

import pytest

from relyra_django.saml import relay_state


def test_issued_handles_are_ours_and_short_and_never_the_same():
    issued = {relay_state.issue() for _ in range(100)}
    assert len(issued) == 100
    assert all(relay_state.is_ours(handle) and len(handle) == 27 for handle in issued)


@pytest.mark.parametrize(
    "value",
    [
        None,
        "",
        "rs_",
        "rs_" + "a" * 23,
        "rs_" + "a" * 25,
        "RS_" + "a" * 24,
        "rs_" + "a" * 23 + "=",
        "rs_" + "a" * 23 + "\u00e9",
        "rs_" + "a" * 24 + "\n",
        "https://evil.example/",
        "//evil.example",
        "/inbox/",
    ],
)
def test_anything_else_is_not(value):
    assert not relay_state.is_ours(value)
