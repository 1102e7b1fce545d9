from __future__ import annotations

from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth import aauthenticate, authenticate
from django.contrib.auth.models import Permission, User
from django.core.exceptions import PermissionDenied

from relyra_django.backends import RelyraBackend
from relyra_django.exceptions import ErrorCode, RelyraError
from relyra_django.saml.connection import Provisioning
from tests.assertions import snapshot, validated

pytestmark = pytest.mark.django_db

PATH = "relyra_django.backends.RelyraBackend"


class Doorman(RelyraBackend):
    """A host's own: nobody whose name is bob."""

    def user_can_authenticate(self, user: Any) -> bool:
        return bool(user.last_name != "Bob") and super().user_can_authenticate(user)


def test_an_assertion_authenticates_through_django() -> None:
    user = authenticate(None, validated_assertion=validated())
    assert user == User.objects.get()
    assert user.backend == PATH


def test_it_does_so_asynchronously() -> None:
    user = async_to_sync(RelyraBackend().aauthenticate)(None, validated_assertion=None)
    assert user is None


def test_django_s_asynchronous_door_leads_here_too() -> None:
    user = async_to_sync(aauthenticate)(None, validated_assertion=validated())
    assert user == User.objects.get()


def test_a_refusal_keeps_its_reason() -> None:
    stranger = validated(snapshot(provisioning=Provisioning.LINK_ONLY))
    with pytest.raises(RelyraError) as refusal:
        authenticate(None, validated_assertion=stranger)
    assert refusal.value.code is ErrorCode.IDENTITY_NOT_LINKED


class Denying:
    def map(self, assertion: Any, connection: Any) -> Any:
        raise PermissionDenied("not from there")


def test_a_denial_by_the_site_s_own_code_is_not_taken_for_silence(settings: Any) -> None:
    settings.RELYRA = {**settings.RELYRA, "USER_MAPPER": "tests.test_backends.Denying"}
    with pytest.raises(RelyraError) as refusal:
        authenticate(None, validated_assertion=validated())
    assert refusal.value.code is ErrorCode.IDENTITY_NOT_LINKED
    assert isinstance(refusal.value.__cause__, PermissionDenied)


def test_without_an_assertion_there_is_nobody() -> None:
    assert RelyraBackend().authenticate(None) is None


def test_it_takes_no_password() -> None:
    User.objects.create_user("alice", password="secret")
    with pytest.raises(TypeError):
        RelyraBackend().authenticate(None, username="alice", password="secret")  # type: ignore[call-arg]
    user = authenticate(None, username="alice", password="secret")
    assert user is not None
    assert user.backend == "django.contrib.auth.backends.ModelBackend"


def test_a_created_user_has_no_password_to_guess() -> None:
    user = authenticate(None, validated_assertion=validated())
    for password in ("", "!", None):
        found = authenticate(None, username=user.get_username(), password=password)  # type: ignore[union-attr]
        assert found is None


def test_a_host_s_doorman_is_asked(settings: Any) -> None:
    settings.AUTHENTICATION_BACKENDS = ["tests.test_backends.Doorman"]
    with pytest.raises(RelyraError) as refusal:
        authenticate(None, validated_assertion=validated(attributes={"sn": "Bob"}))
    assert refusal.value.code is ErrorCode.USER_INACTIVE
    assert authenticate(None, validated_assertion=validated(name_id="carol"))


def test_permissions_are_django_s_own() -> None:
    user = authenticate(None, validated_assertion=validated())
    assert isinstance(user, User)
    permission = Permission.objects.get(codename="view_user")
    user.user_permissions.add(permission)
    assert RelyraBackend().has_perm(user, "auth.view_user")
    assert not RelyraBackend().has_perm(user, "auth.delete_user")


def test_the_session_finds_the_user_again() -> None:
    user = authenticate(None, validated_assertion=validated())
    assert user is not None
    assert RelyraBackend().get_user(user.pk) == user
