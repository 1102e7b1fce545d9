from __future__ import annotations

import pytest

from relyra_django.saml import ErrorCode, RelyraError
from relyra_django.saml import constants as c
from relyra_django.saml.idp_metadata.endpoints import MAX_ENDPOINTS, is_usable
from tests.saml.metadata_reading import IDP, read, said

SSO = "https://idp.example.org/sso"


@pytest.mark.parametrize("url", [SSO, SSO + "?a=b", "http://localhost:8000/", "https://[::1]/"])
def test_where_a_browser_may_be_sent(url):
    assert is_usable(url)


@pytest.mark.parametrize(
    "url",
    [
        *(SSO + sign for sign in (" ", "\\", "#", "#a", "\t", "\r", "\n", "\0", "\x7f", "\u00e9")),
        *("https:\\\\idp.example.org", "https://idp.example.org\\@evil.example", "//idp/", "/sso"),
        *("", "javascript:alert(1)", "https://", "https:///sso", "https://a@b/", "https://a:0/"),
        *("https://a:65536/", "https://a:b/", "ftp://a/", "https://[::1/"),
    ],
)
def test_and_where_not(url):
    assert not is_usable(url)


def published(count: int) -> bytes:
    pairs = tuple((c.BINDING_POST, f"{SSO}/{number}") for number in range(count))
    return IDP.metadata(sso_endpoints=pairs)


def test_how_many_there_may_be():
    assert len(read(published(MAX_ENDPOINTS)).sso_endpoints) == MAX_ENDPOINTS == 64
    with pytest.raises(RelyraError) as refusal:
        read(published(MAX_ENDPOINTS + 1))
    assert refusal.value.code is ErrorCode.MALFORMED_XML
    assert refusal.value.details == {"expected": 64, "actual": 65}


def test_one_without_a_location_is_passed_over():
    def edit(root):
        first = next(root.iter(c.MD + "SingleSignOnService"))
        del first.attrib["Location"]

    whole, rest = said(), said(edit=edit)
    assert len(rest.sso_endpoints) == len(whole.sso_endpoints) - 1
