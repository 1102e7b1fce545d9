from __future__ import annotations

from relyra_django.testing.forms import read_action, read_form, read_links

PAGE = """<a href="/one">1</a><a>none</a>
<form action="https://idp.example.org/sso?a=1&amp;b=2" method="post">
<input type="hidden" name="SAMLRequest" value="&quot;x&quot;"><input name="empty">
<input value="anonymous">
</form><a href='/two'>2</a>"""


def test_fields_are_those_with_a_name() -> None:
    assert read_form(PAGE) == {"SAMLRequest": '"x"', "empty": ""}


def test_the_action_is_unescaped() -> None:
    assert read_action(PAGE) == "https://idp.example.org/sso?a=1&b=2"


def test_links_come_in_order() -> None:
    assert read_links(PAGE) == ["/one", "/two"]


def test_an_empty_page_has_nothing() -> None:
    assert (read_form(""), read_action(""), read_links("")) == ({}, "", [])
