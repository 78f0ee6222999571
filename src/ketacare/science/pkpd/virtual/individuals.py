"""The curves of many subjects, each with values of their own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from itertools import accumulate, pairwise

import numpy as np

from ketacare.science.pkpd import entering, guards, interactions
from ketacare.science.pkpd.giving import giving
from ketacare.science.pkpd.modelling import assemble, parameters
from ketacare.science.pkpd.modelling.model_file import EFFECT_SITE, Model
from ketacare.science.pkpd.regimen import Drug, Regimen
from ketacare.science.pkpd.series import Flag, Series
from ketacare.science.pkpd.solving import modes, own_ends
from ketacare.science.pkpd.solving.arrays import Floats
from ketacare.science.pkpd.solving.kernels import Engine
from ketacare.science.pkpd.subject import Subject
from ketacare.science.pkpd.virtual import sampling

# Numbers that say what enters so many subjects at their moments: 16 MB. A pump read every second has thousands of doses.
FORCING_CELLS = 2_000_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Question:
    """What is asked about every subject; all of it can be sent to another machine.

    Args:
        model: from ``models.load``.
        regimen: what is given.
        t_min: when, shape (t,), min.
        interactions: names of medicines that ``interactions`` knows.
        engine: what ``modes.curves`` computes with.
    """

    model: Model
    regimen: Regimen
    t_min: Floats
    interactions: tuple[str, ...] = ()
    engine: Engine | None = None

    @property
    def drug(self) -> Drug | None:
        """Which ketamine is given; None: neither the regimen nor the model says it."""
        return self.regimen.drug or (None if self.model.drug == "any" else self.model.drug)


def sessions(regimen: Regimen) -> tuple[Regimen, ...]:
    """Return the regimen of each session: a dose that begins long after all before it have ended begins a new one."""
    ends = accumulate((dose.end_min for dose in regimen.doses), max)
    gap_min = giving().session_gap_min.value
    first = [
        n
        for n, (dose, end) in enumerate(zip(regimen.doses[1:], ends, strict=False), 1)
        if dose.start_min - end > gap_min
    ]
    cuts = [0, *first, len(regimen.doses)]
    return tuple(replace(regimen, doses=regimen.doses[a:b]) for a, b in pairwise(cuts))


def occasions(question: Question) -> tuple[Regimen, ...]:
    """Return what is given on each occasion; all of it on one where the model knows no variance between occasions."""
    return sessions(question.regimen) if sampling.between_occasions(question.model).names else (question.regimen,)


def curves(question: Question, subjects: Sequence[Subject], etas: Sequence[Mapping[str, Floats]]) -> Floats:
    """Return every output of every subject, shape (o, t, s), ng/mL: the model's analytes, then the effect site.

    Args:
        question: what is asked.
        subjects: s of them; or one, whom the etas are spread around.
        etas: for each of ``occasions(question)``, by parameter, shape (s,).

    Assumes: what a session puts in is absorbed and cleared with that session's values; the sessions' curves add up, the model being linear.
    """
    given = zip(occasions(question), etas, strict=True)
    found = reduce(np.add, (_of_occasion(question, regimen, subjects, eta) for regimen, eta in given))
    return np.maximum(found, 0, out=found)  # where hardly anything is, a sum of exponentials rounds to a hair below


def _of_occasion(
    question: Question, regimen: Regimen, subjects: Sequence[Subject], etas: Mapping[str, Floats]
) -> Floats:
    model = question.model
    own = parameters.values(model, subjects, etas)
    values, _ = interactions.apply(model, own, question.regimen, question.interactions)
    count = max(len(one) for one in values.values())
    size = max(1, FORCING_CELLS // (2 * len(regimen.doses) * len(model.compartments)))
    parts = [_solved(question, regimen, _some(values, slice(start, start + size))) for start in range(0, count, size)]
    return parts[0] if len(parts) == 1 else np.concatenate(parts, axis=-1)


def _solved(question: Question, regimen: Regimen, values: Mapping[str, Floats]) -> Floats:
    model = question.model
    system = assemble.system(model, values)
    if _own_ends(model, regimen, values):
        return own_ends.curves(system, tuple(entering.portions(model, values, regimen, system)), question.t_min)
    forcing = entering.forcing(model, values, regimen, system)
    return modes.curves(system, forcing, question.t_min, engine=question.engine, threads=1)


def _some(values: Mapping[str, Floats], which: slice) -> dict[str, Floats]:
    return {name: one[which] for name, one in values.items()}


def _own_ends(model: Model, regimen: Regimen, values: Mapping[str, Floats]) -> bool:
    """Whether subjects differ in how long a dose takes to enter."""
    lasting = {one.over for dose in regimen.doses for one in model.entries[dose.route] if one.over}
    return any(np.ptp(values[name]) > 0 for name in lasting)


def flags(question: Question, subjects: Sequence[Subject]) -> tuple[Flag, ...]:
    """Return what a reader must know before anybody is simulated, or refuse what has no honest answer.

    Raises:
        OutOfRange: what ``guards.flags`` refuses; a model whose variability is not known.
    """
    model = question.model
    known = guards.flags(model, question.regimen, subjects)
    sampling.between_subjects(model)
    return (*known, *sampling.flags(model), *_flags_of_sessions(question), *_flags_of_interactions(question, subjects))


def _flags_of_interactions(question: Question, subjects: Sequence[Subject]) -> tuple[Flag, ...]:
    """What interactions say; whom they hold at the whole dose is not known beforehand, so that it may happen is said."""
    typical = parameters.values(question.model, subjects[:1])
    values, told = interactions.apply(question.model, typical, question.regimen, question.interactions)
    if (values.get(entering.ORAL_FRACTION_FACTOR, np.ones(1)) <= 1).all():
        return told
    says = "Whoever would have more than the whole of an oral dose reach the blood is held at the whole dose."
    return (*told, Flag(code="interaction-capped", about=entering.ORAL_FRACTION_FACTOR, says=says))


def _flags_of_sessions(question: Question) -> tuple[Flag, ...]:
    count = len(occasions(question))
    if count == 1:
        return ()
    says = f"each of {count} sessions was drawn anew; what one put in keeps its values to the end"
    return (Flag(code="sessions-added-up", about="doses", says=says),)


def series(question: Question, found: Floats, flags: tuple[Flag, ...] = ()) -> Series:
    """Return curves of shape (o, t, s) as a Series of many subjects: its arrays have shape (t, s); no amounts."""
    model = question.model
    names = (*model.analytes, EFFECT_SITE)
    by_name = dict(zip(names, found, strict=True))
    return Series(
        model=model.id,
        reference=model.reference,
        site=model.site,
        status=model.status,
        parent=model.parent,
        t_min=question.t_min,
        concentration_ng_per_ml={name: by_name[name] for name in model.analytes},
        effect_site_ng_per_ml=by_name[EFFECT_SITE],
        amounts_mg={},
        flags=flags,
        drug=question.drug,
    )
