"""What the protocol files say: templates, monitoring schedules, recovery, dose arithmetic. Shapes only; `protocol.load` reads them."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any, Literal, Self

from pydantic import Field as Key
from pydantic import model_validator

from ketacare.science.reference import Frozen, Mark, Review

Purpose = Literal["mood", "pain"]
Sex = Literal["male", "female"]
Amount = Literal["mg", "mg_per_kg", "ml", "mg_per_ml", "ml_per_h"]
Number = Annotated[Decimal, Key(strict=False)]
Names = Annotated[tuple[str, ...], Key(strict=False)]
Minutes = Annotated[tuple[float, ...], Key(strict=False)]
Range = Annotated[tuple[int, int], Key(strict=False)]
Numbers = Annotated[tuple[Number, ...], Key(strict=False)]
Pair = Annotated[tuple[Number, Number], Key(strict=False)]
Asking = Literal["dose", "duration_min", "sessions", "per_week"]
Form = Literal["pump", "injection", "devices", "spray", "swallowed"]


class Sourced(Frozen):
    """A part of a protocol with its own sources."""

    sources: Annotated[Names, Key(min_length=1)]
    mark: Mark
    note: str = ""


class ProtocolFile(Frozen):
    """What every protocol file says about itself."""

    id: str
    version: int
    schema_: str = Key(alias="schema")
    title: str
    status: str
    review: Review
    sources: Annotated[Names, Key(min_length=1)]


class TemplateDose(Frozen):
    """What a template proposes: an amount by weight over a time, a rate by weight, fixed doses, or nothing."""

    mg_per_kg: Number | None = None
    rate_mg_per_kg_h: Number | None = None
    max_rate_mg_h: Number | None = None
    duration_min: Number | None = None
    first_mg: Number | None = None
    usual_mg: Numbers = ()

    @model_validator(mode="after")
    def _says_one_thing(self) -> Self:
        if sum(one is not None for one in (self.mg_per_kg, self.rate_mg_per_kg_h, self.first_mg)) > 1:
            raise ValueError("a template doses by weight, by rate or by fixed amounts, not by two of them")
        return self

    @property
    def gives_amount(self) -> bool:
        """Whether there is an amount to compare an order with."""
        return any(one is not None for one in (self.mg_per_kg, self.rate_mg_per_kg_h, self.first_mg))


class DoseRange(Frozen):
    """What is described for a route: lowest and highest, shown and never filled in."""

    mg_per_kg: Pair | None = None
    mg: Pair | None = None


class CoursePattern(Frozen):
    """How many sessions, over how many days, how many in a week: fewest and most. None: our sources do not say."""

    sessions: Range | None = None
    starts_with: int | None = None  # the rest only after a review that decided to go on
    over_days: Range | None = None
    per_week: Range | None = None
    daily: bool = False
    note: str = ""


class ResponseScale(Frozen):
    """By which scale a template's response is judged: the first of the instruments that was answered counts."""

    name: str
    instruments: Annotated[Names, Key(min_length=1)]
    response: Number | None = None  # the share of the baseline that the score falls by
    response_points: int | None = None
    remission: Mapping[str, int] = Key(default_factory=dict)  # this score or less
    mark: Mark
    note: str = ""


class Template(Sourced):
    """A starting point that a licensed prescriber edits and signs."""

    id: str
    label: str
    indications: Annotated[Names, Key(min_length=1)]
    route: str
    setting: str | None = None
    schedule: str | None = None  # where it is not the route's own
    default_enabled: bool = True
    dose: TemplateDose
    range: DoseRange | None = None
    course: CoursePattern | None = None
    alternatives: Annotated[tuple[CoursePattern, ...], Key(strict=False)] = ()
    asks: Annotated[tuple[Asking, ...], Key(strict=False)] = ()  # what the sources do not give
    later: Names = ()
    requires: Names = ()
    extra_monitoring: Names = ()
    review_after_session: Annotated[tuple[int, ...], Key(strict=False)] = ()
    review_at_week: int | None = None
    reassess_within_h: int | None = None
    stop_rules: Annotated[Names, Key(min_length=1)]
    response_scale: ResponseScale | None = None
    titration: str | None = None
    maintenance: Names = ()


class MaintenanceStep(Frozen):
    """For so many weeks, one session every so many days; without weeks: until a review says otherwise."""

    weeks: int | None = None
    every_days: int


class Maintenance(Sourced):
    """How treatment goes on after a response."""

    label: str
    steps: Annotated[tuple[MaintenanceStep, ...], Key(strict=False)] = ()
    at_most_per_month: int | None = None
    month_days: int | None = None
    relapse_share_of_gain: Number | None = None
    on_relapse: str = ""
    then: str = ""


class MaintenanceReview(Sourced):
    """When a course in maintenance is looked at again, and what is recorded then."""

    every_sessions: int
    every_days: int
    stop_rules: Names
    must_record: Names


class Titration(Sourced):
    """When a dose may go up or down: by weight, in steps of the order-check book, or by whole devices."""

    step_up: str | None = None  # book.parameter
    after_sessions: str | None = None  # book.parameter
    step_down_pct: Pair | None = None
    step_mg: Number | None = None
    doses_mg: Numbers = ()
    up_when: str
    down_when: str
    rules: Names


class Templates(ProtocolFile):
    """The file of templates."""

    purposes: Mapping[Purpose, Names]
    templates: Annotated[tuple[Template, ...], Key(strict=False)]
    maintenance: Mapping[str, Maintenance]
    maintenance_review: MaintenanceReview
    disagree: Mapping[str, str]  # stop rule -> what sources say against it
    titration: Mapping[str, Titration]


class Approval(Frozen):
    """Whether a use is approved by the authority the file names."""

    status: Literal["approved", "off_label", "not_offered"]
    says: str = ""


class Graded(Frozen):
    """How strong the evidence is, for the routes it speaks of."""

    routes: Annotated[Names, Key(min_length=1)]
    grade: str


class Indication(Sourced):
    """What a course can be for."""

    label: str
    also: Names = ()
    approval: Mapping[str, Approval]
    evidence: Annotated[tuple[Graded, ...], Key(strict=False)]

    def approval_of(self, route: str) -> Approval:
        """Whether the use by this route is approved."""
        return self.approval.get(route, self.approval["others"])

    def grade_of(self, route: str) -> str:
        """The evidence grade for a route; empty where our sources give none."""
        return next((one.grade for one in self.evidence if route in one.routes), "")

    @model_validator(mode="after")
    def _says_the_rest(self) -> Self:
        if "others" not in self.approval:
            raise ValueError("approval must say what is so for every route not named: others")
        return self


class Indications(ProtocolFile):
    """The file of indications."""

    authority: str
    indications: Mapping[str, Indication]


class Asked(Frozen):
    """Parameters measured together: at stated minutes, then every so many; with neither, continuously."""

    parameters: Annotated[Names, Key(min_length=1)]
    at_min: Minutes = ()
    every_min: float | None = Key(default=None, gt=0)

    @property
    def is_continuous(self) -> bool:
        """Whether the parameters are watched without a break."""
        return self.every_min is None


class RouteSchedule(Sourced):
    """What is asked for from the start of the drug and, where it differs, from its end."""

    during: Annotated[tuple[Asked, ...], Key(strict=False, min_length=1)]
    after: Annotated[tuple[Asked, ...], Key(strict=False)] = ()

    @property
    def parameters(self) -> frozenset[str]:
        """Every parameter it asks for."""
        return frozenset(name for asked in (*self.during, *self.after) for name in asked.parameters)


class Addition(RouteSchedule):
    """What stands on top of a route's schedule when one of these findings fired."""

    when_fired: Annotated[Names, Key(min_length=1)]


class Monitoring(ProtocolFile):
    """The file of monitoring schedules."""

    basic_set: Names
    symptom_question: str
    schedules: Mapping[str, RouteSchedule]
    adds_to: Mapping[str, Addition]


class MinimumObservation(Sourced):
    """How long a patient is watched at least; a site may set it inside the bounds."""

    counted_from: str
    default: int
    bounds: Range


class Rems(Sourced):
    """The monitoring form of a programme that follows every session of one route."""

    route: str
    jurisdiction: str
    submit_within_days: int
    pressure_at_min: int
    fields: Names


class Recovery(ProtocolFile):
    """The file about what comes after the drug."""

    minimum_observation_min: Mapping[str, MinimumObservation]
    add_min: Mapping[str, int]
    add_when: Mapping[str, Any]
    stopped_early: str
    review_at_min: int
    follow_up_contact_h: int
    instructions: Names
    written_by_hand: Names
    rescue_medicine_classes: Mapping[str, Names]
    rems: Rems


class IdealWeight(Frozen):
    """The formula of an ideal weight: so much at a height, so much more for every inch above."""

    reference_height_cm: Number
    cm_per_inch: Number
    kg_per_inch: Number
    at_reference_kg: Mapping[Sex, Number]
    mark: Mark


class AdjustedWeight(Frozen):
    """The share of the difference between actual and ideal weight that is added to the ideal one."""

    share_of_difference: Number
    mark: Mark


class WeightRules(Sourced):
    """By which weight a dose is reckoned."""

    ideal: IdealWeight
    adjusted: AdjustedWeight
    high_bmi_default: Literal["ideal", "adjusted"]
    shown_decimals: int


class Route(Sourced):
    """A way of giving the drug, and which amounts must stand beside each other before it can be ordered."""

    form: Form
    bioavailability: Numbers = ()
    usual_mg_per_kg: Numbers = ()
    device_mg: int | None = None
    doses_mg: Annotated[tuple[int, ...], Key(strict=False)] = ()
    apart_min: int | None = None  # rest between two devices
    default_enabled: bool = True
    shown_together: Annotated[tuple[Amount, ...], Key(strict=False)]


class ShownLimit(Frozen):
    """One limit as it stands beside a dose: in words, with the parameters of the order-check book that hold it."""

    says: str
    params: Names
    rules: Names


class Tolerated(Frozen):
    """What a session must have kept to, to count as well tolerated."""

    moaas_at_least: int
    dissociation_below: int
    alarms_other_than: Names


class Adverse(Frozen):
    """What makes a session count as an adverse one."""

    dissociation_at_least: int
    distress_at_least: int
    moaas_at_most: int
    pressure_alarms: Names


class SessionsBefore(Frozen):
    """The cuts by which earlier sessions are judged."""

    window_days: int
    poor_improvement_below_pct: Number
    tolerated: Tolerated
    adverse: Adverse
    mark: Mark


class Dosing(ProtocolFile):
    """The file of dose arithmetic."""

    salt: str
    weight: WeightRules
    shown_decimals: Mapping[str, int]
    routes: Mapping[str, Route]
    limited_by: Mapping[Purpose, Mapping[str, Names]]
    shown_limits: Mapping[Purpose, Mapping[str, Annotated[tuple[ShownLimit, ...], Key(strict=False)]]]
    sessions_before: SessionsBefore
