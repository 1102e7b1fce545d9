"""What `demo --check` says when something is not as it should be."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest
from django.core.management.base import OutputWrapper

from example_project.demo import check
from example_project.demo.browser import Page
from example_project.demo.check import UnexpectedError, Visit
from example_project.demo.plan import Plan
from example_project.demo.ports import free_port

REFUSAL = "<main><h1>Sign-in failed</h1><dl><dd><code>{code}</code></dd></dl></main>"


@pytest.fixture
def visit(tmp_path: Path) -> Visit:
    """A visit to a demo that is not running."""
    return Visit(plan=Plan(directory=tmp_path, site_port=free_port(), idp_port=free_port()))


def page(text: str, status: int = 403) -> Page:
    return Page(url="http://localhost/acs/", status=status, text=text, headers={})


def test_a_refusal_is_told_by_its_code() -> None:
    outcome = check.refused(page(REFUSAL.format(code="invalid_audience")), {"invalid_audience"})

    assert outcome == "refused, invalid_audience"


def test_a_refusal_with_another_code_says_what_was_seen() -> None:
    with pytest.raises(UnexpectedError, match=r"expected digest_mismatch; .* Sign-in failed"):
        check.refused(page(REFUSAL.format(code="invalid_audience")), {"digest_mismatch"})


def test_an_accepted_answer_is_no_refusal() -> None:
    with pytest.raises(UnexpectedError, match="answered 200: Signed in"):
        check.refused(page("<h1>Signed in</h1>", status=200), {"digest_mismatch"})


def test_a_refusal_with_the_wrong_status_is_seen() -> None:
    with pytest.raises(UnexpectedError, match="expected status 403"):
        check.refused(page(REFUSAL.format(code="x"), status=200), {"x"})


def test_what_was_seen_is_text_and_short() -> None:
    long = page("<style>p { color: red }</style><script>alert(1)</script><p>" + "word " * 500)

    with pytest.raises(UnexpectedError) as caught:
        check.expect(False, long, "the receipt")

    assert "color" not in str(caught.value)
    assert "alert" not in str(caught.value)
    assert len(str(caught.value)) < 400


def test_a_step_that_fails_is_printed_and_does_not_end_the_others(visit: Visit) -> None:
    stdout = StringIO()

    held = check.take("home page", check.home, visit, OutputWrapper(stdout))

    assert not held
    assert stdout.getvalue().startswith("failed  home page: ")
    assert "Connection refused" in stdout.getvalue()


def test_a_step_that_holds_is_printed_with_its_outcome(visit: Visit) -> None:
    stdout = StringIO()

    held = check.take("nothing", lambda visit: "as it should be", visit, OutputWrapper(stdout))

    assert held
    assert stdout.getvalue() == "ok      nothing: as it should be\n"


def test_an_answer_cannot_be_repeated_before_one_was_accepted(visit: Visit) -> None:
    with pytest.raises(UnexpectedError, match="No answer was accepted"):
        check.same_answer_again(visit)
