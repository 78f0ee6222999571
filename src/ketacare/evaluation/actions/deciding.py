"""Everything that writes in this room."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from django.db import transaction

from ketacare.clinic import actions as clinic
from ketacare.clinic import audit
from ketacare.clinic.actor import Actor, user_id
from ketacare.clinic.decisions import columns_of
from ketacare.clinic.errors import ActionRefused, Reason
from ketacare.clinic.models import Course, DecisionRecord, RulebookProposal, RulebookRuling
from ketacare.clinic.permissions import require
from ketacare.clinic.queries import active_holds, in_force
from ketacare.evaluation import decision, queries
from ketacare.evaluation.actions.screening import remember_decision
from ketacare.evaluation.decision import Override
from ketacare.evaluation.letter import Letter
from ketacare.evaluation.models import Answer, ClearanceRecord, Decided, PendingDecision
from ketacare.evaluation.panel import panel
from ketacare.evaluation.queries import Assessment
from ketacare.evaluation.settling import Settling, refuse_unless_seen
from ketacare.science.errors import BadFacts
from ketacare.science.rules.admit import admit

Status = Course.Status


@transaction.atomic
def record_answers(
    *,
    course_id: int,
    answers: Mapping[str, object],
    by: Actor,
    at: datetime,
    note: str = "",
    settles: Mapping[str, Settling] | None = None,
) -> list[Answer]:
    """Keep the answers to some questions; None is "not sure". A wrong value refuses them all, every problem at once.

    ``settles`` says of some of them why they count although the record says otherwise, and in view of which entries.
    """
    course = locked(course_id)
    require(by, "evaluation.answer", course)
    check_values(course, answers, at=at)
    reasons = {fact: one for fact, one in (settles or {}).items() if fact in answers}
    if reasons:
        refuse_unless_seen(reasons, queries.told(course, at=at))
    if course.status == Status.REFERRED:
        clinic.move_course(course_id=course.pk, to=Status.IN_EVALUATION, by=by, at=at)
    rows = [
        Answer(
            course=course,
            fact=fact,
            value=value,
            note=reasons[fact].why.strip() if fact in reasons else note,
            settles=sorted(reasons[fact].entries) if fact in reasons else [],
            answered_by_id=user_id(by),
            answered_at=at,
        )
        for fact, value in answers.items()
    ]
    Answer.objects.bulk_create(rows)
    ask_again(course, because="questions were answered", at=at)
    audit.record(by=by, at=at, did="evaluation answered", on=course, details={"facts": sorted(answers)})
    return rows


def check_values(course: Course, answers: Mapping[str, object], *, at: datetime) -> None:
    """Refuse values that no evaluation may start from."""
    book, policy = in_force(course.site, queries.BOOK, at=at)
    on = queries.today_at(course, at)
    given = {name: queries.as_fact(Answer(fact=name, value=value), on) for name, value in answers.items()}
    try:
        admit(book, given, on=on, params=policy.values)
    except BadFacts as bad:
        raise ActionRefused("bad-answer", [Reason(text=str(one), who="you") for one in bad.problems]) from bad


@transaction.atomic
def record_clearance(*, course_id: int, letter: Letter, by: Actor, at: datetime) -> ClearanceRecord:
    """File a specialist's letter: the rules it names, the facts it rests on, until when."""
    course = locked(course_id)
    require(by, "evaluation.clear", course)
    assessment = queries.assess(course, at=at)
    if reasons := list(letter.obstacles(assessment.evaluation, today=assessment.on)):
        raise ActionRefused("bad-clearance", reasons)
    findings = letter.named(assessment.evaluation)
    rests_on = {name: value for one in findings for name, value in assessment.rests_on(one).items()}
    row = ClearanceRecord.objects.create(
        course=course,
        clearance=letter.clearance,
        covers=sorted(letter.covers),
        given_by=letter.given_by.strip(),
        specialty=letter.specialty.strip(),
        document=letter.document.strip(),
        dated=letter.dated,
        expires=letter.expires,
        inputs={name: value for name, value in rests_on.items() if value is not None},
        recorded_by_id=user_id(by),
        recorded_at=at,
    )
    ask_again(course, because="a letter was filed", at=at)
    audit.record(by=by, at=at, did="clearance filed", on=row)
    return row


@transaction.atomic
def decide(
    *,
    course_id: int,
    decided: str,
    reason: str,
    seen: str,
    by: Actor,
    at: datetime,
    overrides: Mapping[str, Override] | None = None,
    acknowledged: Sequence[str] = (),
) -> DecisionRecord | PendingDecision:
    """Decide on a course. Going on against a finding keeps why; some findings need a second prescriber, some nobody may.

    ``seen`` is the digest of the assessment that the prescriber looked at: when the facts have changed since, nothing
    is decided.
    """
    course = locked(course_id)
    require(by, "evaluation.decide", course, at=at)
    assessment = queries.assess(course, at=at)
    given = dict(overrides or {})
    last_day = queries.today_at(course, at + queries.decision_lasts(course, at=at))
    draft = {
        "decided": decided,
        "reason": reason.strip(),
        "overrides": {rule: one.as_kept(last_day=last_day) for rule, one in given.items()},
        "acknowledged": sorted(acknowledged),
    }
    if same := posted_before(assessment, draft, by=by, at=at):
        return same
    decision.refuse_unless_decidable(assessment, draft, seen=seen, last_day=last_day)
    if decided == Decided.TREAT and any(one.demand == "second_prescriber" for one in assessment.obstacles):
        row = PendingDecision.objects.create(
            course=course, draft=draft, facts_digest=assessment.digest, decided_by_id=user_id(by), decided_at=at
        )
        audit.record(by=by, at=at, did="decision awaits a second prescriber", on=row)
        return row
    return keep(assessment, draft, first=user_id(by), second=None, by=by, at=at)


def posted_before(
    assessment: Assessment, draft: Mapping[str, object], *, by: Actor, at: datetime
) -> DecisionRecord | None:
    """The newest decision, where it is this very one: same words, facts, person and day. A form sent twice decides once."""
    course = assessment.course
    last = queries.latest_decision(course)
    if last is None or queries.today_at(course, last.decided_at) != queries.today_at(course, at):
        return None
    then = (last.decided, last.reason, last.decided_by_id, last.details["digest"], last.details["acknowledged"])
    now = (draft["decided"], draft["reason"], user_id(by), assessment.digest, draft["acknowledged"])
    return last if then == now and last.details["overrides"].keys() == draft["overrides"].keys() else None


@transaction.atomic
def confirm_decision(*, pending_id: int, by: Actor, at: datetime) -> DecisionRecord:
    """Sign a decision as the second, different prescriber, on the facts that the first one saw."""
    pending = PendingDecision.objects.select_for_update().get(pk=pending_id)
    course = locked(pending.course_id)
    require(by, "evaluation.decide", course, at=at)
    assessment = queries.assess(course, at=at)
    reasons = [
        *(["This decision is closed."] if pending.closed_at else []),
        *(["The second signature is another prescriber's."] if pending.decided_by_id == user_id(by) else []),
        *(["The facts have changed since the first signature."] if pending.facts_digest != assessment.digest else []),
    ]
    if reasons:
        raise ActionRefused("cannot-confirm", reasons)
    record = keep(assessment, pending.draft, first=pending.decided_by_id, second=user_id(by), by=by, at=at)
    pending.record = record
    close(pending, by=by, at=at)
    return record


@transaction.atomic
def withdraw_decision(*, pending_id: int, by: Actor, at: datetime) -> PendingDecision:
    """Take back a decision that still waits for its second signature."""
    pending = PendingDecision.objects.select_for_update().get(pk=pending_id)
    require(by, "evaluation.take-back", pending)
    if pending.closed_at is not None:
        raise ActionRefused("closed", ["This decision is closed."])
    close(pending, by=by, at=at)
    audit.record(by=by, at=at, did="decision withdrawn", on=pending)
    return pending


@transaction.atomic
def approve_rulebook(*, proposal_id: int, effective_on: date, seen: str, by: Actor, at: datetime) -> RulebookRuling:
    """Put a proposed rulebook in force, on the patients that the page showed; when others are concerned, look again."""
    proposal = RulebookProposal.objects.select_related("site").get(pk=proposal_id)
    require(by, "policy.approve", proposal)
    if seen != panel(proposal, at=at).digest:
        raise ActionRefused("panel-changed", ["Other patients are concerned than this page showed. Look again."])
    return clinic.approve_rulebook(proposal_id=proposal_id, effective_on=effective_on, by=by, at=at)


def ask_again(course: Course, *, because: str, at: datetime) -> None:
    """Mark the course to be judged again."""
    clinic.ask_for_screening(Course.objects.filter(pk=course.pk), because=because, at=at)


def locked(course_id: int) -> Course:
    """The course, under its lock until the transaction ends."""
    return Course.objects.select_for_update(of=("self",)).select_related("site", "patient").get(pk=course_id)


def close(pending: PendingDecision, *, by: Actor, at: datetime) -> None:
    """End the wait for a second signature."""
    pending.closed_at, pending.closed_by_id = at, user_id(by)
    pending.save(update_fields=["closed_at", "closed_by", "record"])


def keep(
    assessment: Assessment,
    draft: Mapping[str, object],
    *,
    first: int | None,
    second: int | None,
    by: Actor,
    at: datetime,
) -> DecisionRecord:
    """Store the decision with everything it rests on, and take the course to where it leads."""
    evaluation, course = assessment.evaluation, assessment.course
    because = {one.finding.rule.id: assessment.rests_on(one.finding) for one in assessment.obstacles}
    overrides = {
        rule: {**given, "because": because[rule], "by": [one for one in (first, second) if one]}
        for rule, given in draft["overrides"].items()
        if rule in because
    }
    record = DecisionRecord.objects.create(
        course=course,
        **columns_of(evaluation),
        decided=draft["decided"],
        reason=draft["reason"],
        details={"overrides": overrides, "acknowledged": draft["acknowledged"], "digest": assessment.digest},
        decided_by_id=first,
        second_by_id=second,
        decided_at=at,
        expires_at=at + queries.decision_lasts(course, at=at),
    )
    remember_decision(assessment, record, at=at)
    audit.record(by=by, at=at, did=f"decided: {record.decided}", on=record)
    follow(course, record, by=by, at=at)
    return record


def follow(course: Course, record: DecisionRecord, *, by: Actor, at: datetime) -> None:
    """Move a course under evaluation; stop a running one by a Hold; a decision to treat lifts the holds that wait for one."""
    target = {Decided.TREAT: Status.ELIGIBLE, Decided.NOT_TREAT: Status.NOT_ELIGIBLE}.get(Decided(record.decided))
    if record.decided == Decided.TREAT:
        for hold in active_holds(course).filter(ends_with_decision=True):
            clinic.lift_hold(hold_id=hold.pk, reason=f"Decided to treat, decision {record.pk}.", by=by, at=at)
    if course.status in {Status.REFERRED, Status.NOT_ELIGIBLE}:
        clinic.move_course(course_id=course.pk, to=Status.IN_EVALUATION, by=by, at=at)
        course.refresh_from_db()
    if course.status == Status.IN_EVALUATION:
        if target is not None:
            clinic.move_course(course_id=course.pk, to=target, by=by, at=at)
    elif target == Status.NOT_ELIGIBLE:
        clinic.place_hold(
            course=course,
            reason="The last evaluation decided not to treat.",
            lifts_when="A prescriber decides to treat again.",
            ends_with_decision=True,
            by=by,
            at=at,
        )
