from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RelyraConfig(AppConfig):
    """The Service Provider: connections, trust, login."""

    name = "relyra_django"
    verbose_name = _("SAML single sign-on")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from relyra_django import checks  # noqa: F401
