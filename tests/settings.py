"""The smallest project that the suite runs in; DATABASE_URL and friends choose other databases."""

import os
import tempfile
from pathlib import Path

import environ

env = environ.Env()

SECRET_KEY = "not-a-secret"
DEBUG = False
ALLOWED_HOSTS = ["sp.example.com", "testserver"]
USE_TZ = True
ROOT_URLCONF = "tests.urls"

DEFAULT_DATABASE = env.db("DATABASE_URL", default="sqlite:///:memory:")
if DEFAULT_DATABASE["ENGINE"] == "django.db.backends.sqlite3":
    # A file, since threads cannot wait for each other in a shared memory database.
    STORES_FILE = Path(tempfile.gettempdir(), f"relyra-stores-{os.getpid()}.sqlite3")
    STORES_DATABASE = {
        **DEFAULT_DATABASE,
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL",
        },
        "TEST": {"NAME": STORES_FILE},
    }
else:
    STORES_DATABASE = {**DEFAULT_DATABASE, "NAME": f"{DEFAULT_DATABASE['NAME']}_stores"}
DATABASES = {"default": DEFAULT_DATABASE, "stores": STORES_DATABASE}
INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "relyra_django",
    "relyra_django.stores",
    "tests.host",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]
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
STATIC_URL = "/static/"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "relyra_django.backends.RelyraBackend",
]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
SESSION_COOKIE_SECURE = True
RELYRA = {
    "BASE_URL": "https://sp.example.com",
    "CONNECTION_RESOLVER": "relyra_django.resolvers.DatabaseResolver",
    "REQUEST_STORE": {"BACKEND": "relyra_django.stores.database.RequestStore"},
    "REPLAY_STORE": {"BACKEND": "relyra_django.stores.database.ReplayStore"},
}
