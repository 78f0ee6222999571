"""Two people, and two clocks, at the same moment: one of each wins and nothing is done twice."""

from collections.abc import Callable
from datetime import timedelta
from threading import Barrier, Thread

from django.db import connection

from ketacare.clinic.actor import System
from ketacare.clinic.errors import ActionRefused
from ketacare.outcomes import actions
from ketacare.outcomes.models import Alert, AlertContact, AlertEvent
from tests.cast import NOW
from tests.rooms.outcomes.caring import LATER, alert_of, on_all_day, spoke, troubled

CLOCK = System(name="watch")


def at_once(*acts: Callable[[], object]) -> list[object]:
    """What each act came to, begun together on connections of their own."""
    gate, came_to = Barrier(len(acts)), []

    def run(act: Callable[[], object]) -> None:
        gate.wait()
        try:
            came_to.append(act())
        except ActionRefused as refused:
            came_to.append(refused)
        finally:
            connection.close()

    threads = [Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return came_to


def test_of_two_who_take_an_alert_at_once_one_has_it_and_the_other_is_told(own_cast):
    alert = alert_of(own_cast)
    people = [own_cast.actor("nurse"), own_cast.actor("therapist")]
    takes = [lambda by=by: actions.take_alert(alert_id=alert.pk, by=by, at=LATER) for by in people]
    came_to = at_once(*takes)
    (refused,) = [one for one in came_to if isinstance(one, ActionRefused)]
    (taken,) = [one for one in came_to if isinstance(one, Alert)]
    assert Alert.objects.get(pk=alert.pk).owner_id == taken.owner_id
    assert taken.owner.name in str(refused)
    assert alert.events.filter(kind="taken").count() == 1


def test_two_clocks_call_nobody_twice(own_cast):
    on_all_day(own_cast, "therapist")
    on_all_day(own_cast, "nurse", rank=2)
    alert = alert_of(own_cast, 3)
    at = NOW + timedelta(minutes=5)
    came_to = at_once(*[lambda: actions.climb_alert(alert_id=alert.pk, by=CLOCK, at=at)] * 3)
    assert sorted(len(one) for one in came_to) == [0, 0, 1]
    assert AlertEvent.objects.filter(alert=alert, kind="step").count() == 1
    assert Alert.objects.get(pk=alert.pk).owner_id == own_cast.staff["nurse"]


def test_two_conversations_about_two_alerts_of_one_sitting_are_both_kept(own_cast):
    first, second = troubled(own_cast, 3).alerts.order_by("pk")
    nurse, therapist = own_cast.actor("nurse"), own_cast.actor("therapist")
    came_to = at_once(lambda: spoke(second, nurse), lambda: spoke(first, therapist))
    assert len([one for one in came_to if isinstance(one, AlertContact)]) == 2
    assert all(one.contact_id for one in Alert.objects.all())
