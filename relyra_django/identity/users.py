"""The Django user behind a validated assertion: found by identity, or created, never guessed.

No user is ever looked up by name or email address: what an identity provider says about those
is not a proof of owning an account here.
"""

from __future__ import annotations

from enum import StrEnum
from functools import lru_cache
from typing import Protocol, cast

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import IntegrityError, router, transaction
from django.utils.module_loading import import_string

from relyra_django.conf import get_config
from relyra_django.exceptions import ErrorCode, RelyraError
from relyra_django.identity.anchor import Anchor, anchor_of, subject_hash
from relyra_django.identity.mapping import MappedUser, UserMapper
from relyra_django.identity.profile import new_user
from relyra_django.models import UserIdentity
from relyra_django.saml.connection import AnchorKind, ConnectionSnapshot, Provisioning
from relyra_django.saml.response import ValidatedAssertion


class Decision(StrEnum):
    """What becomes of a person who comes with a valid assertion."""

    ACCEPT = "accept"
    CREATE = "create"
    REFUSE = "refuse"


class ProvisioningPolicy(Protocol):
    """Named by PROVISIONING_POLICY; built once, without arguments."""

    def decide(
        self, mapped: MappedUser, identity: UserIdentity | None, connection: ConnectionSnapshot
    ) -> Decision:
        """Decide about the identity; None is somebody who was never seen here."""
        ...


class ConnectionProvisioningPolicy:
    """Accepts who is linked; creates users where the connection says so."""

    def decide(
        self, mapped: MappedUser, identity: UserIdentity | None, connection: ConnectionSnapshot
    ) -> Decision:
        if identity is not None:
            return Decision.ACCEPT
        creates = connection.provisioning == Provisioning.CREATE
        return Decision.CREATE if creates else Decision.REFUSE


def resolve_user(assertion: ValidatedAssertion) -> AbstractBaseUser:
    """Return the user whom the assertion is about; `user.relyra_identity` is the row.

    Raises identity_anchor_missing, name_id_not_accepted, invalid_attribute, identity_not_linked,
    identity_conflict, user_inactive.
    """
    connection, config = assertion.connection, get_config()
    anchor = anchor_of(assertion)
    identity = identity_of(connection.connection_id, assertion.issuer, anchor)
    if identity is not None:
        active_user(identity.user)
    mapped = _mapper(config.user_mapper).map(assertion, connection)
    decision = _policy(config.provisioning_policy).decide(mapped, identity, connection)
    if identity is None and decision is Decision.CREATE:
        identity = _create(mapped, connection, assertion.issuer, anchor)
    if identity is None or decision is Decision.REFUSE:
        raise RelyraError(ErrorCode.IDENTITY_NOT_LINKED, "Nobody here is linked to this identity.")
    user = active_user(identity.user)
    user.relyra_identity = identity  # type: ignore[attr-defined]
    return user


def identity_of(connection_id: str, issuer: str, anchor: Anchor) -> UserIdentity | None:
    """Return the row of a person, with the user in the same query. Raises identity_conflict."""
    rows = UserIdentity.objects.using(router.db_for_write(UserIdentity)).select_related("user")
    found = rows.filter(subject_hash=subject_hash(connection_id, issuer, anchor))
    # The hash is unique: first() would only add an ORDER BY, on every login.
    identity = next(iter(found), None)
    if identity is None:
        return None
    described = (
        identity.connection_public_id,
        identity.issuer,
        Anchor(
            kind=AnchorKind(identity.anchor_kind),
            name=identity.anchor_name,
            value=identity.anchor,
        ),
    )
    if described != (connection_id, issuer, anchor):
        raise RelyraError(ErrorCode.IDENTITY_CONFLICT, "The row is about somebody else.")
    return identity


def linked_user(identity_id: str) -> AbstractBaseUser:
    """Return the user of an identity row. Raises identity_not_linked, user_inactive."""
    rows = UserIdentity.objects.using(router.db_for_write(UserIdentity)).select_related("user")
    identity = next(iter(rows.filter(pk=identity_id)), None)
    if identity is None:
        raise RelyraError(ErrorCode.IDENTITY_NOT_LINKED, "The identity is there no more.")
    return active_user(identity.user)


def active_user(user: AbstractBaseUser) -> AbstractBaseUser:
    """Return the user unless it was switched off. Raises user_inactive."""
    if not user.is_active:
        raise RelyraError(ErrorCode.USER_INACTIVE, "The user is inactive.")
    return user


def _create(
    mapped: MappedUser, connection: ConnectionSnapshot, issuer: str, anchor: Anchor
) -> UserIdentity:
    """Insert a new user with its identity, or find the one that a parallel login inserted."""
    alias = router.db_for_write(UserIdentity)
    user = new_user(mapped)
    try:
        with transaction.atomic(using=alias):
            user.save(using=alias, force_insert=True)
            return insert_identity(user, connection, issuer, anchor)
    except IntegrityError as error:
        identity = identity_of(connection.connection_id, issuer, anchor)
        if identity is None:
            raise conflict("The new user would collide with another one.") from error
        return identity


def insert_identity(
    user: AbstractBaseUser, connection: ConnectionSnapshot, issuer: str, anchor: Anchor
) -> UserIdentity:
    """Insert the row of a person. IntegrityError: there is one already."""
    return UserIdentity.objects.using(router.db_for_write(UserIdentity)).create(
        subject_hash=subject_hash(connection.connection_id, issuer, anchor),
        connection_id=connection.record_id,
        connection_public_id=connection.connection_id,
        issuer=issuer,
        anchor_kind=anchor.kind,
        anchor_name=anchor.name,
        anchor=anchor.value,
        user=user,  # type: ignore[misc]
    )


@lru_cache(maxsize=4)
def _mapper(path: str) -> UserMapper:
    return cast("UserMapper", import_string(path)())


@lru_cache(maxsize=4)
def _policy(path: str) -> ProvisioningPolicy:
    return cast("ProvisioningPolicy", import_string(path)())


def conflict(message: str) -> RelyraError:
    """Return the refusal to make one identity two people's, or two identities one's."""
    return RelyraError(ErrorCode.IDENTITY_CONFLICT, message)
