"""What is cached of a session can be rebuilt from its events, and ``verify`` says when it differs."""

import json

import pytest

from ketacare.config.cli import main
from ketacare.infusion.models import Session
from ketacare.infusion.refolding import differences
from ketacare.record.models import Treatment
from tests.rooms.infusion.treatment import after, recovering, settled


def test_a_session_is_what_its_events_add_up_to(cast):
    settled(cast)
    assert list(differences()) == []


@pytest.mark.parametrize(
    "column, value", [("status", "treating"), ("alarm_level", "black"), ("last_seq", 7), ("ended_at", after(39))]
)
def test_a_column_that_somebody_changed_is_found(cast, column, value):
    session = recovering(cast)
    Session.objects.filter(pk=session.pk).update(**{column: value})
    (found,) = differences()
    assert found.session == session.pk
    assert column in found.says


def test_a_dose_that_somebody_changed_is_found(cast):
    recovering(cast)
    Treatment.objects.update(given_mg=5)
    assert "given_mg" in next(differences()).says


def test_verify_names_the_session_and_ends_with_1(cast, capsys):
    session = recovering(cast)
    Session.objects.filter(pk=session.pk).update(alarm_level="black")
    assert main(["verify", "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["sessions"][0]["session"] == session.pk
