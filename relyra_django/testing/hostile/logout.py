"""Every attack on logout messages that the kit can mint, and what only looks like one.

    for attack in LOGOUT:
        attack.judge(idp, now=now)  # raises RelyraError with attack.code

A message that is sent a second time is not among them: the judge keeps no record.
"""

from __future__ import annotations

from relyra_django.testing.hostile.logout_case import LogoutAttack as LogoutAttack
from relyra_django.testing.hostile.logout_case import LogoutInert as LogoutInert
from relyra_django.testing.hostile.logout_forms import FORMS
from relyra_django.testing.hostile.logout_inert import LOGOUT_INERT as LOGOUT_INERT
from relyra_django.testing.hostile.logout_queries import QUERIES
from relyra_django.testing.hostile.logout_statements import LOGOUT_STATEMENTS

LOGOUT: tuple[LogoutAttack, ...] = (*QUERIES, *FORMS, *LOGOUT_STATEMENTS)
