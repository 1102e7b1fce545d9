"""A new Django user, made of what a UserMapper found: a random name, no password, a profile."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, cast
from uuid import uuid4

from django.contrib.auth import get_user_model
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.core.validators import validate_email
from django.db import models, router

from relyra_django.exceptions import ErrorCode, InvalidSettings, RelyraError
from relyra_django.identity.mapping import MappedUser

# A mapper fills a profile; what a user may do is decided elsewhere.
NOT_PROFILE: Final = frozenset({"password", "is_active", "is_staff", "is_superuser"})


def new_user(mapped: MappedUser) -> AbstractBaseUser:
    """Return an unsaved user who is nobody yet.

    Where users are named by email address, the mapped one is the name. Raises identity_conflict
    when somebody has it in any case of letters, invalid_attribute when there is no usable one,
    and InvalidSettings for a mapper that fills what is no profile.
    """
    model = get_user_model()
    profile = dict(_profile(model, mapped))
    username = cast("models.Field[Any, Any]", model._meta.get_field(model.USERNAME_FIELD))
    if username.name != model.get_email_field_name():
        # Random, so that it is nobody's: a name from the assertion might be an existing user's.
        profile[username.name] = f"saml-{uuid4().hex}"[: username.max_length]
    elif username.name not in profile:
        raise RelyraError(
            ErrorCode.INVALID_ATTRIBUTE,
            "Users here are named by email address, and the assertion has no usable one.",
            expected=username.name,
        )
    elif _is_taken(model, username.name, profile[username.name]):
        raise RelyraError(ErrorCode.IDENTITY_CONFLICT, "Another user has that email address.")
    user = model(**profile)
    user.set_unusable_password()
    return user


def _is_taken(model: type[AbstractBaseUser], name: str, address: str) -> bool:
    """Hosts that look people up without regard to case must not find two of them."""
    alias = router.db_for_write(model)
    return model._default_manager.using(alias).filter(**{f"{name}__iexact": address}).exists()


def _profile(model: type[AbstractBaseUser], mapped: MappedUser) -> Iterator[tuple[str, str]]:
    for name, text in mapped.fields.items():
        if name in NOT_PROFILE:
            raise InvalidSettings(f"RELYRA USER_MAPPER: a mapper may not set {name}.")
        field = _text_field(model, name)
        if isinstance(field, models.EmailField):
            text = _email(text, field)
        if field is not None and text:
            yield name, text[: field.max_length]


def _text_field(model: type[AbstractBaseUser], name: str) -> models.Field[Any, Any] | None:
    try:
        field = model._meta.get_field(name)
    except FieldDoesNotExist:
        return None
    return field if isinstance(field, models.CharField | models.TextField) else None


def _email(text: str, field: models.EmailField[str, str]) -> str:
    """Return a usable address or "". A cut address would be somebody else's."""
    address = BaseUserManager.normalize_email(text)
    try:
        validate_email(address)
    except ValidationError:
        return ""
    return address if len(address) <= (field.max_length or 254) else ""
