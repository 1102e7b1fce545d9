"""The example site and the identity providers, each started once, when first asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from tests.idps.driver import Browser
from tests.idps.example import ExampleSite, running_example
from tests.idps.pairs import Pair
from tests.idps.processes import MAKERS, PEOPLE, running_idp, why_absent

PairOf = Callable[[str], Pair]


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ExampleSite]:
    with running_example(tmp_path_factory.mktemp("example") / "site") as site:
        yield site


@pytest.fixture(scope="session")
def start_pair(site: ExampleSite, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PairOf]:
    started: dict[str, Pair] = {}
    with ExitStack() as stack:

        def start_pair(kind: str) -> Pair:
            if kind not in started:
                pair = Pair(idp=MAKERS[kind](tmp_path_factory.mktemp(kind)), site=site)
                pair.register()
                stack.enter_context(running_idp(pair.idp))
                started[kind] = pair
            return started[kind]

        yield start_pair


@pytest.fixture
def pair_of(request: pytest.FixtureRequest) -> PairOf:
    """Give the pair with this kind of identity provider, or skip the test where it is absent."""

    def pair_of(kind: str) -> Pair:
        if absent := why_absent(kind):
            pytest.skip(absent)
        pair: Pair = request.getfixturevalue("start_pair")(kind)
        return pair

    return pair_of


@pytest.fixture(params=sorted(MAKERS))
def pair(request: pytest.FixtureRequest, pair_of: PairOf) -> Pair:
    return pair_of(request.param)


@pytest.fixture
def alice() -> Browser:
    return Browser("alice", PEOPLE["alice"].password)


@pytest.fixture
def bob() -> Browser:
    return Browser("bob", PEOPLE["bob"].password)
