"""The least that a careful login can cost: no framework, no ORM, no HTTP.

One hardened parse, one xmlsec verification with the key kept loaded, the fields read from the
element that was verified, one transaction that burns the ID, uses the intent and writes a session.
"""

from __future__ import annotations

import base64
import secrets
import sqlite3
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import xmlsec
from lxml import etree

SAML = "{urn:oasis:names:tc:SAML:2.0:assertion}"
DSIG = "{http://www.w3.org/2000/09/xmldsig#}"
TABLES = (
    "CREATE TABLE floor_replay (k varchar(64) PRIMARY KEY, at timestamp NOT NULL)",
    "CREATE TABLE floor_intent (id varchar(64) PRIMARY KEY, consumed timestamp NULL)",
    "CREATE TABLE floor_session (k varchar(40) PRIMARY KEY, data text NOT NULL,"
    " expires timestamp NOT NULL)",
    "CREATE INDEX floor_session_expires ON floor_session (expires)",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Facts:
    assertion_id: str
    in_response_to: str
    name_id: str
    attributes: dict[str, list[str]]


@dataclass(kw_only=True, slots=True)
class Verifier:
    certificate_pem: str
    private_key_pem: str | None = None
    key: Any = field(init=False)
    manager: Any = field(init=False)

    def __post_init__(self) -> None:
        kept: Any = xmlsec
        self.key = kept.Key.from_memory(self.certificate_pem, kept.KeyFormat.CERT_PEM)
        if self.private_key_pem is not None:
            self.manager = kept.KeysManager()
            self.manager.add_key(kept.Key.from_memory(self.private_key_pem, kept.KeyFormat.PEM))

    def check(self, payload: str) -> Facts:
        """Verify every signature there is, decrypt what is encrypted, and read the assertion."""
        root = parse(base64.b64decode(payload))
        assertion = root.find(SAML + "Assertion")
        if assertion is None:
            assertion = self._decrypt(root.find(SAML + "EncryptedAssertion")[0])
        for element in (root, assertion):
            signature = element.find(DSIG + "Signature")
            if signature is not None:
                self._verify(element, signature)
        return read(assertion)

    def _decrypt(self, data: Any) -> Any:
        data.attrib.pop("Type", None)  # bytes, please
        kept: Any = xmlsec
        return parse(kept.EncryptionContext(self.manager).decrypt(data))

    def _verify(self, element: Any, signature: Any) -> None:
        reference = signature.find(f"{DSIG}SignedInfo/{DSIG}Reference")
        if reference.get("URI") != "#" + element.get("ID"):
            raise ValueError("reference")
        context = xmlsec.SignatureContext()
        context.key = self.key
        context.register_id(element, "ID")
        context.verify(signature)


def parse(octets: bytes) -> Any:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
    return etree.fromstring(octets, parser)


def read(assertion: Any) -> Facts:
    subject = assertion.find(SAML + "Subject")
    data = subject.find(f"{SAML}SubjectConfirmation/{SAML}SubjectConfirmationData")
    statement = assertion.find(SAML + "AttributeStatement")
    return Facts(
        assertion_id=assertion.get("ID"),
        in_response_to=data.get("InResponseTo", ""),
        name_id=subject.findtext(SAML + "NameID"),
        attributes={each.get("Name"): [v.text for v in each] for each in statement},
    )


class Store(Protocol):
    """One connection that stays open, and the one transaction of a login."""

    def add_intent(self, request_id: str) -> None: ...

    def login(self, facts: Facts) -> None: ...


class SqliteStore:
    def __init__(self, path: Path) -> None:
        self.connection = sqlite3.connect(path, isolation_level=None)
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL"):
            self.connection.execute("PRAGMA " + pragma)
        for table in TABLES:
            self.connection.execute(table)

    def add_intent(self, request_id: str) -> None:
        self.connection.execute("INSERT INTO floor_intent VALUES (?, NULL)", (request_id,))

    def login(self, facts: Facts) -> None:
        self.connection.execute("BEGIN IMMEDIATE")
        write(self.connection, facts, "?")
        self.connection.execute("COMMIT")


class PostgresStore:
    def __init__(self, url: str) -> None:
        import psycopg

        self.connection = psycopg.connect(url)
        for table in TABLES:
            self.connection.execute(table)
        self.connection.commit()

    def add_intent(self, request_id: str) -> None:
        self.connection.execute("INSERT INTO floor_intent VALUES (%s, NULL)", (request_id,))
        self.connection.commit()

    def login(self, facts: Facts) -> None:
        write(self.connection, facts, "%s")
        self.connection.commit()


def write(connection: Any, facts: Facts, mark: str) -> None:
    connection.execute(
        f"INSERT INTO floor_replay VALUES ({mark}, CURRENT_TIMESTAMP)", (facts.assertion_id,)
    )
    used = connection.execute(
        "UPDATE floor_intent SET consumed = CURRENT_TIMESTAMP"
        f" WHERE id = {mark} AND consumed IS NULL",
        (facts.in_response_to,),
    )
    if used.rowcount != 1:
        raise ValueError("intent")
    connection.execute(
        f"INSERT INTO floor_session VALUES ({mark}, {mark}, CURRENT_TIMESTAMP)",
        (secrets.token_hex(16), "x" * 300),
    )
