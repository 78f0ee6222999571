"""Recordings on which somebody has marked what an alarm ought to tell of, and how well the alarms did."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal, Self

from pydantic import Field as Key
from pydantic import ValidationError, model_validator

from ketacare.science import reference
from ketacare.science.errors import BadReference
from ketacare.science.monitoring.alarms import PATIENT_LEVELS, Episode
from ketacare.science.monitoring.parameters import LIVE
from ketacare.science.monitoring.policy import NO_DATA
from ketacare.science.reference import Frozen, Review


class Marked(Frozen):
    """A span of a recording, in minutes from its beginning."""

    parameter: str
    from_min: float
    to_min: float
    why: Annotated[str, Key(min_length=1)]

    @model_validator(mode="after")
    def _forwards(self) -> Self:
        if self.from_min > self.to_min:
            raise ValueError("ends before it begins")
        return self

    def holds(self, after: timedelta, *, grace: timedelta = timedelta(0)) -> bool:
        """Whether a moment of the recording lies in the span, or shortly after it."""
        return timedelta(minutes=self.from_min) <= after <= timedelta(minutes=self.to_min) + grace


class Overlaid(Marked):
    """A span whose values somebody has replaced: then it is known what was wrong."""

    value: float
    is_event: bool  # else an artefact


class Annotations(Frozen):
    """What somebody marked on one recording. Beside the events, whatever is raised is false."""

    schema_: Literal["ketacare.alarm_annotations/1"] = Key(alias="schema")
    recording: str
    judged_by: Annotated[str, Key(min_length=1)]
    review: Review
    how: Annotated[str, Key(min_length=1)]
    grace_min: float  # an alarm so soon after a span still belongs to it
    events: Annotated[tuple[Marked, ...], Key(strict=False)] = ()
    artefacts: Annotated[tuple[Marked, ...], Key(strict=False)] = ()
    overlay: Annotated[tuple[Overlaid, ...], Key(strict=False)] = ()

    @property
    def all_events(self) -> tuple[Marked, ...]:
        return (*self.events, *(one for one in self.overlay if one.is_event))

    @property
    def all_artefacts(self) -> tuple[Marked, ...]:
        return (*self.artefacts, *(one for one in self.overlay if not one.is_event))

    def overlaid(self, after: timedelta, values: Mapping[str, float]) -> dict[str, float]:
        """The values of a moment with those that were replaced."""
        laid = {one.parameter: one.value for one in self.overlay if one.holds(after) and one.parameter in values}
        return {**values, **laid}


@dataclass(frozen=True, kw_only=True, slots=True)
class Score:
    """How alarms did on an annotated recording."""

    hours: float
    events: int
    found: int
    artefacts: int
    sounded: int  # artefacts that raised an alarm about the patient
    alarms: int  # about the patient, missing data left out
    false: int

    @property
    def sensitivity(self) -> float | None:
        return self.found / self.events if self.events else None

    @property
    def false_per_hour(self) -> float | None:
        return self.false / self.hours if self.hours else None

    @property
    def suppressed(self) -> float | None:
        """The share of the artefacts that raised no alarm about the patient."""
        return 1 - self.sounded / self.artefacts if self.artefacts else None


def parse_annotations(text: str, *, place: str) -> Annotations:
    """Return the annotations a YAML text states, or raise BadReference with every problem."""
    raw: Any = reference.parse_yaml(text, place=place)
    try:
        return Annotations.model_validate(raw)
    except ValidationError as error:
        raise BadReference(reference.problems_of(error, place=place)) from error


def score(
    episodes: Sequence[Episode], annotations: Annotations, *, began_at: datetime, ended_at: datetime, hours: float
) -> Score:
    """Return how alarms did against what somebody marked.

    Args:
        episodes: the alarms of a rehearsal.
        annotations: of the same recording.
        began_at: when the recording began.
        ended_at: when it ended.
        hours: of the recording in which something was measured, h.

    Returns:
        An event is found when an alarm about its parameter is on in its span or raised shortly after; an alarm is false when it was raised in no span of an event.
    """
    grace = timedelta(minutes=annotations.grace_min)
    told = [one for one in episodes if one.level in PATIENT_LEVELS and one.rule != NO_DATA]

    def is_about(one: Episode, marked: Marked) -> bool:
        return any(cause.removeprefix(LIVE).startswith(marked.parameter) for cause in one.causes)

    def is_raised_in(one: Episode, marked: Marked) -> bool:
        return is_about(one, marked) and marked.holds(one.raised_at - began_at, grace=grace)

    def is_on_in(one: Episode, marked: Marked) -> bool:
        begins, ends = (began_at + timedelta(minutes=at) for at in (marked.from_min, marked.to_min))
        return is_about(one, marked) and one.raised_at <= ends + grace and (one.resolved_at or ended_at) >= begins

    return Score(
        hours=hours,
        events=len(annotations.all_events),
        found=sum(any(is_on_in(one, event) for one in told) for event in annotations.all_events),
        artefacts=len(annotations.all_artefacts),
        sounded=sum(any(is_raised_in(one, artefact) for one in told) for artefact in annotations.all_artefacts),
        alarms=len(told),
        false=sum(not any(is_raised_in(one, event) for event in annotations.all_events) for one in told),
    )
