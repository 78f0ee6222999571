"""A sitting is kept: answers, score and the alerts that come of it."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.db import transaction

from ketacare.clinic import actions as clinic
from ketacare.clinic import audit
from ketacare.clinic.actor import Actor, PatientLink, System, user_id
from ketacare.clinic.errors import ActionRefused, Reason
from ketacare.clinic.models import Course, Hold
from ketacare.clinic.permissions import fetch
from ketacare.outcomes.actions.ladder import find_owner
from ketacare.outcomes.licences import as_shown, statements
from ketacare.outcomes.models import Alert, AnswerSet
from ketacare.outcomes.models import Score as ScoreRow
from ketacare.outcomes.worsening import against_course
from ketacare.science.errors import ScienceError
from ketacare.science.scales import library
from ketacare.science.scales.definition import Instrument
from ketacare.science.scales.scoring import Score, score
from ketacare.science.scales.wording import Wording
from ketacare.science.scales.wording import cite as cite_wording

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
    wording: Wording | None = None,  # the texts that lie apart, where they were shown
) -> AnswerSet:
    """Keep a sitting, score it and raise its alerts, all or nothing; the same form sent again changes nothing."""
    course = fetch(by, needed_by(by), Course.objects.select_for_update(), pk=course_id)
    if (sent := AnswerSet.objects.filter(form_key=form_key).first()) is not None:
        return same_form(sent, course, instrument_id)
    instrument, result = scored(instrument_id, answers, context or {}, version=version)
    refuse_impossible(course, instrument_id, answered_at, at, supersedes)
    if supersedes is None:  # what was once asked with a right is corrected without it too
        refuse_without_right(course, instrument, wording)
    row = AnswerSet.objects.create(
        course=course,
        **cited(instrument, wording),
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
    keep_score(row, result, at=at)
    raised = [alert.pk for alert in raise_alerts(row, instrument, result, at=at)]
    audit.record(by=by, at=at, did="answers recorded", on=row, details={"alerts": raised})
    return row


def needed_by(by: Actor) -> str:
    """The permission that keeping answers takes: patients keep their own."""
    return "outcome.answer" if isinstance(by, PatientLink) else "outcome.record"


def cited(instrument: Instrument, wording: Wording | None) -> dict[str, object]:
    """Which files asked the questions, as an answer set keeps them."""
    scale, texts = library.cite(instrument), wording and cite_wording(wording)
    kept = {"instrument_id": scale.id, "instrument_version": scale.version, "instrument_sha256": scale.sha256}
    return kept | ({"wording_version": texts.version, "wording_sha256": texts.sha256} if texts else {})


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


def refuse_without_right(course: Course, instrument: Instrument, wording: Wording | None) -> None:
    """Refuse a scale that the site has stated no right to use, and texts that it never had a right to show."""
    stated = statements(course.site) if instrument.licence.needs else {}
    shown = as_shown(instrument, stated)
    if not shown.is_offered or (wording is not None and instrument.id not in stated):
        text = f"{instrument.name} is not taken here: {shown.why_not}."
        raise ActionRefused("no-right", [Reason(text=text, who="whoever may state the site's licences")])


def keep_score(answer_set: AnswerSet, result: Score, *, at: datetime) -> None:
    """Cache what a sitting comes to; a scale may be a safety check of the course."""
    band = result.band.id if result.band else ""
    ScoreRow.objects.create(answer_set=answer_set, status=result.status, main=result.main, band_id=band)
    clinic.ask_for_safety(Course.objects.filter(pk=answer_set.course_id), at=at)


def raise_alerts(answer_set: AnswerSet, instrument: Instrument, result: Score, *, at: datetime) -> list[Alert]:
    """One alert for each rule that fired, each with the person who is on; the urgent ones share a hold."""
    fired = [(rule.id, rule.level, rule.advice or "", "") for rule in result.alerts]
    found = against_course(answer_set, instrument, result)
    fired += [(rule.id, rule.level, rule.advice, found.words) for rule in found.raised]
    is_urgent = any(level >= HOLDS_FROM for _, level, _, _ in fired)
    hold = hold_for(answer_set, instrument, at=at) if is_urgent else None
    raised = [
        Alert.objects.create(
            course_id=answer_set.course_id,
            answer_set=answer_set,
            rule=rule,
            level=level,
            advice=advice,
            found=words,
            hold=hold if level >= HOLDS_FROM else None,
            raised_at=at,
            waits_since=at,
        )
        for rule, level, advice, words in fired
    ]
    for alert in raised:
        find_owner(alert, at=at)
    return raised


def hold_for(answer_set: AnswerSet, instrument: Instrument, *, at: datetime) -> Hold:
    """The hold that keeps a dose from being given before somebody has looked."""
    return clinic.place_hold(
        course=answer_set.course,
        reason=f"An urgent answer on {instrument.name} has not been looked at.",
        lifts_when="A prescriber has closed its alerts, or lifts the hold with a reason.",
        by=System(name="outcomes"),
        at=at,
    )
