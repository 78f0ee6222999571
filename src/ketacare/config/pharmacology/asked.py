"""From the words of the command line to a scenario: every problem at once, each with the option it is about."""

import argparse
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from ketacare.science.errors import OutOfRange, Problem, ScienceError
from ketacare.science.pkpd import dose_text, models, scenario
from ketacare.science.pkpd.modelling.absorption import Absorption, with_absorption
from ketacare.science.pkpd.modelling.model_file import Model
from ketacare.science.pkpd.regimen import Dose, Regimen
from ketacare.science.pkpd.scenario import Drawn, Scenario
from ketacare.science.pkpd.solving.arrays import Floats
from ketacare.science.pkpd.subject import Subject
from ketacare.science.reference import problems_of

UNTIL, STEP, SEED = "8h", "1min", 1
# The option that each field of science is said with.
OPTIONS = {
    "weight_kg": "--weight-kg",
    "age_years": "--age",
    "sex": "--sex",
    "race": "--race",
    "drug": "--drug",
    "salt": "--salt",
    "model": "--model",
    "interactions": "--with",
    "subjects": "--population",
    "n": "--population",
    "seed": "--seed",
    "rng": "--seed",
    "quantiles": "--quantiles",
    "t_min": "--until",
    "step": "--step",
    "fraction": "--bioavailability",
    "half_life_min": "--absorption-half-life",
    "doses": "--dose",
    "path": "--svg",
}
# Beside --scenario, which says all the rest.
WITH_SCENARIO = {"scenario", "model", "json", "csv", "svg", "out", "save_scenario", "run", "command"}
Value = TypeVar("Value")


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """What is to be run: the scenario, its model, and why this model where nobody named one."""

    scenario: Scenario
    model: Model
    chosen: str


def read(args: argparse.Namespace) -> Asked:
    """Return what the arguments ask for.

    Raises:
        ScienceError: every problem at once, each with its option or its file.
    """
    return _from_file(args) if args.scenario else _from_options(args)


def _from_file(args: argparse.Namespace) -> Asked:
    beside = [name for name, value in vars(args).items() if name not in WITH_SCENARIO and value]
    if beside:
        options = (f"--{name.replace('_', '-').replace('others', 'with')}" for name in beside)
        raise OutOfRange(
            [Problem(place=one, says="is said by the scenario: leave one of the two out") for one in options]
        )
    told = scenario.parse(args.scenario.read_text(encoding="utf-8"), place=str(args.scenario))
    return Asked(scenario=told, model=_named(args.model or told.model.id), chosen="")


def _from_options(args: argparse.Namespace) -> Asked:
    wrong: list[Problem] = []
    subject = _tried(lambda: _subject(args), wrong)
    until = _tried(lambda: dose_text.minutes(args.until or UNTIL, place="--until"), wrong)
    step = _tried(lambda: dose_text.minutes(args.step or STEP, place="--step"), wrong)
    t_min = _tried(lambda: _times(until, step), wrong) if until is not None and step is not None else None
    given = _tried(lambda: _given(args.dose, subject), wrong)
    regimen = _tried(lambda: Regimen(given or (), args.drug, args.salt or "base"), wrong, args.dose) if given else None
    wrong += _beyond(given or (), args.dose, until)
    absorption = _tried(lambda: _absorption(args, given or ()), wrong)
    chosen = _tried(lambda: _model(args, regimen, absorption), wrong) if regimen else None
    drawn = _tried(lambda: _drawn(args), wrong)
    if wrong or chosen is None or regimen is None or subject is None or t_min is None:
        raise OutOfRange(wrong)
    model, why = chosen
    said = scenario.of(
        model, regimen, subject, t_min, interactions=args.others or (), absorption=absorption, population=drawn
    )
    return Asked(scenario=said, model=model, chosen=why)


def _tried(make: Callable[[], Value], wrong: list[Problem], texts: Sequence[str] = ()) -> Value | None:
    """What is made; or None, with its problems noted."""
    try:
        return make()
    except ScienceError as bad:
        wrong += placed(bad, texts)
    except ValidationError as bad:
        wrong += [
            Problem(place=_option(one.place.strip(": "), texts), says=one.says) for one in problems_of(bad, place="")
        ]
    return None


def placed(bad: ScienceError, texts: Sequence[str] | None = None) -> list[Problem]:
    """Return the problems with the option each is about, in place of the field."""
    return [Problem(place=_option(one.place, texts or ()), says=one.says) for one in bad.problems]


def _option(place: str, texts: Sequence[str]) -> str:
    """``doses[2].start_min`` -> the text of that dose and the field; ``weight_kg`` -> ``--weight-kg``."""
    name, _, number = place.partition("[")
    index, _, rest = number.partition("]")
    if name == "doses" and index.isdecimal() and int(index) <= len(texts):
        return f'--dose "{texts[int(index) - 1]}"{rest.replace(".", ": ", 1)}'
    return OPTIONS.get(name.partition(".")[0], place)


def _subject(args: argparse.Namespace) -> Subject:
    if args.weight_kg is None:
        raise OutOfRange([Problem(place="--weight-kg", says="is missing")])
    return Subject(args.weight_kg, args.age, args.sex, args.race)


def _times(until: float, step: float) -> Floats:
    wrong = [
        Problem(place=place, says="must be more than 0")
        for place, value in (("--until", until), ("--step", step))
        if value == 0
    ]
    if wrong:
        raise OutOfRange(wrong)
    return scenario.grid(until, step)


def _given(texts: Sequence[str] | None, subject: Subject | None) -> tuple[Dose, ...]:
    if not texts:
        raise OutOfRange([Problem(place="--dose", says=f"is missing; {dose_text.FORM}")])
    # A weight that was refused is told once: the doses are still read, as if for one kg.
    return dose_text.doses(texts, weight_kg=subject.weight_kg if subject else 1)


def _beyond(given: Sequence[Dose], texts: Sequence[str] | None, until: float | None) -> Iterator[Problem]:
    """Doses that go on after the last moment: likelier another unit than meant."""
    for dose, text in zip(given, texts or (), strict=False):
        if until is not None and dose.end_min > until:
            says = f"ends at {dose.end_min:g} min, after the last moment ({until:g} min): is the unit right, or --until too short?"
            yield Problem(place=f'--dose "{text}"', says=says)


def _absorption(args: argparse.Namespace, given: Sequence[Dose]) -> Absorption | None:
    if args.bioavailability is None and args.absorption_half_life is None:
        return None
    missing = [
        Problem(place=place, says="is missing: a route of your own needs both")
        for place, value in (
            ("--bioavailability", args.bioavailability),
            ("--absorption-half-life", args.absorption_half_life),
        )
        if value is None
    ]
    routes = sorted({dose.route for dose in given} - {"iv"})
    if len(routes) != 1:
        says = f"is for the one route of the doses that is not iv; there are {', '.join(routes) or 'none'}"
        missing.append(Problem(place="--bioavailability", says=says))
    if missing:
        raise OutOfRange(missing)
    half_life = dose_text.minutes(args.absorption_half_life, place="--absorption-half-life")
    return Absorption(route=routes[0], fraction=args.bioavailability, half_life_min=half_life)


def _model(args: argparse.Namespace, regimen: Regimen, absorption: Absorption | None) -> tuple[Model, str]:
    """The model that was named, or the recommended one and why."""
    if args.model and args.site:
        raise OutOfRange([Problem(place="--site", says="chooses a default; a model that is named has its own")])
    found = (_named(args.model), "") if args.model else _recommended(args, regimen, absorption)
    if absorption:
        with_absorption(found[0], absorption)  # refuses a route that the model has
    return found


def _named(name: str) -> Model:
    path = Path(name)
    if name not in models.names() and path.is_file():
        return models.parse(path.read_text(encoding="utf-8"), place=name)
    return models.load(name)


def _recommended(args: argparse.Namespace, regimen: Regimen, absorption: Absorption | None) -> tuple[Model, str]:
    if args.drug is None:
        says = "say which ketamine (racemic_ketamine or esketamine), or name a --model"
        raise OutOfRange([Problem(place="--drug", says=says)])
    first = regimen.doses[0]
    # What is absorbed by a route of the caller's own is put into the model that can show a push.
    route, site = ("iv", args.site or "arterial") if absorption else (first.route, args.site)
    shortest = 0 if absorption else min(one.duration_min for one in regimen.doses if one.route == route)
    model = models.default_for(route=route, drug=args.drug, site=site, duration_min=shortest)
    return model, f"recommended for {args.drug}, {route}{f', {site}' if site else ''}"


def _drawn(args: argparse.Namespace) -> Drawn | None:
    if args.population is None:
        beside = [name for name in ("seed", "quantiles") if getattr(args, name) is not None]
        if beside:
            raise OutOfRange(
                [Problem(place=f"--{one}", says="is of a --population, which is not given") for one in beside]
            )
        return None
    quantiles = scenario.DEFAULT_QUANTILES if args.quantiles is None else _quantiles(args.quantiles)
    return Drawn(n=args.population, seed=SEED if args.seed is None else args.seed, quantiles=quantiles)


def _quantiles(text: str) -> tuple[float, ...]:
    try:
        return tuple(float(one) for one in text.split(","))
    except ValueError as error:
        says = f"{text!r} is not numbers with commas between them, such as 0.05,0.5,0.95"
        raise OutOfRange([Problem(place="--quantiles", says=says)]) from error
