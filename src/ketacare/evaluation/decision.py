"""Whether a prescriber may decide what they decide, and how a decision is written down. Nothing here writes."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from ketacare.clinic.errors import ActionRefused, Reason
from ketacare.clinic.models import Course
from ketacare.evaluation import queries
from ketacare.evaluation.models import Decided, OverrideReason
from ketacare.evaluation.queries import Assessment
from ketacare.science.rules.override import Obstacle


@dataclass(frozen=True, kw_only=True)
class Override:
    """Why a prescriber goes on against one finding."""

    code: str
    text: str
    document: str = ""
    expires: date | None = None  # its last day; None: the decision's own last day

    def as_kept(self, *, last_day: date) -> dict[str, str]:
        """The override as a decision keeps it."""
        return {
            "code": self.code,
            "text": self.text.strip(),
            "document": self.document.strip(),
            "expires": (self.expires or last_day).isoformat(),
        }


def refuse_unless_decidable(assessment: Assessment, draft: Mapping[str, object], *, seen: str, last_day: date) -> None:
    """Raise with every reason why this cannot be decided now."""
    course, decided = assessment.course, draft["decided"]
    reasons: list[Reason] = []
    if seen != assessment.digest:
        reasons.append(Reason(text="The facts have changed since this page was shown. Look again.", who="you"))
    if course.status == Course.Status.ENDED:
        reasons.append(Reason(text="The course has ended."))
    if queries.pending_decision(course) is not None:
        reasons.append(Reason(text="A decision waits for its second signature.", who="another prescriber"))
    if decided not in Decided.values:
        reasons.append(Reason(text="Choose one of the decisions."))
    if decided == Decided.TREAT:
        reasons.extend(reason for one in assessment.obstacles if (reason := unmet(one, draft)) is not None)
    reasons.extend(wrong_days(assessment, draft, last_day=last_day))
    if differs(assessment, decided) and not draft["reason"]:
        reasons.append(Reason(text="Your decision differs from the findings: say why.", who="you"))
    if reasons:
        raise ActionRefused("cannot-decide", reasons)


def wrong_days(assessment: Assessment, draft: Mapping[str, object], *, last_day: date) -> Iterator[Reason]:
    """Overrides whose last day is over already, or lies after the decision's own."""
    for rule, given in draft["overrides"].items():
        if not assessment.on <= date.fromisoformat(given["expires"]) <= last_day:
            text = f"An override counts from today to the decision's last day, {last_day.isoformat()}, at the latest."
            yield Reason(text=text, who="you", rule=rule)


def differs(assessment: Assessment, decided: object) -> bool:
    """Whether a decision is not the one that the findings point to."""
    pointed = {"not_eligible": Decided.NOT_TREAT, "needs_workup": Decided.WORK_UP}
    return decided != pointed.get(assessment.evaluation.disposition, Decided.TREAT)


def unmet(obstacle: Obstacle, draft: Mapping[str, object]) -> Reason | None:
    """What is still missing before a prescriber may go on against a finding."""
    rule = obstacle.finding.rule
    statement = rule.stated.statement
    match obstacle.demand:
        case "forbidden":
            return Reason(text=f"{statement} Nobody may go on against this: the fact itself must change.", rule=rule.id)
        case "settle":
            missing = ", ".join(obstacle.finding.missing)
            return Reason(text=f"{statement} Unknown, because missing: {missing}.", who="whoever knows", rule=rule.id)
        case "acknowledge":
            if rule.id in draft["acknowledged"]:
                return None
            return Reason(text=f"{statement} Tick that you have read it.", who="you", rule=rule.id)
    given = draft["overrides"].get(rule.id)
    if given is None or given["code"] not in OverrideReason.values or not given["text"].strip():
        return Reason(text=f"{statement} Give a coded reason and your words.", who="you", rule=rule.id)
    return None
