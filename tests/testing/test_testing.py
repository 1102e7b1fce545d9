"""The front door of the kit: what it exports, and what it does not import."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from relyra_django import testing

ROOT = Path(__file__).parents[2]
BLOCK = """
import sys
class Blocked:
    def find_spec(self, name, *rest):
        if name.partition(".")[0] in {blocked!r}:
            raise ImportError("blocked: " + name)
sys.meta_path.insert(0, Blocked())
"""


def run(blocked: set[str], code: str) -> str:
    script = BLOCK.format(blocked=blocked) + code
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", script], capture_output=True, text=True, cwd=ROOT
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize("name", dir(testing))
def test_every_name_is_there(name: str) -> None:
    assert getattr(testing, name) is not None


def test_no_other_name_is() -> None:
    with pytest.raises(AttributeError, match="nonsense"):
        _ = testing.nonsense


def test_responses_need_neither_django_nor_pytest() -> None:
    code = "from relyra_django.testing import FakeIdP; print(FakeIdP().response().xml[:6])"
    assert run({"django", "pytest"}, code) == "b'<samlp'"


def test_importing_the_plugin_imports_no_django() -> None:
    code = "import relyra_django.testing.plugin; print('lxml' in sys.modules)"
    assert run({"django"}, code) == "False"


def test_unittest_alone_is_enough() -> None:
    code = """
import os, unittest
os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
import django
django.setup()
from django.test import TestCase
from relyra_django.testing import RelyraTestMixin, RequestStoreContract, assert_saml_login
class Tests(RelyraTestMixin, TestCase):
    def test_mints(self):
        self.assertTrue(self.idp.response().encoded)
result = unittest.TextTestRunner(stream=open(os.devnull, "w")).run(
    unittest.defaultTestLoader.loadTestsFromTestCase(Tests)
)
print(result.testsRun, result.wasSuccessful())
"""
    assert run({"pytest"}, code) == "1 True"
