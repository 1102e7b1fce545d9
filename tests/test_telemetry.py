from __future__ import annotations

import logging
import signal
import traceback
from collections.abc import Iterator

import pytest
from django.db import DataError
from django.dispatch import Signal

from relyra_django import signals
from relyra_django.exceptions import ErrorCode, RelyraError
from relyra_django.telemetry import Attempt, AttemptKind, Outcome, log_broken_page

LOGGER = "relyra_django.login"


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.DEBUG, logger=LOGGER)
    return caplog


def attempt(connection_id: str = "acme") -> Attempt:
    made = Attempt(AttemptKind.RESPONSE)
    made.connection_id = connection_id
    return made


def test_a_success_is_one_record_with_its_facts(log: pytest.LogCaptureFixture) -> None:
    made = attempt()
    with made.stage("decode"):
        pass
    made.succeed(Outcome.SUCCEEDED)
    [record] = log.records
    assert record.levelno == logging.INFO
    facts = record.__dict__
    assert (facts["kind"], facts["outcome"], facts["code"]) == ("response", "succeeded", None)
    assert (facts["connection"], facts["correlation_id"]) == ("acme", made.correlation_id)
    assert list(facts["stages"]) == ["decode"]


def test_a_refusal_warns_and_names_the_code(log: pytest.LogCaptureFixture) -> None:
    attempt().refuse(RelyraError(ErrorCode.INVALID_AUDIENCE, "For another service."))
    [record] = log.records
    assert record.levelno == logging.WARNING
    assert record.__dict__["code"] == "invalid_audience"
    assert "invalid_audience" in record.getMessage()
    assert "For another service." in record.getMessage()


def test_a_failure_is_an_error_with_its_traceback(log: pytest.LogCaptureFixture) -> None:
    refusal = RelyraError(ErrorCode.INTERNAL_PROTOCOL_ERROR, "An unexpected error.")
    try:
        raise KeyError("lost")
    except KeyError as error:
        attempt().fail(refusal, error=error)
    [record] = log.records
    assert record.levelno == logging.ERROR
    assert record.exc_info is not None
    assert record.exc_info[0] is KeyError


def test_a_traceback_keeps_its_lines_and_loses_its_variables() -> None:
    def read(payload: str) -> None:
        raise ValueError("unreadable")

    def wrap(payload: str) -> None:
        try:
            read(payload)
        except ValueError as error:
            raise RelyraError(ErrorCode.INTERNAL_PROTOCOL_ERROR, "Unforeseen.") from error

    try:
        wrap("<Secret/>")
    except RelyraError as error:
        kept = error
    attempt().fail(kept, error=kept)
    for error in (kept, kept.__cause__):
        assert error is not None
        frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
        assert frames[-1].f_code.co_name in ("read", "wrap")
        assert all("payload" not in frame.f_locals for frame in frames)


def test_a_refusal_loses_its_variables_too() -> None:
    def read(payload: str) -> None:
        raise RelyraError(ErrorCode.MALFORMED_XML, "No XML.")

    try:
        read("<Secret/>")
    except RelyraError as error:
        refusal = error
    [_, frame] = [frame for frame, _ in traceback.walk_tb(refusal.__traceback__)]
    assert frame.f_locals
    attempt().refuse(refusal)
    assert not frame.f_locals


def chained(*errors: BaseException) -> BaseException:
    """Let each be the cause of the one before it, and the first the cause of the last."""
    for error, cause in zip(errors, [*errors[1:], errors[0]], strict=True):
        error.__cause__ = cause
    return errors[0]


@pytest.fixture
def _bell() -> Iterator[None]:
    def ring(*_: object) -> None:
        raise TimeoutError("it goes on for ever")

    before = signal.signal(signal.SIGALRM, ring)
    signal.alarm(5)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.mark.usefixtures("_bell")
@pytest.mark.parametrize("length", [1, 2, 5])
def test_causes_may_form_a_cycle(log: pytest.LogCaptureFixture, length: int) -> None:
    refusal = RelyraError(ErrorCode.INTERNAL_PROTOCOL_ERROR, "An unexpected error.")
    attempt().fail(refusal, error=chained(refusal, *(KeyError(n) for n in range(length - 1))))
    assert len(log.records) == 1


def raised(payload: str) -> Exception:
    try:
        raise ValueError(payload)
    except ValueError as error:
        return error


def test_what_lies_behind_is_found_along_every_path() -> None:
    cause, context, member = raised("<a/>"), raised("<b/>"), raised("<c/>")
    error = ExceptionGroup("several", [member])
    error.__cause__, error.__context__ = cause, context
    refusal = RelyraError(ErrorCode.INTERNAL_PROTOCOL_ERROR, "An unexpected error.")
    attempt().fail(refusal, error=error)
    for each in (cause, context, member):
        frames = [frame for frame, _ in traceback.walk_tb(each.__traceback__)]
        assert frames
        assert not frames[-1].f_locals


def test_a_database_is_not_quoted(log: pytest.LogCaptureFixture) -> None:
    """PostgreSQL and MySQL name the row that they refuse."""

    row = "alice"

    def store() -> None:
        try:
            raise RuntimeError(f"DETAIL: Failing row contains ({row}).")  # the driver's own
        except RuntimeError as error:
            raise DataError(f"value too long for {row}") from error

    refusal = RelyraError(ErrorCode.STORE_UNAVAILABLE, "The database failed.", reason="DataError")
    try:
        store()
    except DataError as error:
        refusal.__cause__ = error
        attempt().fail(refusal, error=refusal)
    assert row not in log.text
    for shown in ("django.db.utils.DataError", "in store", "store_unavailable: The database"):
        assert shown in log.text


def test_other_exceptions_keep_their_words(log: pytest.LogCaptureFixture) -> None:
    refusal = RelyraError(ErrorCode.INTERNAL_PROTOCOL_ERROR, "An unexpected error.")
    attempt().fail(refusal, error=LookupError("no such column"))
    assert "no such column" in log.text


def test_a_broken_page_has_a_logger_of_its_own(log: pytest.LogCaptureFixture) -> None:
    log_broken_page(raised("no such template"), correlation_id="c0ffee")
    [record] = log.records
    assert (record.name, record.levelno) == ("relyra_django.pages", logging.ERROR)
    assert "c0ffee" in record.getMessage()
    assert "no such template" in log.text


def test_the_time_of_a_stage_is_kept_even_when_it_refuses() -> None:
    made = attempt()
    with pytest.raises(ZeroDivisionError), made.stage("validate"):
        raise ZeroDivisionError
    with made.stage("validate"):
        pass
    assert set(made.stages) == {"validate"}
    assert made.stages["validate"] >= 0


def test_every_attempt_has_an_id_of_its_own() -> None:
    assert attempt().correlation_id != attempt().correlation_id


def test_a_later_request_goes_on_under_the_first_one_s_id() -> None:
    made = attempt()
    made.adopt("abc")
    assert made.correlation_id == "abc"
    made.adopt("")
    assert made.correlation_id == "abc"


def test_details_that_an_operator_needs_are_logged(log: pytest.LogCaptureFixture) -> None:
    refusal = RelyraError(
        ErrorCode.ISSUER_MISMATCH, "Wrong issuer.", expected="https://a", actual="https://b"
    )
    attempt().refuse(refusal)
    assert log.records[0].__dict__["details"] == {
        "expected": "'https://a'",
        "actual": "'https://b'",
    }


def test_other_details_are_not(log: pytest.LogCaptureFixture) -> None:
    refusal = RelyraError(ErrorCode.IDENTITY_CONFLICT, "Taken.", name_id="alice@example.com")
    attempt().refuse(refusal)
    assert log.records[0].__dict__["details"] == {}
    assert "alice" not in str(log.records[0].__dict__)


def test_a_detail_cannot_fill_or_split_the_log(log: pytest.LogCaptureFixture) -> None:
    forged = "x\nERROR forged" + "y" * 5000
    attempt().refuse(RelyraError(ErrorCode.ISSUER_MISMATCH, "Wrong issuer.", actual=forged))
    [logged] = log.records[0].__dict__["details"].values()
    assert "\n" not in logged
    assert len(logged) <= 200


@pytest.mark.parametrize("name", ["login_started", "login_succeeded", "login_rejected"])
def test_the_signals_are_signals(name: str) -> None:
    assert isinstance(getattr(signals, name), Signal)
