"""Who a validated assertion is about, and which Django user that is."""

from __future__ import annotations

from relyra_django.identity.anchor import Anchor, anchor_of, subject_hash
from relyra_django.identity.linking import link
from relyra_django.identity.mapping import DefaultUserMapper, MappedUser, UserMapper
from relyra_django.identity.session import (
    DjangoSessionAdapter,
    SessionAdapter,
    SessionFacts,
    withdraw,
)
from relyra_django.identity.users import (
    ConnectionProvisioningPolicy,
    Decision,
    ProvisioningPolicy,
    active_user,
    identity_of,
    linked_user,
    resolve_user,
)

__all__ = [
    "Anchor",
    "ConnectionProvisioningPolicy",
    "Decision",
    "DefaultUserMapper",
    "DjangoSessionAdapter",
    "MappedUser",
    "ProvisioningPolicy",
    "SessionAdapter",
    "SessionFacts",
    "UserMapper",
    "active_user",
    "anchor_of",
    "identity_of",
    "link",
    "linked_user",
    "resolve_user",
    "subject_hash",
    "withdraw",
]
