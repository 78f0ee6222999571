"""The checklist of a prior authorisation: what is asked for, and where the record holds it. It shows days and places, no findings."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from ketacare.billing import queries
from ketacare.billing.facts import clinician_facts, diagnoses, responsible
from ketacare.clinic.models import Course
from ketacare.outcomes.queries import standing
from ketacare.planning.queries import newest_plan, practice
from ketacare.record.queries import standing_entries
from ketacare.science.billing.prior import Wanted, checklist
from ketacare.science.facts.entries import EntryKind
from ketacare.science.scales import library

DEPRESSION = ("phq9", "madrs", "madrs_s", "hamd17", "qids_sr16", "bdi2")
ELIGIBILITY = "eligibility"


@dataclass(frozen=True, kw_only=True)
class Answer:
    """One thing that is asked for, and where the record holds it."""

    wanted: Wanted
    where: str  # empty: not held, or a person has to look
    is_for_a_person: bool


def answers(course: Course, *, at: datetime) -> list[Answer]:
    """The list with what the record holds."""
    return [
        Answer(
            wanted=one,
            where=HELD[one.known](course, at) if one.known else "",
            is_for_a_person=one.known is None,
        )
        for one in checklist().items
    ]


def _diagnosis(course: Course, at: datetime) -> str:
    found = diagnoses(course, on=queries.today_at(course.site, at))
    return f"{len(found)} with a code of ICD-10-CM" if found else ""


def _age(course: Course, at: datetime) -> str:
    return "birth date on file"


def _medicines(course: Course, at: datetime) -> str:
    count = standing_entries(course.patient).filter(kind=EntryKind.MEDICINE).count()
    gone_through = course.patient.reconciliations.order_by("-at").first()
    if not count:
        return ""
    return f"{count} in the record, " + (
        f"gone through on {gone_through.at:%d %b %Y}" if gone_through else "not gone through yet"
    )


def _scored(course: Course) -> list[str]:
    rows = [row for row in standing(course) if row.instrument_id in DEPRESSION and row.score.main is not None]
    return [f"{library.load(row.instrument_id).abbreviation} of {row.answered_at:%d %b %Y}" for row in rows]


def _score(course: Course, at: datetime) -> str:
    return next(iter(_scored(course)), "")


def _score_now(course: Course, at: datetime) -> str:
    found = _scored(course)
    return found[-1] if len(found) > 1 else ""


def _decision(course: Course, at: datetime) -> str:
    row = course.decisions.filter(book_id=ELIGIBILITY).order_by("-decided_at").first()
    return f"asked in the evaluation, decided on {row.decided_at:%d %b %Y}" if row else ""


def _prescriber(course: Course, at: datetime) -> str:
    told = clinician_facts(course.site, responsible(course))
    return f"{told['name']}, NPI {told['npi'] or 'not on file'}" if told["name"] else ""


def _site_rems(course: Course, at: datetime) -> str:
    return "settled among the practices of the site" if practice(course.site).is_rems_certified else ""


def _patient_rems(course: Course, at: datetime) -> str:
    row = course.patient.rems_enrolments.filter(site=course.site_id).first()
    return f"enrolled on {row.enrolled_on:%d %b %Y}" if row else ""


def _plan(course: Course, at: datetime) -> str:
    plan = newest_plan(course)
    if plan is None or plan.route != checklist().route:
        return ""
    return f"plan of {plan.drafted_at:%d %b %Y}, {plan.sessions.count()} sessions"


HELD: Mapping[str, Callable[[Course, datetime], str]] = {
    "diagnosis": _diagnosis,
    "age": _age,
    "medicines": _medicines,
    "score": _score,
    "score_now": _score_now,
    "decision": _decision,
    "prescriber": _prescriber,
    "site_rems": _site_rems,
    "patient_rems": _patient_rems,
    "plan": _plan,
}
