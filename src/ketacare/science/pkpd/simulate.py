"""One subject, one regimen, one model: the curve, exactly, with everything a reader must know about it."""

from collections.abc import Mapping, Sequence, Sized
from dataclasses import replace
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike

from ketacare.science.errors import OutOfRange, Problem
from ketacare.science.pkpd import entering, guards, models
from ketacare.science.pkpd.doses import Regimen
from ketacare.science.pkpd.given import refuse_strangers, row
from ketacare.science.pkpd.giving import giving
from ketacare.science.pkpd.interactions import apply
from ketacare.science.pkpd.modelling import assemble, parameters
from ketacare.science.pkpd.modelling.model_file import EFFECT_SITE, Model
from ketacare.science.pkpd.series import Flag, Series
from ketacare.science.pkpd.solving import modes, propagate
from ketacare.science.pkpd.solving.arrays import Floats
from ketacare.science.pkpd.solving.kernels import Engine
from ketacare.science.pkpd.solving.system import Forcing, System
from ketacare.science.pkpd.subject import Subject
from ketacare.science.units import MINUTES_PER_DAY

# More times than seconds in eleven days: more memory than one curve is worth.
MOST_TIMES = 1_000_000


def simulate(
    model: Model | str,
    regimen: Regimen,
    subject: Subject,
    t_min: ArrayLike,
    *,
    interactions: Sequence[str] = (),
    etas: Mapping[str, ArrayLike] | None = None,
    engine: Engine | None = None,
) -> Series:
    """Return one subject's concentrations, effect site and amounts.

    Args:
        model: from ``models.load``, or its name.
        regimen: what is given.
        subject: to whom.
        t_min: when, shape (t,), min, >= 0, any order.
        interactions: names of medicines; a number is applied for the exact pair and route only, the rest are flags.
        etas: by parameter, how far this subject lies from the typical value on the parameter's scale; None: typical.
        engine: None: step by step by the matrix exponential; "numpy" or "numba" (the extra "fast"): as sums of exponentials, which takes a
            fraction of the time. They agree to 1e-12, not to the bit.

    Returns:
        The curves at ``t_min`` in its order, exact but for rounding (1e-12 of the peak), with site, status and flags.

    Raises:
        OutOfRange: what ``guards.flags``, ``times`` and ``parameters.values`` refuse, with the field named; an engine that is not there.
        BadReference: there is no model of this name.

    Source: pharmacology.md section 3; solved by ``propagate.amounts``, or with an engine by ``modes.curves``.

    Example:
        >>> from ketacare.science.pkpd.regimen import Regimen
        >>> given = Regimen.infusion(35, 40, drug="racemic_ketamine")
        >>> curve = simulate("racemate_iv_venous", given, Subject(70), [20, 40, 80])
        >>> curve.concentration_ng_per_ml["ketamine_total"].round()
        array([ 99., 160.,  82.])
        >>> curve.site
        'venous'
    """
    used = models.used(model)
    refuse_strangers(regimen=(regimen, Regimen), subject=(subject, Subject))
    asked = times(t_min, regimen)
    flags = guards.flags(used, regimen, [subject])
    values, interacting = apply(used, parameters.values(used, [subject], _spread(etas)), regimen, interactions)
    system = assemble.system(used, values, eliminated=True)
    with np.errstate(over="ignore", invalid="ignore"):  # refused just below
        held_mg = _held_mg(system, entering.forcing(used, values, regimen, system), asked, engine)
        amounts = np.maximum(held_mg, 0)  # rounding leaves a hair below nothing
        is_finite = np.isfinite(system.readout[0] @ amounts.T).all()
    if not is_finite:
        raise OutOfRange([Problem(place="doses", says="are so large that no number holds what follows from them")])
    curves = dict(zip(system.outputs, _kept(system.readout[0] @ amounts.T), strict=True))
    effect_site = curves.pop(EFFECT_SITE)
    held = zip(system.compartments[:-1], _kept(amounts.T), strict=False)
    return Series(
        model=used.id,
        reference=used.reference,
        site=used.site,
        status=used.status,
        parent=used.parent,
        t_min=_kept(asked),
        concentration_ng_per_ml=MappingProxyType(curves),
        effect_site_ng_per_ml=effect_site,
        amounts_mg=MappingProxyType(dict(held)),
        flags=(*flags, *_early_end(asked, regimen), *interacting),
        drug=regimen.drug or (None if used.drug == "any" else used.drug),
    )


def _held_mg(system: System, forcing: Forcing, asked: Floats, engine: Engine | None) -> Floats:
    """Return what each compartment holds, shape (t, n)."""
    if engine is None:
        held_mg: Floats = propagate.amounts(system, forcing, asked)[0]
        return held_mg
    itself = replace(system, outputs=system.compartments, readout=np.eye(len(system.compartments))[None])
    return modes.curves(itself, forcing, asked, engine=engine)[:, :, 0].T


def times(t_min: ArrayLike, regimen: Regimen) -> Floats:
    """Return the times asked for, shape (t,), min, in their order.

    Raises:
        OutOfRange: no time, too many, not a number, below 0, or so long after the last dose that it must be another unit.
    """
    count = t_min.size if isinstance(t_min, np.ndarray) else len(t_min) if isinstance(t_min, Sized) else 1
    if count > MOST_TIMES:
        raise OutOfRange([Problem(place="t_min", says=f"{count} times are more than {MOST_TIMES}")])
    asked = np.atleast_1d(row(t_min, place="t_min"))
    after = giving().longest_after_min.value
    wrong = {
        f"has {asked.ndim} dimensions, not 1": asked.ndim != 1,
        "there is no time": asked.size == 0,
        "a time is not a number": not np.isfinite(asked).all(),
        "a time is below 0": (asked < 0).any(),
        f"a time lies more than {after / MINUTES_PER_DAY:g} days after the last dose: is it in minutes?": (
            asked > regimen.end_min + after
        ).any(),
    }
    if says := [Problem(place="t_min", says=sentence) for sentence, is_wrong in wrong.items() if is_wrong]:
        raise OutOfRange(says)
    return asked


def _early_end(asked: Floats, regimen: Regimen) -> tuple[Flag, ...]:
    """Say that the curve stops before the doses do: hours given as minutes, or a look at the beginning only."""
    if asked.max() >= regimen.end_min:
        return ()
    says = f"the last dose ends at {regimen.end_min:g} min, after every time that was asked for (are they in minutes?)"
    return (Flag(code="ends-early", about="t_min", says=says),)


def _spread(etas: Mapping[str, ArrayLike] | None) -> dict[str, Floats]:
    """Return one subject's etas, each of shape (1,); refuse what is none, or is of several subjects."""
    refuse_strangers(etas=({} if etas is None else etas, Mapping))
    found = {name: np.atleast_1d(row(eta, place=f"etas.{name}")) for name, eta in (etas or {}).items()}
    wrong = [name for name, eta in found.items() if eta.shape != (1,) or not np.isfinite(eta).all()]
    if wrong:
        raise OutOfRange([Problem(place=f"etas.{name}", says="is not one number, for one subject") for name in wrong])
    return found


def _kept(values: Floats) -> Floats:
    """Return an array that nobody can change, rows in one piece."""
    found = np.ascontiguousarray(values)
    found.setflags(write=False)
    return found
