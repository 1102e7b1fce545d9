"""djangosaml2 with pysaml2 and the xmlsec1 program, and a key of its own as its manual has it."""

from __future__ import annotations

import shutil
from urllib.parse import urlencode

from tests.benchmarks.client import BASE, Client
from tests.benchmarks.peers.site import IDP, KEYS, configure, time_logins

POST = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"
REDIRECT = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"
PAIR = {"key_file": str(KEYS / "sp.key"), "cert_file": str(KEYS / "sp.crt")}


def start(client: Client) -> str:
    return client.get(f"{BASE}/saml2/login/?{urlencode({'idp': IDP})}").location


def login(client: Client, body: bytes) -> None:
    answer = client.post(f"{BASE}/saml2/acs/", body)
    assert answer.status == 302, answer.body[-2000:]
    assert "sessionid" in client.cookies, (answer, client.cookies)


def saml_config() -> dict[str, object]:
    provider = {
        "name": "benchmark",
        "allow_unsolicited": False,
        "authn_requests_signed": False,
        "want_assertions_signed": True,
        "want_response_signed": False,
        "endpoints": {"assertion_consumer_service": [(f"{BASE}/saml2/acs/", POST)]},
    }
    return {
        "xmlsec_binary": shutil.which("xmlsec1"),
        "entityid": f"{BASE}/saml2/metadata/",
        "allow_unknown_attributes": True,
        "encryption_keypairs": [PAIR],
        "metadata": {"local": [str(KEYS / "idp.xml")]},
        "service": {"sp": provider},
        **PAIR,
    }


def main() -> None:
    configure(
        "tests.benchmarks.peers.djangosaml2_urls",
        apps=["djangosaml2"],
        middleware=["djangosaml2.middleware.SamlSessionMiddleware"],
        AUTHENTICATION_BACKENDS=[
            "django.contrib.auth.backends.ModelBackend",
            "djangosaml2.backends.Saml2Backend",
        ],
        LOGIN_REDIRECT_URL="/",
        SAML_CREATE_UNKNOWN_USER=True,
        SAML_CSP_HANDLER="",
        SAML_DEFAULT_BINDING=REDIRECT,
        SAML_ALLOWED_HOSTS=["sp.example.com"],
        SAML_ATTRIBUTE_MAPPING={
            "uid": ("username",),
            "mail": ("email",),
            "givenName": ("first_name",),
            "sn": ("last_name",),
        },
        SAML_CONFIG=saml_config(),
    )
    time_logins("djangosaml2", start, login)


if __name__ == "__main__":
    main()
