"""What is run elsewhere comes back from there, good or bad, and leaves no thread behind."""

from __future__ import annotations

import sys
import threading

import pytest

from relyra_django.saml.threads import in_own_thread


def test_the_result_comes_from_another_thread() -> None:
    assert in_own_thread(threading.get_ident) != threading.get_ident()
    assert in_own_thread(lambda: None) is None


@pytest.mark.parametrize("error", [ValueError("x"), SystemExit(3), KeyboardInterrupt()])
def test_whatever_is_raised_is_raised_here(error: BaseException) -> None:
    def fail() -> None:
        raise error

    with pytest.raises(type(error)) as raised:
        in_own_thread(fail)
    assert raised.value is error


def test_no_thread_is_left() -> None:
    before = threading.active_count()
    for work in (int, lambda: 1 // 0) * 20:
        try:
            in_own_thread(work)
        except ZeroDivisionError:
            continue
    assert threading.active_count() == before


def test_one_within_another() -> None:
    assert in_own_thread(lambda: in_own_thread(lambda: 1) + 1) == 2


def test_tools_that_watch_threads_see_it() -> None:
    """Coverage and debuggers do so by this hook; a bare thread of _thread passes it by."""
    seen: list[str] = []
    before = threading.gettrace()
    threading.settrace(lambda frame, event, value: seen.append(frame.f_code.co_name))
    try:
        in_own_thread(sys.getrecursionlimit)
    finally:
        threading.settrace(before)  # type: ignore[arg-type]
    assert "run" in seen


def test_a_thread_that_cannot_be_started(monkeypatch: pytest.MonkeyPatch) -> None:
    def none_left(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", none_left)
    with pytest.raises(RuntimeError, match="start"):
        in_own_thread(int)
