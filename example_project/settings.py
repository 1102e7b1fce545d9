"""Settings of the example project: what differs between machines is an environment variable.

Without any, the site runs on this machine alone: no debug pages, `localhost` as the only host,
an SQLite file, a secret that lives as long as the process.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ
from django.core.management.utils import get_random_secret_key

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()


def database() -> dict[str, Any]:
    """Return DATABASE_URL's database, SQLite with what concurrent logins need of it."""
    config: dict[str, Any] = env.db("DATABASE_URL", default=f"sqlite:///{BASE_DIR}/db.sqlite3")
    if config["ENGINE"].endswith("sqlite3"):
        config.setdefault("OPTIONS", {}).update(
            transaction_mode="IMMEDIATE",
            timeout=10,
            init_command="PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
        )
    return config


BASE_URL: str = env.str("RELYRA_BASE_URL", default="http://localhost:8000").rstrip("/")
HTTPS = urlsplit(BASE_URL).scheme == "https"

# Workers must share one. Without it nothing can be forged, but sessions end with the process.
SECRET_KEY = env.str("SECRET_KEY", default="") or get_random_secret_key()
DEBUG = env.bool("DEBUG", default=False)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[urlsplit(BASE_URL).hostname])

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
    "example_project.sso",  # before relyra_django: its templates come first
    "example_project.demo",
    "example_project",
    "relyra_django",
    "relyra_django.stores",
    "django.contrib.staticfiles",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "example_project.sso.middleware.ContentSecurityPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "example_project.urls"
WSGI_APPLICATION = "example_project.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
DATABASES = {"default": database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "relyra_django.backends.RelyraBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "relyra:start"
LOGIN_REDIRECT_URL = "sso:receipt"
LOGOUT_REDIRECT_URL = "sso:home"

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "build" / "static"

# Loopback development runs on http; any other site is told to the browser as https only.
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=HTTPS)
SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", default=31_536_000 if HTTPS else 0)
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
if env.bool("BEHIND_TLS_PROXY", default=False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

# Key files of this site, each with its certificate beside it as .crt, the one to publish first.
DECRYPTION_KEYS = [Path(name) for name in env.list("RELYRA_DECRYPTION_KEYS", default=[])]

RELYRA = {
    "BASE_URL": BASE_URL,
    "CONNECTION_RESOLVER": "relyra_django.resolvers.DatabaseResolver",
    "REQUEST_STORE": {"BACKEND": "relyra_django.stores.database.RequestStore"},
    "REPLAY_STORE": {"BACKEND": "relyra_django.stores.database.ReplayStore"},
    "KEY_RESOLVER": {
        "BACKEND": "relyra_django.keys.SettingsKeyResolver",
        "OPTIONS": {
            "decryption": [
                {"key": key, "certificate": key.with_suffix(".crt")} for key in DECRYPTION_KEYS
            ],
        },
    },
    "USER_MAPPER": "example_project.sso.user_mapper.ReceiptMapper",
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "loggers": {"relyra_django": {"handlers": ["console"], "level": "INFO"}},
}
