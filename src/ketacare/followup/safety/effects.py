"""Side effects of one patient, session by session: what was observed, what was written down as an adverse event. Unknown is a gap, never a zero."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import F, FloatField, Max
from django.db.models.fields.json import KT
from django.db.models.functions import Cast

from ketacare.clinic.models import Course
from ketacare.followup.models import SafetyCase
from ketacare.followup.safety.evidence import uncorrected
from ketacare.infusion.models import Session
from ketacare.ui.curves import Pictures
from ketacare.ui.effects_chart import Effect, EffectsChart, effect_pictures
from ketacare.ui.words import in_words

TO_TEN = {"dissociation": "Dissociation", "nausea": "Nausea", "distress": "Distress"}
HIGHEST = 10  # of these scales
LOWEST = "moaas"


@dataclass(frozen=True, kw_only=True)
class SessionEffects:
    """One session: the worst that was observed of each, None where nobody looked."""

    session: Session
    highest: Mapping[str, float | None]
    lowest_moaas: float | None
    vomited: bool | None
    systolic_rise: int | None  # mmHg: highest in the session less the last before it
    events: tuple[tuple[str, int], ...]  # term and grade


@dataclass(frozen=True, kw_only=True)
class EffectsPage:
    """Everything on the page."""

    rows: tuple[SessionEffects, ...]
    names: tuple[str, ...]
    drawn: Pictures | None


def effects_page(course: Course, *, at: datetime) -> EffectsPage:
    """Every session that was given, oldest first: a fixed number of queries."""
    sessions = list(Session.objects.filter(course=course, started_at__lte=at).order_by("started_at"))
    seen, events, rises = observed(course), graded(course), systolic_rises(course)
    rows = tuple(effects_of(one, seen.get(one.pk, []), events.get(one.pk, {}), rises.get(one.pk)) for one in sessions)
    return EffectsPage(rows=rows, names=tuple(TO_TEN.values()), drawn=drawn(rows) if rows else None)


def observed(course: Course) -> dict[int, list[Mapping[str, Any]]]:
    """What people saw and asked, by session, without what was corrected."""
    found: dict[int, list[Mapping[str, Any]]] = {}
    rows = uncorrected(course).filter(kind="observation", session__course=course).order_by("at", "seq")
    for session, values in rows.values_list("session", "payload__values"):
        found.setdefault(session, []).append(values)
    return found


def graded(course: Course) -> dict[int, dict[str, int]]:
    """The grade of each adverse event by session: as it was judged last, where it has a case."""
    found: dict[int, dict[str, int]] = {}
    cases = {(one.session_id, one.entry): one for one in SafetyCase.objects.filter(course=course)}
    for row in uncorrected(course).filter(kind="adverse-event", session__course=course):
        case = cases.get((row.session_id, row.seq))
        term, grade = (case.term, case.grade) if case else (row.payload["term"], row.payload["grade"])
        here = found.setdefault(row.session_id, {})
        here[term] = max(grade, here.get(term, 0))
    return found


def systolic_rises(course: Course) -> dict[int, int]:
    """By how much the systolic pressure rose in each session, mmHg, where it was measured before and during."""
    systolic = Cast(KT("payload__values__bp_sys"), FloatField())
    rows = (
        uncorrected(course).filter(kind="reading", session__course=course, payload__values__has_key="bp_sys").order_by()
    )
    before: dict[int, float] = {}
    for session, value in (
        rows.filter(at__lte=F("session__started_at"))
        .annotate(bp=systolic)
        .order_by("at", "seq")
        .values_list("session", "bp")
    ):
        before[session] = value
    during = rows.filter(at__gt=F("session__started_at")).values("session").annotate(peak=Max(systolic))
    return {one["session"]: round(one["peak"] - before[one["session"]]) for one in during if one["session"] in before}


def effects_of(
    session: Session, seen: Iterable[Mapping[str, Any]], events: Mapping[str, int], rise: int | None
) -> SessionEffects:
    """One session as it is shown."""
    told = list(seen)
    vomited = [one["vomiting"] for one in told if isinstance(one.get("vomiting"), bool)]
    return SessionEffects(
        session=session,
        highest={name: max(numbers(told, name), default=None) for name in TO_TEN},
        lowest_moaas=min(numbers(told, LOWEST), default=None),
        vomited=any(vomited) if vomited else None,
        systolic_rise=rise,
        events=tuple((in_words(term).capitalize(), grade) for term, grade in sorted(events.items())),
    )


def numbers(told: Iterable[Mapping[str, Any]], name: str) -> list[float]:
    """The values of one scale."""
    values = (one.get(name) for one in told)
    return [float(value) for value in values if isinstance(value, int | float) and not isinstance(value, bool)]


def drawn(rows: Iterable[SessionEffects]) -> Pictures:
    """The worst of each session on the scales from 0 to 10."""
    shown = list(rows)
    lines = tuple(Effect(label=label, values=[one.highest[name] for one in shown]) for name, label in TO_TEN.items())
    return effect_pictures(
        EffectsChart(
            title="Side effects by session",
            unit="Worst of the session, 0 to 10",
            highest=HIGHEST,
            sessions=[str(one.session.number) for one in shown],
            effects=lines,
        )
    )
