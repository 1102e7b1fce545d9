"""libxmlsec with a kept key: what it must not be talked into, and that python3-saml agrees."""

from __future__ import annotations

import base64
from concurrent.futures import ThreadPoolExecutor

import pytest
import xmlsec
from lxml import etree
from onelogin.saml2.errors import OneLogin_Saml2_ValidationError
from onelogin.saml2.utils import OneLogin_Saml2_Utils

from relyra_django.saml import constants as c
from relyra_django.saml import toolkit
from relyra_django.testing.fake_idp import FakeIdP
from relyra_django.testing.keys import signing_key
from relyra_django.testing.minted import Minted
from relyra_django.testing.signing import canonical, hashed, seal
from tests.saml.judging import IDP, mint

KINDS = ["rsa", "rsa3072", "pss", "ec", "ec384", "ec521"]
STRANGER = FakeIdP(name="stranger")


def signed_assertion(xml: bytes) -> tuple[etree._Element, etree._Element]:
    assertion = etree.fromstring(xml).find(c.SAML + "Assertion")
    assert assertion is not None
    signature = assertion.find(c.DS + "Signature")
    assert signature is not None
    return signature, assertion


def verifies(minted: Minted, idp: FakeIdP = IDP) -> bool:
    return toolkit.verifies(*signed_assertion(minted.xml), idp.certificate_pem)


def python3_saml_verifies(minted: Minted, idp: FakeIdP) -> bool:
    signature, assertion = signed_assertion(minted.xml)
    xmlsec.tree.add_ids(assertion.getroottree().getroot(), ["ID"])
    try:
        return OneLogin_Saml2_Utils.validate_node_sign(
            signature, assertion, cert=idp.certificate_pem, raise_exceptions=True
        )
    except (OneLogin_Saml2_ValidationError, xmlsec.Error):
        return False


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("digest", ["sha256", "sha384", "sha512"])
def test_python3_saml_says_the_same(kind, digest):
    idp = FakeIdP(key=kind, digest=digest)
    minted = idp.response(sign="assertion")
    for message, trusted, expected in (
        (minted, idp, True),
        (minted, FakeIdP(key=kind, name="stranger"), False),
        (minted.tampered("alice", "admin"), idp, False),
    ):
        assert verifies(message, trusted) is expected
        assert python3_saml_verifies(message, trusted) is expected


def key_infos() -> dict[str, str]:
    """KeyInfo of a stranger, in every way that libxmlsec could be led by."""
    key = signing_key("rsa", "stranger")
    numbers = key.private_key.public_key().public_numbers()
    modulus, exponent = (
        base64.b64encode(n.to_bytes((n.bit_length() + 7) // 8)).decode()
        for n in (numbers.n, numbers.e)
    )
    bare = "".join(key.certificate_pem.splitlines()[1:-1])
    rsa = f"<Modulus>{modulus}</Modulus><Exponent>{exponent}</Exponent>"
    return {
        "nothing": "",
        "name": "<KeyName>stranger</KeyName>",
        "value": f"<KeyValue><RSAKeyValue>{rsa}</RSAKeyValue></KeyValue>",
        "certificate": f"<X509Data><X509Certificate>{bare}</X509Certificate></X509Data>",
        "reference": '<RetrievalMethod URI="#other" Type="http://www.w3.org/2000/09/xmldsig#X509Data"/>',
        "file": '<RetrievalMethod URI="file:///etc/hostname"/>',
        "broken": "<X509Data><X509Certificate>%%%</X509Certificate></X509Data>",
    }


def with_key_info(minted: Minted, content: str) -> Minted:
    signature, assertion = signed_assertion(minted.xml)
    for old in signature.findall(c.DS + "KeyInfo"):
        signature.remove(old)
    signature.append(etree.fromstring(f'<KeyInfo xmlns="{c.DS_NS}">{content}</KeyInfo>'))
    return minted.with_xml(etree.tostring(assertion.getroottree()))


@pytest.mark.parametrize("content", key_infos().values(), ids=key_infos())
def test_key_info_is_not_looked_at(content):
    assert verifies(with_key_info(mint(), content))
    forged = STRANGER.response(sign="assertion")
    assert verifies(forged, STRANGER)
    assert not verifies(with_key_info(forged, content))


@pytest.mark.parametrize(
    ("uri", "accepted"),
    [(c.SHA256, True), (c.SHA384, True), ("http://www.w3.org/2001/04/xmldsig-more#md5", False)],
)
def test_only_known_digests_are_computed(uri, accepted):
    """Whatever the list of the judge lets through, libxmlsec has a list of its own."""
    name = {c.SHA256: "sha256", c.SHA384: "sha384"}.get(uri, "md5")
    signature, assertion = signed_assertion(mint().xml)
    assertion.remove(signature)
    value = hashed(canonical(assertion), name)
    assertion.insert(1, signature)
    signature.find(f".//{c.DS}DigestMethod").set("Algorithm", uri)
    signature.find(f".//{c.DS}DigestValue").text = value
    seal(signature, IDP.signing_key)
    assert toolkit.verifies(signature, assertion, IDP.certificate_pem) is accepted


@pytest.mark.parametrize(
    "algorithm",
    [
        "http://www.w3.org/TR/1999/REC-xslt-19991116",
        "http://www.w3.org/TR/1999/REC-xpath-19991116",
        "http://www.w3.org/2000/09/xmldsig#base64",
        "http://www.w3.org/TR/2001/REC-xml-c14n-20010315",
    ],
)
def test_no_transform_but_ours(algorithm):
    signature, assertion = signed_assertion(mint().xml)
    transforms = signature.find(f".//{c.DS}Transforms")
    etree.SubElement(transforms, c.DS + "Transform", Algorithm=algorithm)
    seal(signature, IDP.signing_key)
    assert not toolkit.verifies(signature, assertion, IDP.certificate_pem)


def test_only_the_signed_element_has_an_id():
    """A Reference to another element finds nothing, though an ID of that value is there."""
    minted = mint()
    signature, assertion = signed_assertion(minted.xml)
    root = assertion.getparent()
    assert toolkit.verifies(signature, assertion, IDP.certificate_pem)
    signature, assertion = signed_assertion(minted.xml)
    assert not toolkit.verifies(signature, root, IDP.certificate_pem)


def test_a_key_is_loaded_once(monkeypatch):
    toolkit._public_key.cache_clear()
    loaded = []
    from_memory = xmlsec.Key.from_memory

    class Key(xmlsec.Key):
        @classmethod
        def from_memory(cls, *arguments):
            loaded.append(arguments)
            return from_memory(*arguments)

    monkeypatch.setattr(xmlsec, "Key", Key)
    minted = mint()
    for _ in range(3):
        assert verifies(minted)
        assert not verifies(minted, STRANGER)
    assert len(loaded) == 2
    assert b"PRIVATE" not in loaded[0][0]


def test_threads_share_a_key():
    good, bad = mint(), mint().tampered("alice", "admin")
    toolkit._public_key.cache_clear()
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(verifies, [good, bad] * 400))
    assert answers == [True, False] * 400
