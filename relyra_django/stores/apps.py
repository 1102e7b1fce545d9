from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RelyraStoresConfig(AppConfig):
    """The store tables, for projects that do not bring their own."""

    name = "relyra_django.stores"
    label = "relyra_stores"
    verbose_name = _("SAML single sign-on: stores")
    default_auto_field = "django.db.models.BigAutoField"
