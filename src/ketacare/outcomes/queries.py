"""Results, and how they changed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import QuerySet

from ketacare.clinic.models import Course
from ketacare.outcomes.models import AnswerSet
from ketacare.science.scales import library, wording
from ketacare.science.scales.change import Change, change
from ketacare.science.scales.definition import Instrument, ScoreRule
from ketacare.science.scales.scoring import Score, score

OFFERED = ("phq9", "gad7")  # the scales of every course, in the order they are asked
ACTS = {"record": "outcome.record", "own": "alert.own"}  # what a page offers -> the permission it takes


@dataclass(frozen=True, kw_only=True)
class Result:
    """One sitting with its score and, against the first sitting of the course, its change."""

    answer_set: AnswerSet
    instrument: Instrument
    score: Score
    since_first: Change | None
    answered: tuple[tuple[str, str], ...]  # question, answer in words
    parts: tuple[tuple[str, str], ...]  # score or class in words, its value; empty where there is none

    @property
    def is_current(self) -> bool:
        """Whether the file that scored it is still the one shipped under its version."""
        return library.cite(self.instrument).sha256 == self.answer_set.instrument_sha256

    @property
    def range_end(self) -> int | None:
        """The highest value of the main score."""
        rule = self.instrument.score_rule(self.instrument.main_score)
        return None if rule is None else rule.range[1]


@dataclass(frozen=True, kw_only=True)
class Line:
    """One sitting in a course's list."""

    answer_set: AnswerSet
    status: str
    main: Decimal | None
    band: str
    since_first: Change | None


@dataclass(frozen=True, kw_only=True)
class ScaleHistory:
    """Everything a patient answered on one scale in a course, newest first."""

    instrument: Instrument
    lines: tuple[Line, ...]


def standing(course: Course) -> QuerySet[AnswerSet]:
    """The answer sets of a course that no correction replaces, oldest first."""
    rows = course.answer_sets.filter(superseded_by__isnull=True).select_related("score", "recorded_by")
    return rows.order_by("answered_at", "pk")


def history(course: Course) -> list[ScaleHistory]:
    """The offered scales, then every other that was answered; one query."""
    by_scale: dict[str, list[AnswerSet]] = {scale: [] for scale in OFFERED}
    for row in standing(course):
        by_scale.setdefault(row.instrument_id, []).append(row)
    return [
        ScaleHistory(instrument=library.load(scale), lines=tuple(reversed(lines(rows))))
        for scale, rows in by_scale.items()
    ]


def lines(rows: list[AnswerSet]) -> list[Line]:
    """The sittings with one scale, oldest first, each against the first that has a score."""
    first = next((row for row in rows if row.score.main is not None), None)
    return [
        Line(
            answer_set=row,
            status=row.score.status,
            main=row.score.main,
            band=band_label(library.load(row.instrument_id, row.instrument_version), row.score.band_id),
            since_first=change_between(first, row),
        )
        for row in rows
    ]


def band_label(instrument: Instrument, band_id: str) -> str:
    """A band in words."""
    bands = instrument.bands.list if instrument.bands else ()
    return next((band.label or band.id for band in bands if band.id == band_id), "")


def change_between(first: AnswerSet | None, row: AnswerSet) -> Change | None:
    """The change from one sitting to another; None where there is nothing to compare."""
    if first is None or first.pk == row.pk or row.score.main is None:
        return None
    instrument = library.load(row.instrument_id, row.instrument_version)
    if instrument.score_rule(instrument.main_score) is None:
        return None
    prorated = "prorated" in (first.score.status, row.score.status)
    return change(instrument, baseline=first.score.main, current=row.score.main, from_prorated=prorated)


def as_asked(row: AnswerSet) -> Instrument:
    """The scale with the texts that were shown when these answers were given, whatever a site may show today."""
    instrument = library.load(row.instrument_id, row.instrument_version)
    if row.wording_version is None:
        return instrument
    return wording.worded(instrument, wording.load(row.instrument_id, row.wording_version))


def result(row: AnswerSet) -> Result:
    """One sitting, scored by the version of the scale that it was answered with."""
    instrument = as_asked(row)
    same = [
        one for one in standing(row.course) if one.instrument_id == row.instrument_id and one.score.main is not None
    ]
    scored = score(instrument, row.answers, row.context)
    return Result(
        answer_set=row,
        instrument=instrument,
        score=scored,
        since_first=change_between(next(iter(same), None), row),
        answered=tuple(
            (item.text or item.label or item.id, in_words(instrument, item.id, row.answers))
            for item in instrument.items
        ),
        parts=parts(instrument, scored),
    )


def parts(instrument: Instrument, scored: Score) -> tuple[tuple[str, str], ...]:
    """Every score and class of a sitting in words; a class that may yet be higher says so."""
    found = [(rule.label or plain(rule.id), said(rule, scored.scores[rule.id])) for rule in instrument.scores]
    for rule in instrument.classifications:
        value = plain(scored.classifications[rule.id] or "")
        least = "at least " if value and rule.id in scored.lower_bounds else ""
        found.append((rule.label or plain(rule.id), least + value))
    return tuple(found)


def said(rule: ScoreRule, value: Decimal | None) -> str:
    """A score as words: a rule is met or not."""
    if value is None:
        return ""
    return ("yes" if value else "no") if rule.method == "rule" else str(value)


def plain(name: str) -> str:
    """An id of a scale's file as words."""
    return name.replace("_", " ")


def in_words(instrument: Instrument, item_id: str, answers: Mapping[str, object]) -> str:
    """An answer as the patient read it; empty when there is none."""
    item = next(one for one in instrument.items if one.id == item_id)
    given = answers.get(item_id)
    if instrument.number_range(item):
        return "" if given is None else str(given)
    return next((one.label or str(one.answer) for one in instrument.choices(item) if one.answer == given), "")


def answer_sets() -> QuerySet[AnswerSet]:
    """Every answer set with what a page about one needs."""
    return AnswerSet.objects.select_related("course__patient", "course__site", "score", "recorded_by", "superseded_by")


def improvement_pct(course: Course, *, instrument_id: str, at: datetime) -> Decimal | None:
    """How much better the newest score of a scale is than the first, in percent; None where that cannot be said."""
    rows = [
        row
        for row in standing(course).filter(instrument_id=instrument_id, answered_at__lte=at)
        if row.score.main is not None
    ]
    found = change_between(rows[0], rows[-1]) if rows else None
    return None if found is None else found.percent_change
