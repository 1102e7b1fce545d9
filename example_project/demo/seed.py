"""What the demo's database starts with: a customer, its connection, an operator."""

from __future__ import annotations

from urllib.request import urlopen

from django.contrib.auth import get_user_model
from django.db import transaction

from example_project.demo.plan import IDP_ENTITY_ID, OPERATOR
from example_project.sso.models import Organisation
from relyra_django.models import Certificate, Connection, Lifecycle
from relyra_django.trust import certificates, connections
from relyra_django.trust.audit import Actor

ORGANISATION = "ashdown"
ORGANISATION_NAME = "Ashdown Instruments"
CAUSE = "manage.py demo"


def seed(idp_url: str, operator_password: str) -> None:
    """Bring the database up to this run: the provider's address and key are new in each."""
    Organisation.objects.get_or_create(slug=ORGANISATION, defaults={"name": ORGANISATION_NAME})
    with urlopen(f"{idp_url}/certificate.pem", timeout=10) as answer:  # noqa: S310
        pem = answer.read().decode("ascii")
    connection = Connection.objects.filter(public_id=ORGANISATION).first()
    if connection is None:
        begin_trust(idp_url, pem)
    else:
        renew_trust(connection, idp_url, pem)
    give_operator(operator_password)


def begin_trust(idp_url: str, pem: str) -> None:
    """Create the connection as an operator would: a draft, its certificate, enabled."""
    actor = Actor.command(CAUSE)
    connection = connections.create(
        actor=actor,
        cause=CAUSE,
        public_id=ORGANISATION,
        organization_id=ORGANISATION,
        display_name=ORGANISATION_NAME,
        idp_entity_id=IDP_ENTITY_ID,
        idp_sso_url=f"{idp_url}/sso",
        provisioning="create",
    )
    certificates.stage(connection, pem, actor=actor, cause=CAUSE)
    connections.enable(connection, actor=actor, cause=CAUSE)


def renew_trust(connection: Connection, idp_url: str, pem: str) -> None:
    """Follow the provider to its new address and roll over to its new key."""
    actor = Actor.command(CAUSE)
    connections.update(
        connection,
        actor=actor,
        cause=CAUSE,
        lock_version=connection.lock_version,
        idp_sso_url=f"{idp_url}/sso",
    )
    former = list(Certificate.objects.filter(connection=connection, lifecycle=Lifecycle.ACTIVE))
    staged = certificates.stage(connection, pem, actor=actor, cause=CAUSE)
    certificates.activate(staged, actor=actor, cause=CAUSE)
    for certificate in former:
        certificates.retire(certificate, actor=actor, cause=CAUSE)


@transaction.atomic
def give_operator(password: str) -> None:
    """Create the operator, or give the one there is this run's password."""
    users = get_user_model().objects
    operator, _ = users.get_or_create(
        username=OPERATOR, defaults={"is_staff": True, "is_superuser": True}
    )
    operator.set_password(password)
    operator.save(update_fields=["password"])
