"""What people see and what names may look like: display name, NameID formats, scopes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, TypedDict

from lxml import etree

from relyra_django.saml import constants as c
from relyra_django.saml import xml
from relyra_django.saml.errors import ErrorCode, RelyraError

MAX_DISPLAY_NAME_LENGTH: Final = 255
# What of a name is looked at; the rest of ten million characters is work for nothing.
MAX_READ: Final = 4_096
MAX_FORMATS: Final = 32
MAX_FORMAT_LENGTH: Final = 512
MAX_SCOPES: Final = 512
MAX_SCOPE_LENGTH: Final = 255

_EXTENSIONS: Final = c.MD + "Extensions"
_UI_NAME: Final = f"{_EXTENSIONS}/{c.MDUI}UIInfo/{c.MDUI}DisplayName"
_ORGANIZATION_NAME: Final = f"{c.MD}Organization/{c.MD}OrganizationDisplayName"
_SCOPE: Final = f"{_EXTENSIONS}/{c.SHIBMD}Scope"


class Scopes(TypedDict):
    """The fields of IdpMetadata that scopes() fills."""

    scopes: tuple[str, ...]
    ignored_scopes: tuple[str, ...]


def display_name(entity: etree._Element, role: etree._Element) -> str:
    """Return the name to show: of the service, else of its organization, English before others.

    "" where there is none. Raises malformed_xml (MDUI 2.1.2, Metadata 2.3.2.1).
    """
    for found in (
        role.findall(_UI_NAME),
        role.findall(_ORGANIZATION_NAME),
        entity.findall(_ORGANIZATION_NAME),
    ):
        # sorted() keeps the order of the document among equals.
        shown = (_shown(xml.text(name)) for name in sorted(found, key=_is_foreign))
        if name := next(filter(None, shown), ""):
            return name
    return ""


def name_id_formats(role: etree._Element) -> tuple[str, ...]:
    """Return the NameIDFormats. Raises malformed_xml (Metadata 2.4.2)."""
    elements = _limited(role.findall(c.MD + "NameIDFormat"), MAX_FORMATS)
    names = map(xml.token, elements)
    return _once(name for name in names if _is_plain(name) and len(name) <= MAX_FORMAT_LENGTH)


def scopes(entity: etree._Element, role: etree._Element) -> Scopes:
    """Return the scopes of the role and of its entity. Raises malformed_xml.

    Regular expressions are not scopes here: nobody checks a name against a stranger's pattern.
    """
    elements = _limited([*role.findall(_SCOPE), *entity.findall(_SCOPE)], MAX_SCOPES)
    read = [(xml.token(element), is_true(element.get("regexp"))) for element in elements]
    usable = [scope for scope, pattern in read if not pattern and _is_scope(scope)]
    ignored = (scope[:MAX_SCOPE_LENGTH] for scope, _ in read if scope not in usable)
    return {"scopes": _once(usable), "ignored_scopes": _once(ignored)}


def is_true(written: str | None) -> bool:
    """Read an xs:boolean; what is none is not true."""
    return written is not None and written.strip() in ("true", "1")


def _is_foreign(name: etree._Element) -> bool:
    language = name.get(c.XML + "lang", "").lower()
    return language.partition("-")[0] != "en"


def _shown(text: str) -> str:
    """Return the text on one line, without what cannot be seen and turns a page round."""
    line = " ".join(text[:MAX_READ].split())
    return "".join(filter(str.isprintable, line))[:MAX_DISPLAY_NAME_LENGTH].strip()


def _is_plain(text: str) -> bool:
    return bool(text) and text.isprintable() and " " not in text


def _is_scope(text: str) -> bool:
    return _is_plain(text) and "@" not in text and len(text) <= MAX_SCOPE_LENGTH


def _limited(elements: list[etree._Element], most: int) -> list[etree._Element]:
    if len(elements) > most:
        raise RelyraError(
            ErrorCode.MALFORMED_XML,
            "The identity provider says too much of one kind.",
            expected=most,
            actual=len(elements),
        )
    return elements


def _once(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(texts))
