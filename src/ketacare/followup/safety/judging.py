"""How the safety of a course stands at a moment: every check, what was given in all, and what the surveillance book finds. Nothing here writes."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from ketacare.clinic.models import Course, RulebookRuling
from ketacare.clinic.queries import in_force, ruling_in_force
from ketacare.followup.safety.evidence import Known, known
from ketacare.record.models import CumulativeExposure, DueItem
from ketacare.science.rules import Finding, Value
from ketacare.science.surveillance.checks import checks
from ketacare.science.surveillance.due import Standing, standing
from ketacare.science.surveillance.exposure import Exposure, exposure, within
from ketacare.science.surveillance.findings import concerns, facts_from_checks, told_at

REVIEW = "exposure_review"
S = Course.Status
UNDER_WAY = (S.PLANNED, S.IN_INDUCTION, S.IN_MAINTENANCE)  # whose safety is watched, with or without a session


@dataclass(frozen=True, kw_only=True)
class Found:
    """A rule that the answers set off, and what it rests on."""

    finding: Finding
    rests_on: Mapping[str, list[Any]]  # fact -> value, and when it was told

    @property
    def rule(self) -> str:
        return self.finding.rule.id

    @property
    def words(self) -> str:
        """The rule's own statement, with its name."""
        return f"{self.finding.rule.statement} ({self.rule})"

    @property
    def digest(self) -> str:
        """A short proof of what it rests on."""
        return hashlib.sha256(json.dumps(self.rests_on, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True, kw_only=True)
class Judged:
    """A course judged at a moment."""

    course: Course
    on: date
    ruling: RulebookRuling
    known: Known
    standings: Mapping[str, Standing]
    exposure: Exposure
    found: tuple[Found, ...]


def judged(course: Course, *, at: datetime) -> Judged:
    """Judge a course: the checks that apply to it, and the triggers of the book in force at its site."""
    file, here = checks(), at.astimezone(ZoneInfo(course.site.time_zone))
    book, policy = in_force(course.site, file.book, at=at)
    now = known(course, at=at, params=policy.values)
    facts = facts_from_checks(now.evidence, file=file) | exposure_facts(now, policy.values, at=here)
    evaluation = book.evaluate(facts, on=here.date(), policy=policy)
    triggers = [one for one in evaluation.findings if one.fires and one.rule.id in file.all_triggers]
    when = told_at(now.evidence, file=file)
    return Judged(
        course=course,
        on=here.date(),
        ruling=ruling_in_force(course.site, file.book, at=at),
        known=now,
        standings=dict(standings_of(now, triggers, policy.values)),
        exposure=exposure(now.doses, at=here),
        found=tuple(Found(finding=one, rests_on=rests_on(one, facts, when)) for one in triggers),
    )


def standings_of(
    now: Known, triggers: Sequence[Finding], params: Mapping[str, float]
) -> Iterator[tuple[str, Standing]]:
    """How each check that is for this patient stands."""
    for kind, check in checks().checks.items():
        done = now.evidence.done.get(kind, ())
        fired = [f"{one.rule.statement} ({one.rule.id})" for one in triggers if one.rule.id in check.triggers]
        fired += concerns(check, done)
        if now.applies[kind] is not False:
            yield (
                kind,
                standing(check, now.history, done, params=params, fired=fired, applies=now.applies[kind]),
            )


def exposure_facts(now: Known, params: Mapping[str, float], *, at: datetime) -> dict[str, Value]:
    """How much was given here, for the book's own limits, and whether a review of it stands."""
    (due,) = checks().checks[REVIEW].due
    stands = standing(checks().checks[REVIEW], now.history, now.evidence.done[REVIEW], params=params)
    told: dict[str, Value] = {due.reviewed: stands.on(at.date()) == "done"} if due.reviewed else {}
    for limit in due.at_exposure:
        some = within(now.doses, days=limit.within_days, at=at) if limit.within_days else now.doses
        told[limit.fact] = float(exposure(now.doses, at=at).months_of_maintenance) if limit.months else len(some)
    return told


def rests_on(finding: Finding, facts: Mapping[str, Value], when: Mapping[str, datetime]) -> dict[str, list[Any]]:
    """The facts that a finding is because of, each with its value and when it was told."""
    names = sorted({used.name for used in finding.because if used.name in facts})
    return {name: [facts[name], when[name].isoformat() if name in when else None] for name in names}


def rows_of(judged: Judged) -> list[DueItem]:
    """The derived rows of a course, by kind."""
    return [
        DueItem(
            course=judged.course,
            site_id=judged.course.site_id,
            kind=kind,
            due_on=one.due_on,
            overdue_on=one.overdue_on,
            is_abnormal=one.is_abnormal,
            is_unknown=one.is_unknown,
            is_attested=one.last is not None and one.last.is_attested,
            done_at=one.last.at if one.last else None,
            reason=one.reason,
        )
        for kind, one in judged.standings.items()
    ]


def exposure_of(judged: Judged, *, at: datetime) -> CumulativeExposure:
    """The cached sum of what was given."""
    given = judged.exposure
    return CumulativeExposure(
        course=judged.course,
        site_id=judged.course.site_id,
        ruling=judged.ruling,
        sessions=given.sessions,
        racemic_mg=given.racemic_mg,
        esketamine_mg=given.esketamine_mg,
        first_on=given.first_at.date() if given.first_at else None,
        worked_out_at=at,
    )


def is_watched(course: Course) -> bool:
    """Whether a course's safety is watched: it is under way or has sessions, has not ended, and its patient is in care."""
    if course.status == S.ENDED or course.patient.closed_at is not None:
        return False
    return course.status in UNDER_WAY or course.treatment_sessions.exists() or course.treatments.exists()
