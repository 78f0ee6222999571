"""What a simulation refuses, and what it answers with a warning: one small function for each, in one table."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

from ketacare.science.errors import OutOfRange, Problem
from ketacare.science.pkpd.doses import Dose, Drug, Regimen
from ketacare.science.pkpd.giving import giving
from ketacare.science.pkpd.modelling.model_file import Entry, Model, Range
from ketacare.science.pkpd.series import Flag, Site, Status
from ketacare.science.pkpd.subject import Subject
from ketacare.science.units import MINUTES_PER_HOUR

# A nasal amount is so many whole devices if it is one to this share of a device: below it lies rounding of the input.
WHOLE = 1e-9


@dataclass(frozen=True, kw_only=True, slots=True)
class Question:
    """What a simulation is asked: a model, a regimen, and one subject or many."""

    model: Model
    regimen: Regimen
    subjects: Sequence[Subject]


Found = Iterator[Problem | Flag]
Check = Callable[[Question], Found]


def flags(model: Model, regimen: Regimen, subjects: Sequence[Subject]) -> tuple[Flag, ...]:
    """Return what a reader of the curve must know, or refuse what has no honest answer.

    Args:
        model: from ``models.load``.
        regimen: what is given.
        subjects: to whom; one, or a population.

    Raises:
        OutOfRange: a model that cannot be simulated or lacks a route, another drug, an injection into a model that hides its peak,
            nasal amounts that are no whole devices; every problem at once, with the field named.

    Source: pharmacology.md section 2 (guard rails).
    """
    asked = Question(model=model, regimen=regimen, subjects=subjects)
    found = [one for check in CHECKS for one in check(asked)]
    if wrong := [one for one in found if isinstance(one, Problem)]:
        raise OutOfRange(wrong)
    return tuple(one for one in found if isinstance(one, Flag))


class Compared(Protocol):
    """What is looked at when curves are laid beside each other: a Series has it, and a Population."""

    @property
    def site(self) -> Site: ...
    @property
    def drug(self) -> Drug | None: ...
    @property
    def parent(self) -> str: ...
    @property
    def status(self) -> Status: ...


def compare(*curves: Compared) -> tuple[Flag, ...]:
    """Return what makes these curves hard to compare: blood from different sites, other molecules, numbers known less well."""
    told: tuple[tuple[str, str, set[str], str], ...] = (
        (
            "site-mismatch",
            "site",
            {one.site for one in curves},
            "arterial and venous blood differ for an hour and more",
        ),
        # By the drug given: models name the same molecule differently (ketamine and ketamine_total, s_ketamine and esketamine).
        ("analyte-mismatch", "drug", {one.drug or one.parent for one in curves}, "these are not the same molecules"),
        ("status-mismatch", "status", {one.status for one in curves}, "the numbers are not known equally well"),
    )
    return tuple(
        _flag(code, about, f"{' and '.join(sorted(seen))}: {says}; do not read the difference as one of dose")
        for code, about, seen, says in told
        if len(seen) > 1
    )


def _simulable(asked: Question) -> Found:
    if asked.model.not_simulable:
        yield Problem(place="model", says=f"{asked.model.id} cannot be simulated: {asked.model.not_simulable}")
    if asked.model.opt_in:
        yield _flag("opt-in-model", "model", f"{asked.model.id} is never a default: {asked.model.population.says}")


def _routes(asked: Question) -> Found:
    model = asked.model
    for number, dose in _numbered(asked.regimen):
        if dose.route in model.routes or not model.is_simulable:
            continue
        there = f"{model.id} has no route {dose.route}; it has {', '.join(model.routes)}"
        yield Problem(place=f"doses[{number}].route", says=model.refused_routes.get(dose.route, there))


def _drug(asked: Question) -> Found:
    model, said = asked.model, asked.regimen.drug
    if said is None:
        meant = "either ketamine" if model.drug == "any" else model.drug
        yield _flag("drug-not-said", "drug", f"the regimen does not say which ketamine; the model is one of {meant}")
    elif model.drug not in ("any", said):
        half = " (half of a racemic mg is esketamine: split the dose, and say so)" if said == "racemic_ketamine" else ""
        yield Problem(place="drug", says=f"{said} in {model.id}, a model of {model.drug} alone{half}")


def _salt(asked: Question) -> Found:
    if asked.regimen.salt != "base":
        yield _flag("salt-converted", "salt", f"mg of {asked.regimen.salt} were taken as mg of base by their weights")


def _injections(asked: Question) -> Found:
    """An injection: a dose so fast that all of its session would be in within the shortest time that the model holds for."""
    shortest = asked.model.shortest_iv_min
    for session in _intravenous_sessions(asked.regimen):
        total_mg = sum(dose.amount_mg for _, dose in session)
        for number, dose in session:
            if dose.amount_mg * shortest > total_mg * dose.duration_min:
                says = (
                    f"{dose.amount_mg:g} mg in {dose.duration_min:g} min is an injection: {asked.model.id} hides the early peak of "
                    f"one shorter than {shortest:g} min; take an arterial model (is the duration in minutes?)"
                )
                yield Problem(place=f"doses[{number}].duration_min", says=says)


def _slow(asked: Question) -> Found:
    """An infusion slower than any that is given: hours taken for minutes, most likely."""
    slowest = giving().slowest_mg_per_kg_h.value
    lightest = min((one.weight_kg for one in asked.subjects), default=0)
    for session in _intravenous_sessions(asked.regimen):
        first, ends = session[0][1], max(dose.end_min for _, dose in session)
        total_mg, hours = sum(dose.amount_mg for _, dose in session), (ends - first.start_min) / MINUTES_PER_HOUR
        if 0 < total_mg < slowest * lightest * hours:
            says = f"{total_mg:g} mg in {hours:g} h is slower than {slowest:g} mg/kg/h: is the duration in minutes?"
            yield _flag("slow-infusion", f"doses[{session[0][0]}].duration_min", says)


def _intravenous_sessions(regimen: Regimen) -> list[list[tuple[int, Dose]]]:
    """Return the intravenous doses, those of one session together: a pause does not make an injection of what was an infusion."""
    sessions: list[list[tuple[int, Dose]]] = []
    ends = -1.0
    for number, dose in _numbered(regimen):
        if dose.route != "iv":
            continue
        if not sessions or dose.start_min - ends > giving().session_gap_min.value:
            sessions.append([])
        sessions[-1].append((number, dose))
        ends = max(ends, dose.end_min)
    return sessions


def _devices(asked: Question) -> Found:
    device = asked.model.devices
    nasal = [(number, dose) for number, dose in _numbered(asked.regimen) if dose.route == "intranasal"]
    if device is None or not nasal:
        return
    for number, dose in nasal:
        count = dose.amount_mg / device.amount_mg
        if abs(count - round(count)) > WHOLE:
            says = f"{dose.amount_mg:g} mg is not a number of devices of {device.amount_mg:g} mg"
            yield Problem(place=f"doses[{number}].amount_mg", says=says)
    together = any(dose.amount_mg > device.amount_mg for _, dose in nasal)
    gaps = [later.start_min - one.start_min for (_, one), (_, later) in pairwise(nasal)]
    if together or any(gap < device.apart_min for gap in gaps):
        yield _flag("devices-close", "doses", f"devices are given less than the label's {device.apart_min:g} min apart")


def _bioavailability(asked: Question) -> Found:
    """Numbers of the routes given that were not read anywhere: the banner of an intramuscular dose."""
    used = {dose.route for dose in asked.regimen.doses}
    for route in (route for route in asked.model.routes if route in used):
        for name in dict.fromkeys(name for entry in asked.model.entries[route] for name in _named(entry)):
            one = asked.model.parameters.get(name)
            if one and one.mark in ("recalled", "default"):
                known = "from memory" if one.mark == "recalled" else "our choice"
                says = f"{route}: {name} {one.value:g} is {known}{_between(one.plausible_range)}"
                yield _flag(f"{one.mark}-number", name, says)


def _named(entry: Entry) -> Iterator[str]:
    yield from entry.fractions
    yield from filter(None, (entry.part, entry.rest_of, entry.later_devices, entry.over))


def _between(known: Range | None) -> str:
    return f"; plausible {known[0]:g}-{known[1]:g}" if known else ""


def _population(asked: Question) -> Found:
    """Whether everybody lies inside the range of those in whom the numbers were found."""
    source = asked.model.population
    ranges: dict[str, tuple[Range | None, str]] = {
        "weight_kg": (source.weight_kg, "kg"),
        "age_years": (source.age_years, "years"),
    }
    for name, (known, unit) in ranges.items():
        given = [value for one in asked.subjects if (value := getattr(one, name)) is not None]
        if known and (outside := [value for value in given if not known[0] <= value <= known[1]]):
            who = f"{outside[0]:g} {unit}" if len(given) == 1 else f"{len(outside)} of {len(asked.subjects)} subjects"
            says = f"{who} outside {known[0]:g}-{known[1]:g} {unit}, in whom the model was found ({source.says})"
            yield _flag("outside-population", name, says)


def _children(asked: Question) -> Found:
    """Children in a model of adults whose ages we do not know."""
    source, adult = asked.model.population, giving().adult_from_years.value
    young = [one for one in asked.subjects if one.age_years is not None and one.age_years < adult]
    if young and source.age_years is None and not asked.model.opt_in:
        says = f"{len(young)} below {adult:g} years in a model of adults; children are not small adults here ({source.says})"
        yield _flag("outside-population", "age_years", says)


def _unsaid(asked: Question) -> Found:
    """What the model looks at and nobody said."""
    covariates = asked.model.covariates
    looked_at = {
        "race": any(one.race for one in covariates),
        "age_years": any(one.age_above_years is not None for one in covariates),
    }
    for name in (name for name, is_used in looked_at.items() if is_used):
        if any(getattr(one, name) is None for one in asked.subjects):
            says = f"the model looks at {name}, which is not said: answered for its reference"
            yield _flag("covariate-not-said", name, says)


def _venous(asked: Question) -> Found:
    """Source: Henthorn 2018, abstract (pharmacology.md section 2)."""
    if asked.model.site == "venous" and any(dose.route == "iv" for dose in asked.regimen.doses):
        says = "arterial blood runs well above this while the drug runs in, and below it after: an early arterial peak is not shown"
        yield _flag("venous-blood", "site", says)


def _effect_site(asked: Question) -> Found:
    if asked.model.site != "arterial":
        says = f"the half-life of the effect site was found with arterial blood; this is {asked.model.site}"
        yield _flag("effect-site-not-arterial", "effect_site", says)


def _caveats(asked: Question) -> Found:
    """Every caveat; one that names an analyte by its id is about that curve."""
    for sentence in asked.model.caveats:
        words = set(re.findall(r"\w+", sentence))
        about = next((name for name in asked.model.analytes if name in words), asked.model.id)
        yield _flag("caveat", about, sentence)


def _flag(code: str, about: str, says: str) -> Flag:
    return Flag(code=code, about=about, says=says)


def _numbered(regimen: Regimen) -> Iterator[tuple[int, Dose]]:
    return enumerate(regimen.doses, start=1)


CHECKS: tuple[Check, ...] = (
    _simulable,
    _routes,
    _drug,
    _salt,
    _injections,
    _slow,
    _devices,
    _bioavailability,
    _population,
    _children,
    _unsaid,
    _venous,
    _effect_site,
    _caveats,
)
