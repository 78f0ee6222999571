"""A session at a moment: its facts, the series behind them, and the values that another device disproves."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import cast, get_args

from ketacare.science.monitoring.events import Evidence, Level
from ketacare.science.monitoring.parameters import LIVE, Value
from ketacare.science.monitoring.signal_files import AlarmSignals, Contradiction, Delayed, alarm_signals
from ketacare.science.monitoring.timeline import Sample, State
from ketacare.science.rules.book import Book
from ketacare.science.rules.conditions import Params, comparisons
from ketacare.science.rules.fields import Fact
from ketacare.science.rules.policy import Policy
from ketacare.science.rules.rule import Rule

DEVICE = "device"
DELAYED: tuple[Level, ...] = get_args(Delayed)
READ_FROM = {"bp_sys_rise": "bp_sys"}  # a value that is derived comes from the device of what it is derived from


@dataclass(frozen=True, kw_only=True, slots=True)
class Doubt:
    """A value that another device disproves."""

    contradiction: Contradiction
    sample: Sample
    proof: Sample
    values: Mapping[str, Evidence]  # the value, its proof, and what makes the proof plausible


@dataclass(frozen=True, kw_only=True)
class Moment:
    """A session at a moment: its facts, and the series behind them."""

    state: State
    facts: Mapping[str, Fact]  # as read
    at: datetime
    now: datetime  # up to when the series are known: later than ``at`` where a late entry is judged
    book: Book
    limits: Policy | None
    signals: AlarmSignals

    @cached_property
    def doubts(self) -> Mapping[str, Doubt]:
        """The values of this moment that are disproved, by parameter."""
        return doubtful(self.state, at=self.at, fresh=self.facts, signals=self.signals)

    @cached_property
    def trusted(self) -> Mapping[str, Fact]:
        """The facts with the proof in the place of what it disproves."""
        proofs = {LIVE + name: doubt.proof for name, doubt in self.doubts.items()}
        return {name: _judged_by(fact, proofs.get(name)) for name, fact in self.facts.items()}

    @cached_property
    def rules(self) -> Mapping[str, Rule]:
        return {rule.id: rule for rule in self.book.rules}

    @cached_property
    def values(self) -> dict[str, Value]:
        return {name: cast("Value", fact.value) for name, fact in self.trusted.items()}

    @property
    def params(self) -> Params:
        return (self.limits or self.book.defaults).values

    def fires_by(self, rule: Rule, parameter: str, value: object) -> bool:
        """Whether a rule fires, and because of this parameter, with another value in its place."""
        name = LIVE + parameter
        values = self.values | {name: cast("Value", value)}
        return rule.when.verdict(values, self.params) is True and name in rule.when.reasons(values, self.params)

    def samples(self, parameter: str) -> tuple[Sample, ...]:
        return self.state.series.get(parameter, ())

    def trusted_value(self, parameter: str, sample: Sample) -> object:
        """A sample's value, or that of what disproved it then."""
        doubts = (
            disproved(self.state, one, sample) for one in self.signals.contradictions if one.parameter == parameter
        )
        doubt = next(filter(None, doubts), None)
        return doubt.proof.value if doubt else sample.value

    def rules_reading(self, parameter: str) -> Iterator[Rule]:
        """The rules that one delayed value may raise."""
        for rule in self.book.rules:
            if rule.severity in DELAYED and any(one.fact == LIVE + parameter for one in comparisons(rule.when)):
                yield rule


def doubtful(
    state: State, *, at: datetime, fresh: Mapping[str, object], signals: AlarmSignals | None = None
) -> dict[str, Doubt]:
    """Return the present values that another device disproves.

    Args:
        state: the session so far.
        at: the moment.
        fresh: the facts that are not too old, by name; only the names are read.
        signals: the file; None: the newest.

    Returns:
        By parameter. Such a value is shown as doubtful, never hidden.
    """
    found = {}
    for one in (signals or alarm_signals()).contradictions:
        sample = state.latest(one.parameter, at=at) if LIVE + one.parameter in fresh else None
        if sample is not None and (doubt := disproved(state, one, sample)):
            found[one.parameter] = doubt
    return found


def disproved(state: State, contradiction: Contradiction, sample: Sample) -> Doubt | None:
    """Return the doubt that a device's sample is under, by what the other device said at its time."""
    within = contradiction.within_s.seconds
    proof = _measured_with(state, contradiction.proof, sample, within=within)
    if proof is None or number(proof) - number(sample) < contradiction.below_by.default:
        return None
    values: dict[str, Evidence] = {
        LIVE + contradiction.parameter: sample.value,
        LIVE + contradiction.proof: proof.value,
    }
    for name, least in contradiction.plausible.items():
        beside = _measured_with(state, name, sample, within=within)
        if beside is None or number(beside) < least.default:
            return None
        values[LIVE + name] = beside.value
    return Doubt(contradiction=contradiction, sample=sample, proof=proof, values=values)


def _measured_with(state: State, parameter: str, sample: Sample, *, within: timedelta) -> Sample | None:
    """What a device measured together with a device's sample, or shortly before it."""
    other = state.latest(parameter, at=sample.at)
    if other is None or {other.source, sample.source} != {DEVICE} or sample.at - other.at > within:
        return None
    return other


def number(sample: Sample) -> float:
    """Return a sample's value as a number."""
    return float(sample.value)


def _judged_by(fact: Fact, proof: Sample | None) -> Fact:
    return fact if proof is None else replace(fact, value=proof.value, source="proof")
