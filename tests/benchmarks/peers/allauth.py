"""django-allauth[saml]: its ACS and the finishing request that it redirects to."""

from __future__ import annotations

from tests.benchmarks.client import BASE, Client
from tests.benchmarks.peers.site import IDP, SSO, configure, key, time_logins


def connect() -> None:
    from allauth.socialaccount.models import SocialApp

    SocialApp.objects.create(
        provider="saml",
        client_id="acme",
        name="acme",
        settings={
            "idp": {"entity_id": IDP, "sso_url": SSO, "x509cert": key("idp.crt")},
            "advanced": {
                "x509cert": key("sp.crt"),
                "private_key": key("sp.key"),
                "want_assertion_signed": True,
            },
            "attribute_mapping": {
                "uid": "urn:oid:0.9.2342.19200300.100.1.1",
                "email": "urn:oid:0.9.2342.19200300.100.1.3",
                "first_name": "urn:oid:2.5.4.42",
                "last_name": "urn:oid:2.5.4.4",
            },
        },
    )


def start(client: Client) -> str:
    return client.get(f"{BASE}/accounts/saml/acme/login/").location


def login(client: Client, body: bytes) -> None:
    answer = client.post(f"{BASE}/accounts/saml/acme/acs/", body)
    answer = client.get(BASE + answer.location)
    assert answer.status == 302, answer.body[-2000:]
    assert "sessionid" in client.cookies, (answer, client.cookies)


def main() -> None:
    configure(
        "tests.benchmarks.peers.allauth_urls",
        apps=[
            "allauth",
            "allauth.account",
            "allauth.socialaccount",
            "allauth.socialaccount.providers.saml",
        ],
        middleware=["allauth.account.middleware.AccountMiddleware"],
        AUTHENTICATION_BACKENDS=[
            "django.contrib.auth.backends.ModelBackend",
            "allauth.account.auth_backends.AuthenticationBackend",
        ],
        SOCIALACCOUNT_LOGIN_ON_GET=True,
        SOCIALACCOUNT_AUTO_SIGNUP=True,
        ACCOUNT_EMAIL_VERIFICATION="none",
        ACCOUNT_RATE_LIMITS=False,
        LOGIN_REDIRECT_URL="/",
    )
    connect()
    time_logins("allauth", start, login)


if __name__ == "__main__":
    main()
