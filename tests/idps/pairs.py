"""One identity provider, the example site, and what the two have agreed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import requests

from relyra_django.saml import ConnectionSnapshot, Policy
from tests.idps.agreements import AGREEMENTS, Agreement
from tests.idps.connect import WantedConnection
from tests.idps.driver import Browser, PostedResponse
from tests.idps.example import HELD_KEYS, ExampleSite, Receipt, is_signed_in, refusal
from tests.idps.processes import IdentityProvider, ServiceProvider

ELSEWHERE = "other_audience"


@dataclass(frozen=True, kw_only=True, slots=True)
class Pair:
    """Connections are called by the names of `agreements`.

    ELSEWHERE is a service provider that the identity provider knows and the site is not; its
    messages come to `plain`.
    """

    idp: IdentityProvider
    site: ExampleSite

    @property
    def agreements(self) -> Mapping[str, Agreement]:
        return AGREEMENTS[self.idp.kind]

    def connection(self, name: str) -> str:
        return f"{self.idp.kind}-{name}"

    def sp_entity_id(self, name: str) -> str:
        return f"https://sp.example.org/{self.connection(name)}"

    def login_url(self, name: str = "plain") -> str:
        return self.site.login_url(self.connection(name))

    def slo_url(self, name: str = "plain") -> str:
        return self.site.slo_url(self.connection(name))

    def unsolicited_url(self, name: str, relay_state: str = "") -> str:
        return self.idp.unsolicited_url(self.sp_entity_id(name), relay_state)

    def snapshot(self, name: str = "plain", **policy: Any) -> ConnectionSnapshot:
        """Return the connection as the judges see it, with the defaults and this of its policy."""
        return ConnectionSnapshot(
            connection_id=self.connection(name),
            idp_entity_id=self.idp.entity_id,
            sp_entity_id=self.sp_entity_id(name),
            acs_url=self.site.acs_url(self.connection(name)),
            slo_url=self.slo_url(name),
            idp_certificates=(self.idp.certificate_pem,),
            sp_decryption_keys=tuple(self.site.key_file(key).read_text() for key in HELD_KEYS),
            policy=Policy(**policy),
        )

    def register(self) -> None:
        """Tell both sides, before the identity provider runs."""
        self.site.connect([self._wanted(*agreed) for agreed in self.agreements.items()])
        providers = self.idp.service_providers
        for name, agreement in self.agreements.items():
            providers[self.sp_entity_id(name)] = self._provider(name, agreement)
        providers[self.sp_entity_id(ELSEWHERE)] = ServiceProvider(
            acs_url=self.site.acs_url(self.connection("plain")), sp_name_qualifier=False
        )

    def _wanted(self, name: str, agreement: Agreement) -> WantedConnection:
        return WantedConnection(
            public_id=self.connection(name),
            idp_entity_id=self.idp.entity_id,
            idp_sso_url=self.idp.sso_url,
            certificate_pem=self.idp.certificate_pem,
            sp_entity_id=self.sp_entity_id(name),
            slo_url=self.slo_url(name),
            columns=dict(agreement.columns),
        )

    def _provider(self, name: str, agreement: Agreement) -> ServiceProvider:
        encrypts = agreement.encrypts
        return ServiceProvider(
            acs_url=self.site.acs_url(self.connection(name)),
            slo_url=self.slo_url(name),
            slo_binding=agreement.slo_binding,
            signed=agreement.signed,
            digest=agreement.digest,
            lifetime=agreement.lifetime,
            encrypts=encrypts,
            content=agreement.content,
            certificate=self.site.encryption_certificate(agreement.recipient) if encrypts else "",
        )

    def answered(self, browser: Browser, name: str = "plain") -> PostedResponse:
        """Start at the site, sign in at the identity provider, hold its answer back."""
        return browser.sign_in(browser.start(self.login_url(name)))

    def unsolicited(self, browser: Browser, name: str, relay_state: str = "") -> PostedResponse:
        """Sign in at the identity provider without having been at the site."""
        return browser.sign_in(self.unsolicited_url(name, relay_state))

    def stays_out(self, browser: Browser) -> bool:
        return not is_signed_in(browser.get_without_following(self.site.receipt_url))


def accepted(page: requests.Response) -> Receipt:
    """Return the receipt that the login ended at."""
    assert is_signed_in(page), refusal(page)
    return Receipt.read(page)
