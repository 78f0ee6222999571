"""Who is named for an alert, the clock that calls the next, and the notices that go out; idempotent, two clocks may turn it."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction

from ketacare.clinic import audit
from ketacare.clinic.actor import Actor, user_id
from ketacare.clinic.models import User
from ketacare.clinic.permissions import require
from ketacare.outcomes.models import Alert, AlertEvent, AlertNotice
from ketacare.outcomes.rota import callable_people, may_look_after
from ketacare.science.scales import alerting
from ketacare.science.scales.alerting import Step

S, K = Alert.Status, AlertEvent.Kind
CLAIM_LASTS = timedelta(minutes=2)  # whoever claimed a notice and died is followed by another after this


@transaction.atomic
def climb_alert(*, alert_id: int, by: Actor, at: datetime) -> list[AlertEvent]:
    """Find another owner where the named one no longer works here, and take the rungs whose time has come."""
    alert = Alert.objects.select_for_update().get(pk=alert_id)
    require(by, "alert.climb", alert)
    if alert.status == S.CLOSED:
        return []
    people = {user.pk: user for user in may_look_after(alert.course.site_id)}
    done = [left_alone(alert, at=at)] if alert.owner_id not in (None, *people) else []
    for step, since in alerting.steps_due(rungs(alert), **waiting(alert), at=at):
        done.append(take_step(alert, step, since, people.values(), at=at))
    set_clock(alert)
    alert.save(update_fields=["owner", "status", "taken_at", "waits_since", "next_step_at"])
    if done:
        audit.record(by=by, at=at, did="alert went on", on=alert, details={"events": [one.pk for one in done]})
    return done


@transaction.atomic
def claim_notice(*, notice_id: int, by: Actor, at: datetime) -> AlertNotice | None:
    """Take a notice to send it; None when it was sent, or another is at it. One that was claimed and not settled is claimed again."""
    notice = AlertNotice.objects.select_for_update().get(pk=notice_id)
    require(by, "alert.climb", notice.person)
    if notice.sent_at is not None or (notice.tried_at is not None and at - notice.tried_at < CLAIM_LASTS):
        return None
    notice.tried_at, notice.tries = at, notice.tries + 1
    notice.save(update_fields=["tried_at", "tries"])
    return notice


@transaction.atomic
def settle_notice(*, notice_id: int, by: Actor, at: datetime) -> AlertNotice:
    """Say that a notice left for its person."""
    notice = AlertNotice.objects.select_for_update().get(pk=notice_id)
    require(by, "alert.climb", notice.person)
    notice.sent_at = at
    notice.save(update_fields=["sent_at"])
    audit.record(by=by, at=at, did="alert notice sent", on=notice.event.alert, details={"person": notice.person_id})
    return notice


def find_owner(alert: Alert, *, at: datetime) -> None:
    """Write that the alert was raised, and name who is on for it."""
    write(alert, K.RAISED, at=at)
    name_next(alert, at=at)
    set_clock(alert)
    alert.save(update_fields=["owner", "next_step_at"])


def left_alone(alert: Alert, *, at: datetime) -> AlertEvent:
    """The owner no longer works here: the alert is open again and finds another."""
    gone = write(alert, K.LEFT, at=at, person=alert.owner)
    alert.owner, alert.status, alert.taken_at, alert.waits_since = None, S.OPEN, None, at
    name_next(alert, at=at)
    return gone


def take_step(alert: Alert, step: Step, since: datetime, people: Iterable[User], *, at: datetime) -> AlertEvent:
    """One rung: the next person is named, or those it names are told."""
    event = write(alert, K.STEP, at=at, step=step.id, since=since)
    prescriber = alert.course.prescriber
    if step.tell == "next":
        name_next(alert, at=at)
    elif step.tell == "prescriber" and prescriber is not None and prescriber in people:
        tell(event, [prescriber], at=at)
    else:
        tell(event, people, at=at)
    return event


def name_next(alert: Alert, *, at: datetime) -> None:
    """Name the next person on the rota who was not named since the alert began to wait; where there is none, everybody is told."""
    named = alert.events.filter(kind__in=(K.NAMED, K.HANDED_OVER), at__gte=alert.waits_since)
    before = set(named.values_list("person_id", flat=True))
    free = [user for user in callable_people(alert.course.site, at=at) if user.pk not in before]
    if free:
        alert.owner = free[0]
        tell(write(alert, K.NAMED, at=at, person=alert.owner), [alert.owner], at=at)
        return
    nobody = write(alert, K.NOBODY, at=at, person=alert.owner)
    tell(nobody, may_look_after(alert.course.site_id), at=at)


def write(
    alert: Alert,
    kind: str,
    *,
    at: datetime,
    by: Actor | None = None,
    person: User | None = None,
    step: str = "",
    since: datetime | None = None,
) -> AlertEvent:
    """Write one event of an alert."""
    author = None if by is None else user_id(by)
    return AlertEvent.objects.create(alert=alert, kind=kind, at=at, by_id=author, person=person, step=step, since=since)


def tell(event: AlertEvent, people: Iterable[User], *, at: datetime) -> None:
    """Write for each of these people that they are to be told."""
    AlertNotice.objects.bulk_create([AlertNotice(event=event, person=user, made_at=at) for user in people])


def set_clock(alert: Alert) -> None:
    """Reckon when the ladder's next rung is due."""
    alert.next_step_at = alerting.next_step_at(rungs(alert), **waiting(alert))


def rungs(alert: Alert) -> alerting.Ladder:
    return alerting.load().rungs(alert.level)


def waiting(alert: Alert) -> alerting.Waiting:
    """What an alert waits for since when, and the rungs that were taken."""
    done = alert.events.filter(kind=K.STEP).values_list("step", "since")
    return {
        "waits_since": alert.waits_since if alert.status == S.OPEN else None,
        "without_contact_since": alert.raised_at if needs_contact(alert) else None,
        "done": {(step, since) for step, since in done if since is not None},
    }


def needs_contact(alert: Alert) -> bool:
    return alert.status != S.CLOSED and alert.contact_id is None
