from tests.settings import *  # noqa: F403
from tests.settings import INSTALLED_APPS as OURS

INSTALLED_APPS = [*OURS, "tests.people"]
AUTH_USER_MODEL = "people.Person"
