"""A project that brings no templates of its own, for pictures of the pages as they are shipped."""

from tests.settings import *  # noqa: F403

DEBUG = True
ALLOWED_HOSTS = ["localhost"]
