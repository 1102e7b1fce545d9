from __future__ import annotations

import dataclasses
import re
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.test import override_settings

from relyra_django import conf
from relyra_django.conf import (
    KEY_NAMES,
    BackendEntry,
    Config,
    Problem,
    ProblemKind,
    find_problems,
    get_config,
    is_configured,
    load,
)
from relyra_django.exceptions import InvalidSettings, InvalidStore
from relyra_django.resolvers.settings import CONNECTION_READERS, POLICY_READERS

HOST_STORE = "host.stores.Store"
DATABASE_RESOLVER = "relyra_django.resolvers.DatabaseResolver"
SECRET = "s3cret-value"


def problems_of(**written: Any) -> list[Problem]:
    with override_settings(RELYRA=written):
        return find_problems()


def only_problem(**written: Any) -> Problem:
    [problem] = problems_of(**written)
    return problem


def config_of(**written: Any) -> Config:
    with override_settings(RELYRA=written):
        return get_config()


class TestDefaults:
    def test_every_key_is_a_field_of_config(self) -> None:
        fields = tuple(field.name for field in dataclasses.fields(Config))
        assert tuple(name.lower() for name in KEY_NAMES) == fields

    def test_an_empty_setting_is_all_defaults(self) -> None:
        assert config_of() == Config(
            base_url=None,
            connection_resolver=None,
            connections={},
            request_store=None,
            replay_store=None,
            single_node_warning=False,
            request_ttl=900,
            key_resolver=BackendEntry(backend="relyra_django.keys.SettingsKeyResolver"),
            user_mapper="relyra_django.identity.DefaultUserMapper",
            session_adapter="relyra_django.identity.DjangoSessionAdapter",
            provisioning_policy="relyra_django.identity.ConnectionProvisioningPolicy",
            scope_provider=None,
            return_to_hosts=(),
        )

    def test_an_absent_setting_is_all_defaults_and_not_configured(self) -> None:
        assert is_configured()
        # Deleting sends no signal; the override does, before and after.
        with override_settings(RELYRA={}):
            del settings.RELYRA
            assert not is_configured()
            assert find_problems() == []
            assert get_config() == config_of()

    def test_an_empty_setting_is_configured(self) -> None:
        with override_settings(RELYRA={}):
            assert is_configured()

    @pytest.mark.parametrize("name", ["BASE_URL", "REQUEST_STORE", "SCOPE_PROVIDER"])
    def test_none_is_the_default_where_the_default_is_none(self, name: str) -> None:
        assert problems_of(**{name: None}) == []

    @pytest.mark.parametrize("name", ["REQUEST_TTL", "KEY_RESOLVER", "CONNECTIONS"])
    def test_none_is_a_wrong_type_elsewhere(self, name: str) -> None:
        problem = only_problem(**{name: None})
        assert (problem.key, problem.kind) == (name, ProblemKind.WRONG_TYPE)


class TestReading:
    def test_a_whole_setting(self) -> None:
        config = config_of(
            BASE_URL="https://sp.example.com",
            CONNECTION_RESOLVER=DATABASE_RESOLVER,
            REQUEST_STORE=HOST_STORE,
            REPLAY_STORE={"BACKEND": HOST_STORE, "OPTIONS": {"model": "sso.ReplayKey"}},
            SINGLE_NODE_WARNING=True,
            REQUEST_TTL=60,
            KEY_RESOLVER={"BACKEND": "host.keys.Vault"},
            USER_MAPPER="host.sso.Mapper",
            SESSION_ADAPTER="host.sso.Adapter",
            PROVISIONING_POLICY="host.sso.Policy",
            SCOPE_PROVIDER="host.sso.Scope",
            RETURN_TO_HOSTS=["app.example.com", "localhost:3000", "[::1]:8000"],
        )
        assert config.connection_resolver == BackendEntry(backend=DATABASE_RESOLVER)
        assert config.request_store == BackendEntry(backend=HOST_STORE)
        assert config.replay_store == BackendEntry(
            backend=HOST_STORE, options={"model": "sso.ReplayKey"}
        )
        assert config.key_resolver == BackendEntry(backend="host.keys.Vault")
        assert (config.single_node_warning, config.request_ttl) == (True, 60)
        assert config.user_mapper == "host.sso.Mapper"
        assert config.session_adapter == "host.sso.Adapter"
        assert config.provisioning_policy == "host.sso.Policy"
        assert config.scope_provider == "host.sso.Scope"
        assert config.return_to_hosts == ("app.example.com", "localhost:3000", "[::1]:8000")

    def test_an_entry_knows_the_key_it_came_from(self) -> None:
        assert config_of(CONNECTION_RESOLVER=HOST_STORE).connection_resolver.key == (  # type: ignore[union-attr]
            "CONNECTION_RESOLVER"
        )
        assert config_of().key_resolver.key == "KEY_RESOLVER"

    @pytest.mark.parametrize(
        ("written", "read"),
        [
            ("https://sp.example.com", "https://sp.example.com"),
            ("https://sp.example.com/", "https://sp.example.com"),
            ("https://sp.example.com/apps/one/", "https://sp.example.com/apps/one"),
            ("HTTPS://SP.Example.COM:8443/Apps", "https://sp.example.com:8443/Apps"),
            ("http://localhost:8000", "http://localhost:8000"),
            ("http://[::1]:8000", "http://[::1]:8000"),
        ],
    )
    def test_base_url(self, written: str, read: str) -> None:
        assert config_of(BASE_URL=written).base_url == read

    def test_the_config_cannot_be_changed(self) -> None:
        connection = {"idp_entity_id": "https://idp.example.org"}
        config = config_of(
            BASE_URL="https://sp.example.com",
            CONNECTION_RESOLVER=conf.SETTINGS_RESOLVER,
            CONNECTIONS={"acme": connection},
            KEY_RESOLVER={"BACKEND": "host.keys.Vault", "OPTIONS": {"url": "v"}},
        )
        for mapping in (
            config.connections,
            config.connections["acme"],
            config.key_resolver.options,
        ):
            with pytest.raises(TypeError, match="does not support item assignment"):
                mapping["x"] = 1  # type: ignore[index]
        connection["idp_entity_id"] = "changed afterwards"
        assert config.connections["acme"]["idp_entity_id"] == "https://idp.example.org"

    def test_repr_hides_what_may_be_secret(self) -> None:
        config = config_of(
            BASE_URL="https://sp.example.com",
            CONNECTION_RESOLVER=conf.SETTINGS_RESOLVER,
            CONNECTIONS={"acme": {"sp_signing_key": SECRET}},
            KEY_RESOLVER={"BACKEND": "host.keys.Vault", "OPTIONS": {"signing": [SECRET]}},
        )
        assert config.key_resolver.options["signing"] == [SECRET]
        assert SECRET not in repr(config)


class TestCache:
    def test_it_is_read_once(self) -> None:
        with override_settings(RELYRA={}):
            assert get_config() is get_config()

    def test_override_settings_is_followed_both_ways(self) -> None:
        before = get_config()
        with override_settings(RELYRA={"REQUEST_TTL": 300}):
            assert get_config().request_ttl == 300
        assert get_config() == before
        assert before.request_ttl == 900

    def test_another_setting_does_not_clear_it(self) -> None:
        config = get_config()
        with override_settings(LOGIN_REDIRECT_URL="/elsewhere/"):
            assert get_config() is config

    def test_it_writes_nothing_back(self) -> None:
        with override_settings(RELYRA={"BASE_URL": "https://SP.example.com/"}):
            get_config()
            assert settings.RELYRA == {"BASE_URL": "https://SP.example.com/"}


class TestUnknownKeys:
    def test_a_close_name_is_suggested(self) -> None:
        problem = only_problem(REQUEST_TLL=900)
        assert problem.kind is ProblemKind.UNKNOWN_KEY
        assert str(problem) == "RELYRA has an unknown key 'REQUEST_TLL'."
        assert problem.hint == "Did you mean 'REQUEST_TTL'?"

    def test_lower_case_is_recognised(self) -> None:
        assert only_problem(base_url="https://sp.example.com").hint == "Did you mean 'BASE_URL'?"

    def test_nothing_close_lists_the_known(self) -> None:
        hint = only_problem(QQQ=1).hint
        assert all(name in hint for name in KEY_NAMES)

    def test_a_key_need_not_be_text(self) -> None:
        with override_settings(RELYRA={7: "x"}):
            [problem] = find_problems()
        assert problem.kind is ProblemKind.UNKNOWN_KEY

    def test_inside_a_backend_entry(self) -> None:
        problem = only_problem(KEY_RESOLVER={"BACKEND": HOST_STORE, "OPTION": {}})
        assert problem.kind is ProblemKind.UNKNOWN_KEY
        assert str(problem) == "RELYRA KEY_RESOLVER has an unknown key 'OPTION'."
        assert problem.hint == "Did you mean 'OPTIONS'?"


class TestWrongTypes:
    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("BASE_URL", b"https://sp.example.com"),
            ("CONNECTION_RESOLVER", 1),
            ("CONNECTIONS", []),
            ("CONNECTIONS", {1: {}}),
            ("CONNECTIONS", {"acme": "https://idp.example.org"}),
            ("REQUEST_STORE", ["a.B"]),
            ("REPLAY_STORE", {"BACKEND": HOST_STORE, "OPTIONS": "x"}),
            ("REPLAY_STORE", {"BACKEND": HOST_STORE, "OPTIONS": {1: "x"}}),
            ("REPLAY_STORE", {"BACKEND": None}),
            ("SINGLE_NODE_WARNING", 1),
            ("SINGLE_NODE_WARNING", "no"),
            ("REQUEST_TTL", "900"),
            ("REQUEST_TTL", True),
            ("REQUEST_TTL", 900.0),
            ("KEY_RESOLVER", ()),
            ("USER_MAPPER", {"BACKEND": "a.B"}),
            ("SESSION_ADAPTER", object),
            ("PROVISIONING_POLICY", ["a.B"]),
            ("SCOPE_PROVIDER", 0),
            ("RETURN_TO_HOSTS", "app.example.com"),
            ("RETURN_TO_HOSTS", [b"app.example.com"]),
        ],
    )
    def test_is_a_problem_of_its_key(self, name: str, value: Any) -> None:
        problem = only_problem(**{name: value})
        assert (problem.kind, problem.key) == (ProblemKind.WRONG_TYPE, name)
        assert " must be " in f" {problem.msg}"
        assert problem.hint.startswith("Write ")

    def test_the_setting_itself_must_be_a_dict(self) -> None:
        with override_settings(RELYRA=[("BASE_URL", "https://sp.example.com")]):
            [problem] = find_problems()
            with pytest.raises(InvalidSettings, match="RELYRA must be a dict, not list"):
                get_config()
        assert (problem.kind, problem.key) == (ProblemKind.WRONG_TYPE, "RELYRA")


class TestBadValues:
    @pytest.mark.parametrize(
        ("url", "msg"),
        [
            ("", "is neither https nor http."),
            ("sp.example.com", "is neither https nor http."),
            ("ftp://sp.example.com", "is neither https nor http."),
            ("https://", "names no host."),
            ("https:/sp.example.com", "names no host."),
            ("https://sp.example.com:", "names no host."),
            ("https://b\u00fccher.example", "names no host."),
            ("https://sp.example.com:0", "is not a URL."),
            ("https://sp.example.com:99999", "is not a URL."),
            ("https://[::1", "is not a URL."),
            ("https://sp.example.com/a b", "is not a URL."),
            ("https://sp.exa\nmple.com", "is not a URL."),
            ("https://sp.example.com\\a", "names no host."),
            ("https://sp.example.com/a\\b", "is not a URL."),
            ("https://sp.example.com/\u00fc", "is not a URL."),
            (f"https://user:{SECRET}@sp.example.com", "carries a user name or a password."),
            (f"https://sp.example.com/?{SECRET}", "carries a query or a fragment."),
            ("https://sp.example.com/?", "carries a query or a fragment."),
            ("https://sp.example.com/#top", "carries a query or a fragment."),
        ],
    )
    def test_base_url(self, url: str, msg: str) -> None:
        problem = only_problem(BASE_URL=url)
        assert (problem.kind, problem.key) == (ProblemKind.BAD_VALUE, "BASE_URL")
        assert problem.msg == msg
        assert SECRET not in f"{problem} {problem.hint}"

    @pytest.mark.parametrize(
        ("seconds", "kinds"),
        [
            (59, [ProblemKind.BAD_VALUE]),
            (60, []),
            (3600, []),
            (3601, [ProblemKind.BAD_VALUE]),
            (0, [ProblemKind.BAD_VALUE]),
        ],
    )
    def test_request_ttl(self, seconds: int, kinds: list[ProblemKind]) -> None:
        assert [problem.kind for problem in problems_of(REQUEST_TTL=seconds)] == kinds

    @pytest.mark.parametrize(
        "path", ["", "Mapper", "host.sso.", ".Mapper", "host sso.Mapper", "a.1"]
    )
    @pytest.mark.parametrize("name", ["USER_MAPPER", "KEY_RESOLVER", "CONNECTION_RESOLVER"])
    def test_dotted_paths(self, name: str, path: str) -> None:
        problem = only_problem(**{name: path})
        assert (problem.kind, problem.key) == (ProblemKind.BAD_VALUE, name)

    def test_an_entry_without_a_backend(self) -> None:
        problem = only_problem(KEY_RESOLVER={"OPTIONS": {}})
        assert (problem.kind, problem.msg) == (ProblemKind.BAD_VALUE, "names no BACKEND.")

    @pytest.mark.parametrize(
        "host",
        ["", "*", "*.example.com", "https://app.example.com", "app.example.com/", "a@b", "a:b"],
    )
    def test_return_to_hosts(self, host: str) -> None:
        problem = only_problem(RETURN_TO_HOSTS=["app.example.com", host])
        assert (problem.kind, problem.key) == (ProblemKind.BAD_VALUE, "RETURN_TO_HOSTS")
        assert repr(host) in problem.msg


class TestCombinations:
    @pytest.mark.parametrize(
        ("given", "missing"), [("REQUEST_STORE", "REPLAY_STORE"), ("REPLAY_STORE", "REQUEST_STORE")]
    )
    def test_one_store_needs_the_other(self, given: str, missing: str) -> None:
        problem = only_problem(**{given: HOST_STORE})
        assert (problem.kind, problem.key) == (ProblemKind.COMBINATION, missing)
        assert problem.hint == f"Set {missing} as well."
        assert problems_of(REQUEST_STORE=HOST_STORE, REPLAY_STORE=HOST_STORE) == []

    @pytest.mark.parametrize("resolver", [None, DATABASE_RESOLVER])
    def test_connections_need_a_resolver_that_reads_them(self, resolver: str | None) -> None:
        problem = only_problem(
            BASE_URL="https://sp.example.com",
            CONNECTION_RESOLVER=resolver,
            CONNECTIONS={"acme": {}},
        )
        assert (problem.kind, problem.key) == (ProblemKind.COMBINATION, "CONNECTIONS")
        assert conf.SETTINGS_RESOLVER in problem.hint

    @pytest.mark.parametrize("resolver", [conf.SETTINGS_RESOLVER, "host.sso.Connections"])
    def test_connections_with_one_that_may(self, resolver: str) -> None:
        assert (
            problems_of(
                BASE_URL="https://sp.example.com",
                CONNECTION_RESOLVER=resolver,
                CONNECTIONS={"acme": {}},
            )
            == []
        )

    def test_base_url_is_missed_by_a_connection_without_urls_of_its_own(self) -> None:
        own = {"acs_url": "https://a.example/acs", "sp_entity_id": "https://a.example"}
        problem = only_problem(
            CONNECTION_RESOLVER=conf.SETTINGS_RESOLVER,
            CONNECTIONS={"own": own, "acme": {"acs_url": "https://b.example/acs"}},
        )
        assert (problem.kind, problem.key) == (ProblemKind.COMBINATION, "BASE_URL")
        assert "'acme'" in problem.msg

    def test_base_url_may_be_missing_when_rows_can_override(self) -> None:
        assert problems_of(CONNECTION_RESOLVER=DATABASE_RESOLVER) == []

    def test_combinations_wait_for_each_key_to_be_right(self) -> None:
        problem = only_problem(REQUEST_STORE=HOST_STORE, REQUEST_TTL=1)
        assert problem.key == "REQUEST_TTL"


class TestInvalidSettings:
    def test_every_problem_is_listed(self) -> None:
        written = {"BASE_URL": "ftp://x", "REQUEST_TTL": 1, "UNKNOWN": 1}
        with override_settings(RELYRA=written), pytest.raises(InvalidSettings) as caught:
            get_config()
        for name in written:
            assert name in str(caught.value)

    def test_it_is_improperly_configured(self) -> None:
        assert issubclass(InvalidSettings, ImproperlyConfigured)


class Tool(ABC):
    @abstractmethod
    def work(self) -> str: ...


class Hammer(Tool):
    def __init__(self, *, weight: int = 1, name: str = "hammer") -> None:
        if weight < 1:
            raise ValueError("too light")
        self.weight = weight
        self.name = name

    def work(self) -> str:
        return f"{self.name} {self.weight}"


class AnyTool(Hammer):
    def __init__(self, **options: Any) -> None:
        super().__init__(**options)


class NeedyTool(Hammer):
    def __init__(self, handle: str) -> None:
        super().__init__(name=handle)


class UnfinishedTool(Tool):
    pass


def entry(name: str, /, **options: Any) -> BackendEntry:
    return BackendEntry(backend=f"tests.test_conf.{name}", options=options, key="KEY_RESOLVER")


class TestLoad:
    def test_options_are_keyword_arguments(self) -> None:
        tool = load(entry("Hammer", weight=3, name="sledge"), Tool)
        assert tool.work() == "sledge 3"

    def test_without_options(self) -> None:
        assert load(entry("Hammer"), Tool).work() == "hammer 1"

    def test_a_class_may_take_any_option(self) -> None:
        assert load(entry("AnyTool", weight=2), Tool).work() == "hammer 2"

    @pytest.mark.parametrize(
        ("wrong", "text"),
        [
            (entry("Hammer", wieght=3), r"tests\.test_conf\.Hammer has no option 'wieght'"),
            (entry("AnyTool", wieght=3), "AnyTool cannot be built: .*wieght"),
            (entry("Hammer", weight=0), "Hammer cannot be built: too light"),
            (entry("NeedyTool"), "NeedyTool cannot be built: .*handle"),
            (entry("UnfinishedTool"), "UnfinishedTool cannot be built: .*work"),
            (entry("Missing"), "Missing cannot be imported"),
            (entry("SECRET"), "SECRET is not a Tool"),
            (entry("TestLoad"), "TestLoad is not a Tool"),
            (entry("entry"), "entry is not a Tool"),
            (BackendEntry(backend="no_such.module.Tool", key="KEY_RESOLVER"), "cannot be imported"),
        ],
    )
    def test_refusals_name_the_key_and_the_class(self, wrong: BackendEntry, text: str) -> None:
        with pytest.raises(InvalidSettings, match=f"RELYRA KEY_RESOLVER: .*{text}"):
            load(wrong, Tool)

    def test_the_caller_chooses_the_refusal(self) -> None:
        with pytest.raises(InvalidStore, match="has no option 'tables'"):
            load(entry("Hammer", tables=1), Tool, refusal=InvalidStore)

    def test_values_of_unknown_options_are_not_shown(self) -> None:
        with pytest.raises(InvalidSettings) as caught:
            load(entry("Hammer", password=SECRET), Tool)
        assert "password" in str(caught.value)
        assert SECRET not in str(caught.value)


class TestReferencePage:
    PAGE = Path(conf.__file__).parent.parent / "docs" / "reference" / "settings.md"

    def sections(self) -> dict[str, str]:
        parts = re.split(r"^## `([A-Z_]+)`\n", self.PAGE.read_text(), flags=re.MULTILINE)
        return dict(zip(parts[1::2], parts[2::2], strict=True))

    def test_it_lists_exactly_the_keys_in_their_order(self) -> None:
        assert tuple(self.sections()) == KEY_NAMES

    def test_each_section_has_type_default_and_example(self) -> None:
        for name, text in self.sections().items():
            for part in ("- **Type:** ", "- **Default:** ", "- **Example:**", f'"{name}": '):
                assert part in text, (name, part)

    def test_every_field_of_a_connection_is_there(self) -> None:
        text = self.sections()["CONNECTIONS"]
        listed = re.findall(r"^\| (`.+?) \|", text, re.MULTILINE)
        names = [name for cell in listed for name in re.findall(r"`(\w+)`", cell)]
        assert sorted(names) == sorted([*CONNECTION_READERS, *POLICY_READERS])

    def test_the_defaults_are_those_of_the_code(self) -> None:
        for key in conf.KEYS:
            [shown] = re.findall(r"- \*\*Default:\*\* (.+)", self.sections()[key.name])
            written = [] if key.default == () else key.default
            expected = "none" if written is None else f"`{written!r}`".replace("'", '"')
            assert shown.startswith(expected), key.name
