"""The most probable etas of one person: measurements and population weighed against each other."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import scipy

from ketacare.science.errors import ScienceError
from ketacare.science.pkpd.posterior.measured import Observation, ResidualError
from ketacare.science.pkpd.solving.arrays import Floats
from ketacare.science.pkpd.subject import Subject
from ketacare.science.pkpd.virtual import individuals, sampling
from ketacare.science.pkpd.virtual.individuals import Question

# All that follows is in z, with eta = root z, so that a step of 1 is one standard deviation of the population.
# Central differences: the curve is exact to 1e-12, so this step leaves an error of about 1e-8 of its slope.
STEP = 1e-4
# What may be left of the gradient: the mode is then met to this share of a standard deviation or better.
SETTLED, AIMED_AT = 1e-3, 1e-4
# Starts beside the population's mode: along each axis both ways, and as many of them as are likeliest.
START_AT, STARTS = 1.5, 2
# Two ends nearer than this are one; an end less likely than e to this power against the best is none.
SAME_END, WORTH_TELLING = 0.1, 2.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Effects:
    """What may differ from the typical person.

    Args:
        names: the d effects: a parameter, and the number of the occasion where it differs between occasions (None: all of them).
        covariance: of their etas in the population, shape (d, d).
        root: shape (d, r), root @ root.T is the covariance; r < d where it has no full rank.
    """

    names: tuple[tuple[str, int | None], ...]
    covariance: Floats
    root: Floats


@dataclass(frozen=True, kw_only=True, slots=True)
class Fit:
    """The mode and the curvature there.

    Args:
        eta: shape (d,).
        covariance: of eta given the measurements, shape (d, d).
        cost: minus the log of prior times likelihood, but for a constant.
        curve: the individual curve at the observations, shape (n,), ng/mL.
        other_ends: how many other modes nearly as likely were met.
    """

    eta: Floats
    covariance: Floats
    cost: float
    curve: Floats
    other_ends: int


def effects(question: Question) -> Effects:
    """Return what may differ: between subjects, and between the occasions of this regimen."""
    subject, occasion = sampling.between_subjects(question.model), sampling.between_occasions(question.model)
    count = len(individuals.occasions(question)) if occasion.names else 0
    names = [(name, None) for name in subject.names] + [
        (name, number) for number in range(count) for name in occasion.names
    ]
    covariance = np.zeros((len(names), len(names)))
    start = len(subject.names)
    covariance[:start, :start] = subject.covariance
    for number in range(count):
        block = slice(start + number * len(occasion.names), start + (number + 1) * len(occasion.names))
        covariance[block, block] = occasion.covariance
    lengths, axes = np.linalg.eigh(covariance)
    kept = lengths > 0
    return Effects(names=tuple(names), covariance=covariance, root=axes[:, kept] * np.sqrt(lengths[kept]))


def of_occasions(found: Effects, eta: Floats, count: int) -> tuple[dict[str, Floats], ...]:
    """Return for each of ``count`` occasions what ``parameters.values`` takes, from etas of shape (s, d)."""
    given: list[dict[str, Floats]] = [{} for _ in range(count)]
    for column, (name, occasion) in enumerate(found.names):
        for number, one in enumerate(given):
            if occasion in (None, number):
                one[name] = one.get(name, 0) + eta[:, column]
    return tuple(given)


@dataclass(frozen=True, kw_only=True, slots=True)
class Person:
    """One person, what was given and measured, and what may differ: a function from etas to curves at the observations."""

    question: Question
    subject: Subject
    observations: Sequence[Observation]
    effects: Effects
    error: ResidualError

    def curves(self, eta: Floats) -> Floats:
        """Return the curves of etas of shape (s, d) at the n observations, shape (s, n), ng/mL."""
        count = len(individuals.occasions(self.question))
        given = of_occasions(self.effects, eta, count)
        found = individuals.curves(self.question, [self.subject], given)
        outputs = list(self.question.model.analytes)
        rows = [outputs.index(one.analyte) for one in self.observations]
        columns = np.searchsorted(self.question.t_min, [one.t_min for one in self.observations])
        return np.ascontiguousarray(found[rows, columns].T)

    def cost(self, z: Floats) -> Floats:
        """Return minus the log of prior times likelihood but for a constant, shape (s,), of z of shape (s, r)."""
        return np.asarray(self.error.cost(self.curves(z @ self.effects.root.T)).sum(axis=-1) + (z**2).sum(axis=-1) / 2)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Tangent:
    """At one z, shape (r,): cost, gradient (r,), curvature and precision (r, r), both with second derivatives of the curve left out.

    The curvature is that of these very measurements, which leads to the mode quickly; the precision what such measurements tell on
    average (Fisher), which no outlier can make negative.
    """

    z: Floats
    cost: float
    gradient: Floats
    curvature: Floats
    precision: Floats


def _tangent(person: Person, z: Floats) -> _Tangent:
    """One batch of curves around z gives all of it."""
    around = np.concatenate([[z], z + STEP * np.eye(len(z)), z - STEP * np.eye(len(z))])
    curves = person.curves(around @ person.effects.root.T)
    curve, (up, down) = curves[0], np.split(curves[1:], 2)
    jacobian, error = (up - down) / (2 * STEP), person.error
    return _Tangent(
        z=z,
        cost=float(error.cost(curve).sum() + z @ z / 2),
        gradient=jacobian @ error.slope(curve) + z,
        curvature=(jacobian * error.bend(curve)) @ jacobian.T + np.eye(len(z)),
        precision=(jacobian * error.information(curve)) @ jacobian.T + np.eye(len(z)),
    )


def fit(person: Person) -> Fit:
    """Return the most probable etas and how surely they are known.

    Args:
        person: with observations that fit the model.

    Raises:
        ScienceError: no mode was found.

    Assumes: near the mode the posterior is normal (Laplace), its precision the prior's plus the expected information of the
        measurements about the linearised curve (Gauss-Newton: second derivatives of the curve left out).
    Source: Sheiner and Beal 1982 (doi 10.1002/jps.2600711209): the maximum of prior times likelihood; checked against a grid.
    """
    best, *others = sorted((_descended(person, start) for start in _starts(person)), key=lambda end: end.cost)
    if not np.abs(best.gradient).max() < SETTLED:
        raise ScienceError("the fit did not settle: look for a measurement or a time that cannot be right")
    root = person.effects.root
    near = [end for end in others if end.cost < best.cost + WORTH_TELLING]
    return Fit(
        eta=root @ best.z,
        covariance=root @ np.linalg.solve(best.precision, root.T),
        cost=best.cost,
        curve=person.curves((root @ best.z)[None])[0],
        other_ends=sum(bool(np.abs(end.z - best.z).max() > SAME_END) for end in near),
    )


def _starts(person: Person) -> list[Floats]:
    """The population's mode, and the likeliest of the places beside it."""
    size = person.effects.root.shape[1]
    beside = START_AT * np.concatenate([np.eye(size), -np.eye(size)])
    return [np.zeros(size), *beside[np.argsort(person.cost(beside))[:STARTS]]]


def _descended(person: Person, start: Floats) -> _Tangent:
    kept: dict[bytes, _Tangent] = {}

    def at(z: Floats) -> _Tangent:
        if (key := z.tobytes()) not in kept:
            kept.clear()
            kept[key] = _tangent(person, z.copy())
        return kept[key]

    def cost(z: Floats) -> float:
        return at(z).cost

    def gradient(z: Floats) -> Floats:
        return at(z).gradient

    def curvature(z: Floats) -> Floats:
        return at(z).curvature

    found = scipy.optimize.minimize(
        cost, start, jac=gradient, hess=curvature, method="trust-exact", options={"gtol": AIMED_AT}
    )
    return at(np.asarray(found.x, dtype=np.float64))


def etas_of(found: Effects, eta: Floats, count: int) -> tuple[Mapping[str, float], ...]:
    """Return the etas of one person, shape (d,), for each occasion, by parameter."""
    return tuple(
        {name: float(one[0]) for name, one in occasion.items()} for occasion in of_occasions(found, eta[None], count)
    )
