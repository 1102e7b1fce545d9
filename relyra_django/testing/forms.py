"""What a browser would find in a page of ours: hidden fields and links."""

from __future__ import annotations

from html.parser import HTMLParser


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}
        self.links: list[str] = []
        self.action = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        if tag == "input" and attributes.get("name"):
            self.fields[attributes["name"]] = attributes.get("value", "")
        elif tag == "a" and attributes.get("href"):
            self.links.append(attributes["href"])
        elif tag == "form":
            self.action = attributes.get("action", "")


def read_form(page: str) -> dict[str, str]:
    """Return the named input fields of a page with one form."""
    return _read(page).fields


def read_action(page: str) -> str:
    """Return where the last form of a page leads."""
    return _read(page).action


def read_links(page: str) -> list[str]:
    """Return the targets of the links, in order."""
    return _read(page).links


def _read(page: str) -> _Reader:
    reader = _Reader()
    reader.feed(page)
    reader.close()
    return reader
