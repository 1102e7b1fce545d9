"""For the tests of host projects: a fake identity provider, login helpers, store contracts.

Nothing is imported before it is asked for, so pytest and a configured Django are only needed by
the parts that use them.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from relyra_django.testing.fake_idp import Answer as Answer
    from relyra_django.testing.fake_idp import FakeIdP as FakeIdP
    from relyra_django.testing.minted import Minted as Minted
    from relyra_django.testing.response_spec import HONEST as HONEST
    from relyra_django.testing.response_spec import KeyInfo as KeyInfo
    from relyra_django.testing.response_spec import Prefixes as Prefixes
    from relyra_django.testing.response_spec import ResponseSpec as ResponseSpec

_HOMES = {
    "Answer": "fake_idp",
    "FakeIdP": "fake_idp",
    "HONEST": "response_spec",
    "KeyInfo": "response_spec",
    "Minted": "minted",
    "Prefixes": "response_spec",
    "ReplayStoreContract": "store_contracts",
    "RequestStoreContract": "store_contracts",
    "ResponseSpec": "response_spec",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted(_HOMES)
