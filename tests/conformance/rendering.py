"""CONFORMANCE.md, from the manifest: the same rows always give the same page."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Final

from tests.conformance.manifest import Document, Rule, Status
from tests.conformance.proofs import CORPUS

_HEADER: Final = """\
# Conformance

Which rules of SAML 2.0 this Service Provider keeps, document by document, each with the tests that
prove it. Rules are in our own words; the documents are the authority.

This page is made from `tests/conformance/*.toml`. Change a row there, then run
`python manage.py relyra_conformance --output CONFORMANCE.md`. `python manage.py relyra_conformance
--check` fails when the page, the rows and the tests do not fit together.

- **pass**: we do what the rule says.
- **reject**: we refuse a message or document that breaks the rule.
- **unsupported**: we do not offer what the rule is about; the row says what happens instead.
- **deviation**: we do something else on purpose; the row says why.

"For" says whom the document tells to keep the rule: this Service Provider (SP), or an identity
provider (IdP) whose messages we judge.

<!-- rows -->
"""
_TABLE: Final = "| Where | For | Rule | Status | Proof |\n| --- | --- | --- | --- | --- |\n"


def render(documents: tuple[Document, ...]) -> str:
    """Return the whole page, ending with a newline."""
    return "\n".join([_HEADER, _summary(documents), *map(_section, documents)])


def _summary(documents: tuple[Document, ...]) -> str:
    lines = [
        "| Document | " + " | ".join(Status) + " | all |",
        "| --- |" + " --- |" * (len(Status) + 1),
    ]
    lines += [
        _counts(f"[{document.title}](#{_slug(document.title)})", document.rules)
        for document in documents
    ]
    every = tuple(rule for document in documents for rule in document.rules)
    return "\n".join([*lines, _counts("All", every), ""])


def _counts(name: str, rules: tuple[Rule, ...]) -> str:
    counted = Counter(rule.status for rule in rules)
    numbers = [counted[status] for status in Status] + [len(rules)]
    return f"| {name} | " + " | ".join(map(str, numbers)) + " |"


def _section(document: Document) -> str:
    rows = "".join(_row(rule) for rule in document.rules)
    return f"## {document.title}\n\n[The document]({document.url})\n\n{_TABLE}{rows}"


def _row(rule: Rule) -> str:
    text = _cell(rule.rule) + (f" *{_cell(rule.note)}*" if rule.note else "")
    proofs = ", ".join(_links(rule))
    return f"| {rule.where} | {rule.binds} | {text} | {rule.status} | {proofs} |\n"


def _links(rule: Rule) -> Iterator[str]:
    for proof in rule.proofs:
        if proof.startswith(CORPUS):
            yield f"[corpus: {proof.removeprefix(CORPUS)}](tests/saml/test_corpus.py)"
        else:
            file, _, name = proof.partition("::")
            yield f"[{_words(name)}]({file})"


def _words(name: str) -> str:
    """Return the name of a test as words: `TestAudience::test_each_names_us[x]` is a sentence.

    Words wrap on a phone, where a name of sixty letters would push the table off the page.
    """
    node, bracket, parameter = name.partition("[")
    parts = [re.sub(r"^(Test|test_)", "", part).replace("_", " ") for part in node.split("::")]
    return ": ".join(parts) + (f" ({parameter.removesuffix(']')})" if bracket else "")


def _cell(text: str) -> str:
    return text.replace("|", "\\|").strip()


def _slug(heading: str) -> str:
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")
