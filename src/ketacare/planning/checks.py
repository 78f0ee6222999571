"""An order held against the order-check book: which facts it is judged by, and what stands in the way."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, time
from decimal import Decimal
from zoneinfo import ZoneInfo

from ketacare.clinic.errors import ActionRefused, Reason
from ketacare.clinic.models import Course, Site
from ketacare.clinic.queries import in_force
from ketacare.evaluation import queries as evaluation
from ketacare.evaluation.words import label_of, text_of
from ketacare.outcomes import queries as outcomes
from ketacare.planning.models import CoursePlan, Order
from ketacare.planning.queries import newest_plan, practice, signed_by, template_of
from ketacare.planning.values import EarlierDoses, VialCheck, earlier_doses
from ketacare.planning.weights import weighed
from ketacare.record.models import Treatment
from ketacare.science.errors import BadFacts
from ketacare.science.monitoring import dosing
from ketacare.science.monitoring.course_facts import ScaleScore, improvement_after_each
from ketacare.science.monitoring.earlier_sessions import EarlierSession, EarlierSessions
from ketacare.science.monitoring.orders import OrderDraft, SiteRules, order_facts
from ketacare.science.rules import Book, Evaluation, Fact, Finding, Used
from ketacare.science.rules.policy import Policy

BOOK = "order_checks"
SESSION = "session"  # freshness of the facts that nurse and device supply at the vial
LATER = "asked again when the order is used"
BINDING = ("hard_stop", "second_signature")
SECOND_PERSON = "a second member of staff"
SECOND_PRESCRIBER = "a second prescriber"
SETTLES = "a prescriber, by settling it for the site"
WHO = {
    "self": "the patient",
    "patient": "the patient",
    "clin": "a prescriber",
    "nurse": "the infusion nurse",
    "lab": "the laboratory",
    "device": "whoever scans the vial",
    "derived": "a prescriber",
    "site": "the site's administrator",
}


@dataclass(frozen=True, kw_only=True)
class Moment:
    """When and for what an order is checked: at signature, or at the vial with what is known only there."""

    at: datetime
    vial: VialCheck | None = None
    signer: int | None = None  # who is about to sign first
    newer_weight_kg: Decimal | None = None  # measured since the order was drafted

    @property
    def is_use(self) -> bool:
        return self.vial is not None


def check(order: Order, moment: Moment) -> Evaluation:
    """What the order-check book says about an order at a moment; refuses values that no evaluation may start from."""
    site = order.course.site
    rules = site_rules(site, at=moment.at)
    at = moment.at.astimezone(rules.zone)
    book, policy = in_force(site, BOOK, at=moment.at)
    earlier = earlier_sessions(order.course, earlier_doses(order.answers), zone=rules.zone, before=at)
    facts: dict[str, Fact] = clinical_facts(order, book, at)
    facts |= answered_facts(earlier_doses(order.answers))
    facts |= order_facts(draft_of(order, moment, earlier, rules), earlier, site=rules, on=at.date())
    facts |= vial_facts(book, moment)
    try:
        return book.evaluate(facts, on=at, policy=policy)
    except BadFacts as bad:
        raise ActionRefused(
            "order-out-of-range", [Reason(text=str(one), who=WHO["clin"]) for one in bad.problems]
        ) from bad


def policy_in_force(site: Site, *, at: datetime) -> Policy:
    """The order-check book's parameters as they are in force at a site."""
    return in_force(site, BOOK, at=at)[1]


def site_rules(site: Site, *, at: datetime) -> SiteRules:
    """What a site has settled for its orders."""
    settled = practice(site)
    return SiteRules(
        zone=ZoneInfo(site.time_zone),
        bmi_limit=Decimal(str(policy_in_force(site, at=at).values["bmi_ideal_weight"])),
        high_bmi_basis=settled.high_bmi_basis,
        compounded_nasal_limit_mg=settled.compounded_nasal_limit_mg,
        routes_enabled=settled.routes_enabled,
        may_start_esketamine_at_28=settled.may_start_esketamine_at_28,
    )


def draft_of(order: Order, moment: Moment, earlier: EarlierSessions, rules: SiteRules) -> OrderDraft:
    """An order's row as science reads it; a weight measured since it was drafted is compared with the one it rests on."""
    before, weight, confirmed = order.weight_before_kg, order.weight_kg, order.weight_change_confirmed
    if moment.newer_weight_kg is not None:
        before, confirmed = moment.newer_weight_kg, None
    patient = order.course.patient
    return OrderDraft(
        planned_at=moment.at if moment.is_use else planned_at(order, moment.at, earlier, rules.zone),
        route=order.route,
        diagnosis=order.course.indication,
        template_id=order.plan.template_id,
        dose_mg=order.dose_mg,
        weight_kg=weight,
        weighed_on=order.weight_at.astimezone(rules.zone).date(),
        weight_before_kg=before,
        weight_change_confirmed=confirmed,
        height_cm=order.height_cm,
        sex_at_birth=patient.sex_at_birth if patient.sex_at_birth in {"female", "male"} else None,
        weight_basis=order.weight_basis,
        duration_min=order.duration_min,
        vial_mg_per_ml=order.concentration_mg_ml,
        is_diluted=order.diluted_to_ml is not None,
        diluted_to_ml=order.diluted_to_ml,
        is_prescriber_pain_trained=prescriber(order, moment) in practice(order.course.site).pain_trained,
        is_etco2_planned=order.etco2_planned,
        requirements=requirements(order.plan, at=moment.at),
    )


def prescriber(order: Order, moment: Moment) -> int | None:
    """Whose order it is: who signs it now, else who signed it first, else who wrote it."""
    first = signed_by(order) if order.pk else None
    return moment.signer or first or order.author_id


def planned_at(order: Order, at: datetime, earlier: EarlierSessions, zone: ZoneInfo) -> datetime:
    """When the session is expected: its planned day, or today if that is past, at the time of day of the last one."""
    session = next((one for one in order.plan.sessions.all() if one.number == order.session_number), None)
    day = max(session.planned_on if session else at.date(), at.astimezone(zone).date())
    last = max(earlier.starts(), default=None)
    clock = last.astimezone(zone).time() if last else time.max
    return datetime.combine(day, clock, tzinfo=zone)


def earlier_sessions(course: Course, told: EarlierDoses, *, zone: ZoneInfo, before: datetime) -> EarlierSessions:
    """Everything given before: in any course of this patient, and elsewhere as told."""
    rows = Treatment.objects.filter(course__patient_id=course.patient_id, started_at__lt=before)
    used = Order.objects.filter(course__patient_id=course.patient_id, events__became=Order.Status.USED)
    weights = {(one.course_id, one.session_number): one.dosing_weight_kg for one in used}
    scored = improvements(course, at=before)
    here = [
        earlier_session(row, course, weights.get((row.course_id, row.number)), scored)
        for row in rows.order_by("started_at")
    ]
    on = told.last_elsewhere_on
    told_starts = [] if on is None else [min(datetime.combine(on, time.max, tzinfo=zone), before)]
    return EarlierSessions(here=tuple(here), told_starts=tuple(told_starts), has_any_elsewhere=told.had_elsewhere)


def earlier_session(
    row: Treatment, course: Course, dosing_weight_kg: Decimal | None, scored: Mapping[int, Decimal]
) -> EarlierSession:
    """One treatment with the weight its dose was reckoned by, what it brought, and how it was borne; None: not known."""
    own, borne = row.course_id == course.pk, row.tolerance or {}
    return EarlierSession(
        started_at=row.started_at,
        route=row.route,
        is_of_this_course=own,
        dose_mg=row.given_mg,
        dosing_weight_kg=dosing_weight_kg,
        improvement_pct=scored.get(row.number) if own else None,
        alarm_levels=levels(borne, "alarm_levels"),
        pressure_alarm_levels=levels(borne, "pressure_alarm_levels"),
        lowest_moaas=borne.get("lowest_moaas"),
        highest_dissociation=borne.get("highest_dissociation"),
        highest_distress=borne.get("highest_distress"),
    )


def levels(borne: Mapping[str, object], name: str) -> frozenset[str] | None:
    """The alarm levels of a session; None where they are not kept."""
    kept = borne.get(name)
    return frozenset(map(str, kept)) if isinstance(kept, list) else None


def improvements(course: Course, *, at: datetime) -> dict[int, Decimal]:
    """How much better the score was after each session of a course than before the first, by the session's number."""
    plan = newest_plan(course)
    template = None if plan is None else template_of(plan)
    if template is None or template.response_scale is None:
        return {}
    scores = scores_on(course, template.response_scale.instruments, at=at)
    begun = [(row.number, row.started_at) for row in course.treatments.filter(started_at__lt=at).order_by("number")]
    return improvement_after_each(scores, begun)


def scores_on(course: Course, instruments: Iterable[str], *, at: datetime) -> tuple[ScaleScore, ...]:
    """The valid scores on the first of some scales that the patient has answered."""
    rows = [row for row in outcomes.standing(course).filter(answered_at__lte=at) if row.score.main is not None]
    for name in instruments:
        found = [ScaleScore(at=row.answered_at, value=row.score.main) for row in rows if row.instrument_id == name]
        if found:
            return tuple(found)
    return ()


def clinical_facts(order: Order, book: Book, at: datetime) -> dict[str, Fact]:
    """The facts about the patient that the book imports: what the record and the answers say now, and the order's own."""
    known = evaluation.facts(order.course, at=at)
    found = {name: known[name] for name in book.fields if name in known}
    own = [
        Fact(name="plan.route", value=order.route, source="order"),
        Fact(name="plan.setting", value=order.plan.setting, source="plan"),
        Fact(name="dx.primary", value=order.course.indication, source="course"),
    ]
    if order.height_cm is not None:
        bmi = dosing.bmi(weight_kg=order.weight_kg, height_cm=order.height_cm)
        own.append(Fact(name="patient.bmi", value=float(bmi), unit="kg/m2", as_of=order.weight_at, source="order"))
    return found | {fact.name: fact for fact in own}


def requirements(plan: CoursePlan, *, at: datetime) -> dict[str, bool | None]:
    """Which requirements of a plan's template are met today; what only the prescriber can say, the plan keeps."""
    template = template_of(plan)
    if template is None or not template.requires:
        return {}
    met = requirement_judge(plan.course, at=at)
    return {name: plan.attested.get(name, met(name)) for name in template.requires}


def requirement_judge(course: Course, *, at: datetime) -> Callable[[str], bool | None]:
    """A function that tells whether a requirement is met today: by a fresh answer, or a letter that is still valid."""
    used = evaluation.assess(course, at=at).evaluation.facts
    today = evaluation.today_at(course, at)
    valid = {one.clearance for one in evaluation.clearances(course, on=today) if one.dated <= today <= one.expires}

    def met(name: str) -> bool | None:
        answered = used[name].value if name in used else None
        return True if name in valid else answered if isinstance(answered, bool) else None

    return met


def answered_facts(told: EarlierDoses) -> dict[str, Fact]:
    """What the prescriber answered about the sessions before: it counts where the record itself cannot tell."""
    answers = {
        "order.last_session_adverse": told.last_session_adverse,
        "order.poor_tolerated_sessions": told.poor_tolerated_sessions,
    }
    return {
        name: Fact(name=name, value=value, source="answered by the prescriber")
        for name, value in answers.items()
        if value is not None
    }


def vial_facts(book: Book, moment: Moment) -> dict[str, Fact]:
    """What is known only at the vial; at signature it is left to the use of the order, which asks again."""
    if moment.vial is None:
        later = [name for name, field in book.fields.items() if field.fresh_for.says == SESSION]
        return {name: Fact(name=name, value=True, source=LATER) for name in later}
    checked = Fact(name="order.double_check", value=moment.vial.computed_by is not None, source="at the vial")
    matches = Fact(name="order.barcode_match", value=moment.vial.label_matches, source="at the vial")
    return {fact.name: fact for fact in (checked, matches)}


def obstacles(evaluation: Evaluation, acknowledged: Mapping[str, str]) -> Iterator[Reason]:
    """Every finding that stands in the way of a signature, with who can settle it."""
    needs = {need.fact: need.supplied_by for need in evaluation.needs}
    for finding in evaluation.findings:
        if finding.severity == "hard_stop" and finding.fires:
            yield Reason(text=said(finding), who=WHO["clin"], rule=finding.rule.id)
        elif finding.severity in BINDING and not finding.fires:
            who = ", ".join(sorted({WHO[needs[name]] for name in finding.missing if name in needs}))
            text = f"Not known: {', '.join(map(label_of, finding.missing))}. {finding.rule.statement}"
            yield Reason(text=text, who=who or WHO["clin"], rule=finding.rule.id)
        elif finding.severity not in BINDING and not acknowledged.get(finding.rule.id, "").strip():
            text = f"{said(finding)} Acknowledge it with a reason."
            yield Reason(text=text, who="the prescriber who signs", rule=finding.rule.id)


def said(finding: Finding) -> str:
    """A finding in words, with the values it rests on."""
    values = "; ".join(value_words(one) for one in finding.because)
    return f"{finding.rule.statement} [{values}]" if values else finding.rule.statement


def value_words(used: Used) -> str:
    """A fact in words: its name, its value as it was used, its unit."""
    return f"{label_of(used.name)}: {text_of(used.value, used.unit) or 'not known'}"


def newer_weight_kg(order: Order, at: datetime) -> Decimal | None:
    """A different weight measured since the order was drafted."""
    known = weighed(order.course.patient, at=at)
    if known.weight_at is None or known.weight_at <= order.weight_at or known.weight_kg == order.weight_kg:
        return None
    return known.weight_kg
