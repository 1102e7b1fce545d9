from django.apps import AppConfig


class DemoConfig(AppConfig):
    """Starts Fernway beside an identity provider, for a browser or for a check."""

    name = "example_project.demo"
    label = "demo"
