"""What goes into settings, and which settings are left alone."""

from __future__ import annotations

import re
from pathlib import Path
from runpy import run_path
from typing import Any

import pytest
from django.test import override_settings

from relyra_django.conf import find_problems, get_config
from relyra_django.scaffold import settings_block, source
from relyra_django.scaffold.plan import make_plan
from relyra_django.scaffold.settings_block import MODEL_BACKEND, RELYRA_BACKEND
from relyra_django.scaffold.writing import write
from tests.scaffold.projects import (
    SHAPES,
    golden,
    lay,
    parsed,
)


@pytest.mark.parametrize("name", ["startproject", "established", "odd_layout", "crlf"])
def test_edited_settings_mean_what_they_should(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shape = next(shape for shape in SHAPES if shape.name == name)
    lay(golden(shape, "before"), tmp_path)
    monkeypatch.setenv("SECRET_KEY", "not-a-secret")
    before = run_path(str(tmp_path / shape.settings))
    write(make_plan(shape.host(tmp_path), shape.options))
    after = run_path(str(tmp_path / shape.settings))
    assert after["AUTHENTICATION_BACKENDS"] == [
        *(
            each
            for each in before.get("AUTHENTICATION_BACKENDS", [MODEL_BACKEND])
            if each != RELYRA_BACKEND
        ),
        RELYRA_BACKEND,
    ]
    with override_settings(RELYRA=after["RELYRA"]):
        assert find_problems() == []
        assert get_config().base_url == "http://localhost:8000"


def test_a_setting_from_the_environment_reaches_the_block(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shape = SHAPES[0]
    lay(golden(shape, "before"), tmp_path)
    write(make_plan(shape.host(tmp_path), shape.options))
    monkeypatch.setenv("RELYRA_BASE_URL", "https://sp.example.com")
    after = run_path(str(tmp_path / shape.settings))
    assert after["RELYRA"]["BASE_URL"] == "https://sp.example.com"


def add_block(text: str) -> str:
    return settings_block.add_block(parsed(text), package="mysite", admin=False)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("from mysite.base import *\nINSTALLED_APPS = []\n", "imports *"),
        ("DEBUG = True\n", "INSTALLED_APPS is not set"),
        ("if True:\n    INSTALLED_APPS = []\n", "INSTALLED_APPS is not set"),
        ("class A:\n    INSTALLED_APPS = []\n", "INSTALLED_APPS is not set"),
        (
            "INSTALLED_APPS = []\nif True:\n    AUTHENTICATION_BACKENDS = []\n",
            "AUTHENTICATION_BACKENDS is not set",
        ),
        ("from mysite import os\nINSTALLED_APPS = []\n", "the name os"),
        ("import posix as os\nINSTALLED_APPS = []\n", "the name os"),
        ("for os in ():\n    pass\nINSTALLED_APPS = []\n", "the name os"),
    ],
)
def test_settings_in_doubt_are_left(text: str, reason: str) -> None:
    with pytest.raises(source.InDoubtError, match=re.escape(reason)):
        add_block(text)


@pytest.mark.parametrize(
    "text",
    [
        "INSTALLED_APPS = []",
        '"""Docstring."""\nINSTALLED_APPS = []\n',
        "#!/usr/bin/env python\n# -*- coding: utf-8 -*-\nINSTALLED_APPS = []\n",
        '"""D."""\nfrom __future__ import annotations\nINSTALLED_APPS: list[str] = []\n',
        "import os.path\nINSTALLED_APPS = []\n\n\n\n",
        "from pathlib import Path\nINSTALLED_APPS, DEBUG = [], True\n",
    ],
)
def test_plain_settings_get_the_block_once_and_at_the_end(text: str) -> None:
    after = add_block(text)
    assert run(after)["RELYRA"]["BASE_URL"] == "http://localhost:8000"
    assert after.count("import os") == 1
    assert after.endswith(f"{settings_block.END}\n")
    assert add_block(after) == after
    assert [line for line in text.split("\n") if line and line not in after] == []


def test_what_is_pasted_is_what_would_have_been_written() -> None:
    pasted = run(settings_block.paste(package="mysite", admin=True))
    assert pasted["AUTHENTICATION_BACKENDS"] == [MODEL_BACKEND, RELYRA_BACKEND]
    with override_settings(RELYRA=pasted["RELYRA"]):
        assert find_problems() == []


def test_a_block_without_the_scope_provider_is_not_rewritten() -> None:
    text = add_block("INSTALLED_APPS = []\n")
    with pytest.raises(source.InDoubtError) as caught:
        settings_block.add_block(parsed(text), package="mysite", admin=True)
    assert "mysite.relyra.admin_scope.ProjectScopeProvider" in caught.value.paste


def run(text: str) -> dict[str, Any]:
    names: dict[str, Any] = {}
    exec(compile(text, "settings.py", "exec", dont_inherit=True), names)
    return names
