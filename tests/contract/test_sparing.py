"""A failure that goes on is told in full once a minute, with how often it was met; another one is told at once."""

import logging

import pytest

from ketacare.config.live.sparing import EVERY_S, Sparing


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def passed() -> list[float]:
    return [0.0]


@pytest.fixture
def log(said: list[str], passed: list[float]) -> logging.Logger:
    handler = logging.Handler()
    handler.emit = lambda record: said.append(record.getMessage())
    handler.addFilter(Sparing(about="tried", seconds=lambda: passed[0]))
    found = logging.Logger("tried.here")
    found.addHandler(handler)
    return found


def fail(log: logging.Logger, error: Exception, job: str = "probe") -> None:
    try:
        raise error
    except type(error):
        log.exception("the job %s failed", job)


def test_the_same_failure_is_told_once_a_minute_with_how_often_it_was_met(log, said, passed):
    for _ in range(3):
        fail(log, OSError("full"))
    assert said == ["the job probe failed"]
    passed[0] = EVERY_S
    fail(log, OSError("full"))
    assert said[1:] == ["the job probe failed (and 2 times before, since it was last told)"]


def test_another_failure_and_what_is_no_failure_are_told_at_once(log, said):
    fail(log, OSError("full"))
    fail(log, ValueError("something else"))
    for _ in range(2):
        log.warning("a word")
    assert said == ["the job probe failed", "the job probe failed", "a word", "a word"]


def test_failures_elsewhere_are_all_told(log, said):
    log.name = "elsewhere"
    for _ in range(2):
        fail(log, OSError("full"))
    assert len(said) == 2
