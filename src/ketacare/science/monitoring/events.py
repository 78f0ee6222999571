"""What can happen in a session: one frozen payload class a kind, each versioned by the name of its schema."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    PlainSerializer,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic import Field as Key

from ketacare.science.errors import Problem, ScienceError
from ketacare.science.monitoring import adverse
from ketacare.science.monitoring.parameters import Value, attestable, measured, problems_with
from ketacare.science.reference import problems_of

Level = Literal["black", "red", "amber", "technical", "due"]  # strongest first, as the alarm book lists them
Transition = Literal["raised", "acknowledged", "silenced", "escalated", "resolved"]
Status = Literal[
    "planned",
    "checked-in",
    "ready",
    "treating",
    "paused",
    "recovering",
    "discharged",
    "transferred",
    "cancelled",
    "missed",
]
STORED: Mapping[str, str] = MappingProxyType(
    {"read": "history"}
)  # the context in which what was accepted is read again
_Plain = PlainSerializer(dict, return_type=dict)
_Frozen = AfterValidator(lambda values: MappingProxyType(dict(values)))
Evidence = Value | tuple[str, ...] | None
EvidenceByFact = Annotated[Mapping[str, Evidence], _Frozen, _Plain]
Text = Annotated[str, Key(min_length=1)]
Positive = Annotated[Decimal, Key(gt=0, allow_inf_nan=False)]


class BadEvent(ScienceError):
    """An event that may not stand in a timeline: unknown kind or key, wrong type, value outside its range."""


def _in_range(kind: str) -> AfterValidator:
    def known_and_in_range(values: Mapping[str, Value], given: ValidationInfo) -> Mapping[str, Value]:
        if given.context is not STORED and (complaints := problems_with(values, measured(kind))):
            raise ValueError("; ".join(complaints))
        return values

    return AfterValidator(known_and_in_range)


class Payload(BaseModel):
    """What one kind of event says."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, arbitrary_types_allowed=True)

    kind: ClassVar[str]
    schema_name: ClassVar[str]

    def to_json(self) -> dict[str, Any]:
        """Return the payload as JSON values, its schema's name first."""
        return {"schema": self.schema_name, **self.model_dump(mode="json")}


class Reading(Payload):
    """One row of a monitor, or vital signs that a person measured, taken together at one moment."""

    kind = "reading"
    schema_name = "reading/1"

    values: Annotated[Mapping[str, Value], Key(min_length=1), _in_range("reading"), _Frozen, _Plain]
    source: Literal["device", "person"]
    device: str = ""
    device_time: AwareDatetime | None = None  # the recording's own clock, where it differs from arrival


class Observation(Payload):
    """What a person saw or the patient said: sedation, dissociation, nausea, symptoms."""

    kind = "observation"
    schema_name = "observation/1"

    values: Annotated[Mapping[str, Value], Key(min_length=1), _in_range("observation"), _Frozen, _Plain]
    editions: Annotated[Mapping[str, str], _Frozen, _Plain] = Key(
        default_factory=lambda: MappingProxyType({})
    )  # recovery score -> the version that its items were charted by


# step of a dose -> what it must say; a start says either, an infusion its rate and a single dose its amount
DOSE_STEPS: dict[str, tuple[frozenset[str], ...]] = {
    "start": (frozenset({"rate_mg_per_h"}), frozenset({"dose_mg"})),
    "rate": (frozenset({"rate_mg_per_h"}),),
    "pause": (frozenset(),),
    "resume": (frozenset(),),
    "bolus": (frozenset({"dose_mg"}),),
    "stop": (frozenset(),),
    "line-loss": (frozenset({"dose_mg"}),),
}


class Dose(Payload):
    """One step of giving the drug. A rate lasts until the next step; a bolus is given at once; a line loss never arrived."""

    kind = "dose"
    schema_name = "dose/1"

    step: Literal["start", "rate", "pause", "resume", "bolus", "stop", "line-loss"]
    rate_mg_per_h: Positive | None = None
    dose_mg: Positive | None = None
    concentration_mg_per_ml: Positive | None = None
    pump_ml_per_h: Positive | None = None  # what the pump itself showed, where somebody read it
    pump_mcg_per_kg_per_min: Positive | None = None
    reason: str = ""

    @model_validator(mode="after")
    def says_what_its_step_needs(self) -> Self:
        said = {name for name in ("rate_mg_per_h", "dose_mg") if getattr(self, name) is not None}
        if said not in DOSE_STEPS[self.step]:
            needs = " or ".join(", ".join(sorted(one)) or "neither rate nor dose" for one in DOSE_STEPS[self.step])
            raise ValueError(f"a {self.step} step says {needs}")
        return self


class Check(Payload):
    """One item of the start gate or of the way home, attested by the person who records it."""

    kind = "check"
    schema_name = "check/1"

    item: Text
    value: Value | None  # None: "not sure", which is stored and stays unknown
    note: str = ""

    @field_validator("value")
    @classmethod
    def known_and_in_range(cls, value: Value | None, given: ValidationInfo) -> Value | None:
        """Refuse an item that nobody asks, and an answer that it does not take."""
        item = given.data.get("item")
        if (
            given.context is not STORED
            and item is not None
            and (complaints := problems_with({item: value}, attestable()))
        ):
            raise ValueError("; ".join(complaints))
        return value


class StatusChange(Payload):
    """The session moved on."""

    kind = "status"
    schema_name = "status/1"

    to: Status
    reason: str = ""


class Alarm(Payload):
    """One transition of one alarm: stored, it is history."""

    kind = "alarm"
    schema_name = "alarm/1"

    transition: Transition
    rule: Text
    parameter: str = ""  # which value is missing, for the alarm that nothing arrives
    episode: Annotated[int, Key(ge=1)]
    level: Level
    reason: str = ""
    happened_at: AwareDatetime | None = None  # set when a late entry raised it: the moment that the entry tells of
    until: AwareDatetime | None = None  # how long its sound is silenced
    values: EvidenceByFact = Key(
        default_factory=lambda: MappingProxyType({})
    )  # the facts that it rests on, as they were

    @property
    def key(self) -> str:
        """The alarm's name: its rule, with the parameter where the rule is judged for each."""
        return f"{self.rule}/{self.parameter}" if self.parameter else self.rule

    @property
    def once(self) -> str:
        """What may happen only once in an episode: two watchers can never store it twice."""
        level = self.level if self.transition in ("acknowledged", "silenced", "escalated") else ""
        until = self.until.isoformat() if self.until else ""  # silence that ran out may be asked for again
        return ":".join(filter(None, [self.transition, level, self.reason, until]))


class Intervention(Payload):
    """Something done for the patient: oxygen, a rescue medicine of the standing orders, a call for help."""

    kind = "intervention"
    schema_name = "intervention/1"

    what: Text
    medicine_class: str = ""
    detail: str = ""
    alarm: str = ""  # the alarm it answers


class Note(Payload):
    """Free text."""

    kind = "note"
    schema_name = "note/1"

    text: Text


Relatedness = Literal["certain", "probable", "possible", "unlikely", "unassessable"]
Grade = Annotated[int, Key(ge=1, le=5)]


class FirstAdverseEvent(Payload):
    """An unwanted event as it was written first, with one yes or no for seriousness; still read, no longer written."""

    kind = "adverse-event"
    schema_name = "adverse-event/1"

    term: Text
    grade: Grade
    serious: bool
    causality: Relatedness
    detail: str = ""


class AdverseEvent(Payload):
    """An unwanted event, judged: how bad, from the drug or not, serious by which criterion, what was done, how it ended."""

    kind = "adverse-event"
    schema_name = "adverse-event/2"

    term: Text  # of the list, or free words
    grade: Grade
    relatedness: Relatedness
    seriousness: Annotated[Mapping[str, bool | None], _Frozen, _Plain]  # criterion -> yes, no, not known
    drug_action: str
    outcome: str
    peak: Annotated[Mapping[str, float], _Frozen, _Plain] = Key(default_factory=lambda: MappingProxyType({}))
    detail: str = ""

    @property
    def serious(self) -> bool | None:
        """Whether it is serious; None while nobody can say."""
        return adverse.is_serious(self.seriousness)

    @model_validator(mode="after")
    def known_and_without_contradiction(self, given: ValidationInfo) -> Self:
        """Refuse words that the data file does not have, and a death that is told in one place only."""
        if given.context is STORED:
            return self
        book = adverse.adverse_events()
        if set(self.seriousness) != set(book.seriousness.criteria):
            raise ValueError(f"seriousness is asked by {', '.join(book.seriousness.criteria)}")
        for name, known in (("drug_action", book.drug_action), ("outcome", book.outcome)):
            if getattr(self, name) not in known:
                raise ValueError(f"{name} is none of {', '.join(known)}")
        if wrong := adverse.contradictions(grade=self.grade, outcome=self.outcome, answers=self.seriousness):
            raise ValueError(" ".join(wrong))
        return self


class Signature(Payload):
    """A named person stands for something: going on against a finding, the discharge, the report."""

    kind = "signature"
    schema_name = "signature/1"

    meaning: Literal["gate-override", "discharge-override", "discharge", "transfer", "report"]
    subject: str = ""  # the rule or requirement that it is about
    reason_code: str = ""
    reason: str = ""

    @model_validator(mode="after")
    def an_override_says_what_and_why(self) -> Self:
        if self.meaning.endswith("-override") and not (self.subject and self.reason_code and self.reason):
            raise ValueError("an override names its subject, a reason code and a reason")
        return self


class Clock(Payload):
    """The machine's clock was put forward or back: one moment, told by the clock before and after."""

    kind = "clock"
    schema_name = "clock/1"

    stepped_s: Annotated[float, Key(allow_inf_nan=False)]  # > 0: put forward
    before: AwareDatetime  # the last entry's time, by the clock before
    after: AwareDatetime  # the same moment, by the clock as it is now

    @model_validator(mode="after")
    def tells_one_moment_twice(self) -> Self:
        if self.after - self.before != self.step or not self.step:
            raise ValueError("after is before, moved by what the clock stepped, and not by nothing")
        return self

    @property
    def step(self) -> timedelta:
        return timedelta(seconds=self.stepped_s)


AnyPayload = (
    Reading
    | Observation
    | Dose
    | Check
    | StatusChange
    | Alarm
    | Intervention
    | Note
    | FirstAdverseEvent
    | AdverseEvent
    | Signature
    | Clock
)
PAYLOADS: tuple[type[Payload], ...] = AnyPayload.__args__
BY_SCHEMA: Mapping[str, type[Payload]] = MappingProxyType({one.schema_name: one for one in PAYLOADS})
KINDS: tuple[str, ...] = tuple(dict.fromkeys(one.kind for one in PAYLOADS))


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    """One entry of a session's timeline. It is never changed: a correction is a new event that supersedes it."""

    seq: int
    at: datetime  # when it happened
    recorded_at: datetime
    by: str  # the actor's key
    by_name: str
    payload: AnyPayload
    supersedes: int | None = None
    boot_id: str = ""  # which run of the machine wrote it; empty for entries older than this
    boot_s: float | None = None  # seconds since that run began, at recorded_at

    @property
    def kind(self) -> str:
        return self.payload.kind


def from_json(given: Mapping[str, Any], *, stored: bool = False) -> AnyPayload:
    """Return the payload that a JSON object says, or refuse it.

    Args:
        given: a JSON object with the key ``schema``, for example ``{"schema": "note/1", "text": "..."}``.
        stored: it was accepted once and is history now: what is measured, asked and in range may have changed since, and
            history stays readable.

    Raises:
        BadEvent: unknown schema or key, wrong type, value outside its range; every problem at once.
    """
    name = given.get("schema")
    payload_class = BY_SCHEMA.get(name) if isinstance(name, str) else None
    if payload_class is None:
        raise BadEvent([Problem(place="schema", says=f"{name!r} is none of {', '.join(BY_SCHEMA)}")])
    fields = {key: value for key, value in given.items() if key != "schema"}
    payload: AnyPayload = build(payload_class, fields, context=STORED if stored else None)
    return payload


def build(payload_class: type[Payload], fields: Mapping[str, Any], *, context: Mapping[str, str] | None = None) -> Any:
    """Return a payload made from JSON values, or raise BadEvent with every problem.

    Args:
        payload_class: the kind to make.
        fields: its fields as JSON values.
        context: STORED for what was accepted before.

    Raises:
        BadEvent: what no such event may say, with the place of each problem.
    """
    try:
        return payload_class.model_validate_json(json.dumps(fields), context=context)
    except ValidationError as error:
        raise BadEvent(problems_of(error, place=payload_class.kind)) from error
    except (TypeError, ValueError) as error:
        raise BadEvent([Problem(place=payload_class.kind, says=f"not JSON: {error}")]) from error
