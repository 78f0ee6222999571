"""What is known of a patient, what the rulebook says of it, and what was decided."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import QuerySet

from ketacare.clinic.models import Course, DecisionRecord, Site
from ketacare.clinic.queries import in_force
from ketacare.evaluation.changes import MUST_BE_KNOWN
from ketacare.evaluation.evidence import ANSWERED, Given, counted_on, lasting_values
from ketacare.evaluation.gone_through import RECONCILED, gone_through
from ketacare.evaluation.models import Answer, Decided, PendingDecision
from ketacare.record import queries as record
from ketacare.science import rules
from ketacare.science.facts.record import RecordFacts
from ketacare.science.facts.results import body_mass_index
from ketacare.science.facts.rivals import Answered, Rivals, joined
from ketacare.science.rules import Book, Clearance, Evaluation, Fact, Field, Finding
from ketacare.science.rules.override import Obstacle, obstacles
from ketacare.science.rules.whatif import WhatIf, what_if

BOOK = "eligibility"
OVERRIDABLE = frozenset({"second_prescriber", "reason"})


@dataclass(frozen=True, kw_only=True)
class Known:
    """What is known of a patient by name, where record and answers contradict each other, and what the record says."""

    facts: Mapping[str, Fact]
    rivals: Mapping[str, Rivals]
    record: RecordFacts
    answers: Mapping[str, Answer]


@dataclass(frozen=True, kw_only=True)
class Assessment:
    """A course evaluated on a day, ready to be shown and decided on."""

    course: Course
    evaluation: Evaluation
    obstacles: tuple[Obstacle, ...]
    digest: str
    given: Given
    known: Known
    on: date

    def rests_on(self, finding: Finding) -> dict[str, object]:
        """The patient's own values that a finding rests on, in a form that passing days do not change."""
        return lasting_values(finding.because, self.given, on=self.on)


def today_at(course: Course, at: datetime) -> date:
    """The calendar day at the course's site."""
    return today_there(course.site, at)


def today_there(site: Site, at: datetime) -> date:
    """The calendar day at a site."""
    return at.astimezone(ZoneInfo(site.time_zone)).date()


def assess(course: Course, *, at: datetime) -> Assessment:
    """Evaluate what is known of the patient against the eligibility book in force at the site."""
    book, policy = in_force(course.site, BOOK, at=at)
    together, on = known(course, at=at), today_at(course, at)
    given = for_rules(together)
    evaluation = book.evaluate(given, on=on, policy=policy, clearances=clearances(course, on=on))
    return Assessment(
        course=course,
        evaluation=evaluation,
        obstacles=obstacles(evaluation, must_be_known=MUST_BE_KNOWN),
        digest=digest(evaluation, given, on=on),
        given=given,
        known=together,
        on=on,
    )


def what_would_help(course: Course, *, at: datetime) -> tuple[WhatIf, Book, date]:
    """What would have to be true for the patient to be treated, under the book in force, on that day."""
    book, policy = in_force(course.site, BOOK, at=at)
    today = today_at(course, at)
    found = what_if(book, facts(course, at=at), on=today, policy=policy, clearances=clearances(course, on=today))
    return found, book, today


def facts(course: Course, *, at: datetime) -> Given:
    """The facts of the record and of the answers as the rules read them: both where they contradict each other."""
    return for_rules(known(course, at=at))


def for_rules(together: Known) -> Given:
    """The facts by name, of a contradiction both."""
    return {**together.facts, **{name: (one.answer, one.record) for name, one in together.rivals.items()}}


def known(course: Course, *, at: datetime) -> Known:
    """What record and answers say together: the facts, the contradictions, and the entries that bear on each fact."""
    here = at.astimezone(ZoneInfo(course.site.time_zone))
    says = told(course, at=at)
    answers = {answer.fact: answer for answer in newest_answers(course)}
    given = [
        Answered(
            fact=long_ago(as_fact(answer, today_at(course, answer.answered_at)), on=here.date()),
            settles=frozenset(answer.settles),
        )
        for answer in answers.values()
    ]
    both = joined(says, given, fields=rules.catalogue(), on=here.date())
    found = dict(both.facts)
    found["site.jurisdiction"] = Fact(name="site.jurisdiction", value=course.site.jurisdiction, source="site")
    if (listed := gone_through(course, found.get(RECONCILED), at=here)) is not None:
        found[RECONCILED] = listed
    weight, height = found.get("patient.weight_kg"), found.get("patient.height_cm")
    if weight and height and weight.value is not None and height.value is not None:
        found["patient.bmi"] = body_mass_index(weight, height)
    return Known(facts=found, rivals=both.rivals, record=says, answers=answers)


def told(course: Course, *, at: datetime) -> RecordFacts:
    """What the patient's record says, in the time of the course's site."""
    return record.record_facts(course.patient, at=at.astimezone(ZoneInfo(course.site.time_zone)))


def as_fact(answer: Answer, day: date) -> Fact:
    """An answer as a fact, of the type that its question has; what does not fit is left for the engine to refuse."""
    field = rules.catalogue().get(answer.fact)
    value = answer.value if field is None else typed(answer.value, field, day)
    return Fact(name=answer.fact, value=value, as_of=day, source=f"{ANSWERED}{answer.pk}")


def typed(value: Any, field: Field, day: date) -> Any:
    """A stored value as its field's type: a whole number is one of a decimal field too, days are counted from a day.

    A number of days stands for the day that it pointed to when it was told, or it would still be three days a month later. The most that
    may be told stays: it means never.
    """
    whole = isinstance(value, int) and not isinstance(value, bool)
    if field.type == "float" and whole:
        return float(value)
    if field.counts_days and whole and field.range and 0 <= value < field.range[1]:
        return day - timedelta(days=value)
    if field.type == "int" and isinstance(value, str):
        with suppress(ValueError):
            return date.fromisoformat(value)
    return value


def long_ago(fact: Fact, *, on: date) -> Fact:
    """The fact; a day longer ago than its book counts, which time alone brings about, is as long ago as the book counts."""
    field = rules.catalogue().get(fact.name)
    if field is None or field.range is None or not isinstance(fact.value, date):
        return fact
    most = int(field.range[1])
    return replace(fact, value=most) if (on - fact.value).days > most else fact


def newest_answers(course: Course) -> list[Answer]:
    """The newest answer to each question, in the order of the questions' names."""
    newest: dict[str, Answer] = {}
    for answer in course.answers.select_related("answered_by").order_by("pk"):
        newest[answer.fact] = answer
    return [newest[name] for name in sorted(newest)]


def clearances(course: Course, *, on: date) -> list[Clearance]:
    """The specialists' letters on file, as the engine reads them on a day."""
    return [
        Clearance(
            clearance=row.clearance,
            covers=frozenset(row.covers),
            dated=row.dated,
            expires=row.expires,
            by=", ".join(filter(None, [row.given_by, row.specialty])),
            document=row.document,
            inputs={name: counted_on(name, value, on=on) for name, value in row.inputs.items()},
        )
        for row in course.clearances.order_by("pk")
    ]


def digest(evaluation: Evaluation, given: Given, *, on: date) -> str:
    """A short proof of what a page showed: book, parameters, facts and verdicts."""
    shown = {
        "book": evaluation.book_sha256,
        "params": dict(evaluation.params),
        "facts": lasting_values(evaluation.facts.values(), given, on=on),
        "findings": [[one.rule.id, one.fires, one.cleared] for one in evaluation.findings],
    }
    return hashlib.sha256(json.dumps(shown, sort_keys=True, default=str).encode()).hexdigest()


def latest_decision(course: Course) -> DecisionRecord | None:
    """The last eligibility decision on a course, whatever it was."""
    return course.decisions.filter(book_id=BOOK).order_by("-pk").first()


def decision_age_days(course: Course, *, at: datetime) -> int | None:
    """Calendar days since the last eligibility decision; None when there is none."""
    last = latest_decision(course)
    return None if last is None else (today_at(course, at) - today_at(course, last.decided_at)).days


def permits(course: Course, *, at: datetime) -> bool:
    """Whether a decision to treat stands and today's facts bring nothing that it did not deal with."""
    last = latest_decision(course)
    if last is None or last.decided != Decided.TREAT or (last.expires_at is not None and last.expires_at <= at):
        return False
    today = assess(course, at=at)
    return not any(not_dealt_with(today, last))


def not_dealt_with(assessment: Assessment, decision: DecisionRecord | None) -> Iterator[Obstacle]:
    """What stands in the way of treatment and no override of the decision covers, on the same values, today."""
    given = {} if decision is None else decision.details.get("overrides", {})
    for one in assessment.obstacles:
        override = given.get(one.finding.rule.id)
        if one.demand != "acknowledge" and not (override and covers(override, one.finding, assessment)):
            yield one


def covers(override: Mapping[str, Any], finding: Finding, assessment: Assessment) -> bool:
    """Whether an override still counts: its last day has not passed, and the finding rests on the values it was given for."""
    last_day = override.get("expires")
    has_expired = last_day is not None and date.fromisoformat(last_day) < assessment.on
    return not has_expired and override["because"] == assessment.rests_on(finding)


def pending_decision(course: Course) -> PendingDecision | None:
    """The decision that waits for a second prescriber."""
    return course.pending_decisions.filter(closed_at__isnull=True).select_related("decided_by").first()


def courses_to_decide(sites: set[int]) -> QuerySet[Course]:
    """Courses under evaluation at these sites, longest waiting first."""
    rows = Course.objects.filter(site_id__in=sites, status__in=[Course.Status.REFERRED, Course.Status.IN_EVALUATION])
    return rows.select_related("patient", "site").order_by("opened_at", "pk")


def decisions_to_confirm(sites: set[int]) -> QuerySet[PendingDecision]:
    """Decisions at these sites that wait for a second prescriber, oldest first."""
    rows = PendingDecision.objects.filter(course__site_id__in=sites, closed_at__isnull=True)
    return rows.select_related("course__patient", "decided_by").order_by("decided_at", "pk")


def decision_lasts(course: Course, *, at: datetime) -> timedelta:
    """How long a decision may count, from the parameter of the start gate in force at the site."""
    _, policy = in_force(course.site, "start_gate", at=at)
    return timedelta(days=policy.values["eligibility_max_age_days"])
