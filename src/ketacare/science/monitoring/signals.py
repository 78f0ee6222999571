"""The alarm book's findings in time: which have lasted, which have not come back far enough, which values another device disproves.

Everything here is read from the series of a session and a moment. Nothing is remembered, so a restart, a second watcher and a late entry
all come to the same answer.
"""

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from operator import attrgetter
from typing import cast

from ketacare.science.monitoring.alarms import Episode
from ketacare.science.monitoring.events import Level
from ketacare.science.monitoring.moment import DELAYED, DEVICE, READ_FROM, Moment, disproved
from ketacare.science.monitoring.parameters import LIVE, Value
from ketacare.science.monitoring.policy import Verdict, Verdicts, judge
from ketacare.science.monitoring.signal_files import AlarmSignals, Contradiction, Delayed, Trend, alarm_signals
from ketacare.science.monitoring.timeline import Sample, State
from ketacare.science.monitoring.trends import goes_on, trends
from ketacare.science.rules.book import Book
from ketacare.science.rules.conditions import comparisons
from ketacare.science.rules.fields import Fact
from ketacare.science.rules.policy import Policy
from ketacare.science.rules.rule import Rule

_time = attrgetter("at")


def in_time(
    facts: Mapping[str, Fact],
    state: State,
    *,
    at: datetime,
    book: Book,
    limits: Policy | None = None,
    now: datetime | None = None,
    signals: AlarmSignals | None = None,
) -> Verdicts:
    """Return what the alarm book says of a moment, and for how long it has been so.

    Args:
        facts: of the alarm book, as they are at the moment.
        state: the session, whose series say how long a value has been there.
        at: the moment.
        book: the version of the alarm book.
        limits: the site's own limits; None: the book's.
        now: up to when the series are known; None: ``at``. A late entry is judged as of its own time with what is known now.
        signals: delays, returns, contradictions and trends; None: the newest file.

    Returns:
        Findings that became alarms, those that still wait for their delay, those whose values have not come back far enough, and those nobody
        can judge. A finding that is on already waits for nothing; black, typed and missing values never do.

    Assumes: every fact of a parameter is the latest sample of its series at the moment.
    Source: alarm_signals, with its sources and marks; checked against a slow twin that steps through the samples.
    """
    moment = Moment(
        state=state,
        facts=facts,
        at=at,
        now=now or at,
        book=book,
        limits=limits,
        signals=signals or alarm_signals(),
    )
    said = judge(moment.trusted, at=at, book=book, limits=limits)
    stands = {one.key: _stands(moment, one) for one in said.fired}
    fired = [one for one in said.fired if stands[one.key]]
    pending = [one for one in said.fired if not stands[one.key]]
    fired += _unfollowed(moment)
    fired += _suppressed(moment)
    fired += trends(moment, said.fired)
    keys = {one.key for one in fired}
    unknown = (said.unknown | _unjudged(moment)) - {one.key for one in state.alarms.active if _is_over(moment, one)}
    open_ones = [one for one in state.alarms.active if one.key not in keys and one.key not in unknown]
    held = frozenset(one.key for one in open_ones if _is_held(moment, one, said.fired))
    return Verdicts(fired=tuple(fired), unknown=unknown, pending=tuple(pending), held=held)


def _stands(moment: Moment, verdict: Verdict) -> bool:
    """Whether a finding is an alarm already: it waits for nothing, is on, or one of its causes has lasted."""
    last = moment.state.alarms.last(verdict.key)
    if verdict.level not in DELAYED or (last is not None and last.is_active):
        return True
    level = cast("Delayed", verdict.level)
    rule = moment.rules[verdict.rule]
    return any(_has_lasted(moment, rule, level, cause.removeprefix(LIVE)) for cause in verdict.causes)


def _has_lasted(moment: Moment, rule: Rule, level: Delayed, parameter: str) -> bool:
    """Whether the run of readings past the limit, of which the present one is part, is long enough to be believed."""
    delay = moment.signals.delays.get(parameter)
    samples = moment.samples(parameter)
    place = bisect_right(samples, moment.at, key=_time) - 1
    if delay is None or place < 0:
        return True
    lasting, readings = delay.seconds[level].seconds, delay.readings.default
    first, last = _run(moment, rule, parameter, place=place, lasting=lasting, readings=readings)
    if any(one.source != DEVICE for one in samples[first : last + 1]):
        return True  # a person measured it
    until = samples[last + 1].at if last + 1 < len(samples) else moment.now
    is_long = until - samples[first].at >= lasting and last - first + 1 >= readings
    return is_long or until - samples[last].at > moment.signals.no_next.believed_after(_pace(samples, last))


def _run(
    moment: Moment, rule: Rule, parameter: str, *, place: int, lasting: timedelta, readings: float
) -> tuple[int, int]:
    """The first and last of the readings around one that all pass the limit; no more of them than are needed."""
    samples = moment.samples(parameter)

    def passes(index: int) -> bool:
        return moment.fires_by(rule, parameter, moment.trusted_value(parameter, samples[index]))

    def is_enough() -> bool:
        return last - first + 1 >= readings and samples[last].at - samples[first].at >= lasting

    first = last = place
    while first > 0 and not is_enough() and passes(first - 1):
        first -= 1
    while last + 1 < len(samples) and not is_enough() and passes(last + 1):
        last += 1
    return first, last


def _pace(samples: tuple[Sample, ...], index: int) -> timedelta | None:
    """How far apart a stream's values come."""
    return samples[index].at - samples[index - 1].at if index > 0 else None


def _unfollowed(moment: Moment) -> Iterator[Verdict]:
    """Limits that a device's last value passed before it fell silent: too old to count as present, and never to be lost."""
    started_at = moment.state.started_at
    for parameter in moment.signals.delays:
        sample = moment.state.latest(parameter, at=moment.at)
        is_gone = LIVE + parameter not in moment.facts
        if sample is None or not is_gone or sample.source != DEVICE or started_at is None or sample.at < started_at:
            continue
        value = moment.trusted_value(parameter, sample)
        for rule in moment.rules_reading(parameter):
            if moment.fires_by(rule, parameter, value):
                values = {LIVE + parameter: cast("Value", value)}
                yield Verdict(rule=rule.id, level=cast("Level", rule.severity), values=values)


def _suppressed(moment: Moment) -> Iterator[Verdict]:
    """A technical finding for each disproved value that would have been an alarm."""
    for parameter, doubt in moment.doubts.items():
        as_read, proof = doubt.sample.value, doubt.proof.value
        if any(
            moment.fires_by(rule, parameter, as_read) and not moment.fires_by(rule, parameter, proof)
            for rule in moment.rules_reading(parameter)
        ):
            yield Verdict(rule=doubt.contradiction.id, level=doubt.contradiction.level, values=doubt.values)


def _unjudged(moment: Moment) -> set[str]:
    """The findings of this file whose value is missing."""
    findings = moment.signals.findings.items()
    return {name for name, one in findings if LIVE + one.parameter not in moment.facts}


def _is_over(moment: Moment, episode: Episode) -> bool:
    """Whether all that an alarm was raised for is known to be false, whatever else of its rule nobody has measured."""
    rule = moment.rules.get(episode.rule)
    if rule is None or episode.parameter:
        return False
    raised_for = [one for one in comparisons(rule.when) if one.fact in episode.causes]
    return bool(raised_for) and all(one.verdict(moment.values, moment.params) is False for one in raised_for)


def _is_held(moment: Moment, episode: Episode, said: tuple[Verdict, ...]) -> bool:
    """Whether an alarm whose finding no longer holds stays on, because the value has not come back far and long enough."""
    finding = moment.signals.findings.get(episode.rule)
    if isinstance(finding, Trend):
        return goes_on(moment, finding, said)
    if isinstance(finding, Contradiction):
        samples = _lately(moment, finding.parameter)
        return any(disproved(moment.state, finding, sample) for sample in samples)
    rule = moment.rules.get(episode.rule)
    if rule is None or episode.parameter:
        return False
    read = {one.fact.removeprefix(LIVE) for one in comparisons(rule.when)}
    return any(_is_not_back(moment, rule, name) for name in read & moment.signals.returns.keys())


def _is_not_back(moment: Moment, rule: Rule, name: str) -> bool:
    """Whether a device's value lies, or lay lately, too near the limit. What a person typed is back at once."""
    source = READ_FROM.get(name, name)
    sample, fact = moment.state.latest(source, at=moment.at), moment.trusted.get(LIVE + name)
    if sample is None or fact is None or sample.source != DEVICE:
        return False
    by = moment.signals.returns[name].by.default
    lately = [moment.trusted_value(name, one) for one in _lately(moment, name)] if name == source else []
    return any(
        moment.fires_by(rule, name, cast("float", value) + shift)
        for value in (fact.value, *lately)
        for shift in (-by, by)
    )


def _lately(moment: Moment, parameter: str) -> tuple[Sample, ...]:
    """The values that stood at any time in the span for which a value must have been back."""
    back, samples = moment.signals.returns.get(parameter), moment.samples(parameter)
    span = back.for_s.seconds if back else timedelta(0)
    end = bisect_right(samples, moment.at, key=_time)
    begin = bisect_right(samples, moment.at - span, key=_time) - 1
    return samples[max(0, begin) : end]
