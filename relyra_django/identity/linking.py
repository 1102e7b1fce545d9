"""Linking: an operator says who of this site's users a person at the identity provider is."""

from __future__ import annotations

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import IntegrityError, router, transaction

from relyra_django.identity.anchor import Anchor
from relyra_django.identity.users import conflict, identity_of, insert_identity
from relyra_django.models import AuditAction, AuditDomain, UserIdentity
from relyra_django.saml.connection import ConnectionSnapshot
from relyra_django.trust import audit
from relyra_django.trust.audit import Actor


def link(
    user: AbstractBaseUser,
    connection: ConnectionSnapshot,
    anchor: Anchor,
    *,
    actor: Actor,
    cause: str,
) -> UserIdentity:
    """Let the person whom this connection knows by `anchor` sign in as `user`.

    The row and its audit event are one transaction; the event names the user, never the person.
    Linking the same user again changes nothing. Raises identity_conflict when the person is
    linked to somebody else, and invalid_connection_record without an actor or a cause.
    """
    audit.check(actor=actor, cause=cause)
    try:
        with transaction.atomic(using=router.db_for_write(UserIdentity)):
            identity = insert_identity(user, connection, connection.idp_entity_id, anchor)
            _record(identity, actor, cause)
            return identity
    except IntegrityError as error:
        known = identity_of(connection.connection_id, connection.idp_entity_id, anchor)
        if known is None or known.user_id != user.pk:
            raise conflict("The identity is linked to another user.") from error
        return known


def _record(identity: UserIdentity, actor: Actor, cause: str) -> None:
    audit.record(
        domain=AuditDomain.IDENTITY,
        action=AuditAction.LINKED,
        actor=actor,
        cause=cause,
        connection=identity.connection,
        after={"identity": str(identity.pk), "user": str(identity.user_id)},
        diff={"connection": identity.connection_public_id},
        using=identity._state.db,
    )
