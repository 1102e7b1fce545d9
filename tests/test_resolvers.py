from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from django.conf import settings
from django.db import OperationalError
from django.db import connection as database
from django.test import override_settings
from django.test.utils import CaptureQueriesContext

from relyra_django.exceptions import ErrorCode, InvalidSettings, RelyraError
from relyra_django.models import Certificate, Connection
from relyra_django.resolvers import (
    ConnectionResolver,
    DatabaseResolver,
    SettingsResolver,
    get_resolver,
)
from relyra_django.saml.connection import (
    AnchorKind,
    ConnectionSnapshot,
    ConnectionStatus,
    Hatch,
    Policy,
    Provisioning,
    Signing,
    SsoBinding,
)
from relyra_django.trust import certificates, connections
from tests.trust.kit import ACTOR, READY, draft, enabled, pem

WHY = {"actor": ACTOR, "cause": "test"}
SNAPSHOT = ConnectionSnapshot(
    connection_id="acme",
    idp_entity_id="https://idp.example.org/metadata",
    sp_entity_id="https://sp.example.com/saml/acme/metadata/",
    acs_url="https://sp.example.com/saml/acme/acs/",
    idp_sso_url="https://idp.example.org/sso",
    idp_certificates=(pem(),),
)


class HostResolver(ConnectionResolver):
    """Answers what a test put into `answer`; an exception is raised."""

    answer: object = None

    def resolve(self, connection_id):
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    resolve_for_metadata = resolve

    def only_enabled(self):
        return self.resolve("")


class SmallestResolver(ConnectionResolver):
    def resolve(self, connection_id):
        return SNAPSHOT

    def resolve_for_metadata(self, connection_id):
        return SNAPSHOT


def configured(**keys):
    return override_settings(RELYRA={**settings.RELYRA, **keys})


def host(name="HostResolver"):
    return configured(CONNECTION_RESOLVER=f"{__name__}.{name}")


def from_settings(written):
    resolver = "relyra_django.resolvers.SettingsResolver"
    return configured(CONNECTION_RESOLVER=resolver, CONNECTIONS=written)


def refusal(call, *args):
    with pytest.raises(RelyraError) as caught:
        call(*args)
    return caught.value.code.value, caught.value.details.get("reason")


class TestGetResolver:
    def test_it_is_built_once_a_configuration(self):
        assert get_resolver() is get_resolver()
        before = get_resolver()
        with configured(REQUEST_TTL=60):
            assert get_resolver() is not before

    def test_none_is_configured(self):
        with configured(CONNECTION_RESOLVER=None):
            assert refusal(get_resolver) == ("adapter_not_configured", None)

    @pytest.mark.parametrize(
        "entry",
        [
            "nowhere.Resolver",
            "datetime.datetime",
            {"BACKEND": "relyra_django.resolvers.DatabaseResolver", "OPTIONS": {"alias": "x"}},
        ],
    )
    def test_it_cannot_be_built(self, entry):
        with configured(CONNECTION_RESOLVER=entry), pytest.raises(InvalidSettings):
            get_resolver()


@pytest.mark.django_db
class TestDatabaseResolver:
    @pytest.fixture
    def resolver(self):
        return DatabaseResolver()

    def test_every_column_arrives(self, resolver):
        connection = enabled(
            public_id="acme",
            organization_id="org-1",
            provider_preset="okta",
            idp_sso_binding="post",
            idp_slo_url="https://idp.example.org/slo",
            idp_slo_response_url="https://idp.example.org/slo/done",
            slo_url="https://sp.example.com/slo",
            name_id_format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent",
            force_authn=True,
            requested_authn_contexts=["urn:x"],
            provisioning="create",
            anchor="attribute",
            anchor_attribute="eppn",
            anchor_scoped=True,
            scopes=["example.org"],
            signing="both",
            clock_skew_seconds=10,
            legacy_sha1_reason="old",
            legacy_sha1_expires_at=datetime(2027, 1, 1, tzinfo=UTC),
        )
        assert resolver.resolve("acme") == ConnectionSnapshot(
            connection_id="acme",
            record_id=str(connection.pk),
            status=ConnectionStatus.ENABLED,
            display_name="Acme",
            organization_id="org-1",
            sp_entity_id="https://sp.example.com/saml/acme/metadata/",
            acs_url="https://sp.example.com/saml/acme/acs/",
            slo_url="https://sp.example.com/slo",
            idp_entity_id="https://idp.example.org/metadata",
            idp_sso_url="https://idp.example.org/sso",
            idp_sso_binding=SsoBinding.POST,
            idp_slo_url="https://idp.example.org/slo",
            idp_slo_response_url="https://idp.example.org/slo/done",
            idp_certificates=(pem(),),
            name_id_format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent",
            force_authn=True,
            requested_authn_contexts=("urn:x",),
            provisioning=Provisioning.CREATE,
            anchor=AnchorKind.ATTRIBUTE,
            anchor_attribute="eppn",
            anchor_scoped=True,
            policy=Policy(
                signing=Signing.BOTH,
                clock_skew_seconds=10,
                scopes=("example.org",),
                legacy_sha1=Hatch(reason="old", expires_at=datetime(2027, 1, 1, tzinfo=UTC)),
            ),
        )

    def test_defaults_arrive_as_a_snapshots_defaults(self, resolver):
        connection = enabled(public_id="acme", display_name="")
        assert resolver.resolve("acme") == replace(SNAPSHOT, record_id=str(connection.pk))

    def test_one_query(self, resolver, django_assert_num_queries):
        connection = enabled(public_id="acme")
        for name in ("b", "c"):
            staged = certificates.stage(connection, pem(name), **WHY)
            certificates.activate(staged, **WHY)
        with django_assert_num_queries(1):
            assert resolver.resolve("acme").idp_certificates == (pem(), pem("b"), pem("c"))

    def test_nothing_is_kept(self, resolver):
        connection = enabled(public_id="acme")
        resolver.resolve("acme")
        connections.disable(connection, **WHY)
        assert refusal(resolver.resolve, "acme") == ("connection_unavailable", "disabled")

    def test_only_active_signing_certificates_of_the_idp(self, resolver):
        connection = enabled(public_id="acme")
        certificates.stage(connection, pem("next"), **WHY)
        for name, fields in {"sp": {"party": "sp"}, "enc": {"use": "encryption"}}.items():
            staged = certificates.stage(connection, pem(name), **WHY)
            certificates.activate(staged, **WHY)
            Certificate.objects.filter(pk=staged.pk).update(**fields)
        assert resolver.resolve("acme").idp_certificates == (pem(),)

    def test_a_retired_certificate_is_gone_at_once(self, resolver):
        connection = enabled(public_id="acme")
        old = connection.certificates.get()
        certificates.activate(certificates.stage(connection, pem("new"), **WHY), **WHY)
        certificates.retire(old, **WHY)
        assert resolver.resolve("acme").idp_certificates == (pem("new"),)

    def test_draft_and_disabled_and_unknown_are_alike(self, resolver):
        draft(public_id="draft")
        connections.disable(draft(public_id="disabled"), **WHY)
        refusals = {
            name: refusal(resolver.resolve, name) for name in ("draft", "disabled", "nowhere")
        }
        assert refusals == {
            "draft": ("connection_unavailable", "draft"),
            "disabled": ("connection_unavailable", "disabled"),
            "nowhere": ("connection_unavailable", "not_found"),
        }

    @pytest.mark.parametrize(
        "public_id", ["ACME", "acme ", "Acme", "", "a\x00b", "login", "x" * 5000, "acmé"]
    )
    def test_twins_are_nobody(self, resolver, public_id):
        enabled(public_id="acme")
        assert refusal(resolver.resolve, public_id) == ("connection_unavailable", "not_found")

    def test_what_cannot_be_a_public_id_costs_no_query(self, resolver, django_assert_num_queries):
        with django_assert_num_queries(0):
            refusal(resolver.resolve, "a\x00b")

    @pytest.mark.parametrize("name", ["idp_entity_id", "idp_sso_url", "sp_entity_id"])
    def test_being_enabled_once_is_not_being_ready(self, resolver, name):
        enabled(public_id="acme")
        Connection.objects.update(**{name: ""})
        with pytest.raises(RelyraError) as caught:
            resolver.resolve("acme")
        assert caught.value.code is ErrorCode.CONNECTION_INVALID
        assert caught.value.details["reason"] == "missing_runtime_fields"
        assert caught.value.details["missing"] == [name]

    def test_no_base_url(self, resolver):
        enabled(public_id="acme")
        with configured(BASE_URL=None):
            assert refusal(resolver.resolve, "acme") == (
                "connection_invalid",
                "missing_runtime_fields",
            )

    def test_overrides(self, resolver):
        enabled(public_id="acme", acs_url="https://login.example.com/acs")
        assert resolver.resolve("acme").acs_url == "https://login.example.com/acs"

    def test_no_certificate(self, resolver):
        enabled(public_id="acme")
        Certificate.objects.update(party="sp")
        assert refusal(resolver.resolve, "acme") == ("connection_invalid", "missing_certificates")

    def test_a_certificate_that_cannot_be_read(self, resolver):
        enabled(public_id="acme")
        Certificate.objects.update(pem="broken")
        assert refusal(resolver.resolve, "acme") == ("connection_invalid", "invalid_certificates")

    def test_a_record_that_holds_what_none_may(self, resolver):
        enabled(public_id="acme")
        Connection.objects.update(scopes="example.org")
        assert refusal(resolver.resolve, "acme") == ("connection_invalid", "invalid_record")

    def test_metadata_of_a_draft(self, resolver, django_assert_num_queries):
        connections.create(**WHY, public_id="acme")
        with django_assert_num_queries(1):
            snapshot = resolver.resolve_for_metadata("acme")
        assert snapshot.status is ConnectionStatus.DRAFT
        assert snapshot.sp_entity_id == "https://sp.example.com/saml/acme/metadata/"
        assert (snapshot.idp_entity_id, snapshot.idp_certificates) == ("", ())

    def test_metadata_of_others(self, resolver):
        connections.disable(draft(public_id="disabled"), **WHY)
        enabled(public_id="acme")
        assert resolver.resolve_for_metadata("acme").status is ConnectionStatus.ENABLED
        for name, reason in {"disabled": "disabled", "nowhere": "not_found"}.items():
            assert refusal(resolver.resolve_for_metadata, name) == (
                "connection_unavailable",
                reason,
            )

    def test_the_only_enabled_one(self, resolver, django_assert_num_queries):
        draft(public_id="draft")
        assert resolver.only_enabled() is None
        enabled(public_id="acme")
        with django_assert_num_queries(1):
            assert resolver.only_enabled() == "acme"
        enabled(public_id="globex")
        assert resolver.only_enabled() is None

    def test_another_database(self, resolver):
        enabled(public_id="acme")
        assert DatabaseResolver(using="default").resolve("acme") == resolver.resolve("acme")

    def test_cost_does_not_grow_with_connections(self, resolver):
        enabled(public_id="acme")
        for _ in range(5):
            enabled()
        with CaptureQueriesContext(database) as queries:
            resolver.resolve("acme")
        assert len(queries) == 1
        assert "public_id" in queries[0]["sql"]


class TestChecked:
    """Nothing that a host's resolver does gets a login through."""

    @pytest.fixture(autouse=True)
    def _host(self, monkeypatch):
        with host():
            yield

    def answering(self, monkeypatch, answer):
        monkeypatch.setattr(HostResolver, "answer", answer)
        return get_resolver()

    def test_a_snapshot_of_this_connection(self, monkeypatch):
        resolver = self.answering(monkeypatch, SNAPSHOT)
        assert resolver.resolve("acme") is SNAPSHOT
        assert resolver.resolve_for_metadata("acme") is SNAPSHOT

    @pytest.mark.parametrize("answer", [None, True, "acme", {"connection_id": "acme"}, object()])
    def test_something_else(self, monkeypatch, answer):
        resolver = self.answering(monkeypatch, answer)
        assert refusal(resolver.resolve, "acme")[0] == "resolver_failed"
        assert refusal(resolver.resolve_for_metadata, "acme")[0] == "resolver_failed"

    def test_another_connection(self, monkeypatch):
        resolver = self.answering(monkeypatch, SNAPSHOT)
        assert refusal(resolver.resolve, "globex")[0] == "resolver_failed"
        assert refusal(resolver.resolve, "ACME")[0] == "resolver_failed"

    @pytest.mark.parametrize("error", [ValueError("x"), KeyError("acme"), RuntimeError()])
    def test_its_exceptions(self, monkeypatch, error):
        resolver = self.answering(monkeypatch, error)
        for call in (resolver.resolve, resolver.resolve_for_metadata):
            assert refusal(call, "acme")[0] == "resolver_failed"
        assert refusal(resolver.only_enabled)[0] == "resolver_failed"

    def test_its_refusals_pass(self, monkeypatch):
        error = RelyraError(ErrorCode.ADAPTER_NOT_CONFIGURED, "Not yet.")
        assert refusal(self.answering(monkeypatch, error).resolve, "acme") == (
            "adapter_not_configured",
            None,
        )

    def test_the_database(self, monkeypatch):
        resolver = self.answering(monkeypatch, OperationalError("gone"))
        assert refusal(resolver.resolve, "acme") == ("store_unavailable", "OperationalError")

    @pytest.mark.parametrize("status", ["draft", "disabled"])
    def test_a_connection_that_is_not_enabled(self, monkeypatch, status):
        snapshot = replace(SNAPSHOT, status=ConnectionStatus(status))
        resolver = self.answering(monkeypatch, snapshot)
        assert refusal(resolver.resolve, "acme") == ("connection_unavailable", status)

    @pytest.mark.parametrize(
        ("fields", "reason"),
        [
            ({"idp_certificates": ()}, "missing_certificates"),
            ({"idp_certificates": ("broken",)}, "invalid_certificates"),
            ({"idp_entity_id": ""}, "missing_runtime_fields"),
            ({"idp_sso_url": None}, "missing_runtime_fields"),
        ],
    )
    def test_a_connection_that_is_not_ready(self, monkeypatch, fields, reason):
        resolver = self.answering(monkeypatch, replace(SNAPSHOT, **fields))
        assert refusal(resolver.resolve, "acme") == ("connection_invalid", reason)
        assert resolver.resolve_for_metadata("acme")

    @pytest.mark.parametrize(
        "fields",
        [
            {"anchor_scoped": True},
            {"anchor_scoped": True, "anchor_attribute": "eppn"},
            {"anchor": AnchorKind.ATTRIBUTE},
            {"anchor": AnchorKind.ATTRIBUTE, "anchor_attribute": "", "anchor_scoped": True},
            {"anchor": "attribute"},
        ],
    )
    def test_an_anchor_that_contradicts_itself(self, monkeypatch, fields):
        resolver = self.answering(monkeypatch, replace(SNAPSHOT, **fields))
        assert refusal(resolver.resolve, "acme") == ("connection_invalid", "invalid_anchor")

    @pytest.mark.parametrize("scoped", [True, False])
    def test_an_anchor_that_agrees_with_itself(self, monkeypatch, scoped):
        fields = {"anchor": AnchorKind.ATTRIBUTE, "anchor_attribute": "eppn"}
        snapshot = replace(SNAPSHOT, **fields, anchor_scoped=scoped)
        assert self.answering(monkeypatch, snapshot).resolve("acme") is snapshot

    def test_only_enabled(self, monkeypatch):
        assert self.answering(monkeypatch, "acme").only_enabled() == "acme"
        assert self.answering(monkeypatch, None).only_enabled() is None
        resolver = self.answering(monkeypatch, 7)
        assert refusal(resolver.only_enabled)[0] == "resolver_failed"


def test_the_smallest_resolver():
    with host("SmallestResolver"):
        assert get_resolver().resolve("acme") is SNAPSHOT
        assert get_resolver().only_enabled() is None


SMALL = {
    "idp_entity_id": READY["idp_entity_id"],
    "idp_sso_url": READY["idp_sso_url"],
    "idp_certificates": [pem()],
}


class TestSettingsResolver:
    def test_a_small_one(self):
        with from_settings({"acme": SMALL}):
            assert get_resolver().resolve("acme") == SNAPSHOT

    def test_everything(self):
        written = {
            **SMALL,
            "sp_entity_id": "urn:acme:sp",
            "acs_url": "https://login.example.com/acs",
            "slo_url": "https://login.example.com/slo",
            "idp_sso_binding": "post",
            "idp_slo_url": "https://idp.example.org/slo",
            "idp_slo_response_url": "https://idp.example.org/slo/done",
            "display_name": "Acme",
            "organization_id": "org-1",
            "name_id_format": "urn:x",
            "force_authn": True,
            "requested_authn_contexts": ["urn:y"],
            "provisioning": "create",
            "anchor": "attribute",
            "anchor_attribute": "eppn",
            "anchor_scoped": True,
            "policy": {
                "signing": "assertion",
                "clock_skew_seconds": 0,
                "allow_unsolicited": True,
                "scopes": ["example.org"],
                "legacy_sha1": {"reason": "old", "expires_at": "2027-01-01T00:00:00+00:00"},
            },
        }
        with from_settings({"acme": written}):
            snapshot = get_resolver().resolve("acme")
        assert snapshot.sp_entity_id == "urn:acme:sp"
        assert snapshot.idp_sso_binding is SsoBinding.POST
        assert snapshot.provisioning is Provisioning.CREATE
        assert snapshot.policy == Policy(
            signing=Signing.ASSERTION,
            clock_skew_seconds=0,
            allow_unsolicited=True,
            scopes=("example.org",),
            legacy_sha1=Hatch(reason="old", expires_at=datetime(2027, 1, 1, tzinfo=UTC)),
        )

    def test_a_certificate_in_a_file(self, tmp_path):
        path = tmp_path / "idp.pem"
        path.write_text(pem())
        with from_settings({"acme": {**SMALL, "idp_certificates": [str(path)]}}):
            assert get_resolver().resolve("acme") == SNAPSHOT

    def test_no_query(self, django_assert_num_queries, db):
        with from_settings({"acme": SMALL}), django_assert_num_queries(0):
            get_resolver().resolve("acme")
            get_resolver().only_enabled()

    def test_unknown_draft_and_disabled(self):
        written = {
            "one": {**SMALL, "status": "draft"},
            "two": {**SMALL, "status": "disabled"},
        }
        with from_settings(written):
            resolver = get_resolver()
            assert refusal(resolver.resolve, "one") == ("connection_unavailable", "draft")
            assert refusal(resolver.resolve, "two") == ("connection_unavailable", "disabled")
            assert refusal(resolver.resolve, "ONE") == ("connection_unavailable", "not_found")
            assert resolver.resolve_for_metadata("one").status is ConnectionStatus.DRAFT
            assert resolver.only_enabled() is None

    def test_the_only_enabled_one(self):
        with from_settings({"one": SMALL, "two": {**SMALL, "status": "disabled"}}):
            assert get_resolver().only_enabled() == "one"
        with from_settings({"one": SMALL, "two": SMALL}):
            assert get_resolver().only_enabled() is None

    def test_a_connection_that_lacks_something(self):
        with from_settings({"acme": {}}):
            assert refusal(get_resolver().resolve, "acme")[0] == "connection_invalid"
            assert get_resolver().resolve_for_metadata("acme").connection_id == "acme"

    @pytest.mark.parametrize(
        ("fields", "text"),
        [
            ({"surprise": 1}, "unknown key 'surprise'"),
            ({"policy": {"surprise": 1}}, "policy has an unknown key"),
            ({"policy": []}, "policy must be a dict"),
            ({"policy": {"clock_skew_seconds": 301}}, "clock_skew_seconds must be 0 to 300"),
            ({"policy": {"clock_skew_seconds": True}}, "whole number"),
            ({"policy": {"signing": "none"}}, "must be one of either"),
            ({"policy": {"allow_unsolicited": 1}}, "must be True or False"),
            ({"policy": {"scopes": "example.org"}}, "must be a list"),
            ({"policy": {"legacy_sha1": {"reason": "old"}}}, "needs reason and expires_at"),
            (
                {"policy": {"legacy_sha1": {"reason": "old", "expires_at": "2027-01-01"}}},
                "time zone",
            ),
            ({"idp_entity_id": ""}, "must be text"),
            ({"idp_entity_id": " x"}, "must be text"),
            ({"idp_entity_id": 7}, "must be text"),
            ({"idp_sso_url": "http://idp.example.org/"}, "https"),
            ({"acs_url": "/acs"}, "acs_url is not usable"),
            ({"idp_certificates": pem()}, "must be a list"),
            ({"idp_certificates": ["/nowhere/idp.pem"]}, "no usable certificate"),
            ({"idp_certificates": ["."]}, "no usable certificate"),
            ({"anchor": "attribute"}, "anchor_attribute"),
            ({"anchor_attribute": "uid"}, "anchor_attribute"),
            ({"anchor_scoped": True}, "anchor_scoped"),
            ({"sign_authn_requests": True, "idp_sso_binding": "post"}, "redirect only"),
            ({"sp_signing_key": "x"}, "unknown key"),
            ({"connection_id": "x"}, "unknown key"),
        ],
    )
    def test_a_mistake_is_named(self, fields, text):
        with from_settings({"acme": {**SMALL, **fields}}), pytest.raises(InvalidSettings) as caught:
            get_resolver()
        assert "'acme'" in str(caught.value)
        assert text in str(caught.value)

    def test_a_public_id_that_is_none(self):
        with from_settings({"Login": SMALL}), pytest.raises(InvalidSettings, match="public id"):
            SettingsResolver()
