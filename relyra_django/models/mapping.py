"""What an assertion's attributes become: rules, and every set of rules there has been."""

from __future__ import annotations

from django.db import models
from django.db.models import CheckConstraint, Index, Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from relyra_django.models.actor import ActorColumns, ActorKind, has_text
from relyra_django.models.choices import is_digest, one_of
from relyra_django.models.connection import Connection
from relyra_django.models.digest import DigestField
from relyra_django.models.history import AppendOnlyModel


class TargetField(models.TextChoices):
    EMAIL = "email", _("Email address")
    FIRST_NAME = "first_name", _("First name")
    LAST_NAME = "last_name", _("Last name")
    DISPLAY_NAME = "display_name", _("Display name")
    NAME_ID = "name_id", _("NameID")


class MultivalueStrategy(models.TextChoices):
    FIRST = "first", _("The first value")
    ALL = "all", _("All values")


class GroupTarget(models.TextChoices):
    GROUP = "group", _("A group")
    IS_STAFF = "is_staff", _("Staff status")
    IS_SUPERUSER = "is_superuser", _("Superuser status")


class MappingAction(models.TextChoices):
    CREATED = "created", _("Created")
    REPLACED = "replaced", _("Replaced")
    DELETED = "deleted", _("Deleted")


class AttributeMapping(models.Model):
    """One attribute to one field of the user."""

    connection = models.ForeignKey(
        Connection,
        models.PROTECT,
        db_index=False,
        related_name="attribute_mappings",
        verbose_name=_("connection"),
    )
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    source_attribute = models.CharField(_("attribute"), max_length=512)
    target_field = models.CharField(_("field"), max_length=32, choices=TargetField.choices)
    multivalue_strategy = models.CharField(
        _("several values"),
        max_length=16,
        choices=MultivalueStrategy.choices,
        default=MultivalueStrategy.FIRST,
    )
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)

    class Meta:
        verbose_name = _("attribute rule")
        verbose_name_plural = _("attribute rules")
        constraints = [
            UniqueConstraint(fields=["connection", "target_field"], name="relyra_attribute_target"),
            one_of("target_field", TargetField.values, name="relyra_attribute_target_field"),
            one_of(
                "multivalue_strategy",
                MultivalueStrategy.values,
                name="relyra_attribute_multivalue",
            ),
            has_text("source_attribute", name="relyra_attribute_source"),
        ]

    def __str__(self) -> str:
        return f"{self.source_attribute} -> {self.target_field}"


class GroupMapping(models.Model):
    """One value of one attribute to a group or a flag of the user."""

    connection = models.ForeignKey(
        Connection,
        models.PROTECT,
        db_index=False,
        related_name="group_mappings",
        verbose_name=_("connection"),
    )
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    source_attribute = models.CharField(_("attribute"), max_length=512)
    source_value = models.CharField(_("value"), max_length=512)
    target = models.CharField(_("gives"), max_length=16, choices=GroupTarget.choices)
    group_name = models.CharField(_("group"), max_length=150, default="", blank=True)
    rule_digest = DigestField(of=["source_attribute", "source_value", "target", "group_name"])
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)

    class Meta:
        verbose_name = _("group rule")
        verbose_name_plural = _("group rules")
        constraints = [
            UniqueConstraint(fields=["connection", "rule_digest"], name="relyra_group_rule"),
            is_digest("rule_digest", name="relyra_group_rule_length"),
            one_of("target", GroupTarget.values, name="relyra_group_target"),
            CheckConstraint(
                condition=(Q(target=GroupTarget.GROUP.value) & ~Q(group_name=""))
                | (~Q(target=GroupTarget.GROUP.value) & Q(group_name="")),
                name="relyra_group_target_name",
            ),
            has_text("source_attribute", name="relyra_group_source"),
        ]

    def __str__(self) -> str:
        return f"{self.source_attribute}={self.source_value} -> {self.group_name or self.target}"


class MappingRevision(ActorColumns, AppendOnlyModel):
    """The rules before and after one change."""

    connection = models.ForeignKey(
        Connection,
        models.PROTECT,
        db_index=False,
        related_name="mapping_revisions",
        verbose_name=_("connection"),
    )
    action = models.CharField(_("action"), max_length=16, choices=MappingAction.choices)
    before_snapshot = models.JSONField(_("before"), default=dict)
    after_snapshot = models.JSONField(_("after"), default=dict)
    diff_summary = models.JSONField(_("difference"), default=dict)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    class Meta:
        verbose_name = _("mapping revision")
        verbose_name_plural = _("mapping revisions")
        default_permissions = ("view",)
        indexes = [
            Index(fields=["connection", "created_at"], name="relyra_mapping_created_idx"),
        ]
        constraints = [
            one_of("action", MappingAction.values, name="relyra_mapping_action"),
            one_of("actor_kind", ActorKind.values, name="relyra_mapping_actor_kind"),
            has_text("actor_label", name="relyra_mapping_actor_label"),
            has_text("cause", name="relyra_mapping_cause"),
        ]

    def __str__(self) -> str:
        return f"{self.action} by {self.actor_label}"
