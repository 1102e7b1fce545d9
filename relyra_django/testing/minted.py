"""A finished Response: its bytes, the form field they travel in, and edits after signing."""

from __future__ import annotations

import base64
from dataclasses import dataclass, replace
from typing import Self


@dataclass(frozen=True, kw_only=True, slots=True)
class Minted:
    """A Response as the wire carries it. `str()` gives the form field.

    `payload` overrides the form field where a hostile mint is not base64 of `xml`.
    """

    xml: bytes
    response_id: str = ""
    assertion_id: str = ""
    payload: str | None = None

    @property
    def encoded(self) -> str:
        """The base64 text of the form field SAMLResponse (Bindings 3.5.4)."""
        if self.payload is not None:
            return self.payload
        return base64.b64encode(self.xml).decode("ascii")

    def __str__(self) -> str:
        return self.encoded

    def form(self, relay_state: str | None = None) -> dict[str, str]:
        """The fields the browser posts to the assertion consumer service."""
        fields = {"SAMLResponse": self.encoded}
        return fields if relay_state is None else {**fields, "RelayState": relay_state}

    def tampered(self, old: str | bytes, new: str | bytes, *, count: int = 1) -> Self:
        """Replace text after signing. ValueError: `old` is not there, so nothing was tampered with.

        `count=-1` replaces every occurrence.
        """
        before = old.encode() if isinstance(old, str) else old
        after = new.encode() if isinstance(new, str) else new
        if before not in self.xml:
            raise ValueError(f"{before!r} is not in the message")
        return self.with_xml(self.xml.replace(before, after, count))

    def with_xml(self, xml: bytes) -> Self:
        return replace(self, xml=xml)
