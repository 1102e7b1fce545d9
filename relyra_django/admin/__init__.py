"""What operators see. Every change goes through relyra_django.trust; nothing is deleted here."""

from relyra_django.admin.audit import AuditEventAdmin
from relyra_django.admin.connection import ConnectionAdmin
from relyra_django.admin.identity import UserIdentityAdmin

__all__ = ["AuditEventAdmin", "ConnectionAdmin", "UserIdentityAdmin"]
