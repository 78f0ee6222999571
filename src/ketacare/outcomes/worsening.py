"""A sitting against the earlier ones of its course."""

from dataclasses import dataclass
from decimal import Decimal

from ketacare.outcomes.models import AnswerSet
from ketacare.outcomes.queries import standing
from ketacare.science.scales.alerting import Raised, raised_by_course
from ketacare.science.scales.definition import Instrument
from ketacare.science.scales.scoring import Score


@dataclass(frozen=True, kw_only=True)
class AgainstCourse:
    """The alerts that a sitting raises against the earlier ones, and what was compared, in words."""

    raised: tuple[Raised, ...]
    words: str


def against_course(row: AnswerSet, instrument: Instrument, result: Score) -> AgainstCourse:
    """Compare with the sittings answered before; those of another version were other questions and are not compared."""
    earlier = [one for one in before(row) if one.score.main is not None]
    alike = [one for one in earlier if one.instrument_version == row.instrument_version]
    first, previous = (alike[0], alike[-1]) if alike else (None, None)
    raised = raised_by_course(
        instrument,
        now=result.main,
        first=main_of(first),
        previous=main_of(previous),
        had_any=bool(earlier),
    )
    said = [f"{instrument.abbreviation} now {'without a score' if result.main is None else result.main}"]
    said += [
        f"{words} {one.score.main.normalize():f}" for words, one in (("first", first), ("before", previous)) if one
    ]
    return AgainstCourse(raised=tuple(raised), words=", ".join(said))


def before(row: AnswerSet) -> list[AnswerSet]:
    """The standing sittings with the same scale that were answered before this one, oldest first."""
    rows = standing(row.course).filter(instrument_id=row.instrument_id, answered_at__lte=row.answered_at)
    return list(rows.exclude(pk=row.pk))


def main_of(row: AnswerSet | None) -> Decimal | None:
    return None if row is None else row.score.main
