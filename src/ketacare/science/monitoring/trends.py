"""Values that move so far in so many minutes, before they have passed a limit."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from datetime import timedelta
from operator import attrgetter
from statistics import median
from typing import cast

from ketacare.science.monitoring.moment import READ_FROM, Moment, number
from ketacare.science.monitoring.parameters import LIVE, Value
from ketacare.science.monitoring.policy import Verdict
from ketacare.science.monitoring.signal_files import Trend

_time = attrgetter("at")


def trends(moment: Moment, said: Iterable[Verdict]) -> Iterator[Verdict]:
    """Yield the trends that hold, but for those whose value has passed a limit already: that is the greater news."""
    for trend in moment.signals.trends:
        fact = moment.facts.get(LIVE + trend.parameter)
        if fact is None or _is_past_limit(trend, said) or not _has_reached(trend, cast("float", fact.value)):
            continue
        if _change(moment, trend) >= trend.by.default:
            values = {LIVE + trend.parameter: cast("Value", fact.value)}
            yield Verdict(rule=trend.id, level=trend.level, values=values)


def _is_past_limit(trend: Trend, said: Iterable[Verdict]) -> bool:
    causes = {cause.removeprefix(LIVE) for one in said for cause in one.causes}
    return trend.parameter in causes | {READ_FROM[name] for name in causes & READ_FROM.keys()}


def _has_reached(trend: Trend, value: float) -> bool:
    return value <= trend.reaching.default if trend.towards == "lower" else value >= trend.reaching.default


def _change(moment: Moment, trend: Trend) -> float:
    """How far every one of the newest readings lies from the middle of the older ones; 0 where there are too few to tell."""
    samples, within = moment.samples(trend.parameter), trend.within_min.minutes
    end = bisect_right(samples, moment.at, key=_time)
    half = bisect_right(samples, moment.at - within / 2, key=_time)
    older = samples[bisect_left(samples, moment.at - within, key=_time) : half]
    delay = moment.signals.delays.get(trend.parameter)
    readings = int(delay.readings.default) if delay else 1
    lasting = delay.seconds["amber"].seconds if delay else timedelta(0)
    begin = min(end - readings, bisect_left(samples, moment.at - lasting, key=_time))
    if begin < half or len(older) < readings:
        return 0
    middle = median(number(one) for one in older)
    away = [number(one) - middle for one in samples[begin:end]]
    return -max(away) if trend.towards == "lower" else min(away)


def goes_on(moment: Moment, trend: Trend, said: Iterable[Verdict]) -> bool:
    """Return whether a trend that was raised is not over yet: its change is still great, and no limit has been passed."""
    return not _is_past_limit(trend, said) and _change(moment, trend) >= trend.ends_below.default
