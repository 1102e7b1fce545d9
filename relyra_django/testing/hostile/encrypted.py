"""Attacks round XML Encryption: anybody has our public key, so encrypting proves nothing."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from typing import Any

from lxml import etree

from relyra_django.saml.errors import ErrorCode
from relyra_django.testing.encryption import Addressee, Encryption, fill
from relyra_django.testing.fake_idp import FakeIdP
from relyra_django.testing.hostile.attack import (
    Edit,
    Hostile,
    assertion_of,
    bare,
    child,
    edited_after_signing,
    extensions,
    signature_of,
)
from relyra_django.testing.hostile.encrypted_names import NAMES
from relyra_django.testing.hostile.encrypting import (
    ENCRYPTED_ASSERTION,
    HATCH_OPEN,
    HATCH_OVER,
    STRANGER,
    cipher_value,
    data_of,
    encrypted,
    flip,
    hostile_plaintext,
    key_of,
    octets,
)
from relyra_django.testing.hostile.plaintexts import MALLEABLE, PLAINTEXTS
from relyra_django.testing.minted import Minted
from relyra_django.testing.namespaces import CONTENT_TYPE, DS, SAML, XENC
from relyra_django.testing.response_spec import new_id


def _add(of: Callable[[etree._Element], etree._Element], tag: str, **attributes: str) -> Edit:
    def edit(holder: etree._Element) -> None:
        etree.SubElement(of(holder), tag, attributes)

    return edit


def _cipher_reference(holder: etree._Element) -> None:
    value = cipher_value(data_of(holder))
    reference = etree.Element(f"{{{XENC}}}CipherReference", URI="https://evil.example/data")
    value.addnext(reference)
    bare(value)


def _points(uri: str) -> Edit:
    def edit(holder: etree._Element) -> None:
        info = child(data_of(holder), "KeyInfo", DS)
        child(info, "RetrievalMethod", DS).set("URI", uri)

    return edit


def _key_in_a_key(holder: etree._Element) -> None:
    key = key_of(holder)
    etree.SubElement(key, f"{{{DS}}}KeyInfo").append(deepcopy(key))


def _without_key(holder: etree._Element) -> None:
    bare(key_of(holder))


def _two_data(holder: etree._Element) -> None:
    holder.append(deepcopy(data_of(holder)))


# Places


def _forged_beside(idp: FakeIdP, **honest: Any) -> Minted:
    """Put an unsigned assertion beside the genuine encrypted one."""
    forged = idp.response(
        **{**honest, "name_id": "admin", "sign": "none", "assertion_id": new_id()}
    )
    plain = assertion_of(etree.fromstring(forged.xml))

    def insert(root: etree._Element) -> None:
        child(root, "EncryptedAssertion").addprevious(plain)

    return edited_after_signing(insert, encrypt=Encryption())(idp, **honest)


def _twice(root: etree._Element) -> None:
    holder = child(root, "EncryptedAssertion")
    holder.addnext(deepcopy(holder))


def _parked(root: etree._Element) -> None:
    extensions(root).append(child(root, "EncryptedAssertion"))


def _signed_away(root: etree._Element) -> None:
    bare(signature_of(root))


def _replaced(root: etree._Element) -> None:
    """Encrypt a forgery in the place of what the signed Response holds."""
    holder = child(root, "EncryptedAssertion")
    bare(data_of(holder))
    fill(holder, f'<saml:Assertion xmlns:saml="{SAML}"/>'.encode(), Encryption())


def _encrypted_again(honest: bytes) -> bytes:
    holder = etree.Element(ENCRYPTED_ASSERTION, nsmap={"saml": SAML})
    fill(holder, honest, Encryption())
    return etree.tostring(holder)


FAILED = ErrorCode.DECRYPTION_FAILED
AMBIGUOUS, UNSIGNED = ErrorCode.AMBIGUOUS_ASSERTION, ErrorCode.MISSING_SIGNATURE
FIELD = ErrorCode.MISSING_PROTOCOL_FIELD
EIGHT = tuple(Addressee(key=STRANGER) for _ in range(8))


def _undecryptable(name: str, **knobs: Any) -> Hostile:
    return Hostile(name=f"encrypted-{name}", code=FAILED, make=encrypted(**knobs))


def _edited(name: str, edit: Edit, **knobs: Any) -> Hostile:
    return _undecryptable(name, edit=edit, **knobs)


ALGORITHMS: tuple[Hostile, ...] = (
    _undecryptable("with-rsa-1-5", transport="rsa-1_5"),
    _undecryptable("with-tripledes", content="tripledes-cbc"),
    _undecryptable("with-aes-cbc", content="aes256-cbc"),
    replace(_undecryptable("with-aes-cbc-too-late", content="aes256-cbc"), policy=HATCH_OVER),
    replace(_undecryptable("with-rsa-1-5-and-hatch", transport="rsa-1_5"), policy=HATCH_OPEN),
    replace(_undecryptable("with-tripledes-and-hatch", content="tripledes-cbc"), policy=HATCH_OPEN),
    _edited(
        "with-oaep-label",
        _add(lambda h: child(key_of(h), "EncryptionMethod", XENC), f"{{{XENC}}}OAEPparams"),
    ),
    _undecryptable("for-somebody-else", recipient=STRANGER),
    _undecryptable("for-nine", others=EIGHT),
)

STRUCTURE: tuple[Hostile, ...] = (
    _edited("by-reference", _cipher_reference),
    _edited(
        "by-agreement",
        _add(lambda h: child(data_of(h), "KeyInfo", DS), f"{{{XENC}}}AgreementMethod"),
    ),
    _edited("without-key", _without_key),
    _edited("key-in-a-key", _key_in_a_key),
    _edited("data-twice", _two_data),
    _edited("key-elsewhere", _points("#elsewhere"), key_beside=True),
    _edited("key-on-a-server", _points("https://evil.example/key"), key_beside=True),
    _edited("assertion-beside-data", _add(lambda h: h, f"{{{SAML}}}Advice")),
    _undecryptable("content-only", data_type=CONTENT_TYPE),
    _edited("tag-cut-short", octets(lambda octets: octets[:-1])),
    _edited("without-tag", octets(lambda octets: octets[:20])),
    _edited("ciphertext-changed", octets(flip(60))),
    _edited("iv-changed", octets(flip(0))),
    _edited("key-changed", octets(flip(9), key_of)),
)

PLACES: tuple[Hostile, ...] = (
    Hostile(name="forged-beside-encrypted", code=AMBIGUOUS, make=_forged_beside),
    Hostile(
        name="encrypted-twice",
        code=AMBIGUOUS,
        make=edited_after_signing(_twice, encrypt=Encryption()),
    ),
    Hostile(
        name="encrypted-in-extensions",
        code=AMBIGUOUS,
        make=edited_after_signing(_parked, encrypt=Encryption()),
    ),
    hostile_plaintext("in-encrypted", _encrypted_again, AMBIGUOUS),
    Hostile(name="encrypted-unsigned", code=UNSIGNED, make=encrypted("none")),
    Hostile(
        name="encrypted-signature-stripped",
        code=UNSIGNED,
        make=edited_after_signing(_signed_away, sign="response", encrypt=Encryption()),
    ),
    Hostile(
        name="encrypted-replaced",
        code=ErrorCode.DIGEST_MISMATCH,
        make=edited_after_signing(_replaced, sign="response", encrypt=Encryption()),
    ),
    Hostile(
        name="encrypted-replaced-unsigned",
        code=FIELD,
        make=edited_after_signing(_replaced, sign="assertion", encrypt=Encryption()),
    ),
)


ENCRYPTED: tuple[Hostile, ...] = (
    *ALGORITHMS,
    *STRUCTURE,
    *PLACES,
    *PLAINTEXTS,
    *MALLEABLE,
    *NAMES,
)
