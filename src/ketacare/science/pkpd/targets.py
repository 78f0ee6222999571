"""What a correct simulation must give: rows of a file, ours (data/pharmacology/targets) or anybody's, parsed into frozen values."""

from collections import Counter
from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import Field as Key
from pydantic import ValidationError, model_validator

from ketacare.science import reference
from ketacare.science.errors import BadReference, Problem
from ketacare.science.pkpd.modelling.absorption import Absorption
from ketacare.science.pkpd.regimen import Drug, Salt
from ketacare.science.pkpd.subject import Race, Sex
from ketacare.science.reference import Frozen, Mark, Review

STEM = "pharmacology/targets"
MOST_SUBJECTS = 100_000  # whose whole curves are held at once
Names = Annotated[tuple[str, ...], Key(strict=False)]
Range = Annotated[tuple[float, float], Key(strict=False)]
Times = Annotated[tuple[Annotated[float, Key(ge=0)], ...], Key(strict=False, min_length=2)]
Quantity = Literal["at", "max", "time_of_max", "auc", "auc_inf", "half_life", "clearance", "mass_error"]
Statistic = Literal["typical", "mean", "median", "geometric_mean", "percentiles"]
# gate: outside its tolerance is a failure; inform: shown beside the figure; known miss: shown, and not tuned away.
Kind = Literal["gate", "inform", "known miss"]
# What one of each unit is in the units inside: ng/mL, min, mg. Units that are not here are the effect's own.
UNITS: Mapping[str, tuple[Quantity, ...]] = {
    "min": ("time_of_max", "half_life"),
    "h": ("time_of_max", "half_life"),
    "d": ("time_of_max", "half_life"),
    "ng*h/mL": ("auc", "auc_inf"),
    "ng*min/mL": ("auc", "auc_inf"),
    "L/h": ("clearance",),
    "L/min": ("clearance",),
    "mL/min/kg": ("clearance",),
}


class Body(Frozen):
    """The subject; as ``Subject`` has it."""

    weight_kg: Annotated[float, Key(gt=0)]
    age_years: Annotated[float, Key(ge=0)] | None = None
    sex: Sex | None = None
    race: Race | None = None


class Drawn(Frozen):
    """A virtual population around the subject."""

    n: Annotated[int, Key(ge=2, le=MOST_SUBJECTS)]
    seed: Annotated[int, Key(ge=0)] = 0


class Given(Frozen):
    """What is simulated. Without a model nothing is: the row only stands for what is known.

    ``doses`` as ``dose_text`` reads them; ``absorption`` is a route the model lacks, with a bioavailability of your own;
    ``sampled_at_min``: when a study drew blood (None: a dense grid, and then peak and areas are the curve's own).
    """

    model: str | None = None
    doses: Names = ()
    drug: Drug | None = None
    salt: Salt = "base"
    subject: Body = Body(weight_kg=70)
    interactions: Names = ()
    absorption: Absorption | None = None
    population: Drawn | None = None
    sampled_at_min: Times | None = None


class Measure(Frozen):
    """What is read off the curves.

    ``of``: an analyte, "effect_site" or an effect ("drug_high"; "blood_pressure.systolic"); None: the model's parent analyte.
    ``clearance``: dose over area to infinity. ``mass_error``: the largest share of the dose that is anywhere but where it must be.
    """

    quantity: Quantity
    of: str | None = None
    at_min: Annotated[float, Key(ge=0)] | None = None
    from_min: Annotated[float, Key(ge=0)] = 0
    to_min: Annotated[float, Key(gt=0)] | None = None
    dose_share: Annotated[float, Key(gt=0, le=1)] = (
        1  # of the dose, that is what ``of`` measures: 0.5 for one enantiomer
    )

    @model_validator(mode="after")
    def _says_when(self) -> Self:
        if (self.quantity == "at") != (self.at_min is not None):
            raise ValueError('"at" needs at_min, and nothing else takes it')
        if self.to_min is not None and self.to_min <= self.from_min:
            raise ValueError("to_min must come after from_min")
        return self


class Tolerance(Frozen):
    """How far from what is expected still agrees: the sum of a relative part, an absolute one and half of the figure's last digit;
    or a range to lie in; or a range to overlap with."""

    relative: Annotated[float, Key(ge=0)] | None = None
    absolute: Annotated[float, Key(ge=0)] | None = None
    rounded_to: Annotated[float, Key(gt=0)] | None = None
    within: Range | None = None
    overlaps: Range | None = None

    @model_validator(mode="after")
    def _says_one_thing(self) -> Self:
        about = any(one is not None for one in (self.relative, self.absolute, self.rounded_to))
        if about + (self.within is not None) + (self.overlaps is not None) != 1:
            raise ValueError("a tolerance has relative, absolute or rounded_to; or within; or overlaps")
        return self


class Row(Frozen):
    """One figure: what is simulated, what is read off it, what is expected, and where that stands.

    ``over``: divide by the same measure of another simulation, given by what differs (of Given and Measure).
    """

    id: Annotated[str, Key(min_length=1)]
    says: Annotated[str, Key(min_length=1)]
    kind: Kind = "gate"
    given: Given = Given()
    measure: Measure | None = None
    over: tuple[Given, Measure] | None = None
    statistic: Statistic = "typical"
    percentiles: Range | None = None
    expected: float | None = None
    unit: str = "ng/mL"
    tolerance: Tolerance | None = None
    sources: Names = ()
    mark: Mark
    note: str = ""

    @model_validator(mode="after")
    def _can_be_judged(self) -> Self:
        wrong = [says for is_wrong, says in _wrong_with(self) if is_wrong]
        if wrong:
            raise ValueError("; ".join(wrong))
        return self


def _wrong_with(row: Row) -> list[tuple[bool, str]]:
    tolerance, measured = row.tolerance, row.measure is not None
    takes = UNITS.get(row.unit)
    return [
        (row.kind == "gate" and tolerance is None, "a gate needs a tolerance"),
        (row.kind == "gate" and not measured, "a gate needs a quantity"),
        (row.expected is None and tolerance is not None and not (tolerance.within or tolerance.overlaps), "expected is missing"),
        ((row.statistic == "typical") != (row.given.population is None), "a statistic needs a population, and the reverse"),
        ((row.statistic == "percentiles") != (row.percentiles is not None), "percentiles name two numbers from 0 to 100"),
        (row.statistic == "percentiles" and (tolerance is None or tolerance.overlaps is None), "percentiles are judged by overlaps"),
        (row.statistic != "percentiles" and tolerance is not None and tolerance.overlaps is not None, "overlaps is for percentiles"),
        (row.over is not None and row.unit != "1", 'a ratio has the unit "1"'),
        (row.measure is not None and row.over is None and takes is not None and row.measure.quantity not in takes, f"{row.unit} is no unit of this quantity"),
        (row.measure is not None and row.over is None and takes is None and row.measure.quantity in _WITH_UNITS, f"{row.unit} is no unit of this quantity"),
    ]  # fmt: skip


_WITH_UNITS = {quantity for takes in UNITS.values() for quantity in takes}


class Case(Frozen):
    """Rows that share what is simulated, as a file has them: what a case says, each of its rows may say otherwise."""

    id: str
    says: str
    sources: Names = ()
    mark: Mark = "seen"
    note: str = ""
    rows: Annotated[tuple[Mapping[str, object], ...], Key(strict=False, min_length=1)]


class File(Frozen):
    """A file of targets."""

    id: str
    version: int
    schema_: Literal["ketacare.targets/1"] = Key(alias="schema")
    title: str = ""
    review: Review = Review(status="unreviewed")
    sources: Names = ()
    cases: Annotated[tuple[Mapping[str, object], ...], Key(strict=False, min_length=1)]


def load() -> tuple[Row, ...]:
    """Return the rows that are shipped."""
    file = reference.newest(STEM)
    reference.refuse_if_changed(file)
    return parse(reference.read_text(file), place=file)


def parse(text: str, *, place: str) -> tuple[Row, ...]:
    """Return the rows of a file.

    Args:
        text: YAML of the schema ketacare.targets/1 (docs/how-to/simulate.md).
        place: what to call it in a problem, usually the file's name.

    Raises:
        BadReference: everything that is wrong with it, each with its case and row.
    """
    try:
        file = File.model_validate(reference.parse_yaml(text, place=place))
    except ValidationError as error:
        raise BadReference(reference.problems_of(error, place=place)) from error
    wrong: list[Problem] = []
    rows = [
        row for number, case in enumerate(file.cases, start=1) for row in _rows(case, f"{place}: cases.{number}", wrong)
    ]
    twice = [name for name, count in Counter(row.id for row in rows).items() if count > 1]
    wrong += [Problem(place=f"{place}: {name}", says="this row is given twice") for name in twice]
    if wrong:
        raise BadReference(wrong)
    return tuple(rows)


def _rows(case: Mapping[str, object], place: str, wrong: list[Problem]) -> list[Row]:
    """The rows of one case; whatever is wrong is added to ``wrong``."""
    shared = {key: value for key, value in case.items() if key in Given.model_fields}
    try:
        head = Case.model_validate({key: value for key, value in case.items() if key not in shared})
    except ValidationError as error:
        wrong += reference.problems_of(error, place=place)
        return []
    found = []
    for number, said in enumerate(head.rows, start=1):
        try:
            found.append(Row.model_validate(_row(head, shared, said)))
        except ValidationError as error:
            wrong += reference.problems_of(error, place=f"{place} ({head.id}).rows.{number}")
    return found


def _row(case: Case, shared: Mapping[str, object], said: Mapping[str, object]) -> Mapping[str, object]:
    """One row as ``Row`` takes it: what it says itself, else what its case says."""
    given = {**shared, **_taken(said, Given)}
    measure = _taken(said, Measure)
    over = said.get("over")
    row: dict[str, object] = {"says": case.says, "sources": case.sources, "mark": case.mark, "note": case.note}
    row |= {key: value for key, value in said.items() if key not in (*given, *measure, "over")}
    row |= {"id": f"{case.id}.{said.get('id', '')}", "given": given, "measure": measure or None}
    if isinstance(over, Mapping):
        unknown = over.keys() - Given.model_fields.keys() - Measure.model_fields.keys()
        when = {"at_min"} if "quantity" in over else set()  # another quantity is not read at that moment
        kept = {key: value for key, value in measure.items() if key not in when}
        other = ({**given, **_taken(over, Given)}, {**kept, **_taken(over, Measure)})
        row["over"] = dict(over) if unknown else other
    return row


def _taken(said: Mapping[str, object], shape: type[Frozen]) -> dict[str, object]:
    return {key: value for key, value in said.items() if key in shape.model_fields}
