"""What the demo leaves in its database: trust with its history, one row a person, no secret."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from example_project.demo.browser import Browser, Page
from example_project.demo.check import Visit
from example_project.demo.plan import IDP_ENTITY_ID, Plan

pytestmark = pytest.mark.processes

Read = Callable[..., list[tuple[object, ...]]]
INES = "8f1c7a52-0f64-4d0e-9b61-2f3a5cf0a1d7"
TABLES = (
    "auth_user",
    "sso_signinreceipt",
    "relyra_django_useridentity",
    "relyra_stores_replaykey",
)


@pytest.fixture
def read(demo: Plan) -> Read:
    """Query the database of the running demo."""

    def read(statement: str, *parameters: object) -> list[tuple[object, ...]]:
        with closing(sqlite3.connect(f"file:{demo.database}?mode=ro", uri=True)) as database:
            return database.execute(statement, parameters).fetchall()

    return read


def counts(read: Read) -> dict[str, object]:
    return {table: read(f"SELECT count(*) FROM {table}")[0][0] for table in TABLES}


def sign_in(visit: Visit) -> Page:
    return visit.post(visit.answer("honest"))


def test_the_database_is_written_ahead(read: Read) -> None:
    assert read("PRAGMA journal_mode") == [("wal",)]


def test_the_connection_is_enabled_for_the_customer(read: Read, demo: Plan) -> None:
    (connection,) = read(
        "SELECT public_id, organization_id, status, provisioning, idp_entity_id, idp_sso_url"
        " FROM relyra_django_connection"
    )

    assert connection == (
        "ashdown",
        "ashdown",
        "enabled",
        "create",
        IDP_ENTITY_ID,
        f"{demo.idp_url}/sso",
    )


def test_the_seed_says_who_changed_trust_and_why(read: Read) -> None:
    rows = read(
        "SELECT domain, action, actor_kind, cause FROM relyra_django_auditevent ORDER BY id"
    )

    assert [(domain, action) for domain, action, _, _ in rows] == [
        ("connection", "created"),
        ("certificate", "staged"),
        ("connection", "enabled"),
    ]
    assert {(kind, cause) for _, _, kind, cause in rows} == {("command", "manage.py demo")}


def test_the_operator_is_the_only_one_with_power_and_a_password(visit: Visit, read: Read) -> None:
    sign_in(visit)

    powerful = read("SELECT username FROM auth_user WHERE is_staff OR is_superuser")
    created = read("SELECT password FROM auth_user WHERE username LIKE 'saml-%'")

    assert powerful == [("operator",)]
    assert created
    assert all(str(password).startswith("!") for (password,) in created)


def test_a_second_sign_in_writes_over_the_receipt(visit: Visit, read: Read, demo: Plan) -> None:
    sign_in(visit)
    before, first = counts(read), read("SELECT assertion_id FROM sso_signinreceipt")

    sign_in(Visit(plan=demo))

    after, second = counts(read), read("SELECT assertion_id FROM sso_signinreceipt")
    assert after["sso_signinreceipt"] == before["sso_signinreceipt"]
    assert after["auth_user"] == before["auth_user"]
    assert first != second


@pytest.mark.parametrize("kind", ["wrong-audience", "tampered", "replay"])
def test_a_refused_answer_writes_nothing(visit: Visit, read: Read, demo: Plan, kind: str) -> None:
    sign_in(Visit(plan=demo))
    before = counts(read)

    page = visit.post(visit.answer(kind))

    assert page.status == 403
    assert counts(read) == before


def test_an_accepted_answer_is_remembered_as_used(visit: Visit, read: Read) -> None:
    before = counts(read)["relyra_stores_replaykey"]

    sign_in(visit)

    assert counts(read)["relyra_stores_replaykey"] == int(str(before)) + 1


def test_the_receipt_belongs_to_the_identity(visit: Visit, read: Read) -> None:
    sign_in(visit)

    rows = read(
        "SELECT r.name_id, i.issuer, u.first_name FROM sso_signinreceipt r"
        " JOIN relyra_django_useridentity i ON i.subject_hash = r.subject_hash"
        " JOIN auth_user u ON u.id = i.user_id WHERE r.name_id = ?",
        INES,
    )

    assert rows == [(INES, IDP_ENTITY_ID, "Ines")]


def test_people_can_sign_in_at_the_same_time(demo: Plan) -> None:
    """SQLite has one writer; nobody is turned away because somebody else signs in."""
    visits = [Visit(plan=demo, browser=Browser()) for _ in range(6)]

    with ThreadPoolExecutor(len(visits)) as pool:
        pages = list(pool.map(sign_in, visits))

    assert [page.status for page in pages] == [200] * len(visits)
    assert all("Signed in as Ines Moreau" in page.text for page in pages)


def test_neither_secret_of_the_run_is_written_down(demo: Plan) -> None:
    for file in demo.directory.iterdir():
        octets = file.read_bytes()
        assert demo.operator_password.encode() not in octets, file.name
        assert demo.secret_key.encode() not in octets, file.name


def test_the_log_tells_what_the_page_does_not(visit: Visit, demo: Plan) -> None:
    page = visit.post(visit.answer("wrong-audience"))

    log = (demo.directory / "site.log").read_text()
    reference = page.text.split("<dd><code>")[2].split("<")[0]
    (line,) = [line for line in log.splitlines() if reference in line and "rejected" in line]
    assert "invalid_audience connection=ashdown" in line
    assert INES not in log
    assert "ines.moreau" not in log


def test_the_visitor_is_never_sent_to_another_site(visit: Visit, demo: Plan) -> None:
    page = visit.browser.get(f"{demo.site_url}/saml/login/?next=https://evil.example/")
    page = visit.browser.submit(page, page.form("username"), username="ines")
    page = visit.browser.submit(page, page.form("variant"), variant="honest")

    assert visit.post(page).url == f"{demo.site_url}/receipt/"
