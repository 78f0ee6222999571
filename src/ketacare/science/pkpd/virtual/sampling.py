"""Virtual subjects: how far each one lies from the typical subject, drawn from a seed and a block number alone."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ketacare.science.errors import OutOfRange, Problem
from ketacare.science.pkpd.modelling.defaults import defaults
from ketacare.science.pkpd.modelling.model_file import Model
from ketacare.science.pkpd.series import Flag
from ketacare.science.pkpd.solving.arrays import Floats

# Subjects who are drawn and computed together. It decides which draw a subject gets, so it never changes.
BLOCK = 1024
# One stream of chance for each purpose: asking for one never changes another.
SUBJECTS, OCCASIONS, RESIDUALS, EFFECTS = 0, 1, 2, 3
# A covariance matrix read from rounded figures may miss being one by this much of its greatest variance.
_ROUNDING = 1e-6

Chance = np.random.Generator | int


@dataclass(frozen=True, kw_only=True, slots=True)
class Variability:
    """What differs between subjects, or between one subject's occasions.

    Args:
        names: the k parameters.
        covariance: of their etas, shape (k, k).
    """

    names: tuple[str, ...]
    covariance: Floats


def seed_of(rng: Chance) -> int:
    """Return the seed that a run rests on: ``rng`` itself, or one drawn from it.

    Raises:
        OutOfRange: neither a numpy Generator nor a whole number of 0 or more.
    """
    if isinstance(rng, np.random.Generator):
        return int(rng.integers(np.iinfo(np.int64).max))
    if isinstance(rng, bool) or not isinstance(rng, int | np.integer) or rng < 0:
        raise OutOfRange([Problem(place="rng", says=f"{rng!r} is no numpy Generator and no whole number of 0 or more")])
    return int(rng)


def stream(seed: int, block: int, purpose: int) -> np.random.Generator:
    """Return the chance of one block for one purpose: what ``SeedSequence(seed).spawn`` would give, without its memory."""
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed, spawn_key=(block, purpose))))


def between_subjects(model: Model) -> Variability:
    """Return what differs between subjects.

    Raises:
        OutOfRange: the model's variability is not known, or its covariances are none.
    """
    variances = {name: one.between_subject.variance for name, one in model.parameters.items() if one.between_subject}
    if not variances:
        says = f"how much subjects differ is not known for {model.id}; no population can be drawn from it"
        raise OutOfRange([Problem(place="model", says=says)])
    return _variability(model, variances)


def between_occasions(model: Model) -> Variability:
    """Return what differs between one subject's sessions; nothing where no source says it."""
    variances = {name: one.between_occasion.variance for name, one in model.parameters.items() if one.between_occasion}
    return Variability(names=tuple(variances), covariance=np.diag(list(variances.values())))


def _variability(model: Model, variances: Mapping[str, float]) -> Variability:
    names = tuple(variances)
    covariance = np.diag(list(variances.values()))
    for one in model.covariances:
        first, second = (names.index(name) for name in one.between)
        covariance[first, second] = covariance[second, first] = one.covariance
    least = float(np.linalg.eigvalsh(covariance)[0])
    if least < -_ROUNDING * float(covariance.max()):
        says = f"the covariances of {model.id} are none: their matrix has the eigenvalue {least:g}"
        raise OutOfRange([Problem(place="covariances", says=says)])
    return Variability(names=names, covariance=covariance)


def draw(model: Model, count: int, *, seed: int, block: int = 0, sessions: int = 1) -> tuple[dict[str, Floats], ...]:
    """Return the etas of one block of subjects, for each session of theirs.

    Args:
        model: from ``models.load``.
        count: how many subjects, s; the first ones of a block are the same however many are asked for.
        seed: of the whole population.
        block: which block of it, from 0.
        sessions: how many occasions; what differs between subjects is the same in all.

    Returns:
        For each session, by parameter, shape (s,): what ``parameters.values`` takes, on the parameter's own scale.

    Raises:
        OutOfRange: the model's variability is not known.

    Source: pharmacology.md 3.7; etas are normal with the model's variances and covariances (held by their moments in the tests).
    """
    subject = _normal(between_subjects(model), count, stream(seed, block, SUBJECTS))
    chance, varies = stream(seed, block, OCCASIONS), between_occasions(model)
    return tuple(_sum(subject, _normal(varies, count, chance)) for _ in range(sessions))


def _normal(varies: Variability, count: int, chance: np.random.Generator) -> dict[str, Floats]:
    """Draw etas: always a whole block, so that a subject's draw depends on its place alone."""
    drawn = chance.standard_normal((BLOCK, len(varies.names)))[:count]
    etas = np.einsum("sk,pk->ps", drawn, _factor(varies.covariance))  # not BLAS: its sums may depend on its threads
    return dict(zip(varies.names, etas, strict=True))


def _factor(covariance: Floats) -> Floats:
    """Return the Cholesky factor; a parameter that does not vary on its own gets no column of its own."""
    factor = np.zeros_like(covariance)
    for column in range(len(covariance)):
        left = covariance[column:, column] - factor[column:, :column] @ factor[column, :column]
        if left[0] > 0:
            factor[column:, column] = left / np.sqrt(left[0])
    return factor


def _sum(one: Mapping[str, Floats], other: Mapping[str, Floats]) -> dict[str, Floats]:
    return {name: one.get(name, 0) + other.get(name, np.zeros(1)) for name in {**one, **other}}


def flags(model: Model) -> tuple[Flag, ...]:
    """Return what a reader must know of a model's variability: each variance that was not read in the model's own paper."""
    return tuple(
        Flag(
            code="variability-borrowed",
            about=name,
            says=f"how much {name} differs between {among} is not the model's own: {between.note or one.note or 'our choice'}",
        )
        for name, one in model.parameters.items()
        for among, between in (("subjects", one.between_subject), ("occasions", one.between_occasion))
        if between and (between.mark or one.mark) != "seen"
    )


def measured(model: Model, curves: Mapping[str, Floats], *, seed: int, block: int = 0) -> dict[str, Floats]:
    """Return concentrations as a laboratory would report them: each with the model's residual error, never below 0.

    Args:
        model: from ``models.load``.
        curves: by analyte, shape (t, s), ng/mL.
        seed: of the whole population.
        block: which block of it these subjects are.

    Returns:
        As ``curves``; analytes whose residual error is not known are left as they are.

    Source: pharmacology.md 3.7; proportional and additive errors are independent, a log error multiplies.
    """
    chance = stream(seed, block, RESIDUALS)
    found = dict(curves)
    for name, error in model.residual.items():
        times, count = curves[name].shape
        first, second = chance.standard_normal((2, times, BLOCK))[:, :, :count]
        exact = curves[name]
        additive = error.additive_sd * (_ng_per_nmol(model, name) if error.additive_unit == "nmol/mL" else 1)
        with_error = exact * np.exp(error.log_sd * first) + error.proportional_sd * exact * first + additive * second
        found[name] = np.maximum(with_error, 0)
    return found


def _ng_per_nmol(model: Model, analyte: str) -> float:
    return defaults().molecular_weights[model.analytes[analyte].molecule].value
