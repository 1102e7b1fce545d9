from __future__ import annotations

from django.test import TestCase

from relyra_django.testing import FakeIdP, RelyraTestMixin
from relyra_django.testing.hostile import hostile


class RelyraTestMixinTests(RelyraTestMixin, TestCase):
    def setUp(self) -> None:
        self.setup_saml_connection(display_name="Globex")

    def test_a_login(self) -> None:
        response = self.saml_login("alice", next_url="/reports/")
        user = self.assert_saml_login(response)
        assert response.headers["Location"].endswith("/reports/")
        self.assert_saml_login(self.saml_login("alice"), user)

    def test_a_refusal(self) -> None:
        response = self.saml_login(mint=hostile("unsigned").make)
        self.assert_saml_refused(response, "missing_signature")

    def test_nobody_without_a_name(self) -> None:
        self.assert_saml_refused(self.saml_login(None), "identity_anchor_missing")

    def test_the_connection_takes_columns(self) -> None:
        assert self.saml_connection.display_name == "Globex"


class OtherProviderTests(RelyraTestMixin, TestCase):
    idp = FakeIdP(key="ec", entity_id="https://ec.example.org/")  # type: ignore[assignment]

    def test_the_provider_can_be_replaced(self) -> None:
        connection = self.setup_saml_connection(public_id="globex")
        assert connection.idp_entity_id == "https://ec.example.org/"
        self.assert_saml_login(self.saml_login())
