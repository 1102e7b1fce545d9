"""The structure and the algorithms of what is encrypted: decided before any private key."""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import padding
from lxml import etree

from relyra_django.saml import ErrorCode, Hatch, Policy, RelyraError
from relyra_django.saml import constants as c
from relyra_django.saml.encryption import EncryptedData, read
from relyra_django.testing import Addressee, Encryption
from relyra_django.testing.keys import signing_key
from tests.saml.judging import NOW, mint

Edit = Callable[[etree._Element], None]

DATA = c.XENC + "EncryptedData"
KEY = c.XENC + "EncryptedKey"
METHOD = c.XENC + "EncryptionMethod"
CIPHER_DATA = c.XENC + "CipherData"
CIPHER_VALUE = c.XENC + "CipherValue"
KEY_INFO = c.DS + "KeyInfo"
RETRIEVAL = c.DS + "RetrievalMethod"
OPEN = Policy(legacy_aes_cbc=Hatch(reason="AD FS 2012", expires_at=NOW + timedelta(days=1)))


def holder(edit: Edit | None = None, **knobs: Any) -> etree._Element:
    """Return an honest EncryptedAssertion, edited."""
    root = etree.fromstring(mint(encrypt=Encryption(edit=edit, **knobs)).xml)
    found = root.find(c.SAML + "EncryptedAssertion")
    assert found is not None
    return found


def taken_apart(edit: Edit | None = None, policy: Policy | None = None, **knobs) -> EncryptedData:
    return read(holder(edit, **knobs), policy or Policy(), NOW)


def refusal(edit: Edit | None = None, policy: Policy | None = None, **knobs: Any) -> RelyraError:
    with pytest.raises(RelyraError) as refused:
        taken_apart(edit, policy, **knobs)
    assert refused.value.code is ErrorCode.DECRYPTION_FAILED
    return refused.value


def reason(edit: Edit | None = None, **knobs: Any) -> Any:
    return refusal(edit, **knobs).details["reason"]


def grown(path: str, tag: str, **attributes: str) -> Edit:
    """Add an element below the first one that the path finds."""
    return lambda found: etree.SubElement(at(found, path), tag, attributes)


def at(root: etree._Element, path: str) -> etree._Element:
    found = root if path == "." else root.find(path)
    assert found is not None, path
    return found


def removed(path: str) -> Edit:
    def edit(root: etree._Element) -> None:
        element = at(root, path)
        element.getparent().remove(element)

    return edit


def worded(path: str, text: str) -> Edit:
    def edit(root: etree._Element) -> None:
        at(root, path).text = text

    return edit


def renamed(path: str, tag: str) -> Edit:
    def edit(root: etree._Element) -> None:
        at(root, path).tag = tag

    return edit


def attribute(path: str, name: str, value: str) -> Edit:
    return lambda root: at(root, path).set(name, value)


def without(path: str, name: str) -> Edit:
    def edit(root: etree._Element) -> None:
        del at(root, path).attrib[name]

    return edit


def with_content(octets: int) -> Edit:
    text = base64.b64encode(b"x" * octets).decode()
    return worded(f"{DATA}/{CIPHER_DATA}/{CIPHER_VALUE}", text)


def with_key_sizes(*sizes: str) -> Edit:
    def edit(root: etree._Element) -> None:
        for size in sizes:
            etree.SubElement(at(root, f"{DATA}/{METHOD}"), c.XENC + "KeySize").text = size

    return edit


IN_DATA_INFO = f"{DATA}/{KEY_INFO}"
IN_KEY = f"{IN_DATA_INFO}/{KEY}"
METHOD_OF_KEY = f"{IN_KEY}/{METHOD}"


class TestHonest:
    @pytest.mark.parametrize("beside", [False, True])
    def test_the_key_may_be_inside_or_beside(self, beside):
        data = taken_apart(key_beside=beside)
        assert data.algorithms == (c.AES256_GCM, c.RSA_OAEP_MGF1P)
        assert len(data.encrypted_keys) == 1
        assert len(data.encrypted_keys[0].ciphertext) == 256

    def test_a_key_beside_needs_no_pointer(self):
        taken_apart(removed(f"{IN_DATA_INFO}/{RETRIEVAL}"), key_beside=True)
        taken_apart(removed(IN_DATA_INFO), key_beside=True)

    def test_a_key_beside_may_come_first(self):
        def swap(found: etree._Element) -> None:
            found.insert(0, at(found, KEY))

        assert len(taken_apart(swap, key_beside=True).encrypted_keys) == 1

    def test_several_recipients(self):
        other = Addressee(key=signing_key("rsa", "other-sp"), name="urn:other")
        data = taken_apart(others=(other,), recipient_name="urn:us")
        assert [key.recipient for key in data.encrypted_keys] == ["urn:other", "urn:us"]
        assert data.algorithms == (c.AES256_GCM, c.RSA_OAEP_MGF1P)

    def test_no_type_is_an_element(self):
        taken_apart(data_type=None)

    @pytest.mark.parametrize(
        "edit",
        [
            grown(f"{IN_KEY}", c.XENC + "ReferenceList"),
            grown(f"{IN_KEY}", c.XENC + "CarriedKeyName"),
            grown(f"{IN_KEY}", KEY_INFO),
            grown(IN_DATA_INFO, c.DS + "KeyName"),
            grown(DATA, c.XENC + "EncryptionProperties"),
            worded(f"{DATA}/{CIPHER_DATA}/{CIPHER_VALUE}", "\r\n" + "QUJD\n " * 20),
        ],
    )
    def test_what_may_be_there(self, edit):
        taken_apart(edit)

    def test_says_nothing_of_the_ciphertext(self):
        assert "ciphertext" not in repr(taken_apart())


class TestContentAlgorithm:
    @pytest.mark.parametrize("bits", [128, 192, 256])
    def test_gcm(self, bits):
        content = taken_apart(content=f"aes{bits}-gcm").content
        assert (content.key_bytes, content.authenticated) == (bits // 8, True)

    @pytest.mark.parametrize("bits", [128, 192, 256])
    def test_gcm_in_the_older_namespace(self, bits):
        older = f"http://www.w3.org/2001/04/xmlenc#aes{bits}-gcm"
        edit = attribute(f"{DATA}/{METHOD}", "Algorithm", older)
        assert taken_apart(edit).content.uri == f"http://www.w3.org/2009/xmlenc11#aes{bits}-gcm"

    @pytest.mark.parametrize("bits", [128, 192, 256])
    def test_cbc_through_the_hatch_alone(self, bits):
        content = taken_apart(policy=OPEN, content=f"aes{bits}-cbc").content
        assert (content.key_bytes, content.authenticated) == (bits // 8, False)
        refused = refusal(content=f"aes{bits}-cbc")
        assert refused.details == {
            "reason": "algorithm",
            "actual": f"http://www.w3.org/2001/04/xmlenc#aes{bits}-cbc",
        }

    def test_a_hatch_without_a_reason_is_closed(self):
        hatch = Hatch(reason=" ", expires_at=NOW + timedelta(days=1))
        assert reason(policy=Policy(legacy_aes_cbc=hatch), content="aes256-cbc") == "algorithm"

    def test_a_hatch_runs_out(self):
        for seconds, opened in ((1, True), (0, False), (-1, False)):
            hatch = Hatch(reason="AD FS", expires_at=NOW + timedelta(seconds=seconds))
            policy = Policy(legacy_aes_cbc=hatch)
            if opened:
                taken_apart(policy=policy, content="aes256-cbc")
                continue
            refused = refusal(policy=policy, content="aes256-cbc")
            assert refused.details == {
                "reason": "legacy_aes_cbc_expired",
                "expected": hatch.expires_at.isoformat(),
                "actual": c.AES256_CBC,
            }

    def test_the_other_hatch_opens_nothing(self):
        hatch = Hatch(reason="AD FS", expires_at=NOW + timedelta(days=1))
        assert reason(policy=Policy(legacy_sha1=hatch), content="aes128-cbc") == "algorithm"

    @pytest.mark.parametrize(
        "uri",
        [
            "http://www.w3.org/2001/04/xmlenc#tripledes-cbc",
            "http://www.w3.org/2001/04/xmlenc#kw-aes256",
            "http://www.w3.org/2009/xmlenc11#aes256-cbc",
            "http://www.w3.org/2009/xmlenc11#AES256-gcm",
            "",
        ],
    )
    def test_nothing_else(self, uri):
        refused = refusal(attribute(f"{DATA}/{METHOD}", "Algorithm", uri), policy=OPEN)
        assert refused.details == {"reason": "algorithm", "actual": uri}

    def test_without_a_name(self):
        refused = refusal(without(f"{DATA}/{METHOD}", "Algorithm"), policy=OPEN)
        assert refused.details == {"reason": "algorithm", "actual": ""}

    def test_its_key_size_may_be_said_again(self):
        assert taken_apart(with_key_sizes("256")).content.uri == c.AES256_GCM
        assert taken_apart(with_key_sizes("128"), content="aes128-gcm").content.key_bytes == 16

    @pytest.mark.parametrize("sizes", [("",), ("128",), ("2048",), (" 256",), ("256", "256")])
    def test_no_other_key_size(self, sizes):
        assert reason(with_key_sizes(*sizes)) == "algorithm"

    def test_no_parameters(self):
        assert reason(grown(f"{DATA}/{METHOD}", c.XENC + "Parameter")) == "algorithm"


class TestTransportAlgorithm:
    @pytest.mark.parametrize(
        ("knobs", "digest", "mgf"),
        [
            ({}, "sha1", "sha1"),
            ({"digest": "sha1"}, "sha1", "sha1"),
            ({"digest": "sha256"}, "sha256", "sha1"),
            ({"transport": "rsa-oaep"}, "sha1", "sha1"),
            ({"transport": "rsa-oaep", "digest": "sha256"}, "sha256", "sha1"),
            ({"transport": "rsa-oaep", "digest": "sha384", "mgf": "sha512"}, "sha384", "sha512"),
            ({"transport": "rsa-oaep", "digest": "sha512", "mgf": "sha384"}, "sha512", "sha384"),
            ({"transport": "rsa-oaep", "digest": "sha1", "mgf": "sha256"}, "sha1", "sha256"),
        ],
    )
    def test_oaep(self, knobs, digest, mgf):
        [key] = taken_apart(**knobs).encrypted_keys
        assert isinstance(key.padding, padding.OAEP)
        assert key.padding.algorithm.name == digest
        assert key.padding.mgf._algorithm.name == mgf

    def test_never_rsa_1_5(self):
        refused = refusal(transport="rsa-1_5", policy=OPEN)
        assert refused.details["reason"] == "algorithm"
        assert refused.details["actual"] == "http://www.w3.org/2001/04/xmlenc#rsa-1_5"

    def test_without_a_name(self):
        refused = refusal(without(METHOD_OF_KEY, "Algorithm"))
        assert refused.details == {"reason": "algorithm", "actual": ""}

    @pytest.mark.parametrize("tag", [c.DS + "DigestMethod", c.XENC11 + "MGF"])
    def test_a_parameter_says_which(self, tag):
        assert reason(grown(METHOD_OF_KEY, tag), transport="rsa-oaep") == "algorithm"

    def test_not_for_another_recipient_either(self):
        def weaken(found: etree._Element) -> None:
            at(found, METHOD_OF_KEY).set("Algorithm", "http://www.w3.org/2001/04/xmlenc#rsa-1_5")

        other = Addressee(key=signing_key("rsa", "other-sp"))
        assert reason(weaken, others=(other,)) == "algorithm"

    @pytest.mark.parametrize(
        ("transport", "tag", "uri"),
        [
            ("rsa-oaep", c.DS + "DigestMethod", "http://www.w3.org/2001/04/xmldsig-more#md5"),
            ("rsa-oaep", c.DS + "DigestMethod", ""),
            ("rsa-oaep", c.XENC11 + "MGF", "http://www.w3.org/2009/xmlenc11#mgf1sha224"),
            ("rsa-oaep", c.XENC11 + "MGF", c.SHA256),
            # Its mask is fixed: what a parameter that it does not have means is anybody's guess.
            ("rsa-oaep-mgf1p", c.XENC11 + "MGF", c.MGF1_SHA1),
            ("rsa-oaep-mgf1p", c.XENC11 + "MGF", c.MGF1_SHA256),
            ("rsa-oaep", "{urn:x}y", ""),
        ],
    )
    def test_no_other_parameters(self, transport, tag, uri):
        edit = grown(METHOD_OF_KEY, tag, Algorithm=uri)
        assert reason(edit, transport=transport) == "algorithm"

    @pytest.mark.parametrize("tag", [c.DS + "DigestMethod", c.XENC11 + "MGF"])
    def test_no_parameter_twice(self, tag):
        knobs = {"transport": "rsa-oaep", "digest": "sha256", "mgf": "sha256"}
        uri = c.SHA256 if tag == c.DS + "DigestMethod" else c.MGF1_SHA256
        assert reason(grown(METHOD_OF_KEY, tag, Algorithm=uri), **knobs) == "algorithm"

    def test_no_label(self):
        refused = refusal(grown(METHOD_OF_KEY, c.XENC + "OAEPparams"))
        assert refused.details == {"reason": "structure", "actual": c.XENC + "OAEPparams"}


class TestStructure:
    @pytest.mark.parametrize(
        "edit",
        [
            removed(DATA),
            grown(".", DATA),
            grown(".", c.SAML + "Assertion"),
            grown(".", c.DS + "KeyInfo"),
            removed(f"{DATA}/{METHOD}"),
            grown(DATA, METHOD, Algorithm=c.AES256_GCM),
            removed(f"{DATA}/{CIPHER_DATA}"),
            grown(DATA, CIPHER_DATA),
            grown(DATA, "{urn:x}y"),
            removed(f"{DATA}/{KEY_INFO}"),
            removed(IN_KEY),
            removed(METHOD_OF_KEY),
            removed(f"{IN_KEY}/{CIPHER_DATA}"),
            grown(IN_KEY, CIPHER_DATA),
            grown(IN_KEY, "{urn:x}y"),
            removed(f"{DATA}/{CIPHER_DATA}/{CIPHER_VALUE}"),
            grown(f"{DATA}/{CIPHER_DATA}", CIPHER_VALUE),
            grown(f"{DATA}/{CIPHER_DATA}/{CIPHER_VALUE}", "{urn:x}y"),
            renamed(f"{DATA}/{CIPHER_DATA}/{CIPHER_VALUE}", "{urn:x}CipherValue"),
            worded(f"{DATA}/{CIPHER_DATA}/{CIPHER_VALUE}", "%%%"),
            worded(f"{DATA}/{CIPHER_DATA}/{CIPHER_VALUE}", "\u0410\u0410\u0410\u0410"),
            worded(f"{DATA}/{CIPHER_DATA}/{CIPHER_VALUE}", ""),
            worded(f"{IN_KEY}/{CIPHER_DATA}/{CIPHER_VALUE}", "*"),
            attribute(DATA, "Type", "http://www.w3.org/2001/04/xmlenc#Content"),
            attribute(DATA, "Type", ""),
            attribute(DATA, "Type", "urn:x"),
        ],
    )
    def test_another_shape(self, edit):
        assert reason(edit) == "structure"

    @pytest.mark.parametrize(
        ("edit", "details"),
        [
            (removed(DATA), {"expected": DATA}),
            (
                attribute(DATA, "Type", "urn:x"),
                {"expected": c.ENCRYPTED_ELEMENT, "actual": "urn:x"},
            ),
            (removed(IN_KEY), {"expected": KEY}),
            (grown(DATA, "{urn:x}y"), {"actual": DATA}),
            (grown(IN_KEY, "{urn:x}y"), {"actual": KEY}),
            (removed(f"{DATA}/{CIPHER_DATA}"), {"expected": METHOD, "actual": DATA}),
            (removed(METHOD_OF_KEY), {"expected": METHOD, "actual": KEY}),
            (grown(IN_DATA_INFO, RETRIEVAL, URI="#x"), {"actual": RETRIEVAL}),
            (removed(f"{DATA}/{CIPHER_DATA}/{CIPHER_VALUE}"), {"actual": CIPHER_DATA}),
            (worded(f"{IN_KEY}/{CIPHER_DATA}/{CIPHER_VALUE}", "*"), {"actual": CIPHER_DATA}),
            (with_content(27), {"actual": CIPHER_DATA}),
        ],
    )
    def test_operators_are_told_what_does_not_fit(self, edit, details):
        assert refusal(edit).details == {"reason": "structure", **details}

    def test_what_is_no_base64_is_not_kept(self):
        """An error of a codec holds the whole text, and whatever prints a cause prints it."""
        refused = refusal(worded(f"{DATA}/{CIPHER_DATA}/{CIPHER_VALUE}", "\u0410secret"))
        assert "secret" not in repr(refused.__cause__)
        assert not isinstance(refused.__cause__, UnicodeError)

    def test_a_key_of_no_octets_is_empty(self):
        empty = worded(f"{IN_KEY}/{CIPHER_DATA}/{CIPHER_VALUE}", "")
        assert [key.ciphertext for key in taken_apart(empty).encrypted_keys] == [b""]

    @pytest.mark.parametrize("octets", [0, 27])
    def test_gcm_without_room_for_its_tag(self, octets):
        assert reason(with_content(octets)) == "structure"

    def test_gcm_of_nothing_has_room(self):
        assert len(taken_apart(with_content(28)).ciphertext) == 28

    @pytest.mark.parametrize("octets", [0, 16, 33, 47])
    def test_cbc_of_broken_blocks(self, octets):
        assert reason(with_content(octets), policy=OPEN, content="aes128-cbc") == "structure"

    def test_cbc_of_whole_blocks(self):
        taken_apart(with_content(32), policy=OPEN, content="aes128-cbc")

    @pytest.mark.parametrize("tag", ["CipherReference", "AgreementMethod"])
    @pytest.mark.parametrize("path", [f"{DATA}/{CIPHER_DATA}", IN_DATA_INFO, IN_KEY, "."])
    def test_nothing_is_fetched_or_agreed_on(self, tag, path):
        refused = refusal(grown(path, c.XENC + tag))
        assert refused.details == {"reason": "structure", "actual": c.XENC + tag}

    def test_no_key_is_derived(self):
        assert reason(grown(IN_DATA_INFO, c.XENC11 + "DerivedKey")) == "structure"

    def test_no_key_to_a_key(self):
        def nest(found: etree._Element) -> None:
            info = etree.SubElement(at(found, IN_KEY), KEY_INFO)
            info.append(etree.fromstring(etree.tostring(at(found, IN_KEY))))

        assert reason(nest) == "structure"

    def test_no_data_in_the_data(self):
        assert reason(grown(IN_DATA_INFO, DATA)) == "structure"


class TestPointers:
    @pytest.mark.parametrize(
        "edit",
        [
            attribute(f"{IN_DATA_INFO}/{RETRIEVAL}", "URI", "#elsewhere"),
            attribute(f"{IN_DATA_INFO}/{RETRIEVAL}", "URI", "#"),
            attribute(f"{IN_DATA_INFO}/{RETRIEVAL}", "URI", ""),
            attribute(f"{IN_DATA_INFO}/{RETRIEVAL}", "URI", "https://evil.example/key"),
            attribute(f"{IN_DATA_INFO}/{RETRIEVAL}", "Type", "urn:x"),
            grown(f"{IN_DATA_INFO}/{RETRIEVAL}", c.DS + "Transforms"),
            grown(KEY, RETRIEVAL, URI="#x"),
        ],
    )
    def test_elsewhere(self, edit):
        assert reason(edit, key_beside=True) == "structure"

    def test_a_key_without_id_is_not_what_an_empty_pointer_means(self):
        def forget(found: etree._Element) -> None:
            at(found, KEY).attrib.pop("Id")
            at(found, f"{IN_DATA_INFO}/{RETRIEVAL}").set("URI", "#")

        assert reason(forget, key_beside=True) == "structure"

    def test_to_a_key_inside(self):
        def point(found: etree._Element) -> None:
            at(found, IN_KEY).set("Id", "_k")
            etree.SubElement(at(found, IN_DATA_INFO), RETRIEVAL, URI="#_k")

        assert reason(point) == "structure"

    def test_from_a_key(self):
        def point(found: etree._Element) -> None:
            key = at(found, KEY)
            info = etree.SubElement(key, KEY_INFO)
            etree.SubElement(info, RETRIEVAL, URI="#" + key.get("Id", ""))

        assert reason(point, key_beside=True) == "structure"

    def test_without_a_type(self):
        def forget(found: etree._Element) -> None:
            del at(found, f"{IN_DATA_INFO}/{RETRIEVAL}").attrib["Type"]

        taken_apart(forget, key_beside=True)
