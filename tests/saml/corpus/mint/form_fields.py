"""The form field: base64, and what is not."""

from __future__ import annotations

import base64
import gzip
import zlib
from collections.abc import Callable

from relyra_django.saml.errors import ErrorCode
from tests.saml.corpus.mint.draft import ALICE, Mutation
from tests.saml.corpus.mint.signers import REPOSITORY

XML, FIELD = ErrorCode.MALFORMED_XML, ErrorCode.INVALID_BINDING_PAYLOAD
DOCTYPE, ENTITY = ErrorCode.DOCTYPE_FORBIDDEN, ErrorCode.ENTITY_EXPANSION_FORBIDDEN
TOO_LARGE = ErrorCode.PAYLOAD_TOO_LARGE
Octets = Callable[[bytes], bytes]

_ONE = (REPOSITORY,)


def _field(
    slug: str, says: str, change: Callable[[bytes], str], judged: object = FIELD, **more: object
) -> Mutation:
    return Mutation(slug=slug, says=says, judged=judged, form_field=change, **more)  # type: ignore[arg-type]


def _text(xml: bytes) -> str:
    return base64.b64encode(xml).decode()


def _in_lines(width: int, end: str) -> Callable[[bytes], str]:
    def change(xml: bytes) -> str:
        text = _text(xml)
        return end.join(text[at : at + width] for at in range(0, len(text), width)) + end

    return change


def _deflated(xml: bytes) -> bytes:
    compressor = zlib.compressobj(9, wbits=-zlib.MAX_WBITS)
    return compressor.compress(xml) + compressor.flush()


def _padded_to(remainder: int) -> Callable[[bytes], bytes]:
    """Add blanks behind the message until its length leaves this remainder of three."""
    return lambda xml: xml + b" " * ((remainder - len(xml)) % 3)


BASE64: tuple[Mutation, ...] = (
    _field("empty", "An empty field.", lambda _: "", signers=_ONE),
    _field("blank", "A field of blanks.", lambda _: " \r\n\t", signers=_ONE),
    _field("padding-only", "A field of padding.", lambda _: "====", signers=_ONE),
    _field(
        "percent",
        "Something that is not base64.",
        lambda _: "%% not base64 %%",
        signers=_ONE,
    ),
    _field("xml-itself", "The message itself, not encoded.", lambda xml: xml.decode()),
    _field(
        "junk-inside",
        "A character of no alphabet inside.",
        lambda xml: _text(xml)[:40] + "*" + _text(xml)[40:],
    ),
    _field("junk-behind", "Something behind the padding.", lambda xml: _text(xml) + "=A"),
    _field("url-safe", "The alphabet for URLs.", lambda xml: "-_" + _text(xml)[2:]),
    _field(
        "no-break-space",
        "A no-break space inside.",
        lambda xml: _text(xml)[:40] + "\u00a0" + _text(xml)[40:],
    ),
    _field(
        "form-feed", "A form feed inside.", lambda xml: _text(xml)[:40] + "\f" + _text(xml)[40:]
    ),
    _field("full-width", "Letters of full width.", lambda xml: "\uff21" + _text(xml)[1:]),
    _field("data-url", "A data URL.", lambda xml: "data:text/xml;base64," + _text(xml)),
    _field(
        "percent-encoded",
        "Encoded for a URL once more.",
        lambda xml: _text(xml).replace("+", "%2B") + "%3D",
    ),
    _field(
        "too-much-padding",
        "Padding where none belongs.",
        lambda xml: _text(_padded_to(0)(xml)) + "=",
    ),
    _field(
        "padding-inside", "Padding in the middle.", lambda xml: _text(xml[:31]) + _text(xml[31:])
    ),
    _field(
        "wrong-padding",
        "One sign of padding where two belong.",
        lambda xml: _text(_padded_to(1)(xml))[:-1],
    ),
    _field("one-letter-left", "A letter too many.", lambda xml: _text(_padded_to(0)(xml)) + "A"),
    _field("twice", "Encoded twice.", lambda xml: _text(base64.b64encode(xml)), XML),
    _field("deflated", "Deflated, as in a redirect.", lambda xml: _text(_deflated(xml)), XML),
    _field(
        "gzip",
        "Compressed with gzip.",
        lambda xml: _text(gzip.compress(xml, mtime=0)),
        XML,
        signers=_ONE,
    ),
    _field(
        "deflate-bomb",
        "64 MiB of blanks, deflated: nothing is inflated here.",
        lambda _: _text(_deflated(b" " * (1 << 26))),
        XML,
        signers=_ONE,
        compressed=True,
        source="CVE-2025-25293",
    ),
    _field(
        "hexadecimal",
        "In hexadecimal: that is base64 of something else.",
        lambda xml: (xml + b" " * (-len(xml) % 2)).hex(),
        XML,
        signers=_ONE,
    ),
    _field("json", "JSON.", lambda _: _text(b'{"name_id": "admin"}'), XML, signers=_ONE),
    _field("html", "A web page.", lambda _: _text(b"<!doctype html><p>x"), XML, signers=_ONE),
    _field(
        "field-too-large",
        "A field above 1.5 MiB.",
        lambda xml: _text(xml) + " " * 1_572_864,
        TOO_LARGE,
        signers=_ONE,
        compressed=True,
        source="CVE-2025-54572",
    ),
    _field(
        "message-too-large",
        "A message above 1 MiB in a field below 1.5 MiB.",
        lambda xml: _text(xml + b" " * 1_048_576),
        TOO_LARGE,
        signers=_ONE,
        compressed=True,
    ),
    _field("lines", "Harmless: in lines of 76.", _in_lines(76, "\r\n"), ALICE),
    _field("tabs", "Harmless: in pieces, with tabs and blanks.", _in_lines(64, "\t "), ALICE),
    _field(
        "no-padding-one",
        "Harmless: one sign of padding left out.",
        lambda xml: _text(_padded_to(2)(xml)).rstrip("="),
        ALICE,
    ),
    _field(
        "no-padding-two",
        "Harmless: two signs of padding left out.",
        lambda xml: _text(_padded_to(1)(xml)).rstrip("="),
        ALICE,
    ),
)
