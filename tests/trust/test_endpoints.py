from __future__ import annotations

import pytest
from django.conf import settings
from django.test import override_settings
from django.urls import set_script_prefix

from relyra_django.trust.endpoints import our_url, problem_with_idp_url, problem_with_our_url


def configured(**keys):
    return override_settings(RELYRA={**settings.RELYRA, **keys})


class TestOurUrl:
    def test_base_url_and_path(self):
        assert our_url("acs", "acme") == "https://sp.example.com/saml/acme/acs/"
        assert our_url("metadata", "acme") == "https://sp.example.com/saml/acme/metadata/"

    def test_a_prefix(self):
        with configured(BASE_URL="https://sp.example.com/app"):
            assert our_url("acs", "acme") == "https://sp.example.com/app/saml/acme/acs/"

    def test_a_prefix_that_the_server_also_knows(self):
        set_script_prefix("/app/")
        try:
            with configured(BASE_URL="https://sp.example.com/app"):
                assert our_url("acs", "acme") == "https://sp.example.com/app/saml/acme/acs/"
        finally:
            set_script_prefix("/")

    def test_no_base_url(self):
        with configured(BASE_URL=None):
            assert our_url("acs", "acme") == ""

    def test_no_such_view(self):
        assert our_url("nowhere", "acme") == ""


class TestIdpUrl:
    @pytest.mark.parametrize(
        "url",
        [
            "https://idp.example.org/sso",
            "https://idp.example.org",
            "https://idp.example.org:8443/sso?tenant=a%20b&x=1",
            "https://[2001:db8::1]/sso",
            "http://localhost:8000/sso",
            "http://idp.localhost/sso",
            "http://127.0.0.1:9000/sso",
            "http://127.8.8.8/sso",
            "http://[::1]/sso",
            "https://idp.example.org/" + "x" * 2000,
        ],
    )
    def test_accepted(self, url):
        assert problem_with_idp_url(url) is None

    @pytest.mark.parametrize(
        "url",
        [
            "",
            "idp.example.org/sso",
            "//idp.example.org/sso",
            "/sso",
            "https://",
            "https:///sso",
            "ftp://idp.example.org/",
            "javascript:alert(1)",
            "http://idp.example.org/sso",
            "http://localhost.example.org/sso",
            "http://127.0.0.1.example.org/",
            "http://10.0.0.1/",
            "https://bob@idp.example.org/",
            "https://bob:secret@idp.example.org/",
            "https://idp.example.org/#top",
            "https://idp.example.org/#",
            "https://idp.example.org/s so",
            "https://idp.example.org/s\nso",
            "https://idp.example.org\\sso",
            "https://idp.example.org/é",
            "https://idp.example.org:port/",
            "https://idp.example.org:0/",
            "https://idp.example.org:99999/",
            "https://[::1/",
            "https://idp.example.org/?SAMLRequest=x",
            "https://idp.example.org/?a=1&RelayState=",
            "https://idp.example.org/?SigAlg=x",
            "https://idp.example.org/?Signature=x",
            "https://idp.example.org/" + "x" * 2048,
        ],
    )
    def test_refused(self, url):
        assert problem_with_idp_url(url)


class TestOverrides:
    @pytest.mark.parametrize("url", ["https://sp.example.com/acs", "http://sp.internal/acs"])
    def test_accepted(self, url):
        assert problem_with_our_url(url) is None

    @pytest.mark.parametrize("url", ["/acs", "https://a@sp.example.com/acs", "https://sp/#x"])
    def test_refused(self, url):
        assert problem_with_our_url(url)
