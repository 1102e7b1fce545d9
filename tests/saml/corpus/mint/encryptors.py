"""Two that encrypt, sharing no code: our test kit by `cryptography`, and libxmlsec."""

from __future__ import annotations

import base64
from collections.abc import Callable

import xmlsec
from lxml import etree

from relyra_django.testing import encryption as kit
from relyra_django.testing.encryption import KEY_BYTES, Encryption
from relyra_django.testing.namespaces import DIGEST_METHODS, MGF_METHODS, SAML, XENC11
from tests.saml.corpus.mint.edits import ds
from tests.saml.corpus.mint.keys import key
from tests.saml.corpus.mint.signers import XMLSEC, Signer

_CONTENTS = {
    name: getattr(xmlsec.Transform, name.upper().replace("-GCM", "_GCM").replace("-CBC", ""))
    for name in KEY_BYTES
    if name.startswith("aes")
} | {"tripledes-cbc": xmlsec.Transform.DES3}
_TRANSPORTS = {
    "rsa-oaep-mgf1p": xmlsec.Transform.RSA_OAEP,
    "rsa-1_5": xmlsec.Transform.RSA_PKCS1,
}


def for_us(**knobs: object) -> Encryption:
    """The kit's Encryption for the key of the corpus."""
    return Encryption(**{"recipient": key("sp"), **knobs})  # type: ignore[arg-type]


def encrypt(element: etree._Element, name: str, how: Encryption, signer: Signer) -> None:
    """Put saml:`name` where the element is, encrypted by what goes with the signer."""
    if signer is XMLSEC and how.transport in _TRANSPORTS and not how.others:
        _by_xmlsec(element, name, how)
    else:
        kit.encrypt(element, name, how)


def _by_xmlsec(element: etree._Element, name: str, how: Encryption) -> None:
    holder = etree.Element(f"{{{SAML}}}{name}", nsmap={"saml2": SAML})
    honest = etree.tostring(element, with_tail=False)
    plaintext = how.plaintext(honest) if callable(how.plaintext) else how.plaintext
    holder.append(_data(honest if plaintext is None else plaintext, how))
    holder.tail, element.tail = element.tail, None
    parent = element.getparent()
    assert parent is not None
    parent.replace(element, holder)
    _read_again(holder)
    if how.key_beside:
        _key_beside(holder)
    if how.edit is not None:
        how.edit(holder)


def _data(plaintext: bytes, how: Encryption) -> etree._Element:
    holder = etree.Element("holder")
    data = xmlsec.template.encrypted_data_create(
        holder, _CONTENTS[how.content], type=how.data_type, ns="xenc"
    )
    xmlsec.template.encrypted_data_ensure_cipher_value(data)
    info = xmlsec.template.encrypted_data_ensure_key_info(data, ns="ds")
    encrypted_key = xmlsec.template.add_encrypted_key(info, _TRANSPORTS[how.transport])
    xmlsec.template.encrypted_data_ensure_cipher_value(encrypted_key)
    _parameters(encrypted_key[0], how)
    manager = xmlsec.KeysManager()
    recipient = how.recipient if not isinstance(how.recipient, str) else key(how.recipient)
    manager.add_key(xmlsec.Key.from_memory(recipient.private_key_pem, xmlsec.KeyFormat.PEM))
    context = xmlsec.EncryptionContext(manager)
    kind = xmlsec.KeyData.DES if how.content.startswith("triple") else xmlsec.KeyData.AES
    bits = KEY_BYTES[how.content] * 8
    context.key = xmlsec.Key.generate(kind, bits, xmlsec.KeyDataType.SESSION)
    return context.encrypt_binary(data, plaintext)


def _parameters(method: etree._Element, how: Encryption) -> None:
    if how.digest is not None:
        etree.SubElement(method, ds("DigestMethod"), Algorithm=DIGEST_METHODS[how.digest])
    if how.mgf is not None:
        mgf = f"{{{XENC11}}}MGF"
        etree.SubElement(method, mgf, Algorithm=MGF_METHODS[how.mgf])


def _read_again(holder: etree._Element) -> None:
    """lxml does not find by name what libxmlsec made."""
    fresh = [etree.fromstring(etree.tostring(one)) for one in holder]
    holder[:] = fresh


def _key_beside(holder: etree._Element) -> None:
    [encrypted_key] = holder.iter("{http://www.w3.org/2001/04/xmlenc#}EncryptedKey")
    info = encrypted_key.getparent()
    assert info is not None
    encrypted_key.set("Id", "_encrypted_key")
    holder.append(encrypted_key)
    etree.SubElement(info, ds("RetrievalMethod"), URI="#_encrypted_key")


Change = Callable[[bytes], bytes]


def cipher_octets(find: Callable[[etree._Element], etree._Element], change: Change) -> object:
    """Return an edit that changes the octets of the CipherValue below what is found."""

    def edit(holder: etree._Element) -> None:
        namespace = {"xenc": "http://www.w3.org/2001/04/xmlenc#"}
        [value] = find(holder).xpath("xenc:CipherData/xenc:CipherValue", namespaces=namespace)
        octets = change(base64.b64decode(value.text or ""))
        value.text = base64.b64encode(octets).decode()

    return edit
