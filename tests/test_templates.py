"""The pages that visitors see: complete, accessible, and fit for a strict CSP."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

import pytest
from django.contrib.staticfiles import finders
from django.template.loader import render_to_string
from django.utils import translation

PAGES: dict[str, dict[str, Any]] = {
    "login_failed": {"code": "invalid_audience", "correlation_id": "c0ffee", "retry_url": "/x"},
    "post_binding": {"destination": "https://idp.example", "fields": {"SAMLRequest": "x"}},
    "completing": {"url": "/saml/acme/complete/rs_x/"},
    "confirm_login": {"current": "Alice", "incoming": "Bob", "stay_url": "/"},
}
EVERY = pytest.mark.parametrize("name", PAGES)


class Page(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str | None]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value) for name, value in attrs]

    def values(self, tag: str, name: str) -> list[str | None]:
        return [value for t, n, value in self.attributes if (t, n) == (tag, name)]


def rendered(name: str, **changed: Any) -> str:
    return render_to_string(f"relyra_django/{name}.html", {**PAGES[name], **changed})


@EVERY
def test_a_page_has_what_a_screen_reader_needs(name: str) -> None:
    page = Page(rendered(name))
    for tag in ("html", "title", "main", "h1"):
        assert page.tags.count(tag) == 1, tag
    assert page.values("html", "lang") == ["en-us"]
    assert "width=device-width, initial-scale=1" in page.values("meta", "content")


@EVERY
def test_a_page_works_under_a_strict_policy(name: str) -> None:
    text = rendered(name)
    page = Page(text)
    assert "style" not in page.tags
    assert not [n for _, n, _ in page.attributes if n == "style" or n.startswith("on")]
    sources = page.values("script", "src")
    assert len(sources) == page.tags.count("script")
    assert all(source and source.startswith("/static/relyra_django/") for source in sources)


@EVERY
def test_every_static_file_is_shipped(name: str) -> None:
    paths = re.findall(r"/static/(relyra_django/[\w.]+)", rendered(name))
    assert paths
    for path in paths:
        assert finders.find(path), path


@EVERY
def test_a_right_to_left_language_turns_the_page(name: str) -> None:
    assert 'dir="ltr"' in rendered(name)
    with translation.override("ar"):
        assert 'lang="ar" dir="rtl"' in rendered(name)


@pytest.mark.parametrize(
    ("name", "changed"),
    [
        ("login_failed", {"retry_url": '"><script>'}),
        ("post_binding", {"fields": {"RelayState": '"><script>'}}),
        ("post_binding", {"connection_name": "<script>"}),
        ("completing", {"url": '"><script>'}),
        ("confirm_login", {"current": "<script>"}),
        ("confirm_login", {"incoming": "<script>"}),
    ],
)
def test_nothing_breaks_out_of_its_place(name: str, changed: dict[str, Any]) -> None:
    assert "<script>" not in rendered(name, **changed)
    assert "&lt;script&gt;" in rendered(name, **changed)


@pytest.mark.parametrize("name", ["post_binding", "completing"])
def test_a_stop_on_the_way_can_be_left_without_scripts(name: str) -> None:
    page = Page(rendered(name))
    assert page.tags.count("button") + page.tags.count("a") == 1
    assert "data-relyra-go-on" in rendered(name)


def test_staying_comes_before_changing() -> None:
    text = rendered("confirm_login")
    assert text.index("Stay Alice") < text.index("Change to Bob")
