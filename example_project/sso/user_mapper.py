"""Fernway's mapper. Attributes end at the ACS, so what the site wants of them it keeps here."""

from __future__ import annotations

from django.utils import timezone

from example_project.sso.models import Organisation, SignInReceipt
from relyra_django.identity import DefaultUserMapper, MappedUser, anchor_of, subject_hash
from relyra_django.saml.connection import ConnectionSnapshot
from relyra_django.saml.response import ValidatedAssertion


class ReceiptMapper(DefaultUserMapper):
    """Names the user's fields as the package does, and keeps a receipt of the assertion."""

    def map(self, assertion: ValidatedAssertion, connection: ConnectionSnapshot) -> MappedUser:
        keep_receipt(assertion, connection)
        return super().map(assertion, connection)


def keep_receipt(assertion: ValidatedAssertion, connection: ConnectionSnapshot) -> SignInReceipt:
    """Write the person's receipt over their former one."""
    name_id = assertion.name_id
    facts = {
        "organisation": Organisation.objects.filter(slug=connection.organization_id).first(),
        "connection_name": connection.display_name,
        "issuer": assertion.issuer,
        "name_id": name_id.value if name_id else "",
        "name_id_format": name_id.format if name_id else "",
        "attributes": [{"name": a.name, "values": list(a.values)} for a in assertion.attributes],
        "authn_context": assertion.authn_context_class or "",
        "authenticated_at": assertion.authn_instant,
        "session_index": assertion.session_index or "",
        "session_expires_at": assertion.session_not_on_or_after,
        "assertion_id": assertion.assertion_id,
        "signed": assertion.signed.value,
        "encrypted": assertion.encrypted,
        "algorithms": list(assertion.algorithms),
        "certificate_fingerprint": assertion.certificate_fingerprint,
        "received_at": timezone.now(),
    }
    person = subject_hash(connection.connection_id, assertion.issuer, anchor_of(assertion))
    receipt, _ = SignInReceipt.objects.update_or_create(subject_hash=person, defaults=facts)
    return receipt
