from django.apps import AppConfig


class SsoConfig(AppConfig):
    """Fernway's own side of signing in: organisations, receipts, pages."""

    name = "example_project.sso"
    label = "sso"
    verbose_name = "Fernway"
