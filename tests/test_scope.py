from __future__ import annotations

import pytest
from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from django.test import RequestFactory, override_settings

from relyra_django.exceptions import ErrorCode, RelyraError
from relyra_django.models import AuditEvent, Connection
from relyra_django.scope import EVERYTHING, NOTHING, Scope, scope_of, within
from tests.trust.kit import draft


class HeaderScope:
    def scope(self, request):
        return Scope(organization_id=request.headers["X-Organization"])


class NoScope:
    def scope(self, request):
        return None


def asked_by(user, **headers):
    request = RequestFactory().get("/", headers=headers)
    request.user = user
    return scope_of(request)


def provider(name):
    path = f"{__name__}.{name}"
    return override_settings(RELYRA={**settings.RELYRA, "SCOPE_PROVIDER": path})


class TestDefault:
    def test_superusers_see_everything(self):
        assert asked_by(User(is_superuser=True)) == EVERYTHING

    @pytest.mark.parametrize(
        "user",
        [
            User(is_staff=True),
            User(is_staff=True, is_superuser=True, is_active=False),
            User(),
            AnonymousUser(),
        ],
    )
    def test_others_see_nothing(self, user):
        assert asked_by(user) == NOTHING


class TestProvider:
    def test_it_is_asked(self):
        with provider("HeaderScope"):
            scope = asked_by(User(is_superuser=True), x_organization="acme")
        assert scope == Scope(organization_id="acme")

    def test_what_it_raises_is_not_swallowed(self):
        with provider("HeaderScope"), pytest.raises(KeyError):
            asked_by(User(is_superuser=True))

    def test_another_answer_is_none(self):
        with provider("NoScope"), pytest.raises(RelyraError) as caught:
            asked_by(User(is_superuser=True))
        assert caught.value.code is ErrorCode.RESOLVER_FAILED


@pytest.mark.django_db
class TestRows:
    @pytest.fixture(autouse=True)
    def _connections(self):
        for organization_id in ("acme", "ACME", "acme ", "ácme", "", "globex"):
            draft(organization_id=organization_id)

    def seen(self, scope):
        return sorted(row.organization_id for row in within(scope, Connection.objects.all()))

    def test_everything(self):
        assert len(self.seen(EVERYTHING)) == 6

    def test_nothing(self):
        assert self.seen(NOTHING) == []

    @pytest.mark.parametrize("organization_id", ["acme", "ACME", "acme ", "ácme", ""])
    def test_one_organization_and_no_twin_of_it(self, organization_id):
        assert self.seen(Scope(organization_id=organization_id)) == [organization_id]

    def test_an_unknown_one(self):
        assert self.seen(Scope(organization_id="initech")) == []

    def test_rows_that_hang_off_a_connection(self):
        scope = Scope(organization_id="acme")
        events = within(scope, AuditEvent.objects.all(), path="connection__")
        assert [event.connection.organization_id for event in events] == ["acme"]
