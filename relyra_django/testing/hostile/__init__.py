"""Every attack the kit can mint, each with the code that refuses it.

    for hostile in HOSTILE:
        minted = hostile.make(idp, in_response_to="id_1")

A service provider answers `hostile.code` to each, and accepts everything in INERT.
"""

from __future__ import annotations

from relyra_django.testing.hostile.attack import Hostile as Hostile
from relyra_django.testing.hostile.encrypted import ENCRYPTED
from relyra_django.testing.hostile.encrypted_inert import ENCRYPTED_INERT
from relyra_django.testing.hostile.inert import INERT as PLAIN_INERT
from relyra_django.testing.hostile.inert import Inert as Inert
from relyra_django.testing.hostile.logout import LOGOUT as LOGOUT
from relyra_django.testing.hostile.logout import LOGOUT_INERT as LOGOUT_INERT
from relyra_django.testing.hostile.logout import LogoutAttack as LogoutAttack
from relyra_django.testing.hostile.logout import LogoutInert as LogoutInert
from relyra_django.testing.hostile.metadata import METADATA as METADATA
from relyra_django.testing.hostile.metadata import METADATA_INERT as METADATA_INERT
from relyra_django.testing.hostile.metadata_case import MetadataCase as MetadataCase
from relyra_django.testing.hostile.octets import OCTETS
from relyra_django.testing.hostile.signatures import SIGNATURES
from relyra_django.testing.hostile.statements import ADDRESSES, STATEMENTS, TIMES
from relyra_django.testing.hostile.wrapping import WRAPPING

HOSTILE: tuple[Hostile, ...] = (
    *OCTETS,
    *SIGNATURES,
    *WRAPPING,
    *ADDRESSES,
    *TIMES,
    *STATEMENTS,
    *ENCRYPTED,
)
INERT: tuple[Inert, ...] = (*PLAIN_INERT, *ENCRYPTED_INERT)


def hostile(name: str) -> Hostile:
    """Return the attack of that name. KeyError: there is none."""
    return {one.name: one for one in HOSTILE}[name]
