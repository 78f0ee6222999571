"""A complete healthy patient, told by a clinician: what the tests of this room start from."""

from datetime import datetime

from ketacare.clinic.models import DecisionRecord
from ketacare.evaluation import actions, queries
from ketacare.evaluation.decision import Override
from ketacare.evaluation.models import Answer, PendingDecision
from ketacare.science import rules
from ketacare.science.rules.questions import to_ask
from tests.cast import NOW, Cast
from tests.science.rules.healthy import HEALTHY

ASKED = to_ask(rules.load("eligibility").fields) | {"meds.benzo_dze_mg", "meds.opioid_mme"}
HEALTHY_ANSWERS = {fact: value for fact, value in HEALTHY.items() if fact in ASKED and value is not None}
# The cast's courses are women's: what a man is not asked.
OF_A_WOMAN = {
    "patient.pregnancy_possible": True,
    "patient.pregnancy_test_days_ago": 0,
    "patient.pregnancy_test_result": "negative",
    "patient.weight_kg": 63,
    "patient.height_cm": 159,
}
FOR_TWO_PRESCRIBERS = {"psych__schizophrenia_spectrum_history": True}


def answer(cast: Cast, who: str = "ada", *, at: datetime = NOW, **changes: object) -> None:
    """Answer everything as for a healthy patient; ``cv__avm=True`` answers one question otherwise."""
    said = HEALTHY_ANSWERS | OF_A_WOMAN | {fact.replace("__", "."): value for fact, value in changes.items()}
    said = {fact: value for fact, value in said.items() if fact != "patient.sex_at_birth"}
    nurse = cast.actor("nurse", there=who == "zoe")
    actions.record_answers(course_id=cast.course(who).pk, answers=said, by=nurse, at=at)


def unfit(cast: Cast, who: str = "ada") -> None:
    """An answer as an older version of the book let it in, from which no evaluation may start."""
    course = cast.course(who)
    Answer.objects.create(
        course=course, fact="cv.bp_sys", value=999, answered_by_id=cast.staff["nurse"], answered_at=NOW
    )


def decide(
    cast: Cast,
    who: str = "ada",
    *,
    decided: str = "treat",
    at: datetime = NOW,
    reason: str = "Weighed with her",
    **given,
) -> DecisionRecord | PendingDecision:
    """The site's prescriber decides, having read every notice."""
    seen = queries.assess(cast.course(who), at=at)
    return actions.decide(
        course_id=cast.course(who).pk,
        decided=decided,
        reason=reason,
        seen=seen.digest,
        acknowledged=[one.finding.rule.id for one in seen.obstacles if one.demand == "acknowledge"],
        by=cast.actor("prescriber", there=who == "zoe"),
        at=at,
        **given,
    )


def overrides(cast: Cast, who: str = "ada", *, at: datetime = NOW) -> dict[str, Override]:
    """A reason to go on against every finding that one or two prescribers may go on against."""
    seen = queries.assess(cast.course(who), at=at)
    stops = [one.finding.rule.id for one in seen.obstacles if one.demand in {"reason", "second_prescriber"}]
    return {rule: Override(code="specialist-agrees", text="Letter of 2 March", document="D-1") for rule in stops}


def pending(cast: Cast, who: str = "ada") -> PendingDecision:
    """A decision that waits for a second prescriber."""
    answer(cast, who, **FOR_TWO_PRESCRIBERS)
    made = decide(cast, who, overrides=overrides(cast, who))
    assert isinstance(made, PendingDecision)
    return made
