"""Everything that writes in this room."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.db import transaction

from ketacare.clinic import actions as clinic
from ketacare.clinic import audit
from ketacare.clinic.actor import Actor, PatientLink, System, user_id
from ketacare.clinic.errors import ActionRefused
from ketacare.clinic.models import Course, Hold
from ketacare.clinic.permissions import fetch, may
from ketacare.outcomes.models import TRANSITIONS, Alert, AnswerSet
from ketacare.outcomes.models import Score as ScoreRow
from ketacare.science.errors import ScienceError
from ketacare.science.scales import library
from ketacare.science.scales.definition import Instrument
from ketacare.science.scales.scoring import Score, score

HOLDS_FROM = Alert.Level.URGENT  # from this level on nothing is given until somebody has looked


@transaction.atomic
def record_answers(
    *,
    course_id: int,
    instrument_id: str,
    answers: Mapping[str, object],
    how: str,
    answered_at: datetime,
    form_key: UUID,
    by: Actor,
    at: datetime,
    context: Mapping[str, str] | None = None,
    supersedes: AnswerSet | None = None,
    version: int | None = None,  # of the scale as it was asked; None: the newest
) -> AnswerSet:
    """Keep a sitting, score it and raise its alerts, all or nothing; the same form sent again changes nothing."""
    course = fetch(by, needed_by(by), Course.objects.select_for_update(), pk=course_id)
    if (sent := AnswerSet.objects.filter(form_key=form_key).first()) is not None:
        return same_form(sent, course, instrument_id)
    instrument, result = scored(instrument_id, answers, context or {}, version=version)
    refuse_impossible(course, instrument_id, answered_at, at, supersedes)
    reference = library.cite(instrument)
    row = AnswerSet.objects.create(
        course=course,
        instrument_id=reference.id,
        instrument_version=reference.version,
        instrument_sha256=reference.sha256,
        language=instrument.language,
        answers=dict(answers),
        context=dict(context or {}),
        how=how,
        answered_at=answered_at,
        recorded_by_id=user_id(by),
        recorded_at=at,
        form_key=form_key,
        supersedes=supersedes,
    )
    band = result.band.id if result.band else ""
    ScoreRow.objects.create(answer_set=row, status=result.status, main=result.main, band_id=band)
    raised = [alert.pk for alert in raise_alerts(row, result, at=at)]
    audit.record(by=by, at=at, did="answers recorded", on=row, details={"alerts": raised})
    return row


@transaction.atomic
def take_alert(*, alert_id: int, by: Actor, at: datetime) -> Alert:
    """Become the person who looks after an alert, also in another's place."""
    alert = locked(alert_id, by, to=Alert.Status.OWNED)
    alert.status, alert.owner_id, alert.taken_at = Alert.Status.OWNED, user_id(by), at
    alert.save(update_fields=["status", "owner", "taken_at"])
    audit.record(by=by, at=at, did="alert taken", on=alert)
    return alert


@transaction.atomic
def close_alert(*, alert_id: int, reason: str, by: Actor, at: datetime) -> Alert:
    """Say what was done about an alert; the last one closed by somebody who may lifts the hold that came with it."""
    alert = locked(alert_id, by, to=Alert.Status.CLOSED)
    if not reason.strip():
        raise ActionRefused("no-reason", ["Say what was found and what was done."])
    alert.status, alert.closed_by_id, alert.closed_at = Alert.Status.CLOSED, user_id(by), at
    alert.close_reason = reason.strip()
    alert.save(update_fields=["status", "closed_by", "closed_at", "close_reason"])
    audit.record(by=by, at=at, did="alert closed", on=alert)
    if alert.hold is not None and is_ready_to_lift(alert.hold) and may(by, "hold.lift", alert.hold):
        clinic.lift_hold(hold_id=alert.hold.pk, reason=alert.close_reason, by=by, at=at)
    return alert


def needed_by(by: Actor) -> str:
    """The permission that keeping answers takes: patients keep their own."""
    return "outcome.answer" if isinstance(by, PatientLink) else "outcome.record"


def same_form(sent: AnswerSet, course: Course, instrument_id: str) -> AnswerSet:
    """What the form made when it was first sent, or a refusal when it was sent for something else since."""
    if (sent.course_id, sent.instrument_id) != (course.pk, instrument_id):
        raise ActionRefused("another-form", ["This form was already sent for something else. Open it afresh."])
    return sent


def scored(
    instrument_id: str, answers: Mapping[str, object], context: Mapping[str, str], *, version: int | None
) -> tuple[Instrument, Score]:
    """The scale and the score of the answers, or a refusal that says what is wrong."""
    try:
        instrument = library.load(instrument_id, version)
        return instrument, score(instrument, answers, context)
    except ScienceError as error:
        raise ActionRefused("not-scored", [str(problem) for problem in error.problems]) from error


def refuse_impossible(
    course: Course, instrument_id: str, answered_at: datetime, at: datetime, supersedes: AnswerSet | None
) -> None:
    """Refuse answers from the future, and a correction of something else."""
    reasons = []
    if answered_at > at:
        reasons.append("The answers were given in the future.")
    if supersedes and (supersedes.course_id, supersedes.instrument_id) != (course.pk, instrument_id):
        reasons.append("A correction is of the same scale in the same course.")
    if supersedes and AnswerSet.objects.filter(supersedes=supersedes).exists():
        reasons.append("These answers have already been corrected.")
    if reasons:
        raise ActionRefused("not-recorded", reasons)


def raise_alerts(answer_set: AnswerSet, result: Score, *, at: datetime) -> list[Alert]:
    """One alert for each rule that fired; the urgent ones share a hold."""
    urgent = [alert.id for alert in result.alerts if alert.level >= HOLDS_FROM]
    hold = hold_for(answer_set, result, at=at) if urgent else None
    return [
        Alert.objects.create(
            course_id=answer_set.course_id,
            answer_set=answer_set,
            rule=alert.id,
            level=alert.level,
            advice=alert.advice or "",
            hold=hold if alert.id in urgent else None,
            raised_at=at,
        )
        for alert in result.alerts
    ]


def hold_for(answer_set: AnswerSet, result: Score, *, at: datetime) -> Hold:
    """The hold that keeps a dose from being given before somebody has looked."""
    return clinic.place_hold(
        course=answer_set.course,
        reason=f"An urgent answer on {result.instrument.name} has not been looked at.",
        lifts_when="A prescriber has closed its alerts, or lifts the hold with a reason.",
        by=System(name="outcomes"),
        at=at,
    )


def is_ready_to_lift(hold: Hold) -> bool:
    """Whether the hold is still there and all its alerts are closed."""
    return hold.lifted_at is None and not Alert.objects.filter(hold=hold).exclude(status=Alert.Status.CLOSED).exists()


def locked(alert_id: int, by: Actor, *, to: str) -> Alert:
    """The alert, locked, for an actor who may own it, if it may take this step."""
    rows = Alert.objects.select_for_update(of=("self",)).select_related("hold")
    alert = fetch(by, "alert.own", rows, pk=alert_id)
    if to not in TRANSITIONS[alert.status]:
        name = alert.get_status_display().lower()
        raise ActionRefused(
            "alert-step", [f"An alert that is {name} does not become {Alert.Status(to).label.lower()}."]
        )
    return alert
