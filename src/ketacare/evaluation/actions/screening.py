"""Judging a course again when something about it has changed, and saying that somebody has looked."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.db import transaction

from ketacare.clinic import actions as clinic
from ketacare.clinic import audit
from ketacare.clinic.actor import Actor, user_id
from ketacare.clinic.errors import ActionRefused
from ketacare.clinic.models import Course, DecisionRecord, Hold, ScreeningRequest
from ketacare.clinic.permissions import require
from ketacare.clinic.queries import ruling_in_force
from ketacare.evaluation import queries, screenings
from ketacare.evaluation.changes import Change, changes, kept
from ketacare.evaluation.evidence import has_evidence
from ketacare.evaluation.models import Screening, ScreeningSeen
from ketacare.evaluation.queries import BOOK, Assessment
from ketacare.evaluation.words import label_of
from ketacare.science.errors import BadFacts
from ketacare.science.rules import Finding

LIFTS_WHEN = "A prescriber decides again, on what is known now."


@transaction.atomic
def screen_course(*, course_id: int, by: Actor, at: datetime, anyway: bool = False) -> Screening | None:
    """Judge a course again if something asked for it or its day has come; hold it where treatment is now forbidden.

    Two at once, or one twice, do it once: the second finds nothing asked and nothing due.
    """
    course = Course.objects.select_for_update(of=("self",)).select_related("site", "patient").get(pk=course_id)
    require(by, "evaluation.screen", course)
    asked = list(ScreeningRequest.objects.filter(course=course).order_by("pk"))
    last = screenings.last_screening(course)
    ScreeningRequest.objects.filter(pk__in=[one.pk for one in asked]).delete()
    is_over = course.status == Course.Status.ENDED
    if is_over or not (asked or anyway or screenings.is_due(course, last, at=at)):
        return None
    row = _judged(course, last, because=list(dict.fromkeys(one.because for one in asked)), by=by, at=at)
    if row.must_be_seen or row.changes:
        audit.record(by=by, at=at, did="screened: something changed", on=row)
    return row


@transaction.atomic
def acknowledge_screening(*, screening_id: int, by: Actor, at: datetime) -> ScreeningSeen:
    """Say that one has looked at what a screening found."""
    screening = Screening.objects.select_related("course").get(pk=screening_id)
    require(by, "evaluation.acknowledge", screening)
    Course.objects.select_for_update().get(pk=screening.course_id)  # two at once: one after the other
    if ScreeningSeen.objects.filter(screening=screening).exists():
        raise ActionRefused("seen", ["Somebody has said so already."])
    row = ScreeningSeen.objects.create(screening=screening, by_id=user_id(by), at=at)
    audit.record(by=by, at=at, did="screening seen", on=screening)
    return row


def remember_decision(assessment: Assessment, decision: DecisionRecord, *, at: datetime) -> Screening:
    """Keep what a decision looked at as the state that later screenings are compared with."""
    findings = kept(assessment.evaluation, assessment.given)
    return Screening.objects.create(
        course=assessment.course,
        at=at,
        on=assessment.on,
        ruling=ruling_in_force(assessment.course.site, BOOK, at=at),
        because=["a decision was taken"],
        result=assessment.evaluation.disposition,
        digest=_digest(findings),
        findings=findings,
        decision=decision,
    )


def _judged(course: Course, last: Screening | None, *, because: Sequence[str], by: Actor, at: datetime) -> Screening:
    """The row of a screening, stored, with the hold that it places."""
    try:
        assessment = queries.assess(course, at=at)
    except BadFacts as bad:
        return _not_judged(course, last, bad, because=because, at=at)
    before = screenings.last_judged(course)
    findings = kept(assessment.evaluation, assessment.given)
    digest = _digest(findings)
    same = before if before is not None and before.digest == digest else None
    found = [] if before is None or same else changes(screenings.findings_of(before) or [], findings)
    forbids = _newly_forbidden(course, assessment)
    hold = _hold(course, forbids, by=by, at=at) if forbids else None
    was = "" if before is None else before.result
    return Screening.objects.create(
        course=course,
        at=at,
        on=assessment.on,
        ruling=ruling_in_force(course.site, BOOK, at=at),
        because=because or ["the day's screening"],
        result=assessment.evaluation.disposition,
        digest=digest,
        same_as=None if same is None else same.same_as or same,
        findings=[] if same else findings,
        changes=[asdict(one) for one in found],
        forbids={rule: assessment.rests_on(finding) for rule, finding in forbids.items()},
        must_be_seen=hold is not None or _must_be_seen(course, found, was=was, now=assessment.evaluation.disposition),
        hold=hold,
    )


def _not_judged(
    course: Course, last: Screening | None, bad: BadFacts, *, because: Sequence[str], at: datetime
) -> Screening:
    """A course whose facts no evaluation may start from: told once, until it can be judged again."""
    problem = "; ".join(f"{label_of(one.place)} {one.says}" for one in bad.problems)
    is_new = last is None or last.problem != problem
    return Screening.objects.create(
        course=course,
        at=at,
        on=queries.today_at(course, at),
        ruling=ruling_in_force(course.site, BOOK, at=at),
        because=because or ["the day's screening"],
        problem=problem,
        must_be_seen=is_new,
    )


def _newly_forbidden(course: Course, assessment: Assessment) -> dict[str, Finding]:
    """What speaks against treatment on evidence, no decision has dealt with, and no hold has been placed for.

    What merely has gone stale or was never asked places no hold: the start gate waits for it anyway.
    """
    if course.status not in screenings.BEYOND_ELIGIBILITY:
        return {}
    told = screenings.forbidden_before(course)
    standing = queries.not_dealt_with(assessment, queries.latest_decision(course))
    findings = [one.finding for one in standing if one.finding.fires and has_evidence(one.finding)]
    return {one.rule.id: one for one in findings if told.get(one.rule.id) != assessment.rests_on(one)}


def _hold(course: Course, forbids: Mapping[str, Finding], *, by: Actor, at: datetime) -> Hold:
    """A hold with its reasons in words; the patient's values stand on the page about the change, for those who may read it."""
    reasons = " ".join(f"{one.rule.statement} ({rule})" for rule, one in forbids.items())
    reason = f"New, and no decision has dealt with it: {reasons}"
    return clinic.place_hold(course=course, reason=reason, lifts_when=LIFTS_WHEN, ends_with_decision=True, by=by, at=at)


def _must_be_seen(course: Course, found: Sequence[Change], *, was: str, now: str) -> bool:
    """Whether somebody has to look: in a course that was decided on, or where somebody must be called now."""
    if any(one.urgent and one.now == "fires" and one.is_worse for one in found):
        return True
    has_changed = was not in ("", now)
    return course.status in screenings.DECIDED_ON and (has_changed or any(one.must_be_seen for one in found))


def _digest(findings: Sequence[Mapping[str, Any]]) -> str:
    """A short proof of what was found, on which values."""
    shown = [
        [one["rule"], one["fires"], one["cleared"], {used["fact"]: used["lasts"] for used in one["because"]}]
        for one in findings
    ]
    return hashlib.sha256(json.dumps(shown, sort_keys=True).encode()).hexdigest()
