"""A slow, obvious twin of the delays and returns: it steps through the samples second by second and remembers what it must."""

from dataclasses import dataclass

from hypothesis import example, given, settings
from hypothesis import strategies as st

from ketacare.science.monitoring.signal_files import alarm_signals
from tests.science.monitoring.past import EXAMPLES
from tests.science.monitoring.watched import Watched, second

STEP = 5  # seconds between two looks at the clock
SIGNALS = alarm_signals()
FRESH_S = 60


@dataclass
class Limit:
    """One rule about one parameter, watched by somebody with a pencil."""

    rule: str
    parameter: str
    below: float
    level: str  # black is not delayed
    since: float = 0.0
    count: int = 0
    back_since: float | None = None
    is_on: bool = False
    last: tuple[float, float, str] | None = None
    pace: float | None = None

    @property
    def delay(self) -> tuple[float, float]:
        if self.level == "black":
            return 0, 1
        delay = SIGNALS.delays[self.parameter]
        return delay.seconds[self.level].default, delay.readings.default

    def takes(self, now: float, value: float, source: str) -> None:
        self.pace = now - self.last[0] if self.last else None
        self.last = (now, value, source)
        if value < self.below:
            self.count += 1
            self.since = now if self.count == 1 else self.since
            self.typed = source == "person" or (self.count > 1 and self.typed)
        else:
            self.count = 0
        by = SIGNALS.returns[self.parameter].by.default
        if value < self.below + by:
            self.back_since = None
        elif self.back_since is None:
            self.back_since = now

    def looks(self, now: float) -> None:
        if self.last is None:
            return
        age = now - self.last[0]
        if not self.is_on:
            seconds, readings = self.delay
            lasted = self.count >= readings and now - self.since >= seconds
            usual = SIGNALS.no_next.paces.default * self.pace if self.pace else 0
            alone = age > min(FRESH_S, max(SIGNALS.no_next.at_least_s.default, usual))
            is_typed = self.count and self.typed
            self.is_on = (
                bool(self.count) and (lasted or alone or is_typed) and (self.last[2] == "device" or age <= FRESH_S)
            )
        elif age <= FRESH_S and not self.count:
            for_s = SIGNALS.returns[self.parameter].for_s.default
            is_back = self.back_since is not None and now - self.back_since >= for_s
            self.is_on = not (self.last[2] == "person" or is_back)


samples = st.lists(
    st.tuples(
        st.sampled_from([1, 1, 2, 4, 11, 12, 13, 20]),
        st.sampled_from([80.0, 84.0, 85.0, 88.0, 89.0, 90.0, 91.0, 93.0, 94.0, 95.0, 98.0]),
        st.sampled_from(["device"] * 6 + ["person"]),
    ),
    min_size=1,
    max_size=16,
)


@settings(deadline=None, max_examples=EXAMPLES)
@given(samples)
@example([(1, 88.0, "device"), (20, 98.0, "device")])
@example([(1, 93.0, "device"), (1, 98.0, "device"), (1, 93.0, "device"), (1, 93.0, "device"), (4, 93.0, "device")])
@example([(1, 88.0, "device"), (1, 88.0, "person"), (2, 95.0, "device")])
def test_the_machine_and_its_twin_have_the_same_alarms_on_at_every_look(drawn):
    twins = [
        Limit(rule="ALM-13", parameter="spo2", below=94, level="amber"),
        Limit(rule="ALM-07", parameter="spo2", below=90, level="red"),
        Limit(rule="ALM-01", parameter="spo2", below=85, level="black"),
    ]
    session, now, due = Watched(), 0, list(drawn)
    wait = 0
    while due or wait < 100:
        if due and (gap := due[0][0]) and wait >= gap * STEP:
            _, value, source = due.pop(0)
            session.reads(now, source=source, spo2=value)
            for one in twins:
                one.takes(now, value, source)
            wait = 0
        else:
            session.tick(now)
        for one in twins:
            one.looks(now)
        there = {one.rule for one in session.log.active}
        assert {one.rule for one in twins if one.is_on} == there & {one.rule for one in twins}, second(now)
        now += STEP
        wait += STEP
