"""A patient's scores: each with what it means, drawn and in words."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.utils.translation import gettext as _

from ketacare.clinic.models import Course
from ketacare.outcomes.models import AnswerSet
from ketacare.outcomes.queries import ScaleHistory, band_label, history
from ketacare.portal.own.score_chart import Point, score_chart
from ketacare.science.patients import scores as words
from ketacare.science.scales import library
from ketacare.science.scales.definition import Instrument


@dataclass(frozen=True, kw_only=True)
class Sitting:
    """One time that a scale was answered."""

    answer_set_id: int
    at: datetime
    points: Decimal | None
    means: str


@dataclass(frozen=True, kw_only=True)
class ScaleShown:
    """One scale: what it asks about, how to read it, its drawing and its sittings, the newest first."""

    id: str
    name: str
    about: str
    reads: str
    sittings: tuple[Sitting, ...]
    drawing: str


def scales_shown(courses: Sequence[Course], *, language: str, zone: str) -> list[ScaleShown]:
    """Every scale that the patient has answered, those of the newest course first."""
    found = [(one, course) for course in courses for one in history(course) if one.lines]
    return [shown(one, course, language=language, zone=zone) for one, course in found]


def shown(found: ScaleHistory, course: Course, *, language: str, zone: str) -> ScaleShown:
    """One scale of one course."""
    instrument = found.instrument
    sittings = tuple(sitting(one.answer_set, one.main, language=language) for one in found.lines)
    points = tuple(Point(at=one.at, value=float(one.points)) for one in reversed(sittings) if one.points is not None)
    rule = instrument.score_rule(instrument.main_score)
    drawing = ""
    if rule is not None and points:
        title = _("%(scale)s over time") % {"scale": instrument.abbreviation}
        drawing = score_chart(points, title=title, name=f"{instrument.id}-{course.pk}", span=rule.range, zone=zone)
    return ScaleShown(
        id=instrument.id,
        name=instrument.abbreviation,
        about=words.about(instrument.id, language=language),
        reads=reads(instrument),
        sittings=sittings,
        drawing=drawing,
    )


def sitting(row: AnswerSet, main: Decimal | None, *, language: str) -> Sitting:
    """One sitting, its band in the patient's words."""
    label = band_label(library.load(row.instrument_id, row.instrument_version), row.score.band_id)
    points = None if main is None else main.normalize()
    return Sitting(answer_set_id=row.pk, at=row.answered_at, points=points, means=words.band(label, language=language))


def reads(instrument: Instrument) -> str:
    """From where to where it goes, and which way is better: the scale's own range and direction."""
    rule = instrument.score_rule(instrument.main_score)
    if rule is None:
        return ""
    span = _("It goes from %(low)s to %(high)s points.") % {"low": rule.range[0], "high": rule.range[1]}
    ways = {
        "higher_worse": _("A higher number means more trouble."),
        "higher_better": _("A higher number means you feel better."),
    }
    return " ".join(filter(None, [span, ways.get(rule.direction or "", "")]))
