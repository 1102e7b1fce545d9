"""What one run of the demo is made of: a directory, two origins, two secrets."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field
from pathlib import Path
from secrets import token_urlsafe

from django.core.management.utils import get_random_secret_key

PROJECT = Path(__file__).resolve().parent.parent.parent
# Different hosts, so different sites to a browser: the response arrives as a cross-site POST.
SITE_HOST = "localhost"
IDP_HOST = "127.0.0.1"
# The provider keeps its name when its port changes, and with it everybody's identity here.
IDP_ENTITY_ID = "https://id.ashdown.example/saml/metadata"
OPERATOR = "operator"


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """One run. The operator's password and the site's secret live as long as it does."""

    directory: Path
    site_port: int
    idp_port: int
    operator_password: str = field(default_factory=lambda: token_urlsafe(12), repr=False)
    secret_key: str = field(default_factory=get_random_secret_key, repr=False)

    @property
    def site_url(self) -> str:
        return f"http://{SITE_HOST}:{self.site_port}"

    @property
    def idp_url(self) -> str:
        return f"http://{IDP_HOST}:{self.idp_port}"

    @property
    def database(self) -> Path:
        return self.directory / "demo.sqlite3"

    def environment(self) -> dict[str, str]:
        """Return the environment of the processes: this run's settings over the caller's own."""
        return {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "example_project.settings",
            "DATABASE_URL": f"sqlite:///{self.database.resolve()}",
            "SECRET_KEY": self.secret_key,
            "DEBUG": "false",
            "ALLOWED_HOSTS": SITE_HOST,
            "SECURE_SSL_REDIRECT": "false",
            "RELYRA_BASE_URL": self.site_url,
            "DEMO_IDP_URL": self.idp_url,
            "DEMO_OPERATOR_PASSWORD": self.operator_password,
            "PYTHONPATH": os.pathsep.join([str(PROJECT), *filter(None, sys.path[1:])]),
            "PYTHONUNBUFFERED": "1",
        }
