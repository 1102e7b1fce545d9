from __future__ import annotations

import threading
import unicodedata
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import User
from django.contrib.auth.signals import user_logged_in
from django.contrib.sessions.backends.db import SessionStore
from django.db import connection as database
from django.http import HttpRequest
from django.test import RequestFactory, override_settings

from relyra_django.exceptions import ErrorCode, InvalidSettings, RelyraError
from relyra_django.identity import (
    Anchor,
    ConnectionProvisioningPolicy,
    Decision,
    DefaultUserMapper,
    DjangoSessionAdapter,
    MappedUser,
    SessionFacts,
    anchor_of,
    identity_of,
    link,
    resolve_user,
    subject_hash,
)
from relyra_django.models import AuditEvent, UserIdentity
from relyra_django.saml import constants as c
from relyra_django.saml.connection import AnchorKind, ConnectionSnapshot, Policy, Provisioning
from relyra_django.saml.response import ValidatedAssertion
from relyra_django.trust.audit import Actor
from tests.assertions import IDP, snapshot, validated

RELYRA = {"BASE_URL": "https://sp.example.com"}
ISSUER = IDP.entity_id
EPPN = "urn:oid:1.3.6.1.4.1.5923.1.1.1.6"


def refused(code: ErrorCode) -> Any:
    return pytest.raises(RelyraError, match=f"^{code}:")


def by_name(value: str) -> Anchor:
    return Anchor(kind=AnchorKind.NAME_ID, value=value)


def by_attribute(**fields: Any) -> ConnectionSnapshot:
    return snapshot(**{"anchor": AnchorKind.ATTRIBUTE, "anchor_attribute": EPPN, **fields})


def everybody() -> tuple[int, int]:
    return User.objects.count(), UserIdentity.objects.count()


# The anchor


def test_the_name_id_is_the_anchor() -> None:
    assert anchor_of(validated(name_id="alice")) == by_name("alice")


def test_a_transient_name_id_is_nobody() -> None:
    with refused(ErrorCode.NAME_ID_NOT_ACCEPTED):
        anchor_of(validated(name_id_format=c.NAMEID_TRANSIENT))
    assert anchor_of(validated(name_id_format=c.NAMEID_PERSISTENT)).value == "alice"


def test_without_a_name_id_there_is_no_anchor() -> None:
    with refused(ErrorCode.IDENTITY_ANCHOR_MISSING):
        anchor_of(validated(name_id=None))


@pytest.mark.parametrize("name_id_format", [c.NAMEID_TRANSIENT, c.NAMEID_PERSISTENT])
def test_with_an_attribute_as_anchor_the_name_id_does_not_matter(name_id_format: str) -> None:
    assertion = validated(
        by_attribute(), name_id_format=name_id_format, attributes={EPPN: "alice@acme.example"}
    )
    expected = Anchor(kind=AnchorKind.ATTRIBUTE, name=EPPN, value="alice@acme.example")
    assert anchor_of(assertion) == expected


def test_an_attribute_works_without_any_name_id() -> None:
    assertion = validated(by_attribute(), name_id=None, attributes={EPPN: "a@acme.example"})
    assert anchor_of(assertion).value == "a@acme.example"


@pytest.mark.parametrize("values", [None, [], [""], [" "], ["a", "b"], ["a", "a"], [None]])
def test_the_anchor_attribute_has_one_value(values: Any) -> None:
    attributes = {} if values is None else {EPPN: values}
    with refused(ErrorCode.IDENTITY_ANCHOR_MISSING):
        anchor_of(validated(by_attribute(), attributes=attributes))
    assert anchor_of(validated(by_attribute(), attributes={EPPN: ["a"]})).value == "a"


@pytest.mark.parametrize(
    "value",
    [
        "alice",
        "@acme.example",
        "alice@",
        "alice@other.example",
        "a@b@acme.example",
        "alice@ACME.example",
        "alice@acme.example ",
        "alice@evil.acme.example",
    ],
)
def test_a_scoped_anchor_stays_in_the_connection_s_scopes(value: str) -> None:
    connection = by_attribute(anchor_scoped=True, policy=Policy(scopes=("acme.example",)))
    with refused(ErrorCode.INVALID_ATTRIBUTE):
        anchor_of(validated(connection, attributes={EPPN: value}))
    honest = validated(connection, attributes={EPPN: "alice@acme.example"})
    assert anchor_of(honest).value == "alice@acme.example"


def test_a_connection_without_scopes_takes_no_scoped_anchor() -> None:
    with refused(ErrorCode.INVALID_ATTRIBUTE):
        anchor_of(validated(by_attribute(anchor_scoped=True), attributes={EPPN: "a@acme.example"}))


def test_the_anchor_is_not_printed() -> None:
    assert "alice" not in repr(by_name("alice"))


# The hash


def test_the_hash_is_hex_sha_256_and_stable() -> None:
    # Rows are found by it: a change here would make strangers of everybody.
    assert subject_hash("acme", "https://idp.example.org/metadata", by_name("alice")) == (
        "5a133b220573f0df8bfe25da65b42765dfdc646fd7494257a90ebb5675788aa6"
    )


@pytest.mark.parametrize(
    "other",
    [
        ("acme2", ISSUER, by_name("alice")),
        ("acme", ISSUER + "/", by_name("alice")),
        ("acme", ISSUER, by_name("alice ")),
        ("acme", ISSUER, by_name("Alice")),
        ("acme", ISSUER, Anchor(kind=AnchorKind.ATTRIBUTE, name="uid", value="alice")),
        ("acme", ISSUER[:-1], Anchor(kind=AnchorKind.NAME_ID, value=ISSUER[-1] + "alice")),
        ("acme" + ISSUER[0], ISSUER[1:], by_name("alice")),
    ],
)
def test_every_part_counts_and_keeps_its_bounds(other: tuple[str, str, Anchor]) -> None:
    mine = ("acme", ISSUER, by_name("alice"))
    assert subject_hash(*mine) != subject_hash(*other)
    assert subject_hash(*mine) == subject_hash(*mine)


# The mapper


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("mail", "email"),
        ("EmailAddress", "email"),
        ("urn:oid:0.9.2342.19200300.100.1.3", "email"),
        ("http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress", "email"),
        ("givenName", "first_name"),
        ("urn:oid:2.5.4.42", "first_name"),
        ("http://schemas.xmlsoap.org/ws/2005/05/identity/claims/givenname", "first_name"),
        ("sn", "last_name"),
        ("urn:oid:2.5.4.4", "last_name"),
        ("http://schemas.xmlsoap.org/ws/2005/05/identity/claims/surname", "last_name"),
    ],
)
def test_the_usual_names_fill_the_profile(name: str, field: str) -> None:
    assertion = validated(attributes={name: ["", " x@example.org ", "y"]})
    assert DefaultUserMapper().map(assertion, snapshot()).fields == {field: "x@example.org"}


def test_what_is_not_said_is_left_out() -> None:
    assert DefaultUserMapper().map(validated(), snapshot()).fields == {}


def test_an_email_name_id_is_an_email() -> None:
    assertion = validated(name_id="a@example.org", name_id_format=c.NAMEID_EMAIL)
    assert DefaultUserMapper().map(assertion, snapshot()).fields == {"email": "a@example.org"}


def test_the_profile_is_not_printed() -> None:
    assert "secret" not in repr(MappedUser(fields={"email": "secret@example.org"}))


# The user


@pytest.mark.django_db
def test_the_first_login_creates_a_user_with_a_profile() -> None:
    attributes = {"mail": "Alice@Example.ORG", "givenName": "Alice", "sn": "Liddell"}
    user = resolve_user(validated(attributes=attributes))
    stored = User.objects.get()
    assert user.pk == stored.pk
    assert (stored.email, stored.first_name, stored.last_name) == (
        "Alice@example.org",
        "Alice",
        "Liddell",
    )
    assert not stored.has_usable_password()
    assert (stored.is_staff, stored.is_superuser) == (False, False)
    identity = UserIdentity.objects.get()
    assert (identity.user_id, identity.anchor, identity.issuer) == (stored.pk, "alice", ISSUER)


@pytest.mark.django_db
def test_the_second_login_finds_the_user_in_one_query(
    django_assert_num_queries: Callable[..., Any],
) -> None:
    first = resolve_user(validated())
    assertion = validated()
    with django_assert_num_queries(1):
        assert resolve_user(assertion).pk == first.pk
    assert everybody() == (1, 1)


@pytest.mark.django_db
def test_a_later_login_changes_no_profile() -> None:
    resolve_user(validated(attributes={"sn": "Liddell"}))
    resolve_user(validated(attributes={"sn": "Hargreaves"}))
    assert User.objects.get().last_name == "Liddell"


@pytest.mark.django_db
@pytest.mark.parametrize("name_id", ["admin", "saml-admin", "admin@example.org", "1"])
def test_a_created_user_is_never_an_existing_one(name_id: str) -> None:
    admin = User.objects.create_superuser("admin", "admin@example.org", "secret")
    attributes = {"mail": "admin@example.org", "username": "admin", "uid": "admin"}
    user = resolve_user(validated(name_id=name_id, attributes=attributes))
    assert user.pk != admin.pk
    assert user.get_username().startswith("saml-")
    assert not User.objects.get(pk=user.pk).is_superuser
    assert resolve_user(validated(name_id=name_id)).pk == user.pk


TWINS = ["bob", "BOB", "Bob", "bob ", " bob", "bob\u00a0", "bob\u200b", "b\u00f6b", "bo\u0308b"]
TWINS += ["stra\u00dfe", "strasse", "\u0131", "i", "\ufb01", "fi", "a" * 256, "a" * 255 + "b"]
TWINS += ["\U0001f600", "\U0001f601", "' OR 1=1 --", "bob%", "b_b", "\u202ebob"]


@pytest.mark.django_db
def test_twins_are_different_people() -> None:
    twins = [*TWINS, *(unicodedata.normalize(form, "Zo\u00eb") for form in ("NFC", "NFD"))]
    users = {name: resolve_user(validated(name_id=name)).pk for name in twins}
    assert len(set(users.values())) == len(twins)
    for name, pk in users.items():
        assert resolve_user(validated(name_id=name)).pk == pk


@pytest.mark.django_db
def test_the_same_name_at_another_connection_is_somebody_else() -> None:
    here = resolve_user(validated())
    there = resolve_user(validated(snapshot(connection_id="other")))
    assert here.pk != there.pk


@pytest.mark.django_db
def test_link_only_refuses_a_stranger_and_writes_nothing() -> None:
    with refused(ErrorCode.IDENTITY_NOT_LINKED):
        resolve_user(validated(snapshot(provisioning=Provisioning.LINK_ONLY)))
    assert everybody() == (0, 0)


@pytest.mark.django_db
def test_an_email_address_alone_links_nobody() -> None:
    User.objects.create_user("alice", "alice@example.org")
    with refused(ErrorCode.IDENTITY_NOT_LINKED):
        resolve_user(
            validated(
                snapshot(provisioning=Provisioning.LINK_ONLY),
                name_id="alice@example.org",
                name_id_format=c.NAMEID_EMAIL,
                attributes={"mail": "alice@example.org"},
            )
        )


WHY = {"actor": Actor.system("test"), "cause": "they asked for it"}


@pytest.mark.django_db
def test_linking_is_on_the_record() -> None:
    alice = User.objects.create_user("alice")
    identity = link(alice, snapshot(), by_name("alice.of.acme"), **WHY)
    event = AuditEvent.objects.get()
    assert (event.domain, event.action) == ("identity", "linked")
    assert event.cause == "they asked for it"
    assert event.after_summary == {"identity": str(identity.pk), "user": str(alice.pk)}
    assert "alice.of.acme" not in f"{event.after_summary}{event.diff_summary}"
    link(alice, snapshot(), by_name("alice.of.acme"), **WHY)
    assert AuditEvent.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize("cause", ["", "  "])
def test_nobody_is_linked_without_a_cause(cause: str) -> None:
    alice = User.objects.create_user("alice")
    with refused(ErrorCode.INVALID_CONNECTION_RECORD):
        link(alice, snapshot(), by_name("alice"), actor=Actor.system(), cause=cause)
    assert everybody() == (1, 0)


@pytest.mark.django_db
def test_link_only_accepts_who_was_linked() -> None:
    connection = snapshot(provisioning=Provisioning.LINK_ONLY)
    alice = User.objects.create_user("alice")
    link(alice, connection, by_name("alice"), **WHY)
    assert resolve_user(validated(connection)).pk == alice.pk


@pytest.mark.django_db
def test_linking_twice_changes_nothing() -> None:
    alice = User.objects.create_user("alice")
    first = link(alice, snapshot(), by_name("alice"), **WHY)
    assert link(alice, snapshot(), by_name("alice"), **WHY).pk == first.pk
    assert everybody() == (1, 1)


@pytest.mark.django_db
def test_a_linked_identity_is_not_given_to_another_user() -> None:
    alice, bob = (User.objects.create_user(name) for name in ("alice", "bob"))
    link(alice, snapshot(), by_name("alice"), **WHY)
    with refused(ErrorCode.IDENTITY_CONFLICT):
        link(bob, snapshot(), by_name("alice"), **WHY)
    assert UserIdentity.objects.get().user_id == alice.pk


@pytest.mark.django_db
def test_one_user_may_have_several_identities() -> None:
    alice = User.objects.create_user("alice")
    for name in ("alice", "alice2"):
        link(alice, snapshot(), by_name(name), **WHY)
        assert resolve_user(validated(name_id=name)).pk == alice.pk


@pytest.mark.django_db
def test_an_inactive_user_is_refused() -> None:
    user = resolve_user(validated())
    User.objects.filter(pk=user.pk).update(is_active=False)
    with refused(ErrorCode.USER_INACTIVE):
        resolve_user(validated())
    User.objects.filter(pk=user.pk).update(is_active=True)
    assert resolve_user(validated()).pk == user.pk


@pytest.mark.django_db
@pytest.mark.parametrize("qualifier", [None, "", "issuer"])
def test_the_issuer_s_own_qualifier_says_nothing(qualifier: str | None) -> None:
    named = IDP.entity_id if qualifier == "issuer" else qualifier
    plain = resolve_user(validated(name_id="1234"))
    assert resolve_user(validated(name_id="1234", name_qualifier=named)).pk == plain.pk


@pytest.mark.django_db
def test_behind_a_proxy_one_name_is_a_person_at_each_home() -> None:
    homes = ["https://home-a.example", "https://home-b.example", None]
    people = {resolve_user(validated(name_id="1234", name_qualifier=home)).pk for home in homes}
    assert len(people) == 3
    again = resolve_user(validated(name_id="1234", name_qualifier=homes[0]))
    assert again.pk in people


@pytest.mark.django_db
def test_a_transient_name_with_blanks_round_its_format() -> None:
    with refused(ErrorCode.NAME_ID_NOT_ACCEPTED):
        resolve_user(validated(name_id_format=f" {c.NAMEID_TRANSIENT} "))
    assert everybody() == (0, 0)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "changed",
    [
        {"anchor": "ALICE"},
        {"issuer": "https://other.example"},
        {"connection_public_id": "other"},
        {"anchor_name": "uid"},
        {"anchor_kind": AnchorKind.ATTRIBUTE},
    ],
)
def test_a_row_that_is_about_somebody_else_is_not_believed(changed: dict[str, str]) -> None:
    resolve_user(validated())
    UserIdentity.objects.update(**changed)
    with refused(ErrorCode.IDENTITY_CONFLICT):
        identity_of("acme", ISSUER, by_name("alice"))


@pytest.mark.django_db
def test_text_is_cut_and_an_address_is_not() -> None:
    long_address = "a" * 60 + "@" + ".".join(["b" * 60] * 4) + ".example"
    user = resolve_user(validated(attributes={"sn": "x" * 500, "mail": long_address}))
    stored = User.objects.get(pk=user.pk)
    assert stored.last_name == "x" * 150
    assert stored.email == ""


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["no address", "a@b@c.example", "a@localhost\x7f"])
def test_what_is_no_address_is_left_out(address: str) -> None:
    user = resolve_user(validated(attributes={"mail": address, "sn": "Liddell"}))
    assert (user.email, user.last_name) == ("", "Liddell")  # type: ignore[attr-defined]


# What a host may bring


class Nickname:
    def map(self, assertion: ValidatedAssertion, connection: ConnectionSnapshot) -> MappedUser:
        return MappedUser(fields={"first_name": "Al", "nickname": "Al", "username": "admin"})


class Promotion:
    def map(self, assertion: ValidatedAssertion, connection: ConnectionSnapshot) -> MappedUser:
        return MappedUser(fields={"is_superuser": "1"})


class NobodyAtAll:
    def decide(
        self, mapped: MappedUser, identity: UserIdentity | None, connection: ConnectionSnapshot
    ) -> Decision:
        return Decision.REFUSE


class Anybody(NobodyAtAll):
    def decide(
        self, mapped: MappedUser, identity: UserIdentity | None, connection: ConnectionSnapshot
    ) -> Decision:
        return Decision.ACCEPT


@pytest.mark.django_db
def test_a_mapper_of_the_host_is_used_for_fields_that_exist() -> None:
    with override_settings(RELYRA={**RELYRA, "USER_MAPPER": "tests.test_identity.Nickname"}):
        user = resolve_user(validated())
    assert user.first_name == "Al"  # type: ignore[attr-defined]
    assert user.get_username().startswith("saml-")


@pytest.mark.django_db
def test_a_mapper_cannot_promote() -> None:
    with (
        override_settings(RELYRA={**RELYRA, "USER_MAPPER": "tests.test_identity.Promotion"}),
        pytest.raises(InvalidSettings, match="is_superuser"),
    ):
        resolve_user(validated())
    assert everybody() == (0, 0)


@pytest.mark.django_db
@pytest.mark.parametrize("policy", ["NobodyAtAll", "Anybody"])
def test_a_policy_cannot_let_in_who_has_no_user(policy: str) -> None:
    path = f"tests.test_identity.{policy}"
    with (
        override_settings(RELYRA={**RELYRA, "PROVISIONING_POLICY": path}),
        refused(ErrorCode.IDENTITY_NOT_LINKED),
    ):
        resolve_user(validated())
    assert everybody() == (0, 0)


@pytest.mark.django_db
def test_a_policy_can_refuse_who_is_known() -> None:
    resolve_user(validated())
    path = "tests.test_identity.NobodyAtAll"
    with (
        override_settings(RELYRA={**RELYRA, "PROVISIONING_POLICY": path}),
        refused(ErrorCode.IDENTITY_NOT_LINKED),
    ):
        resolve_user(validated())


def test_the_default_policy_follows_the_connection() -> None:
    decide = ConnectionProvisioningPolicy().decide
    strict, open_ = (snapshot(provisioning=way) for way in Provisioning)
    assert decide(MappedUser(), None, strict) is Decision.REFUSE
    assert decide(MappedUser(), None, open_) is Decision.CREATE
    for connection in (strict, open_):
        assert decide(MappedUser(), UserIdentity(), connection) is Decision.ACCEPT


# At the same moment


@pytest.mark.django_db
def test_the_later_of_two_first_logins_finds_the_earlier_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The rows appear between the look and the insert, as they do when two logins race."""
    earlier = resolve_user(validated())
    looked = iter([None])
    real = identity_of

    def blind_once(*args: Any) -> UserIdentity | None:
        return next(looked, real(*args))

    monkeypatch.setattr("relyra_django.identity.users.identity_of", blind_once)
    assert resolve_user(validated()).pk == earlier.pk
    assert everybody() == (1, 1)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "vendor",
    [
        pytest.param("postgresql", marks=pytest.mark.postgres),
        pytest.param("mysql", marks=pytest.mark.mariadb),
    ],
)
def test_parallel_first_logins_make_one_user(vendor: str) -> None:
    assert database.vendor == vendor
    assertions = [validated() for _ in range(4)]
    start, found = threading.Barrier(4), []

    def sign_in(assertion: ValidatedAssertion) -> None:
        try:
            start.wait(10)
            found.append(resolve_user(assertion).pk)
        finally:
            database.close()

    threads = [threading.Thread(target=sign_in, args=(each,)) for each in assertions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(found) == 4
    assert len(set(found)) == 1
    assert everybody() == (1, 1)


@pytest.mark.django_db
def test_a_user_that_would_collide_is_a_conflict(monkeypatch: pytest.MonkeyPatch) -> None:
    User.objects.create_user("saml-taken")

    def not_random(mapped: MappedUser) -> AbstractBaseUser:
        return get_user_model()(username="saml-taken")

    monkeypatch.setattr("relyra_django.identity.users.new_user", not_random)
    with refused(ErrorCode.IDENTITY_CONFLICT):
        resolve_user(validated())
    assert everybody() == (1, 0)


# The session


@pytest.fixture
def request_with_session(db: None) -> HttpRequest:
    request = RequestFactory().get("/")
    request.session = SessionStore()  # type: ignore[assignment]
    return request


def facts(**fields: Any) -> SessionFacts:
    known = {"connection_id": "acme", "issuer": ISSUER, "identity_id": "1"}
    return SessionFacts(**{**known, **fields})


def signed_in(request: HttpRequest, limit: datetime | None) -> timedelta:
    user = User.objects.get_or_create(username="alice")[0]
    user.backend = "relyra_django.backends.RelyraBackend"  # type: ignore[attr-defined]
    DjangoSessionAdapter().establish(request, user, facts(session_not_on_or_after=limit))
    assert request.session["_auth_user_id"] == str(user.pk)
    return timedelta(seconds=request.session.get_expiry_age())


def test_a_session_lasts_as_the_settings_say(request_with_session: HttpRequest) -> None:
    with override_settings(SESSION_COOKIE_AGE=3600):
        assert signed_in(request_with_session, None) == timedelta(hours=1)


def test_a_session_ends_when_the_identity_provider_says(request_with_session: HttpRequest) -> None:
    limit = datetime.now(UTC) + timedelta(minutes=10)
    assert timedelta(minutes=9) < signed_in(request_with_session, limit) <= timedelta(minutes=10)


def test_the_identity_provider_cannot_lengthen_it(request_with_session: HttpRequest) -> None:
    limit = datetime.now(UTC) + timedelta(days=300)
    with override_settings(SESSION_COOKIE_AGE=3600):
        assert signed_in(request_with_session, limit) == timedelta(hours=1)


def test_a_new_login_undoes_the_old_limit(request_with_session: HttpRequest) -> None:
    signed_in(request_with_session, datetime.now(UTC) + timedelta(minutes=10))
    with override_settings(SESSION_COOKIE_AGE=3600):
        assert signed_in(request_with_session, None) == timedelta(hours=1)


def test_a_limit_that_a_receiver_sets_is_kept_unless_ours_is_sooner(
    request_with_session: HttpRequest,
) -> None:
    def shorten(request: HttpRequest, **kwargs: Any) -> None:
        request.session.set_expiry(120)

    user_logged_in.connect(shorten)
    try:
        assert signed_in(request_with_session, None) == timedelta(minutes=2)
        later = datetime.now(UTC) + timedelta(minutes=10)
        assert signed_in(request_with_session, later) <= timedelta(minutes=2)
        sooner = datetime.now(UTC) + timedelta(minutes=1)
        assert signed_in(request_with_session, sooner) <= timedelta(minutes=1)
    finally:
        user_logged_in.disconnect(shorten)


def test_the_session_keeps_no_assertion(request_with_session: HttpRequest) -> None:
    signed_in(request_with_session, None)
    assert set(request_with_session.session.keys()) == {
        "_auth_user_id",
        "_auth_user_backend",
        "_auth_user_hash",
    }


@pytest.mark.parametrize("limit", [None, datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC)])
def test_facts_survive_json(limit: datetime | None) -> None:
    known = facts(session_index="_1", session_not_on_or_after=limit)
    assert SessionFacts.from_json(known.to_json()) == known


@pytest.mark.django_db
def test_facts_come_from_the_assertion_and_the_row() -> None:
    assertion = validated(session_index="_s", session_not_on_or_after=timedelta(hours=1))
    known = SessionFacts.of(assertion, resolve_user(assertion))
    assert known.identity_id == str(UserIdentity.objects.get().pk)
    assert (known.connection_id, known.issuer, known.session_index) == ("acme", ISSUER, "_s")
    assert known.session_not_on_or_after == assertion.session_not_on_or_after
