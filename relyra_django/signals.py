"""What a host project may listen to. Sent with send_robust(), when nothing is left to commit."""

from __future__ import annotations

from django.dispatch import Signal

#: An AuthnRequest is about to leave. Arguments: request, connection_id, correlation_id.
login_started = Signal()

#: Somebody is signed in. Arguments: request, user, connection_id, correlation_id, facts.
login_succeeded = Signal()

#: An attempt was refused. Arguments: request, connection_id, correlation_id, code.
login_rejected = Signal()
