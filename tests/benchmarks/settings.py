"""The shipped settings of a site, over a database that the benchmark made for itself."""

from __future__ import annotations

import environ

from relyra_django.testing.encryption import sp_key
from tests import settings as suite

env = environ.Env()

SECRET_KEY = "not-a-secret-but-long-enough-to-sign-a-session"
DEBUG = False
ALLOWED_HOSTS = ["sp.example.com"]
USE_TZ = True
ROOT_URLCONF = "tests.benchmarks.urls"
DATABASES = {"default": {**env.db("BENCH_DATABASE_URL"), "CONN_MAX_AGE": None}}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    }
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
    "relyra_django",
    "relyra_django.stores",
]
MIDDLEWARE = suite.MIDDLEWARE
TEMPLATES = suite.TEMPLATES
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTHENTICATION_BACKENDS = suite.AUTHENTICATION_BACKENDS
SESSION_COOKIE_SECURE = True
LOGIN_REDIRECT_URL = "/"
RELYRA = {
    "BASE_URL": "https://sp.example.com",
    "KEY_RESOLVER": {
        "BACKEND": "relyra_django.keys.SettingsKeyResolver",
        "OPTIONS": {"decryption": [sp_key().private_key_pem]},
    },
    "CONNECTION_RESOLVER": "relyra_django.resolvers.DatabaseResolver",
    "REQUEST_STORE": {"BACKEND": "relyra_django.stores.database.RequestStore"},
    "REPLAY_STORE": {"BACKEND": "relyra_django.stores.database.ReplayStore"},
}
# A record is made as in production; where it goes is not what is measured.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"null": {"class": "logging.NullHandler"}},
    "root": {"handlers": ["null"], "level": "INFO"},
}
