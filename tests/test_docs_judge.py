"""The page of the judge: its example runs, and it lists what there is and nothing else."""

from __future__ import annotations

import dataclasses
import inspect
import re
from pathlib import Path

import pytest

from relyra_django import saml
from relyra_django.saml.stages import Outcome

PAGE = (Path(__file__).parent.parent / "docs" / "reference" / "judge.md").read_text()
COMPLETE = (saml.Policy, saml.Hatch, saml.LogoutRequest, saml.LogoutResponse, saml.StageResult)
FUNCTIONS = (
    saml.validate_response,
    saml.validate_logout_request,
    saml.validate_logout_response,
)


def rows(name: str) -> set[str]:
    """Return the names in the first column of a section's table."""
    section = re.split(rf"^### `{name}`$", PAGE, flags=re.M)[1]
    table = re.split(r"^#{2,3} ", section, flags=re.M)[0]
    cells = re.findall(r"^\| (`.+?) \|", table, flags=re.M)
    return {word for cell in cells for word in re.findall(r"`(\w+)`", cell)}


def test_the_example_runs() -> None:
    [example] = re.findall(r"^```python\n(.*?)^```", PAGE, flags=re.M | re.S)
    exec(compile(example, "judge.md", "exec"), {})


@pytest.mark.parametrize("name", saml.__all__)
def test_every_name_is_there(name: str) -> None:
    assert f"`{name}`" in PAGE


@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_argument_is_listed(function) -> None:
    assert rows(function.__name__) == set(inspect.signature(function).parameters)


@pytest.mark.parametrize("kind", COMPLETE)
def test_every_field_is_listed(kind) -> None:
    assert rows(kind.__name__) == {field.name for field in dataclasses.fields(kind)}


def test_the_fields_of_an_assertion_and_of_a_connection() -> None:
    fields = {field.name for field in dataclasses.fields(saml.ValidatedAssertion)}
    assert rows("ValidatedAssertion") == fields | {"connection_id"}
    fields = {field.name for field in dataclasses.fields(saml.ConnectionSnapshot)}
    assert rows("ConnectionSnapshot") <= fields


def test_the_defaults_of_the_policy() -> None:
    policy = saml.Policy()
    section = re.split(r"^### `Policy`$", PAGE, flags=re.M)[1]
    for name, default in re.findall(r"^\| `(\w+)` \| `?([\w,()]+)`? \|", section, flags=re.M):
        value = getattr(policy, name)
        shown = {"any": "()", "either": "either"}.get(default, default.replace(",", ""))
        assert str(value) == shown, name


def test_the_outcomes() -> None:
    assert all(f"`{outcome}`" in PAGE for outcome in Outcome)
