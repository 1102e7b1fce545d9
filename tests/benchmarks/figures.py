"""Everything that one run times, in the order in which its blocks take turns."""

from __future__ import annotations

from typing import Any

from relyra_django.testing.encryption import Encryption, sp_key
from tests.benchmarks.client import form
from tests.benchmarks.clock import Figure
from tests.benchmarks.databases import floor_store
from tests.benchmarks.floor import Verifier
from tests.benchmarks.ours import Site
from tests.benchmarks.python3_saml import Python3Saml

# What is signed; "encrypted" is an assertion that was signed, then encrypted.
MESSAGES = ("assertion", "both", "encrypted")


def all_figures(site: Site, url: str) -> list[Figure]:
    return [*floor_figures(site, url), *our_figures(site), *peer_figures(site)]


def floor_figures(site: Site, url: str) -> list[Figure]:
    verifier = Verifier(
        certificate_pem=site.idp.certificate_pem, private_key_pem=sp_key().private_key_pem
    )
    store = floor_store(url)

    def mint() -> str:
        payload, request_id = site.minted("assertion")
        store.add_intent(request_id)
        return payload

    def login(payload: str) -> None:
        store.login(verifier.check(payload))

    def check(kind: str) -> Figure:
        return Figure(
            name=f"floor.check.{kind}", run=verifier.check, prepare=lambda: site.minted(kind)[0]
        )

    return [Figure(name="floor.login", run=login, prepare=mint), *map(check, MESSAGES)]


def our_figures(site: Site) -> list[Figure]:
    def username() -> bytes:
        return form({"username": site.person()})

    def validation(kind: str) -> Figure:
        def prepare() -> Any:
            return site.minted(kind)

        return Figure(name=f"validation.{kind}", run=site.validate, prepare=prepare)

    def encrypted() -> Any:
        return site.answered(encrypt=Encryption())

    return [
        *map(validation, MESSAGES),
        Figure(name="empty", run=site.empty, prepare=username),
        Figure(name="start", run=site.start, prepare=site.visitor),
        Figure(name="acs", run=site.acs, prepare=site.answered),
        Figure(name="acs.encrypted", run=site.acs, prepare=encrypted),
    ]


def peer_figures(site: Site) -> list[Figure]:
    """The same message through python3-saml's `is_valid`, its settings read beforehand."""
    judge = Python3Saml(idp=site.idp)
    return [
        Figure(
            name="python3-saml.assertion",
            run=judge.validate,
            prepare=lambda: site.minted("assertion"),
        )
    ]
