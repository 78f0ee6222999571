"""A virtual population given one regimen: bands of every curve, whatever its size, from one seed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import ArrayLike

from ketacare.science.errors import OutOfRange, Problem
from ketacare.science.pkpd import models
from ketacare.science.pkpd.given import each, refuse_strangers
from ketacare.science.pkpd.modelling.model_file import EFFECT_SITE, Model
from ketacare.science.pkpd.regimen import Drug, Regimen
from ketacare.science.pkpd.series import Flag, Series, Site, Status
from ketacare.science.pkpd.simulate import times
from ketacare.science.pkpd.solving.arrays import Floats
from ketacare.science.pkpd.solving.kernels import Engine
from ketacare.science.pkpd.subject import Subject
from ketacare.science.pkpd.virtual import blocks, gathering, individuals, sampling
from ketacare.science.pkpd.virtual.blocks import row_of_numbers
from ketacare.science.pkpd.virtual.individuals import Question
from ketacare.science.reference import Reference


@dataclass(frozen=True, kw_only=True, slots=True)
class Population:
    """Bands of a virtual population.

    Args:
        model: the model's id; ``reference`` names the very data file.
        site: where the blood is thought to be drawn.
        status: how well the model's numbers are known.
        parent: the analyte that drives the effect site.
        drug: which ketamine was given; None: neither the regimen nor the model says it.
        labels: what to call each analyte on a page.
        t_min: shape (t,), min, as asked for.
        quantiles: the q quantiles of the bands.
        bands: by analyte, shape (q, t), ng/mL: at each time, not the curves of any one subject.
        effect_site_band: shape (q, t), ng/mL.
        mean: by analyte, shape (t,), ng/mL.
        effect_site_mean: shape (t,), ng/mL.
        n: how many subjects the figures are of.
        seed: given as ``rng`` it gives the same subjects again.
        bin_width: 0: the bands are exact. Else they come from histograms, each value within this share of itself.
        curves: everybody's curves, arrays of shape (t, n), where they were asked for.
        flags: what a reader must know.
    """

    model: str
    reference: Reference
    site: Site
    status: Status
    parent: str
    drug: Drug | None
    labels: Mapping[str, str]
    t_min: Floats
    quantiles: tuple[float, ...]
    bands: Mapping[str, Floats]
    effect_site_band: Floats
    mean: Mapping[str, Floats]
    effect_site_mean: Floats
    n: int
    seed: int
    bin_width: float
    curves: Series | None
    flags: tuple[Flag, ...]


def simulate_population(
    model: Model | str,
    regimen: Regimen,
    subjects: int | Sequence[Subject],
    t_min: ArrayLike,
    *,
    rng: sampling.Chance,
    quantiles: Sequence[float] = (0.05, 0.5, 0.95),
    interactions: Sequence[str] = (),
    subject: Subject | None = None,
    residual: bool = False,
    keep: bool = False,
    engine: Engine | None = None,
    workers: int = 2,
    progress: blocks.Progress | None = None,
) -> Population:
    """Return bands of the concentrations and the effect site in a virtual population.

    Args:
        model: from ``models.load``, or its name.
        regimen: what everybody is given.
        subjects: how many, n, up to ten million; or each of them, one draw each.
        t_min: when, shape (t,), min, >= 0, any order.
        rng: a numpy Generator, or a seed; the result rests on it and on nothing else.
        quantiles: q numbers from 0 to 1.
        interactions: names of medicines that ``interactions`` knows; the exact pair and route only.
        subject: whom so many are spread around; None: one of the model's reference weight (flagged).
        residual: whether to add the model's residual error, as a laboratory would measure; the effect site never has one.
        keep: whether to answer with everybody's curves too.
        engine: "numba" for the compiled sums (the extra "fast"); None: numpy. They agree to 1e-12, not to the bit.
        workers: blocks at once; threads, or wherever ``joblib.parallel_config`` says. Never changes the result.
        progress: told (subjects done, subjects asked for) now and then.

    Returns:
        Bands, means and what a reader must know. Exact up to 256 MB of curves, above from histograms (``bin_width``).
        After Ctrl-C: of those who were done, with the flag "interrupted".

    Raises:
        OutOfRange: what ``guards.flags`` and ``times`` refuse; a model whose variability is not known; a number of subjects, a
            quantile or a seed that is none; more curves to keep than 256 MB. Always with the field named.

    Source: pharmacology.md 3.7. Held in the tests: bit-equal for any number of workers, bands equal to ``numpy.quantile``.

    Example:
        >>> given = Regimen.infusion(35, 40, drug="racemic_ketamine")
        >>> found = simulate_population("racemate_iv_venous", given, 200, [20, 40, 80], rng=1)
        >>> found.bands["ketamine_total"].shape, found.n, found.site
        ((3, 3), 200, 'venous')
    """
    used = models.used(model)
    refuse_strangers(regimen=(regimen, Regimen))
    taken = (interactions,) if isinstance(interactions, str) else each(interactions, "interactions")
    asked = Question(model=used, regimen=regimen, t_min=times(t_min, regimen), interactions=taken, engine=engine)
    wanted = _quantiles(quantiles)
    crowd = blocks.crowd(subjects, subject, used, sampling.seed_of(rng))
    known = (*individuals.flags(asked, crowd.people), *_flags_of_error(used, residual=residual))
    store = gathering.store(asked, crowd.count, keep=keep)
    work = partial(gathering.block, asked, residual=residual, whole=store.whole)
    blocks.run(work, crowd, store.take, workers=workers, progress=progress)
    flags = (*known, *blocks.flags(crowd, store.n), *store.flags())
    whole = store.curves[:, :, : store.n] if keep and isinstance(store, gathering.Held) else None
    found = store.quantiles(wanted, threads=workers)
    return _population(asked, crowd.seed, store, wanted, found, whole, flags)


def _population(
    asked: Question,
    seed: int,
    store: gathering.Held | gathering.Streamed,
    wanted: tuple[float, ...],
    quantiles: Floats,
    whole: Floats | None,
    flags: tuple[Flag, ...],
) -> Population:
    model = asked.model
    found = dict(zip((*model.analytes, EFFECT_SITE), np.moveaxis(quantiles, 1, 0), strict=True))
    mean = dict(zip(found, store.sums / store.n, strict=True))
    return Population(
        model=model.id,
        reference=model.reference,
        site=model.site,
        status=model.status,
        parent=model.parent,
        drug=asked.drug,
        labels={name: one.label for name, one in model.analytes.items()},
        t_min=asked.t_min,
        quantiles=wanted,
        effect_site_band=found.pop(EFFECT_SITE),
        bands=found,
        effect_site_mean=mean.pop(EFFECT_SITE),
        mean=mean,
        n=store.n,
        seed=seed,
        bin_width=store.bin_width,
        curves=None if whole is None else individuals.series(asked, whole, flags),
        flags=flags,
    )


def _quantiles(quantiles: Sequence[float]) -> tuple[float, ...]:
    given = row_of_numbers(quantiles, "quantiles")
    wrong = [
        Problem(place=f"quantiles[{number}]", says=f"{one:g} is not a number from 0 to 1")
        for number, one in enumerate(given, start=1)
        if not 0 <= one <= 1
    ]
    if wrong or not given:
        raise OutOfRange(wrong or [Problem(place="quantiles", says="there is none")])
    return given


def _flags_of_error(model: Model, *, residual: bool) -> tuple[Flag, ...]:
    """What a band holds besides the difference between subjects."""
    if not residual:
        return ()
    exact = [name for name in model.analytes if name not in model.residual]
    if len(exact) == len(model.analytes):
        says = f"how far a measurement lies from the curve is not known for {model.id}"
        raise OutOfRange([Problem(place="residual", says=says)])
    says = "bands hold the residual error too: what a laboratory would measure"
    without = f"; not known for {', '.join(exact)}" if exact else ""
    return (Flag(code="residual-error", about="bands", says=says + without),)
