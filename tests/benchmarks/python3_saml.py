"""python3-saml's own judge on the same messages: strict, its settings built once."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from onelogin.saml2.response import OneLogin_Saml2_Response
from onelogin.saml2.settings import OneLogin_Saml2_Settings

from relyra_django.testing import FakeIdP


@dataclass(kw_only=True, slots=True)
class Python3Saml:
    idp: FakeIdP
    settings: Any = field(init=False)
    request: dict[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        connection = self.idp.connection()
        scheme, _, rest = connection.acs_url.partition("://")
        host, _, path = rest.partition("/")
        self.request = {
            "https": "on" if scheme == "https" else "off",
            "http_host": host,
            "script_name": "/" + path,
            "get_data": {},
            "post_data": {},
        }
        self.settings = OneLogin_Saml2_Settings(
            {
                "strict": True,
                "sp": {
                    "entityId": connection.sp_entity_id,
                    "assertionConsumerService": {"url": connection.acs_url},
                },
                "idp": {
                    "entityId": connection.idp_entity_id,
                    "singleSignOnService": {"url": connection.idp_sso_url},
                    "x509cert": self.idp.certificate_pem,
                },
                "security": {"wantAssertionsSigned": True},
            }
        )

    def validate(self, message: tuple[str, str]) -> None:
        payload, request_id = message
        response = OneLogin_Saml2_Response(self.settings, payload)
        response.is_valid(self.request, request_id, raise_exceptions=True)
        response.get_nameid()
        response.get_attributes()
