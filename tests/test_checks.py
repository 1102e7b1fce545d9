from __future__ import annotations

import inspect
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.sessions.middleware import SessionMiddleware
from django.core.checks import CheckMessage, Error, registry, run_checks
from django.core.checks import Warning as CheckWarning
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.db import OperationalError, connection
from django.test import override_settings

from relyra_django import checks
from relyra_django.backends import RelyraBackend
from relyra_django.checks import CheckId
from relyra_django.stores.memory import ReplayStore, RequestStore
from relyra_django.testing.keys import signing_key
from relyra_django.trust import connections as trust
from tests.trust.kit import ACTOR, draft

MEMORY_REPLAY = "relyra_django.stores.memory.ReplayStore"
MEMORY_REQUEST = "relyra_django.stores.memory.RequestStore"
SOUND: dict[str, Any] = {
    "BASE_URL": "https://sp.example.com",
    "CONNECTION_RESOLVER": "relyra_django.resolvers.DatabaseResolver",
    "REQUEST_STORE": MEMORY_REQUEST,
    "REPLAY_STORE": MEMORY_REPLAY,
}
ALL = tuple(
    check
    for check in registry.registry.get_checks(include_deployment_checks=True)
    if check.__module__.startswith(checks.__name__)
)
Check = Callable[..., list[CheckMessage]]


class HostBackend(RelyraBackend):
    """A subclass counts."""


class HostSessions(SessionMiddleware):
    """A subclass counts."""


class WorriedStore(ReplayStore):
    single_node = False

    def check(self) -> list[CheckMessage]:
        return [CheckWarning("The vault is far away.", id="host.W001")]


def messages(check: Check, **written: Any) -> list[CheckMessage]:
    with override_settings(RELYRA={**SOUND, **written}):
        return check(None)


def only(check: Check, **written: Any) -> CheckMessage:
    [message] = messages(check, **written)
    return message


class TestRegistration:
    def test_every_check_of_the_module_is_registered(self) -> None:
        written = {
            function
            for name, function in inspect.getmembers(checks, inspect.isfunction)
            if name.startswith("check_")
        }
        assert written == set(ALL)

    def test_they_answer_to_a_tag_of_ours_and_to_security(self) -> None:
        for check in ALL:
            if "stored" not in check.__name__:
                assert set(check.tags) == {checks.TAG, "security"}

    def test_those_that_ask_a_database_run_where_django_s_own_do(self) -> None:
        tags = [set(check.tags) for check in ALL if "stored" in check.__name__]
        assert tags == [{"database"}] * 2

    def test_ids_are_unique_and_well_formed(self) -> None:
        values = [each.value for each in CheckId]
        assert len(set(values)) == len(values)
        assert all(value.startswith(("relyra_django.E", "relyra_django.W")) for value in values)

    def test_the_single_node_ids_are_fixed(self) -> None:
        assert CheckId.SINGLE_NODE_REPLAY_STORE == "relyra_django.W001"
        assert CheckId.SINGLE_NODE_REQUEST_STORE == "relyra_django.W002"

    def test_nothing_runs_without_the_setting(self, settings: Any) -> None:
        del settings.RELYRA
        settings.AUTHENTICATION_BACKENDS = []
        settings.MIDDLEWARE = []
        assert [m for check in ALL for m in check(None, databases=["default"])] == []

    def test_a_sound_project_is_silent(self) -> None:
        with override_settings(RELYRA=SOUND):
            assert run_checks(tags=[checks.TAG], include_deployment_checks=True) == []

    def test_a_broken_setting_is_reported_once(self) -> None:
        with override_settings(RELYRA={"QQQ": 1}):
            found = run_checks(tags=[checks.TAG], include_deployment_checks=True)
        assert [message.id for message in found] == [CheckId.UNKNOWN_KEY]

    def test_the_command_fails_and_can_be_silenced(self) -> None:
        with override_settings(RELYRA={**SOUND, "QQQ": 1}):
            with pytest.raises(SystemCheckError, match=r"\(relyra_django\.E001\) RELYRA has an"):
                call_command("check", tags=[checks.TAG], stdout=StringIO(), stderr=StringIO())
            with override_settings(SILENCED_SYSTEM_CHECKS=["relyra_django.E001"]):
                out = StringIO()
                call_command("check", tags=[checks.TAG], stdout=out)
        assert "(1 silenced)" in out.getvalue()


class TestSettings:
    @pytest.mark.parametrize(
        ("written", "check_id", "msg"),
        [
            ({"QQQ": 1}, CheckId.UNKNOWN_KEY, "RELYRA has an unknown key 'QQQ'."),
            (
                {"REQUEST_TTL": "900"},
                CheckId.WRONG_TYPE,
                "RELYRA REQUEST_TTL must be a whole number of seconds, not str.",
            ),
            (
                {"REQUEST_TTL": 30},
                CheckId.BAD_VALUE,
                "RELYRA REQUEST_TTL must be 60 to 3600 seconds.",
            ),
            (
                {"REPLAY_STORE": None},
                CheckId.COMBINATION,
                "RELYRA REPLAY_STORE is missing while the other store is set.",
            ),
        ],
    )
    def test_a_problem_is_an_error_with_its_id(
        self, written: dict[str, Any], check_id: CheckId, msg: str
    ) -> None:
        message = only(checks.check_settings, **written)
        assert isinstance(message, Error)
        assert (message.id, message.msg) == (check_id, msg)
        assert message.hint

    def test_every_problem_is_listed(self) -> None:
        assert len(messages(checks.check_settings, QQQ=1, REQUEST_TTL=1)) == 2

    def test_a_sound_setting(self) -> None:
        assert messages(checks.check_settings) == []

    def test_what_is_missing_for_a_login_is_a_warning(self) -> None:
        with override_settings(RELYRA={"BASE_URL": "https://sp.example.com"}):
            found = checks.check_login_is_configured(None)
        assert {message.id for message in found} == {CheckId.LOGIN_NOT_CONFIGURED}
        assert [message.hint for message in found] == [
            "Set CONNECTION_RESOLVER.",
            "Set REQUEST_STORE.",
            "Set REPLAY_STORE.",
        ]
        assert messages(checks.check_login_is_configured) == []


class TestLoading:
    @pytest.mark.parametrize(
        ("check", "key", "sound", "check_id"),
        [
            (
                checks.check_connection_resolver,
                "CONNECTION_RESOLVER",
                SOUND["CONNECTION_RESOLVER"],
                CheckId.RESOLVER_NOT_LOADED,
            ),
            (checks.check_stores, "REQUEST_STORE", MEMORY_REQUEST, CheckId.STORE_NOT_LOADED),
            (checks.check_stores, "REPLAY_STORE", MEMORY_REPLAY, CheckId.STORE_NOT_LOADED),
            (
                checks.check_key_resolver,
                "KEY_RESOLVER",
                "relyra_django.keys.SettingsKeyResolver",
                CheckId.KEY_RESOLVER_NOT_LOADED,
            ),
        ],
    )
    def test_what_an_entry_names_must_load(
        self, check: Check, key: str, sound: str, check_id: CheckId
    ) -> None:
        for wrong in (
            "no_such.module.Name",
            "tests.test_checks.HostBackend",
            {"BACKEND": sound, "OPTIONS": {"no_such_option": 1}},
        ):
            message = only(check, **{key: wrong})
            assert isinstance(message, Error)
            assert message.id == check_id
            assert key in message.msg
        assert messages(check, **{key: sound}) == []

    def test_a_connection_in_the_settings_must_be_usable(self) -> None:
        written = {"idp_entity_id": "https://idp.example.org/metadata"}
        resolver = "relyra_django.resolvers.SettingsResolver"
        wrong = {"acme": {**written, "idp_sso_ulr": "https://idp.example.org/sso"}}
        message = only(
            checks.check_connection_resolver, CONNECTION_RESOLVER=resolver, CONNECTIONS=wrong
        )
        assert message.id == CheckId.RESOLVER_NOT_LOADED
        assert "'acme' has an unknown key 'idp_sso_ulr'" in message.msg
        sound = {"CONNECTION_RESOLVER": resolver, "CONNECTIONS": {"acme": written}}
        assert messages(checks.check_connection_resolver, **sound) == []

    @pytest.mark.parametrize(
        "key", ["USER_MAPPER", "SESSION_ADAPTER", "PROVISIONING_POLICY", "SCOPE_PROVIDER"]
    )
    def test_classes_must_be_importable(self, key: str) -> None:
        message = only(checks.check_classes, **{key: "tests.test_checks.Absent"})
        assert message.id == CheckId.CLASS_NOT_IMPORTED
        assert message.msg == (
            f"RELYRA {key} names tests.test_checks.Absent, which cannot be imported."
        )
        assert messages(checks.check_classes, **{key: "tests.test_checks.HostBackend"}) == []

    def test_the_messages_of_a_store_are_passed_through(self) -> None:
        message = only(checks.check_stores, REPLAY_STORE="tests.test_checks.WorriedStore")
        assert (message.id, message.msg) == ("host.W001", "The vault is far away.")


class TestSingleNode:
    def test_it_is_off_by_default(self) -> None:
        assert messages(checks.check_single_node_stores) == []

    def test_the_texts(self) -> None:
        replay, request = messages(checks.check_single_node_stores, SINGLE_NODE_WARNING=True)
        assert (replay.id, request.id) == ("relyra_django.W001", "relyra_django.W002")
        assert replay.msg == (
            "relyra_django.stores.memory.ReplayStore is single-node only and provides non-durable "
            "replay protection; use a database or shared cache store for production-safe replay "
            "guarantees."
        )
        assert request.msg == (
            "relyra_django.stores.memory.RequestStore is single-node only and provides non-durable "
            "replay protection; use a database or shared cache store for production-safe request "
            "intent semantics."
        )
        assert isinstance(replay, CheckWarning)
        assert isinstance(request, CheckWarning)

    def test_the_attribute_of_the_store_decides(self) -> None:
        message = only(
            checks.check_single_node_stores,
            SINGLE_NODE_WARNING=True,
            REPLAY_STORE="tests.test_checks.WorriedStore",
        )
        assert RequestStore.single_node
        assert message.id == "relyra_django.W002"

    def test_a_store_that_does_not_load_is_left_to_its_own_check(self) -> None:
        message = only(
            checks.check_single_node_stores,
            SINGLE_NODE_WARNING=True,
            REQUEST_STORE="no_such.module.Store",
        )
        assert message.id == "relyra_django.W001"

    def test_without_stores_there_is_nothing_to_warn_of(self) -> None:
        with override_settings(RELYRA={"SINGLE_NODE_WARNING": True}):
            assert checks.check_single_node_stores(None) == []


def settings_keys(**options: Any) -> dict[str, Any]:
    return {"BACKEND": "relyra_django.keys.SettingsKeyResolver", "OPTIONS": options}


class TestKeys:
    def test_each_key_that_cannot_be_used(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("SAML_ABSENT", raising=False)
        small = signing_key("rsa1024", "small").private_key_pem
        found = messages(
            checks.check_keys,
            KEY_RESOLVER=settings_keys(signing=["env:SAML_ABSENT"], decryption=[small]),
        )
        assert {message.id for message in found} == {CheckId.KEY_NOT_USABLE}
        assert [message.msg.split(" ", 3)[:3] for message in found] == [
            ["RELYRA", "KEY_RESOLVER", "signing[0].key"],
            ["RELYRA", "KEY_RESOLVER", "decryption[0].key"],
        ]
        assert small.splitlines()[1] not in str(found)

    def test_a_good_key(self) -> None:
        sound = settings_keys(signing=[signing_key("rsa", "current").private_key_pem])
        assert messages(checks.check_keys, KEY_RESOLVER=sound) == []

    def test_a_resolver_of_the_host_is_not_asked(self) -> None:
        host = {"BACKEND": "tests.test_keys.VaultResolver", "OPTIONS": {"signing": ("lost",)}}
        assert messages(checks.check_keys, KEY_RESOLVER=host) == []

    def test_a_resolver_that_does_not_load_is_left_to_its_own_check(self) -> None:
        assert messages(checks.check_keys, KEY_RESOLVER="no_such.module.Keys") == []


class TestBackend:
    @pytest.mark.parametrize(
        "backends",
        [[], ["django.contrib.auth.backends.ModelBackend"], ["no_such.module.RelyraBackend"]],
    )
    def test_it_is_missed(self, backends: list[str]) -> None:
        with override_settings(AUTHENTICATION_BACKENDS=backends):
            message = only(checks.check_authentication_backend)
        assert isinstance(message, Error)
        assert message.id == CheckId.BACKEND_NOT_INSTALLED
        assert '"relyra_django.backends.RelyraBackend"' in (message.hint or "")

    @pytest.mark.parametrize(
        "backend", ["relyra_django.backends.RelyraBackend", "tests.test_checks.HostBackend"]
    )
    def test_it_or_a_subclass_will_do(self, backend: str) -> None:
        backends = ["django.contrib.auth.backends.ModelBackend", backend]
        with override_settings(AUTHENTICATION_BACKENDS=backends):
            assert messages(checks.check_authentication_backend) == []


class TestBaseUrl:
    @pytest.mark.parametrize(
        "url", ["http://sp.example.com", "http://10.0.0.1:8000", "http://localhost.example.com"]
    )
    def test_plain_http_is_a_warning_and_an_error_when_deployed(self, url: str) -> None:
        message = only(checks.check_base_url, BASE_URL=url)
        assert isinstance(message, CheckWarning)
        assert (message.id, url in message.msg) == (CheckId.HTTP_BASE_URL, True)
        message = only(checks.check_base_url_deployed, BASE_URL=url)
        assert isinstance(message, Error)
        assert message.id == CheckId.HTTP_BASE_URL_DEPLOYED

    @pytest.mark.parametrize(
        "url",
        [
            "https://sp.example.com",
            "http://localhost:8000",
            "http://sp.localhost:8000",
            "http://127.0.0.1:8000",
            "http://127.8.9.1",
            "http://[::1]:8000",
            None,
        ],
    )
    def test_https_and_loopback_are_silent(self, url: str | None) -> None:
        assert messages(checks.check_base_url, BASE_URL=url) == []
        assert messages(checks.check_base_url_deployed, BASE_URL=url) == []

    def test_the_error_is_for_deploy_alone(self) -> None:
        with override_settings(RELYRA={**SOUND, "BASE_URL": "http://sp.example.com"}):
            plain = run_checks(tags=[checks.TAG])
            deployed = run_checks(tags=[checks.TAG], include_deployment_checks=True)
        assert [message.id for message in plain] == [CheckId.HTTP_BASE_URL]
        assert {message.id for message in deployed} == {
            CheckId.HTTP_BASE_URL,
            CheckId.HTTP_BASE_URL_DEPLOYED,
        }


HTTP_ACS = "http://sp.example.com/saml/acme/acs/"
ACS = "https://sp.example.com/saml/acme/acs/"
ELSEWHERE = "https://sp.example.com/elsewhere/"


def written_connection(**fields: Any) -> dict[str, Any]:
    """RELYRA with one connection in the settings."""
    resolver = "relyra_django.resolvers.SettingsResolver"
    return {"CONNECTION_RESOLVER": resolver, "CONNECTIONS": {"acme": fields}}


class TestAddresses:
    """Connections of the settings."""

    @pytest.mark.parametrize("url", [HTTP_ACS, "http://10.0.0.1/saml/acme/acs/", "HTTP://a.b/"])
    def test_plain_http_is_a_warning_and_an_error_when_deployed(self, url: str) -> None:
        message = only(checks.check_addresses, **written_connection(acs_url=url))
        assert isinstance(message, CheckWarning)
        assert message.id == CheckId.HTTP_ACS_URL == "relyra_django.W005"
        assert message.msg == f"The acs_url of connection 'acme', {url}, is not https."
        message = only(checks.check_addresses_deployed, **written_connection(acs_url=url))
        assert isinstance(message, Error)
        assert message.id == CheckId.HTTP_ACS_URL_DEPLOYED == "relyra_django.E016"
        assert url in message.msg

    @pytest.mark.parametrize(
        "fields",
        [
            {},
            {"acs_url": ACS},
            {"acs_url": "http://localhost:8000/saml/acme/acs/"},
            {"acs_url": "http://127.0.0.1/saml/acme/acs/"},
            {"acs_url": "https://other.example.com/anything/"},
            {"acs_url": "https://sp.example.com:8443/anything/"},
            {"acs_url": "https://sp.example.com:443/saml/acme/acs/"},
            {"acs_url": "https://SP.example.com/saml/%61cme/acs/?x=1"},
            {"slo_url": "https://other.example.com/slo/"},
            {"slo_url": "https://sp.example.com/admin/"},
            {"acs_url": HTTP_ACS, "status": "disabled"},
            {"acs_url": ELSEWHERE, "status": "disabled"},
        ],
    )
    def test_nothing_to_say(self, fields: dict[str, Any]) -> None:
        for check in (checks.check_addresses, checks.check_addresses_deployed):
            assert messages(check, **written_connection(**fields)) == []

    @pytest.mark.parametrize(
        "fields",
        [
            {"acs_url": ELSEWHERE},
            {"acs_url": "https://sp.example.com"},
            {"acs_url": "https://sp.example.com/saml/acme/acs"},
            {"acs_url": "https://sp.example.com:443/"},
            {"acs_url": "https://sp.example.com/saml/globex/acs/"},
            {"acs_url": "https://sp.example.com/saml/acme/metadata/"},
            {"acs_url": "https://sp.example.com/admin/"},
            {"slo_url": ELSEWHERE},
        ],
    )
    def test_an_address_on_this_site_leads_to_its_view(self, fields: dict[str, Any]) -> None:
        message = only(checks.check_addresses, **written_connection(**fields))
        assert isinstance(message, CheckWarning)
        assert message.id == CheckId.ADDRESS_NOT_ROUTED == "relyra_django.W006"
        assert all(part in message.msg for item in fields.items() for part in item)

    @pytest.mark.parametrize(
        ("url", "found"),
        [
            ("https://sp.example.com/app/saml/acme/acs/", 0),
            ("https://sp.example.com/saml/acme/acs/", 1),
            ("https://sp.example.com/app", 1),
            ("https://sp.example.com/application/saml/acme/acs/", 1),
        ],
    )
    def test_base_url_carries_the_prefix_of_the_script(self, url: str, found: int) -> None:
        connection = written_connection(acs_url=url)
        base = "https://sp.example.com/app"
        assert len(messages(checks.check_addresses, BASE_URL=base, **connection)) == found

    def test_without_a_base_url_nothing_is_known_to_be_here(self) -> None:
        fields = {"acs_url": ELSEWHERE, "sp_entity_id": "urn:acme"}
        assert messages(checks.check_addresses, BASE_URL=None, **written_connection(**fields)) == []

    def test_a_connection_that_does_not_load_is_left_to_its_own_check(self) -> None:
        written = written_connection(acs_url=HTTP_ACS, surprise=1)
        assert only(checks.check_connection_resolver, **written).id == CheckId.RESOLVER_NOT_LOADED
        assert messages(checks.check_addresses, **written) == []

    def test_both_are_found_by_the_tag(self) -> None:
        url = "http://sp.example.com/elsewhere/"
        with override_settings(RELYRA={**SOUND, **written_connection(acs_url=url)}):
            found = run_checks(tags=[checks.TAG], include_deployment_checks=True)
        assert sorted(str(message.id) for message in found) == [
            CheckId.HTTP_ACS_URL_DEPLOYED,
            CheckId.HTTP_ACS_URL,
            CheckId.ADDRESS_NOT_ROUTED,
        ]


@pytest.mark.django_db
class TestStoredAddresses:
    """Connections of the database."""

    @pytest.fixture(autouse=True)
    def _sound(self) -> Iterator[None]:
        with override_settings(RELYRA=SOUND):
            yield

    def found(self, **options: Any) -> list[str]:
        both = checks.check_stored_addresses, checks.check_stored_addresses_deployed
        return [str(message.id) for check in both for message in check(None, **options)]

    def test_what_they_override(self) -> None:
        draft(public_id="acme", acs_url="http://sp.example.com/elsewhere/")
        assert self.found(databases=["default"]) == [
            CheckId.HTTP_ACS_URL,
            CheckId.ADDRESS_NOT_ROUTED,
            CheckId.HTTP_ACS_URL_DEPLOYED,
        ]

    def test_what_is_sound(self) -> None:
        draft(public_id="plain")
        draft(public_id="acme", acs_url=ACS)
        off = draft(public_id="off", acs_url=HTTP_ACS)
        trust.disable(off, actor=ACTOR, cause="test")
        assert self.found(databases=["default"]) == []

    @pytest.mark.parametrize("databases", [None, [], ["stores"]])
    def test_only_databases_that_are_to_be_checked_are_asked(
        self, databases: Any, django_assert_num_queries: Any
    ) -> None:
        draft(public_id="acme", acs_url=HTTP_ACS)
        with django_assert_num_queries(0):
            assert self.found(databases=databases) == []

    def test_many_connections_are_one_query(self, django_assert_num_queries: Any) -> None:
        for public_id in ("acme", "globex"):
            draft(public_id=public_id, acs_url=HTTP_ACS)
        with django_assert_num_queries(1):
            assert len(checks.check_stored_addresses(None, databases=["default"])) == 3

    def test_rows_that_no_login_reads_do_not_matter(self) -> None:
        draft(public_id="acme", acs_url=HTTP_ACS)
        with override_settings(RELYRA={**SOUND, **written_connection()}):
            assert self.found(databases=["default"]) == []

    @pytest.mark.django_db(databases=["default", "stores"])
    def test_the_command_asks_when_it_is_told_to(self) -> None:
        draft(public_id="acme", acs_url=HTTP_ACS)
        for options, found in (({}, False), ({"databases": ["default"]}, True)):
            err = StringIO()
            call_command("check", stdout=StringIO(), stderr=err, **options)
            assert ("relyra_django.W005" in err.getvalue()) is found

    def test_a_database_without_the_table_is_about_to_get_it(self) -> None:
        broken = OperationalError("no such table")

        def refuse(*args: Any) -> None:
            raise broken

        draft(public_id="acme", acs_url=HTTP_ACS)
        with connection.execute_wrapper(refuse):
            assert self.found(databases=["default"]) == []


class TestMiddleware:
    @pytest.mark.parametrize("path", checks.MIDDLEWARE)
    def test_it_is_missed(self, path: str) -> None:
        rest = [each for each in settings.MIDDLEWARE if each != path]
        with override_settings(MIDDLEWARE=rest):
            message = only(checks.check_middleware)
        assert message.id == CheckId.MIDDLEWARE_NOT_INSTALLED
        assert message.hint == f'Add "{path}" to MIDDLEWARE.'
        assert messages(checks.check_middleware) == []

    def test_a_subclass_will_do(self) -> None:
        rest = [each for each in settings.MIDDLEWARE if each != checks.MIDDLEWARE[0]]
        with override_settings(MIDDLEWARE=[*rest, "tests.test_checks.HostSessions"]):
            assert messages(checks.check_middleware) == []


class TestTimeZones:
    def test_they_are_needed(self) -> None:
        with override_settings(USE_TZ=False):
            assert only(checks.check_time_zones).id == CheckId.TIME_ZONES_OFF
        assert messages(checks.check_time_zones) == []


# What a project of its own shows: INSTALLED_APPS cannot be taken apart inside this one.
PROBE = """
import sys
import django
from django.conf import settings
settings.configure(
    INSTALLED_APPS={apps!r},
    SESSION_ENGINE={engine!r},
    ROOT_URLCONF="relyra_django.urls",
    AUTHENTICATION_BACKENDS=["relyra_django.backends.RelyraBackend"],
    DATABASES={{"default": {{"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}}},
    RELYRA={{}},
)
{before}
from django.apps import apps
django.setup()
from django.core.checks import run_checks
from relyra_django import checks
for message in {checks}:
    print(message.id, message.msg, message.hint, sep="|")
"""
DB_SESSIONS = "django.contrib.sessions.backends.db"
SIGNED_COOKIES = "django.contrib.sessions.backends.signed_cookies"
NEEDED = ["django.contrib.contenttypes", "django.contrib.auth", "django.contrib.sessions"]


def probe(
    apps: list[str], checks: str, *, engine: str = DB_SESSIONS, before: str = ""
) -> list[list[str]]:
    """Run checks in a project of its own; return (id, msg, hint) of each message."""
    code = PROBE.format(apps=apps, engine=engine, checks=checks, before=before)
    root = Path(__file__).resolve().parent.parent
    environment = {**os.environ, "PYTHONPATH": str(root)}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=False
    )
    assert done.returncode == 0, done.stderr
    return [line.split("|") for line in done.stdout.splitlines()]


@pytest.mark.processes
class TestInstalledApps:
    CHECK = "checks.check_installed_apps(None)"

    def test_all_there(self) -> None:
        assert probe([*NEEDED, "relyra_django"], self.CHECK) == []

    def test_auth_and_contenttypes_are_missed_and_nothing_breaks(self) -> None:
        found = probe(["relyra_django"], "run_checks(tags=['relyra'])")
        assert [
            hint for check_id, _msg, hint in found if check_id == CheckId.APP_NOT_INSTALLED
        ] == [
            'Add "django.contrib.auth" to INSTALLED_APPS.',
            'Add "django.contrib.contenttypes" to INSTALLED_APPS.',
            'Add "django.contrib.sessions" to INSTALLED_APPS.',
        ]

    def test_sessions_are_missed_when_they_live_in_the_database(self) -> None:
        installed = [*NEEDED[:2], "relyra_django"]
        [[check_id, msg, hint]] = probe(installed, self.CHECK)
        assert check_id == CheckId.APP_NOT_INSTALLED
        assert msg == "django.contrib.sessions is not installed, and a login needs it."
        assert hint == 'Add "django.contrib.sessions" to INSTALLED_APPS.'
        assert probe(installed, self.CHECK, engine=SIGNED_COOKIES) == []


@pytest.mark.processes
class TestXmlLibraries:
    CHECK = "checks.check_xml_libraries(None)"
    INSTALLED = (*NEEDED, "relyra_django")

    def test_they_work_together(self) -> None:
        assert probe(list(self.INSTALLED), self.CHECK) == []

    def test_a_clash_names_both_and_the_remedy(self) -> None:
        clash = "sys.modules['xmlsec'] = None  # as if its import had failed"
        [[check_id, msg, hint]] = probe(list(self.INSTALLED), self.CHECK, before=clash)
        assert check_id == CheckId.XML_LIBRARIES_CLASH
        assert msg.startswith("lxml ")
        assert " and xmlsec 1." in msg
        assert "pip install --force-reinstall" in hint
        assert '"lxml>=6.0.4,<6.2" "xmlsec>=1.3.17,<1.4"' in hint

    def test_a_clash_does_not_stop_the_other_checks(self) -> None:
        """The views are loaded, too: nothing of ours needs xmlsec before the first login."""
        found = probe(list(self.INSTALLED), "run_checks()", before="sys.modules['xmlsec'] = None")
        ids = {check_id for check_id, _msg, _hint in found}
        assert {CheckId.XML_LIBRARIES_CLASH, CheckId.LOGIN_NOT_CONFIGURED} <= ids


class TestReferencePage:
    ROOT = Path(checks.__file__).parent.parent
    PAGE = ROOT.parent / "docs" / "reference" / "checks.md"

    def test_it_lists_exactly_the_ids_that_the_code_has(self) -> None:
        sources = "".join(path.read_text() for path in self.ROOT.rglob("*.py"))
        written = set(re.findall(r"relyra_django\.[EW]\d{3}", sources))
        listed = re.findall(r"^### `(.+)`$", self.PAGE.read_text(), re.MULTILINE)
        assert set(CheckId) <= written
        assert sorted(listed) == sorted(written)

    def test_each_entry_says_what_it_means_and_what_to_do(self) -> None:
        entries = re.split(r"^### ", self.PAGE.read_text(), flags=re.MULTILINE)[1:]
        for entry in entries:
            assert "- **Means:** " in entry
            assert "- **Do this:** " in entry
