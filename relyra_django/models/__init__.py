from relyra_django.models.actor import ActorKind
from relyra_django.models.audit import AuditAction, AuditDomain, AuditEvent
from relyra_django.models.certificate import Certificate, CertificateUse, Lifecycle, Party
from relyra_django.models.connection import Connection
from relyra_django.models.history import ImmutableRecordError
from relyra_django.models.identity import UserIdentity
from relyra_django.models.mapping import AttributeMapping, GroupMapping, MappingRevision
from relyra_django.models.metadata import MetadataRevision, MetadataSource

__all__ = [
    "ActorKind",
    "AttributeMapping",
    "AuditAction",
    "AuditDomain",
    "AuditEvent",
    "Certificate",
    "CertificateUse",
    "Connection",
    "GroupMapping",
    "ImmutableRecordError",
    "Lifecycle",
    "MappingRevision",
    "MetadataRevision",
    "MetadataSource",
    "Party",
    "UserIdentity",
]
