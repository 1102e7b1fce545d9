"""Where the include goes, and which URLconfs are left alone."""

from __future__ import annotations

import ast

import pytest

from relyra_django.scaffold import source, urls_edit
from tests.scaffold.projects import (
    parsed,
)

IMPORT = "from django.urls import path\n"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (IMPORT, "not one plain list"),
        (IMPORT + "urlpatterns = tuple()\n", "not one plain list"),
        (IMPORT + "urlpatterns = []\nurlpatterns = []\n", "not one plain list"),
        (IMPORT + "urlpatterns = more = []\n", "not one plain list"),
        (IMPORT + "urlpatterns = [] + []\n", "not one plain list"),
        (IMPORT + "if True:\n    urlpatterns = []\n", "top level"),
        (IMPORT + "def include(x): ...\nurlpatterns = []\n", "the name include"),
        ("from os import path\nurlpatterns = []\n", "the name path"),
        ("from django.urls import re_path as path\nurlpatterns = []\n", "the name path"),
        ("try:\n    from django.urls import path\nfinally:\n    urlpatterns = []\n", "top level"),
        ("urlpatterns = []\n", "no import"),
        (IMPORT + "urlpatterns = [\n    (\n        path\n    ),\n]\n", "unusual shape"),
    ],
)
def test_urls_in_doubt_are_left(text: str, reason: str) -> None:
    with pytest.raises(source.InDoubtError, match=reason):
        urls_edit.add_include(parsed(text))


@pytest.mark.parametrize(
    "text",
    [
        IMPORT + "urlpatterns = []",
        IMPORT + "urlpatterns = [  # all\n]\n",
        IMPORT + "urlpatterns = [\n    # none yet\n]\n",
        IMPORT + "urlpatterns = [path('', print)]\n",
        IMPORT + "urlpatterns = [path('', print),\n  path('b', print)]\n",
        IMPORT + "urlpatterns = [(path('', print))]\n",
        IMPORT + "urlpatterns = [*[], *[]]\n",
        IMPORT + "urlpatterns = [\n\n  # first\n  path('', print),\n]\nurlpatterns += []\n",
        "import os\nurlpatterns = [\n    os,\n]\n",
        "from django.urls import (\n    path,\n)\nurlpatterns = [\n    path('', print),\n]\n",
        "from django.urls import path  # noqa\nurlpatterns = []\n",
        "from django.urls import path; import os\nurlpatterns = []\n",
        "from django.urls import include, path\n\x0curlpatterns = []\n",
        IMPORT + "é = 'ü'; urlpatterns = [path('ö', print)]\n",
    ],
)
def test_plain_urls_get_the_include_first_and_once(text: str) -> None:
    after = urls_edit.add_include(parsed(text))
    tree = ast.parse(after)
    assert first_pattern(tree) == "path('saml/', include('relyra_django.urls'))"
    assert {"include", "path"} <= {name for node in source.imports(tree) for name in names(node)}
    assert urls_edit.add_include(parsed(after)) == after


def names(node: source.Importing) -> set[str]:
    return set(source.names_bound(node))


def first_pattern(tree: ast.Module) -> str:
    for node in ast.walk(tree):
        if isinstance(node, ast.List):
            return ast.unparse(node.elts[0])
    raise AssertionError("no list")


@pytest.mark.parametrize(
    "text",
    [
        IMPORT + "urlpatterns = tuple([path('sso/', include('relyra_django.urls'))])\n",
        "from relyra_django.urls import urlpatterns\n",
        "import relyra_django.urls\n",
        "from relyra_django import urls\n",
    ],
)
def test_urls_that_include_ours_are_unchanged(text: str) -> None:
    assert urls_edit.add_include(parsed(text)) == text
