"""What a scale's look back means for an answer: does it reach across the first infusion, does it overlap the last answer."""

from dataclasses import dataclass
from datetime import datetime

from ketacare.science.checkins.local import DAY, aware
from ketacare.science.scales.definition import Instrument


@dataclass(frozen=True, kw_only=True)
class RecallFlag:
    """Something to know when the answer is read; it blocks nothing."""

    kind: str  # across-treatment, overlap
    is_mostly_before: bool
    note: str


def recall_flags(
    instrument: Instrument, *, answered_at: datetime, first_given_at: datetime | None, last_answered_at: datetime | None
) -> tuple[RecallFlag, ...]:
    """Return what must be known of the stretch of time that an answer speaks of.

    Args:
        instrument: the scale, with the days it looks back and the days that should lie between two answers.
        answered_at: aware; when it was or is to be answered.
        first_given_at: when the first session of the course started; None: there was none.
        last_answered_at: when the same scale was answered before; None: never.

    Returns:
        `across-treatment` while the look back reaches to days before the first session; mostly before while at least
        half of it does (for the two weeks of PHQ-9: within 7 days of the first session). `overlap` when the last
        answer is closer than the scale's own distance.

    Raises:
        OutOfRange: a time that does not say in which zone.

    Source: instruments catalogue, section 2, recall-window conflict: record the overlap, a warning and not a block; half
    is our own line (default), and gives the catalogue's 7 days for PHQ-9.
    """
    found = []
    at = aware(answered_at)
    window = instrument.recall.days
    if window is not None and first_given_at is not None and aware(first_given_at) <= at:
        since = (at - aware(first_given_at)) / DAY
        if since < window:
            found.append(_across(instrument, window, since))
    least = instrument.min_interval_days
    if least and last_answered_at is not None and aware(last_answered_at) <= at:
        apart = (at - aware(last_answered_at)) / DAY
        if apart < least:
            note = f"answered {apart:.1f} days after the last {instrument.abbreviation}; they ask about the same days"
            found.append(RecallFlag(kind="overlap", is_mostly_before=False, note=note))
    return tuple(found)


def _across(instrument: Instrument, window: int, since: float) -> RecallFlag:
    note = f"{instrument.abbreviation} asks about the last {window} days; {window - since:.1f} of them lie before the first session"
    return RecallFlag(kind="across-treatment", is_mostly_before=since <= window / 2, note=note)
