"""Values past a limit, with the alarms they are and how long these wait."""

import os

from hypothesis import strategies as st

from ketacare.science.monitoring.signal_files import alarm_signals
from ketacare.science.rules.book import load
from tests.science.monitoring.watched import QUIET

EXAMPLES = int(os.environ.get("KETACARE_EXAMPLES", "60"))  # a bench that tries hundreds of mutants asks for fewer
SIGNALS = alarm_signals()
BOOK = load("alarms")
# parameter -> values past a red or amber limit and past no black one, with the alarms they are
PAST = {
    "spo2": [(93.0, {"ALM-13"}), (88.0, {"ALM-07", "ALM-13"}), (85.0, {"ALM-07", "ALM-13"})],
    "heart_rate": [
        (121.0, {"ALM-15"}),
        (141.0, {"ALM-09", "ALM-15"}),
        (49.0, {"ALM-15"}),
        (11.0, {"ALM-09", "ALM-15"}),
    ],
    "resp_rate": [(9.0, {"ALM-14"}), (7.0, {"ALM-08", "ALM-14"}), (25.0, {"ALM-27"}), (31.0, {"ALM-26", "ALM-27"})],
    "etco2": [(50.0, {"ALM-24"}), (60.0, {"ALM-23", "ALM-24"}), (14.0, {"ALM-23"})],
}
past = st.sampled_from([(name, value, keys) for name, rows in PAST.items() for value, keys in rows])
paces = st.sampled_from([1, 2, 5, 10, 15, 20, 30, 60])
USUAL = QUIET | {"etco2": 40.0}


def delay_of(name: str, keys: set[str]) -> float:
    levels = {BOOK.rule(key).severity for key in keys}
    return max(SIGNALS.delays[name].seconds[level].default for level in levels)
