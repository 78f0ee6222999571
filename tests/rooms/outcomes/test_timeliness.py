"""How long alerts took, told honestly."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from ketacare.outcomes import actions
from ketacare.outcomes.models import Alert
from ketacare.outcomes.timeliness import report
from tests.cast import NOW
from tests.rooms.outcomes.caring import alert_of, on_all_day, spoke

MINUTE = timedelta(minutes=1)
LONG_AGO = NOW - timedelta(days=1)


def rows(cast, *, at=NOW + timedelta(hours=2)):
    return report({cast.here}, since=LONG_AGO, at=at)


def test_median_worst_and_what_still_waits(cast):
    for minutes in (1, 3, 20):
        alert = alert_of(cast)
        actions.take_alert(alert_id=alert.pk, by=cast.actor("nurse"), at=NOW + minutes * MINUTE)
    spoke(alert, cast.actor("nurse"), at=NOW + 30 * MINUTE)
    alert_of(cast)
    (row,), people = rows(cast)
    assert (row.of, row.alerts) == ("Today, and before any dose", 4)
    assert (row.taken.done, row.taken.middle, row.taken.worst) == (3, 3 * MINUTE, 20 * MINUTE)
    assert (row.taken.open, row.taken.longest_open) == (1, timedelta(hours=2))
    assert (row.contact.done, row.contact.middle, row.contact.open) == (1, 30 * MINUTE, 3)
    assert [(one.of, one.alerts) for one in people] == [("Harbour Nurse", 3), ("nobody", 1)]


def test_the_median_of_two_lies_between_them(cast):
    for minutes in (2, 4):
        actions.take_alert(alert_id=alert_of(cast).pk, by=cast.actor("nurse"), at=NOW + minutes * MINUTE)
    assert rows(cast)[0][0].taken.middle == 3 * MINUTE


def test_levels_stand_apart_and_the_most_urgent_comes_first(cast):
    alert_of(cast, 3)
    levels, _ = rows(cast)
    assert [one.of for one in levels] == ["Now", "Today, and before any dose"]


def test_a_conversation_in_the_sitting_itself_took_no_time(cast):
    spoke(alert_of(cast, answered_at=NOW - 10 * MINUTE), cast.actor("nurse"), made_at=NOW - 5 * MINUTE, at=NOW + MINUTE)
    assert rows(cast)[0][0].contact.worst == timedelta(0)


def test_an_alert_closed_by_an_earlier_release_counts_as_unknown(cast):
    alert = alert_of(cast)
    gone = {"status": "closed", "closed_without_contact_before": True, "close_reason": "x"}
    person = {"owner_id": cast.staff["nurse"], "closed_by_id": cast.staff["nurse"]}
    Alert.objects.filter(pk=alert.pk).update(**gone, **person)
    contact = rows(cast)[0][0].contact
    assert (contact.done, contact.open, contact.unknown) == (0, 0, 1)


def test_alerts_of_before_and_of_other_sites_are_not_counted(cast):
    alert_of(cast)
    assert report({cast.here}, since=NOW + MINUTE, at=NOW + 2 * MINUTE) == ([], [])
    assert report({cast.there}, since=LONG_AGO, at=NOW + MINUTE) == ([], [])


def test_who_is_named_is_in_the_report_before_anybody_took_it(cast):
    on_all_day(cast, "therapist")
    alert_of(cast)
    assert [one.of for one in rows(cast)[1]] == ["Harbour Therapist"]


@pytest.mark.parametrize(
    "role, status", [("quality", 200), ("nurse", 200), ("medical-director", 200), ("front-desk", 404)]
)
def test_a_quality_lead_reads_it(browse, cast, role, status):
    alert_of(cast, at=timezone.now() - 90 * MINUTE)
    reply = browse(role).get(reverse("outcomes:alert-times"))
    assert reply.status_code == status
    if status == 200:
        assert "1, longest 90" in reply.content.decode() or "1, longest 1\N{NO-BREAK SPACE}h" in reply.content.decode()
