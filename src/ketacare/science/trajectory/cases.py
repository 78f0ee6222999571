"""A forecast asked for as data, and worked examples of forecasts: read, answered, and compared with what they must come to."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from pydantic import ConfigDict, ValidationError, field_validator

from ketacare.science import reference
from ketacare.science.errors import BadFacts, Problem, ScienceError
from ketacare.science.reference import Frozen
from ketacare.science.trajectory.course import course
from ketacare.science.trajectory.forecast import Day, Fit, fit, threshold_of
from ketacare.science.trajectory.own import Own, prior_of
from ketacare.science.trajectory.presets import Prior, centred, id_of, prior
from ketacare.science.trajectory.window import Window, window

DIGITS = 4  # that a printed figure has where it does not say otherwise
HAIR = 1e-6  # of a digit


class Question(Frozen):
    """What is asked: one person's course, and the days to look ahead to."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=False, allow_inf_nan=False)
    scale: str = "madrs"
    preset: str = "research"
    threshold: float | None = None
    baseline: float | None = None
    infusions: list[float | list[float]] = []
    scores: list[list[float]] = []
    days: list[float] = []
    what_if: list[float] = []
    floor: float | None = None

    @field_validator("scale")
    @classmethod
    def _scale_by_id(cls, written: str) -> str:
        return id_of(written)


class Case(Question):
    """A question with what must come out; its heading may say more."""

    id: str
    expect: dict[str, Any]


class CaseFile(Frozen):
    """A file of worked examples; its heading may say more than we read."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=False, allow_inf_nan=False)
    cases: list[Case]


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a forecast says."""

    fit: Fit
    threshold: float
    days: tuple[Day, ...]
    window: Window


def asked(raw: Any, *, place: str) -> Question:
    """Return a question as it was read from a file; BadFacts with every problem."""
    try:
        return Question.model_validate(raw)
    except ValidationError as error:
        raise BadFacts(reference.problems_of(error, place=place)) from error


def answer(question: Question, *, own: Own | None = None) -> Answer:
    """Answer it.

    Args:
        question: one person's infusions and scores by day, in points of the scale.
        own: priors fitted to a clinic's own people, on the same scale; None: those of the question's preset.

    Returns:
        Answer.

    Raises:
        ScienceError: an unknown scale or preset, numbers that are none, days before the last score.

    Source: own model (data/trajectory/presets).
    """
    before = prior(question.scale, question.preset) if own is None else _own(own, question)
    if question.baseline is not None:
        before = centred(before, question.baseline)
    if question.floor is not None:
        before = replace(before, floor=question.floor)
    found = fit(course(question.infusions, question.scores), before)
    threshold = threshold_of(found.course, question.scale) if question.threshold is None else question.threshold
    return Answer(
        fit=found,
        threshold=threshold,
        days=tuple(found.forecast(question.days, threshold=threshold, infusions=question.what_if)),
        window=window(found, threshold=threshold, infusions=question.what_if),
    )


def _own(own: Own, question: Question) -> Prior:
    if own.scale != question.scale:
        raise BadFacts([Problem(place="scale", says=f"the priors are of {own.scale}, the scores of {question.scale}")])
    return prior_of(own)


def document(given: Answer) -> dict[str, Any]:
    """An answer as plain values, with the units in the names of the keys or in the scale."""
    first = given.fit.prior
    return {
        "scale": first.scale,
        "preset": first.preset,
        "threshold": given.threshold,
        "log_likelihood": given.fit.log_likelihood,
        "slow_half_lives_days": list(first.slow_half_lives_days),
        "posterior_weights": given.fit.weights.tolist(),
        "amplitude": {"fast": given.fit.amplitudes[0], "slow": given.fit.amplitudes[1]},
        "days": [_day(one) for one in given.days],
        "window": {
            "opens": _after(given.window, "opens"),
            "due": _after(given.window, "due"),
            "late": _after(given.window, "late"),
            "no_date_because": given.window.says_why_not,
            "looked_ahead_days": given.window.looked_ahead_days,
            "model_fits": given.window.fits,
            "measurable_effect": given.window.effect,
        },
    }


def _day(one: Day) -> dict[str, Any]:
    return {
        "day": one.day,
        "mean": one.severity,
        "band_50": list(one.band_50),
        "band_90": list(one.band_90),
        "score_band_50": list(one.score_band_50),
        "score_band_90": list(one.score_band_90),
        "point_risk": one.point_risk,
        "relapse_by": one.relapse_by,
    }


def _after(found: Window, name: str) -> dict[str, Any] | None:
    date = found.date(name)
    return None if date is None else {"days_after_last_score": date.days, "between_days": list(date.between)}


def parse(raw: Any, *, place: str) -> CaseFile:
    """Read a file of worked examples; BadFacts with every problem."""
    try:
        return CaseFile.model_validate(raw)
    except ValidationError as error:
        raise BadFacts(reference.problems_of(error, place=place)) from error


def mismatches(case: Case) -> list[str]:
    """Say where our answer differs from an example's: half a digit of what is printed there is no difference."""
    question = Question(**{name: getattr(case, name) for name in Question.model_fields})
    try:
        given = document(answer(question))
    except ScienceError as error:
        return [str(problem) for problem in error.problems]
    return _differences(case.expect, given, "")


def _differences(wanted: Any, given: Any, place: str) -> list[str]:
    if isinstance(wanted, Mapping):
        if not isinstance(given, Mapping):
            return [f"{place}: {given!r} is no mapping"]
        return [
            line
            for key, value in wanted.items()
            for line in (
                _differences(value, given[key], f"{place}.{key}".lstrip("."))
                if key in given
                else [f"{place}.{key}".lstrip(".") + ": nothing of this name is answered"]
            )
        ]
    if isinstance(wanted, list):
        if not isinstance(given, list) or len(wanted) != len(given):
            return [f"{place}: {wanted} and not {given}"]
        pairs = zip(wanted, given, strict=True)
        return [line for at, (one, other) in enumerate(pairs) for line in _differences(one, other, f"{place}[{at}]")]
    if isinstance(wanted, int | float) and isinstance(given, int | float) and not isinstance(wanted, bool):
        return (
            []
            if math.isclose(wanted, given, rel_tol=0, abs_tol=_half_digit(wanted))
            else [f"{place}: {wanted} and not {given:.6g}"]
        )
    return [] if wanted == given else [f"{place}: {wanted!r} and not {given!r}"]


def _half_digit(printed: float) -> float:
    """Half of the last digit that was printed, and a hair for what a decimal fraction cannot say exactly; whole numbers are meant to one decimal."""
    text = repr(float(printed))
    digits = len(text.partition(".")[2]) if "e" not in text else DIGITS
    return (0.5 + HAIR) * 10.0 ** -min(max(digits, 1), DIGITS)
