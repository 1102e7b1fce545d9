"""Everything that one run times, in the order in which its blocks take turns."""

from __future__ import annotations

from typing import Any

from tests.benchmarks.client import form
from tests.benchmarks.clock import Figure
from tests.benchmarks.databases import floor_store
from tests.benchmarks.floor import Verifier
from tests.benchmarks.ours import Site

SIGNED = ("assertion", "both")


def all_figures(site: Site, url: str) -> list[Figure]:
    return [*floor_figures(site, url), *our_figures(site)]


def floor_figures(site: Site, url: str) -> list[Figure]:
    verifier = Verifier(certificate_pem=site.idp.certificate_pem)
    store = floor_store(url)

    def mint() -> str:
        payload, request_id = site.minted("assertion")
        store.add_intent(request_id)
        return payload

    def login(payload: str) -> None:
        store.login(verifier.check(payload))

    def check(sign: str) -> Figure:
        return Figure(
            name=f"floor.check.{sign}", run=verifier.check, prepare=lambda: site.minted(sign)[0]
        )

    return [Figure(name="floor.login", run=login, prepare=mint), *map(check, SIGNED)]


def our_figures(site: Site) -> list[Figure]:
    def username() -> bytes:
        return form({"username": site.person()})

    def validation(sign: str) -> Figure:
        def prepare() -> Any:
            return site.minted(sign)

        return Figure(name=f"validation.{sign}", run=site.validate, prepare=prepare)

    return [
        *map(validation, SIGNED),
        Figure(name="empty", run=site.empty, prepare=username),
        Figure(name="start", run=site.start, prepare=site.visitor),
        Figure(name="acs", run=site.acs, prepare=site.answered),
    ]
