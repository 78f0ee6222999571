"""A simulation as a text that reproduces it: model with its digest, regimen, subject, times, population with its seed."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import yaml
from numpy.typing import ArrayLike
from pydantic import ValidationError

import ketacare
from ketacare.science import reference
from ketacare.science.errors import BadReference, OutOfRange, Problem
from ketacare.science.pkpd import models
from ketacare.science.pkpd.modelling.absorption import Absorption, with_absorption
from ketacare.science.pkpd.modelling.model_file import Model
from ketacare.science.pkpd.population import Population, simulate_population
from ketacare.science.pkpd.regimen import Regimen
from ketacare.science.pkpd.scenario_file import (
    DEFAULT_QUANTILES,
    SCHEMA,
    DoseSaid,
    Drawn,
    RegimenSaid,
    Scenario,
    SubjectSaid,
    Times,
    grid,
)
from ketacare.science.pkpd.series import Flag, Series
from ketacare.science.pkpd.simulate import simulate, times
from ketacare.science.pkpd.solving.arrays import Floats
from ketacare.science.pkpd.subject import Subject
from ketacare.science.pkpd.virtual.blocks import Progress
from ketacare.science.reference import Reference

__all__ = [
    "DEFAULT_QUANTILES",
    "Drawn",
    "Scenario",
    "dump",
    "flags",
    "grid",
    "model_of",
    "of",
    "parse",
    "run",
]


def of(
    model: Model | str,
    regimen: Regimen,
    subject: Subject,
    t_min: ArrayLike,
    *,
    interactions: Sequence[str] = (),
    absorption: Absorption | None = None,
    population: Drawn | None = None,
) -> Scenario:
    """Return the scenario of a simulation.

    Args:
        model: the released model, without ``absorption``.
        regimen: what is given.
        subject: to whom; of a population: around whom it is drawn.
        t_min: when, min.
        interactions: names of medicines that ``interactions`` knows.
        absorption: a route of the caller's own that the model was given.
        population: how many, with which seed and quantiles; None: the typical subject.

    Raises:
        OutOfRange: times that ``simulate`` refuses.
    """
    used = models.used(model)
    doses = (
        DoseSaid(
            amount_mg=float(one.amount_mg),
            route=one.route,
            start_min=float(one.start_min),
            duration_min=float(one.duration_min),
        )
        for one in regimen.doses
    )
    return Scenario(
        schema=SCHEMA,
        ketacare=ketacare.__version__,
        model=used.reference,
        data={file: reference.digest(file) for file in _rests_on(used.reference, has_others=bool(interactions))},
        absorption=absorption,
        subject=SubjectSaid(
            weight_kg=subject.weight_kg, age_years=subject.age_years, sex=subject.sex, race=subject.race
        ),
        regimen=RegimenSaid(drug=regimen.drug, salt=regimen.salt, doses=tuple(doses)),
        interactions=tuple(interactions),
        times=_times(times(t_min, regimen)),
        population=population,
    )


def _times(t_min: Floats) -> Times:
    """As steps where that gives the very same moments, else as they are."""
    step, until = (float(t_min[1]), float(t_min[-1])) if len(t_min) > 1 else (0.0, 0.0)
    is_even = 0 < step <= until and until / step < len(t_min) + 1
    if is_even and np.array_equal(grid(until, step), t_min):
        return Times(until_min=until, step_min=step)
    return Times(at_min=tuple(map(float, t_min)))


def _rests_on(model: Reference, *, has_others: bool) -> Iterator[str]:
    """The data files, beside the model's own, that the numbers come from."""
    yield from _inherited(f"{models.FOLDER}/{model.id}.{model.version}.yaml")
    yield reference.newest("pharmacology/defaults")
    yield reference.newest("pharmacology/giving")
    if has_others:
        yield reference.newest("pharmacology/interactions")
        yield reference.newest("codes/medicines")  # "biaxin" is clarithromycin there


def _inherited(file: str) -> Iterator[str]:
    said = reference.read_yaml(file).get("inherits") if file in reference.data_files() else None
    if said:
        base = f"{models.FOLDER}/{said['model']}.{said['version']}.yaml"
        yield base
        yield from _inherited(base)


def dump(scenario: Scenario) -> str:
    """Return the scenario as YAML; ``parse(dump(one), place="")`` gives it back."""
    tree = scenario.model_dump(mode="json", by_alias=True, exclude_none=True)
    return f"# A simulation with ketacare. Run it again: ketacare simulate --scenario FILE\n{_yaml(tree)}"


def _yaml(tree: object) -> str:
    return yaml.safe_dump(tree, sort_keys=False, allow_unicode=True, width=120)


def parse(text: str, *, place: str) -> Scenario:
    """Return the scenario that a text says.

    Args:
        text: YAML of the schema ketacare.scenario/1.
        place: what to call it in a problem, usually the file's name.

    Raises:
        BadReference: everything that is wrong with it, each with its place.
    """
    try:
        found = Scenario.model_validate(reference.parse_yaml(text, place=place))
    except ValidationError as error:
        raise BadReference(reference.problems_of(error, place=place)) from error
    wrong: list[Problem] = []
    for check in (found.regimen.regimen, found.subject.subject, found.times.t_min):
        try:
            check()
        except OutOfRange as bad:
            wrong += [Problem(place=f"{place}: {one.place}", says=one.says) for one in bad.problems]
    if wrong:
        raise BadReference(wrong)
    return found


def model_of(scenario: Scenario, model: Model | None = None) -> Model:
    """Return the very model of a scenario, with the caller's own absorption where there is one.

    Args:
        scenario: from ``parse`` or ``of``.
        model: for a scenario of a model that is not shipped: that model, from ``models.parse``.

    Raises:
        BadReference: the model, or another data file its numbers come from, is not the one the scenario was written with.
    """
    used = model or models.load(scenario.model.id, scenario.model.version)
    now, then = used.reference, scenario.model
    if (now.id, now.version) != (then.id, then.version):
        says = f"is {now.id} version {now.version}, the scenario was written with {then.id} version {then.version}"
        raise BadReference([Problem(place="model", says=says)])
    wrong = [] if now == then else [_another("model", then.sha256, now.sha256)]
    for file, sha256 in scenario.data.items():
        found = reference.digest(file)
        if found != sha256:
            wrong.append(_another(file, sha256, found))
    if wrong:
        raise BadReference(wrong)
    return with_absorption(used, scenario.absorption) if scenario.absorption else used


def _another(place: str, then: str, now: str) -> Problem:
    says = f"is not the file that the scenario was written with: digest {now[:12]}, then {then[:12]}; the curves would be others"
    return Problem(place=place, says=says)


def flags(scenario: Scenario) -> tuple[Flag, ...]:
    """Return what a reader must know of a scenario: that another version of ketacare wrote it."""
    if scenario.ketacare == ketacare.__version__:
        return ()
    says = f"written with ketacare {scenario.ketacare}, run with {ketacare.__version__}; the data are the same, the last digits may differ"
    return (Flag(code="another-version", about="ketacare", says=says),)


def run(
    scenario: Scenario, *, model: Model | None = None, workers: int = 2, progress: Progress | None = None
) -> Series | Population:
    """Return what the scenario was written for, bit for bit: the curves of its subject, or the bands of its population.

    Args:
        scenario: from ``parse`` or ``of``.
        model: for a scenario of a model that is not shipped: that model, from ``models.parse``.
        workers: of a population: how many blocks at once; never changes the result.
        progress: of a population: told (subjects done, subjects asked for) now and then.

    Raises:
        BadReference: a data file is not the one the scenario was written with.
        OutOfRange: whatever the simulation refuses.
    """
    used = model_of(scenario, model)
    regimen, subject, t_min = scenario.regimen.regimen(), scenario.subject.subject(), scenario.times.t_min()
    drawn, others = scenario.population, scenario.interactions
    if drawn is None:
        found = simulate(used, regimen, subject, t_min, interactions=others)
        return replace(found, flags=(*found.flags, *flags(scenario)))
    crowd = simulate_population(
        used,
        regimen,
        drawn.n,
        t_min,
        rng=drawn.seed,
        quantiles=drawn.quantiles,
        interactions=others,
        subject=subject,
        workers=workers,
        progress=progress,
    )
    return replace(crowd, flags=(*crowd.flags, *flags(scenario)))
