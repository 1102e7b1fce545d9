"""For the tests of host projects: a fake identity provider, login helpers, store contracts.

Nothing is imported before it is asked for, so pytest and a configured Django are only needed by
the parts that use them.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from relyra_django.testing.client import post_saml_response as post_saml_response
    from relyra_django.testing.client import saml_login as saml_login
    from relyra_django.testing.client import start_saml_login as start_saml_login
    from relyra_django.testing.connections import enabled_connection as enabled_connection
    from relyra_django.testing.encryption import Addressee as Addressee
    from relyra_django.testing.encryption import Encryption as Encryption
    from relyra_django.testing.fake_idp import Answer as Answer
    from relyra_django.testing.fake_idp import FakeIdP as FakeIdP
    from relyra_django.testing.hostile import HOSTILE as HOSTILE
    from relyra_django.testing.hostile import INERT as INERT
    from relyra_django.testing.hostile import LOGOUT as LOGOUT
    from relyra_django.testing.hostile import LOGOUT_INERT as LOGOUT_INERT
    from relyra_django.testing.hostile import METADATA as METADATA
    from relyra_django.testing.hostile import METADATA_INERT as METADATA_INERT
    from relyra_django.testing.hostile import Hostile as Hostile
    from relyra_django.testing.hostile import LogoutAttack as LogoutAttack
    from relyra_django.testing.hostile import LogoutInert as LogoutInert
    from relyra_django.testing.hostile import MetadataCase as MetadataCase
    from relyra_django.testing.idp_application import IdpApplication as IdpApplication
    from relyra_django.testing.idp_application import IdpUser as IdpUser
    from relyra_django.testing.logout import MintedLogout as MintedLogout
    from relyra_django.testing.metadata_spec import MetadataSpec as MetadataSpec
    from relyra_django.testing.metadata_spec import PublishedKey as PublishedKey
    from relyra_django.testing.minted import Minted as Minted
    from relyra_django.testing.mixins import RelyraTestMixin as RelyraTestMixin
    from relyra_django.testing.mixins import assert_saml_login as assert_saml_login
    from relyra_django.testing.mixins import assert_saml_refused as assert_saml_refused
    from relyra_django.testing.response_spec import HONEST as HONEST
    from relyra_django.testing.response_spec import KeyInfo as KeyInfo
    from relyra_django.testing.response_spec import Prefixes as Prefixes
    from relyra_django.testing.response_spec import ResponseSpec as ResponseSpec
    from relyra_django.testing.store_contracts import ReplayStoreContract as ReplayStoreContract
    from relyra_django.testing.store_contracts import (
        ReplayStoreRaceContract as ReplayStoreRaceContract,
    )
    from relyra_django.testing.store_contracts import RequestStoreContract as RequestStoreContract
    from relyra_django.testing.store_contracts import (
        RequestStoreRaceContract as RequestStoreRaceContract,
    )

_HOMES = {
    "Addressee": "encryption",
    "Answer": "fake_idp",
    "Encryption": "encryption",
    "FakeIdP": "fake_idp",
    "HONEST": "response_spec",
    "HOSTILE": "hostile",
    "Hostile": "hostile",
    "INERT": "hostile",
    "IdpApplication": "idp_application",
    "IdpUser": "idp_application",
    "KeyInfo": "response_spec",
    "LOGOUT": "hostile",
    "LOGOUT_INERT": "hostile",
    "LogoutAttack": "hostile",
    "LogoutInert": "hostile",
    "METADATA": "hostile",
    "METADATA_INERT": "hostile",
    "MetadataCase": "hostile",
    "MetadataSpec": "metadata_spec",
    "Minted": "minted",
    "MintedLogout": "logout",
    "Prefixes": "response_spec",
    "PublishedKey": "metadata_spec",
    "RelyraTestMixin": "mixins",
    "ReplayStoreContract": "store_contracts",
    "ReplayStoreRaceContract": "store_contracts",
    "RequestStoreContract": "store_contracts",
    "RequestStoreRaceContract": "store_contracts",
    "ResponseSpec": "response_spec",
    "assert_saml_login": "mixins",
    "assert_saml_refused": "mixins",
    "enabled_connection": "connections",
    "post_saml_response": "client",
    "saml_login": "client",
    "start_saml_login": "client",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted(_HOMES)
