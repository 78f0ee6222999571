"""A log that says where something failed and of which kind, and never a value: no row of a patient, on either database."""

import asyncio
import logging
import os
import smtplib
import subprocess
import sys
from collections.abc import Callable
from datetime import date

import pytest
from django.conf import settings
from django.db import DatabaseError, connection, transaction

from ketacare.clinic.models import Patient
from ketacare.config import asgi
from ketacare.config.discreet import Discreet, kind_and_words

SECRET = "Quixotherina"


def logged(error: BaseException, message: str = "it failed", *args: object) -> str:
    """What the clinic's log would hold of a failure."""
    record = logging.LogRecord(
        "x", logging.ERROR, __file__, 1, message, args, (type(error), error, error.__traceback__)
    )
    return Discreet().format(record)


def met(act: Callable[[], object]) -> DatabaseError:
    try:
        with transaction.atomic():
            act()
    except DatabaseError as error:
        return error
    raise AssertionError("nothing failed")


def a_patient(**changes: object) -> Patient:
    told = {"given_name": SECRET, "family_name": SECRET, "born_on": date(1984, 5, 17), "sex_at_birth": "female"}
    return Patient.objects.create(**(told | changes))


def the_same_twice() -> None:
    first = a_patient()
    a_patient(pk=first.pk)


def a_name_that_is_none() -> None:
    a_patient(given_name=None)


def a_wrong_kind() -> None:
    asked = {"sqlite": "SELECT json(%s)", "postgresql": "SELECT CAST(%s AS date)"}[connection.vendor]
    with connection.cursor() as cursor:
        cursor.execute(asked, [SECRET])


def a_row_of_a_constraint() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMPORARY TABLE kept (name varchar(80) CONSTRAINT name_is_short CHECK (length(name) < 3))"
        )
        cursor.execute("INSERT INTO kept VALUES (%s)", [SECRET])


@pytest.mark.parametrize("act", [the_same_twice, a_name_that_is_none, a_wrong_kind, a_row_of_a_constraint])
def test_a_row_that_the_database_refuses_is_in_no_log(cast, act):
    error = met(act)
    text = logged(error)
    assert SECRET not in text
    assert "1984-05" not in text
    assert "1984, 5" not in text
    assert type(error).__name__ in text
    assert f"in {act.__name__}" in text


def test_which_constraint_it_was_is_told(cast):
    text = logged(met(a_row_of_a_constraint))
    assert "name_is_short" in text
    if connection.vendor == "postgresql":
        assert SECRET in str(met(a_row_of_a_constraint))  # what would have been printed
        assert "23514" in text


def test_every_exception_of_a_chain_and_of_a_group_is_told_without_its_words():
    try:
        try:
            raise ValueError(SECRET)
        except ValueError as first:
            raise ExceptionGroup(SECRET, [KeyError(SECRET), RuntimeError(SECRET)]) from first
    except ExceptionGroup as error:
        error.add_note(SECRET)
        text = logged(error)
    assert SECRET not in text
    for kind in ("ValueError", "ExceptionGroup", "KeyError", "RuntimeError"):
        assert kind in text


def test_an_exception_as_a_message_or_as_a_part_of_one_loses_its_words_too():
    error = ValueError(SECRET)
    assert SECRET not in logged(error, "it failed: %s", error)
    assert SECRET not in logged(error, error)
    record = logging.LogRecord("x", logging.ERROR, __file__, 1, "it failed: %(why)s", ({"why": error},), None)
    assert SECRET not in Discreet().format(record)


def test_what_another_handler_made_of_a_traceback_is_not_used_and_not_spoilt():
    record = logging.LogRecord("x", logging.ERROR, __file__, 1, "it failed", (), None)
    try:
        raise ValueError(SECRET)
    except ValueError:
        record.exc_info = sys.exc_info()
    other = logging.Formatter().format(record)
    assert SECRET in other
    assert SECRET not in Discreet().format(record)
    assert logging.Formatter().format(record) == other


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (OSError(28, "No space left on device"), "OSError: 28 No space left on device"),
        (FileNotFoundError(2, "No such file", SECRET), "FileNotFoundError: 2 No such file"),
        (smtplib.SMTPRecipientsRefused({SECRET: (550, b"no")}), "smtplib.SMTPRecipientsRefused"),
        (smtplib.SMTPDataError(451, SECRET), "smtplib.SMTPDataError: 451"),
        (NameError("name 'x' is not defined"), "NameError: name 'x' is not defined"),
        (ValueError(SECRET), "ValueError"),
        (DatabaseError(SECRET), "django.db.utils.DatabaseError"),
    ],
)
def test_what_speaks_of_the_machine_is_kept(error, told):
    assert kind_and_words(error) == told


def test_the_clinics_log_is_written_that_way_and_by_nothing_else():
    assert settings.LOGGING["handlers"]["console"]["formatter"] == "discreet"
    assert set(settings.LOGGING["handlers"]) == {"console"}
    assert settings.LOGGING["loggers"]["django"]["handlers"] == []
    assert settings.LOGGING["loggers"]["django.db.backends"]["level"] == "INFO"


def test_what_ends_a_command_or_a_thread_is_told_without_its_words(tmp_path):
    code = (
        "import threading\nfrom ketacare.config import discreet\ndiscreet.install()\n"
        "def fail(): raise ValueError('a row: ' + 'Quixo' + 'therina')\n"
        "thread = threading.Thread(target=fail); thread.start(); thread.join()\nfail()\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, env=os.environ)
    assert done.returncode == 1
    assert done.stderr.count("ValueError") == 2
    assert SECRET not in done.stderr


def test_the_server_is_told_nothing_of_a_request_that_failed(monkeypatch, caplog):
    async def fail(*_: object) -> None:
        raise ValueError(SECRET)

    monkeypatch.setitem(asgi.LIVE, "/fails", fail)
    with pytest.raises(asgi.RequestFailed) as met_with:
        asyncio.run(asgi.application({"type": "http", "path": "/fails"}, None, None))
    error = met_with.value
    assert (str(error), error.__cause__, error.__suppress_context__) == ("", None, True)
    (record,) = caplog.records
    assert SECRET not in Discreet().format(record)
    assert "in fail" in Discreet().format(record)
