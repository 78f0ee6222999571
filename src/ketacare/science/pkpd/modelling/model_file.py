"""What a model file says: shapes only. `models` reads it, `model_checks` holds its parts against each other."""

from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import Field as Key
from pydantic import model_validator

from ketacare.science.pkpd.doses import Drug, Route
from ketacare.science.pkpd.series import Site, Status
from ketacare.science.pkpd.subject import Race
from ketacare.science.reference import Frozen, Mark, Reference, Review

ELIMINATED = "eliminated"  # where a flow may go that is no compartment; the compartment of that name in a System
EFFECT_SITE = "effect_site"  # added to every System, last
Names = Annotated[tuple[str, ...], Key(strict=False)]
Range = Annotated[tuple[float, float], Key(strict=False)]
Scale = Literal["log", "logit"]
Positive = Annotated[float, Key(gt=0)]


class Population(Frozen):
    """In whom the numbers were found. A range is None where our sources do not say it."""

    says: str
    weight_kg: Range | None = None
    age_years: Range | None = None
    mark: Mark
    sources: Names = ()


class Analyte(Frozen):
    """A concentration that can be asked for: the sum of what is read in these compartments, each with its volume.

    ``mass_as``: in mg of which molecule the compartments are carried, where that is not the molecule itself.
    """

    label: str
    read_in: Annotated[Names, Key(min_length=1)]
    molecule: str
    mass_as: str | None = None


class Between(Frozen):
    """A variance of eta: between subjects, or between occasions of one subject. Mark and sources: the parameter's where not given."""

    variance: Annotated[float, Key(ge=0)]
    scale: Scale = "log"
    mark: Mark | None = None
    sources: Names = ()
    note: str = ""


class Parameter(Frozen):
    """A number of the model: ``value * (weight / reference weight) ** weight_exponent * exp(eta)``; on "logit", eta is added to the logit."""

    value: float
    unit: str
    weight_exponent: float = 0
    between_subject: Between | None = None
    between_occasion: Between | None = None
    fixed: bool = False
    plausible_range: Range | None = None
    mark: Mark
    sources: Names = ()
    note: str = ""

    @property
    def scale(self) -> Scale:
        """The scale on which eta is added."""
        given = self.between_subject or self.between_occasion
        return given.scale if given else "log"


class Derived(Frozen):
    """A value that the model's formula computes, in the unit it is computed in."""

    unit: Literal["L", "L/min", "1/min", "min", "1"]
    says: str


class Covariate(Frozen):
    """What changes a parameter's typical value, before eta: a factor for a race, or so much for each year above an age."""

    parameter: str
    race: Race | None = None
    times: str | None = None
    age_above_years: float | None = None
    adds_per_year: str | None = None

    @model_validator(mode="after")
    def _says_one_thing(self) -> Self:
        by_race, by_age = (self.race, self.times), (self.age_above_years, self.adds_per_year)
        if {by_race.count(None), by_age.count(None)} != {0, 2}:
            raise ValueError("a covariate has race and times, or age_above_years and adds_per_year")
        return self


class Covariance(Frozen):
    """How the etas of two parameters vary together."""

    between: Annotated[tuple[str, str], Key(strict=False)]
    covariance: float
    mark: Mark
    sources: Names = ()


class Residual(Frozen):
    """How far a measured concentration lies from the curve: proportional and additive, or on the log scale."""

    proportional_sd: Annotated[float, Key(ge=0)] = 0
    additive_sd: Annotated[float, Key(ge=0)] = 0
    additive_unit: Literal["ng/mL", "nmol/mL"] = "ng/mL"
    log_sd: Annotated[float, Key(ge=0)] = 0
    mark: Mark
    sources: Names = ()
    note: str = ""


class Compartment(Frozen):
    """A place where drug is; with a volume where a concentration is needed."""

    volume: str | None = None


class Flow(Frozen):
    """What moves: both ways between two compartments by a clearance, or one way out of one.

    One way, exactly one of: a clearance (of the compartment's volume), a rate constant, a mean time in ``stages`` equal steps of which
    this is one (rate = stages / mean_time), a half-life. ``to``: a compartment, "eliminated", or fractions for several; what no
    fraction takes is eliminated.
    """

    between: Annotated[tuple[str, str], Key(strict=False)] | None = None
    from_: str | None = Key(default=None, alias="from")
    to: str | Mapping[str, str] | None = None
    clearance: str | None = None
    rate: str | None = None
    mean_time: str | None = None
    stages: Annotated[int, Key(ge=1)] = 1
    half_life: str | None = None

    @property
    def targets(self) -> Mapping[str, str | None]:
        """The compartments it goes to, each with the name of its fraction; None: all of it."""
        return {self.to: None} if isinstance(self.to, str) else dict(self.to or {})

    @model_validator(mode="after")
    def _says_one_thing(self) -> Self:
        if (self.between is None) == (self.from_ is None) or (self.from_ is None) != (self.to is None):
            raise ValueError("a flow is between two compartments, or from one to another")
        by = [one for one in (self.clearance, self.rate, self.mean_time, self.half_life) if one is not None]
        if len(by) != 1 or (self.between and self.clearance is None):
            raise ValueError(
                "a flow has one of clearance, rate, mean_time, half_life; between two compartments a clearance"
            )
        return self


class Entry(Frozen):
    """Where a dose of a route enters, how much of it and how long it takes.

    The part that enters is the product of ``fractions``, of ``part`` (times ``later_devices`` for every device but the first of a
    session) or of one minus that (``rest_of``).
    ``over``: the name of the time for which it enters at a steady rate; None: at once, or for as long as the dose runs.
    """

    into: str
    fractions: Names = ()
    part: str | None = None
    rest_of: str | None = None
    later_devices: str | None = None
    over: str | None = None

    @model_validator(mode="after")
    def _says_one_thing(self) -> Self:
        if self.part and self.rest_of:
            raise ValueError("an entry takes a part or the rest of it, not both")
        return self


class Devices(Frozen):
    """How a nasal dose is given: devices of a fixed amount, minutes apart; those within ``session_min`` of the first are one session."""

    amount_mg: Positive
    apart_min: Positive
    session_min: Positive
    mark: Mark
    sources: Names = ()
    note: str = ""


class Model(Frozen):
    """A pharmacokinetic model as its data file says it; load one with ``models.load``.

    ``drug`` "any": its numbers were found for the racemate and for enantiomers alike. ``parent``: the analyte that drives the effect site.
    ``cleared_by``: by molecule, the parameter that its clearance is proportional to; a molecule without one is cleared in another way.
    ``values`` computed from the parameters by ``parameters.values`` are what ``assemble.system`` fills it with.
    """

    id: str
    version: Annotated[int, Key(ge=1)]
    schema_: str = Key(alias="schema")
    title: str
    status: Status
    review: Review
    drug: Drug | Literal["any"]
    site: Site
    population: Population
    opt_in: bool = False
    not_simulable: str | None = None
    shortest_iv_min: Annotated[float, Key(ge=0)] = 0
    reference_weight_kg: Positive
    analytes: Mapping[str, Analyte] = Key(min_length=1)
    refused_analytes: Mapping[str, str] = Key(default_factory=dict)
    parent: str
    parameters: Mapping[str, Parameter]
    covariances: Annotated[tuple[Covariance, ...], Key(strict=False)] = ()
    covariates: Annotated[tuple[Covariate, ...], Key(strict=False)] = ()
    residual: Mapping[str, Residual] = Key(default_factory=dict)
    formula: str | None = None
    derived: Mapping[str, Derived] = Key(default_factory=dict)
    cleared_by: Mapping[str, str] = Key(default_factory=dict)
    compartments: Mapping[str, Compartment] = Key(default_factory=dict)
    flows: Annotated[tuple[Flow, ...], Key(strict=False)] = ()
    entries: Mapping[Route, Annotated[tuple[Entry, ...], Key(strict=False, min_length=1)]] = Key(default_factory=dict)
    refused_routes: Mapping[Route, str] = Key(default_factory=dict)
    devices: Devices | None = None
    caveats: Names = ()
    sources: Annotated[Names, Key(min_length=1)]
    reference: Reference

    @property
    def routes(self) -> tuple[Route, ...]:
        """The routes by which a dose can be given."""
        return tuple(self.entries)

    @property
    def is_simulable(self) -> bool:
        """Whether enough of the model is known to compute a curve."""
        return self.not_simulable is None

    @property
    def varying(self) -> tuple[str, ...]:
        """The parameters that differ between subjects, in the file's order."""
        return tuple(name for name, one in self.parameters.items() if one.between_subject)
