"""What a hostile mint is: an honest Response, one thing wrong with it, and the code it earns."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from lxml import etree

from relyra_django.saml.connection import ConnectionSnapshot, Policy
from relyra_django.saml.errors import ErrorCode
from relyra_django.testing.fake_idp import FakeIdP, serialized
from relyra_django.testing.minted import Minted
from relyra_django.testing.namespaces import DS, SAML, SAMLP

Make = Callable[..., Minted]
Edit = Callable[[etree._Element], None]


@dataclass(frozen=True, kw_only=True, slots=True)
class Hostile:
    """One attack. `make(idp, **knobs)` mints it from the knobs of an honest response.

    `code` is what a strict service provider answers. `solicited=False`: to be judged without a
    request. `second_use`: the message is honest, posting it again is the attack. `trusted` gives
    the certificates of the connection, where they are not those of the identity provider; `policy`
    is its policy, where the attack is on an exception that the policy makes.
    """

    name: str
    code: ErrorCode
    make: Make
    solicited: bool = True
    second_use: bool = False
    trusted: Callable[[FakeIdP], tuple[str, ...]] | None = field(default=None)
    policy: Policy = field(default_factory=Policy)

    def __str__(self) -> str:
        return self.name

    def connection(self, idp: FakeIdP, **overrides: Any) -> ConnectionSnapshot:
        """Return the connection this attack is aimed at."""
        if self.trusted is not None:
            overrides = {"idp_certificates": self.trusted(idp), **overrides}
        return idp.connection(**{"policy": self.policy, **overrides})


def said(**changes: Any) -> Make:
    """Make the identity provider itself say something wrong, and sign it."""

    def make(idp: FakeIdP, **honest: Any) -> Minted:
        return idp.response(**{**honest, **changes})

    return make


def edited_before_signing(edit: Edit) -> Make:
    """Rewrite the tree, then sign it: the signature is fine, the message is not."""
    return said(edit=edit)


def edited_after_signing(edit: Edit, **changes: Any) -> Make:
    """Rewrite the tree of a signed message, as an attacker on the way would."""

    def make(idp: FakeIdP, **honest: Any) -> Minted:
        minted = idp.response(**{**honest, **changes})
        root = etree.fromstring(minted.xml)
        edit(root)
        return minted.with_xml(serialized(root))

    return make


def child(parent: etree._Element, name: str, namespace: str = SAML) -> etree._Element:
    """Return the first child of that name. LookupError: an honest message would have one."""
    found = parent.find(f"{{{namespace}}}{name}")
    if found is None:
        raise LookupError(f"{parent.tag} has no {name}")
    return found


def assertion_of(root: etree._Element) -> etree._Element:
    return child(root, "Assertion")


def signature_of(element: etree._Element) -> etree._Element:
    return child(element, "Signature", DS)


def signed_element(root: etree._Element) -> etree._Element:
    """Return what carries the outermost signature: an inner one is covered by it."""
    return root if root.find(f"{{{DS}}}Signature") is not None else assertion_of(root)


def extensions(root: etree._Element) -> etree._Element:
    """Insert samlp:Extensions where the schema wants it, before Status."""
    element = etree.Element(f"{{{SAMLP}}}Extensions")
    root.insert(root.index(child(root, "Status", SAMLP)), element)
    return element


def bare(signature: etree._Element) -> None:
    """Take a Signature out of its parent; the text behind it stays."""
    parent = signature.getparent()
    if parent is not None:
        signature.tail = None
        parent.remove(signature)
