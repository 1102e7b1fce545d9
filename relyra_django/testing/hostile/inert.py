"""What looks like an attack and is none: a strict service provider accepts it and learns nothing.

Each must be accepted and say what an honest message says. A judge that reads where nothing is
signed takes admin from some of them; one that is afraid of everything refuses real providers.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from lxml import etree

from relyra_django.testing.hostile.attack import (
    Edit,
    Make,
    assertion_of,
    child,
    edited_after_signing,
    edited_before_signing,
    extensions,
    said,
    signature_of,
)
from relyra_django.testing.namespaces import SAML, SAMLP
from relyra_django.testing.response_spec import KeyInfo, Prefixes


@dataclass(frozen=True, kw_only=True, slots=True)
class Inert:
    """One odd but acceptable message, minted like a Hostile."""

    name: str
    make: Make

    def __str__(self) -> str:
        return self.name


def _admin_in_extensions(root: etree._Element) -> None:
    subject = etree.SubElement(extensions(root), f"{{{SAML}}}Subject")
    etree.SubElement(subject, f"{{{SAML}}}NameID").text = "admin"


def _admin_in_key_info(root: etree._Element) -> None:
    signature = signature_of(assertion_of(root))
    etree.SubElement(signature[-1], f"{{{SAML}}}NameID").text = "admin"


def _foreign_confirmation(root: etree._Element) -> None:
    confirmation = child(child(assertion_of(root), "Subject"), "SubjectConfirmation")
    method = "urn:oasis:names:tc:SAML:2.0:cm:holder-of-key"
    confirmation.addprevious(etree.Element(f"{{{SAML}}}SubjectConfirmation", Method=method))


def _text_behind_signature(root: etree._Element) -> None:
    # Before signing there is no Signature yet: the text behind Issuer ends up behind it.
    child(assertion_of(root), "Issuer").tail = "\n   "


def _blanks_round_names(root: etree._Element) -> None:
    issuer = child(assertion_of(root), "Issuer")
    issuer.text = f"\n  {issuer.text}\n"


def _value_wrapped(root: etree._Element) -> None:
    value = child(
        signature_of(assertion_of(root)), "SignatureValue", "http://www.w3.org/2000/09/xmldsig#"
    )
    text = value.text or ""
    value.text = "\r\n".join(["", *(text[at : at + 76] for at in range(0, len(text), 76)), ""])


def _advice(root: etree._Element) -> None:
    child(assertion_of(root), "Conditions").addnext(etree.Element(f"{{{SAML}}}Advice"))


def _one_time_use(root: etree._Element) -> None:
    etree.SubElement(child(assertion_of(root), "Conditions"), f"{{{SAML}}}OneTimeUse")


def _status_message(root: etree._Element) -> None:
    status = child(root, "Status", SAMLP)
    etree.SubElement(status, f"{{{SAMLP}}}StatusMessage").text = "admin"


def _before(edit: Edit) -> Make:
    return edited_before_signing(edit)


INERT: tuple[Inert, ...] = (
    Inert(
        name="admin-in-extensions",
        make=edited_after_signing(_admin_in_extensions, sign="assertion"),
    ),
    Inert(
        name="admin-in-key-info", make=edited_after_signing(_admin_in_key_info, sign="assertion")
    ),
    Inert(
        name="admin-in-status-message", make=edited_after_signing(_status_message, sign="assertion")
    ),
    Inert(name="certificate-of-a-stranger-shown", make=said(key_info=KeyInfo.WRONG)),
    Inert(name="no-certificate-shown", make=said(key_info=KeyInfo.NONE)),
    Inert(name="confirmation-of-another-kind-first", make=_before(_foreign_confirmation)),
    Inert(name="text-behind-signature", make=_before(_text_behind_signature)),
    Inert(name="blanks-round-issuer", make=_before(_blanks_round_names)),
    Inert(
        name="signature-value-in-lines", make=edited_after_signing(_value_wrapped, sign="assertion")
    ),
    Inert(name="advice-without-assertion", make=_before(_advice)),
    Inert(name="one-time-use", make=_before(_one_time_use)),
    Inert(name="no-lower-bound", make=said(not_before=None)),
    Inert(name="clocks-apart-within-skew", make=said(not_before=timedelta(seconds=179))),
    Inert(name="prefix-list", make=said(inclusive_prefixes=("xs", "#default"))),
    Inert(name="default-namespaces", make=said(prefixes=Prefixes.DEFAULT)),
    Inert(name="indented", make=said(pretty=True)),
    Inert(name="xml-declaration", make=said(declaration=True)),
)
