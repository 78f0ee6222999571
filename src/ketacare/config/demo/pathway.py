"""One made-up person taken along the pathway by the rooms' own actions, each at its own time and by its own author."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from ketacare.clinic import actions as clinic
from ketacare.clinic.models import Course, Patient, User
from ketacare.config.demo import people
from ketacare.config.demo.people import Body, Person, read
from ketacare.config.demo.referral import letter
from ketacare.config.demo.team import Team
from ketacare.consent import actions as consent
from ketacare.consent.document import document_for, separate_for
from ketacare.consent.shapes import Text
from ketacare.consent.signature import Signature
from ketacare.consent.talk import Talk
from ketacare.evaluation import actions as evaluation
from ketacare.evaluation import queries as evaluated
from ketacare.evaluation.decision import Override
from ketacare.outcomes import actions as outcomes
from ketacare.record import actions as record
from ketacare.science.facts.results import age_years

INDICATION = "mdd_trd"
PHQ9_QUESTIONS = 9
WORST = 3  # of one question
WEIGHT_SWING_KG = 0.5  # from one day to the next


@dataclass(frozen=True, kw_only=True)
class Case:
    """A person in care, and everything that is needed to go on with them."""

    team: Team
    patient: Patient
    course: Course
    body: Body

    def by(self, role: str) -> Any:
        return self.team.staff[role]

    def today(self, at: datetime) -> date:
        return at.astimezone(ZoneInfo(self.team.site.time_zone)).date()


def refer(team: Team, person: Person, *, at: datetime) -> Case:
    """A practice sends somebody with their record; a nurse takes it over, and the front desk opens a course."""
    unit = letter(person, seed=team.seed, on=at.date())
    taken_over = record.import_resources(unit=unit, site=team.site, by=team.staff["nurse"], at=at)
    patient = Patient.objects.get(pk=taken_over.patients[0])
    desk = team.staff["front-desk"]
    course = clinic.open_course(patient=patient, site=team.site, indication=INDICATION, by=desk, at=at)
    return Case(team=team, patient=patient, course=course, body=body_of(team, patient))


def body_of(team: Team, patient: Patient) -> Body:
    """The body of a patient, whoever registered them."""
    return people.body(patient.pk, sex=patient.sex_at_birth, seed=team.seed)


def measure(case: Case, *, at: datetime) -> None:
    """A nurse weighs, and measures the pressure twice at rest; nobody is quite the same from one day to the next."""
    body, by = case.body, people.chance("measured", case.body.key, at.isoformat())
    first = {
        "weight_kg": round(body.weight_kg + by.uniform(-WEIGHT_SWING_KG, WEIGHT_SWING_KG), 1),
        "height_cm": body.height_cm,
        "bp_sys": body.bp_sys + by.randint(-2, 2),
        "bp_dia": body.bp_dia + by.randint(-2, 2),
        "heart_rate": body.heart_rate + by.randint(-2, 2),
        "spo2": body.spo2,
        "resp_rate": body.resp_rate,
    }
    second = {"bp_sys": first["bp_sys"] - 2, "bp_dia": first["bp_dia"] - 1}
    for values, moment in ((first, at - timedelta(minutes=6)), (second, at)):
        exact = {name: Decimal(str(value)) for name, value in values.items()}
        record.record_vitals(patient=case.patient, values=exact, measured_at=moment, by=case.by("nurse"), at=moment)


def answers_of(case: Case, *, at: datetime, told: str = "") -> dict[str, object]:
    """What this person answers in an evaluation."""
    given = read("answers.yaml")
    answers = dict(given["everybody"]) | dict(given["told"].get(told, {}))
    if case.patient.sex_at_birth == "female":
        is_fertile = age_years(case.patient.born_on, case.today(at)) < given["fertile_until_years"]
        answers |= given["women"] | given["fertile" if is_fertile else "not_fertile"]
    return answers


def answer(case: Case, *, at: datetime, told: str = "", without: Iterable[str] = ()) -> None:
    """A nurse writes down the answers; what nobody has asked yet stays open."""
    left_out = set(without)
    answers = {fact: value for fact, value in answers_of(case, at=at, told=told).items() if fact not in left_out}
    evaluation.record_answers(course_id=case.course.pk, answers=answers, by=case.by("nurse"), at=at)


def answer_again(case: Case, *, at: datetime) -> None:
    """Before a session a nurse asks again what does not last as long as a course, and measures."""
    measure(case, at=at - timedelta(minutes=5))
    known = answers_of(case, at=at)
    again = {fact: known[fact] for fact in read("answers.yaml")["asked_again"] if fact in known}
    evaluation.record_answers(course_id=case.course.pk, answers=again, by=case.by("nurse"), at=at)


def decide(case: Case, decided: str, *, at: datetime, reason: str = "", goes_on: str = "") -> None:
    """A prescriber decides on what the page shows; ``goes_on`` is why, against findings that allow it."""
    seen = evaluated.assess(case.course, at=at)
    demands = {one.finding.rule.id: one.demand for one in seen.obstacles}
    overrides = {
        rule: Override(code="specialist-agrees", text=goes_on, document="letter on file")
        for rule, demand in demands.items()
        if goes_on and demand in evaluated.OVERRIDABLE
    }
    evaluation.decide(
        course_id=case.course.pk,
        decided=decided,
        reason=reason,
        seen=seen.digest,
        overrides=overrides,
        acknowledged=[rule for rule, demand in demands.items() if demand == "acknowledge"],
        by=case.by("prescriber"),
        at=at,
    )


def judge_capacity(case: Case, *, at: datetime) -> None:
    """A prescriber talks with the patient and judges that they can decide."""
    document = document_for(indication=INDICATION)
    assert document is not None  # noqa: S101  # shipped with the software
    answers = dict.fromkeys(document.question_ids, True)
    consent.record_capacity(course_id=case.course.pk, answers=answers, by=case.by("prescriber"), at=at)


def talk_it_through(case: Case, text: Text, *, at: datetime) -> None:
    """A nurse explains a text, and the patient answers its questions rightly."""
    nurse = User.objects.get(pk=case.by("nurse").user_id)
    asked = "How long do I stay after it? Told: at least one hour, until I am well."
    talk = Talk(explained_by=nurse, questions=asked)
    consent.record_talk(course_id=case.course.pk, talk=talk, by=case.by("nurse"), at=at)
    for question in text.stated.teach_back:
        consent.answer_question(
            course_id=case.course.pk,
            text=text,
            question=question.id,
            choice=question.right,
            by=case.by("nurse"),
            at=at,
        )


def typed(case: Case, text: Text) -> Signature:
    """The patient's signature under a text, typed with a nurse there."""
    return Signature(
        document_sha256=text.reference.sha256,
        name=str(case.patient),
        method="on-screen",
        confirmed=text.confirmation_ids,
        is_present=True,
    )


def sign_consent(case: Case, *, at: datetime) -> None:
    """The patient reads and signs for treatment and for off-label use, and a nurse keeps it."""
    document = document_for(indication=INDICATION)
    assert document is not None  # noqa: S101  # shipped with the software
    talk_it_through(case, document, at=at)
    consent.sign_consent(course_id=case.course.pk, signature=typed(case, document), by=case.by("nurse"), at=at)
    give(case, "off_label", at=at)


def give(case: Case, kind: str, *, at: datetime) -> None:
    """The patient's yes to one thing beside the treatment."""
    text = separate_for(kind)
    talk_it_through(case, text, at=at)
    consent.give_separate(course_id=case.course.pk, kind=kind, signature=typed(case, text), by=case.by("nurse"), at=at)


def decide_beside(case: Case, told: Mapping[str, str], *, at: datetime) -> None:
    """What the patient says to the things beside the treatment: yes to some, no to others."""
    for kind, said in told.items():
        if said == "given":
            give(case, kind, at=at)
            continue
        shown = separate_for(kind).reference.sha256
        about = {"course_id": case.course.pk, "kind": kind, "document_sha256": shown}
        consent.refuse_separate(**about, by=case.by("nurse"), at=at)


def ask_phq9(case: Case, total: int, *, at: datetime, thoughts: int = 0) -> None:
    """The patient fills in a PHQ-9 with this total; ``thoughts`` is the last question, about being better off dead."""
    by = people.chance(case.team.seed, "phq9", case.patient.pk, at.isoformat())
    rest = [0] * (PHQ9_QUESTIONS - 1)
    while sum(rest) < total - thoughts:
        rest[by.choice([place for place, value in enumerate(rest) if value < WORST])] += 1
    values = [*rest, thoughts, min(WORST, total // 7)]
    outcomes.record_answers(
        course_id=case.course.pk,
        instrument_id="phq9",
        answers={f"phq9_{number}": value for number, value in enumerate(values, start=1)},
        how="by-patient",
        answered_at=at,
        form_key=UUID(int=by.getrandbits(128)),
        by=case.by("nurse"),
        at=at,
    )
