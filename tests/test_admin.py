from __future__ import annotations

import pytest
from django.conf import settings
from django.contrib.auth.models import Permission, User
from django.test import override_settings
from django.urls import reverse

from relyra_django.models import AuditEvent, Certificate, Connection, UserIdentity
from relyra_django.models.public_id import is_public_id
from relyra_django.scope import Scope
from relyra_django.trust import certificates, connections
from tests.trust.kit import ACTOR, draft, enabled, pem

pytestmark = pytest.mark.django_db

WHY = {"actor": ACTOR, "cause": "test"}
ADD = "/admin/relyra_django/connection/add/"
LIST = "/admin/relyra_django/connection/"


class OperatorScope:
    """An operator's organization is their last name."""

    def scope(self, request):
        return Scope(organization_id=request.user.last_name)


def change_url(connection):
    return f"/admin/relyra_django/connection/{connection.pk}/change/"


def url_of(action, subject):
    kind = subject._meta.model_name
    keys = [subject.pk] if kind == "connection" else [subject.connection_id, subject.pk]
    return reverse(f"admin:relyra_django_{kind}_{action}", args=keys)


def form_of(response):
    """Return what a browser would send back, untouched."""
    form = response.context["adminform"].form
    data = {}
    for bound in form:
        value = bound.value()
        names = (
            bound.field.widget.decompress(value) if hasattr(bound.field.widget, "widgets") else None
        )
        if names is not None:
            for index, part in enumerate(names):
                data[f"{bound.html_name}_{index}"] = "" if part is None else str(part)
        elif value is True:
            data[bound.html_name] = "on"
        elif value not in (None, False):
            data[bound.html_name] = value
    return data


def submit(client, url, **fields):
    data = {**form_of(client.get(url)), "cause": "Ticket 7", **fields}
    return client.post(url, {name: value for name, value in data.items() if value is not None})


def errors_of(response):
    assert response.status_code == 200
    return response.context["adminform"].form.errors


@pytest.fixture
def operator(client):
    """A superuser, who sees everything."""
    user = User.objects.create_superuser("ops", "ops@example.com", "x")
    client.force_login(user)
    return user


@pytest.fixture
def staff(client):
    """Sign in somebody of staff with these permissions."""

    def sign_in(*codenames, organization_id="acme"):
        user = User.objects.create(username="staff", is_staff=True, last_name=organization_id)
        user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
        client.force_login(user)
        return user

    provider = f"{__name__}.OperatorScope"
    with override_settings(RELYRA={**settings.RELYRA, "SCOPE_PROVIDER": provider}):
        yield sign_in


@pytest.mark.usefixtures("operator")
class TestAdd:
    def test_a_draft(self, client):
        response = submit(client, ADD, display_name="Acme", public_id="acme")
        connection = Connection.objects.get()
        assert response.status_code == 302
        assert (connection.public_id, connection.display_name) == ("acme", "Acme")
        assert connection.status == "draft"
        assert connection.sp_entity_id == "https://sp.example.com/saml/acme/metadata/"

    def test_its_event(self, client):
        submit(client, ADD, display_name="Acme")
        event = AuditEvent.objects.get()
        assert (event.action, event.actor_kind, event.actor_label) == ("created", "user", "ops")
        assert event.cause == "Ticket 7"
        assert event.connection == Connection.objects.get()

    def test_a_generated_public_id(self, client):
        submit(client, ADD)
        assert is_public_id(Connection.objects.get().public_id)

    def test_continue_editing_finds_the_row(self, client):
        response = submit(client, ADD, _continue="1")
        assert response["Location"] == change_url(Connection.objects.get())

    def test_the_form_does_not_carry_an_id_of_its_own(self, client):
        assert form_of(client.get(ADD))["public_id"] == ""

    @pytest.mark.parametrize("cause", ["", "  ", None])
    def test_not_without_a_cause(self, client, cause):
        assert "cause" in errors_of(submit(client, ADD, cause=cause))
        assert not Connection.objects.exists()

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("public_id", "login"),
            ("public_id", "Acme"),
            ("idp_sso_url", "http://idp.example.org/"),
            ("idp_sso_url", "https://idp.example.org/?SAMLRequest=x"),
            ("clock_skew_seconds", "301"),
            ("signing", "none"),
            ("anchor_attribute", "uid"),
            ("legacy_sha1_reason", "old"),
            ("scopes", "x" * 600),
        ],
    )
    def test_what_is_not_acceptable(self, client, name, value):
        assert name in errors_of(submit(client, ADD, **{name: value}))
        assert not Connection.objects.exists()

    def test_a_public_id_that_is_taken(self, client):
        draft(public_id="acme")
        assert "public_id" in errors_of(submit(client, ADD, public_id="acme"))

    def test_neither_status_nor_certificates_by_the_form(self, client):
        submit(client, ADD, status="enabled", certificates="x", lock_version="7", id="x")
        connection = Connection.objects.get()
        assert (connection.status, connection.lock_version) == ("draft", 1)

    def test_lists_are_lines(self, client):
        submit(client, ADD, scopes="example.org\r\n\r\n example.com \r\n")
        assert Connection.objects.get().scopes == ["example.org", "example.com"]


@pytest.mark.usefixtures("operator")
class TestChange:
    def test_through_the_domain(self, client):
        connection = draft()
        response = submit(client, change_url(connection), display_name="Acme Corp")
        assert response.status_code == 302
        stored = Connection.objects.get()
        assert (stored.display_name, stored.lock_version) == ("Acme Corp", 2)
        event = AuditEvent.objects.latest("pk")
        assert (event.action, event.cause) == ("updated", "Ticket 7")
        assert event.diff_summary == {"changed_fields": ["display_name"]}

    def test_nothing_else_changes_by_saving(self, client):
        connection = draft(
            scopes=["example.org"],
            clock_skew_seconds=60,
            idp_slo_url="https://idp.example.org/slo",
        )
        before = Connection.objects.values().get()
        submit(client, change_url(connection))
        assert Connection.objects.values().get() == before
        assert AuditEvent.objects.count() == 1

    def test_the_status_is_not_in_the_form(self, client):
        connection = draft()
        submit(
            client, change_url(connection), status="enabled", public_id="other", display_name="x"
        )
        stored = Connection.objects.get()
        assert (stored.status, stored.public_id) == ("draft", connection.public_id)

    def test_not_without_a_cause(self, client):
        connection = draft()
        response = submit(client, change_url(connection), cause="", display_name="Other")
        assert "cause" in errors_of(response)
        assert Connection.objects.get().display_name == "Acme"

    @pytest.mark.parametrize("version", ["", "7", "0", "x", None])
    def test_two_operators(self, client, version):
        connection = draft()
        response = submit(client, change_url(connection), version=version, display_name="Second")
        assert errors_of(response)
        assert Connection.objects.get().display_name == "Acme"

    def test_an_operator_who_is_faster_than_the_check(self, client, monkeypatch):
        connection = draft()
        data = {**form_of(client.get(change_url(connection))), "cause": "x", "display_name": "B"}
        original = connections.update

        def slow(row, **kwargs):
            original(row, **WHY, lock_version=row.lock_version, organization_id="other")
            return original(row, **kwargs)

        monkeypatch.setattr(connections, "update", slow)
        response = client.post(change_url(connection), data, follow=True)
        assert "Somebody else changed this connection" in response.content.decode()
        assert Connection.objects.get().display_name == "Acme"

    def test_an_enabled_one_stays_ready(self, client):
        connection = enabled()
        errors = errors_of(submit(client, change_url(connection), idp_sso_url=""))
        assert list(errors) == ["idp_sso_url"]

    def test_an_empty_entity_id_is_the_metadata_url(self, client):
        connection = enabled(public_id="acme", sp_entity_id="urn:sp")
        submit(client, change_url(connection), sp_entity_id="")
        stored = Connection.objects.get().sp_entity_id
        assert stored == "https://sp.example.com/saml/acme/metadata/"

    def test_what_to_paste_at_the_identity_provider(self, client):
        page = client.get(change_url(draft(public_id="acme"))).content.decode()
        assert "https://sp.example.com/saml/acme/acs/" in page
        assert page.count("https://sp.example.com/saml/acme/metadata/") >= 2

    def test_cost_does_not_grow_with_certificates(self, client, django_assert_max_num_queries):
        connection = enabled()
        for number in range(5):
            certificates.stage(connection, pem(str(number)), **WHY)
        with django_assert_max_num_queries(7):
            client.get(change_url(connection))


@pytest.mark.usefixtures("operator")
class TestList:
    def test_cost_does_not_grow(self, client, django_assert_max_num_queries):
        for _ in range(5):
            enabled()
        with django_assert_max_num_queries(7):
            page = client.get(LIST).content.decode()
        assert page.count("Acme") == 5

    def test_search_and_filters(self, client):
        draft(public_id="acme")
        draft(public_id="globex", display_name="Globex")
        page = client.get(LIST, {"q": "globex", "status__exact": "draft"}).content.decode()
        assert "Globex" in page
        assert ">Acme<" not in page


class TestNothingIsDeleted:
    def test_neither_a_button_nor_an_action(self, client, operator):
        connection = draft()
        assert "/delete/" not in client.get(change_url(connection)).content.decode()
        assert "delete_selected" not in client.get(LIST).content.decode()
        url = f"/admin/relyra_django/connection/{connection.pk}/delete/"
        assert client.post(url, {"post": "yes"}).status_code == 403
        response = client.post(
            LIST, {"action": "delete_selected", "_selected_action": [connection.pk], "post": "yes"}
        )
        assert response.status_code in (200, 302)
        assert Connection.objects.exists()


@pytest.mark.usefixtures("operator")
class TestCertificates:
    def test_paste_one(self, client):
        connection = draft()
        url = url_of("stage", connection)
        assert "Never paste a private key" in client.get(url).content.decode()
        response = client.post(url, {"pem": pem(), "cause": "Ticket 7"})
        assert response["Location"] == change_url(connection)
        certificate = Certificate.objects.get()
        assert (certificate.lifecycle, certificate.source) == ("active", "manual")
        event = AuditEvent.objects.latest("pk")
        assert (event.action, event.actor_label, event.cause) == ("staged", "ops", "Ticket 7")
        page = client.get(change_url(connection)).content.decode()
        assert certificate.fingerprint_sha256 in page
        assert "The certificate is there." in page

    @pytest.mark.parametrize(
        ("data", "wrong"),
        [
            ({"pem": "", "cause": "x"}, "pem"),
            ({"pem": "hello", "cause": "x"}, "pem"),
            ({"pem": "-----BEGIN PRIVATE KEY-----", "cause": "x"}, "pem"),
            ({"pem": pem(), "cause": ""}, "cause"),
            ({"pem": pem(), "cause": " "}, "cause"),
            ({}, "cause"),
        ],
    )
    def test_what_is_not_acceptable(self, client, data, wrong):
        response = client.post(url_of("stage", draft()), data)
        assert response.status_code == 200
        assert not Certificate.objects.exists()
        if data:
            assert wrong in response.context["form"].errors

    def test_rollover(self, client):
        connection = enabled()
        old = connection.certificates.get()
        new = certificates.stage(connection, pem("new"), **WHY)
        page = client.get(change_url(connection)).content.decode()
        assert url_of("activate", new) in page
        assert url_of("retire", old) in page
        assert url_of("activate", old) not in page
        for action, certificate in (("activate", new), ("retire", old)):
            assert client.get(url_of(action, certificate)).status_code == 200
            response = client.post(url_of(action, certificate), {"cause": "Rollover"})
            assert response["Location"] == change_url(connection)
        states = dict(Certificate.objects.values_list("fingerprint_sha256", "lifecycle"))
        assert states == {
            new.fingerprint_sha256: "active",
            old.fingerprint_sha256: "retired",
        }
        assert AuditEvent.objects.latest("pk").action == "retired"

    def test_the_last_one_stays(self, client):
        certificate = enabled().certificates.get()
        response = client.post(url_of("retire", certificate), {"cause": "x"})
        assert "last active certificate" in response.content.decode()
        assert Certificate.objects.get().lifecycle == "active"

    def test_a_page_alone_changes_nothing(self, client):
        connection = enabled()
        certificate = certificates.stage(connection, pem("new"), **WHY)
        events = AuditEvent.objects.count()
        for url in (
            url_of("activate", certificate),
            url_of("retire", certificate),
            url_of("disable", connection),
            url_of("stage", connection),
        ):
            assert client.get(url).status_code == 200
            assert client.post(url, {}).status_code == 200
        assert AuditEvent.objects.count() == events

    def test_of_another_connection(self, client):
        certificate = enabled().certificates.get()
        other = enabled(public_id="other")
        url = reverse("admin:relyra_django_certificate_retire", args=[other.pk, certificate.pk])
        assert client.post(url, {"cause": "x"}).status_code == 404

    def test_expired_ones_are_marked(self, client):
        connection = draft()
        certificates.stage(connection, pem("old", days=-1), **WHY)
        assert "(expired)" in client.get(change_url(connection)).content.decode()


@pytest.mark.usefixtures("operator")
class TestStatus:
    def test_enable_and_disable(self, client):
        connection = draft()
        certificates.stage(connection, pem(), **WHY)
        page = client.get(change_url(connection)).content.decode()
        assert url_of("enable", connection) in page
        assert url_of("disable", connection) not in page
        client.post(url_of("enable", connection), {"cause": "Go live"})
        assert Connection.objects.get().status == "enabled"
        assert AuditEvent.objects.latest("pk").cause == "Go live"
        page = client.get(change_url(connection)).content.decode()
        assert url_of("disable", connection) in page
        client.post(url_of("disable", connection), {"cause": "Incident"})
        assert Connection.objects.get().status == "disabled"

    def test_one_error_for_each_missing_field(self, client):
        connection = connections.create(**WHY)
        response = client.post(url_of("enable", connection), {"cause": "Go live"})
        errors = response.context["form"].non_field_errors()
        assert len(errors) == 3
        page = response.content.decode()
        assert "Entity ID:" in page
        assert "Single sign-on URL:" in page
        assert "Certificates:" in page
        assert Connection.objects.get().status == "draft"

    def test_not_without_a_cause(self, client):
        connection = enabled()
        response = client.post(url_of("disable", connection), {"cause": ""})
        assert response.context["form"].errors["cause"]
        assert Connection.objects.get().status == "enabled"


class TestPermissions:
    ALL = (
        "view_connection",
        "add_connection",
        "change_connection",
        "enable_connection",
        "disable_connection",
        "add_certificate",
        "activate_certificate",
        "retire_certificate",
    )

    @pytest.fixture
    def subjects(self):
        connection = enabled(organization_id="acme")
        staged = certificates.stage(connection, pem("new"), **WHY)
        active = connection.certificates.get(lifecycle="active")
        return {
            "enable_connection": url_of("enable", connection),
            "disable_connection": url_of("disable", connection),
            "add_certificate": url_of("stage", connection),
            "activate_certificate": url_of("activate", staged),
            "retire_certificate": url_of("retire", active),
        }

    def test_one_for_each_action(self, client, staff, subjects):
        staff("view_connection")
        for url in subjects.values():
            assert client.get(url).status_code == 403
            assert client.post(url, {"cause": "x", "pem": pem("x")}).status_code == 403

    @pytest.mark.parametrize("codename", ALL[3:])
    def test_it_opens_its_own_page_only(self, client, staff, subjects, codename):
        staff("view_connection", codename)
        opened = [name for name, url in subjects.items() if client.get(url).status_code == 200]
        assert opened == [codename]

    @pytest.mark.parametrize("codename", ALL[3:])
    def test_the_connection_must_be_visible_as_well(self, client, staff, subjects, codename):
        staff(codename)
        assert client.get(subjects[codename]).status_code == 403

    def test_buttons_that_are_not_permitted_are_not_shown(self, client, staff, subjects):
        staff("view_connection")
        page = client.get(change_url(Connection.objects.get())).content.decode()
        assert not [url for url in subjects.values() if url in page]

    def test_to_view_is_not_to_change(self, client, staff, subjects):
        staff("view_connection")
        connection = Connection.objects.get()
        page = client.get(change_url(connection))
        assert page.status_code == 200
        assert 'name="cause"' not in page.content.decode()
        assert client.post(change_url(connection), {"cause": "x"}).status_code == 403
        assert client.get(ADD).status_code == 403

    def test_strangers(self, client, subjects):
        for url in [LIST, ADD, *subjects.values()]:
            assert client.get(url).status_code == 302
            assert "/admin/login/" in client.post(url, {"cause": "x"})["Location"]

    def test_csrf(self, subjects, operator):
        from django.test import Client

        strict = Client(enforce_csrf_checks=True)
        strict.force_login(operator)
        for url in [ADD, *subjects.values()]:
            assert strict.post(url, {"cause": "x"}).status_code == 403


class TestScope:
    @pytest.fixture
    def two(self):
        return enabled(organization_id="acme"), enabled(
            organization_id="globex", display_name="Globex", public_id="globex"
        )

    def test_the_list(self, client, staff, two):
        staff(*TestPermissions.ALL)
        page = client.get(LIST).content.decode()
        assert "Acme" in page
        assert "Globex" not in page

    def test_every_url_of_anothers_connection(self, client, staff, two):
        staff(*TestPermissions.ALL)
        _ours, other = two
        certificate = other.certificates.get()
        certificates.stage(other, pem("next"), **WHY)
        staged = other.certificates.get(lifecycle="next")
        events = AuditEvent.objects.count()
        urls = [
            change_url(other),
            f"/admin/relyra_django/connection/{other.pk}/history/",
            url_of("enable", other),
            url_of("disable", other),
            url_of("stage", other),
            url_of("activate", staged),
            url_of("retire", certificate),
        ]
        for url in urls:
            for response in (client.get(url), client.post(url, {"cause": "x", "pem": pem("x")})):
                assert response.status_code in (302, 404), url
                if response.status_code == 302:
                    assert response["Location"] == "/admin/"
        assert AuditEvent.objects.count() == events

    def test_their_own(self, client, staff, two):
        staff(*TestPermissions.ALL)
        ours, _other = two
        assert client.get(change_url(ours)).status_code == 200
        client.post(url_of("disable", ours), {"cause": "x"})
        assert Connection.objects.get(pk=ours.pk).status == "disabled"

    def test_a_new_connection_is_theirs(self, client, staff):
        staff(*TestPermissions.ALL)
        submit(client, ADD, organization_id="globex")
        assert Connection.objects.get().organization_id == "acme"

    def test_a_connection_is_not_moved(self, client, staff, two):
        staff(*TestPermissions.ALL)
        ours, _other = two
        submit(client, change_url(ours), organization_id="globex", display_name="x")
        assert Connection.objects.get(pk=ours.pk).organization_id == "acme"
        assert Connection.objects.get(pk=ours.pk).display_name == "x"

    def test_a_superuser_moves_it(self, client, operator, two):
        ours, _other = two
        submit(client, change_url(ours), organization_id="initech")
        assert Connection.objects.get(pk=ours.pk).organization_id == "initech"

    def test_without_a_provider_staff_see_nothing(self, client, two):
        user = User.objects.create(username="staff", is_staff=True)
        user.user_permissions.set(Permission.objects.filter(codename__in=TestPermissions.ALL))
        client.force_login(user)
        assert "Acme" not in client.get(LIST).content.decode()
        assert client.get(ADD).status_code == 403
        assert client.get(change_url(two[0])).status_code == 302

    def test_a_twin_of_the_organization(self, client, staff, two):
        staff(*TestPermissions.ALL, organization_id="ACME")
        assert "Acme" not in client.get(LIST).content.decode()


class TestAudit:
    URL = "/admin/relyra_django/auditevent/"

    def test_to_read(self, client, operator, django_assert_max_num_queries):
        for _ in range(5):
            enabled()
        with django_assert_max_num_queries(8):
            page = client.get(self.URL).content.decode()
        assert page.count("Enabled") >= 5
        event = AuditEvent.objects.latest("pk")
        page = client.get(f"{self.URL}{event.pk}/change/").content.decode()
        assert event.correlation_id in page

    def test_and_nothing_else(self, client, operator):
        enabled()
        event = AuditEvent.objects.latest("pk")
        assert client.get(f"{self.URL}add/").status_code == 403
        assert client.post(f"{self.URL}{event.pk}/change/", {"cause": "x"}).status_code == 403
        assert client.post(f"{self.URL}{event.pk}/delete/", {"post": "yes"}).status_code == 403

    def test_scope(self, client, staff):
        enabled(organization_id="acme")
        enabled(organization_id="globex", display_name="Globex")
        staff("view_auditevent")
        page = client.get(self.URL).content.decode()
        assert "Acme" in page
        assert "Globex" not in page
        other = AuditEvent.objects.filter(connection__organization_id="globex").first()
        assert client.get(f"{self.URL}{other.pk}/change/").status_code == 302


class TestIdentities:
    URL = "/admin/relyra_django/useridentity/"

    @pytest.fixture
    def identity(self):
        connection = draft(organization_id="acme", public_id="acme")
        return UserIdentity.objects.create(
            user=User.objects.create(username="bob"),
            connection=connection,
            connection_public_id="acme",
            subject_hash="ab" * 32,
            issuer="https://idp.example.org",
            anchor_kind="name_id",
            anchor="bob-at-idp",
        )

    def test_to_read(self, client, operator, identity, django_assert_max_num_queries):
        with django_assert_max_num_queries(7):
            page = client.get(self.URL).content.decode()
        assert "bob" in page
        page = client.get(f"{self.URL}{identity.pk}/change/").content.decode()
        assert "bob-at-idp" in page
        assert "/delete/" not in page

    def test_and_nothing_else(self, client, operator, identity):
        assert client.get(f"{self.URL}add/").status_code == 403
        assert client.post(f"{self.URL}{identity.pk}/change/", {}).status_code == 403
        assert client.post(f"{self.URL}{identity.pk}/delete/", {"post": "yes"}).status_code == 403
        data = {"action": "delete_selected", "_selected_action": [identity.pk], "post": "yes"}
        client.post(self.URL, data)
        assert UserIdentity.objects.exists()

    def test_a_user_can_still_be_deleted(self, client, operator, identity):
        url = f"/admin/auth/user/{identity.user_id}/delete/"
        assert client.post(url, {"post": "yes"}).status_code == 302
        assert not UserIdentity.objects.exists()
        assert Connection.objects.exists()

    def test_scope(self, client, staff, identity):
        staff("view_useridentity", organization_id="globex")
        assert "idp.example.org" not in client.get(self.URL).content.decode()
        assert client.get(f"{self.URL}{identity.pk}/change/").status_code == 302
