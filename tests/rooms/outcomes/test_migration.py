"""Alerts of earlier releases keep what they say, and wait for somebody from the upgrade on."""

from datetime import timedelta

from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from ketacare.outcomes.looking_after import alerts_to_climb
from ketacare.outcomes.models import Alert
from tests.cast import NOW

BEFORE, AFTER = [("outcomes", "0002_answers_from_a_link")], [("outcomes", "0005_closed_after_a_contact")]


def migrate(to):
    executor = MigrationExecutor(connection)
    executor.migrate(to)
    return executor.loader.project_state(to).apps


def test_old_alerts_are_carried_over(own_cast):
    apps = migrate(BEFORE)
    given = {
        "instrument_id": "phq9",
        "instrument_version": 1,
        "instrument_sha256": "x",
        "language": "en",
        "answers": {},
    }
    times = {"answered_at": NOW, "recorded_at": NOW}
    row = apps.get_model("outcomes", "AnswerSet").objects.create(
        course_id=own_cast.ada_course, how="asked", form_key="5f0c8cf2-93c4-4a0b-9df2-4a4ab2b8a0d1", **given, **times
    )
    of_row = {"course_id": own_cast.ada_course, "answer_set_id": row.pk, "level": 2, "raised_at": NOW}
    taken = {"owner_id": own_cast.staff["nurse"], "taken_at": NOW + timedelta(minutes=7)}
    closed = {"closed_by_id": own_cast.staff["nurse"], "closed_at": NOW, "close_reason": "Talked"}
    old = apps.get_model("outcomes", "Alert").objects
    old.create(rule="a", status="open", **of_row)
    old.create(rule="b", status="owned", **of_row, **taken)
    old.create(rule="c", status="closed", **of_row, **taken, **closed)
    upgraded_at = timezone.now()
    migrate(AFTER)
    still_open, owned, done = Alert.objects.order_by("rule")
    assert (still_open.status, still_open.owner, still_open.contact) == ("open", None, None)
    assert still_open.waits_since >= upgraded_at
    assert (owned.first_taken_by_id, owned.first_taken_at) == (own_cast.staff["nurse"], NOW + timedelta(minutes=7))
    assert (done.status, done.close_reason, done.closed_without_contact_before) == ("closed", "Talked", True)
    assert not owned.closed_without_contact_before
    assert alerts_to_climb(at=timezone.now()) == [still_open.pk, owned.pk]
