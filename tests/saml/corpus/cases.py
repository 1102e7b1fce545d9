"""One case as its manifest describes it, and the way from the files to all of them."""

from __future__ import annotations

import base64
import json
import lzma
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

CORPUS = Path(__file__).parent
DATA = CORPUS / "data"
KEYS = CORPUS / "keys"
ACCEPTED = "accepted"
_DEFAULTS = {"entry": "response", "binding": "post", "source": "review"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Identity:
    """What an accepted Response says of the visitor, word for word.

    Each attribute is its name and its values. `name_id` None: the assertion names nobody.
    """

    name_id: str | None
    attributes: tuple[tuple[str, tuple[str, ...]], ...] = ()

    @classmethod
    def read(cls, written: Mapping[str, Any]) -> Identity:
        return cls(
            name_id=written["name_id"],
            attributes=tuple((name, tuple(values)) for name, values in written["attributes"]),
        )

    def write(self) -> dict[str, Any]:
        return {"name_id": self.name_id, "attributes": [[n, list(v)] for n, v in self.attributes]}


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """One message and what a strict service provider answers to it.

    `file` is where its bytes are: `.xml` is the message itself, `.txt` the raw form field or query
    string, `.xz` after either the same compressed. `expected` is an error code or "accepted".
    `twin` names the honest case that the mutation began with: same signer, same class of message.
    `connection` and `policy` are what differs from the connection of the corpus, `arguments` what
    differs in the call. Certificates and keys are named, not written: they are in `keys/`.
    """

    name: str
    class_: str
    mutation: str
    signer: str
    file: str
    expected: str
    twin: str | None = None
    entry: str = "response"
    binding: str = "post"
    identity: Identity | None = None
    connection: Mapping[str, Any] = field(default_factory=dict)
    policy: Mapping[str, Any] = field(default_factory=dict)
    arguments: Mapping[str, Any] = field(default_factory=dict)
    source: str = "review"

    def __str__(self) -> str:
        return f"{self.class_}/{self.name}"

    @property
    def path(self) -> Path:
        return DATA / self.class_ / self.file

    @property
    def hostile(self) -> bool:
        return self.expected != ACCEPTED

    def content(self) -> bytes:
        """Return the bytes of the file, decompressed."""
        written = self.path.read_bytes()
        return lzma.decompress(written) if self.file.endswith(".xz") else written

    def payload(self) -> str:
        """Return the form field, or the query string, as it would arrive."""
        name = self.file.removesuffix(".xz")
        content = self.content()
        if name.endswith(".txt"):
            return content.decode("utf-8")
        return base64.b64encode(content).decode("ascii")

    def message(self) -> bytes:
        """Return what the base64 of a form field holds; nothing where it is not base64."""
        if ".xml" in self.file:
            return self.content()
        try:
            return base64.b64decode(self.content(), validate=True)
        except ValueError:
            return b""

    @classmethod
    def read(cls, class_: str, written: Mapping[str, Any]) -> Case:
        fields = {"file": f"{written['name']}.xml", **written, "class_": class_}
        if identity := fields.pop("identity", None):
            fields["identity"] = Identity.read(identity)
        return cls(**fields)

    def write(self) -> dict[str, Any]:
        """Return the entry of the manifest: what differs from the defaults, in a fixed order."""
        entry: dict[str, Any] = {}
        for name in self.__slots__:
            value = getattr(self, name)
            if name == "class_" or value is None or value == {}:
                continue
            if value == (f"{self.name}.xml" if name == "file" else _DEFAULTS.get(name)):
                continue
            entry[name] = value.write() if isinstance(value, Identity) else value
        return entry


def manifest_of(class_: str) -> Path:
    return DATA / class_ / "manifest.json"


@cache
def load() -> tuple[Case, ...]:
    """Read every manifest."""
    return tuple(
        Case.read(path.parent.name, written)
        for path in sorted(DATA.glob("*/manifest.json"))
        for written in json.loads(path.read_text())
    )


def instant(written: str) -> datetime:
    return datetime.fromisoformat(written)


def pem(name: str) -> str:
    """Return the text of `keys/<name>.pem`."""
    return (KEYS / f"{name}.pem").read_text()
