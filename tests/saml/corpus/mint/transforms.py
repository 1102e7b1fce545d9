"""Transforms and canonicalizations other than the one pair that is accepted."""

from __future__ import annotations

from lxml import etree

from relyra_django.saml.errors import ErrorCode
from relyra_django.testing.namespaces import C14N, DS, ENVELOPED, EXC_C14N
from tests.saml.corpus.mint.draft import (
    ALICE,
    ASSERTION,
    EVERY_SHAPE,
    Edit,
    Mutation,
    mutation,
)
from tests.saml.corpus.mint.edits import (
    canonicalization,
    ds,
    growing,
    setting,
    together,
    transforms,
)
from tests.saml.corpus.mint.signers import Style

OLD, TRANSFORM = ErrorCode.DEPRECATED_ALGORITHM, ErrorCode.CANONICALIZATION_FAILED
INVALID, SHAPE = ErrorCode.INVALID_SIGNATURE, ErrorCode.AMBIGUOUS_SIGNED_NODE
UNTRUSTED = ErrorCode.UNTRUSTED_CERTIFICATE

XSLT = "http://www.w3.org/TR/1999/REC-xslt-19991116"
XPATH = "http://www.w3.org/TR/1999/REC-xpath-19991116"
XPATH2 = "http://www.w3.org/2002/06/xmldsig-filter2"
BASE64 = DS + "base64"
C14N11 = "http://www.w3.org/2006/12/xml-c14n11"
COMMENTS = "WithComments"
_STYLESHEET = (
    '<xsl:stylesheet xmlns:xsl="http://www.w3.org/1999/XSL/Transform" version="1.0">{}'
    "</xsl:stylesheet>"
)
_IDENTITY = _STYLESHEET.format('<xsl:template match="/"><xsl:copy-of select="."/></xsl:template>')
_LEAK = _STYLESHEET.format(
    '<xsl:template match="/"><x><xsl:value-of select="document(\'file:///etc/hostname\')"/></x>'
    "</xsl:template>"
)
# Each call makes two more: without a bound this ends with the universe.
_BOMB = _STYLESHEET.format(
    '<xsl:template match="/"><xsl:call-template name="b"/></xsl:template>'
    '<xsl:template name="b"><xsl:call-template name="b"/><xsl:call-template name="b"/>'
    "</xsl:template>"
)
_XPATH_TRUE = f'<XPath xmlns="{DS}">true()</XPath>'
_XPATH_NOT_NAME = f"<XPath xmlns=\"{DS}\">not(ancestor-or-self::*[local-name()='NameID'])</XPath>"
_FILTER = f'<XPath xmlns="{XPATH2}" Filter="subtract">//*[local-name()="NameID"]</XPath>'


def _steps(*steps: str | tuple[str, str]) -> Edit:
    """Replace the transforms; a pair is an algorithm and the XML inside."""

    def edit(message: etree._Element) -> None:
        held = transforms(message)
        held[:] = []
        held.text = None
        for step in steps:
            algorithm, content = (step, "") if isinstance(step, str) else step
            transform = etree.SubElement(held, ds("Transform"), Algorithm=algorithm)
            if content:
                transform.append(etree.fromstring(content))

    return edit


_CHAINS: dict[str, tuple[str, Edit]] = {
    "xslt": ("XSLT", _steps(ENVELOPED, (XSLT, _IDENTITY), EXC_C14N)),
    "xslt-last": ("XSLT at the end", _steps(ENVELOPED, EXC_C14N, (XSLT, _IDENTITY))),
    "xslt-instead": ("XSLT for exc-c14n", _steps(ENVELOPED, (XSLT, _IDENTITY))),
    "xslt-reads-a-file": ("XSLT that reads a file", _steps(ENVELOPED, (XSLT, _LEAK))),
    "xslt-bomb": ("XSLT that never ends", _steps((XSLT, _BOMB), ENVELOPED, EXC_C14N)),
    "xpath": ("XPath that keeps everything", _steps(ENVELOPED, (XPATH, _XPATH_TRUE), EXC_C14N)),
    "xpath-hides": (
        "XPath that leaves out the NameID",
        _steps(ENVELOPED, (XPATH, _XPATH_NOT_NAME), EXC_C14N),
    ),
    "xpath2-hides": (
        "a filter that leaves out the NameID",
        _steps(ENVELOPED, (XPATH2, _FILTER), EXC_C14N),
    ),
    "base64": ("base64", _steps(ENVELOPED, BASE64)),
    "none": ("nothing", _steps()),
    "enveloped-only": ("enveloped-signature alone", _steps(ENVELOPED)),
    "canonical-only": ("exc-c14n alone", _steps(EXC_C14N)),
    "swapped": ("the two the other way round", _steps(EXC_C14N, ENVELOPED)),
    "enveloped-twice": ("enveloped-signature twice", _steps(ENVELOPED, ENVELOPED, EXC_C14N)),
    "canonical-twice": ("exc-c14n twice", _steps(ENVELOPED, EXC_C14N, EXC_C14N)),
    "hundred": ("exc-c14n a hundred times", _steps(ENVELOPED, *[EXC_C14N] * 99)),
    "inclusive": ("C14N 1.0", _steps(ENVELOPED, C14N)),
    "inclusive-1.1": ("C14N 1.1", _steps(ENVELOPED, C14N11)),
    "inclusive-with-comments": ("C14N 1.0 with comments", _steps(ENVELOPED, C14N + "#" + COMMENTS)),
    "with-comments": ("exc-c14n with comments", _steps(ENVELOPED, EXC_C14N + COMMENTS)),
    "unknown": ("one that nobody has", _steps(ENVELOPED, "urn:x:none")),
    "empty-name": ("one without a name", _steps(ENVELOPED, "")),
    "decrypt": (
        "a decryption",
        _steps("http://www.w3.org/2002/07/decrypt#XML", ENVELOPED, EXC_C14N),
    ),
}


def _prefix_list(text: str | None, tag: str = f"{{{EXC_C14N}}}InclusiveNamespaces") -> Edit:
    def edit(message: etree._Element) -> None:
        element = etree.SubElement(transforms(message)[1], tag)
        if text is not None:
            element.set("PrefixList", text)

    return edit


_LISTS = {
    "17-prefixes": " ".join(f"p{n}" for n in range(17)),
    "no-name": "xs 1",
    "tab": "xs\txsi",
    "colon": "xs:x",
    "hash-other": "#other",
    "xpath": "*",
}

# libxmlsec does not sign these, or had better not.
_BEYOND_LIBXMLSEC = frozenset(
    {"xslt-bomb", "xslt-reads-a-file", "unknown", "empty-name", "decrypt", "base64", "swapped"}
)

TRANSFORMS: tuple[Mutation, ...] = (
    *(
        mutation(
            slug,
            f"The transforms are {says}.",
            TRANSFORM,
            after=edit,
            resigned=slug not in _BEYOND_LIBXMLSEC,
            sealed=True,
            shapes=EVERY_SHAPE
            if slug in {"xslt", "xpath-hides", "enveloped-only"}
            else (ASSERTION,),
        )
        for slug, (says, edit) in _CHAINS.items()
    ),
    *(
        mutation(
            f"prefix-list-{slug}",
            f"The PrefixList is {text!r}.",
            TRANSFORM,
            after=_prefix_list(text),
            sealed=True,
        )
        for slug, text in _LISTS.items()
    ),
    mutation(
        "prefix-list-in-enveloped",
        "enveloped-signature has a parameter.",
        TRANSFORM,
        after=growing(lambda m: transforms(m)[0], f"{{{EXC_C14N}}}InclusiveNamespaces"),
        sealed=True,
    ),
    mutation(
        "two-prefix-lists",
        "exc-c14n has two PrefixLists.",
        TRANSFORM,
        after=together(_prefix_list("xs"), _prefix_list("xsi")),
        sealed=True,
    ),
    mutation(
        "foreign-parameter",
        "exc-c14n has a foreign parameter.",
        TRANSFORM,
        after=_prefix_list("xs", "{urn:x}InclusiveNamespaces"),
        sealed=True,
    ),
    mutation(
        "parameter-with-child",
        "InclusiveNamespaces holds an element.",
        TRANSFORM,
        after=together(_prefix_list("xs"), growing(lambda m: transforms(m)[1][0], "{urn:x}x")),
        sealed=True,
    ),
    mutation(
        "foreign-step",
        "A step that is no ds:Transform.",
        TRANSFORM,
        after=lambda message: setattr(transforms(message)[1], "tag", "{urn:x}Transform"),
        sealed=True,
    ),
    *(
        mutation(
            f"signed-info-{slug}",
            f"SignedInfo is canonicalized by {uri!r}.",
            TRANSFORM,
            after=setting(canonicalization, "Algorithm", uri),
            resigned=True,
        )
        for slug, uri in {
            "inclusive": C14N,
            "inclusive-1.1": C14N11,
            "with-comments": EXC_C14N + COMMENTS,
        }.items()
    ),
    mutation(
        "signed-info-unknown",
        "SignedInfo is canonicalized by nobody knows what.",
        TRANSFORM,
        after=setting(canonicalization, "Algorithm", "urn:x:none"),
        sealed=True,
    ),
    mutation(
        "signed-info-17-prefixes",
        "SignedInfo has 17 inclusive prefixes.",
        TRANSFORM,
        after=growing(
            canonicalization, f"{{{EXC_C14N}}}InclusiveNamespaces", PrefixList=_LISTS["17-prefixes"]
        ),
        sealed=True,
    ),
    mutation(
        "prefix-list",
        "Harmless: a PrefixList with prefixes from outside.",
        ALICE,
        style=Style(prefixes=("xs", "xsi")),
    ),
    mutation(
        "prefix-list-unused",
        "Harmless: a PrefixList with a prefix that nobody declared.",
        ALICE,
        style=Style(prefixes=("xs", "nobody")),
    ),
)
