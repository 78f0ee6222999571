"""Everything that writes about long-term safety."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from ketacare.clinic import actions as clinic
from ketacare.clinic import audit
from ketacare.clinic.actor import Actor, System, user_id
from ketacare.clinic.errors import ActionRefused
from ketacare.clinic.models import Course, Hold, SafetyRequest
from ketacare.clinic.permissions import fetch, require
from ketacare.consent.beyond_care import LETTER, refuse_unless_allowed
from ketacare.followup.safety.judging import Found, Judged, exposure_of, is_watched, judged, rows_of
from ketacare.followup.safety.models import SafetyCheck, SafetyFinding
from ketacare.followup.safety.queries import refused_answers
from ketacare.followup.safety.values import CheckInput
from ketacare.record.models import CumulativeExposure, DueItem
from ketacare.science.surveillance.checks import checks, places_hold

WATCH = System(name="safety")
COURSES = Course.objects.select_related("site", "patient", "prescriber")


@transaction.atomic
def record_check(*, course_id: int, check: CheckInput, by: Actor, at: datetime) -> SafetyCheck:
    """Write down a check that was done; what it sets off is placed and shown at once."""
    course = fetch(by, "safety.record", COURSES.select_for_update(of=("self",)), pk=course_id)
    if (sent := SafetyCheck.objects.filter(form_key=check.form_key).first()) is not None:
        return same_form(sent, course, check.kind)
    if reasons := refused_answers(check, at=at):
        raise ActionRefused("not-recorded", reasons)
    row = SafetyCheck.objects.create(
        course=course,
        kind=check.kind,
        version=checks().version,
        told=dict(check.told),
        checked_at=check.checked_at,
        note=check.note.strip(),
        by_id=user_id(by),
        recorded_at=at,
        form_key=check.form_key,
    )
    audit.record(by=by, at=at, did="safety check recorded", on=row, details={"kind": row.kind})
    work_out(course, at=at)
    return row


@transaction.atomic
def watch_course(*, course_id: int, by: Actor, at: datetime) -> Course:
    """Work out a course's safety again. Done twice, or by two at once, it is done once."""
    course = COURSES.select_for_update(of=("self",)).get(pk=course_id)
    require(by, "safety.watch", course)
    asked = list(SafetyRequest.objects.filter(course=course).values_list("pk", flat=True))
    SafetyRequest.objects.filter(pk__in=asked).delete()
    work_out(course, at=at)
    return course


@transaction.atomic
def postpone_watch(*, course_id: int, by: Actor, at: datetime) -> None:
    """Say that working a course out failed, so that it is tried again later and keeps no other waiting."""
    course = Course.objects.select_for_update().get(pk=course_id)
    require(by, "safety.watch", course)
    if not SafetyRequest.objects.filter(course=course).update(tried_at=at):
        SafetyRequest.objects.create(course=course, asked_at=at, tried_at=at)


@transaction.atomic
def answer_finding(*, finding_id: int, answer: str, by: Actor, at: datetime) -> SafetyFinding:
    """Say in writing what was done about a finding."""
    rows = SafetyFinding.objects.select_for_update(of=("self",)).select_related("course")
    finding = fetch(by, "safety.answer", rows, pk=finding_id)
    if finding.answered_at is not None:
        raise ActionRefused("answered", ["Somebody has answered this already."])
    if not answer.strip():
        raise ActionRefused("no-words", ["Say what was found and what was done."])
    finding.answered_by_id, finding.answered_at, finding.answer = user_id(by), at, answer.strip()
    finding.save(update_fields=["answered_by", "answered_at", "answer"])
    audit.record(by=by, at=at, did="safety finding answered", on=finding)
    return finding


@transaction.atomic
def export_letter(*, course_id: int, form: str, by: Actor, at: datetime) -> Judged:
    """Give what the letter to the family doctor is made of, where the patient agrees to it; that it was made is on record."""
    course = fetch(by, "safety.report", COURSES, pk=course_id)
    refuse_unless_allowed(course.patient, LETTER, at=at)
    audit.record(by=by, at=at, did="exposure letter made", on=course, details={"form": form})
    return judged(course, at=at)


def same_form(sent: SafetyCheck, course: Course, kind: str) -> SafetyCheck:
    """The check that this form has recorded already, or a refusal when it was for something else."""
    if (sent.course_id, sent.kind) != (course.pk, kind):
        raise ActionRefused("another-form", ["This form was already sent for something else. Open it afresh."])
    return sent


def work_out(course: Course, *, at: datetime) -> None:
    """Store how the course stands now, place the Holds that it asks for, and tell what is new."""
    if not is_watched(course):
        DueItem.objects.filter(course=course).delete()
        CumulativeExposure.objects.filter(course=course).delete()
        return
    now = judged(course, at=at)
    rows = rows_of(now)
    DueItem.objects.filter(course=course).exclude(kind__in=[row.kind for row in rows]).delete()
    names = [field.name for field in DueItem._meta.concrete_fields if not field.primary_key]
    DueItem.objects.bulk_create(rows, update_conflicts=True, unique_fields=["course", "kind"], update_fields=names)
    given = exposure_of(now, at=at)
    values = {field.attname: getattr(given, field.attname) for field in given._meta.concrete_fields}
    values = {name: value for name, value in values.items() if name not in ("id", "course_id")}
    CumulativeExposure.objects.update_or_create(course=course, defaults=values)
    tell(course, now.found, at=at)


def tell(course: Course, found: Iterable[Found], *, at: datetime) -> None:
    """Keep each finding once for what it rests on; one that is new may place a Hold."""
    fired = list(found)
    open_ones = SafetyFinding.objects.filter(course=course, over_at__isnull=True)
    open_ones.exclude(digest__in=[one.digest for one in fired]).update(over_at=at)
    known = set(SafetyFinding.objects.filter(course=course).values_list("rule", "digest"))
    for one in fired:
        if (one.rule, one.digest) not in known:
            row = SafetyFinding.objects.create(
                course=course,
                rule=one.rule,
                severity=one.finding.severity,
                rests_on=one.rests_on,
                digest=one.digest,
                hold=hold_for(course, one, at=at),
                found_at=at,
            )
            audit.record(by=WATCH, at=at, did="safety finding", on=row, details={"rule": one.rule})


def hold_for(course: Course, found: Found, *, at: datetime) -> Hold | None:
    """The Hold that a finding asks for: the one that stands for the same rule, or a new one."""
    if not places_hold(checks(), found.rule, found.finding.severity):
        return None
    before = SafetyFinding.objects.filter(course=course, rule=found.rule, hold__lifted_at__isnull=True)
    standing = before.exclude(hold__isnull=True).select_related("hold").order_by("-pk").first()
    if standing is not None:
        return standing.hold
    return clinic.place_hold(
        course=course, reason=found.words, lifts_when=checks().lifts_when[found.rule], by=WATCH, at=at
    )
