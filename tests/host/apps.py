from django.apps import AppConfig


class HostConfig(AppConfig):
    """A project of somebody else's, with store tables and stores of its own."""

    name = "tests.host"
    default_auto_field = "django.db.models.BigAutoField"
