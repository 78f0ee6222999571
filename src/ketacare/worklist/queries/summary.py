"""Where a patient stands: each course along the pathway, what comes next, what stands in the way."""

from dataclasses import dataclass
from datetime import datetime

from ketacare.clinic.actor import Actor
from ketacare.clinic.indications import indication_name
from ketacare.clinic.models import Course, Hold, Patient
from ketacare.record.queries import patient_header
from ketacare.ui.header import PatientHeader
from ketacare.worklist.queries.latest import Latest, latest

S = Course.Status
PATHWAY = (S.REFERRED, S.IN_EVALUATION, S.ELIGIBLE, S.CONSENTED, S.PLANNED, S.IN_INDUCTION, S.IN_MAINTENANCE)

# status -> what comes next, and the page where it is done
NEXT: dict[str, tuple[str, str]] = {
    S.REFERRED: ("Start the evaluation", "evaluation:course"),
    S.IN_EVALUATION: ("Supply what is missing, then decide", "evaluation:course"),
    S.NOT_ELIGIBLE: ("Explain the decision; evaluate again if something changes", "evaluation:course"),
    S.ELIGIBLE: ("Talk through the consent document", "consent:course"),
    S.CONSENTED: ("Make the plan and sign the order", "planning:course"),
    S.PLANNED: ("Check in for the first session", "infusion:course"),
    S.IN_INDUCTION: ("Check in for the next session", "infusion:course"),
    S.IN_MAINTENANCE: ("Review the response and the next date", "outcomes:course"),
    S.ENDED: ("", ""),
}


@dataclass(frozen=True, kw_only=True)
class Step:
    """One station of the pathway: done, now or ahead."""

    label: str
    state: str


@dataclass(frozen=True, kw_only=True)
class HoldLine:
    """A reason not to treat, and what lifts it."""

    reason: str
    lifts_when: str
    placed_by: str
    placed_at: datetime


@dataclass(frozen=True, kw_only=True)
class CourseSummary:
    """One course at a glance."""

    course_id: int
    indication: str
    status: str
    site: str
    prescriber: str
    opened_at: datetime
    steps: tuple[Step, ...]
    next_act: str
    next_page: str  # URL name
    holds: tuple[HoldLine, ...]
    is_open: bool


@dataclass(frozen=True, kw_only=True)
class Summary:
    """A patient's first page."""

    header: PatientHeader
    phone: str
    email: str
    courses: tuple[CourseSummary, ...]
    latest: tuple[Latest, ...]


def summary(patient: Patient, *, by: Actor, at: datetime) -> Summary:
    """The patient's courses, newest first, with their open holds, and the newest values that the reader may see."""
    courses = list(patient.courses.select_related("site", "prescriber").order_by("-opened_at", "-pk"))
    holds: dict[int, list[HoldLine]] = {}
    rows = Hold.objects.filter(course__in=courses, lifted_at__isnull=True).select_related("placed_by")
    for hold in rows.order_by("placed_at", "pk"):
        holds.setdefault(hold.course_id, []).append(hold_line(hold))
    lines = tuple(course_summary(course, tuple(holds.get(course.pk, ()))) for course in courses)
    newest = next(iter(courses), None)
    return Summary(
        header=patient_header(patient, course=newest, at=at),
        phone=patient.phone,
        email=patient.email,
        courses=lines,
        latest=latest(patient, newest, by=by),
    )


def course_summary(course: Course, holds: tuple[HoldLine, ...]) -> CourseSummary:
    """One course with its place on the pathway."""
    act, page = NEXT[course.status]
    return CourseSummary(
        course_id=course.pk,
        indication=indication_name(course.indication),
        status=course.get_status_display(),
        site=course.site.name,
        prescriber=course.prescriber.name if course.prescriber else "",
        opened_at=course.opened_at,
        steps=steps(course.status),
        next_act=act,
        next_page=page,
        holds=holds,
        is_open=course.status != S.ENDED,
    )


def steps(status: str) -> tuple[Step, ...]:
    """The stations of the pathway; a course found not eligible stands at its evaluation, an ended one at none."""
    at = S.IN_EVALUATION if status == S.NOT_ELIGIBLE else status
    if at not in PATHWAY:
        return ()
    here = PATHWAY.index(S(at))
    states = ["done"] * here + ["now"] + ["ahead"] * (len(PATHWAY) - here - 1)
    return tuple(Step(label=str(one.label), state=state) for one, state in zip(PATHWAY, states, strict=True))


def hold_line(hold: Hold) -> HoldLine:
    return HoldLine(
        reason=hold.reason,
        lifts_when=hold.lifts_when,
        placed_by=hold.placed_by.name if hold.placed_by else "the software",
        placed_at=hold.placed_at,
    )
