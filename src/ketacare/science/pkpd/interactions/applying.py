"""Published ratios put into a model's values, for the very pair and route in which they were seen."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from ketacare.science.pkpd.entering import ORAL_FRACTION_FACTOR
from ketacare.science.pkpd.given import each, refuse_strangers
from ketacare.science.pkpd.interactions.book import Molecule, Pair, book
from ketacare.science.pkpd.interactions.naming import known
from ketacare.science.pkpd.interactions.warnings import in_words, unknown
from ketacare.science.pkpd.modelling import assemble, parameters
from ketacare.science.pkpd.modelling.model_file import Model
from ketacare.science.pkpd.regimen import Regimen, Route
from ketacare.science.pkpd.series import Flag
from ketacare.science.pkpd.solving.arrays import Floats
from ketacare.science.reference import sources

Values = Mapping[str, Floats]
DRUG: Molecule = "ketamine"  # the molecule, of either enantiomer


def apply(
    model: Model, values: Values, regimen: Regimen, names: Sequence[str]
) -> tuple[dict[str, Floats], tuple[Flag, ...]]:
    """Return a model's values as other medicines change them, and what must be said of each medicine.

    Args:
        model: from ``models.load``.
        values: from ``parameters.values``, each of shape (s,).
        regimen: what is given; its routes decide which numbers are of use.
        names: what the patient takes, as ``known`` reads it; the same medicine twice counts once.

    Returns:
        The values, changed where the very pair and route was read, with ``oral_fraction_factor`` (shape (s,)) for oral doses where it is
        an AUC ratio; and the flags. Two medicines with a number for the same route: none is applied, because nobody saw them together.

    Assumes: the medicine is at its full effect all through the simulation.
    Source: pharmacology.md section 6; ``data/pharmacology/interactions`` names each study.
    """
    names = _named(names)
    routes: tuple[Route, ...] = tuple(dict.fromkeys(dose.route for dose in regimen.doses))
    medicines = {one.name: one for name in names for one in known(name)}
    pairs = [one for one in book().pairs if one.medicine in medicines and one.route in routes and one.may_be_applied]
    counts = Counter(one.route for one in pairs)
    flags = [unknown(name) for name in dict.fromkeys(names) if not known(name)]
    flags += [_not_together(route, pairs) for route, count in counts.items() if count > 1]
    alone = sorted((one for one in pairs if counts[one.route] == 1), key=lambda one: one.auc_ratio is not None)
    changed = dict(values)
    applied: list[Pair] = []
    for pair in alone:
        numbers = _numbers(pair, model, changed, applied)
        flags += _said_of(pair, model, numbers)
        changed |= numbers
        applied += [pair] * bool(numbers)
    changed, capped = _capped(model, changed)
    words = (flag for medicine in medicines.values() for flag in in_words(medicine, routes, applied))
    return changed, (*flags, *capped, *words)


def _named(names: Sequence[str]) -> tuple[str, ...]:
    """Return names, one or a row of them; refuse what is no word."""
    found = (names,) if isinstance(names, str) else each(names, "interactions")
    refuse_strangers(**{f"interactions[{place}]": (one, str) for place, one in enumerate(found, start=1)})
    return tuple(map(str, found))


def _numbers(pair: Pair, model: Model, values: Values, applied: Sequence[Pair]) -> dict[str, Floats]:
    """What a pair changes of a model's values; nothing where the model has no place for it.

    An AUC ratio by mouth holds the change of clearance already: what the same medicine did to clearance by vein is taken out of it.
    """
    if pair.clearance_ratio:
        return _cleared(pair, model, values)
    if pair.sets and pair.sets.keys() <= model.parameters.keys():
        own = {name: np.full_like(values[name], value) for name, value in pair.sets.items()}
        return parameters.with_derived(model, {**values, **own})
    cleared = [one.clearance_ratio.get(DRUG, 1.0) for one in applied if one.medicine == pair.medicine]
    shape = np.broadcast_shapes(*(np.shape(one) for one in values.values()))
    return {ORAL_FRACTION_FACTOR: np.full(shape, (pair.auc_ratio or 1) * float(np.prod(cleared)))}


def _cleared(pair: Pair, model: Model, values: Values) -> dict[str, Floats]:
    if DRUG not in model.cleared_by:
        return {}
    ratios = {model.cleared_by[one]: ratio for one, ratio in pair.clearance_ratio.items() if one in model.cleared_by}
    return parameters.with_derived(model, {**values, **{name: values[name] * ratio for name, ratio in ratios.items()}})


def _said_of(pair: Pair, model: Model, numbers: Values) -> Iterator[Flag]:
    """What must be said where a pair's number is put in, or where it cannot be."""
    if not numbers:
        says = f"{model.id} is not cleared in proportion to one parameter: the ratio of {pair.medicine} cannot be put into it."
        yield Flag(code="interaction-no-place", about=pair.medicine, says=says)
        return
    yield Flag(code="interaction-applied", about=pair.medicine, says=_applied(pair, ORAL_FRACTION_FACTOR in numbers))
    if pair.victim is None:
        says = f"{pair.medicine}: the row in our evidence does not name the enantiomer; it is applied to this model's ketamine."
        yield Flag(code="interaction-enantiomer", about=pair.medicine, says=says)
    metabolites = [name for name, one in model.analytes.items() if one.molecule != DRUG]
    if ORAL_FRACTION_FACTOR in numbers and metabolites:
        says = (
            f"{pair.medicine}: the ratio is that of ketamine and changes how much of an oral dose enters; {' and '.join(metabolites)} is "
            "scaled by it here, which was not what was measured: do not use these numbers."
        )
        yield Flag(code="interaction-metabolite", about=", ".join(metabolites), says=says)


def _applied(pair: Pair, by_entry: bool) -> str:
    taken = f"{pair.medicine} ({pair.says})" if pair.says else pair.medicine
    cited = "; ".join(sources()[key].ref for key in pair.sources)
    if pair.clearance_ratio:
        ratios = " and ".join(f"of {molecule} x {ratio:g}" for molecule, ratio in pair.clearance_ratio.items())
        return f"{taken}: clearance {ratios} where the model has it. {cited}."
    between = f" ({pair.auc_ratio_range[0]:g} to {pair.auc_ratio_range[1]:g})" if pair.auc_ratio_range else ""
    how = "put in as that much more or less of an oral dose" if by_entry else "computed through the model's own form"
    return f"{taken}: published ratio of ketamine's AUC by mouth {pair.auc_ratio:g}{between}, {how}; the peak was not looked up. {cited}."


def _not_together(route: Route, pairs: Sequence[Pair]) -> Flag:
    names = " and ".join(one.medicine for one in pairs if one.route == route)
    says = f"{names}: each was studied alone by the route {route}, never together; no number of theirs is applied."
    return Flag(code="interaction-not-together", about=names, says=says)


def _capped(model: Model, values: Values) -> tuple[dict[str, Floats], tuple[Flag, ...]]:
    """Keep what reaches the blood of an oral dose at or below all of it."""
    factor = values.get(ORAL_FRACTION_FACTOR)
    if factor is None:
        return dict(values), ()
    most = 1 / bioavailability(model, values, "oral")
    over = int(np.count_nonzero(factor > most))
    says = f"The ratio would have more than the whole oral dose reach the blood in {over} of {factor.size}: held at the whole dose."
    flag = Flag(code="interaction-capped", about=ORAL_FRACTION_FACTOR, says=says)
    return {**values, ORAL_FRACTION_FACTOR: np.minimum(factor, most)}, (flag,) * bool(over)


def bioavailability(model: Model, values: Values, route: Route) -> Floats:
    """Return which part of a dose by a route reaches the blood as ketamine: AUC against that of as much put into the central compartment.

    Args:
        model: one that is simulable and has the route.
        values: from ``parameters.values``, each of shape (s,).
        route: the route asked for; of one given in devices: the first device.

    Returns:
        Shape (s,), from 0 up; above 1 only where the values say so.

    Assumes: linear kinetics: the AUC is ``C (-K)^-1 b``, with b what enters in all.
    Source: linear systems; checked against pharmacology.md 3.4 (0.178) and 7.2 (0.120).
    """
    system = assemble.system(model, values)
    place = {name: number for number, name in enumerate(system.compartments)}
    entered, central = np.zeros(system.readout[:, 0].shape), np.zeros(system.readout[:, 0].shape)
    for entry in model.entries[route]:
        entered[:, place[entry.into]] += parameters.entering_fraction(entry, values)
    blood = model.analytes[model.parent].read_in
    for name in blood:
        central[:, place[name]] += 1 / len(blood)
    readout = system.readout[:, list(model.analytes).index(model.parent)]
    per_mg = np.linalg.solve(-np.swapaxes(system.rates_per_min, 1, 2), readout[..., None])[..., 0]
    return np.asarray((per_mg * entered).sum(axis=1) / (per_mg * central).sum(axis=1))
