"""What people do about an alert: take it, hand it over, try to reach the patient, speak with them, close it."""

from datetime import datetime

from django.db import transaction

from ketacare.clinic import actions as clinic
from ketacare.clinic import audit
from ketacare.clinic.actor import Actor, user_id
from ketacare.clinic.errors import ActionRefused, NotAllowed, Reason
from ketacare.clinic.models import Hold, User
from ketacare.clinic.permissions import fetch, may
from ketacare.outcomes.actions.ladder import set_clock, tell, write
from ketacare.outcomes.models import TRANSITIONS, Alert, AlertAttempt, AlertContact, AlertEvent
from ketacare.outcomes.rota import OWN, may_look_after

S, K = Alert.Status, AlertEvent.Kind


@transaction.atomic
def take_alert(*, alert_id: int, by: Actor, at: datetime) -> Alert:
    """Become the person who looks after an alert; refused when another was first, nothing when one has it oneself."""
    alert = locked(alert_id, by, to=S.OWNED)
    if alert.status == S.OWNED:
        refuse_when_with_another(alert, user_id(by))
        return alert
    own(alert, by=by, at=at)
    audit.record(by=by, at=at, did="alert taken", on=alert)
    return alert


@transaction.atomic
def hand_over_alert(*, alert_id: int, to_id: int, seen_owner_id: int | None, by: Actor, at: datetime) -> Alert:
    """Name another person for an alert, who has to take it; or take it over oneself. Refused when its owner changed meanwhile."""
    to_oneself = to_id == user_id(by)
    alert = locked(alert_id, by, to=S.OWNED if to_oneself else S.OPEN)
    refuse_when_with_another(alert, seen_owner_id)
    person = may_look_after(alert.course.site_id).filter(pk=to_id).first()
    if person is None:
        raise ActionRefused("not-an-owner", ["This person does not look after alerts at this site. Name another."])
    if to_oneself:
        own(alert, by=by, at=at)
    else:
        alert.owner, alert.status, alert.taken_at, alert.waits_since = person, S.OPEN, None, at
        tell(write(alert, K.HANDED_OVER, at=at, by=by, person=person), [person], at=at)
        keep(alert)
    audit.record(by=by, at=at, did="alert handed over", on=alert, details={"to": person.pk})
    return alert


@transaction.atomic
def record_attempt(
    *, alert_id: int, tried_at: datetime, how: str, done_then: str, by: Actor, at: datetime
) -> AlertAttempt:
    """Write down that the patient was not reached and what was done then; it closes nothing and stops no clock."""
    alert = locked(alert_id, by, to=S.OWNED)
    refuse_impossible(alert, tried_at, {"what was done then": done_then}, at=at)
    take_if_open(alert, by=by, at=at)
    attempt = AlertAttempt.objects.create(
        alert=alert, tried_at=tried_at, how=how, done_then=done_then.strip(), recorded_by_id=author(by), recorded_at=at
    )
    write(alert, K.ATTEMPT, at=at, by=by)
    audit.record(by=by, at=at, did="alert attempt recorded", on=alert, details={"attempt": attempt.pk})
    return attempt


@transaction.atomic
def record_contact(
    *, alert_id: int, made_at: datetime, made_by: str, how: str, found: str, by: Actor, at: datetime
) -> AlertContact:
    """Write down who spoke with the patient and what was found: for this alert and the others of the same sitting."""
    lock_sitting(fetch(by, OWN, Alert.objects.all(), pk=alert_id))
    alert = locked(alert_id, by, to=S.OWNED)
    refuse_impossible(alert, made_at, {"who spoke with the patient": made_by, "what was found": found}, at=at)
    take_if_open(alert, by=by, at=at)
    contact = AlertContact.objects.create(
        course_id=alert.course_id,
        made_at=made_at,
        made_by=made_by.strip(),
        how=how,
        found=found.strip(),
        recorded_by_id=author(by),
        recorded_at=at,
    )
    together = Alert.objects.filter(answer_set=alert.answer_set_id).exclude(status=S.CLOSED)
    for one in together.order_by("pk"):
        one.contact = one.contact or contact
        write(one, K.CONTACT, at=at, by=by)
        set_clock(one)
        one.save(update_fields=["contact", "next_step_at"])
    audit.record(by=by, at=at, did="alert contact recorded", on=alert, details={"contact": contact.pk})
    return contact


@transaction.atomic
def close_alert(*, alert_id: int, reason: str, by: Actor, at: datetime) -> Alert:
    """Say what was done about an alert; the last one closed by somebody who may lifts the hold that came with it."""
    alert = locked(alert_id, by, to=S.CLOSED)
    if reasons := list(reasons_against_closing(alert, reason)):
        raise ActionRefused("not-closed", reasons)
    alert.status, alert.closed_by_id, alert.closed_at = S.CLOSED, author(by), at
    alert.close_reason = reason.strip()
    set_clock(alert)
    alert.save(update_fields=["status", "closed_by", "closed_at", "close_reason", "next_step_at"])
    write(alert, K.CLOSED, at=at, by=by)
    audit.record(by=by, at=at, did="alert closed", on=alert)
    if alert.hold is not None and is_ready_to_lift(alert.hold) and may(by, "hold.lift", alert.hold):
        clinic.lift_hold(hold_id=alert.hold.pk, reason=alert.close_reason, by=by, at=at)
    return alert


def reasons_against_closing(alert: Alert, reason: str) -> list[Reason]:
    """What is missing before an alert may be closed, all at once."""
    reasons = []
    if alert.contact_id is None:
        text = "Nobody has spoken with the patient since the answer, as far as is written down. An attempt is not a contact."
        reasons.append(Reason(text=text, who="whoever speaks with the patient, by recording the contact"))
    if not reason.strip():
        reasons.append(Reason(text="Say what was found and what was done."))
    return reasons


def refuse_when_with_another(alert: Alert, expected: int | None) -> None:
    """Refuse to act on an alert whose owner is not the one that whoever acts goes by."""
    if alert.owner_id != expected:
        words = "Nobody is named for it now." if alert.owner is None else f"It is with {alert.owner.name} now."
        raise ActionRefused("alert-with-another", [Reason(text=f"Somebody else was first. {words}", who="its owner")])


def refuse_impossible(alert: Alert, when: datetime, needed: dict[str, str], *, at: datetime) -> None:
    """Refuse a conversation from the future or from before the answers, or one that says nothing."""
    reasons = [f"Say {what}." for what, text in needed.items() if not text.strip()]
    if when > at:
        reasons.append("This time has not come yet.")
    if when < alert.answer_set.answered_at.replace(second=0, microsecond=0):  # people write minutes
        reasons.append("This was before the answers were given.")
    if reasons:
        raise ActionRefused("not-recorded", reasons)


def take_if_open(alert: Alert, *, by: Actor, at: datetime) -> None:
    """Who speaks with the patient has taken the alert."""
    if alert.status == S.OPEN:
        own(alert, by=by, at=at)


def own(alert: Alert, *, by: Actor, at: datetime) -> None:
    """Make an alert one's own; the first who does so answers for how long it took."""
    alert.owner = User.objects.get(pk=author(by))
    alert.status, alert.taken_at = S.OWNED, at
    alert.first_taken_by, alert.first_taken_at = alert.first_taken_by or alert.owner, alert.first_taken_at or at
    write(alert, K.TAKEN, at=at, by=by, person=alert.owner)
    keep(alert)


def keep(alert: Alert) -> None:
    """Store who has an alert since when, and when the next rung is due."""
    set_clock(alert)
    alert.save(
        update_fields=["owner", "status", "taken_at", "waits_since", "next_step_at", "first_taken_by", "first_taken_at"]
    )


def author(by: Actor) -> int:
    """The person who acts: nobody but a named person looks after an alert."""
    pk = user_id(by)
    if pk is None:
        raise NotAllowed(OWN, by.key)
    return pk


def is_ready_to_lift(hold: Hold) -> bool:
    """Whether the hold is still there and all its alerts are closed."""
    return hold.lifted_at is None and not Alert.objects.filter(hold=hold).exclude(status=S.CLOSED).exists()


def lock_sitting(alert: Alert) -> None:
    """Lock the alerts of a sitting in one order, so that two who write about two of them never wait for each other."""
    list(Alert.objects.select_for_update().filter(answer_set=alert.answer_set_id).order_by("pk").values_list("pk"))


def locked(alert_id: int, by: Actor, *, to: str) -> Alert:
    """The alert, locked, for an actor who may own it, if it may take this step."""
    # What is joined to a locked row is as it was before PostgreSQL waited for the lock: everything else is read after it.
    alert = fetch(by, OWN, Alert.objects.select_for_update(), pk=alert_id)
    if to not in TRANSITIONS[alert.status]:
        name = alert.get_status_display().lower()
        raise ActionRefused("alert-step", [f"An alert that is {name} does not become {S(to).label.lower()}."])
    return alert
