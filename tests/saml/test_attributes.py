from __future__ import annotations

import pytest
from lxml import etree

from relyra_django.saml import ErrorCode
from relyra_django.saml import constants as c
from tests.saml.judging import assert_refused, judge, mint


def values(minted) -> dict[str, tuple[str, ...]]:
    return {attribute.name: attribute.values for attribute in judge(minted).attributes}


def test_shapes_of_honest_identity_providers():
    minted = mint(
        attributes={
            "one": "1",
            "many": ["b", "a", "b"],
            "empty": "",
            "nil": [None],
            "none": [],
            "blank": " x ",
            "indented": "\n   x y\n  ",
            "unicode": "\u00e9 \U0001f600",
        }
    )
    assert values(minted) == {
        "one": ("1",),
        "many": ("b", "a", "b"),
        "empty": ("",),
        "nil": (),
        "none": (),
        "blank": (" x ",),
        "indented": ("x y",),
        "unicode": ("\u00e9 \U0001f600",),
    }


def test_no_attribute_statement():
    assert judge(mint(attributes={})).attributes == ()


def append(*attributes: tuple[dict[str, str], list[str]], statements: int = 1):
    def edit(root: etree._Element) -> None:
        assertion = root.find(c.SAML + "Assertion")
        targets = [
            etree.SubElement(assertion, c.SAML + "AttributeStatement") for _ in range(statements)
        ]
        for position, (facts, texts) in enumerate(attributes):
            attribute = etree.SubElement(
                targets[position % statements], c.SAML + "Attribute", facts
            )
            for written in texts:
                etree.SubElement(attribute, c.SAML + "AttributeValue").text = written

    return edit


def test_same_name_and_format_are_merged_in_document_order():
    edit = append(
        ({"Name": "g", "NameFormat": "urn:f"}, ["1"]),
        ({"Name": "g"}, ["2"]),
        ({"Name": "g", "NameFormat": "urn:f", "FriendlyName": "groups"}, ["3", "1"]),
        statements=1,
    )
    accepted = judge(mint(edit=edit))
    assert [(a.name, a.name_format, a.friendly_name, a.values) for a in accepted.attributes] == [
        ("g", "urn:f", "groups", ("1", "3", "1")),
        ("g", None, None, ("2",)),
    ]
    assert accepted.values("g") == ("1", "3", "1", "2")


def test_several_statements():
    accepted = judge(
        mint(edit=append(({"Name": "a"}, ["1"]), ({"Name": "a"}, ["2"]), statements=2))
    )
    assert accepted.values("a") == ("1", "2")


def test_friendly_names_name_nothing():
    accepted = judge(mint(edit=append(({"Name": "urn:x", "FriendlyName": "mail"}, ["m"]))))
    assert accepted.values("mail") == ()


def test_value_that_is_an_element():
    def edit(root):
        append(({"Name": "eptid"}, [""]))(root)
        holder = next(root.iter(c.SAML + "AttributeValue"))
        etree.SubElement(holder, c.SAML + "NameID").text = "opaque"

    # The NameID inside the attribute is not the subject.
    accepted = judge(mint(edit=edit))
    assert accepted.values("eptid") == ("opaque",)
    assert accepted.name_id is not None
    assert accepted.name_id.value == "alice"


@pytest.mark.parametrize("facts", [{}, {"Name": ""}, {"FriendlyName": "x"}])
def test_attribute_without_a_name(facts):
    assert_refused(ErrorCode.MISSING_PROTOCOL_FIELD, mint(edit=append((facts, ["x"]))))


@pytest.mark.parametrize("tag", [c.SAML + "EncryptedAttribute", "{urn:x}Attribute"])
def test_what_is_no_plain_attribute(tag):
    def edit(root):
        append(({"Name": "a"}, ["x"]))(root)
        next(root.iter(c.SAML + "Attribute")).tag = tag

    assert_refused(ErrorCode.INVALID_ATTRIBUTE, mint(edit=edit))


def test_operators_see_what_is_missing_or_too_much():
    refusal = assert_refused(ErrorCode.MISSING_PROTOCOL_FIELD, mint(edit=append(({}, ["x"]))))
    assert refusal.details["expected"] == "Name"

    def encrypted(root):
        append(({"Name": "a"}, ["x"]))(root)
        next(root.iter(c.SAML + "Attribute")).tag = c.SAML + "EncryptedAttribute"

    refusal = assert_refused(ErrorCode.INVALID_ATTRIBUTE, mint(edit=encrypted))
    assert refusal.details["actual"] == c.SAML + "EncryptedAttribute"


@pytest.mark.parametrize(
    ("nil", "values"), [("true", ()), ("1", ()), ("false", ("",)), ("0", ("",)), ("TRUE", ("",))]
)
def test_nil_is_no_value(nil, values):
    def edit(root):
        append(({"Name": "a"}, [""]))(root)
        next(root.iter(c.SAML + "AttributeValue")).set(c.XSI + "nil", nil)

    assert judge(mint(edit=edit)).values("a") == values


def test_value_of_several_elements():
    def edit(root):
        append(({"Name": "a"}, [" one "]))(root)
        holder = next(root.iter(c.SAML + "AttributeValue"))
        for text in ("two", " three"):
            etree.SubElement(holder, "{urn:x}part").text = text

    assert judge(mint(edit=edit)).values("a") == ("one two three",)


def test_only_a_value_is_a_value():
    def edit(root):
        append(({"Name": "a"}, ["x"]))(root)
        etree.SubElement(next(root.iter(c.SAML + "Attribute")), "{urn:x}AttributeValue").text = "y"

    assert judge(mint(edit=edit)).values("a") == ("x",)
