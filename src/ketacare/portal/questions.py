"""The one question that a link shows now: the first without an answer, or an earlier one to change."""

from collections.abc import Sequence
from dataclasses import dataclass

from ketacare.portal.models import CheckInScale
from ketacare.science.checkins.questions import next_item, shown_items
from ketacare.science.scales import library
from ketacare.science.scales.definition import Instrument, Item


@dataclass(frozen=True, kw_only=True)
class Choice:
    """One answer to tap."""

    value: str
    label: str
    is_chosen: bool


@dataclass(frozen=True, kw_only=True)
class Question:
    """One question, its answers, and how far the patient is."""

    scale: CheckInScale
    instrument: Instrument
    item: Item
    choices: tuple[Choice, ...]
    number: int
    of: int
    part: int
    parts: int
    back_to: str  # the id of the question before; empty at the first

    @property
    def words(self) -> str:
        return self.item.text or ""


def question(scales: Sequence[CheckInScale], *, wanted: str = "") -> Question:
    """The question to show, of check-in scales of which one at least is not answered."""
    place = next(place for place, one in enumerate(scales) if not one.is_answered)
    scale = scales[place]
    instrument = library.load(scale.instrument_id, scale.instrument_version)
    shown = shown_items(instrument, scale.answers)
    following = next_item(instrument, scale.answers)
    reached = [one for one in shown if one.id in scale.answers or one == following]
    item = next((one for one in reached if one.id == wanted), following or shown[-1])
    number = shown.index(item)
    return Question(
        scale=scale,
        instrument=instrument,
        item=item,
        choices=choices(instrument, item, scale),
        number=number + 1,
        of=len(shown),
        part=place + 1,
        parts=len(scales),
        back_to=shown[number - 1].id if number else "",
    )


def choices(instrument: Instrument, item: Item, scale: CheckInScale) -> tuple[Choice, ...]:
    """The answers of a question, the one given before marked."""
    given, is_given = scale.answers.get(item.id), item.id in scale.answers
    return tuple(
        Choice(
            value=str(option.answer),
            label=option.label or str(option.answer),
            is_chosen=is_given and given == option.answer,
        )
        for option in instrument.choices(item)
    )
