"""Encodings, remarks and entities: what the parser must never be asked."""

from __future__ import annotations

import re

from relyra_django.saml.errors import ErrorCode
from tests.saml.corpus.mint.draft import ALICE, RESPONSE, Mutation, Octets, octets

XML, FIELD = ErrorCode.MALFORMED_XML, ErrorCode.INVALID_BINDING_PAYLOAD
DOCTYPE, ENTITY = ErrorCode.DOCTYPE_FORBIDDEN, ErrorCode.ENTITY_EXPANSION_FORBIDDEN
TOO_LARGE = ErrorCode.PAYLOAD_TOO_LARGE
BOM = b"\xef\xbb\xbf"
XXE = b'<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/hostname">]>'
LAUGHS = (
    b'<!DOCTYPE r [<!ENTITY a0 "ha">'
    + b"".join(b'<!ENTITY a%d "%s">' % (n, b"&a%d;" % (n - 1) * 10) for n in range(1, 10))
    + b"]>"
)


def before(prologue: bytes) -> Octets:
    return lambda xml: prologue + xml


def behind(epilogue: bytes) -> Octets:
    return lambda xml: xml + epilogue


def replaced(old: bytes, new: bytes) -> Octets:
    """Replace the first occurrence. ValueError: there is none."""

    def change(xml: bytes) -> bytes:
        if old not in xml:
            raise ValueError(f"{old!r} is not in the message")
        return xml.replace(old, new, 1)

    return change


def text_of(name: str, insert: bytes) -> Octets:
    """Insert into the middle of the text of the last element of this local name."""

    def change(xml: bytes) -> bytes:
        *_, match = re.finditer(rb"<(?:\w+:)?%s\b[^>]*>(\s*\w\w)" % name.encode(), xml)
        return xml[: match.end()] + insert + xml[match.end() :]

    return change


def _encoded(encoding: str, mark: bytes = b"", declared: str = "") -> Octets:
    declaration = f'<?xml version="1.0" encoding="{declared}"?>' if declared else ""
    return lambda xml: mark + (declaration + xml.decode()).encode(encoding)


def _declared(text: str) -> Octets:
    return before(f"<?xml {text}?>".encode())


ENCODINGS: tuple[Mutation, ...] = (
    octets(
        "utf-16-le",
        "UTF-16, little end first, with its mark.",
        _encoded("utf-16-le", b"\xff\xfe", "UTF-16"),
    ),
    octets(
        "utf-16-be",
        "UTF-16, big end first, with its mark.",
        _encoded("utf-16-be", b"\xfe\xff", "UTF-16"),
    ),
    octets("utf-16-le-bare", "UTF-16, little end first, without a mark.", _encoded("utf-16-le")),
    octets("utf-16-be-bare", "UTF-16, big end first, without a mark.", _encoded("utf-16-be")),
    octets(
        "utf-16-hides-doctype",
        "A DOCTYPE hidden by UTF-16.",
        lambda xml: (XXE + xml).decode().encode("utf-16"),
    ),
    octets("utf-32", "UTF-32.", _encoded("utf-32")),
    octets(
        "utf-7",
        "Declared as UTF-7, with a DOCTYPE spelt in it.",
        lambda xml: b'<?xml version="1.0" encoding="UTF-7"?>+ADwAIQ-DOCTYPE r+AD4-' + xml,
    ),
    octets("latin-1", "Declared as ISO-8859-1.", _declared('version="1.0" encoding="ISO-8859-1"')),
    octets("ebcdic", "EBCDIC.", _encoded("cp037", b"", "ebcdic-cp-us")),
    octets(
        "windows-1252",
        "Declared as windows-1252.",
        _declared('version="1.0" encoding="windows-1252"'),
    ),
    octets("us-ascii", "Declared as US-ASCII.", _declared('version="1.0" encoding="US-ASCII"')),
    octets(
        "unknown-encoding",
        "Declared as an encoding that nobody has.",
        _declared('version="1.0" encoding="x-none"'),
    ),
    octets("two-marks", "Two byte order marks.", before(BOM + BOM)),
    octets(
        "mark-inside",
        "A byte order mark behind the declaration.",
        before(b'<?xml version="1.0"?>' + BOM),
    ),
    octets("nul-inside", "A NUL in the NameID.", text_of("NameID", b"\0")),
    octets("nul-behind", "A NUL behind the message.", behind(b"\0")),
    octets("control-character", "A control character in the NameID.", text_of("NameID", b"\x01")),
    octets(
        "control-reference",
        "A reference to a control character in the NameID.",
        text_of("NameID", b"&#1;"),
    ),
    octets("surrogate", "A surrogate written as UTF-8.", text_of("NameID", b"\xed\xa0\x80")),
    octets("overlong", "An overlong sequence.", text_of("NameID", b"\xc0\xbc")),
    octets("stray-byte", "A byte that begins no character.", text_of("NameID", b"\xff")),
    octets("cut-character", "Half a character at the end.", behind(b"\xc3")),
    octets("xml-1.1", "XML 1.1.", _declared('version="1.1"')),
    octets("xml-2.0", "XML 2.0.", _declared('version="2.0" encoding="UTF-8"')),
    octets(
        "declaration-behind-blank",
        "A blank before the declaration.",
        before(b' <?xml version="1.0"?>'),
    ),
    octets(
        "two-declarations",
        "Two declarations.",
        before(b'<?xml version="1.0"?><?xml version="1.0"?>'),
    ),
    octets("two-roots", "Two messages, one behind the other.", lambda xml: xml + xml),
    octets("truncated", "The end is missing.", lambda xml: xml[:-9]),
    octets("text-behind", "Text behind the message.", behind(b"x")),
    octets(
        "undeclared-prefix",
        "An attribute with an undeclared prefix.",
        replaced(b" Version=", b" q:x='1' Version="),
    ),
    octets(
        "attribute-twice",
        "An attribute twice.",
        replaced(b' Version="2.0"', b' Version="2.0" Version="2.0"'),
    ),
    octets("one-mark", "Harmless: one byte order mark.", before(BOM), ALICE),
    octets(
        "declared-utf-8",
        "Harmless: declared as utf-8, standalone.",
        _declared("version='1.0' encoding='utf-8' standalone='yes'"),
        ALICE,
    ),
    octets(
        "newlines-round",
        "Harmless: blank lines before and behind the message.",
        lambda xml: b"\n\r\n" + xml + b"\n\n",
        ALICE,
    ),
    octets(
        "declaration-then-newline",
        "Harmless: a declaration on a line of its own.",
        before(b'<?xml version="1.0" encoding="UTF-8"?>\n'),
        ALICE,
    ),
)

_COMMENT, _INSTRUCTION = b"<!---->", b"<?x y?>"
_SPLIT = ("NameID", "Audience", "AttributeValue", "Issuer", "DigestValue", "SignatureValue")

REMARKS: tuple[Mutation, ...] = (
    *(
        octets(
            f"comment-in-{name}",
            f"A comment splits the text of {name}.",
            text_of(name, _COMMENT),
            XML,
            "CVE-2017-11427 and kin; CVE-2025-29775",
        )
        for name in _SPLIT
    ),
    *(
        octets(
            f"instruction-in-{name}",
            f"A processing instruction splits the text of {name}.",
            text_of(name, _INSTRUCTION),
        )
        for name in _SPLIT
    ),
    octets(
        "comment-in-name-id-of-response",
        "A comment splits the NameID of a signed Response.",
        text_of("NameID", _COMMENT),
        shapes=(RESPONSE,),
    ),
    octets("comment-before", "A comment before the message.", before(_COMMENT)),
    octets("comment-behind", "A comment behind the message.", behind(_COMMENT)),
    octets(
        "instruction-before",
        "A style sheet instruction before the message.",
        before(b'<?xml-stylesheet href="https://evil.example/x.xsl" type="text/xsl"?>'),
    ),
    octets(
        "instruction-behind", "A processing instruction behind the message.", behind(_INSTRUCTION)
    ),
    octets(
        "cdata-in-name-id",
        "Harmless: the NameID is a CDATA section.",
        replaced(b">alice<", b"><![CDATA[alice]]><"),
        ALICE,
    ),
    octets(
        "half-cdata-in-name-id",
        "Harmless: half of the NameID is a CDATA section.",
        replaced(b">alice<", b">al<![CDATA[ice]]><"),
        ALICE,
    ),
    octets(
        "character-reference-in-name-id",
        "Harmless: a letter of the NameID as a reference.",
        replaced(b">alice<", b">&#x61;lice<"),
        ALICE,
    ),
    octets(
        "cdata-hides-a-name",
        "A CDATA section adds to the NameID what looks like markup.",
        text_of("NameID", b"<![CDATA[<admin/>]]>"),
        ErrorCode.DIGEST_MISMATCH,
    ),
)

ENTITIES: tuple[Mutation, ...] = (
    octets("doctype", "An empty DOCTYPE.", before(b"<!DOCTYPE r>"), DOCTYPE),
    octets(
        "doctype-system",
        "A DOCTYPE with a system identifier.",
        before(b'<!DOCTYPE r SYSTEM "https://evil.example/x.dtd">'),
        DOCTYPE,
    ),
    octets(
        "doctype-public",
        "A DOCTYPE with a public identifier.",
        before(b'<!DOCTYPE r PUBLIC "-//X//X" "https://evil.example/x.dtd">'),
        DOCTYPE,
    ),
    octets(
        "external-entity",
        "An entity from a file, used in the NameID.",
        lambda xml: XXE + text_of("NameID", b"&x;")(xml),
        DOCTYPE,
        "CVE-2017-9672",
    ),
    octets(
        "external-entity-from-the-net",
        "An entity from the network.",
        before(b'<!DOCTYPE r [<!ENTITY x SYSTEM "http://169.254.169.254/">]>'),
        DOCTYPE,
    ),
    octets(
        "parameter-entity",
        "A parameter entity that loads a DTD.",
        before(b'<!DOCTYPE r [<!ENTITY % p SYSTEM "https://evil.example/p">%p;]>'),
        DOCTYPE,
    ),
    octets(
        "billion-laughs",
        "Entities in entities.",
        lambda xml: LAUGHS + text_of("NameID", b"&a9;")(xml),
        DOCTYPE,
    ),
    octets(
        "quadratic-entity",
        "One long entity, used often.",
        lambda xml: (
            b'<!DOCTYPE r [<!ENTITY a "%s">]>' % (b"a" * 9000)
            + text_of("NameID", b"&a;" * 3000)(xml)
        ),
        DOCTYPE,
        compressed=True,
    ),
    octets(
        "default-attribute",
        "A DTD that gives the assertion an ID.",
        before(b'<!DOCTYPE r [<!ATTLIST Assertion Id ID "_x">]>'),
        DOCTYPE,
    ),
    octets(
        "entity-alone",
        "An entity declaration without a DOCTYPE.",
        before(b"<!ENTITY a 'b'>"),
        ENTITY,
    ),
    octets("doctype-lower-case", "A doctype in lower case.", before(b"<!doctype r>")),
    octets("undeclared-entity", "An entity that nobody declared.", text_of("NameID", b"&admin;")),
    octets("html-entity", "An entity of HTML.", text_of("NameID", b"&nbsp;")),
    octets("doctype-behind", "A DOCTYPE behind the message.", behind(b"<!DOCTYPE r>"), DOCTYPE),
    octets(
        "doctype-in-cdata",
        "Text that looks like a DOCTYPE is refused unseen.",
        text_of("NameID", b"<![CDATA[<!DOCTYPE r>]]>"),
        DOCTYPE,
    ),
    octets(
        "conditional-section",
        "A conditional section of a DTD in the message.",
        text_of("NameID", b"<![IGNORE[x]]>"),
    ),
)
